//! What is said to people and to programs, and what is refused.

use std::fs::File;

use nix::fcntl::{Flock, FlockArg};
use serde_json::Value;

use crate::common::{Lab, run, topology};

#[track_caller]
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("an object: {value}")).keys().map(String::as_str).collect()
}

#[test]
fn the_list_needs_no_lab_and_fits_the_terminal() {
    let place = Lab::place();
    let document = place.run(&["break", "--list", "--json"]).json();
    let faults = document["faults"].as_array().expect("faults");
    assert!(faults.len() >= 25);
    for columns in [80_usize, 120] {
        let text = run(place.netlab(&["break", "--list"]).env("COLUMNS", columns.to_string())).success();
        for fault in faults {
            assert_eq!(keys(fault), ["fault", "does", "families", "causes", "spoils"]);
            let slug = fault["fault"].as_str().expect("a name");
            let row = format!(" {slug} ");
            assert!(text.lines().any(|line| line.starts_with(&row)), "{slug} has a row:\n{text}");
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest <= columns), "{widest:?} columns:\n{text}");
    }
}

#[test]
fn it_tells_what_it_does_and_in_a_secret_it_does_not() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let nothing = lab.run(&["break", "--reveal"]).success();
    assert!(nothing.contains("has broken nothing"), "{nothing}");
    let dry = lab.run(&["break", "missing-route", "node-1", "node-2", "--dry-run"]).success();
    assert_eq!(dry, "ip -n node-1 route delete 10.244.2.0/24 via 192.168.1.12\n");
    lab.run(&["diff"]).success();

    let told = lab.run(&["break", "missing-route", "node-1", "node-2"]).success();
    let command =
        format!("  netlab --lab {} exec node-1 -- ip route delete 10.244.2.0/24 via 192.168.1.12\n", lab.name);
    for part in [
        "missing-route on node-1, towards node-2 (IPv4)\n",
        &command,
        "  expect  pod-a, pod-b ⇎ pod-c, pod-d\n          node-1 ⇏ pod-c, pod-d\n",
        "  trace   no-route or no-return-route\n",
    ] {
        assert!(told.contains(part), "{part}\n--- is missing in\n{told}");
    }
    let again = lab.run(&["break", "missing-route", "node-1", "node-2"]).fails(2);
    assert!(again.contains("nothing left for missing-route to break on node-1 towards node-2"), "{again}");

    let secret = lab.run(&["break", "--random", "--count", "2", "--seed", "5", "--secret"]).success();
    assert!(secret.contains("2 things are broken (seed 5)"), "{secret}");
    let revealed = lab.run(&["break", "--reveal", "--json"]).json();
    let faults = revealed["faults"].as_array().expect("faults");
    assert_eq!(faults.iter().map(|fault| fault["secret"] == true).collect::<Vec<_>>(), [false, true, true]);
    for fault in &faults[1..] {
        for key in ["fault", "machine"] {
            let hidden = fault[key].as_str().expect("a name");
            assert!(!secret.contains(hidden), "{hidden} is told:\n{secret}");
        }
    }
    let document = lab.run(&["break", "short-ttl", "pod-e", "--secret", "--json"]).json();
    assert_eq!(keys(&document), ["lab", "seed", "count", "secret"]);
    let text = lab.run(&["break", "--reveal"]).success();
    assert!(text.contains("4 of 4 still broken"), "{text}");
    lab.run(&["repair"]).success();
    let text = lab.run(&["break", "--reveal"]).success();
    assert!(text.contains("all of it is mended"), "{text}");
    assert!(lab.file("faults").exists());
    lab.down();
}

/// What `--reveal` says of each fault so far.
#[track_caller]
fn states(lab: &Lab) -> Vec<String> {
    let revealed = lab.run(&["break", "--reveal", "--json"]).json();
    let faults = revealed["faults"].as_array().expect("faults").iter();
    faults.map(|fault| fault["state"].as_str().expect("a state").to_owned()).collect()
}

