//! Waiting, documents for others, and what a check leaves behind.

use crate::common::found::Found;
use crate::common::{Directory, Lab, program, run, topology, until};

#[test]
fn it_waits_until_all_is_well() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let break_it = || lab.exec("red", &["ip", "link", "set", "eth0", "down"]).success();
    break_it();
    // Not well, and not waited for.
    assert_eq!(lab.run(&["check", "--no-why"]).status, Some(1));
    let mut command = lab.netlab(&["check", "--json", "--wait", "250"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = program::start(&mut command);
    let pid = child.id();
    // It has looked once at least: it is at it, and has sent from blue.
    until("the check has tried", || {
        let sent = lab.ip("blue", &["-s", "link", "show", "dev", "eth0"]);
        sent[0]["stats64"]["tx"]["packets"].as_u64().filter(|packets| *packets > 20)
    });
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    let mend = "ip -n red link set eth0 up; ip -n red route replace default via 10.244.1.1";
    lab.script("fabric", mend).success();
    let ran = program::finish(child, "netlab check --wait", b"");
    assert_eq!(ran.json()["passed"], true);
    // A time that is too short is over with what was found last, and why.
    break_it();
    let found = Found::of(&lab, &["--wait", "0.5"]);
    assert!(found.causes().contains("link-down"), "{}", found.ran);
}

#[test]
fn a_junit_report_has_every_trial() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    let directory = Directory::new();
    let file = directory.path().join("report.xml");
    let path = file.to_string_lossy().into_owned();
    let found = Found::of(&lab, &["--junit", &path]);
    let text = std::fs::read_to_string(&file).expect("the report");
    let count = |what: &str| text.matches(what).count();
    assert_eq!(count("<testcase "), found.pairs().len() + 1, "{text}");
    assert_eq!(count("<failure "), found.failed().len(), "{text}");
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    assert!(text.contains("no-route: node-1 has no route to 10.244.2.2"), "{text}");
    let unwritable = lab.run(&["check", "--junit", "/nonexistent/report.xml"]).fails(3);
    assert!(unwritable.contains("cannot write /nonexistent/report.xml"), "{unwritable}");
}

/// What it has met, it forgets; what was known before, stays known.
#[test]
fn it_leaves_no_neighbours_behind() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    lab.exec("pod-a", &["ping", "-n", "-q", "-c", "1", "10.244.1.2"]).success();
    let kinds = ["node", "pod", "host"];
    let machines: Vec<String> = kinds.iter().flat_map(|kind| lab.machines(kind)).collect();
    let known = || -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for machine in &machines {
            let entries = lab.ip(machine, &["neigh", "show"]);
            let entries = entries.as_array().expect("a list").iter();
            all.extend(entries.map(|entry| format!("{machine} {} {}", entry["dst"], entry["dev"])));
        }
        all.sort();
        all
    };
    let before = known();
    assert!(!before.is_empty());
    Found::of(&lab, &[]).passed();
    // The kernel may have given up some by itself meanwhile.
    let after = known();
    assert!(after.iter().all(|entry| before.contains(entry)), "{before:#?}\n{after:#?}");
    assert!(!after.is_empty(), "what was known before is not forgotten");
}

#[test]
fn machines_that_are_not_there_yet_fail_and_nothing_else() {
    let lab = Lab::place();
    lab.run(&["up", "--to", "60", &topology("three-nodes.yaml")]).success();
    let found = Found::of(&lab, &[]);
    let missing = found.failed_as("no-machine");
    assert!(!missing.is_empty(), "{}", found.ran);
    assert!(missing.iter().any(|cell| cell.starts_with("pod-e → ")), "{missing:?}");
    let text = lab.run(&["check"]).stdout;
    assert!(text.contains("there is no pod-e yet, or not any more"), "{text}");
    lab.run(&["up", &topology("three-nodes.yaml")]).success();
    Found::of(&lab, &[]).passed();
}

#[test]
fn the_text_fits_the_terminal() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    for columns in [60, 80, 120] {
        let mut command = lab.netlab(&["check"]);
        let text = run(command.env("COLUMNS", columns.to_string())).stdout;
        // A remedy is one line, to be pasted.
        let wide = text.lines().filter(|line| !line.contains("fix  ")).find(|line| line.chars().count() > columns);
        assert_eq!(wide, None, "at {columns}\n{text}");
        assert!(text.contains("no-route: node-1 has no route to 10.244.2.2"), "{text}");
    }
}

#[test]
fn wrong_words_are_refused() {
    let lab = Lab::place();
    for (words, message) in [
        (&["check", "-4", "-6"][..], "cannot be used with"),
        (&["check", "--all", "--seed", "3"], "cannot be used with"),
        (&["check", "--wait", "never"], "a number of seconds is expected"),
        (&["check", "--seed", "x"], "invalid value 'x'"),
        (&["check"], "there is no lab"),
    ] {
        let said = lab.run(words).fails(2);
        assert!(said.contains(message), "{words:?}: {said}");
    }
}

#[test]
fn where_there_is_nothing_to_try_nothing_is_said_to_hold() {
    let directory = Directory::new();
    let lab = Lab::up(&directory.file("lab.yaml", "lab: x\nnodes: { node-1: {} }\n"));
    let said = lab.run(&["check"]).success();
    assert!(said.contains("there is nothing to try") && !said.contains("trials"), "{said}");
    let refused = lab.run(&["check", "-6"]).fails(2);
    assert!(refused.contains("nobody to reach by IPv6") && refused.contains("leave out -4 and -6"), "{refused}");
    lab.down();
    // An address that is nobody's has no column.
    let text = "lab: x\nnodes: { node-1: { podCIDR: 10.244.1.0/24 } }\nexpect: [{ from: node-1, to: 198.51.100.9, reachable: false }]\n";
    let lab = Lab::up(&directory.file("lab.yaml", text));
    let said = lab.run(&["check"]).success();
    assert!(said.contains("the one trial is as it should be") && !said.contains("IPv4"), "{said}");
}
