//! An overlay as flannel makes it, by hand: a VXLAN between node-1 and node-2.
//!
//! ```text
//! pod-a ── cni0 ── flannel.1 ═══ 192.168.1.11 ─ UDP 8472 ─ 192.168.1.12 ═══ flannel.1 ── cni0 ── pod-c
//! ```

use crate::fault::{Fault, lost, sound};

/// Makes it. What is asked of neighbours and forwarding tables is written down, as flannel does.
pub const MAKE: &str = r#"
vxlan() {
    ip -n $1 link add flannel.1 address $6 type vxlan id ${7:-1} local $2 dev eth0 dstport ${8:-8472} nolearning
    ip -n $1 addr add $3/32 dev flannel.1
    ip -n $1 link set flannel.1 addrgenmode none up
}
lead() {
    ip -n $1 route replace $2 via $3 dev flannel.1 onlink
    ip -n $1 neigh replace $3 lladdr $4 dev flannel.1 nud permanent
    bridge -n $1 fdb replace $4 dev flannel.1 dst $5
}
overlay() {
    vxlan node-1 192.168.1.11 10.244.1.0 10.244.1.0 - 02:00:00:00:00:01
    vxlan node-2 192.168.1.12 10.244.2.0 10.244.2.0 - 02:00:00:00:00:02
    lead node-1 10.244.2.0/24 10.244.2.0 02:00:00:00:00:02 192.168.1.12
    lead node-2 10.244.1.0/24 10.244.1.0 02:00:00:00:00:01 192.168.1.11
}
"#;

/// Faults of it. The address for which a pod's packets leave is that of its own node.
pub const FAULTS: &[Fault] = &[
    sound("pod-a pod-c", ""),
    sound("pod-a pod-c --tcp 80", "").listens("tcp pod-c 80"),
    sound("pod-a pod-c --size 1400", ""),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb delete 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.12",
        "fdb-missing there underway node-1 flannel.1",
    )
    .says(&["02:00:00:00:00:02"]),
    lost(
        "pod-a pod-c",
        "bridge -n node-2 fdb delete 02:00:00:00:00:01 dev flannel.1 dst 192.168.1.11",
        "fdb-missing back underway node-2 flannel.1",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.13",
        "wrong-vtep there underway node-3 eth0",
    )
    .says(&["192.168.1.13"]),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.77",
        "wrong-vtep there underway node-1",
    )
    .says(&["192.168.1.77"]),
    lost(
        "pod-a pod-c",
        "bridge -n node-2 fdb replace 02:00:00:00:00:01 dev flannel.1 dst 192.168.1.13",
        "wrong-vtep back underway node-3 eth0",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-2 link delete flannel.1; vxlan node-2 192.168.1.12 10.244.2.0 10.244.2.0 - 02:00:00:00:00:02 2; \
         lead node-2 10.244.1.0/24 10.244.1.0 02:00:00:00:00:01 192.168.1.11",
        "vni-mismatch there underway node-2 eth0",
    )
    .says(&["VNI 1, and flannel.1 there has VNI 2"]),
    lost(
        "pod-a pod-c",
        "ip -n node-2 link delete flannel.1; vxlan node-2 192.168.1.12 10.244.2.0 10.244.2.0 - 02:00:00:00:00:02 1 4789; \
         lead node-2 10.244.1.0/24 10.244.1.0 02:00:00:00:00:01 192.168.1.11",
        "port-mismatch there underway node-2 eth0",
    )
    .says(&["UDP port 8472, and flannel.1 there has UDP port 4789"]),
    lost("pod-a pod-c", "ip -n node-1 link set flannel.1 down", "link-down|no-route there underway node-1 cni0")
        .then_another(),
    lost("pod-a pod-c", "ip -n node-2 link set flannel.1 down", "link-down there underway node-2 eth0").then_another(),
    lost("pod-a pod-c --size 1450 --df", "", "mtu there underway node-1 cni0").without_fix(),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh delete 10.244.2.0 dev flannel.1",
        "neighbour-unanswered there underway node-1 *",
    )
    .without_fix(),
    // What was written down on both sides is wrong or gone: two entries each.
    lost(
        "pod-a pod-c",
        "ip -n node-2 link set flannel.1 address 02:00:00:00:00:99",
        "neighbour-unanswered|fdb-missing|wrong-vtep there underway node-2",
    )
    .then_another()
    .then_another()
    .then_another(),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 nft 'add table ip f; add chain ip f c { type filter hook input priority 0; }; \
         add rule ip f c udp dport 8472 drop'",
        "firewall there underway node-2 eth0",
    )
    .says(&["8472"]),
    lost(
        "pod-a pod-c",
        "ip netns exec node-1 nft 'add table ip f; add chain ip f c { type filter hook output priority 0; }; \
         add rule ip f c udp dport 8472 drop'",
        "firewall there underway node-1 flannel.1",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.flannel/1.forwarding=0",
        "forwarding-off there underway node-2 flannel.1",
    ),
    lost(
        "pod-a pod-c",
        "ip netns exec node-2 sysctl -qw net.ipv4.conf.flannel/1.rp_filter=1; ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.11",
        "rp-filter there underway node-2 flannel.1",
    ),
];

