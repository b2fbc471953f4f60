//! `up --step` and `down --step`: with answers from a pipe and with keys on a terminal, with others at the same lab, and
//! with a terminal that is left as it was found.

mod common;

use common::pty::Pty;
use common::{Lab, Ran, run_with_input, topology};
use nix::sys::signal::Signal;

fn one_node() -> String {
    topology("one-node.yaml")
}

fn answers(lab: &Lab, words: &[&str], answers: &str) -> Ran {
    run_with_input(&mut lab.netlab(words), answers.as_bytes())
}

fn cursor(lab: &Lab) -> u64 {
    lab.run(&["status", "--json"]).json()["cursor"]["done"].as_u64().expect("a number")
}

fn on_a_terminal(lab: &Lab, words: &[&str]) -> Pty {
    Pty::start(lab.netlab(words).env("NO_COLOR", "1").env("SHELL", "/bin/sh"), 80, 24)
}

#[test]
fn answers_from_a_pipe_move_the_cursor_and_each_step_is_announced_before_it_is_done() {
    let lab = Lab::place();
    let said = answers(&lab, &["up", "--step", &one_node()], "n\n\nb\nc\n").success();
    let expected = [
        "step 1 of 29 · node-1: namespace",
        "  ip netns add node-1",
        "  + node-1: namespace node-1",
        "step 2 of 29",
        "net.ipv4.ip_forward: 0 → 1",
        "step 3 of 29",
        "back: step 2 of 29",
        "net.ipv4.ip_forward: 1 → 0",
        "step 2 of 29",
        "step 3 of 29",
        "address 127.0.0.1/8 on lo",
        "step 4 of 29 · node-1: bridge cni0",
        "  ip -n node-1 link add cni0 type bridge",
        "is at step 3 of 29, and stays",
        "netlab up --step",
    ];
    let mut rest = said.as_str();
    for line in expected {
        let place = rest.find(line).unwrap_or_else(|| panic!("not in its place: {line}\n{said}"));
        rest = &rest[place + line.len()..];
    }
    assert_eq!(cursor(&lab), 3);
}

