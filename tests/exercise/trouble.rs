//! What can go wrong: two at once, interruptions, other people's labs, and commands that would give the answer away.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::bench::Student;
use crate::common::lab::netlab;
use crate::common::program::start;
use crate::common::{Directory, Lab, run, topology, until};

const EASY: &str = "red-cannot-ping-blue";

/// An exercise of one's own, whose fault is this script.
pub fn own(directory: &Directory, fault: &str) -> String {
    let text = format!(
        "title: Mine
level: easy
minutes: 1
teaches: nothing
story: There is a lab.
question: Let red reach blue.
topology:
  lab: mine
  nodes: {{ node-1: {{ podCIDR: 10.244.1.0/24, pods: {{ red: {{}}, blue: {{}} }} }} }}
  expect: [{{ from: red, to: blue }}]
break: |
  {fault}
hints: [look]
solution: {{ commands: ip -n red link set eth0 up, why: it was down }}
"
    );
    directory.file("mine.yaml", text)
}

#[test]
fn a_file_of_ones_own_is_an_exercise_too() {
    let directory = Directory::new();
    let file = own(&directory, "ip -n red link set eth0 down");
    let student = Student::begins(&file);
    // The file is needed at the start only.
    std::fs::remove_file(&file).expect("the file");
    student.fails("at the start");
    student.types("ip -n red link set eth0 up");
    assert_eq!(student.passes("mended")["exercise"], "mine");
    student.exercise(&["reset"]).success();
    student.fails("after a reset");
    let list = student.exercise(&["list"]).success();
    assert!(list.contains("mine"), "{list}");
    student.lab.down();
}

#[test]
fn a_file_is_tried_before_others_do() {
    let directory = Directory::new();
    let file = own(&directory, "ip -n red link set eth0 down");
    let lab = Lab::place();
    let tried = lab.run(&["exercise", "try", &file, "--json"]).json();
    let accepted = |n: usize| (tried["attempts"][n]["what"].clone(), tried["attempts"][n]["accepted"].clone());
    assert_eq!(accepted(0), ("as it is at the start".into(), false.into()));
    assert_eq!(accepted(1), ("the solution".into(), true.into()));
    assert_eq!((&tried["well"], tried["attempts"].as_array().map(Vec::len)), (&true.into(), Some(2)));
    let more = "otherWays:
  - { commands: \"true\", why: it does nothing }
  - { commands: ip -n nobody link, why: it fails }
wrongWays:
  - { commands: ip -n red link set eth0 up, why: it is right }
";
    let text = std::fs::read_to_string(&file).expect("the file");
    let bad = directory.file("bad.yaml", text + more);
    let tried = lab.run(&["exercise", "try", &bad]);
    assert_eq!(tried.status, Some(1), "{tried}");
    for line in [
        "✓ the solution: accepted",
        "✗ another way: refused",
        "✗ another way: a command failed:",
        "✗ a wrong way: accepted",
    ] {
        assert!(tried.stdout.contains(line), "{line}: {tried}");
    }
    let broken = own(&directory, "false");
    assert!(lab.run(&["exercise", "try", &broken]).fails(3).contains("cannot be started"));
    lab.assert_gone();
}

#[test]
fn two_exercises_go_on_side_by_side() {
    let directory = Directory::new();
    let state = directory.path().join("state");
    let netlab = |words: &[&str]| run(netlab(&state).args(words));
    netlab(&["exercise", "start", EASY]).success();
    netlab(&["exercise", "start", "no-way-out"]).success();
    let said = netlab(&["exercise", "check"]).fails(2);
    assert!(said.contains("several exercises go on: no-way-out, red-cannot-ping-blue"), "{said}");
    assert_eq!(netlab(&["exercise", "check", EASY]).status, Some(1));
    assert_eq!(netlab(&["exercise", "check", "--lab", EASY]).status, Some(1));
    netlab(&["--lab", EASY, "exec", "node-1", "--", "ip", "link", "set", "veth-blue", "up"]).success();
    assert_eq!(netlab(&["exercise", "check", EASY]).status, Some(0));
    assert_eq!(netlab(&["exercise", "check", "no-way-out"]).status, Some(1));
    let again = netlab(&["exercise", "start", EASY]).success();
    assert!(again.contains("Two pods on one node") && again.contains("goes on"), "{again}");
    // Nobody's lab is taken for an attempt.
    assert!(netlab(&["exercise", "try", EASY, "--lab", EASY]).fails(2).contains("there is a lab"));
    assert_eq!(netlab(&["exercise", "check", EASY]).status, Some(0), "it was not begun again");
    netlab(&["down", EASY]).success();
    assert_eq!(netlab(&["exercise", "check"]).status, Some(1), "now it is the only one");
    netlab(&["down", "--all"]).success();
    assert!(!state.exists());
}

#[test]
fn a_start_that_is_killed_on_the_way_up_is_begun_anew() {
    let student = Student { lab: Lab::place() };
    let killed = run(student.lab.netlab(&["exercise", "start", EASY]).env("NETLAB_TEST_DIE_AFTER", "9"));
    assert_eq!(killed.signal, Some(9), "{killed}");
    assert!(student.exercise(&["check"]).fails(2).contains("was not started"));
    student.exercise(&["start", EASY]).success();
    student.fails("at the start");
    student.lab.down();
}

#[test]
fn a_start_that_is_killed_at_the_fault_is_begun_anew() {
    let directory = Directory::new();
    let flag = directory.path().join("flag");
    let flag = flag.display();
    let file =
        own(&directory, &format!("ip -n red link set eth0 down; [ -e {flag} ] || {{ : >{flag}; exec sleep 1000; }}"));
    let student = Student { lab: Lab::place() };
    let mut command = student.lab.netlab(&["exercise", "start", &file]);
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    until("the fault begins", || Path::new(&flag.to_string()).exists().then_some(()));
    kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).expect("a signal");
    assert_eq!(child.wait().expect("its end").signal(), Some(9));
    assert!(student.exercise(&["check"]).fails(2).contains("was not started"));
    student.exercise(&["start", &file]).success();
    student.fails("at the start");
    student.lab.down();
}

