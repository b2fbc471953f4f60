//! What no table of faults holds: what a teacher or a mean student would think of.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // Policy rules and other tables.
    lost(
        "pod-a pod-c",
        "ip -n node-1 rule add from 10.244.1.2 lookup 100; ip -n node-1 route add blackhole default table 100",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 rule add from 10.244.1.2 blackhole",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 rule add to 10.244.2.0/24 prohibit",
        "blackhole-route there underway node-1 cni0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 rule add iif cni0 lookup 100; ip -n node-1 route add 10.244.2.0/24 via 192.168.1.77 table 100",
        "wrong-gateway there underway node-1",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 route delete 10.244.2.0/24; ip -n node-1 route add throw 10.244.2.0/24",
        "no-route|blackhole-route there underway node-1 cni0",
    ),
    lost("pod-a pod-c", "ip -n node-1 rule delete lookup main", "no-route there underway node-1 cni0"),
    lost("pod-a pod-c", "ip -n pod-a rule add from all unreachable", "blackhole-route there neverSent pod-a"),
    lost(
        "pod-a pod-c",
        "ip -n node-2 rule add from 10.244.2.0/24 lookup 100; ip -n node-2 route add 10.244.1.0/24 via 192.168.1.100 table 100",
        "wrong-gateway back underway outside eth0",
    ),
    sound(
        "pod-a pod-c",
        "ip -n node-1 rule add from 10.244.1.2 lookup 100; ip -n node-1 route add throw 10.244.2.0/24 table 100",
    ),
    // Two gateways, one of which is dead.
    lost(
        "pod-a pod-c --count 3",
        "ip -n node-1 route replace 10.244.2.0/24 nexthop via 192.168.1.12 weight 1 nexthop via 192.168.1.77 weight 250",
        "wrong-gateway there underway node-1",
    ),
    // A source address that is nobody's way back.
    lost(
        "pod-a pod-c",
        "ip -n pod-a addr add 203.0.113.5/32 dev eth0; ip -n pod-a route replace default via 10.244.1.1 src 203.0.113.5",
        "no-return-route back underway node-2 cni0",
    )
    .without_fix(),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a nft 'add table ip n; add chain ip n c { type nat hook postrouting priority srcnat; }; \
         add rule ip n c ip daddr 10.244.2.2 snat to 127.0.0.5'",
        "martian-source there underway node-1 cni0",
    )
    .without_fix(),
    // Sent elsewhere.
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip n; add chain ip n c { type nat hook prerouting priority dstnat; }; \
         add rule ip n c ip daddr 10.244.2.2 dnat to 10.244.2.99'",
        "neighbour-unanswered|no-address|firewall there underway node-2 eth0|cni0",
    )
    .without_fix()
    .says(&["10.244.2.99"]),
    sound(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip n; add chain ip n c { type nat hook prerouting priority dstnat; }; \
         add rule ip n c ip daddr 10.244.2.2 dnat to 10.244.2.3'",
    ),
    // The pod answers from another address.
    lost(
        "pod-a pod-c --udp 53",
        "ip netns exec pod-c nft 'add table ip n; add chain ip n c { type filter hook output priority raw; }; \
         add rule ip n c udp sport 53 ip saddr set 10.244.2.77'",
        "* * * *",
    )
    .without_fix()
    .listens("udp pod-c 53"),
    // Only some are lost.
    lost(
        "pod-a pod-c --count 8",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c icmp type echo-request numgen inc mod 2 0 drop'",
        "firewall there underway node-1 cni0",
    )
    .says(&["numgen"]),
    lost(
        "pod-a pod-c --count 6",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; \
         add rule ip f c icmp type echo-request limit rate over 1/hour burst 2 packets drop'",
        "firewall there underway node-2 eth0",
    ),
    // Where no table tells: thrown away by the queue of an interface.
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 tc qdisc add dev eth0 root blackhole",
        "unknown|neighbour-unanswered there underway node-1 cni0",
    )
    .without_fix()
    .undo("ip netns exec node-1 tc qdisc delete dev eth0 root"),
    // The bridge has another address, and the pods the old gateway.
    lost(
        "pod-a pod-c",
        "ip -n node-1 addr delete 10.244.1.1/24 dev cni0; ip -n node-1 addr add 10.244.1.254/24 dev cni0",
        "no-address there underway node-1 cni0",
    ),
    // The nodes' subnets are mixed up.
    lost(
        "pod-a pod-c",
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.13; ip -n node-3 route replace 10.244.2.0/24 via 192.168.1.11",
        "ttl-exceeded|wrong-gateway there underway *",
    ),
    // Plugged into each other's place.
    lost(
        "pod-a pod-b",
        "ip -n node-1 link add br7 type bridge; ip -n node-1 link set br7 up; ip -n node-1 link set veth-pod-b master br7",
        "not-in-bridge there underway node-1 *",
    ),
    // Two at once: the first one on the way is told, then the next.
    lost(
        "pod-a outside",
        "ip netns exec outside nft 'add table ip f; add chain ip f c { type filter hook output priority 0; policy drop; }'",
        "firewall back|there * outside",
    ),
    // Nothing is wrong with these.
    sound(
        "pod-a pod-c",
        "ip -n pod-a link add br0 type bridge; ip -n pod-a addr add 198.51.100.1/24 dev br0; ip -n pod-a link set br0 up",
    ),
    sound("pod-a pod-c", "ip -n node-1 route add default via 192.168.1.100"),
    sound("pod-a 10.244.1.1", "ip -n pod-a route delete default"),
    sound("node-1 pod-a", ""),
    sound("pod-a 127.0.0.1", ""),
    sound("pod-a 10.244.2.1", ""),
    sound("outside node-2", ""),
];
