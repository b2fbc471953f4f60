//! The cursor: at the ends of the plan, in two hands, from inside, and what it tells.
//!
//! ```text
//!         back ◀── cursor ──▶ next
//! 1  2  3  4  5  6 │ 7  8  …  29        netlab status: 6 of 29 steps done, next is step 7
//! ```

mod common;

use std::process::Child;

use common::one_node::{assert_well, at_step, begin, cursor, one_node, state_of};
use common::program::{finish, netlab_program};
use common::{Lab, Ran, run_with_input};

#[test]
fn at_the_ends_of_the_plan_there_is_nothing_to_do_and_beyond_them_no_step() {
    let lab = at_step(29);
    assert!(lab.run(&["next"]).success().contains("all steps are done: `netlab back`"));
    assert!(lab.run(&["next", "7"]).success().contains("all steps are done"));
    assert!(lab.run(&["goto", "29"]).success().contains("nothing to do"));
    for words in [&["goto", "30"][..], &["goto", "4294967295"]] {
        let said = lab.run(words).fails(2);
        assert!(said.contains("there is no step") && said.contains("steps 1 to 29"), "{said}");
    }
    for words in [&["goto"][..], &["goto", "x"], &["goto", "-1"], &["next", "0"], &["back", "0"], &["next", "1", "2"]] {
        lab.run(words).fails(2);
    }
    assert_eq!(cursor(&lab), 29, "a usage error moves nothing");
    let back = lab.run(&["back", "4000000000", "--json"]).json();
    assert_eq!(back["moves"].as_array().map(Vec::len), Some(29));
    assert!(lab.run(&["back"]).success().contains("no step is done: `netlab next`"));
    assert!(lab.run(&["goto", "0"]).success().contains("nothing to do"));
    let said = lab.run(&["up", &one_node(), "--to", "30"]).fails(2);
    assert!(said.contains("steps 1 to 29"), "{said}");
    let next = lab.run(&["next", "4000000000", "--json"]).json();
    assert_eq!(next["moves"].as_array().map(Vec::len), Some(29));
    assert_well(&lab, "there and back");
    for words in [&["next"][..], &["back"], &["goto", "3"]] {
        let said = lab.run(words).fails(2);
        assert!(said.contains("there is no lab"), "{said}");
    }
}

#[test]
fn moves_and_status_are_told_in_stable_documents() {
    let lab = at_step(5);
    let moved = lab.run(&["next", "2", "--json"]).json();
    assert_eq!(moved["lab"], lab.name.as_str());
    assert_eq!((&moved["cursor"]["done"], &moved["cursor"]["total"]), (&7.into(), &29.into()));
    let first = &moved["moves"][0];
    assert_eq!(first["step"], 6);
    assert_eq!((&first["way"], &first["machine"], &first["already"]), (&"do".into(), &"node-1".into(), &false.into()));
    assert_eq!(first["chapter"], "node-1: bridge cni0");
    assert_eq!(first["command"], "ip -n node-1 addr add 10.244.1.1/24 dev cni0");
    assert!(first["sentence"].as_str().is_some_and(|text| text.starts_with("Give cni0 the address")), "{moved}");
    let change = &first["changes"][0];
    assert_eq!((&change["machine"], &change["change"]), (&"node-1".into(), &"appeared".into()));
    assert_eq!((&change["kind"], &change["text"]), (&"address".into(), &"10.244.1.1/24 on cni0".into()));
    let back = lab.run(&["back", "--json"]).json();
    assert_eq!((&back["moves"][0]["step"], &back["moves"][0]["way"]), (&7.into(), &"undo".into()));

    let status = lab.run(&["status", "--json"]).json();
    let next = &status["cursor"]["next"];
    assert_eq!((&next["step"], &next["chapter"]), (&7.into(), &"node-1: bridge cni0".into()));
    assert_eq!(next["command"], "ip -n node-1 link set cni0 up");
    let said = lab.run(&["status"]).success();
    assert!(said.contains("6 of 29 steps done"), "{said}");
    assert!(said.contains("next is step 7 · node-1: bridge cni0: Set cni0 up"), "{said}");
    assert!(lab.run(&["list"]).success().contains("6/29"));
    lab.run(&["goto", "29"]).success();
    assert!(lab.run(&["status", "--json"]).json()["cursor"].get("next").is_none());
    assert!(!lab.run(&["status"]).success().contains("next is"));
    lab.down();
}

