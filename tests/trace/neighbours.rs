//! Who asks for a MAC address and is not answered, or believes a wrong one; and bridges that believe wrong ones.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // Asked, and silent.
    lost(
        "pod-a pod-c",
        "ip -n pod-c link set eth0 arp off",
        "neighbour-unanswered there underway pod-c eth0 or neighbour-unanswered back underway node-2|pod-c",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 link set cni0 arp off",
        "neighbour-unanswered there underway node-1 cni0 or neighbour-unanswered back underway node-1",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 link set eth0 arp off",
        "neighbour-unanswered there underway node-2 eth0 or neighbour-unanswered back underway fabric|node-2",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-c sysctl -qw net.ipv4.conf.eth0.arp_ignore=8",
        "neighbour-unanswered there underway pod-c eth0",
    )
    .undo("ip netns exec pod-c sysctl -qw net.ipv4.conf.eth0.arp_ignore=0")
    .says(&["arp_ignore"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.arp_ignore=8",
        "neighbour-unanswered there underway node-1 cni0",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.all.arp_ignore=0"),
    sound("pod-a pod-c", "ip netns exec node-1 sysctl -qw net.ipv4.conf.all.arp_ignore=1")
        .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.all.arp_ignore=0"),
    // Who does not ask, sends to itself.
    lost(
        "pod-a pod-c",
        "ip -n pod-a link set eth0 arp off",
        "neighbour-unanswered|hairpin there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec pod-a sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=0 net.ipv4.neigh.eth0.ucast_solicit=0 \
         net.ipv4.neigh.eth0.app_solicit=0",
        "neighbour-unanswered there * pod-a",
    )
    .undo("ip netns exec pod-a sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=3 net.ipv4.neigh.eth0.ucast_solicit=3"),
    // A wrong one is believed.
    lost(
        "pod-a pod-c",
        "ip -n pod-a neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "neighbour-unanswered there underway node-1|pod-b",
    )
    .says(&["02:00:00:00:00:99"]),
    lost(
        "pod-a pod-c",
        "ip -n pod-a neigh replace 10.244.1.1 lladdr $(mac pod-b eth0) dev eth0 nud permanent",
        "neighbour-unanswered there underway pod-b eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n pod-a neigh replace 10.244.1.1 lladdr $(mac pod-a eth0) dev eth0 nud permanent",
        "neighbour-unanswered|hairpin there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh replace 192.168.1.12 lladdr $(mac node-3 eth0) dev eth0 nud permanent; \
         ip -n node-3 route delete 10.244.2.0/24",
        "neighbour-unanswered there underway node-3 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh replace 192.168.1.12 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "neighbour-unanswered there underway fabric|node-2|node-3|outside",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 neigh replace 10.244.2.2 lladdr $(mac pod-d eth0) dev cni0 nud permanent",
        "neighbour-unanswered there underway pod-d eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh replace 10.244.1.2 lladdr 02:00:00:00:00:99 dev cni0 nud permanent",
        "neighbour-unanswered back underway node-1|pod-a|pod-b",
    ),
    // Node-2 sends it on to node-1, and tells outside so.
    sound("pod-a outside", "ip -n outside neigh replace 192.168.1.11 lladdr $(mac node-2 eth0) dev eth0 nud permanent"),
    // A pod with another MAC address than everybody remembers is asked again.
    sound("pod-a pod-c", "ip -n pod-c link set eth0 address 02:00:00:00:00:77"),
    // A bridge believes a wrong one.
    lost(
        "pod-a pod-b",
        "bridge -n node-1 fdb replace $(mac pod-b eth0) dev veth-pod-a master static sticky",
        "fdb-missing|hairpin there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-2 fdb replace $(mac pod-c eth0) dev veth-pod-d master static sticky",
        "fdb-missing there underway node-2|pod-d",
    ),
    lost(
        "pod-a pod-c",
        "bridge fdb replace $(mac node-2 eth0) dev node-3-eth0 master static sticky",
        "fdb-missing there underway fabric|node-3",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace $(mac pod-a eth0) dev veth-pod-b master static sticky",
        "fdb-missing there|back underway node-1|pod-b",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace $(mac pod-a eth0) dev cni0 self local",
        "fdb-missing there|back underway node-1",
    ),
    // Somebody answers for all.
    lost(
        "pod-a pod-b",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=1; \
         ip -n pod-b neigh flush all; ip -n pod-b link set eth0 arp off; \
         ip -n pod-b neigh replace 10.244.1.2 lladdr $(mac pod-a eth0) dev eth0 nud permanent",
        "neighbour-unanswered there underway pod-b eth0",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=0"),
    sound(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=1 net.ipv4.conf.eth0.proxy_arp=1",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=0 net.ipv4.conf.eth0.proxy_arp=0"),
    // A proxy takes its time to answer (`proxy_delay`).
    sound(
        "pod-a pod-c --timeout 3",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=1; \
         ip -n pod-a addr add 10.244.1.2/16 dev eth0; ip -n pod-a addr delete 10.244.1.2/24 dev eth0",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.cni0.proxy_arp=0"),
];

/// Without IPv4.
pub const SIX: &[Fault] = &[
    lost(
        "pod-a pod-b",
        "ip -n pod-a neigh replace fd00:10:244::1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "neighbour-unanswered there underway node-1",
    ),
    lost(
        "pod-a pod-b",
        "ip -n node-2 neigh replace fd00:10:244:1::2 lladdr 02:00:00:00:00:99 dev cni0 nud permanent",
        "neighbour-unanswered there underway node-2|pod-b",
    ),
    lost(
        "pod-a pod-b",
        "ip netns exec pod-b nft 'add table ip6 nd; add chain ip6 nd in { type filter hook input priority 0; }; \
         add rule ip6 nd in icmpv6 type nd-neighbor-solicit drop'",
        "firewall there underway pod-b eth0",
    ),
    lost(
        "pod-a pod-b",
        "bridge link set dev node-2-eth0 mcast_flood off",
        "port-blocked there underway fabric node-1-eth0|underlay",
    ),
    sound("pod-a pod-b", "ip -n node-1 -6 neigh replace proxy fd00:10:244:1::2 dev cni0")
        .undo("ip -n node-1 -6 neigh delete proxy fd00:10:244:1::2 dev cni0"),
];