/// A fault is there until it is taken back, whatever else is broken, and by whom.
#[test]
fn what_is_still_broken_is_not_called_mended() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let said = lab.run(&["break", "missing-route", "node-1", "node-1"]).fails(2);
    assert!(said.contains("not possible on node-1 towards node-1"), "{said}");
    assert!(said.contains("on node-1 it is possible towards node-2, node-3"), "{said}");
    let pairs: [&[&[&str]]; 6] = [
        &[&["forward-reject", "node-2"], &["uplink-drop", "node-2"]],
        &[&["interface-forwarding-off", "node-2"], &["forwarding-off", "node-2"]],
        &[&["missing-default-route", "pod-f"], &["missing-address", "pod-f"]],
        &[&["wrong-bridge", "pod-a"], &["wrong-bridge", "pod-b"]],
        &[&["arp-drop", "pod-c"], &["ingress-drop", "pod-c"]],
        &[&["missing-masquerade", "node-1"], &["wrong-fdb", "pod-a"], &["locked-port", "pod-b"]],
    ];
    let mut count = 0;
    for faults in pairs {
        for (place, words) in faults.iter().enumerate() {
            lab.run(&[&["break"][..], words].concat()).success();
            let expected = [vec!["mended"; count], vec!["broken"; place + 1]];
            assert_eq!(states(&lab), expected.concat(), "{words:?} of {faults:?}");
        }
        count += faults.len();
        lab.run(&["repair"]).success();
        assert_eq!(states(&lab), vec!["mended"; count], "{faults:?}");
    }
    // By hand: the link of a route that is missing is set down; of two faults in a table one is taken back.
    lab.run(&["break", "missing-route", "node-1", "node-2"]).success();
    lab.exec("node-1", &["ip", "link", "set", "eth0", "down"]).success();
    assert_eq!(states(&lab).last().map(String::as_str), Some("broken"));
    lab.run(&["repair"]).success();
    lab.run(&["break", "forward-reject", "node-2", "uplink-drop", "node-2"]).success();
    lab.exec("node-2", &["nft", "flush", "chain", "ip", "filter", "forward"]).success();
    assert_eq!(states(&lab)[count..], ["mended", "mended", "broken"]);
    // Mended by hand, and broken once more.
    lab.exec("node-2", &["nft", "delete", "table", "ip", "filter"]).success();
    lab.run(&["break", "uplink-drop", "node-2"]).success();
    assert_eq!(states(&lab)[count..], ["mended", "mended", "mended", "broken"]);
}

#[test]
fn the_document_has_its_documented_shape() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    let document = lab.run(&["break", "missing-route", "node-1", "-6", "link-mtu", "pod-a", "--json"]).fails(2);
    assert!(document.contains("link-mtu cannot be had with -6"), "{document}");
    lab.run(&["diff"]).success();
    let document = lab.run(&["break", "missing-route", "node-1", "link-mtu", "pod-a", "--seed", "9", "--json"]).json();
    assert_eq!(keys(&document), ["lab", "seed", "count", "secret", "faults"]);
    let faults = document["faults"].as_array().expect("faults");
    assert_eq!(
        keys(&faults[0]),
        ["fault", "does", "machine", "other", "family", "commands", "causes", "spoils", "expect"]
    );
    assert_eq!(keys(&faults[1]), ["fault", "does", "machine", "commands", "causes", "spoils", "expect"]);
    assert_eq!(keys(&faults[0]["expect"][0]), ["source", "destination", "family"]);
    let revealed = lab.run(&["break", "--reveal", "--json"]).json();
    assert_eq!(keys(&revealed), ["lab", "faults"]);
    let expected = ["fault", "machine", "other", "family", "commands", "done", "secret", "at", "state"];
    assert_eq!(keys(&revealed["faults"][0]), expected);
}

#[test]
fn what_cannot_be_done_is_said_with_what_can() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let cases: [(&[&str], &[&str]); 12] = [
        (&["missing-rout"], &["no fault missing-rout", "did you mean missing-route?"]),
        (&["nonsense", "red"], &["no fault nonsense", "--list"]),
        (&["red", "link-down"], &["no fault red"]),
        (&[], &["which fault?", "--random"]),
        (&["link-down", "green"], &["no machine green", "node-1"]),
        (&["link-down", "red", "link-dwn"], &["no machine link-dwn", "was the fault link-down meant?"]),
        (&["missing-route"], &["missing-route is not possible", "not possible anywhere in this lab"]),
        (&["loopback-down", "node-1"], &["not possible on node-1", "it is possible on red, blue"]),
        (&["link-down", "-4"], &["link-down cannot be had with -4", "both families at once"]),
        (&["missing-address", "-6"], &["not possible, for IPv6"]),
        (&["missing-default-route", "red"], &["missing-default-route would break nothing on red"]),
        (&["--random", "--count", "60", "--seed", "1"], &["there are no 60 faults", "--count"]),
    ];
    for (words, parts) in cases {
        let said = lab.run(&[&["break"][..], words].concat()).fails(2).split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(said.contains(part), "{words:?}: {part}\n--- is missing in\n{said}");
        }
    }
    for words in
        [&["--count", "2"][..], &["--random", "--count", "0"], &["--list", "link-down"], &["--reveal", "--random"]]
    {
        lab.run(&[&["break"][..], words].concat()).fails(2);
    }
    lab.run(&["diff"]).success();
    let said = Lab::place().run(&["break", "link-down"]).fails(2);
    assert!(said.contains("does not run") || said.contains("no lab"), "{said}");
}

