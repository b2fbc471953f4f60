//! `exec` and `shell` become the command: standard input, signals and the exit status are its own, with and without a
//! terminal; inside a lab the names are plain, as in any textbook.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use common::program::{finish, netlab_program, start};
use common::{Directory, Lab, run, run_with_input, tool, topology};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn one_node() -> Lab {
    Lab::up(&topology("one-node.yaml"))
}

#[test]
fn exec_passes_standard_input_through() {
    let lab = one_node();
    let input: Vec<u8> = (0..200_000u32).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let mut command = lab.netlab(&["exec", "red", "--", "cat"]);
    assert_eq!(run_with_input(&mut command, &input).success().into_bytes(), input);
}

#[test]
fn exec_exits_as_the_command_does() {
    let lab = one_node();
    for status in [0, 1, 2, 3, 7, 255] {
        let ran = lab.exec("red", &["sh", "-c", &format!("exit {status}")]);
        assert_eq!(ran.status, Some(status), "{ran}");
    }
    let killed = lab.exec("red", &["sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.signal, Some(Signal::SIGTERM as i32), "{killed}");
}

#[test]
fn a_command_that_is_not_found_exits_with_127_and_one_that_cannot_be_run_with_126() {
    let lab = one_node();
    let absent = lab.exec("red", &["no-such-command"]).fails(127);
    assert!(absent.contains("no-such-command"), "{absent}");
    let directory = Directory::new();
    let plain_file = directory.file("a-plain-file", "true\n");
    let forbidden = lab.exec("red", &[&plain_file]).fails(126);
    assert!(forbidden.contains(&plain_file), "{forbidden}");
    lab.exec("red", &["/etc"]).fails(126);
}

#[test]
fn exec_is_the_same_process_as_the_command_and_signals_reach_it() {
    let lab = one_node();
    let script = "trap 'echo got it; exit 9' TERM; echo $$; while :; do sleep 0.01; done";
    let mut command = lab.netlab(&["exec", "red", "--", "sh", "-c", script]);
    let mut child = start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut heard = BufReader::new(child.stdout.take().expect("its standard output"));
    let mut line = String::new();
    heard.read_line(&mut line).expect("a line");
    assert_eq!(line.trim(), child.id().to_string(), "netlab became the command");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM).expect("a signal");
    line.clear();
    heard.read_line(&mut line).expect("a line");
    assert_eq!(line, "got it\n");
    assert_eq!(finish(child, "the command", b"").status, Some(9));
}

#[test]
fn exec_needs_no_terminal_and_hands_one_on_where_there_is_one() {
    let lab = one_node();
    let without = run(tool("setsid")
        .env("NETLAB_STATE_DIR", lab.state())
        .arg("-w")
        .arg(netlab_program())
        .args(["exec", "red", "--", "tty"]));
    assert_eq!((without.status, without.stdout.trim()), (Some(1), "not a tty"));
    let typed = format!("{} exec red -- tty", netlab_program().display());
    let with = run(tool("script").env("NETLAB_STATE_DIR", lab.state()).args(["-qec", &typed, "/dev/null"])).success();
    assert!(with.starts_with("/dev/pts/"), "{with}");
}

#[test]
fn exec_runs_in_the_machine_and_in_the_users_directory() {
    let lab = one_node();
    let links = lab.ip("red", &["link"]);
    let names: Vec<&str> =
        links.as_array().expect("links").iter().map(|l| l["ifname"].as_str().expect("one")).collect();
    assert_eq!(names, ["lo", "eth0"]);
    let listed = lab.exec("red", &["ls", "/sys/class/net"]).success();
    assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), ["eth0", "lo"], "/sys shows the machine's links");
    let directory = std::env::temp_dir().canonicalize().expect("a directory");
    let mut command = lab.netlab(&["exec", "red", "--", "pwd"]);
    assert_eq!(run(command.current_dir(&directory)).success().trim(), directory.to_string_lossy());
}

