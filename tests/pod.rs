//! `netlab pod`: pods come to a running lab and go, at once or step by step; whoever is there already notices nothing.
//!
//! ```text
//! three nodes ─ pod add pod-g ─ …     the lab is then as a fresh one of a file with pod-g in it
//!      └─ pod-a pings pod-b and pod-c all the while: nothing is lost
//! ```

mod common;

use common::ping::Ping;
use common::state::{LOOK, State};
use common::{Directory, Lab, run_with_input, topology};
use serde_json::Value;

fn lab() -> Lab {
    Lab::up(&topology("three-nodes.yaml"))
}

/// One node with room for five pods, of both families.
const SMALL: &str = "
lab: x
nodes:
  n1:
    bridge: { name: cni0, addresses: [10.244.1.1/29, 'fd00:1::1/64'] }
    pods: { p1: {}, p2: {} }
  n2: {}
hosts: { out: {} }
";

fn addresses(lab: &Lab, pod: &str) -> Vec<String> {
    lab.addresses(&[pod.to_owned()]).remove(pod).expect("the pod")
}

#[track_caller]
fn pings(lab: &Lab, from: &str, to: &str) {
    let said = lab.exec(from, &["ping", "-n", "-c", "1", "-W", "2", to]);
    assert_eq!(said.status, Some(0), "{said}");
}

#[test]
fn a_pod_that_comes_is_a_pod_like_any_other_and_leaves_nothing_when_it_goes() {
    let lab = lab();
    let before = State::parse(&lab.script("fabric", LOOK).success());
    let said = lab.run(&["pod", "add", "pod-g", "--node", "node-1"]).success();
    assert!(said.contains("pod pod-g is on node-1 with 10.244.1.4"), "{said}");
    for (from, to) in
        [("pod-g", "10.244.1.2"), ("pod-g", "10.244.3.3"), ("pod-c", "10.244.1.4"), ("pod-g", "192.168.1.100")]
    {
        pings(&lab, from, to);
    }
    assert!(lab.run(&["status"]).success().contains("151 of 151 steps"));
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    assert_eq!(lab.run(&["check", "--no-why"]).status, Some(0));
    assert!(lab.run(&["trace", "pod-g", "pod-f"]).success().contains("delivered"));
    let said = lab.run(&["pod", "delete", "pod-g"]).success();
    assert!(said.contains("pod pod-g is gone from node-1"), "{said}");
    assert_eq!(lab.run(&["diff"]).status, Some(0), "nobody believes in it any more");
    before.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-), and after (+)");
    lab.down();
}

