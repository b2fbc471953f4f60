//! A trace leaves nothing behind, also one that is killed, and disturbs nobody.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::Bench;
use crate::common::program::{finish, start};
use crate::common::{Lab, until};

/// What a trace could leave in a machine: rules, packet sockets, raw and other sockets, queues and modes of links, programs
/// on them, questions for neighbours that nobody waits for.
const LOOK: &str = r#"
look='
    echo "@ $0"
    nft list ruleset
    tail -n +2 /proc/net/packet
    ss -aHn -A raw,tcp,udp
    ip -d -o link | sed "s/ state [A-Z]* / /; s/[a-z_]*_timer *[0-9.]*//g"
    tc qdisc; tc filter show 2>/dev/null
    ip -o addr; ip rule; ip route; ip -6 route
    ip neigh show nud incomplete
'
sh -c "$look" fabric
for m in $(ip netns list | cut -d " " -f 1 | sort); do ip netns exec "$m" sh -c "$look" "$m"; done
"#;

fn look(lab: &Lab) -> Vec<String> {
    let told = lab.script("fabric", LOOK).success();
    // Times that tick.
    let timeless = |line: &str| line.split(" expires ").next().map(str::to_owned);
    told.lines().filter_map(timeless).collect()
}

/// The same as before, at once or as soon as the kernel has closed what a killed process held.
#[track_caller]
fn assert_nothing_left(bench: &Bench, before: &[String], what: &str) {
    let mut now = Vec::new();
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        now = look(&bench.lab);
        if now == before {
            let others: Vec<i32> = bench.lab.processes().into_iter().filter(|pid| *pid != bench.lab.pause()).collect();
            // The open shell.
            let others = others.into_iter().filter(|pid| {
                std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.contains("trace"))
            });
            assert_eq!(others.collect::<Vec<_>>(), [0; 0], "{what}: a process is left");
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let new: Vec<&String> = now.iter().filter(|line| !before.contains(line)).collect();
    let gone: Vec<&String> = before.iter().filter(|line| !now.contains(line)).collect();
    panic!("{what}: left behind: {new:#?}\ngone: {gone:#?}");
}

fn begin(lab: &Lab, words: &[&str]) -> Child {
    start(lab.netlab(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

#[track_caller]
fn end(mut child: Child) {
    // Its own child, not yet waited for.
    let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    let _ = child.wait();
}

#[test]
fn nothing_is_left_behind() {
    let mut bench = Bench::new(crate::THREE);
    let before = look(&bench.lab);
    for arguments in ["pod-a pod-c", "pod-a outside --count 3", "pod-a pod-c --udp 9 --size 3000"] {
        let _ = bench.trace(arguments);
        assert_nothing_left(&bench, &before, arguments);
    }
    assert!(bench.lab.run(&["diff"]).status == Some(0));
    // Lost, while it waits for long: its sockets and rules are seen, and then it is killed.
    bench.type_in("ip netns exec pod-c nft 'add table ip f; add chain ip f c { type filter hook input priority 0; policy drop; }'");
    let before = look(&bench.lab);
    let _ = bench.trace("pod-a pod-c");
    assert_nothing_left(&bench, &before, "lost");
    let child = begin(&bench.lab, &["trace", "pod-a", "pod-c", "--timeout", "60"]);
    let in_force = |machine: &str, script: &str, part: &str| {
        until(&format!("{part} in {machine}"), || {
            bench.lab.script(machine, script).stdout.contains(part).then_some(())
        });
    };
    for machine in ["pod-a", "node-1", "node-2", "pod-c", "fabric"] {
        in_force(machine, "tail -n +2 /proc/net/packet | sed s/^/packet:/", "packet:");
        in_force(machine, "nft list tables", "netlab-trace");
    }
    end(child);
    assert_nothing_left(&bench, &before, "killed while it waits");
    // At any moment.
    for milliseconds in [0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 35, 40, 50, 60, 80, 100, 150] {
        let child = begin(&bench.lab, &["trace", "pod-a", "pod-c"]);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(milliseconds) {
            std::hint::spin_loop();
        }
        end(child);
    }
    assert_nothing_left(&bench, &before, "killed at any moment");
    // Asked to stop, as by Ctrl-C.
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let child = begin(&bench.lab, &["trace", "pod-a", "pod-c", "--timeout", "60"]);
        in_force("pod-c", "nft list tables", "netlab-trace");
        kill(Pid::from_raw(child.id() as i32), signal).expect("its own child");
        let ran = finish(child, "trace", b"");
        assert!(ran.status != Some(0), "{ran}");
        assert_nothing_left(&bench, &before, "asked to stop");
    }
    bench.repair();
}

/// Pings and a transfer that go on meanwhile lose nothing.
#[test]
fn nobody_is_disturbed() {
    let bench = Bench::new(crate::THREE);
    bench.lab.exec("pod-b", &["ping", "-qc1", "10.244.2.3"]).success();
    bench.lab.exec("pod-a", &["ping", "-qc1", "192.168.1.100"]).success();
    let flood = |machine: &str, to: &str| {
        let words = ["exec", machine, "--", "ping", "-q", "-i", "0.002", "-c", "1000", "-W", "2", to];
        start(bench.lab.netlab(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))
    };
    let receiver = "use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1); \
                    bind($s, pack_sockaddr_in(99, INADDR_ANY)) && listen($s, 1) or die; $| = 1; print \"ready\\n\"; accept(my $c, $s); \
                    my $n = 0; while (my $r = sysread($c, my $b, 65536)) { $n += $r } print \"$n bytes\\n\"";
    let mut takes = start(
        bench.lab.netlab(&["exec", "pod-d", "--", "perl", "-e", receiver]).stdin(Stdio::null()).stdout(Stdio::piped()),
    );
    let mut ready = [0; 6];
    std::io::Read::read_exact(takes.stdout.as_mut().expect("its output"), &mut ready).expect("it listens");
    let sends = start(
        bench
            .lab
            .netlab(&["exec", "pod-b", "--", "sh", "-c", "head -c 300000000 /dev/zero | nc -N 10.244.2.3 99"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped()),
    );
    let pings = [flood("pod-b", "10.244.2.3"), flood("pod-a", "192.168.1.100"), flood("pod-a", "10.244.2.2")];
    let mut traces = 0;
    let mut running = pings.into_iter().collect::<Vec<_>>();
    while traces < 6 {
        bench.delivered(["pod-a pod-c", "pod-b pod-d", "pod-a outside"][traces % 3], "among others' packets");
        traces += 1;
    }
    for child in running.drain(..) {
        let ran = finish(child, "ping", b"");
        assert!(ran.stdout.contains(" 1000 received"), "{ran}");
    }
    finish(sends, "nc", b"").success();
    let told = finish(takes, "perl", b"").success();
    assert!(told.contains("300000000 bytes"), "{told}");
}
