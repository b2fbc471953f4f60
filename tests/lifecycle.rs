//! Labs come, run side by side, are killed, and go; the host is the same before and after.

mod common;

use std::process::{Child, Stdio};

use common::host::Host;
use common::lab::netlab;
use common::program::{finish, start};
use common::pty::Pty;
use common::state::{LOOK, State};
use common::wait::{until_it_ends, until_it_runs};
use common::{Directory, Lab, run, run_with_input, topologies, topology, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn end_by_force(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("a signal");
    until_it_ends(pid as u32);
}

#[test]
fn the_host_is_the_same_before_up_and_after_down() {
    for name in topologies() {
        let before = Host::look();
        let lab = Lab::up(&topology(&name));
        let during = Host::look();
        assert_eq!(before.changes(&during), [""; 0], "{name}: while the lab runs");
        lab.down();
        let after = Host::look();
        assert_eq!(before.changes(&after), [""; 0], "{name}: after `down`");
    }
}

#[test]
fn up_again_with_the_same_file_does_nothing_and_says_so() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let text = std::fs::read_to_string(topology("three-nodes.yaml")).expect("the file");
    lab.run(&["up", &topology("three-nodes.yaml")]).success();
    let before = State::parse(&lab.script("fabric", LOOK).success());
    let commented = directory.file("commented.yaml", format!("# One more comment.\n{text}\n# And another.\n"));
    for file in [topology("three-nodes.yaml"), commented, topology("three-nodes-short.yaml")] {
        let said = lab.run(&["up", &file]).success();
        assert!(said.contains("runs already") && said.contains("nothing to do"), "{said}");
        let json = lab.run(&["up", "--json", &file]).json();
        assert_eq!((&json["ranBefore"], &json["stepsDone"]), (&true.into(), &0.into()), "{json}");
    }
    before.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-) and after (+)");
}

#[test]
fn up_with_another_file_makes_another_lab_of_it_and_leads_back() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let before = State::parse(&lab.script("fabric", LOOK).success());
    let pause = lab.pause();
    let said = lab.run(&["up", &topology("one-node.yaml")]).success();
    assert!(said.contains("is changed: ") && said.contains("it is 1 node, 2 pods, and all of its 29 steps"), "{said}");
    assert_eq!(lab.pause(), pause, "it is the same lab");
    lab.run(&["up", &topology("three-nodes.yaml")]).success();
    before.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-) and after (+)");
}

#[test]
fn up_again_does_what_somebody_undid_by_hand_and_refuses_what_somebody_changed() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let before = State::parse(&lab.script("fabric", LOOK).success());
    lab.script("fabric", "ip -n node-1 route delete 10.244.2.0/24; ip -n pod-a addr delete 10.244.1.2/24 dev eth0")
        .success();
    lab.script("fabric", "ip netns exec node-3 nft delete table ip netlab").success();
    let said = lab.run(&["up", &topology("three-nodes.yaml")]).success();
    // The route, the address, the default route that went with it, and the table with its chain and rule.
    assert!(said.contains("6 of its 140 steps were missing"), "{said}");
    before.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-) and after (+)");

    lab.script("fabric", "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.13").success();
    let said = lab.run(&["up", &topology("three-nodes.yaml")]).fails(3);
    assert!(said.contains("10.244.2.0/24") && said.contains("192.168.1.13") && said.contains("by hand"), "{said}");
}

#[test]
fn a_lab_whose_pause_process_was_killed_is_gone_and_every_command_copes() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    end_by_force(lab.pause());
    let list = lab.run(&["list"]).success();
    assert!(list.contains(&lab.name) && list.contains("gone"), "{list}");
    assert_eq!(lab.run(&["list", "--json"]).json()["labs"][0]["state"], "gone");
    for command in [&["status"][..], &["routes"], &["show", "node-1"], &["exec", "pod-a", "--", "true"], &["shell"]] {
        let said = lab.run(command).fails(2);
        assert!(said.contains("is gone") && said.contains("netlab up") && said.contains("netlab down"), "{said}");
    }
    let said = lab.run(&["up", &topology("three-nodes.yaml")]).success();
    assert!(said.contains("is up"), "it is built anew: {said}");
    lab.exec("pod-a", &["ping", "-n", "-c", "1", "-W", "1", "10.244.3.3"]).success();

    end_by_force(lab.pause());
    let said = lab.run(&["down"]).success();
    assert!(said.contains("gone already") && said.contains("forgotten"), "{said}");
    lab.assert_gone();
}

/// A lab in the state directory that `lab` has already.
fn neighbour(lab: &Lab, name: &str, file: &str) {
    run(netlab(&lab.state()).args(["up", "--lab", name, file])).success();
}

