//! Faults of bridges and of their ports.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault(
        "ip -n node-1 link set cni0 type bridge stp_state 1",
        1,
        &["changed node-1 | cni0 has stp_state 1 | add cni0"],
    ),
    fault("ip -n node-1 link set cni0 type bridge ageing_time 0", 1, &["changed node-1 | ageing_time 0 | add cni0"]),
    fault(
        "ip -n node-1 link set cni0 type bridge nf_call_iptables 1",
        1,
        &["changed node-1 | nf_call_iptables 1 | add cni0"],
    ),
    fault(
        "ip -n node-1 link set cni0 type bridge forward_delay 400",
        1,
        &["changed node-1 | forward_delay 400 | add cni0"],
    ),
    fault(
        "ip -n node-1 link set cni0 type bridge mcast_snooping 0",
        1,
        &["changed node-1 | mcast_snooping 0 | add cni0"],
    ),
    fault(
        "ip -n node-1 link set cni0 type bridge group_fwd_mask 8",
        1,
        &["changed node-1 | group_fwd_mask 8 | add cni0"],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave isolated on; \
           ip -n node-1 link set veth-blue type bridge_slave isolated on",
        2,
        &[
            "changed node-1 | veth-red has isolated on | add veth-red",
            "changed node-1 | veth-blue has isolated on | add veth-blue",
        ],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave hairpin on",
        1,
        &["changed node-1 | hairpin on | add veth-red"],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave learning off",
        1,
        &["changed node-1 | learning off | add veth-red"],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave flood off",
        1,
        &["changed node-1 | flood off | add veth-red"],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave guard on",
        1,
        &["changed node-1 | guard on | add veth-red"],
    ),
    fault("ip -n node-1 link set veth-red type bridge_slave cost 77", 1, &["changed node-1 | cost 77 | add veth-red"]),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave bcast_flood off",
        1,
        &["changed node-1 | bcast_flood off | add veth-red"],
    ),
    fault(
        "ip -n node-1 link set veth-red type bridge_slave locked on",
        1,
        &["changed node-1 | locked on | add veth-red"],
    ),
];

/// On `three-nodes.yaml`.
pub const THREE: &[Fault] = &[
    fault(
        "ip link set node-1-eth0 type bridge_slave learning off flood off",
        2,
        &[
            "changed fabric | node-1-eth0 has learning off | add node-1-eth0",
            "changed fabric | node-1-eth0 has flood off | add node-1-eth0",
        ],
    ),
    fault(
        "ip link set node-3-eth0 type bridge_slave isolated on",
        1,
        &["changed fabric | isolated on | add node-3-eth0"],
    ),
];
