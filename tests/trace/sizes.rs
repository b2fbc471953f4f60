//! Packets that are larger than a link takes.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    // A pipe whose other end takes less: nobody is told.
    lost("pod-a pod-c --size 1200", "ip link set node-1-eth0 mtu 1000", "mtu there underway node-1 eth0")
        .says(&["1000"]),
    lost("pod-a pod-c --size 1200", "ip -n node-2 link set eth0 mtu 1000", "mtu there underway fabric node-2-eth0"),
    lost("pod-a pod-c --size 1200", "ip -n pod-c link set eth0 mtu 1000", "mtu there underway node-2 veth-pod-c"),
    lost("pod-a pod-c --size 1200", "ip -n node-1 link set veth-pod-a mtu 1000", "mtu there underway pod-a eth0"),
    lost(
        "pod-a pod-c --udp 53 --size 1200",
        "ip -n node-2 link set eth0 mtu 1000",
        "mtu there underway fabric node-2-eth0",
    )
    .listens("udp pod-c 53"),
    // A bridge that passes packets to the hooks of IP (`bridge-nf-call-iptables`) cuts them up, and the answer is lost.
    lost(
        "pod-a pod-c --size 1200",
        "ip link set node-2-eth0 mtu 1000",
        "mtu there|back underway fabric|node-2 node-1-eth0|eth0",
    ),
    lost(
        "pod-a pod-b --size 1200",
        "ip -n node-1 link set veth-pod-b mtu 1000",
        "mtu there|back underway node-1|pod-b veth-pod-a|eth0",
    ),
    lost(
        "pod-a pod-c --size 1200",
        "sysctl -qw net.bridge.bridge-nf-call-iptables=0; ip link set node-2-eth0 mtu 1000",
        "mtu there underway fabric node-1-eth0",
    )
    .undo("sysctl -qw net.bridge.bridge-nf-call-iptables=1"),
    // It must not be cut up, and the sender is told.
    lost("pod-a pod-c --size 1200 --df", "ip -n node-1 link set eth0 mtu 1000", "mtu there underway node-1 cni0")
        .says(&["1000"]),
    lost("pod-a pod-c --size 1200 --df", "ip -n node-2 link set cni0 mtu 1000", "mtu there underway node-2 eth0"),
    lost("pod-a pod-c --size 1200 --df", "ip -n pod-a link set eth0 mtu 1000", "mtu there neverSent pod-a"),
    lost(
        "pod-a pod-c --size 1200 --df",
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.12 mtu lock 900",
        "mtu there underway node-1 cni0",
    ),
    lost("pod-a pod-c --size 1473 --df", "", "mtu there neverSent pod-a").without_fix(),
    sound("pod-a pod-c --size 1472 --df", ""),
    // It is cut up, but the answer is not.
    lost("pod-a pod-c --size 1200", "ip -n node-1 link set eth0 mtu 1000", "mtu back underway fabric node-1-eth0"),
    lost("pod-a pod-c --size 1200", "ip -n pod-a link set eth0 mtu 1000", "mtu back underway node-1 veth-pod-a"),
    // It is cut up.
    sound("pod-a pod-c --size 1200", "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.12 mtu 1000"),
    sound(
        "pod-a pod-c --size 1200",
        "ip -n node-1 link set eth0 mtu 1000; ip link set node-1-eth0 mtu 1000; \
        ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.11 mtu 1000",
    ),
    sound("pod-a pod-c --size 4000", ""),
    sound("pod-a pod-c --size 900", "ip link set node-1-eth0 mtu 1000"),
    sound("pod-a pod-c --size 900 --df", "ip -n node-1 link set eth0 mtu 1000"),
    sound("pod-a pod-c --udp 53 --size 4000", "").listens("udp pod-c 53"),
];

/// Without IPv4: nobody on the way cuts anything up, but a bridge does that passes packets to the hooks of IP.
pub const SIX: &[Fault] = &[
    lost("pod-a pod-b --size 1400 --df", "ip -n node-1 link set eth0 mtu 1300", "mtu there underway node-1 cni0")
        .says(&["1300"]),
    lost("pod-a pod-b --size 1400 --df", "ip -n node-2 link set cni0 mtu 1300", "mtu there underway node-2 eth0"),
    lost("pod-a pod-b --size 1400 --df", "ip -n pod-a link set eth0 mtu 1300", "mtu there neverSent pod-a"),
    lost("pod-a pod-b --size 1400", "ip -n node-2 link set eth0 mtu 1300", "mtu there underway fabric node-2-eth0"),
    lost("pod-a pod-b --size 1400", "ip link set node-1-eth0 mtu 1300", "mtu there underway node-1 eth0"),
    lost("pod-a pod-b --size 1400", "ip -n pod-a link set eth0 mtu 1300", "mtu back underway node-1 veth-pod-a"),
    sound("pod-a pod-b --size 4000", ""),
    // IPv6 does not work at all with less than 1280.
    lost("pod-a pod-b", "ip -n pod-a link set eth0 mtu 1200", "mtu|no-address|no-route there neverSent pod-a"),
];
