//! `netlab learn`: a learner types into a shell of the lab, and each step ticks itself.
//!
//! ```text
//! netlab learn --json FILE   ─▶  {"event":"done","step":4,…}  one document a line
//! netlab shell               ◀─  ip -n node-1 link add cni0 type bridge
//! ```

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use common::program::{OF_ALL_KINDS, start};
use common::shell::Shell;
use common::wait::PATIENCE;
use common::{Lab, topology};
use serde_json::Value;

/// A lesson that runs, and what it has told so far.
struct Lesson {
    child: Child,
    events: Receiver<Value>,
}

impl Lesson {
    #[track_caller]
    fn begin(lab: &Lab, words: &[&str]) -> Self {
        let mut command = lab.netlab(&["learn", "--json"]);
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = start(&mut command);
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|e| panic!("no JSON ({e}): {line}"));
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        let mut lesson = Lesson { child, events };
        lesson.until("begun", |event| event["event"] == "begun");
        lesson
    }

    /// Reads on to an event; returns all that were told, with it.
    #[track_caller]
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut told = Vec::new();
        loop {
            let event = self.events.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{what}: {e}; told: {told:?}"));
            told.push(event);
            if told.last().is_some_and(&wanted) {
                return told;
            }
        }
    }

    #[track_caller]
    fn until_done(&mut self, step: u64) -> Vec<Value> {
        self.until(&format!("step {step} is done"), |event| event["event"] == "done" && event["step"] == step)
    }

    /// Its end: the summary, and the exit status.
    #[track_caller]
    fn end(mut self) -> (Value, Option<i32>) {
        let told = self.until("the summary", |event| event["event"] == "summary");
        let status = self.child.wait().expect("its end").code();
        (told.last().expect("a summary").clone(), status)
    }

    fn type_in(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("its input");
        input.write_all(format!("{line}\n").as_bytes()).expect("a lesson");
    }
}

/// The steps that were ticked, in the order in which they were.
fn ticked(events: &[Value]) -> Vec<u64> {
    let done = events.iter().filter(|event| event["event"] == "done");
    done.map(|event| event["step"].as_u64().expect("a number")).collect()
}

fn commands(lab: &Lab, file: &str) -> Vec<String> {
    let plan = lab.run(&["plan", file, "--format", "json"]).json();
    let steps = plan["steps"].as_array().expect("steps").iter();
    steps.map(|step| step["command"].as_str().expect("a command").to_owned()).collect()
}

#[test]
fn every_printed_command_ticks_its_step_and_nothing_is_wrong() {
    for name in OF_ALL_KINDS {
        let lab = Lab::place();
        let file = topology(name);
        let commands = commands(&lab, &file);
        let mut lesson = Lesson::begin(&lab, &[&file]);
        let mut shell = Shell::open(&lab, "fabric");
        let mut told = Vec::new();
        for (place, command) in commands.iter().enumerate() {
            shell.done(command);
            // Now and then the learner waits for the tick.
            if place % 16 == 0 {
                told.extend(lesson.until_done(place as u64 + 1));
            }
        }
        told.extend(lesson.until("the summary", |event| event["event"] == "summary"));
        let steps: BTreeSet<u64> = ticked(&told).into_iter().collect();
        assert_eq!(steps.len(), commands.len(), "{name}: all steps are ticked");
        let wrong: Vec<&Value> = told.iter().filter(|event| event["event"] == "wrong").collect();
        assert!(wrong.is_empty(), "{name}: nothing is wrong: {wrong:?}");
        let summary = told.last().expect("a summary");
        assert_eq!((&summary["complete"], &summary["mistakes"]), (&Value::from(true), &Value::from(0)), "{name}");
        assert_eq!(lesson.child.wait().expect("its end").code(), Some(0));
        drop(shell);
        assert_eq!(lab.run(&["diff"]).status, Some(0), "{name}: what was typed is what the plan says");
        lab.down();
    }
}

