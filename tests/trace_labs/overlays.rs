//! Overlays that were made by hand.

use crate::bench::{Case, delivered, hopeless, lost};

/// Three nodes with a pod each, and a routed VXLAN between them with entries written by hand, as flannel has it.
pub const ROUTED: &str = "
ip link add sw type bridge; ip link set sw up
for i in 1 2 3; do
    for m in w$i p$i; do ip netns add $m; ip -n $m link set lo up; done
    ip link add w${i}p type veth peer name e0 netns w$i
    ip link set w${i}p master sw up
    ip -n w$i link set e0 up; ip -n w$i addr add 192.168.7.1$i/24 dev e0
    ip -n w$i link add br0 type bridge; ip -n w$i link set br0 up; ip -n w$i addr add 10.7.$i.1/24 dev br0
    ip -n w$i link add vp type veth peer name e0 netns p$i; ip -n w$i link set vp master br0 up
    ip -n p$i link set e0 up; ip -n p$i addr add 10.7.$i.2/24 dev e0; ip -n p$i route add default via 10.7.$i.1
    ip netns exec w$i sysctl -qw net.ipv4.ip_forward=1
    ip -n w$i link add flannel.1 address 02:00:00:00:07:0$i type vxlan id 1 local 192.168.7.1$i dev e0 nolearning dstport 8472
    ip -n w$i link set flannel.1 up; ip -n w$i addr add 10.7.$i.0/32 dev flannel.1
done
for i in 1 2 3; do for j in 1 2 3; do [ $i = $j ] || {
    ip -n w$i route add 10.7.$j.0/24 via 10.7.$j.0 dev flannel.1 onlink
    ip -n w$i neigh add 10.7.$j.0 lladdr 02:00:00:00:07:0$j dev flannel.1 nud permanent
    bridge -n w$i fdb add 02:00:00:00:07:0$j dev flannel.1 dst 192.168.7.1$j self
}; done; done
";

/// What is typed, and what comes of it: what can be wrong with devices and their entries is tried in `tests/trace/`.
pub const ROUTED_CASES: &[Case] = &[
    delivered(
        "p1 p2",
        "",
        "p1/e0 w1/vp w1/br0 w1/flannel.1 w1/e0 fabric/w1p fabric/w2p w2/e0 w2/flannel.1 w2/br0 w2/vp p2/e0",
    ),
    hopeless("p1 p2", "ip -n w2 addr delete 192.168.7.12/24 dev e0", "no-address there w2 e0")
        .undo("ip -n w2 addr add 192.168.7.12/24 dev e0"),
    // A link of nobody's plan is not taken away to mend it.
    lost("p3 p1", "ip link set w1p down", "link-down there fabric w3p"),
    hopeless("p1 p3 --size 1472 --df", "", "mtu there w1 br0"),
];

/// Three nodes whose bridges are one switch by a VXLAN that learns.
pub const BRIDGED: &str = "
ip link add sw type bridge; ip link set sw up
for i in 1 2 3; do
    for m in w$i p$i; do ip netns add $m; ip -n $m link set lo up; done
    ip link add w${i}p type veth peer name e0 netns w$i
    ip link set w${i}p master sw up
    ip -n w$i link set e0 up; ip -n w$i addr add 192.168.7.1$i/24 dev e0
    ip -n w$i link add br0 type bridge; ip -n w$i link set br0 up
    ip -n w$i link add vp type veth peer name e0 netns p$i; ip -n w$i link set vp master br0 up
    ip -n p$i link set e0 address 02:00:00:00:00:0$i mtu 1450 up; ip -n p$i addr add 10.7.0.$i/24 dev e0
    ip -n w$i link add vx type vxlan id 42 local 192.168.7.1$i dev e0 dstport 4789
    ip -n w$i link set vx master br0 up
done
for i in 1 2 3; do for j in 1 2 3; do
    [ $i = $j ] || bridge -n w$i fdb append 00:00:00:00:00:00 dev vx dst 192.168.7.1$j self
done; done
";

/// What is typed, and what comes of it.
pub const BRIDGED_CASES: &[Case] = &[
    delivered("p1 p2", "", "p1/e0 w1/vp w1/vx w1/e0 fabric/w1p fabric/w2p w2/e0 w2/vx w2/vp p2/e0"),
    // What is known already.
    lost("p1 p2", "ip -n w2 link set vp down", "link-down there w2 vx"),
    delivered("p1 p2", "", ""),
    lost("p1 p2", "bridge -n w2 link set dev vp state 0", "port-blocked there w2 vx"),
    delivered("p1 p2", "", ""),
    lost("p1 p2", "ip -n w2 link set vx nomaster", "not-in-bridge there w2 vx"),
    delivered("p1 p2", "", ""),
    lost("p1 p2", "ip -n w2 link set vp nomaster", "not-in-bridge there w2 vp"),
    delivered("p1 p2", "", ""),
    lost("p1 p2", "bridge -n w2 fdb replace 02:00:00:00:00:02 dev vx master static", "fdb-missing there w2 vx"),
    delivered("p1 p2", "", ""),
    lost(
        "p1 p2",
        "bridge -n w1 fdb delete 02:00:00:00:00:02 dev vx self
         bridge -n w1 fdb add 02:00:00:00:00:02 dev vx dst 192.168.7.13 self",
        "wrong-vtep there w3 vx",
    ),
    // What has to be asked for first. (Forgotten last: p2 asks after p1 by itself a few seconds after they have spoken, and is
    // then known.)
    lost("p1 p2", "ip -n w2 link set vp nomaster; ip -n p1 neigh flush all", "not-in-bridge there w2 vp"),
    lost("p1 p2", "ip -n w2 link set vx down; ip -n p1 neigh flush all", "link-down there w1 vx"),
    lost("p1 p2", "ip -n p2 link set dev e0 arp off; ip -n p1 neigh flush all", "neighbour-unanswered there p2 e0"),
    lost(
        "p1 p2",
        "ip -n p2 neigh flush all; bridge -n w1 fdb delete 00:00:00:00:00:00 dev vx dst 192.168.7.12 self
         ip -n p1 neigh flush all",
        "fdb-missing there w1 vx",
    ),
];
