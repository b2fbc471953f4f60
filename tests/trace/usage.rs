//! What it prints, and what it does not accept.

use std::process::Command;

use crate::bench::Bench;
use crate::common::program::tool;
use crate::common::{Directory, run};
use crate::plain::Listener;

#[test]
fn what_is_not_accepted() {
    let bench = Bench::new(crate::DUAL);
    for (arguments, said) in [
        ("", "SRC"),
        ("pod-a", "DST"),
        ("pod-x pod-a", "pod-x"),
        ("pod-a pod-x", "pod-x"),
        ("pod-a 10.244.1", "10.244.1"),
        ("pod-a 10.244.1.256", "10.244.1.256"),
        ("pod-a 10.244.1.2/24", "10.244.1.2/24"),
        ("pod-a fd00::zz", "fd00::zz"),
        ("pod-a pod-c --tcp 0", "--tcp"),
        ("pod-a pod-c --tcp 65536", "--tcp"),
        ("pod-a pod-c --tcp http", "--tcp"),
        ("pod-a pod-c --udp 0", "--udp"),
        ("pod-a pod-c --tcp 80 --udp 53", "--udp"),
        ("pod-a pod-c --tcp 80 --size 100", "--size"),
        ("pod-a pod-c --tcp 80 --df", "--df"),
        ("pod-a pod-c --size 100000", "--size"),
        ("pod-a pod-c --size -1", "-1"),
        ("pod-a pod-c --ttl 0", "--ttl"),
        ("pod-a pod-c --ttl 256", "--ttl"),
        ("pod-a pod-c --count 0", "--count"),
        ("pod-a pod-c --timeout 0", "--timeout"),
        ("pod-a pod-c --timeout -3", "-3"),
        ("pod-a pod-c --timeout soon", "--timeout"),
        ("pod-a pod-c --format png", "png"),
        ("pod-a pod-c -4 -6", "-6"),
        ("pod-a 10.244.1.2 -6", "10.244.1.2"),
        ("pod-a fd00:10:244:1::2 -4", "fd00:10:244:1::2"),
    ] {
        let mut words = vec!["trace"];
        words.extend(arguments.split(' ').filter(|word| !word.is_empty()));
        let ran = bench.lab.run(&words);
        assert!(ran.stdout.is_empty(), "{ran}");
        let message = ran.fails(2);
        assert!(message.contains(said), "{arguments}: {message}");
    }
    let error = bench.lab.run(&["trace", "pod-a", "pod-c", "--pcap", "/nowhere/x.pcapng"]).fails(3);
    assert!(error.contains("/nowhere"), "{error}");
    assert!(bench.lab.run(&["diff"]).status == Some(0));
}

#[test]
fn without_a_lab() {
    let directory = Directory::new();
    let state = directory.path().join("state");
    let error = run(crate::common::lab::netlab(&state).args(["trace", "pod-a", "pod-c"]));
    assert!(matches!(error.status, Some(2 | 3)) && !error.stderr.contains("panicked"), "{error}");
}

#[test]
fn what_it_prints() {
    let mut bench = Bench::new(crate::THREE);
    let _tcp = Listener::start(&bench.lab, "tcp pod-c 80");
    let directory = Directory::new();
    let narrow = |text: &str| {
        // What is to be pasted is not broken.
        let long = text
            .lines()
            .filter(|line| line.chars().count() > 80)
            .find(|line| !line.contains("netlab ") && !line.contains(" -n "));
        assert_eq!(long, None, "80 columns: {text}");
        assert!(!text.contains('\u{1b}'), "no colours without a terminal");
    };
    let file = directory.path().join("journey.pcapng").to_string_lossy().into_owned();
    let tree = bench.lab.run(&["trace", "pod-a", "pod-c", "--pcap", &file]).success();
    narrow(&tree);
    for machine in ["pod-a", "node-1", "fabric", "node-2", "pod-c", "delivered", "observed", "explained"] {
        assert!(tree.contains(machine), "{tree}");
    }
    // tcpdump reads it back: each interface of the way, and the probe at each of them.
    let mut command: Command = tool("tcpdump");
    let read = run(command.args(["-nn", "-e", "-r", &file])).success();
    assert!(read.lines().filter(|line| line.contains("echo request")).count() >= 10, "{read}");
    assert!(read.lines().filter(|line| line.contains("echo reply")).count() >= 10, "{read}");
    let bytes = std::fs::read(&file).expect("the file");
    assert_eq!(bytes.get(..4), Some(&[0x0a, 0x0d, 0x0d, 0x0a][..]), "pcapng");
    for name in ["pod-a", "node-1", "veth-pod-a", "node-2-eth0", "pod-c"] {
        assert!(bytes.windows(name.len()).any(|part| part == name.as_bytes()), "an interface block names {name}");
    }
    for arguments in ["pod-a pod-c", "pod-a outside", "pod-a pod-c --tcp 80", "pod-a pod-c --tcp 81"] {
        let mut words = vec!["trace", "--format", "mermaid"];
        words.extend(arguments.split(' '));
        let ran = bench.lab.run(&words);
        assert!(ran.stdout.starts_with("sequenceDiagram\n"), "{ran}");
        assert!(ran.stdout.contains("pod-a") && ran.stdout.contains("node-1"), "{ran}");
    }
    // Several probes.
    let document = bench.delivered("pod-a pod-c --count 5", "five");
    assert_eq!((&document["sent"], &document["answered"]), (&5.into(), &5.into()), "{document:#}");
    // Lost: place, cause, evidence, fix.
    bench.type_in("ip -n node-1 route delete 10.244.2.0/24");
    let ran = bench.lab.run(&["trace", "pod-a", "pod-c"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    narrow(&ran.stdout);
    for part in [
        "node-1",
        "cni0",
        "no-route",
        "ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12",
        "IP_INNOROUTES|Network is unreachable",
    ] {
        assert!(part.split('|').any(|part| ran.stdout.contains(part)), "{part}: {}", ran.stdout);
    }
    let ran = bench.lab.run(&["trace", "pod-a", "pod-c", "--format", "mermaid"]);
    assert!(ran.status == Some(1) && ran.stdout.contains("no-route"), "{ran}");
    // Some of several: it is lost.
    bench.repair();
    bench.type_in(
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c icmp type echo-request numgen inc mod 4 3 drop'",
    );
    let (ran, document) = bench.trace("pod-a pod-c --count 8");
    assert_eq!((ran.status, &document["sent"], &document["answered"]), (Some(1), &8.into(), &6.into()), "{document:#}");
    bench.repair();
}
