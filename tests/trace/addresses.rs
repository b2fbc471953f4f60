//! Addresses: missing, too wide, too narrow, and those that two machines have.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // Missing; its routes have gone with it.
    lost(
        "pod-a pod-c",
        "ip -n node-1 addr delete 10.244.1.1/24 dev cni0",
        "no-address there underway node-1 cni0 or no-return-route|no-address back underway node-1 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 addr delete 192.168.1.12/24 dev eth0",
        "no-address there underway node-2 eth0 or no-return-route|no-address back underway node-2 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 addr delete 192.168.1.11/24 dev eth0",
        "no-address|no-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 addr delete 10.244.2.1/24 dev cni0",
        "no-address|no-route there underway node-2 eth0",
    ),
    lost("pod-a pod-c", "ip -n pod-c addr delete 10.244.2.2/24 dev eth0", "no-address there underway pod-c eth0"),
    lost("pod-a pod-c", "ip -n pod-a addr delete 10.244.1.2/24 dev eth0", "no-address there neverSent pod-a"),
    lost("pod-a pod-b", "ip -n pod-b addr delete 10.244.1.3/24 dev eth0", "no-address there underway pod-b eth0"),
    lost(
        "pod-a outside",
        "ip -n outside addr delete 192.168.1.100/24 dev eth0",
        "no-address there underway outside eth0",
    ),
    lost(
        "pod-a 10.244.2.2 --tcp 80",
        "ip -n pod-c addr delete 10.244.2.2/24 dev eth0; ip -n pod-c addr add 10.244.2.22/24 dev eth0; \
         ip -n pod-c route add default via 10.244.2.1",
        "no-address there underway pod-c eth0",
    )
    .listens("tcp pod-c 80"),
    // Nobody has ever had it.
    lost("pod-a 10.244.2.99", "", "neighbour-unanswered|no-address there underway node-2 eth0|cni0").without_fix(),
    lost("pod-a 10.244.1.99", "", "neighbour-unanswered|no-address there * *").without_fix(),
    lost("pod-a 203.0.113.9", "", "no-route there underway node-1 cni0").without_fix(),
    lost("outside 203.0.113.9", "", "no-route there neverSent outside").without_fix(),
    lost("pod-a 192.168.1.77", "", "neighbour-unanswered|no-address there underway node-1").without_fix(),
    // Too wide: pod-c is believed to be on the same wire.
    lost(
        "pod-a pod-c",
        "ip -n pod-a addr add 10.244.1.2/16 dev eth0; ip -n pod-a addr delete 10.244.1.2/24 dev eth0",
        "neighbour-unanswered|no-address|wrong-gateway there * pod-a|node-1|pod-b",
    ),
    lost(
        "pod-c pod-a",
        "ip -n pod-a addr add 10.244.1.2/16 dev eth0; ip -n pod-a addr delete 10.244.1.2/24 dev eth0",
        "neighbour-unanswered|no-address|wrong-gateway|no-return-route back * pod-a|node-1|pod-b",
    ),
    // Too narrow: the gateway is believed to be elsewhere.
    lost(
        "pod-a pod-c",
        "ip -n pod-a addr delete 10.244.1.2/24 dev eth0; ip -n pod-a addr add 10.244.1.2/32 dev eth0",
        "no-route|no-address there neverSent pod-a",
    ),
    lost(
        "pod-a pod-b",
        "ip -n pod-b addr delete 10.244.1.3/24 dev eth0; ip -n pod-b addr add 10.244.1.3/32 dev eth0",
        "no-return-route|no-address * unanswered pod-b eth0",
    ),
    sound("pod-a pod-c", "ip -n pod-a addr add 10.244.1.2/30 dev eth0; ip -n pod-a addr delete 10.244.1.2/24 dev eth0"),
    // Two have it. Who was plugged in last is asked first, and the first answer is believed.
    lost(
        "pod-c pod-a --tcp 80",
        "ip -n pod-b addr add 10.244.1.2/24 dev eth0; \
         ip -n node-1 link set veth-pod-b nomaster; ip -n node-1 link set veth-pod-b master cni0",
        "duplicate-address there * pod-b eth0",
    )
    .listens("tcp pod-a 80"),
    // The node knows who asked for its address a moment ago, and need not ask.
    sound(
        "pod-a pod-c",
        "ip -n pod-b addr add 10.244.1.2/24 dev eth0; \
         ip -n node-1 link set veth-pod-b nomaster; ip -n node-1 link set veth-pod-b master cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n outside addr add 192.168.1.12/24 dev eth0; \
         ip link set outside-eth0 nomaster; ip link set outside-eth0 master underlay",
        "duplicate-address there underway outside eth0",
    ),
    lost(
        "pod-a pod-c --tcp 80",
        "ip -n pod-d addr add 10.244.2.2/24 dev eth0; \
         ip -n node-2 link set veth-pod-d nomaster; ip -n node-2 link set veth-pod-d master cni0",
        "duplicate-address there * pod-d eth0",
    )
    .listens("tcp pod-c 80"),
    // Here the other one answers for it, and a ping is content.
    lost(
        "pod-a pod-c",
        "ip -n pod-d addr add 10.244.2.2/24 dev eth0; \
         ip -n node-2 link set veth-pod-d nomaster; ip -n node-2 link set veth-pod-d master cni0",
        "duplicate-address there * pod-d eth0",
    )
    .answered_by_another(),
    // The bridge itself is always faster than its ports.
    sound("pod-a pod-c", "ip -n pod-b addr add 10.244.1.1/24 dev eth0"),
    sound("pod-a pod-c", "ip -n pod-e addr add 10.244.1.2/32 dev lo"),
    sound("pod-a pod-c", "ip -n pod-c addr add 10.244.2.9/24 dev eth0"),
];