#[test]
fn arguments_reach_the_command_as_they_are() {
    let lab = one_node();
    let words = ["printf", "%s|", "--lab", "-x", "--json", "two words", "$HOME", "*", ";", "ü", ""];
    assert_eq!(lab.exec("red", &words).success(), "--lab|-x|--json|two words|$HOME|*|;|ü||");
    // Without `--` too, as long as no option of netlab's is meant.
    let ran = lab.run(&["exec", "red", "printf", "%s", "-n"]);
    assert_eq!(ran.success(), "-n");
}

#[test]
fn a_machine_that_is_not_there_is_bad_usage_and_the_others_are_named() {
    let lab = one_node();
    for name in ["green", "../red", "", "/run/netns/red"] {
        let error = lab.exec(name, &["true"]).fails(2);
        assert!(error.contains("node-1, red, blue"), "{error}");
    }
}

#[test]
fn netlab_typed_inside_a_lab_means_that_lab() {
    let lab = one_node();
    let program = netlab_program();
    let program = program.to_string_lossy();
    let status = lab.exec("red", &[&program, "status", "--json"]).json();
    assert_eq!(status["lab"], lab.name.as_str());
    let inner = lab.exec("red", &[&program, "exec", "blue", "--", "ip", "-4", "-o", "addr", "show", "eth0"]).success();
    assert!(inner.contains("10.244.1.3/24"), "{inner}");
}

#[test]
fn in_the_shell_of_a_lab_the_names_are_plain() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let typed = "ip netns list | sort | head -n 3\n\
                 ip -n node-1 route show 10.244.2.0/24\n\
                 ip netns exec pod-a ping -n -q -c 1 -W 1 10.244.3.2 > /dev/null && echo arrived\n\
                 ip netns exec pod-a hostname > /dev/null && echo back\n\
                 exit 4\n";
    let ran = run_with_input(&mut lab.netlab(&["shell"]), typed.as_bytes());
    assert_eq!(ran.status, Some(4), "{ran}");
    let said: Vec<String> =
        ran.stdout.lines().map(|line| line.split(" (id").next().unwrap_or_default().into()).collect();
    let expected = ["node-1", "node-2", "node-3", "10.244.2.0/24 via 192.168.1.12 dev eth0 ", "arrived", "back"];
    assert_eq!(said, expected, "{ran}");
}

#[test]
fn the_shell_of_a_machine_is_inside_it_and_is_the_users_own() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let mut command = lab.netlab(&["shell", "node-2"]);
    let ran = run_with_input(command.env("SHELL", "/bin/sh"), b"ip route get 10.244.1.2\necho $0\n").success();
    assert!(ran.contains("via 192.168.1.11 dev eth0") && ran.ends_with("/bin/sh\n"), "{ran}");
    // The prompt says both: a lab may be called like one of its machines.
    for (words, place) in [(&["shell", "node-2"][..], "node-2"), (&["shell"], "fabric")] {
        let ran = run_with_input(&mut lab.netlab(words), b"echo \"$debian_chroot\"\n").success();
        assert_eq!(ran, format!("{}:{place}\n", lab.name));
    }
    let mut command = lab.netlab(&["shell"]);
    let ran = run_with_input(command.env("SHELL", "/no/such/shell"), b"").fails(127);
    assert!(ran.contains("/no/such/shell"), "{ran}");
}

#[test]
fn what_a_machine_mounts_and_names_stays_inside_the_lab() {
    let lab = one_node();
    lab.script("fabric", "ip netns add extra && ip -n extra link set lo up").success();
    assert!(lab.script("fabric", "ip netns list").success().contains("extra"), "it is there for the next command");
    let on_the_host = run(tool("ip").args(["netns", "list"])).success();
    assert!(!on_the_host.contains("extra"), "{on_the_host}");
    lab.script("fabric", "ip netns delete extra").success();
}
