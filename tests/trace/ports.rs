//! Bridge ports that do not pass everything on.

use crate::fault::{Fault, lost, sound};

/// On three nodes.
pub const THREE: &[Fault] = &[
    lost(
        "pod-a pod-c",
        "bridge -n node-1 link set dev veth-pod-a state 0",
        "port-blocked there underway node-1 veth-pod-a",
    )
    .undo("bridge -n node-1 link set dev veth-pod-a state 3"),
    lost("pod-a pod-c", "bridge -n node-2 link set dev veth-pod-c state 1", "port-blocked there underway node-2 cni0")
        .undo("bridge -n node-2 link set dev veth-pod-c state 3"),
    // In the state learning (2) it is not for long: without spanning tree it goes on to forwarding by itself.
    lost(
        "pod-a pod-b",
        "bridge -n node-1 link set dev veth-pod-a isolated on; bridge -n node-1 link set dev veth-pod-b isolated on",
        "port-blocked there underway node-1 cni0|veth-pod-a",
    )
    .says(&["isolated"]),
    lost(
        "pod-a pod-c",
        "bridge link set dev node-1-eth0 isolated on; bridge link set dev node-2-eth0 isolated on",
        "port-blocked there underway fabric node-1-eth0|underlay",
    ),
    sound("pod-a pod-c", "for i in a b; do bridge -n node-1 link set dev veth-pod-$i isolated on; done"),
    lost(
        "pod-a pod-c",
        "bridge link set dev node-2-eth0 bcast_flood off",
        "port-blocked there underway fabric node-1-eth0|underlay",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 link set dev veth-pod-a locked on; bridge -n node-1 fdb delete $(mac pod-a eth0) dev veth-pod-a master || :",
        "port-blocked there underway node-1 veth-pod-a",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-2 link set dev veth-pod-c flood off; bridge -n node-2 link set dev veth-pod-c learning off; \
         bridge -n node-2 fdb delete $(mac pod-c eth0) dev veth-pod-c master || :",
        "port-blocked|fdb-missing there underway node-2 cni0|veth-pod-d",
    ),
    // Without the spanning tree protocol a bridge sets such a port forwarding at once.
    sound("pod-a pod-c", "bridge -n node-1 link set dev veth-pod-a state 4"),
    // What the bridge itself says is flooded all the same.
    sound("pod-a pod-c", "bridge -n node-2 link set dev veth-pod-c bcast_flood off"),
    // A service that leads back to who asks, translated within the bridge. Without it there is no such address.
    lost("pod-a 10.96.0.12", "", "hairpin there underway node-1 *")
        .before(
            "ip netns exec node-1 nft 'add table ip s; \
             add chain ip s p { type nat hook prerouting priority dstnat; }; \
             add rule ip s p ip daddr 10.96.0.12 dnat to 10.244.1.2; \
             add chain ip s o { type nat hook postrouting priority srcnat; }; \
             add rule ip s o ct status dnat masquerade'; \
             ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=1",
        )
        .says(&["10.96.0.12 became 10.244.1.2"])
        .undo("ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=0"),
];
