//! Under load, and in a large lab.

use std::io::Read;
use std::process::Stdio;
use std::time::Instant;

use crate::bench::Bench;
use crate::common::program::{finish, start};
use crate::common::until;

/// Sends datagrams, fifty each millisecond, and says how many in how long.
const SENDER: &str = r#"
    use Socket; use Time::HiRes qw(time usleep);
    my ($to, $total) = @ARGV;
    socket(my $s, AF_INET, SOCK_DGRAM, 0);
    connect($s, pack_sockaddr_in(9, inet_aton($to))) or die;
    $| = 1; print "ready\n";
    my ($begun, $sent) = (time, 0);
    while ($sent < $total) {
        my $due = (time - $begun) * 50000;
        while ($sent < $due && $sent < $total) { send($s, "x" x 64, 0); $sent++ }
        usleep(500);
    }
    printf "%d\n", $sent / (time - $begun);
"#;

/// 50,000 packets a second of somebody else.
#[test]
fn under_load() {
    let mut bench = Bench::new(crate::THREE);
    let _takes = crate::plain::Listener::start(&bench.lab, "mute pod-d 9");
    bench.lab.exec("pod-b", &["ping", "-qc1", "10.244.2.3"]).success();
    for lost in [false, true] {
        if lost {
            bench
                .type_in("ip -n node-2 route delete 10.244.1.0/24; ip -n node-2 route add 10.244.1.3 via 192.168.1.11");
        }
        let words = ["exec", "pod-b", "--", "perl", "-e", SENDER, "10.244.2.3", "150000"];
        let mut sender =
            start(bench.lab.netlab(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut ready = [0; 6];
        sender.stdout.as_mut().expect("its output").read_exact(&mut ready).expect("it sends");
        let begun = Instant::now();
        let mut rounds = 0;
        while sender.try_wait().expect("the sender").is_none() {
            if lost {
                let (ran, document) = bench.trace("pod-a pod-c");
                let lost = &document["lost"];
                assert_eq!(ran.status, Some(1), "{ran}");
                assert_eq!(
                    (&lost["cause"], &lost["machine"], &lost["after"]),
                    (&"no-return-route".into(), &"node-2".into(), &"cni0".into())
                );
                assert_eq!(document["hops"].as_array().map(Vec::len), Some(13), "{document:#}");
            } else {
                let document = bench.delivered("pod-a pod-c", "under load");
                assert_eq!(document["hops"].as_array().map(Vec::len), Some(20), "{document:#}");
            }
            rounds += 1;
        }
        let rate = finish(sender, "perl", b"").success();
        println!("{rounds} traces in {} ms, beside {} packets/s", begun.elapsed().as_millis(), rate.trim());
        assert!(rounds >= 2, "while packets were sent, so many traces ended: {rounds}");
    }
    bench.repair();
}

/// A thousand pods: it listens only where the packet can come by.
#[test]
fn in_a_large_lab() {
    let mut bench = Bench::large();
    let document = bench.delivered("n1-p1 n20-p50", "in a large lab");
    assert_eq!(document["hops"].as_array().map(Vec::len), Some(20), "{document:#}");
    bench.delivered("n7-p3 n7-p50", "on one node");
    for (typed, expected) in [
        ("ip -n n1 route delete 10.244.19.0/24", ("no-route", "n1", "there")),
        ("ip -n n20-p50 route delete default", ("no-return-route", "n20-p50", "*")),
        ("ip -n n20 route delete 10.244.0.0/24", ("no-return-route", "n20", "back")),
        ("ip -n n20 link set veth-n20-p50 nomaster", ("not-in-bridge", "n20", "there")),
    ] {
        bench.type_in(typed);
        let (ran, document) = bench.trace("n1-p1 n20-p50");
        let lost = &document["lost"];
        assert_eq!(ran.status, Some(1), "{typed}: {ran}");
        assert_eq!((&lost["cause"], &lost["machine"]), (&expected.0.into(), &expected.1.into()), "{typed}: {lost:#}");
        assert!(expected.2 == "*" || lost["leg"] == expected.2, "{typed}: {lost:#}");
        let fix = lost["fixPlain"].as_str().expect("a fix").to_owned();
        bench.type_in(&fix);
        bench.delivered("n1-p1 n20-p50", &format!("after {fix}"));
    }
    // Who is listened at, while it waits.
    bench.type_in("ip netns exec n20-p50 nft 'add table ip f; add chain ip f c { type filter hook input priority 0; policy drop; }'");
    let words = ["trace", "n1-p1", "n20-p50", "--timeout", "60"];
    let mut child = start(bench.lab.netlab(&words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    let listens = |machine: &str| bench.lab.script(machine, "tail -n +2 /proc/net/packet").success().lines().count();
    until("it listens on the way", || {
        ["n1-p1", "n1", "fabric", "n20", "n20-p50"].iter().all(|m| listens(m) > 0).then_some(())
    });
    for elsewhere in ["n2-p1", "n10-p7", "n19-p50"] {
        assert_eq!(listens(elsewhere), 0, "a packet socket in {elsewhere}");
    }
    let held = std::fs::read_dir(format!("/proc/{}/fd", child.id())).expect("its files").flatten();
    let sockets = held.filter(|file| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    });
    // Of more than a thousand namespaces: those of two nodes, of two pods and the fabric, and perhaps the nodes' other pods.
    let sockets = sockets.count();
    println!("{sockets} sockets");
    assert!(sockets < 250, "{sockets} sockets");
    // Its own child, not yet waited for.
    let _ = child.kill();
    let _ = child.wait();
}
