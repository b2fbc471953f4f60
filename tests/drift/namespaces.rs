//! Faults of namespaces.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault("ip netns delete red", 11, &["missing red | namespace red | netns add red"]),
    fault("ip netns add stranger", 1, &["foreign stranger | namespace stranger"]),
    fault(
        "ip netns add stranger; ip -n stranger link set lo up; ip -n node-1 link add s0 type veth peer name eth0 netns stranger; \
           ip -n node-1 link set s0 master cni0; ip -n node-1 link set s0 up; ip -n stranger link set eth0 up; \
           ip -n stranger addr add 10.244.1.2/24 dev eth0",
        2,
        &["foreign node-1 | link s0, the other end of eth0 in stranger", "foreign stranger | namespace stranger"],
    ),
    fault(
        "ip netns delete red; ip netns add red",
        10,
        &[
            "missing node-1 | veth pipe veth-red | ip -n node-1 link add veth-red type veth peer name peer-red",
            "missing red | lo up | ip -n red link set lo up",
        ],
    ),
    // What runs in it keeps it, although it has lost its name.
    fault(
        "ip netns exec red sleep 20 & sleep 0.2; ip netns delete red",
        12,
        &["missing red | namespace red | ip netns add red"],
    ),
    fault("ip netns delete node-1", 25, &["missing node-1 | namespace node-1 | netns add node-1"]),
    fault(
        "ip netns delete node-1; ip netns delete red; ip netns delete blue",
        29,
        &[
            "missing node-1 | namespace node-1 | ip netns add node-1",
            "missing red | namespace red | ip netns add red",
            "missing blue | namespace blue | ip netns add blue",
        ],
    ),
];

/// On `three-nodes.yaml`.
pub const THREE: &[Fault] = &[
    fault("ip netns delete outside", 11, &["missing outside | namespace outside | netns add outside"]),
    fault(
        "ip netns delete pod-a; ip netns delete node-3",
        49,
        &["missing pod-a | namespace pod-a | netns add pod-a", "missing node-3 | namespace node-3 | netns add node-3"],
    ),
];
