//! Killed after any step, at any moment, or stopped by Ctrl-C: `down` leaves nothing, and `up` completes the lab, which
//! then is like one that was never interrupted.
//!
//! ```text
//! NETLAB_TEST_DIE_AFTER=k netlab up   SIGKILLs itself after k steps   ─▶ down ─▶ nothing is left
//!                                                                     ─▶ up   ─▶ the same state as a fresh lab's
//! ```

mod common;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use common::program::{finish, start};
use common::state::{LOOK, LOOK_AT_LINKS, State};
use common::wait::until_it_ends;
use common::{Lab, Ran, run, topology, until};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// The lab's state, without the sysctls: that is enough, and there are many to be looked at here.
fn state_of(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", LOOK_AT_LINKS).success()).without_operstate()
}

/// Brings the lab up until it dies after this many steps.
#[track_caller]
fn die_after(lab: &Lab, steps: u64, words: &[&str]) -> Ran {
    run(lab.netlab(&["up", &topology("three-nodes.yaml")]).args(words).env("NETLAB_TEST_DIE_AFTER", steps.to_string()))
}

const KILLED: Option<i32> = Some(Signal::SIGKILL as i32);

/// The test for one moment of death.
#[track_caller]
fn survive_death_after(steps: u64, words: &[&str], fresh: &State) -> u64 {
    let lab = Lab::place();
    let died = die_after(&lab, steps, words);
    assert_eq!(died.signal, KILLED, "{died}");
    let said = lab.run(&["status"]).success();
    let count = said.split_once(": ").and_then(|(_, rest)| rest.split_once(" of 140 steps done"));
    let were_done: u64 = count.and_then(|(count, _)| count.parse().ok()).unwrap_or_else(|| panic!("{said}"));
    assert!(were_done >= steps, "the journal knows of {were_done} of {steps} steps");
    let unfinished = were_done < 140;
    assert_eq!(said.contains("begun and not finished"), unfinished, "{said}");

    // As a person would: just `up` again, however it was begun.
    let said = lab.run(&["up", &topology("three-nodes.yaml")]).success();
    assert_eq!(said.contains("missing and"), unfinished, "after {steps} steps: {said}");
    fresh.assert_same(&state_of(&lab), &format!("fresh (-), and completed after a death after {steps} steps (+)"));
    lab.down();

    assert_eq!(die_after(&lab, steps, words).signal, KILLED);
    lab.down();
    were_done
}

fn fresh() -> State {
    state_of(&Lab::up(&topology("three-nodes.yaml")))
}

/// Every step, shared out among four tests.
fn survive_death_after_each_step_of(quarter: u64) {
    let fresh = fresh();
    for steps in (1..=140).filter(|steps| steps % 4 == quarter) {
        assert_eq!(survive_death_after(steps, &["--no-fuse"], &fresh), steps, "step by step, none is done unasked");
    }
}

#[test]
fn killed_after_step_1_5_9_and_so_on_a_lab_comes_up_and_goes_down() {
    survive_death_after_each_step_of(1);
}

#[test]
fn killed_after_step_2_6_10_and_so_on_a_lab_comes_up_and_goes_down() {
    survive_death_after_each_step_of(2);
}

#[test]
fn killed_after_step_3_7_11_and_so_on_a_lab_comes_up_and_goes_down() {
    survive_death_after_each_step_of(3);
}

#[test]
fn killed_after_step_4_8_12_and_so_on_a_lab_comes_up_and_goes_down() {
    survive_death_after_each_step_of(0);
}

#[test]
fn killed_after_every_batch_of_the_fused_form_a_lab_comes_up_and_goes_down() {
    let fresh = fresh();
    let (mut steps, mut deaths) = (1, 0);
    while steps <= 140 {
        steps = survive_death_after(steps, &[], &fresh) + 1;
        deaths += 1;
    }
    assert!(deaths >= 8, "the fused form has more batches than {deaths}");
}

