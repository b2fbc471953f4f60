//! The cursor where things go wrong: with somebody else's hands in the lab, killed, stopped, without room to write.
//!
//! ```text
//! somebody did the next step by hand      ─▶ it was in force already
//! somebody put something else in its way  ─▶ error: what was to be done, what was found, what to do
//! netlab was killed at it                 ─▶ the next command finds out what became of it
//! ```

mod common;

use std::process::Child;
use std::time::{Duration, Instant};

use common::one_node::{assert_well, at_step, begin, cursor, one_node, state_of};
use common::program::{finish, netlab_program};
use common::wait::until_it_runs;
use common::{Lab, run, run_with_input, tool, until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

#[test]
fn what_somebody_did_or_undid_by_hand_already_is_not_done_twice() {
    let lab = at_step(5);
    lab.script("fabric", "ip -n node-1 addr add 10.244.1.1/24 dev cni0").success();
    let said = lab.run(&["next"]).success();
    assert!(said.contains("step 6 of 29") && said.contains("it was in force already"), "{said}");
    lab.script("fabric", "ip -n node-1 addr delete 10.244.1.1/24 dev cni0").success();
    let said = lab.run(&["back"]).success();
    assert!(said.contains("step 6 of 29") && said.contains("it was undone already"), "{said}");
    lab.run(&["goto", "18"]).success();

    // With the link that back wants to delete goes all that hangs on it.
    lab.script("fabric", "ip -n node-1 link delete veth-red").success();
    lab.run(&["goto", "7"]).success();
    state_of(&at_step(7)).assert_same(&state_of(&lab), "fresh (-), after its pipe was deleted (+)");
    lab.run(&["goto", "18"]).success();
    lab.script("fabric", "ip netns delete red").success();
    // The kernel takes a namespace apart in its own time.
    let gone = || lab.exec("node-1", &["ip", "link", "show", "veth-red"]).status != Some(0);
    until("the other end of its pipe goes too", || gone().then_some(()));
    lab.run(&["goto", "18"]).success();
    state_of(&at_step(18)).assert_same(&state_of(&lab), "fresh (-), after its namespace was deleted (+)");
    lab.script("fabric", "ip netns delete red; ip -n node-1 link delete cni0").success();
    lab.run(&["goto", "0"]).success();
    state_of(&at_step(0)).assert_same(&state_of(&lab), "fresh (-), after much was deleted (+)");
    assert_well(&lab, "disturbed");
}

#[test]
fn what_stands_in_the_way_is_explained_and_left_alone() {
    // What is typed, up to which step before; the move; what is said; what puts it right.
    let cases: &[(u32, &str, &str, &[&str], &str)] = &[
        (
            3,
            "ip -n node-1 link add cni0 type veth peer name other",
            "next",
            &["step 4 of 29 cannot be done", "cni0 is a veth", "link add cni0 type bridge"],
            "ip -n node-1 link delete cni0",
        ),
        (
            5,
            "ip -n node-1 addr add 10.244.1.1/16 dev cni0",
            "next",
            &["step 6 of 29 cannot be done", "10.244.1.1/16"],
            "ip -n node-1 addr delete 10.244.1.1/16 dev cni0",
        ),
        (
            6,
            "ip -n node-1 addr delete 10.244.1.1/24 dev cni0; ip -n node-1 addr add 10.244.1.1/16 dev cni0",
            "back",
            &["undoing step 6 of 29 cannot be done", "10.244.1.1/16", "addr delete 10.244.1.1/24"],
            "ip -n node-1 addr delete 10.244.1.1/16 dev cni0",
        ),
        (
            17,
            "ip -n red route add default dev eth0",
            "next",
            &["step 18 of 29 cannot be done", "default dev eth0", "route add default via 10.244.1.1"],
            "ip -n red route delete default",
        ),
        (
            9,
            "ip -n node-1 link add peer-red type bridge",
            "next",
            &["step 10 of 29 failed", "File exists", "EEXIST", "help"],
            "ip -n node-1 link delete peer-red",
        ),
        (
            11,
            "ip -n node-1 link delete cni0",
            "next",
            &["step 12 of 29 failed", "find the link cni0", "ENODEV", "help"],
            "ip -n node-1 link add cni0 type bridge",
        ),
    ];
    for (number, typed, way, words, mended) in cases {
        let lab = at_step(*number);
        lab.script("fabric", typed).success();
        let before = state_of(&lab);
        let said = lab.run(&[way]).fails(3);
        assert!(words.iter().all(|word| said.contains(word)), "{typed}: {said}");
        before.assert_same(&state_of(&lab), &format!("`{typed}`, before (-) and after netlab {way} (+)"));
        assert_eq!(cursor(&lab), u64::from(*number), "{typed}");
        lab.script("fabric", mended).success();
        lab.run(&[way]).success();
        assert_well(&lab, mended);
    }
}

#[test]
fn killed_at_any_moment_of_a_move_the_next_command_finds_out_what_became_of_it() {
    let lab = at_step(29);
    let whole = Instant::now();
    lab.run(&["goto", "4"]).success();
    lab.run(&["goto", "29"]).success();
    let whole = whole.elapsed();
    let ways = [["back", "25"], ["next", "25"], ["goto", "4"], ["goto", "29"], ["goto", "0"]];
    for round in 0..30_u32 {
        let words = ways[round as usize % ways.len()];
        let mut child = begin(&lab, &words);
        // Moments all over a long move, the first of them near its beginning.
        std::thread::sleep(whole.mul_f64(f64::from(round * 7 % 30) / 60.0) + Duration::from_millis(8));
        let _ = child.kill();
        finish(child, "netlab", b"");
        let done = cursor(&lab);
        let what = format!("round {round}: {words:?}, killed at {done}");
        match round % 4 {
            0 if done < 29 => drop(lab.run(&["next"]).success()),
            1 if done > 0 => drop(lab.run(&["back"]).success()),
            _ => {}
        }
        let target = round * 11 % 30;
        lab.run(&["goto", &target.to_string()]).success();
        assert_eq!(cursor(&lab), u64::from(target), "{what}");
        if round % 5 == 0 {
            state_of(&at_step(target)).assert_same(&state_of(&lab), &format!("{what}: fresh (-), after it (+)"));
        }
    }
    assert_well(&lab, "killed many times");
}

#[test]
fn a_journal_that_breaks_off_is_completed_from_what_the_kernel_holds() {
    // What a process leaves that is killed between the kernel's deed and the journal's word for it.
    let cases = [
        ("undo 7\n", "ip -n node-1 link set cni0 down", "next", 7),
        ("undo 7\n", "ip -n node-1 link set cni0 down", "back", 6),
        ("undo 7\n", "true", "back", 7),
        ("undo 7\n", "true", "next", 8),
        ("begin 8\n", "ip netns add red", "back", 8),
        ("begin 8\n", "ip netns add red", "next", 9),
        ("begin 8\n", "true", "next", 8),
        ("begin 8-29\ndone 9", "ip netns add red", "next", 9),
    ];
    for (written, typed, way, step) in cases {
        let lab = at_step(7);
        let mut journal = std::fs::read_to_string(lab.file("journal")).expect("the journal");
        journal.push_str(written);
        std::fs::write(lab.file("journal"), journal).expect("the journal");
        lab.script("fabric", typed).success();
        let moved = lab.run(&[way, "--json"]).json();
        assert_eq!(moved["moves"][0]["step"], step, "{written:?}, `{typed}`: {moved}");
        assert_well(&lab, &format!("{written:?}, `{typed}`, {way}"));
    }
}

#[test]
fn ctrl_c_stops_a_long_move_between_two_steps() {
    for (from, words) in [(0, ["goto", "29"]), (29, ["back", "29"])] {
        let lab = at_step(from);
        let size = || std::fs::metadata(lab.file("journal")).map_or(0, |journal| journal.len());
        let before = size();
        let child = begin(&lab, &words);
        until("a move is made", || (size() > before + 20).then_some(()));
        killpg(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("a signal");
        let ran = finish(child, "netlab", b"");
        assert_eq!(ran.status, Some(130), "{ran}");
        assert!(ran.message().contains("stopped: ") && ran.message().contains("`netlab status`"), "{ran}");
        let done = cursor(&lab);
        assert!(done > 0 && done < 29, "{done}");
        let told = ran.stdout.matches(" of 29 · ").count() as u64;
        assert_eq!(told, if from == 0 { done } else { 29 - done }, "every move that was made is told: {ran}");
        assert!(!lab.run(&["status"]).success().contains("begun and not finished"));
        assert_well(&lab, "stopped");
    }
}

#[test]
fn a_shell_that_runs_in_a_namespace_which_goes_keeps_nobody_from_going_back() {
    let lab = at_step(29);
    let sleeper = begin(&lab, &["exec", "red", "--", "sleep", "1000"]);
    until_it_runs(sleeper.id(), "sleep");
    lab.run(&["goto", "3"]).success();
    state_of(&at_step(3)).assert_same(&state_of(&lab), "fresh (-), left by somebody who sleeps (+)");
    lab.run(&["goto", "29"]).success();
    assert_well(&lab, "left by somebody who sleeps");
    assert_eq!(finish(sleeper, "sleep", b"").signal, Some(Signal::SIGKILL as i32));
}

#[test]
fn without_room_for_the_journal_the_cursor_stays_and_the_error_says_so() {
    // How much of its last page the journal has filled: there is no room for the word that a step begins, or there is,
    // and none for the word that it is done.
    for filled in [4095, 4086] {
        let script = format!(
            r#"
            mount -t tmpfs -o size=1m tmpfs $STATE
            $NETLAB up --to 6 $ONE >/dev/null; echo "up: $?"
            journal=$STATE/labs/one-node/journal
            head -c $(({filled} - 1 - $(stat -c %s $journal))) /dev/zero | tr '\0' '#' >> $journal
            echo >> $journal
            head -c 2000000 /dev/zero > $STATE/filler
            $NETLAB next; echo "next: $?"
            $NETLAB back; echo "back: $?"
            $NETLAB goto 2; echo "goto: $?"
            $NETLAB status | head -n 1
            rm $STATE/filler
            $NETLAB goto 2 >/dev/null; echo "goto: $?"
            $NETLAB up $ONE >/dev/null; echo "up: $?"
            $NETLAB exec red -- ping -n -q -c 1 -W 1 10.244.1.3 >/dev/null; echo "ping: $?"
            $NETLAB down >/dev/null; echo "down: $?"
            "#
        );
        let lab = Lab::place();
        std::fs::create_dir(lab.state()).expect("a directory");
        let mut command = tool("unshare");
        command.args(["--user", "--map-root-user", "--net", "--mount", "sh", "-s"]);
        command.env("NETLAB", netlab_program()).env("ONE", one_node());
        command.env("STATE", lab.state()).env("NETLAB_STATE_DIR", lab.state().join("labs"));
        let ran = run_with_input(&mut command, script.as_bytes());
        std::fs::remove_dir_all(lab.state()).expect("the directory");
        assert!(ran.status == Some(0) && !ran.stderr.contains("panicked"), "{ran}");
        let told = "cannot write the journal of lab one-node: No space left on device";
        assert_eq!(ran.message().matches(told).count(), 3, "{filled}: {ran}");
        for word in ["next: 3", "back: 3", "goto: 3", "6 of 29 steps done", "goto: 0\nup: 0\nping: 0\ndown: 0"] {
            assert!(ran.stdout.contains(word), "{filled}, {word}: {ran}");
        }
    }
}

#[test]
fn a_cursor_whose_lab_was_taken_down_leaves_nothing_behind() {
    let lab = at_step(29);
    let mut movers: Vec<Child> =
        (0..4).map(|n| begin(&lab, if n % 2 == 0 { &["next"] } else { &["back", "9"] })).collect();
    until("it is down", || (run(&mut lab.netlab(&["down"])).status == Some(0)).then_some(()));
    for ran in movers.drain(..).map(|child| finish(child, "netlab", b"")) {
        assert!(!ran.stderr.contains("panicked"), "{ran}");
    }
    run(&mut lab.netlab(&["down"]));
    lab.assert_gone();
}