#[test]
fn a_pod_that_is_made_again_has_another_address_and_they_come_round() {
    let (lab, _) = Lab::of(SMALL);
    let mut had = Vec::new();
    for _ in 0..5 {
        lab.run(&["pod", "add", "p3", "--node", "n1"]).success();
        had.push(addresses(&lab, "p3").join(" "));
        lab.run(&["pod", "delete", "p3"]).success();
    }
    // .2 and .3 are in use all the while; IPv6 has room.
    assert_eq!(
        had,
        [
            "10.244.1.4 fd00:1::4",
            "10.244.1.5 fd00:1::5",
            "10.244.1.6 fd00:1::6",
            "10.244.1.4 fd00:1::7",
            "10.244.1.5 fd00:1::8"
        ]
    );
    lab.run(&["pod", "delete", "p1"]).success();
    lab.run(&["pod", "add", "p1", "--node", "n1", "--address", "10.244.1.2"]).success();
    assert_eq!(addresses(&lab, "p1"), ["10.244.1.2"]);
    for name in ["a", "b", "c"] {
        lab.run(&["pod", "add", name, "--node", "n1"]).success();
    }
    pings(&lab, "p1", "10.244.1.3");
    pings(&lab, "c", &addresses(&lab, "a")[1]);
    let said = lab.run(&["pod", "add", "d", "--node", "n1"]).fails(2);
    assert!(said.contains("no address is free in 10.244.1.0/29") && said.contains("netlab pod delete"), "{said}");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn what_cannot_be_is_told_with_what_to_do_and_changes_nothing() {
    let (lab, _) = Lab::of(SMALL);
    let before = lab.run(&["status", "--json"]).json();
    for (words, told) in [
        (&["add", "p3"][..], &["on which node", "--node NAME", "n1, n2"][..]),
        (&["add", "p3", "--node", "n3"], &["no node n3", "did you mean n"]),
        (&["add", "p3", "--node", "out"], &["out is a host", "pods are on nodes"]),
        (&["add", "p3", "--node", "p1"], &["p1 is a pod"]),
        (&["add", "p3", "--node", "n2"], &["n2 has no bridge", "nodes with one: n1"]),
        (&["add", "p1", "--node", "n1"], &["there is a pod p1 already", "another name"]),
        (&["add", "n2", "--node", "n1"], &["there is a node n2 already"]),
        (&["add", "out", "--node", "n1"], &["there is a host out already"]),
        (&["add", "fabric", "--node", "n1"], &["fabric"]),
        (&["add", "a/b", "--node", "n1"], &["cannot stand in a name"]),
        (&["add", "p3", "--node", "n1", "--address", "10.244.1.3"], &["10.244.1.3 is in use: pod p2 has it"]),
        (&["add", "p3", "--node", "n1", "--address", "10.244.1.1"], &["the bridge cni0 has it"]),
        (&["add", "p3", "--node", "n1", "--address", "10.244.1.7"], &["no host's address", "10.244.1.1 to 10.244.1.6"]),
        (&["add", "p3", "--node", "n1", "--address", "10.9.9.9"], &["not in a subnet of n1's pods", "10.244.1.0/29"]),
        (&["add", "p3", "--node", "n1", "--address", "10.244.1.4/24"], &["does not fit", "write /29"]),
        (&["add", "p3", "--node", "n1", "--address", "x"], &["is not an address"]),
        (&["add", "p3", "--node", "n1", "--address", "10.244.1.4", "--address", "10.244.1.4"], &["asked for twice"]),
        (&["add", "p3", "--node", "n1", "--to", "99"], &["there is no step 99", "pod p3 has steps 1 to"]),
        (&["add", "p3", "--node", "n1", "--to", "1", "--step"], &["cannot be used with"]),
        (&["delete", "p3"], &["no pod p3", "did you mean p"]),
        (&["delete", "n1"], &["n1 is a node, and no pod"]),
        (&["delete", "out"], &["out is a host"]),
    ] {
        let said = lab.run(&[&["pod"], words].concat()).fails(2);
        assert!(told.iter().all(|told| said.contains(told)), "{words:?}: {said}");
    }
    assert_eq!(lab.run(&["status", "--json"]).json(), before);
    lab.run(&["goto", "12"]).success();
    let said = lab.run(&["pod", "add", "p3", "--node", "n1"]).fails(2);
    assert!(said.contains("at step 12 of") && said.contains("`netlab up`"), "{said}");
    lab.down();
}

#[test]
fn its_steps_are_numbered_from_one_and_the_cursor_goes_along_them() {
    let lab = lab();
    let preview = lab.run(&["pod", "add", "pod-g", "--node", "node-1", "--dry-run", "--json"]).json();
    let steps = preview["steps"].as_array().expect("steps").clone();
    assert_eq!((&preview["takenBack"], &preview["done"], &preview["stays"]), (&0.into(), &11.into(), &140.into()));
    assert_eq!(steps.len(), 12, "{preview}");
    let command = |step: &Value| step["command"].as_str().map(str::to_owned);
    assert!(command(&steps[0]).is_some_and(|command| command.starts_with("ip -n node-1 link set cni0 address ")));
    assert_eq!(command(&steps[1]).as_deref(), Some("ip netns add pod-g"));
    assert_eq!(command(&steps[11]).as_deref(), Some("ip -n pod-g route add default via 10.244.1.1"));

    let said = lab.run(&["pod", "add", "pod-g", "--node", "node-1", "--to", "3"]).success();
    assert!(said.contains("step 3 of 12 · pod-g: namespace") && said.contains("is at step 3 of 12"), "{said}");
    let status = lab.run(&["status"]).success();
    assert!(status.contains("adding pod pod-g is at step 3 of 12") && status.contains("next is step 4 "), "{status}");
    assert_eq!(lab.run(&["diff"]).status, Some(0), "half a pod is what it is to be so far");
    let moved = lab.run(&["next", "2", "--json"]).json();
    assert_eq!((&moved["cursor"]["done"], &moved["cursor"]["total"]), (&5.into(), &12.into()));
    assert_eq!(moved["moves"][0]["command"], steps[3]["command"]);
    assert!(lab.run(&["back"]).success().contains("back: step 5 of 12"));
    let said = lab.run(&["goto", "13"]).fails(2);
    assert!(said.contains("there is no step 13"), "{said}");
    for words in [&["pod", "add", "pod-h", "--node", "node-1"][..], &["pod", "delete", "pod-a"]] {
        let said = lab.run(words).fails(2);
        assert!(
            said.contains("adding pod pod-g is not finished yet") && said.contains("`netlab pod add pod-g`"),
            "{said}"
        );
        assert!(said.contains("`netlab goto 0` calls it off"), "{said}");
    }
    let said = lab.run(&["pod", "add", "pod-g", "--node", "node-2"]).fails(2);
    assert!(said.contains("is being added to node-1 already"), "{said}");
    lab.run(&["down", "--step"]).fails(2);

    // At the beginning nothing of it is left, and nothing of it is in the way.
    let said = lab.run(&["goto", "0"]).success();
    assert!(said.contains("adding pod pod-g is called off"), "{said}");
    assert!(!lab.script("fabric", "ip netns").success().contains("pod-g"));
    assert!(lab.run(&["status"]).success().contains("140 of 140 steps"));
    let said = lab.run(&["pod", "delete", "pod-a", "--to", "0"]).success();
    assert!(said.contains("deleting pod pod-a is called off"), "{said}");
    let moved = {
        lab.run(&["pod", "add", "pod-h", "--node", "node-1", "--to", "1"]).success();
        lab.run(&["back", "--json"]).json()
    };
    assert_eq!((&moved["cursor"]["done"], &moved["cursor"]["total"]), (&0.into(), &12.into()));

    lab.run(&["pod", "add", "pod-g", "--node", "node-1", "--to", "11"]).success();
    let said = lab.run(&["next"]).success();
    assert!(said.contains("step 12 of 12") && said.contains("adding pod pod-g is done"), "{said}");
    assert!(lab.run(&["next"]).success().contains("all steps are done"));
    pings(&lab, "pod-g", "10.244.2.2");

    // And away: half of it, back again, and all of it by the command itself.
    lab.run(&["pod", "delete", "pod-g", "--to", "4"]).success();
    lab.run(&["back", "4"]).success();
    pings(&lab, "pod-g", "10.244.2.2");
    lab.run(&["pod", "delete", "pod-g", "--to", "7"]).success();
    lab.run(&["pod", "delete", "pod-g"]).success();
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    // One that was only begun is taken back by deleting it.
    lab.run(&["pod", "add", "pod-g", "--node", "node-1", "--to", "6"]).success();
    lab.run(&["pod", "delete", "pod-g"]).success();
    assert!(lab.run(&["status"]).success().contains("140 of 140 steps"));
    lab.down();
}

#[test]
fn asked_step_by_step_it_shows_each_command_and_what_it_changed() {
    let lab = lab();
    let mut command = lab.netlab(&["pod", "add", "pod-g", "--node", "node-2", "--step"]);
    let said = run_with_input(&mut command, b"n\nn\nb\nq\n").success();
    for told in ["step 1 of 12", "step 2 of 12", "ip netns add pod-g", "+ pod-g", "pod add pod-g --step"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let said = run_with_input(&mut lab.netlab(&["pod", "add", "pod-g", "--step"]), b"r\n").success();
    assert!(said.contains("step 12 of 12") && said.contains("pod pod-g is there"), "{said}");
    let said = run_with_input(&mut lab.netlab(&["pod", "delete", "pod-g", "--step"]), b"c\nr\n").success();
    assert!(said.contains("pod pod-g is gone"), "{said}");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn whoever_is_there_already_notices_nothing() {
    let lab = lab();
    let all = ["10.244.1.1", "10.244.1.3", "10.244.2.2", "192.168.1.100"];
    let pings = all.map(|to| Ping::begin(&lab, "pod-a", to));
    for round in 0..4 {
        for name in ["x", "y", "z"] {
            lab.run(&["pod", "add", name, "--node", if round % 2 == 0 { "node-1" } else { "node-2" }]).success();
        }
        for name in ["y", "x", "z"] {
            lab.run(&["pod", "delete", name]).success();
        }
    }
    pings.into_iter().for_each(|ping| ping.lost_nothing(24));
    lab.down();
}

#[test]
fn killed_at_any_step_the_same_command_goes_on_and_the_other_takes_it_back() {
    let lab = lab();
    let before = State::parse(&lab.script("fabric", LOOK).success());
    for die_after in ["1", "2", "5", "11", "12"] {
        let add = ["pod", "add", "pod-g", "--node", "node-3"];
        let killed = common::run(lab.netlab(&add).env("NETLAB_TEST_DIE_AFTER", die_after));
        let over = killed.status == Some(0);
        assert!(over || killed.signal.is_some(), "{killed}");
        lab.run(&["status"]).success();
        if die_after != "5" && !over {
            lab.run(&["pod", "add", "pod-g"]).success();
            pings(&lab, "pod-g", "10.244.1.2");
        }
        let killed = common::run(lab.netlab(&["pod", "delete", "pod-g"]).env("NETLAB_TEST_DIE_AFTER", "1"));
        assert!(killed.signal.is_some(), "{killed}");
        if lab.run(&["status", "--json"]).json().get("change").is_some() {
            lab.run(&["pod", "delete", "pod-g"]).success();
        }
        assert_eq!(lab.run(&["diff"]).status, Some(0), "after a death after {die_after} steps");
    }
    before.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-), and after (+)");
    lab.down();
}

#[test]
fn what_was_broken_before_stays_broken() {
    let lab = lab();
    lab.run(&["break", "missing-route", "node-1", "node-2"]).success();
    lab.run(&["pod", "add", "pod-g", "--node", "node-1"]).success();
    let diff = lab.run(&["diff"]);
    assert_eq!(diff.status, Some(1), "{diff}");
    assert!(diff.stdout.contains("1 thing differs"), "{diff}");
    lab.run(&["pod", "delete", "pod-g"]).success();
    assert!(lab.run(&["break", "--reveal"]).success().contains("1 of 1 still broken"));
    lab.down();
}

/// Also in the middle of a chain of which something is missing, and where somebody has added something of his own.
#[test]
fn rules_that_somebody_has_deleted_or_added_are_nothing_to_do_with_a_pod() {
    let (lab, _) = Lab::of(
        "lab: x\nnodes: { n: { podCIDR: 10.1.0.0/24, pods: { a: {} }, masquerade: [{ from: 10.2.0.0/16 }, \
         { from: 10.3.0.0/16 }, { from: 10.4.0.0/16 }] } }\n",
    );
    let chain = || lab.exec("n", &["nft", "-s", "list", "chain", "ip", "netlab", "postrouting"]).success();
    let rules = ["ip saddr 10.2.0.0/16 masquerade", "ip saddr 10.4.0.0/16 masquerade"];
    for rules in [&rules[..], &rules[1..], &["counter", rules[1]]] {
        let lines: Vec<String> =
            rules.iter().map(|rule| format!("nft add rule ip netlab postrouting {rule}\n")).collect();
        lab.script("n", &format!("nft flush chain ip netlab postrouting\n{}", lines.concat())).success();
        let before = chain();
        lab.run(&["pod", "add", "b"]).success();
        assert_eq!(chain(), before);
        lab.run(&["pod", "delete", "b"]).success();
        assert_eq!(chain(), before);
    }
    lab.down();
}

/// Nobody has written the topology that the lab would have then: what was typed is told, and what is wrong with it.
#[test]
fn what_does_not_fit_into_the_lab_is_told_in_the_words_of_the_command() {
    let (lab, _) = Lab::of(
        "lab: x\nnetworks: { lan: {} }\nnodes:\n  n:\n    interfaces: { veth-x: { network: lan } }\n\
         \x20   bridge: { name: cni0, addresses: [10.1.0.1/24] }\n    pods: { a: {} }\n",
    );
    let before = lab.run(&["status", "--json"]).json();
    for dry_run in [&["--dry-run"][..], &[]] {
        let said = lab.run(&[&["pod", "add", "x", "--node", "n"], dry_run].concat()).fails(2);
        for told in
            ["pod x cannot be added to n with 10.1.0.3/24", "the name veth-x", "take another name", "nothing was done"]
        {
            assert!(said.contains(told), "{told}: {said}");
        }
        assert!(!said.contains("topology.yaml") && !said.contains("-->"), "no file is spoken of: {said}");
    }
    assert_eq!(lab.run(&["status", "--json"]).json(), before);
    lab.down();
}

#[test]
fn where_host_local_gives_the_addresses_its_files_are_asked_and_written() {
    let directory = Directory::new();
    let text = "lab: x\ncluster: { clusterCIDR: [10.244.0.0/16, 'fd00:10:244::/56'], routing: none, ipam: host-local }\n\
                nodes: { n1: { pods: { a: {}, b: {} } }, n2: { pods: { c: {} } } }\n";
    let lab = Lab::up(&directory.file("x.yaml", text));
    let leases =
        |lab: &Lab| lab.script("fabric", "cd /run/cni/n1/networks/cni0 && ls && cat last_reserved_ip.0").success();
    lab.run(&["pod", "add", "d", "--node", "n1"]).success();
    assert_eq!(addresses(&lab, "d"), ["10.244.0.4", "fd00:10:244::4"]);
    assert!(leases(&lab).contains("10.244.0.4\n") && leases(&lab).ends_with("10.244.0.4"), "{}", leases(&lab));
    lab.run(&["pod", "delete", "d"]).success();
    assert!(!leases(&lab).contains("10.244.0.4\n"), "{}", leases(&lab));
    // Somebody else has reserved the next one meanwhile.
    lab.script("fabric", "cd /run/cni/n1/networks/cni0 && printf 'other\\r\\neth0' > 10.244.0.5").success();
    lab.run(&["pod", "add", "d", "--node", "n1"]).success();
    assert_eq!(addresses(&lab, "d")[0], "10.244.0.6");
    lab.down();
}
