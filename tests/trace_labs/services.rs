//! Services made of rules, on three nodes.

use crate::bench::{Case, delivered, hopeless, lost};

const TABLE: &str = "
ip netns exec node-1 nft 'add table ip svc; add chain ip svc pre { type nat hook prerouting priority dstnat; };
    add chain ip svc post { type nat hook postrouting priority srcnat; };
    add rule ip svc pre ip daddr 10.96.0.10 tcp dport 80 dnat to 10.244.2.2:8080;
    add rule ip svc pre ip daddr 10.96.0.10 icmp type echo-request dnat to 10.244.2.2;
    add rule ip svc pre ip daddr 10.96.0.11 dnat to 10.244.1.3;
    add rule ip svc pre ip daddr 10.96.0.12 dnat to 10.244.1.2;
    add rule ip svc pre ip daddr 192.168.1.11 tcp dport 30080 dnat to 10.244.2.2'
ip netns exec node-1 sysctl -qw net.bridge.bridge-nf-call-iptables=0 || true
";

/// What is typed, and what comes of it.
pub const CASES: &[Case] = &[
    hopeless("pod-a 10.96.0.10", "", "no-route there node-1 cni0"),
    delivered(
        "pod-a 10.96.0.10",
        TABLE,
        "pod-a/eth0 node-1/veth-pod-a node-1/cni0 node-1/eth0 fabric/node-1-eth0 fabric/node-2-eth0 node-2/eth0 node-2/cni0 \
         node-2/veth-pod-c pod-c/eth0",
    ),
    // Of the port to which it was translated.
    hopeless("pod-a 10.96.0.10 --tcp 80", "", "no-listener there pod-c eth0").says(&["TCP port 8080 in pod-c"]),
    // A pod that is its own service: its address is not taken away from it.
    hopeless("pod-a 10.96.0.12", "", "martian-source there pod-a eth0").says(&["pod-a's own packet"]),
    delivered(
        "pod-a 10.96.0.12",
        "ip netns exec node-1 nft add rule ip svc post ct status dnat ip saddr 10.244.1.2 masquerade",
        "pod-a/eth0 node-1/veth-pod-a node-1/cni0 node-1/cni0 node-1/veth-pod-a pod-a/eth0",
    ),
    delivered("pod-a 10.96.0.11", "", ""),
    // The answer goes past the node that would have to translate it back.
    hopeless("outside node-1 --tcp 30080", "", "unknown back outside eth0").says(&["the answer did not come by it"]),
    lost(
        "pod-a node-2",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook input priority 0; };
             add rule ip f c icmp type echo-request reject'",
        "firewall there node-2 eth0",
    ),
    // A network that has nothing to do with this one, and uses the same addresses.
    delivered(
        "z1 z2",
        "for m in z1 z2; do ip netns add $m; done
         ip -n z1 link add e0 type veth peer name e0 netns z2
         ip -n z1 addr add 10.244.1.2/24 dev e0; ip -n z2 addr add 10.244.1.3/24 dev e0
         ip -n z1 link set e0 up; ip -n z2 link set e0 up",
        "z1/e0 z2/e0",
    )
    .says(&["null []"]),
    delivered("pod-a pod-b", "", "pod-a/eth0 node-1/veth-pod-a node-1/veth-pod-b pod-b/eth0").says(&["null []"]),
    hopeless("pod-a z2", "", "unknown there pod-b eth0").says(&["z2 is in another network"]),
];