/// What is handy in a lab whose plan has an overlay: makes node-2's device anew, of another VNI or port, with all that is
/// known there.
pub const AGAIN: &str = r#"
again() {
    mac=$(mac node-2 flannel.1); one=$(mac node-1 flannel.1)
    ip -n node-2 link delete flannel.1
    ip -n node-2 link add flannel.1 address $mac mtu 1450 type vxlan id $1 local 192.168.1.12 dev eth0 dstport $2 nolearning
    ip -n node-2 addr add 10.244.2.0/32 dev flannel.1
    ip -n node-2 link set flannel.1 addrgenmode none up
    ip -n node-2 neigh replace 10.244.1.0 lladdr $one dev flannel.1 nud permanent
    bridge -n node-2 fdb replace $one dev flannel.1 dst 192.168.1.11 self
    ip -n node-2 route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
}
"#;

/// Faults of an overlay that the plan knows (overlay.yaml): their fixes are what the plan says.
pub const PLANNED: &[Fault] = &[
    sound("pod-a pod-c", ""),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb delete $(mac node-2 flannel.1) dev flannel.1 dst 192.168.1.12 self",
        "fdb-missing there underway node-1 flannel.1",
    )
    .says(&["does not know where to send it"]),
    lost(
        "pod-a pod-c",
        "bridge -n node-2 fdb delete $(mac node-1 flannel.1) dev flannel.1 dst 192.168.1.11 self",
        "fdb-missing back underway node-2 flannel.1",
    ),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace $(mac node-2 flannel.1) dev flannel.1 dst 192.168.1.13 self",
        "wrong-vtep there underway node-3 flannel.1",
    )
    .says(&["192.168.1.13"]),
    lost(
        "pod-a pod-c",
        "bridge -n node-1 fdb replace $(mac node-2 flannel.1) dev flannel.1 dst 192.168.1.77 self",
        "wrong-vtep there underway node-1 flannel.1",
    )
    .says(&["192.168.1.77", "nobody's"]),
    lost("pod-a pod-c", "again 2 8472", "vni-mismatch there underway node-2 eth0")
        .says(&["VNI 1, and flannel.1 there has VNI 2"]),
    lost("pod-a pod-c", "again 1 4789", "port-mismatch there underway node-2 eth0")
        .says(&["UDP port 8472, and flannel.1 there has UDP port 4789"]),
    // The same, asked from the other side: it is the sender whose device is not as it should be.
    lost("pod-c pod-a", "again 2 8472", "vni-mismatch there underway node-1 eth0").says(&["VNI 2"]),
    lost("pod-c pod-a", "again 1 4789", "port-mismatch there underway node-1 eth0").says(&["UDP port 4789"]),
    lost(
        "pod-a pod-c",
        "nft 'add table bridge f; add chain bridge f c { type filter hook forward priority 0; }; \
         add rule bridge f c udp dport 8472 drop'",
        "firewall there underway fabric node-1-eth0",
    )
    .says(&["8472"]),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh delete 10.244.2.0 dev flannel.1",
        "neighbour-unanswered there underway node-1 *",
    ),
    lost(
        "pod-a pod-c",
        "ip -n node-1 neigh replace 10.244.2.0 lladdr 66:00:00:00:00:99 dev flannel.1 nud permanent",
        "neighbour-unanswered|fdb-missing there underway node-1 *",
    ),
    lost("pod-a pod-c", "ip -n node-1 link set flannel.1 down", "link-down|no-route there underway node-1 cni0")
        .then_another()
        .then_another(),
    lost("pod-a pod-c", "ip -n node-2 link set flannel.1 down", "link-down there underway node-2 eth0").then_another(),
    lost("pod-a pod-c", "ip -n node-1 route delete 10.244.2.0/24", "no-route there underway node-1 cni0"),
    lost(
        "pod-a pod-c --size 1422 --df",
        "ip -n node-2 link set eth0 mtu 1400",
        "mtu there underway fabric node-2-eth0",
    ),
    lost("pod-a pod-c --size 1422 --df", "ip -n node-1 link set flannel.1 mtu 1400", "mtu there underway node-1 cni0")
        .says(&["1400"]),
    lost("pod-a pod-c", "ip -n node-2 link delete flannel.1", "no-listener there underway node-2 eth0"),
];

/// The same where IPv6 carries IPv6 (overlay-dual-stack.yaml).
pub const SIX: &[Fault] = &[
    sound("pod-a pod-b -6", ""),
    sound(
        "pod-a pod-b -4",
        "bridge -n node-1 fdb delete $(mac node-2 flannel-v6.1) dev flannel-v6.1 dst fd00:192:168:1::12 self",
    ),
    lost(
        "pod-a pod-b -6",
        "bridge -n node-1 fdb delete $(mac node-2 flannel-v6.1) dev flannel-v6.1 dst fd00:192:168:1::12 self",
        "fdb-missing there underway node-1 flannel-v6.1",
    ),
    lost(
        "pod-a pod-b -6",
        "bridge -n node-1 fdb replace $(mac node-2 flannel-v6.1) dev flannel-v6.1 dst fd00:192:168:1::77 self",
        "wrong-vtep there underway node-1 flannel-v6.1",
    ),
    lost(
        "pod-a pod-b -6",
        "ip -n node-1 -6 neigh delete fd00:10:244:1:: dev flannel-v6.1",
        "neighbour-unanswered there underway node-1 *",
    ),
    lost(
        "pod-a pod-b -6",
        "ip netns exec node-2 nft 'add table ip6 f; add chain ip6 f c { type filter hook input priority 0; }; \
         add rule ip6 f c udp dport 8472 drop'",
        "firewall there underway node-2 eth0",
    ),
    lost("pod-a pod-b -6", "ip -n node-2 link set flannel-v6.1 down", "link-down there underway node-2 eth0")
        .then_another(),
    lost(
        "pod-a pod-b -6 --size 1382 --df",
        "ip -n node-1 link set flannel-v6.1 mtu 1400",
        "mtu there underway node-1 cni0",
    ),
];