#[test]
fn stepping_is_taken_up_where_it_was_left_and_ends_where_it_is_told_to() {
    let lab = Lab::place();
    answers(&lab, &["up", "--step", &one_node()], "n\nn\nq\nn\nn\n").success();
    assert_eq!(cursor(&lab), 2);
    lab.run(&["next", "3"]).success();
    let said = answers(&lab, &["up", "--step", "--to", "7", &one_node()], "n\nr\nn\nn\n").success();
    assert!(said.starts_with("step 6 of 29"), "{said}");
    assert!(said.contains("is at step 7 of 29, and stays"), "{said}");
    assert_eq!(cursor(&lab), 7);
    let said = answers(&lab, &["up", "--step", &one_node()], "r\n").success();
    assert!(said.contains("all of its 29 steps are in force"), "{said}");
    let again = lab.run(&["up", &one_node()]).success();
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn down_step_undoes_and_takes_the_lab_away_at_the_end() {
    let lab = Lab::up(&one_node());
    let said = answers(&lab, &["down", "--step"], "n\nc\nb\nq\n").success();
    assert!(said.starts_with("back: step 29 of 29") && said.contains("is at step 21 of 29"), "{said}");
    assert_eq!(cursor(&lab), 21);
    let said = answers(&lab, &["down", "--step", &lab.name], "r\n").success();
    assert!(said.ends_with(&format!("all steps are undone, and lab {} is down\n", lab.name)), "{said}");
    lab.assert_gone();
}

#[test]
fn every_kind_of_step_is_done_and_undone_step_by_step() {
    for name in common::program::OF_ALL_KINDS {
        let (lab, file) = (Lab::place(), topology(name));
        answers(&lab, &["up", "--step", &file], "r\n").success();
        let again = lab.run(&["up", &file]).success();
        assert!(again.contains("nothing to do"), "{name}: {again}");
        answers(&lab, &["down", "--step"], "r\n").success();
        lab.assert_gone();
    }
}

#[test]
fn explain_and_keys_move_nothing() {
    let lab = Lab::place();
    let said = answers(&lab, &["up", "--step", &one_node()], "e\n?\nx\n").success();
    assert!(said.contains("A network namespace is a network stack of its own"), "{said}");
    assert!(said.contains("there is no key \"x\""), "{said}");
    assert_eq!(cursor(&lab), 0);
    let said = answers(&lab, &["up", "--step", &one_node()], "b\nq\n").success();
    assert!(said.contains("no step is done\n"), "{said}");
}

#[test]
fn a_step_that_cannot_be_done_ends_the_answers_and_the_lab_stays() {
    let lab = Lab::place();
    answers(&lab, &["up", "--step", &one_node()], "c\n").success();
    lab.script("fabric", "ip -n node-1 link add cni0 type veth peer name other").success();
    let said = answers(&lab, &["up", "--step", &one_node()], "n\nn\n").fails(3);
    assert!(said.contains("cni0 is a veth"), "{said}");
    assert_eq!(cursor(&lab), 3);
}

#[test]
fn step_has_no_json_and_no_lab_that_does_not_run() {
    let lab = Lab::place();
    let said = lab.run(&["up", "--step", "--json", &one_node()]).fails(2);
    assert!(said.contains("no JSON document"), "{said}");
    lab.run(&["up", "--step", "--empty", &one_node()]).fails(2);
    lab.run(&["up", "--step", "--to", "30", &one_node()]).fails(2);
    lab.run(&["down", "--step"]).fails(2);
    lab.run(&["down", "--step", "--all"]).fails(2);
    lab.assert_gone();
}

#[test]
fn two_who_step_the_same_lab_do_each_step_once() {
    let lab = Lab::place();
    lab.run(&["up", "--empty", &one_node()]).success();
    let both = [0, 1].map(|_| {
        let mut command = lab.netlab(&["up", "--step", &one_node()]);
        std::thread::spawn(move || run_with_input(&mut command, "n\n".repeat(100).as_bytes()))
    });
    let said = both.map(|one| one.join().expect("an end").success());
    let made = |text: &str| text.lines().filter(|line| line.starts_with("  + ") && line.contains("link veth-")).count();
    assert_eq!(said.iter().map(|text| made(text)).sum::<usize>(), 2, "{said:?}");
    let again = lab.run(&["up", &one_node()]).success();
    assert!(again.contains("nothing to do"), "{again}");
}

#[test]
fn on_a_terminal_keys_work_and_what_was_done_stays_to_be_read() {
    let lab = Lab::place();
    let mut pty = on_a_terminal(&lab, &["up", "--step", &one_node()]);
    pty.shows("ip netns add node-1", 1);
    assert_eq!(cursor(&lab), 0, "the command is shown before it is done");
    pty.types("n");
    pty.shows("+ node-1: namespace node-1", 1);
    pty.types("\r");
    pty.shows("net.ipv4.ip_forward: 0 → 1", 1);
    pty.types("b");
    pty.shows("net.ipv4.ip_forward: 1 → 0", 1);
    pty.types("e");
    pty.shows("A Kubernetes node is a router", 1);
    pty.types("\rc");
    pty.shows("address 127.0.0.1/8 on lo", 1);
    pty.types("q");
    let (status, text) = pty.ends();
    assert!(status.success(), "{text:?}");
    assert!(!text.contains("\x1b[?1049h"), "no alternate screen: {text:?}");
    assert!(text.contains("is at step 3 of 29, and stays"), "{text:?}");
    assert_eq!(cursor(&lab), 3);
}

#[test]
fn on_a_terminal_a_shell_opens_in_the_steps_machine_and_comes_back() {
    let lab = Lab::place();
    lab.run(&["up", "--to", "8", &one_node()]).success();
    let mut pty = on_a_terminal(&lab, &["up", "--step", &one_node()]);
    pty.shows("next: step 9", 1);
    pty.types("s");
    pty.shows("machine red; `exit` leaves the shell", 1);
    pty.types("echo in $NETLAB_MACHINE of $NETLAB_LAB; ip link show eth0; exit\r");
    pty.shows(&format!("in red of {}", lab.name), 1);
    pty.shows("next: step 9", 2);
    pty.types("n");
    pty.shows("address 127.0.0.1/8 on lo", 1);
    pty.types("\x03");
    let (status, text) = pty.ends();
    assert!(status.success() && text.contains("is at step 9 of 29"), "{text:?}");
}

#[test]
fn on_a_terminal_the_view_sees_what_others_do() {
    let lab = Lab::place();
    let mut pty = on_a_terminal(&lab, &["up", "--step", &one_node()]);
    pty.shows("next: step 1", 1);
    lab.run(&["next", "3"]).success();
    pty.shows("another terminal moved the cursor from step 0 to step 3", 1);
    pty.types("n");
    pty.shows("+ node-1: link cni0", 1);
    assert_eq!(cursor(&lab), 4);
    let said = lab.run(&["down"]).success();
    assert!(!said.contains("process"), "the view is no process of the lab: {said}");
    let (status, text) = pty.ends();
    assert!(status.success() && text.contains("was taken away by another netlab"), "{text:?}");
    lab.assert_gone();
}

#[test]
fn the_terminal_is_put_right_after_a_signal() {
    let lab = Lab::place();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let pty = on_a_terminal(&lab, &["up", "--step", &one_node()]);
        pty.shows("next: step 1", 1);
        pty.signal(signal);
        let (status, text) = pty.ends();
        assert_eq!(status.code(), Some(130), "{text:?}");
    }
    assert_eq!(cursor(&lab), 0, "the lab stays");
}

#[test]
fn down_step_on_a_terminal_takes_the_lab_away() {
    let lab = Lab::place();
    lab.run(&["up", "--to", "2", &one_node()]).success();
    let mut pty = on_a_terminal(&lab, &["down", "--step"]);
    pty.shows("next, undo step 2", 1);
    pty.types("n");
    pty.shows("net.ipv4.ip_forward: 1 → 0", 1);
    pty.types("\r");
    let (status, text) = pty.ends();
    assert!(status.success() && text.contains("all steps are undone"), "{text:?}");
    lab.assert_gone();
}

#[test]
fn a_dumb_or_a_small_terminal_gets_lines() {
    let lab = Lab::place();
    let mut small = Pty::start(&mut lab.netlab(&["up", "--step", &one_node()]), 40, 10);
    small.shows("> ", 1);
    small.types("n\r");
    small.shows("> ", 2);
    small.types("q\r");
    let (status, text) = small.ends();
    assert!(status.success() && !text.contains("\x1b[?25l"), "{text:?}");
    assert_eq!(cursor(&lab), 1);
}

#[test]
fn explain_tells_of_every_step_of_a_file_or_of_the_lab() {
    let lab = Lab::place();
    let said = lab.run(&["explain", "4", &one_node()]).success();
    for part in
        ["step 4 of 29", "ip -n node-1 link add cni0 type bridge", "undo: ip -n node-1 link delete cni0", "switch"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    lab.run(&["explain", "4"]).fails(2);
    lab.run(&["explain", "30", &one_node()]).fails(2);
    lab.run(&["up", "--empty", &one_node()]).success();
    assert_eq!(lab.run(&["explain", "4"]).success().lines().nth(1), said.lines().nth(1));
    let document = lab.run(&["explain", "4", "--json"]).json();
    assert_eq!(document["undo"], "ip -n node-1 link delete cni0");
}
