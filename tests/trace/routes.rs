//! Routes: missing, wrong, and those that throw away.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // There is none.
    lost("pod-a pod-c", "ip -n node-1 route delete 10.244.2.0/24", "no-route there underway node-1 cni0"),
    lost("pod-a pod-c", "ip -n pod-a route delete default", "no-route there neverSent pod-a"),
    lost("pod-a outside", "ip -n node-1 route delete 192.168.1.0/24", "no-route there underway node-1 cni0"),
    lost("node-1 pod-c", "ip -n node-1 route delete 10.244.2.0/24", "no-route there neverSent node-1"),
    lost("pod-a pod-c", "ip -n node-2 route delete 10.244.2.0/24", "no-route there underway node-2 eth0"),
    lost("outside pod-c", "", "no-route there neverSent outside").without_fix(),
    lost("pod-a pod-c --tcp 80", "ip -n node-1 route delete 10.244.2.0/24", "no-route there underway node-1 cni0")
        .listens("tcp pod-c 80"),
    // There is none for the answer.
    lost("pod-a pod-c", "ip -n node-2 route delete 10.244.1.0/24", "no-return-route back underway node-2 cni0"),
    lost("pod-a pod-c", "ip -n pod-c route delete default", "no-return-route * unanswered pod-c eth0"),
    lost("pod-a node-2", "ip -n node-2 route delete 10.244.1.0/24", "no-return-route * unanswered node-2 eth0")
        .before("ip netns exec node-1 nft flush chain ip netlab postrouting"),
    lost("pod-a pod-c", "ip -n node-1 route delete 10.244.1.0/24", "no-return-route back underway node-1 eth0"),
    lost(
        "pod-a pod-c --udp 53 --timeout 1",
        "ip -n node-2 route delete 10.244.1.0/24",
        "no-return-route back underway node-2 cni0",
    )
    .listens("udp pod-c 53"),
    lost("pod-a pod-c --tcp 80", "ip -n pod-c route delete default", "no-return-route * unanswered pod-c eth0")
        .listens("tcp pod-c 80"),
    // There is another one, which leads elsewhere.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route delete 10.244.2.0/24; ip -n node-1 route add default via 192.168.1.100",
        "no-route there underway outside eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 route delete 10.244.2.0/24; ip -n node-1 route add default via 192.168.1.13; \
         ip -n node-3 route delete 10.244.2.0/24",
        "no-route there underway node-3 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 route delete 10.244.1.0/24; ip -n node-2 route add default via 192.168.1.100",
        "no-return-route back underway outside eth0",
    ),
    // By way of a machine that nobody is.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.77",
        "wrong-gateway there underway node-1",
    ),
    lost("pod-a pod-c", "ip -n pod-a route replace default via 10.244.1.99", "wrong-gateway there * pod-a"),
    lost(
        "pod-a pod-c",
        "ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.77",
        "wrong-gateway back underway node-2",
    ),
    lost("pod-a pod-c", "ip -n pod-c route replace default via 10.244.2.99", "wrong-gateway * * pod-c"),
    lost(
        "pod-a pod-c --tcp 80",
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.77",
        "wrong-gateway there underway node-1",
    )
    .listens("tcp pod-c 80"),
    // By way of a machine that does not lead on.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.100",
        "wrong-gateway there underway outside eth0",
    ),
    lost("pod-a pod-c", "ip -n pod-a route replace default via 10.244.1.3", "wrong-gateway there underway pod-b eth0"),
    lost(
        "pod-a pod-c",
        "ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.100",
        "wrong-gateway back underway outside eth0",
    ),
    lost("pod-a pod-c", "ip -n pod-c route replace default via 10.244.2.3", "wrong-gateway back underway pod-d eth0"),
    lost("pod-a pod-c", "ip -n node-1 route add 10.244.2.2 via 192.168.1.77", "wrong-gateway there underway node-1"),
    // It leads in a circle.
    lost(
        "pod-a pod-c",
        "ip -n node-2 route add 10.244.2.2 via 192.168.1.11",
        "ttl-exceeded|wrong-gateway there underway *",
    ),
    // Not by way of anybody, where nobody is.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace 10.244.2.0/24 dev eth0",
        "wrong-gateway|neighbour-unanswered there underway node-1",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace 10.244.2.0/24 dev cni0",
        "wrong-gateway|neighbour-unanswered there underway *",
    ),
    // Thrown away.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace blackhole 10.244.2.0/24",
        "blackhole-route there underway node-1 cni0",
    )
    .says(&["blackhole"]),
    lost("pod-a pod-c", "ip -n node-1 route add blackhole 10.244.2.2", "blackhole-route there underway node-1 cni0"),
    lost("pod-a pod-c", "ip -n node-1 route add unreachable 10.244.2.2", "blackhole-route there underway node-1 cni0")
        .says(&["unreachable"]),
    lost("pod-a pod-c", "ip -n node-1 route add prohibit 10.244.2.2", "blackhole-route there underway node-1 cni0")
        .says(&["prohibit"]),
    lost("pod-a pod-c", "ip -n pod-a route add blackhole 10.244.2.0/24", "blackhole-route there neverSent pod-a"),
    lost("pod-a pod-c", "ip -n pod-a route add prohibit 10.244.2.0/24", "blackhole-route there neverSent pod-a"),
    lost("pod-a pod-c", "ip -n node-2 route add blackhole 10.244.2.2", "blackhole-route there underway node-2 eth0"),
    lost("pod-a pod-c", "ip -n node-2 route add blackhole 10.244.1.2", "blackhole-route back underway node-2 cni0"),
    lost("pod-a pod-c", "ip -n node-2 route add unreachable 10.244.1.2", "blackhole-route back underway node-2 cni0"),
    lost("pod-a pod-c", "ip -n pod-c route add blackhole 10.244.1.0/24", "blackhole-route * unanswered pod-c eth0"),
    lost("pod-a pod-c", "ip -n node-1 route add blackhole 10.244.1.2", "blackhole-route back underway node-1 eth0"),
    lost(
        "pod-a outside",
        "ip -n outside route add blackhole 192.168.1.11",
        "blackhole-route * unanswered outside eth0",
    ),
    // Another way that leads there, too.
    sound("pod-a pod-c", "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.13"),
    sound("pod-a pod-c", "ip -n node-2 route delete 10.244.1.0/24; ip -n node-2 route add default via 192.168.1.13"),
    sound("pod-a pod-c", "ip -n node-1 route add 10.244.2.2 via 192.168.1.12 onlink dev eth0"),
    sound(
        "pod-a pod-c",
        "ip -n node-1 route add blackhole 10.244.2.0/25 metric 9; ip -n node-1 route add 10.244.2.0/28 via 192.168.1.12",
    ),
    sound("pod-a pod-b", "ip -n pod-a route delete default"),
];

