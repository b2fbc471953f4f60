//! Packets that arrive, and are not answered there.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    lost("pod-a pod-c --tcp 81", "", "no-listener * unanswered pod-c eth0").without_fix(),
    lost("pod-a pod-c --udp 54", "", "no-listener * unanswered pod-c eth0").without_fix(),
    lost("pod-a node-2 --tcp 81", "", "no-listener * unanswered node-2 eth0").without_fix(),
    lost("pod-a node-1 --tcp 81", "", "no-listener * unanswered node-1 cni0").without_fix(),
    lost("pod-a outside --tcp 81", "", "no-listener * unanswered outside eth0").without_fix(),
    lost("outside node-1 --udp 54", "", "no-listener * unanswered node-1 eth0").without_fix(),
    lost("pod-a pod-c --tcp 81", "", "no-listener * unanswered pod-c eth0").listens("tcp pod-c 80").without_fix(),
    lost("pod-a pod-c --tcp 80", "", "no-listener * unanswered pod-c eth0").listens("udp pod-c 80").without_fix(),
    // It is heard, and nobody says anything.
    // UDP owes no answer.
    sound("pod-a pod-c --udp 53", "").listens("mute pod-c 53").says(&["nothing came back"]),
    // Somebody listens elsewhere only.
    lost("pod-a pod-c --tcp 80", "", "no-listener * unanswered pod-c eth0").listens("local pod-c 80").without_fix(),
    sound("pod-a pod-c --tcp 80", "").listens("tcp pod-c 80"),
    sound("pod-a pod-c --udp 53", "").listens("udp pod-c 53"),
    sound("outside node-1 --tcp 80", "").listens("tcp node-1 80"),
    sound("pod-a outside --udp 53", "").listens("udp outside 53"),
    sound("pod-a pod-a --tcp 80", "").listens("tcp pod-a 80"),
    // Who does not answer pings.
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c sysctl -qw net.ipv4.icmp_echo_ignore_all=1",
        "no-listener|firewall|unknown * unanswered pod-c eth0",
    )
    .undo("ip netns exec pod-c sysctl -qw net.ipv4.icmp_echo_ignore_all=0")
    .says(&["icmp_echo_ignore_all"]),
    sound("pod-a pod-c --tcp 80", "ip netns exec pod-c sysctl -qw net.ipv4.icmp_echo_ignore_all=1")
        .listens("tcp pod-c 80")
        .undo("ip netns exec pod-c sysctl -qw net.ipv4.icmp_echo_ignore_all=0"),
];

/// On two stacks.
pub const DUAL: &[Fault] = &[
    lost("pod-a pod-c -6 --tcp 81", "", "no-listener * unanswered pod-c eth0").without_fix(),
    lost("pod-a pod-c -6 --udp 54", "", "no-listener * unanswered pod-c eth0").without_fix(),
    sound("pod-a pod-c -6 --tcp 80", "").listens("tcp pod-c 80"),
    sound("pod-a pod-c -6 --udp 53", "").listens("udp pod-c 53"),
    lost(
        "pod-a pod-c -6",
        "ip netns exec pod-c sysctl -qw net.ipv6.icmp.echo_ignore_all=1",
        "no-listener|firewall|unknown * unanswered pod-c eth0",
    )
    .undo("ip netns exec pod-c sysctl -qw net.ipv6.icmp.echo_ignore_all=0"),
    // IPv4 only.
    lost("pod-a pod-c -6 --tcp 80", "", "no-listener * unanswered pod-c eth0").listens("local pod-c 80").without_fix(),
];