/// Starts `up` as the leader of a process group of its own, as a shell does.
fn start_up(lab: &Lab, words: &[&str], input: &str) -> Child {
    let mut command: Command = lab.netlab(&[&["up"], words].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = start(&mut command);
    child.stdin.take().expect("its standard input").write_all(input.as_bytes()).expect("the file is read");
    child
}

/// Waits until the journal has grown beyond this size, or `up` has ended before.
fn until_journal_exceeds(lab: &Lab, size: u64, child: &mut Child) {
    let grown = |lab: &Lab| std::fs::metadata(lab.file("journal")).is_ok_and(|journal| journal.len() > size);
    until("the journal grows", || (grown(lab) || child.try_wait().expect("a child").is_some()).then_some(()));
}

#[test]
fn killed_at_any_moment_a_lab_comes_up_and_goes_down() {
    let fresh = fresh();
    let file = topology("three-nodes.yaml");
    let (by_hand, fused) = ([&*file, "--no-fuse"], [&*file]);
    let by_hand = (0..12).map(|n| (n * 120, &by_hand[..]));
    for (size, words) in by_hand.chain((0..6).map(|n| (n * 40, &fused[..]))) {
        let lab = Lab::place();
        for last in [false, true] {
            let mut child = start_up(&lab, words, "");
            until_journal_exceeds(&lab, size, &mut child);
            let _ = child.kill();
            finish(child, "netlab up", b"");
            if last {
                lab.down();
            } else {
                lab.run(&[&["up"], words].concat()).success();
                fresh.assert_same(&state_of(&lab), &format!("fresh (-), completed after a death at {size} (+)"));
                lab.down();
            }
        }
    }
}

#[test]
fn killed_before_its_first_step_a_lab_leaves_no_process() {
    let file = topology("three-nodes.yaml");
    let appears = |lab: &Lab, name: &str| lab.file(name).exists();
    for name in ["", "lock", "topology.yaml", "pause"] {
        let lab = Lab::place();
        let mut child = start_up(&lab, &[&file], "");
        until("its state begins", || (appears(&lab, name) || child.try_wait().expect("one").is_some()).then_some(()));
        let _ = child.kill();
        finish(child, "netlab up", b"");
        lab.run(&["down"]).success();
        until(&format!("nothing is left of a lab killed at its {name}"), || lab.processes().is_empty().then_some(()));
        assert!(!lab.state().exists());
    }
}

/// A lab that takes a while: 10 nodes with 40 pods each.
fn generated(lab: &Lab) -> String {
    lab.run(&["generate", "10", "40"]).success()
}

#[test]
fn ctrl_c_stops_up_cleanly_and_says_how_to_go_on() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let lab = Lab::place();
        let text = generated(&lab);
        let mut child = start_up(&lab, &["-"], &text);
        until_journal_exceeds(&lab, 40, &mut child);
        // As the terminal does: to the whole group.
        killpg(Pid::from_raw(child.id() as i32), signal).expect("a signal");
        let said = finish(child, "netlab up", b"");
        assert_eq!(said.status, Some(130), "{said}");
        for words in ["stopped: ", " steps of lab ", "`netlab up` goes on", "`netlab status`", "`netlab down "] {
            assert!(said.message().contains(words), "{said}");
        }
        let status = lab.run(&["status", "--json"]).json();
        let (done, total) = (status["cursor"]["done"].as_u64(), status["cursor"]["total"].as_u64());
        assert!(done > Some(0) && done < total, "{done:?} of {total:?}");
        if signal == Signal::SIGINT {
            let said = common::run_with_input(&mut lab.netlab(&["up", "-"]), text.as_bytes()).success();
            assert!(said.contains("missing and"), "{said}");
            let names = lab.script("fabric", "ip netns list | wc -l").success();
            assert_eq!(names.trim(), "410");
            lab.exec("n1-p1", &["ping", "-n", "-c", "1", "-W", "1", "10.244.9.2"]).success();
        }
        lab.down();
    }
}

#[test]
fn while_one_netlab_changes_a_lab_others_are_told_who_it_is_and_readers_do_not_wait() {
    let lab = Lab::place();
    let text = generated(&lab);
    let mut first = start_up(&lab, &["-"], &text);
    until_journal_exceeds(&lab, 0, &mut first);
    let pid = Pid::from_raw(first.id() as i32);
    kill(pid, Signal::SIGSTOP).expect("a signal");
    for words in [&["up", "-"][..], &["down"]] {
        let said = common::run_with_input(&mut lab.netlab(words), text.as_bytes()).fails(3);
        assert!(said.contains("being changed by another netlab") && said.contains(&format!("process {pid}")), "{said}");
    }
    assert!(lab.run(&["list"]).success().contains("running"));
    let unfinished = lab.run(&["status"]).success();
    assert!(unfinished.contains("begun and not finished"), "{unfinished}");
    kill(pid, Signal::SIGCONT).expect("a signal");
    finish(first, "the first netlab up", b"").success();
    assert_eq!(lab.script("fabric", "ip netns list | wc -l").success().trim(), "410");
    lab.down();
}

#[test]
fn of_many_that_bring_a_lab_up_at_the_same_time_one_wins_and_the_others_say_so() {
    for _ in 0..5 {
        let lab = Lab::place();
        let file = topology("three-nodes.yaml");
        let rivals: Vec<Child> = (0..4).map(|_| start_up(&lab, &[&file], "")).collect();
        let ends: Vec<Ran> = rivals.into_iter().map(|child| finish(child, "netlab up", b"")).collect();
        let won = |ran: &&Ran| ran.status == Some(0) && ran.stdout.contains("is up: 3 nodes");
        assert_eq!(ends.iter().filter(won).count(), 1, "{}", ends.iter().map(Ran::to_string).collect::<String>());
        for ran in ends.iter().filter(|ran| !won(ran)) {
            let late = ran.status == Some(0) && ran.stdout.contains("nothing to do");
            let busy = ran.status == Some(3) && ran.message().contains("being changed by another netlab");
            assert!(late || busy, "{ran}");
        }
        lab.exec("pod-a", &["ping", "-n", "-c", "1", "-W", "1", "10.244.3.3"]).success();
        lab.down();
    }
}

#[test]
fn a_journal_that_was_damaged_keeps_nobody_from_going_on() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let fresh = State::parse(&lab.script("fabric", LOOK).success());
    for damage in [
        "",
        "done 1-\ndone 99999999999\nfailed\nnonsense\n\u{1}",
        "begin 1-140\ndone 1-3\ndone 4-",
        "done 5-4000000000\n",
    ] {
        std::fs::write(lab.file("journal"), damage).expect("a journal");
        lab.run(&["status"]).success();
        lab.run(&["list"]).success();
        lab.run(&["up", &topology("three-nodes.yaml")]).success();
    }
    fresh.assert_same(&State::parse(&lab.script("fabric", LOOK).success()), "before (-) and after (+)");
    std::fs::write(lab.file("topology.yaml"), "lab: [").expect("a file");
    for words in [&["status"][..], &["up", &topology("three-nodes.yaml")]] {
        let said = lab.run(words);
        assert!(matches!(said.status, Some(2 | 3)) && !said.stderr.contains("panicked"), "{said}");
    }
    let pid = lab.pause();
    lab.down();
    until_it_ends(pid as u32);
}