#[test]
fn several_labs_run_side_by_side_and_one_must_be_chosen() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let other = format!("{}-other", lab.name);
    neighbour(&lab, &other, &topology("three-nodes.yaml"));
    let all = |words: &[&str]| run(netlab(&lab.state()).args(words));
    let said = all(&["status"]).fails(2);
    assert!(said.contains(&lab.name) && said.contains(&other) && said.contains("--lab"), "{said}");
    let said = all(&["down"]).fails(2);
    assert!(said.contains(&lab.name) && said.contains("--all"), "{said}");
    for name in [&lab.name, &other] {
        assert_eq!(all(&["--lab", name, "status", "--json"]).json()["lab"], name.as_str());
        all(&["exec", "--lab", name, "pod-a", "--", "ping", "-n", "-c", "1", "-W", "1", "10.244.2.2"]).success();
    }
    all(&["down", &other]).success();
    assert_eq!(all(&["status", "--json"]).json()["lab"], lab.name.as_str(), "the only one is the default");
    neighbour(&lab, &other, &topology("one-node.yaml"));
    assert_eq!(all(&["down", "--all", "--json"]).json()["labs"].as_array().map(Vec::len), Some(2));
    lab.assert_gone();
    assert!(all(&["down", "--all"]).success().contains("no lab is up"));
    assert!(all(&["list"]).success().contains("no lab is up"));
}

#[test]
fn down_ends_what_was_started_inside() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let quiet = |command: &mut std::process::Command| -> Child {
        start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let by_exec = quiet(&mut lab.netlab(&["exec", "pod-a", "--", "sleep", "1000"]));
    let in_fabric = quiet(&mut lab.netlab(&["exec", "fabric", "--", "sleep", "1000"]));
    let elsewhere = quiet(&mut lab.netlab(&["exec", "pod-a", "--", "unshare", "--net", "--mount", "sleep", "1000"]));
    let typed = "ip netns exec pod-b sleep 1000 >/dev/null 2>&1 & echo $!\n\
                 setsid sleep 1000 >/dev/null 2>&1 & echo $!\n";
    let by_shell = run_with_input(&mut lab.netlab(&["shell"]), typed.as_bytes()).success();
    let by_shell: Vec<u32> = by_shell.lines().map(|pid| pid.parse().expect("a pid")).collect();
    let children = [by_exec, in_fabric, elsewhere];
    let pids: Vec<u32> = children.iter().map(Child::id).chain(by_shell).collect();
    pids.iter().for_each(|pid| until_it_runs(*pid, "sleep"));
    let said = lab.run(&["down"]).success();
    assert!(said.contains("5 processes that ran inside were ended"), "{said}");
    for child in children {
        assert_eq!(finish(child, "sleep 1000", b"").signal, Some(Signal::SIGKILL as i32));
    }
    pids.iter().for_each(|pid| until_it_ends(*pid));
    lab.assert_gone();
}

#[test]
fn down_ends_what_was_started_inside_a_lab_that_is_gone() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let mut command = lab.netlab(&["exec", "red", "--", "sleep", "1000"]);
    let child = start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    until_it_runs(child.id(), "sleep");
    end_by_force(lab.pause());
    lab.run(&["down"]).success();
    assert_eq!(finish(child, "sleep 1000", b"").signal, Some(Signal::SIGKILL as i32));
    lab.assert_gone();
}

#[test]
fn up_straight_after_down_builds_the_same_lab() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let first = State::parse(&lab.script("fabric", LOOK).success());
    for _ in 0..5 {
        lab.run(&["down"]).success();
        lab.run(&["up", &topology("three-nodes.yaml")]).success();
    }
    first.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "the first (-) and the sixth (+)");
    until("one pause process", || (lab.processes() == [lab.pause()]).then_some(()));
}

#[test]
fn a_shell_on_a_terminal_says_when_its_lab_is_taken_away() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let mut shell = Pty::start(lab.netlab(&["shell", "red"]).env("SHELL", "/bin/sh"), 80, 24);
    shell.types("echo here-$((6 * 7))\n");
    shell.shows("here-42", 1);
    assert!(lab.run(&["down"]).success().contains("process"));
    let (status, text) = shell.ends();
    assert!(text.contains("goes to your own machine"), "{text}");
    assert_eq!(status.code(), Some(128 + 9));
    lab.assert_gone();
}

#[test]
fn a_terminal_shows_again_what_is_typed_when_its_shell_was_ended() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let shell = Pty::start(lab.netlab(&["shell", "red"]).env("SHELL", "/bin/bash"), 80, 24);
    until("the shell edits lines", || (!shell.echoes()).then_some(()));
    lab.run(&["down"]).success();
    shell.shows("goes to your own machine", 1);
    assert!(shell.echoes());
    assert_eq!(shell.ends().0.code(), Some(128 + 9));
    lab.assert_gone();
}

#[test]
fn a_shell_on_a_terminal_hands_its_exit_status_on() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let mut shell = Pty::start(lab.netlab(&["shell"]).env("SHELL", "/bin/sh"), 80, 24);
    shell.types("exit 7\n");
    let (status, text) = shell.ends();
    assert_eq!(status.code(), Some(7), "{text}");
    assert!(!text.contains("own machine"), "{text}");
    lab.down();
}
