//! The cursor where things go wrong: at the ends of the plan, with somebody else's hands in the lab, killed, stopped,
//! and without room to write.
//!
//! ```text
//! somebody did the next step by hand      ─▶ it was in force already
//! somebody put something else in its way  ─▶ error: what is expected, what was found, what to do
//! netlab was killed at it                 ─▶ the next command finds out what became of it
//! ```

mod common;

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::program::{finish, netlab_program, start};
use common::state::{LOOK_AT_LINKS, State};
use common::wait::until_it_runs;
use common::{Lab, Ran, run, run_with_input, tool, topology, until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

fn one_node() -> String {
    topology("one-node.yaml")
}

/// A lab of 29 steps, of which so many are done: the bridge is 4 to 7, the pod red 8 to 18.
fn at_step(number: u32) -> Lab {
    let lab = Lab::place();
    lab.run(&["up", &one_node(), "--to", &number.to_string()]).success();
    lab
}

fn state_of(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", LOOK_AT_LINKS).success()).without_what_follows()
}

/// Where the cursor is.
#[track_caller]
fn cursor(lab: &Lab) -> u64 {
    lab.run(&["status", "--json"]).json()["cursor"]["done"].as_u64().expect("a number")
}

/// The lab comes up to its end, and is as one that was never disturbed; then it goes down.
#[track_caller]
fn assert_well(lab: &Lab, what: &str) {
    lab.run(&["up", &one_node()]).success();
    state_of(&at_step(29)).assert_same(&state_of(lab), &format!("undisturbed (-), {what} (+)"));
    lab.exec("red", &["ping", "-n", "-c", "1", "-W", "1", "10.244.1.3"]).success();
    lab.down();
}

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
    let other = common::Directory::new().path().to_path_buf();
    assert!(!other.exists());
    let said = lab.run(&["up", &topology("three-nodes.yaml"), "--to", "3"]).fails(2);
    assert!(said.contains("another topology"), "{said}");
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
            &["step 4 of 29 cannot be done", "cni0 is there, but is a veth, not a bridge", "link add cni0 type bridge"],
            "ip -n node-1 link delete cni0",
        ),
        (
            5,
            "ip -n node-1 addr add 10.244.1.1/16 dev cni0",
            "next",
            &["step 6 of 29 cannot be done", "cni0 has 10.244.1.1/16, not 10.244.1.1/24"],
            "ip -n node-1 addr delete 10.244.1.1/16 dev cni0",
        ),
        (
            6,
            "ip -n node-1 addr delete 10.244.1.1/24 dev cni0; ip -n node-1 addr add 10.244.1.1/16 dev cni0",
            "back",
            &["undoing step 6 of 29 cannot be done", "cni0 has 10.244.1.1/16", "addr delete 10.244.1.1/24"],
            "ip -n node-1 addr delete 10.244.1.1/16 dev cni0",
        ),
        (
            17,
            "ip -n red route add default dev eth0",
            "next",
            &["step 18 of 29 cannot be done", "there is `default dev eth0`", "route add default via 10.244.1.1"],
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

/// Starts a netlab command as the leader of a process group of its own, as a shell does.
fn begin(lab: &Lab, words: &[&str]) -> Child {
    let mut command = lab.netlab(words);
    start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0))
}

#[test]
fn killed_at_any_moment_of_a_move_the_next_command_finds_out_what_became_of_it() {
    let lab = at_step(29);
    let whole = Instant::now();
    lab.run(&["goto", "4"]).success();
    lab.run(&["goto", "29"]).success();
    let whole = whole.elapsed();
    let ways = [["back", "25"], ["next", "25"], ["goto", "4"], ["goto", "29"], ["goto", "0"]];
    for round in 0..40_u32 {
        let words = ways[round as usize % ways.len()];
        let mut child = begin(&lab, &words);
        // Moments all over a long move, the first of them near its beginning.
        std::thread::sleep(whole.mul_f64(f64::from(round * 7 % 40) / 80.0) + Duration::from_millis(8));
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
fn without_room_for_the_journal_nothing_is_done_and_the_error_says_so() {
    for (full, again, words) in [
        ("head -c 2000000 /dev/zero > $STATE/filler", "rm $STATE/filler", "No space left on device"),
        ("mount -o remount,bind,ro $STATE", "mount -o remount,bind,rw $STATE", "Read-only file system"),
    ] {
        let script = format!(
            r#"
            mount -t tmpfs -o size=1m tmpfs $STATE
            $NETLAB up --to 6 $ONE >/dev/null; echo "up: $?"
            i=0; while [ $(($(stat -c %s $STATE/labs/one-node/journal) % 4096)) -lt 4088 ]; do
                printf '#######\n' >> $STATE/labs/one-node/journal
            done
            {full}
            $NETLAB next; echo "next: $?"
            $NETLAB back; echo "back: $?"
            $NETLAB goto 2; echo "goto: $?"
            $NETLAB exec node-1 -- ip -br link show cni0
            $NETLAB status | head -n 1
            {again}
            $NETLAB goto 2 >/dev/null; echo "goto: $?"
            $NETLAB up $ONE >/dev/null; echo "up: $?"
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
        assert_eq!(ran.message().matches(words).count(), 3, "{ran}");
        for word in ["next: 3", "back: 3", "goto: 3", "6 of 29 steps done", "goto: 0\nup: 0\ndown: 0"] {
            assert!(ran.stdout.contains(word), "{word}: {ran}");
        }
    }
}

#[test]
fn a_sysctl_of_the_topology_is_set_back_to_what_it_was() {
    let lab = Lab::place();
    let text = "lab: x
nodes: {}
hosts:
  h:
    forwarding: true
    sysctls: { net.ipv4.conf.all.rp_filter: 1, net.ipv4.conf.all.accept_redirects: 1, net.ipv4.ping_group_range: 0 9 }
";
    let read = "ip netns exec h sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.all.accept_redirects \
                net.ipv4.ping_group_range";
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
        "sysctl -qw 'net.ipv4.ping_group_range=1 0'",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(lab.script("fabric", read).success(), before);
    lab.down();
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