/// On two stacks. A pod without a global address of IPv6 sends from its link-local one, which no router forwards.
pub const DUAL: &[Fault] = &[
    lost(
        "pod-a pod-c -6",
        "ip -n node-1 addr delete fd00:10:244::1/64 dev cni0",
        "no-address there underway node-1 cni0 or no-return-route|no-address back underway node-1 eth0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip -n pod-c addr delete fd00:10:244:1::2/64 dev eth0",
        "no-address there underway pod-c eth0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip -n pod-a addr delete fd00:10:244::2/64 dev eth0",
        "no-address there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip -n node-2 addr delete fd00:192:168:1::12/64 dev eth0",
        "no-address there underway node-2 eth0",
    ),
    sound("pod-a pod-c -4", "ip -n pod-c addr delete fd00:10:244:1::2/64 dev eth0"),
];

/// Without IPv4.
pub const SIX: &[Fault] = &[
    lost(
        "pod-a pod-b",
        "ip -n node-1 addr delete fd00:10:244::1/64 dev cni0",
        "no-address there underway node-1 cni0 or no-return-route|no-address back underway node-1 eth0",
    ),
    lost("pod-a pod-b", "ip -n pod-b addr delete fd00:10:244:1::2/64 dev eth0", "no-address there underway pod-b eth0"),
    lost("pod-a pod-b", "ip -n pod-a addr delete fd00:10:244::2/64 dev eth0", "no-address there underway node-1 cni0"),
    lost("pod-a fd00:10:244:1::99", "", "neighbour-unanswered|no-address there underway node-2 eth0|cni0")
        .without_fix(),
    // Tried, and found to be somebody else's.
    lost(
        "pod-a pod-b",
        "ip -n pod-b addr delete fd00:10:244:1::2/64 dev eth0; ip -n node-2 addr add fd00:10:244:1::2/128 dev cni0 nodad; \
         ip netns exec pod-b sysctl -qw net.ipv6.conf.eth0.accept_dad=1; ip -n pod-b addr add fd00:10:244:1::2/64 dev eth0; \
         until ip -n pod-b addr show dev eth0 | grep -q dadfailed; do sleep 0.05; done; \
         ip -n node-2 addr delete fd00:10:244:1::2/128 dev cni0",
        "no-address|duplicate-address there underway pod-b eth0",
    ),
    // IPv6 switched off.
    lost(
        "pod-a pod-b",
        "ip netns exec pod-b sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
        "no-address there underway node-2|pod-b cni0|veth-pod-b|eth0",
    )
    .undo("ip netns exec pod-b sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0"),
    lost(
        "pod-a pod-b",
        "ip netns exec node-1 sysctl -qw net.ipv6.conf.cni0.disable_ipv6=1",
        "no-address there underway node-1 cni0|veth-pod-a",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv6.conf.cni0.disable_ipv6=0"),
    lost(
        "pod-a pod-b",
        "ip netns exec pod-a sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
        "no-address|no-route there neverSent pod-a",
    )
    .undo("ip netns exec pod-a sysctl -qw net.ipv6.conf.all.disable_ipv6=0"),
];