/// Of a lab that is built in part, only what is there is broken; and what is not there yet is not said to be broken.
#[test]
fn a_lab_that_is_built_in_part() {
    let lab = Lab::place();
    let file = topology("three-nodes.yaml");
    lab.run(&["up", &file, "--to", "3"]).success();
    let said = lab.run(&["break", "missing-route"]).fails(2);
    assert!(said.contains("nothing yet") && said.contains("netlab up") && !said.contains("netlab diff"), "{said}");
    let said = lab.run(&["break", "--random", "--count", "30"]).fails(2);
    assert!(said.contains("netlab up"), "{said}");
    lab.run(&["goto", "70"]).success();
    let mut done = 0;
    for seed in 0..12 {
        let seed = seed.to_string();
        let ran = lab.run(&["break", "--random", "--seed", &seed, "--secret"]);
        assert!(matches!(ran.status, Some(0 | 2)), "seed {seed}: {ran}");
        done += usize::from(ran.status == Some(0));
    }
    assert!(done > 0);
    assert_eq!(states(&lab), vec!["broken"; done]);
    lab.run(&["repair"]).success();
    assert_eq!(states(&lab), vec!["mended"; done]);
    lab.down();
}

/// One draw after the other, until nothing is left: the kernel refuses none of them.
#[test]
fn a_lab_that_is_broken_already() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let (mut done, mut refused) = (0, 0);
    for seed in 0..45 {
        let ran = lab.run(&["break", "--random", "--seed", &seed.to_string(), "--json"]);
        assert!(matches!(ran.status, Some(0 | 2)), "seed {seed}: {ran}");
        done += usize::from(ran.status == Some(0));
        refused = if ran.status == Some(0) { 0 } else { refused + 1 };
        if refused == 3 {
            break;
        }
    }
    assert!(done > 15, "{done}");
    assert_eq!(states(&lab).len(), done);
    lab.run(&["repair"]).success();
    assert_eq!(states(&lab), vec!["mended"; done]);
}

/// What cannot be noted is not done.
#[test]
fn a_full_disk() {
    let lab = Lab::up(&topology("one-node.yaml"));
    // `/dev/full` is a disk without room.
    std::os::unix::fs::symlink("/dev/full", lab.file("faults")).expect("a link");
    let said = lab.run(&["break", "link-down", "red"]).fails(3);
    assert!(said.contains("No space left on device"), "{said}");
    std::fs::remove_file(lab.file("faults")).expect("the link");
    lab.run(&["diff"]).success();
    assert!(lab.run(&["break", "--reveal"]).success().contains("has broken nothing"));
    lab.run(&["break", "link-down", "red"]).success();
    assert_eq!(states(&lab), ["broken"]);
}

/// Somebody else changes the lab, or the kernel says no: nothing is done, and it is said why.
#[test]
fn a_lab_that_cannot_be_broken_just_now_stays_whole() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let lock = File::open(lab.file("lock")).expect("the lock");
    let held = Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| errno).expect("free");
    let said = lab.run(&["break", "link-down", "red"]).fails(3);
    assert!(said.contains("is being changed by another netlab"), "{said}");
    drop(held);
    // A chain of that name that is hooked in elsewhere is left alone.
    let script = "nft add table ip filter; nft 'add chain ip filter input { type filter hook forward priority 0; }'";
    lab.script("red", script).success();
    let told = lab.run(&["break", "ingress-drop", "red"]).success();
    assert!(told.contains("nft add table ip filter2"), "{told}");
    lab.run(&["repair"]).success();
    lab.run(&["diff"]).success();
}