/// On two stacks.
pub const DUAL: &[Fault] = &[
    lost("pod-a pod-c -6", "ip -n node-1 -6 route delete fd00:10:244:1::/64", "no-route there underway node-1 cni0"),
    lost("pod-a pod-c -6", "ip -n pod-a -6 route delete default", "no-route there neverSent pod-a"),
    lost(
        "pod-a pod-c -6",
        "ip -n node-2 -6 route delete fd00:10:244::/64",
        "no-return-route back underway node-2 cni0",
    ),
    lost("pod-a pod-c -6", "ip -n pod-c -6 route delete default", "no-return-route * unanswered pod-c eth0"),
    lost(
        "pod-a pod-c -6",
        "ip -n node-1 -6 route replace fd00:10:244:1::/64 via fd00:192:168:1::77",
        "wrong-gateway there underway node-1",
    ),
    lost(
        "pod-a pod-c -6",
        "ip -n node-1 -6 route replace fd00:10:244:1::/64 via fd00:192:168:1::100",
        "wrong-gateway there underway outside eth0",
    ),
    lost(
        "pod-a pod-c -6",
        "ip -n node-1 -6 route delete fd00:10:244:1::/64; ip -n node-1 -6 route add default via fd00:192:168:1::100",
        "no-route there underway outside eth0",
    ),
    lost("pod-a pod-c -4", "ip -n node-1 route delete 10.244.1.0/24", "no-route there underway node-1 cni0"),
    sound("pod-a pod-c -4", "ip -n node-1 -6 route delete fd00:10:244:1::/64"),
    sound("pod-a pod-c -6", "ip -n node-1 route delete 10.244.1.0/24"),
];

/// Without IPv4.
pub const SIX: &[Fault] = &[
    lost("pod-a pod-b", "ip -n node-1 -6 route delete fd00:10:244:1::/64", "no-route there underway node-1 cni0"),
    lost("pod-a pod-b", "ip -n node-2 -6 route delete fd00:10:244::/64", "no-return-route back underway node-2 cni0"),
    lost("pod-a pod-b", "ip -n pod-a -6 route delete default", "no-route there neverSent pod-a"),
    lost(
        "pod-a pod-b",
        "ip -n node-1 -6 route replace blackhole fd00:10:244:1::/64",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-b",
        "ip -n node-1 -6 route add unreachable fd00:10:244:1::2",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-b",
        "ip -n node-1 -6 route add prohibit fd00:10:244:1::2",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-b",
        "ip -n pod-a -6 route add blackhole fd00:10:244:1::/64",
        "blackhole-route there neverSent pod-a",
    ),
    lost(
        "pod-a pod-b",
        "ip -n node-2 -6 route add blackhole fd00:10:244::2",
        "blackhole-route back underway node-2 cni0",
    ),
    lost(
        "pod-a pod-b",
        "ip -n pod-b -6 route add blackhole fd00:10:244::/64",
        "blackhole-route * unanswered pod-b eth0",
    ),
    lost("pod-a pod-b", "ip -n pod-a -6 route replace default via fd00:10:244::99", "wrong-gateway there * pod-a"),
    lost(
        "pod-a pod-b",
        "ip -n node-2 -6 route replace fd00:10:244::/64 via fd00:192:168:1::77",
        "wrong-gateway back underway node-2",
    ),
    lost(
        "pod-a pod-b",
        "ip -n node-2 -6 route add fd00:10:244:1::2 via fd00:192:168:1::11",
        "ttl-exceeded|wrong-gateway there underway *",
    ),
];