#[test]
fn up_to_a_step_goes_forwards_only() {
    let lab = at_step(10);
    lab.run(&["up", &one_node(), "--to", "17"]).success();
    assert_eq!(cursor(&lab), 17);
    state_of(&at_step(17)).assert_same(&state_of(&lab), "at once (-), in two parts (+)");
    let said = lab.run(&["up", &one_node(), "--to", "12"]).success();
    assert_eq!(cursor(&lab), 17, "it takes nothing back: {said}");
    assert_well(&lab, "brought up in parts");
}

#[test]
fn two_terminals_move_one_cursor() {
    let lab = at_step(3);
    for number in 4..9 {
        let moved = lab.run(&["next", "--json"]).json();
        assert_eq!(moved["moves"][0]["step"], number);
        lab.run(&["back"]).success();
        lab.run(&["next"]).success();
    }
    for _ in 0..6 {
        let before = cursor(&lab);
        let rivals: Vec<Child> = (0..4).map(|_| begin(&lab, &["next"])).collect();
        let ends: Vec<Ran> = rivals.into_iter().map(|child| finish(child, "netlab next", b"")).collect();
        let done = ends.iter().filter(|ran| ran.status == Some(0)).count() as u64;
        assert!(done >= 1, "{}", ends[0]);
        for ran in ends.iter().filter(|ran| ran.status != Some(0)) {
            assert!(ran.status == Some(3) && ran.message().contains("being changed by another netlab"), "{ran}");
        }
        assert_eq!(cursor(&lab), (before + done).min(29));
    }
    assert_well(&lab, "moved by many");
}

#[test]
fn from_inside_the_lab_the_cursor_moves_too() {
    let lab = at_step(7);
    let typed = "\"$NETLAB\" next && \"$NETLAB\" back && \"$NETLAB\" goto 12 && ip netns exec red \"$NETLAB\" next";
    let mut shell = lab.netlab(&["shell"]);
    shell.env("NETLAB", netlab_program());
    let ran = run_with_input(&mut shell, typed.as_bytes());
    assert!(ran.stdout.contains("step 13 of 29"), "{ran}");
    assert_eq!(cursor(&lab), 13);
    assert_well(&lab, "moved from inside");
}

#[test]
fn a_sysctl_of_the_topology_is_set_back_to_what_it_was() {
    let lab = Lab::place();
    let text = "lab: x
nodes: {}
hosts:
  h:
    forwarding: true
    sysctls: { net.ipv4.conf.all.rp_filter: 1, net.ipv4.conf.all.accept_redirects: 1, net.ipv4.ip_local_port_range: 40000 50000 }
";
    let read = "ip netns exec h sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.all.accept_redirects \
                net.ipv4.ip_local_port_range";
    run_with_input(&mut lab.netlab(&["up", "--to", "2", "-"]), text.as_bytes()).success();
    let before = lab.script("fabric", read).success();
    run_with_input(&mut lab.netlab(&["up", "-"]), text.as_bytes()).success();
    // Somebody's own value is nothing to go back to.
    lab.script("fabric", "ip netns exec h sysctl -qw net.ipv4.conf.all.rp_filter=2").success();
    let said = lab.run(&["goto", "2"]).success();
    for words in [
        "Set net.ipv4.conf.all.rp_filter back to 0.",
        "ip netns exec h sysctl -qw net.ipv4.conf.all.rp_filter=0",
        "h: sysctl net.ipv4.conf.all.rp_filter: 2 → 0",
        // A router sends redirects and takes none: the kernel set that along with forwarding.
        "Set net.ipv4.conf.all.accept_redirects back to 0.",
        "sysctl -qw 'net.ipv4.ip_local_port_range=32768 60999'",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(lab.script("fabric", read).success(), before);
    lab.down();
}