#[test]
fn equivalent_commands_tick_the_same_steps() {
    let lab = Lab::place();
    let mut lesson = Lesson::begin(&lab, &[&topology("one-node.yaml")]);
    let mut shell = Shell::open(&lab, "fabric");
    // Another order, a batch, a file for nft, a pipe in one command, other words.
    shell.done("ip netns add red; ip netns add node-1; ip netns add blue");
    shell.done("printf 'link set lo up\\n' | ip -n red -batch -");
    shell.done("ip -n node-1 link add cni0 type bridge; ip -n node-1 link set cni0 addrgenmode none; ip -n node-1 link set cni0 up");
    shell.done(
        "ip netns exec node-1 sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; ip address add 10.244.1.1/24 dev cni0'",
    );
    shell.done("ip -n node-1 link add veth-red master cni0 type veth peer name eth0 netns red; ip -n node-1 link set veth-red addrgenmode none; ip -n node-1 link set veth-red up");
    shell.done("ip netns exec red ifconfig lo >/dev/null 2>&1 || true; ip -n red link set eth0 addrgenmode none");
    shell.done("ip -n red a a 10.244.1.2/24 dev eth0; ip -n red l s eth0 up; ip -n red r a 0/0 via 10.244.1.1 dev eth0 proto static");
    let told = lesson.until_done(18);
    // The namespace blue may be told of in the same breath, behind the others.
    let mut steps: Vec<u64> = ticked(&told).into_iter().filter(|step| *step <= 18).collect();
    steps.sort_unstable();
    assert_eq!(steps, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    lesson.type_in("q");
    let (summary, status) = lesson.end();
    assert_eq!((&summary["complete"], &summary["done"], status), (&Value::from(false), &Value::from(18), Some(1)));
    lab.down();
}

/// Types a line, and returns what is said to be wrong.
#[track_caller]
fn wrong(lesson: &mut Lesson, shell: &mut Shell, line: &str) -> String {
    shell.done(line);
    let told = lesson.until(line, |event| event["event"] == "wrong");
    let event = told.last().expect("an event");
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    format!("{}: {}; {}", text("machine"), text("found"), text("planned"))
}

#[test]
fn wrong_effects_are_named_and_mended_ones_too() {
    let lab = Lab::place();
    let mut lesson = Lesson::begin(&lab, &["--from", "10", &topology("one-node.yaml")]);
    let mut shell = Shell::open(&lab, "fabric");
    let pipe = "ip -n node-1 link add veth-red type veth peer name eth0 netns red";
    shell.done(pipe);
    lesson.until_done(11);
    let cases = [
        (
            "ip -n red addr add 10.244.1.2/16 dev eth0",
            "red: eth0 has 10.244.1.2/16; the plan says address 10.244.1.2/24 on eth0",
            "ip -n red addr del 10.244.1.2/16 dev eth0",
        ),
        (
            "ip -n red addr add 10.244.1.77/24 dev eth0",
            "red: address 10.244.1.77/24 on eth0; the plan says address 10.244.1.2/24 on eth0",
            "ip -n red addr flush dev eth0 scope global",
        ),
        (
            "ip -n node-1 link set veth-red mtu 1400",
            "node-1: veth-red has mtu 1400, not 1500",
            "ip -n node-1 link set veth-red mtu 1500",
        ),
        (
            "ip -n node-1 link add br0 type bridge",
            "node-1: link br0, a bridge; no step of the plan makes it",
            "ip -n node-1 link del br0",
        ),
        ("ip netns add rde", "rde: namespace rde; no step of the plan makes it", "ip netns del rde"),
        (
            "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.rp_filter=1",
            "node-1: net.ipv4.conf.all.rp_filter is 1, not 0",
            "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.rp_filter=0",
        ),
        (
            "ip netns exec node-1 nft add table ip nat",
            "node-1: table ip nat; no step of the plan makes it",
            "ip netns exec node-1 nft delete table ip nat",
        ),
    ];
    let host_filters =
        std::fs::read_to_string("/proc/sys/net/ipv4/conf/all/rp_filter").is_ok_and(|text| text.trim() != "0");
    for (fault, expected, mend) in cases {
        if host_filters && fault.contains("rp_filter") {
            // New namespaces may have what the host has: 1 is no fault there.
            continue;
        }
        let named = wrong(&mut lesson, &mut shell, fault);
        assert!(named.starts_with(expected), "{fault}: {named}");
        shell.done(mend);
        lesson.until(mend, |event| event["event"] == "righted");
    }
    // What is undone is said to be.
    shell.done("ip -n node-1 link delete veth-red");
    lesson.until("the pipe is gone", |event| event["event"] == "undone" && event["step"] == 11);
    lesson.type_in("q");
    let (summary, _) = lesson.end();
    assert_eq!(summary["done"], 0);
    assert!(summary["mistakes"].as_u64().expect("a count") >= 6, "{summary}");
    lab.down();
}

#[test]
fn hints_tell_the_sentence_and_then_the_command_in_every_terminal() {
    let lab = Lab::place();
    let mut lesson = Lesson::begin(&lab, &[&topology("one-node.yaml")]);
    let hint = lab.run(&["hint", "--json"]).json();
    assert_eq!((&hint["step"], &hint["level"], &hint["command"]), (&1.into(), &"sentence".into(), &Value::Null));
    assert!(lab.run(&["hint"]).success().contains("ip netns add node-1"));
    lesson.until("the hint is told in the lesson", |event| event["event"] == "hint" && event["level"] == "command");
    Shell::open(&lab, "fabric").done("ip netns add node-1");
    lesson.until_done(1);
    lesson.type_in("h");
    let told = lesson.until("a hint", |event| event["event"] == "hint");
    assert_eq!(told.last().expect("a hint")["step"], 2);
    lesson.type_in("q");
    let (summary, status) = lesson.end();
    assert_eq!((&summary["hintedSteps"], status), (&serde_json::json!([1, 2]), Some(1)));
    lab.run(&["up", &topology("one-node.yaml")]).success();
    assert!(lab.run(&["hint"]).success().contains("nothing left"));
    lab.down();
}

#[test]
fn a_lesson_may_begin_in_the_middle_be_left_and_be_taken_up_again() {
    let lab = Lab::place();
    let file = topology("one-node.yaml");
    let mut lesson = Lesson::begin(&lab, &[&file, "--from", "10", "--to", "18"]);
    lab.run(&["next", "2"]).success();
    let told = lesson.until_done(11);
    assert_eq!(ticked(&told), [10, 11], "what netlab does counts too, and what was there before is not told");
    lesson.type_in("q");
    let (summary, _) = lesson.end();
    assert_eq!((&summary["done"], &summary["total"]), (&2.into(), &9.into()));
    assert_eq!(lab.run(&["status", "--json"]).json()["cursor"]["done"], 11);

    let mut lesson = Lesson::begin(&lab, &[&file, "--from", "10", "--to", "18"]);
    lesson.until("what is done already", |event| event["event"] == "resumed" && event["done"] == 2);
    lab.run(&["goto", "18"]).success();
    let (summary, status) = lesson.end();
    assert_eq!((&summary["complete"], status), (&true.into(), Some(0)));
    lab.down();
}

#[test]
fn what_is_undone_by_hand_is_undone_in_the_journal() {
    let lab = Lab::place();
    let mut lesson = Lesson::begin(&lab, &[&topology("one-node.yaml"), "--from", "10"]);
    let mut shell = Shell::open(&lab, "fabric");
    shell.done("ip netns delete node-1");
    lesson.until("the namespace is gone", |event| event["event"] == "undone" && event["step"] == 1);
    common::wait::until("the journal says so", || {
        let done = lab.run(&["status", "--json"]).json()["cursor"]["done"].as_u64();
        (done == Some(2)).then_some(())
    });
    lesson.type_in("q");
    lesson.end();
    drop(shell);
    lab.down();
}

#[test]
fn bad_lessons_are_refused() {
    let lab = Lab::place();
    let file = topology("one-node.yaml");
    for words in [&["--from", "99"][..], &["--to", "99"], &["--from", "9", "--to", "8"]] {
        let message = lab.run(&[&["learn", &file][..], words].concat()).fails(2);
        assert!(message.contains("steps 1 to 29"), "{message}");
    }
    assert!(lab.run(&["learn", &file, "--from", "0"]).fails(2).contains("--from"));
    assert!(lab.run(&["hint"]).fails(2).contains("there is no lab"));
    lab.assert_gone();
}

#[test]
fn a_lab_that_is_taken_away_ends_the_lesson() {
    let lab = Lab::place();
    let mut lesson = Lesson::begin(&lab, &[&topology("one-node.yaml")]);
    lesson.until("the first chapter", |event| event["event"] == "chapter");
    lab.run(&["down"]).success();
    let status = lesson.child.wait().expect("its end");
    assert!(!status.success(), "{status}");
    lab.assert_gone();
}
