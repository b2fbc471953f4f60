//! Machines that do not forward, or mind where a packet comes from; and packets that have passed too many.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0",
        "forwarding-off there underway node-1 cni0",
    )
    .says(&["forward"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.ip_forward=0",
        "forwarding-off there underway node-2 eth0",
    ),
    lost(
        "pod-a outside",
        "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0",
        "forwarding-off there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.forwarding=0",
        "forwarding-off there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.cni0.forwarding=0",
        "forwarding-off back underway node-2 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "forwarding-off back underway node-1 eth0",
    ),
    lost(
        "pod-a pod-c --tcp 80",
        "ip netns exec node-2 sysctl -qw net.ipv4.ip_forward=0",
        "forwarding-off there underway node-2 eth0",
    )
    .listens("tcp pod-c 80"),
    // The answer is for the node itself, until it is translated back.
    lost(
        "pod-a outside",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "forwarding-off back underway node-1 eth0",
    )
    .says(&["10.244.1.2 is not node-1's", "its destination 192.168.1.11 becomes 10.244.1.2"]),
    lost(
        "pod-a outside --tcp 80",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "forwarding-off back underway node-1 eth0",
    )
    .listens("tcp outside 80"),
    lost(
        "pod-a outside",
        "ip -n node-1 route add blackhole 10.244.1.2/32",
        "blackhole-route back underway node-1 eth0",
    ),
    sound("pod-a pod-b", "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0"),
    sound("pod-a node-1", "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0"),
    // Which way would the answer go?
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.eth0.rp_filter=1; \
         ip -n node-2 route replace 10.244.1.0/24 dev cni0",
        "rp-filter there underway node-2 eth0",
    )
    .undo("ip netns exec node-2 sysctl -qw net.ipv4.conf.eth0.rp_filter=0")
    .says(&["rp_filter"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.all.rp_filter=1; ip -n node-2 route delete 10.244.1.0/24",
        "rp-filter there underway node-2 eth0",
    )
    .undo("ip netns exec node-2 sysctl -qw net.ipv4.conf.all.rp_filter=0"),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.rp_filter=1; \
         ip netns exec node-1 nft 'add table ip m; add chain ip m c { type filter hook prerouting priority mangle; }; \
         add rule ip m c iifname cni0 meta mark set 8'; ip -n node-1 rule add fwmark 8 lookup 8; \
         ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12 table 8; ip -n node-1 route replace 10.244.2.0/24 dev cni0",
        "rp-filter back underway node-1 eth0",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.rp_filter=0"),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c sysctl -qw net.ipv4.conf.eth0.rp_filter=1; ip -n pod-c route replace default dev lo",
        "rp-filter there unanswered|underway pod-c eth0",
    )
    .undo("ip netns exec pod-c sysctl -qw net.ipv4.conf.eth0.rp_filter=0"),
    // Loosely: is there any way at all?
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.eth0.rp_filter=2; ip -n node-2 route delete 10.244.1.0/24",
        "rp-filter there underway node-2 eth0",
    )
    .undo("ip netns exec node-2 sysctl -qw net.ipv4.conf.eth0.rp_filter=0"),
    sound(
        "pod-a pod-c",
        "for m in node-1 node-2 node-3; do ip netns exec $m sysctl -qw net.ipv4.conf.all.rp_filter=2; done; \
         ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.13",
    )
    .undo("for m in node-1 node-2 node-3; do ip netns exec $m sysctl -qw net.ipv4.conf.all.rp_filter=0; done"),
    sound(
        "pod-a pod-c",
        "for m in node-1 node-2 node-3; do ip netns exec $m sysctl -qw net.ipv4.conf.all.rp_filter=1; done",
    )
    .undo("for m in node-1 node-2 node-3; do ip netns exec $m sysctl -qw net.ipv4.conf.all.rp_filter=0; done"),
    // A source that cannot be true.
    lost("pod-a pod-c", "ip -n node-2 addr add 10.244.1.2/32 dev lo", "martian-source there underway node-2 eth0")
        .says(&["10.244.1.2"]),
    lost("pod-a pod-c", "ip -n node-1 addr add 10.244.1.2/32 dev lo", "martian-source there underway node-1 cni0"),
    lost("pod-a pod-c", "ip -n pod-c addr add 10.244.1.2/32 dev lo", "martian-source there * pod-c eth0"),
    // Somebody else answers, and nobody minds.
    lost("pod-a pod-c", "ip -n node-1 addr add 10.244.2.2/32 dev lo", "duplicate-address there * node-1 cni0")
        .answered_by_another(),
    // Too many routers.
    lost("pod-a pod-c --ttl 1", "", "ttl-exceeded there underway node-1 cni0").without_fix(),
    lost("pod-a pod-c --ttl 2", "", "ttl-exceeded there underway node-2 eth0").without_fix(),
    sound("pod-a pod-c --ttl 3", ""),
    sound("pod-a pod-b --ttl 1", ""),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a sysctl -qw net.ipv4.ip_default_ttl=1",
        "ttl-exceeded there underway node-1 cni0",
    )
    .undo("ip netns exec pod-a sysctl -qw net.ipv4.ip_default_ttl=64")
    .without_fix(),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c sysctl -qw net.ipv4.ip_default_ttl=2",
        "ttl-exceeded back underway node-1 eth0",
    )
    .undo("ip netns exec pod-c sysctl -qw net.ipv4.ip_default_ttl=64")
    .without_fix(),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip age; add chain ip age c { type filter hook prerouting priority mangle; }; \
         add rule ip age c ip daddr 10.244.2.2 ip ttl set 2'",
        "ttl-exceeded there underway node-2 eth0",
    )
    .without_fix(),
];

/// Without IPv4.
pub const SIX: &[Fault] = &[
    lost(
        "pod-a pod-b",
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.all.forwarding=0",
        "forwarding-off there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-b",
        "ip netns exec node-2 sysctl -qw net.ipv6.conf.all.forwarding=0",
        "forwarding-off there underway node-2 eth0",
    ),
    lost("pod-a pod-b --ttl 1", "", "ttl-exceeded there underway node-1 cni0").without_fix(),
    lost("pod-a pod-b --ttl 2", "", "ttl-exceeded there underway node-2 eth0").without_fix(),
    lost(
        "pod-a pod-b",
        "ip netns exec pod-b sysctl -qw net.ipv6.conf.eth0.hop_limit=1",
        "ttl-exceeded back underway node-2 cni0",
    )
    .undo("ip netns exec pod-b sysctl -qw net.ipv6.conf.eth0.hop_limit=64")
    .without_fix(),
    lost(
        "pod-a pod-b",
        "ip netns exec node-2 nft 'add table ip6 rpf; add chain ip6 rpf c { type filter hook prerouting priority raw; }; \
         add rule ip6 rpf c fib saddr . iif oif missing drop'; ip -n node-2 -6 route delete fd00:10:244::/64",
        "firewall there underway node-2 eth0",
    )
    .then_another(),
];
