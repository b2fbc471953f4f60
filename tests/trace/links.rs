//! Links that are down, and pipes that are plugged into no bridge.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    lost("pod-a pod-c", "ip -n pod-a link set eth0 down", "link-down there neverSent pod-a"),
    lost("pod-a pod-c", "ip -n node-1 link set veth-pod-a down", "link-down there * pod-a"),
    lost("pod-a pod-c", "ip -n node-1 link set cni0 down", "link-down there underway node-1 veth-pod-a"),
    lost("pod-a pod-c", "ip -n node-1 link set eth0 down", "link-down there underway node-1 cni0"),
    lost("pod-a pod-c", "ip link set node-1-eth0 down", "link-down there underway node-1 *"),
    lost("pod-a pod-c", "ip link set underlay down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c", "ip link set node-2-eth0 down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c", "ip -n node-2 link set eth0 down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c", "ip -n node-2 link set cni0 down", "link-down there underway node-2 eth0"),
    lost("pod-a pod-c", "ip -n node-2 link set veth-pod-c down", "link-down there underway node-2 cni0|eth0"),
    lost("pod-a pod-c", "ip -n pod-c link set eth0 down", "link-down there underway node-2 cni0|eth0"),
    lost("pod-a outside", "ip -n outside link set eth0 down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a outside", "ip link set outside-eth0 down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a node-1", "ip -n node-1 link set cni0 down", "link-down there underway node-1 veth-pod-a"),
    lost("pod-a pod-b", "ip -n pod-b link set eth0 down", "link-down there underway node-1 *"),
    lost("node-1 pod-c", "ip -n node-1 link set eth0 down", "link-down there neverSent node-1"),
    lost("pod-a pod-c --tcp 80", "ip link set node-2-eth0 down", "link-down there underway fabric node-1-eth0|underlay")
        .listens("tcp pod-c 80"),
    sound("pod-a pod-c", "ip -n node-1 link set veth-pod-b down; ip link set outside-eth0 down"),
    // Plugged into nothing.
    // The node has 10.244.1.1 somewhere, so it answers wherever it is asked (`arp_ignore`): the packet arrives. But the
    // node looks for pod-a behind cni0.
    // Not so where pod-a remembers the bridge's hardware address, and that is not the veth's own: the lowest one is the
    // bridge's, and they are drawn by lot.
    lost("pod-a pod-c", "ip -n node-1 link set veth-pod-a nomaster", "not-in-bridge * underway node-1 *"),
    lost("pod-a node-1", "ip -n node-1 link set veth-pod-a nomaster", "not-in-bridge * unanswered|underway node-1 *"),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 sysctl -qw net.ipv4.conf.veth-pod-a.arp_ignore=1; ip -n node-1 link set veth-pod-a nomaster",
        "not-in-bridge there underway node-1 veth-pod-a or not-in-bridge back underway node-1 eth0|cni0",
    )
    .undo("ip netns exec node-1 sysctl -qw net.ipv4.conf.veth-pod-a.arp_ignore=0"),

    lost("pod-a pod-c", "ip -n node-2 link set veth-pod-c nomaster", "not-in-bridge there underway node-2 cni0"),
    lost("pod-a pod-c", "ip link set node-1-eth0 nomaster", "not-in-bridge there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c", "ip link set node-2-eth0 nomaster", "not-in-bridge there underway fabric node-1-eth0|underlay"),
    lost("pod-a outside", "ip link set outside-eth0 nomaster", "not-in-bridge there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-b", "ip -n node-1 link set veth-pod-b nomaster", "not-in-bridge there underway node-1 *"),
    lost(
        "pod-a pod-c --udp 53",
        "ip -n node-2 link set veth-pod-c nomaster",
        "not-in-bridge there underway node-2 cni0",
    )
    .listens("udp pod-c 53"),
    // Plugged into another.
    lost(
        "pod-a pod-c",
        "ip -n node-1 link add br9 type bridge; ip -n node-1 link set br9 up; ip -n node-1 link set veth-pod-a master br9",
        "not-in-bridge * underway node-1 *",
    ),
    // Gone.
    lost(
        "pod-a pod-c",
        "ip -n node-1 link delete veth-pod-a",
        "link-down|no-route|no-address|not-in-bridge there neverSent pod-a",
    ),
    lost("pod-a pod-c", "ip -n node-2 link delete veth-pod-c", "* there underway node-2 *"),
];

/// On two stacks.
pub const DUAL: &[Fault] = &[
    lost("pod-a pod-c -6", "ip -n pod-a link set eth0 down", "link-down there neverSent pod-a"),
    lost("pod-a pod-c -6", "ip -n node-1 link set cni0 down", "link-down there underway node-1 veth-pod-a"),
    lost("pod-a pod-c -6", "ip -n node-1 link set eth0 down", "link-down there underway node-1 cni0"),
    lost("pod-a pod-c -6", "ip -n node-2 link set eth0 down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c -6", "ip link set underlay down", "link-down there underway fabric node-1-eth0|underlay"),
    lost("pod-a pod-c -6", "ip -n node-2 link set veth-pod-c down", "link-down there underway node-2 *"),
    lost("pod-a pod-c -6", "ip -n node-2 link set veth-pod-c nomaster", "not-in-bridge there underway node-2 cni0"),
    lost("pod-a pod-c -6", "ip -n node-1 link set veth-pod-a nomaster", "not-in-bridge * underway node-1 *"),
    lost(
        "pod-a pod-c -6",
        "ip link set node-2-eth0 nomaster",
        "not-in-bridge there underway fabric node-1-eth0|underlay",
    ),
];