#[test]
fn a_fault_that_cannot_be_made_says_why() {
    let directory = Directory::new();
    let file = own(&directory, "ip -n nobody link set eth0 down");
    let lab = Lab::place();
    let said = lab.run(&["exercise", "start", &file]).fails(3);
    assert!(said.contains("cannot be prepared") && said.contains("nobody"), "{said}");
    lab.down();
}

#[test]
fn a_lab_of_somebody_elses_is_left_alone() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let said = lab.run(&["exercise", "start", EASY]).fails(2);
    assert!(said.contains("it is not an exercise's") && said.contains("--lab NAME"), "{said}");
    assert!(lab.run(&["exercise", "check"]).fails(2).contains("was not started"));
    assert!(lab.run(&["diff"]).success().contains("as its plan says"));
    lab.down();
}

#[test]
fn an_exercise_whose_lab_was_killed_is_begun_anew() {
    let student = Student::begins(EASY);
    kill(Pid::from_raw(student.lab.pause()), Signal::SIGKILL).expect("a signal");
    until("it is gone", || student.exercise(&["check"]).stderr.contains("is gone").then_some(()));
    student.exercise(&["start", EASY]).success();
    student.fails("at the start");
    student.lab.down();
}

#[test]
fn what_would_give_the_answer_away_is_not_said() {
    let student = Student::begins(EASY);
    let refused: [&[&str]; 10] = [
        &["break", "--random"],
        &["break", "--reveal"],
        &["diff"],
        &["repair"],
        &["graph", "--diff"],
        &["repair", "--dry-run"],
        &["next"],
        &["back"],
        &["goto", "3"],
        &["down", "--step"],
    ];
    for words in refused {
        let said = student.lab.run(words).fails(2);
        assert!(said.contains("is an exercise") && said.contains("netlab exercise reset"), "{words:?}: {said}");
    }
    assert!(student.lab.run(&["hint"]).fails(2).contains("netlab exercise hint"));
    student.fails("nothing of that has mended it");
    // Why a packet dies is what a student finds out with it; what mends it is not.
    let trace = student.lab.run(&["trace", "red", "blue", "--json"]);
    let trace: Value = serde_json::from_str(&trace.stdout).expect("JSON");
    let lost = &trace["lost"];
    assert_eq!((&lost["cause"], &lost["fix"], &lost["fixPlain"]), (&"link-down".into(), &Value::Null, &Value::Null));
    assert_eq!(lost["commands"], serde_json::json!([]));
    let check = student.lab.run(&["check"]);
    assert!(check.status == Some(1) && !check.stdout.contains("fix "), "{check}");
    student.lab.down();
}

#[test]
fn nobody_saws_off_the_branch_that_they_sit_on() {
    let student = Student::begins(EASY);
    let inside =
        student.lab.script("fabric", &format!("{} exercise reset", crate::common::program::netlab_program().display()));
    assert!(inside.fails(2).contains("leave its shell first"));
    let check =
        student.lab.script("red", &format!("{} exercise check", crate::common::program::netlab_program().display()));
    assert!(check.status == Some(1) && check.stdout.contains("red → blue"), "{check}");
    student.lab.down();
}

#[test]
fn what_does_not_exist_is_explained() {
    let lab = Lab::place();
    assert!(
        lab.run(&["exercise", "start", "red-canot-ping-blue"]).fails(2).contains("did you mean red-cannot-ping-blue?")
    );
    assert!(lab.run(&["exercise", "start", "something"]).fails(2).contains("there is no exercise something"));
    assert!(lab.run(&["exercise", "start", "./no.yaml"]).fails(2).contains("does not exist"));
    assert!(lab.run(&["exercise", "hint"]).fails(2).contains("was not started"));
    assert!(lab.run(&["exercise", "start", EASY, "--name", "a\nb"]).fails(2).contains("one line"));
    let said = lab.run(&["exercise", "start", EASY, "--results", "/no/such/place/r.json"]).fails(3);
    assert!(said.contains("cannot write the results to /no/such/place/r.json"), "{said}");
    lab.assert_gone();
}
