//! Faults of neighbours and of forwarding entries.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault(
        "ip -n red neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        1,
        &["foreign red | 10.244.1.1"],
    ),
    fault(
        "ip -n red neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud noarp",
        1,
        &["foreign red | 10.244.1.1"],
    ),
    fault(
        "ip -n red neigh add 10.244.1.77 lladdr 02:00:00:00:00:98 dev eth0 nud permanent",
        1,
        &["foreign red | 02:00:00:00:00:98"],
    ),
    fault("ip -n node-1 neigh add proxy 10.244.1.50 dev cni0", 1, &["foreign node-1 | proxy 10.244.1.50"]),
    fault(
        "bridge -n node-1 fdb add 02:00:00:00:00:97 dev veth-red master static",
        1,
        &["foreign node-1 | 02:00:00:00:00:97"],
    ),
    fault(
        "bridge -n node-1 fdb add 02:00:00:00:00:96 dev veth-red master permanent",
        1,
        &["foreign node-1 | 02:00:00:00:00:96"],
    ),
    fault("bridge -n node-1 fdb add 02:00:00:00:00:95 dev cni0 self", 1, &["foreign node-1 | 02:00:00:00:00:95"]),
    // The gateway's own hardware address is said to be behind the other pod.
    fault(
        "mac=$(ip -n red -o link show eth0 | sed 's/.*ether \\([^ ]*\\).*/\\1/'); \
           bridge -n node-1 fdb replace $mac dev veth-blue master static",
        1,
        &["foreign node-1 | dev veth-blue"],
    ),
];

/// On `ipv6-only.yaml`.
pub const SIX: &[Fault] = &[
    fault(
        "ip -n pod-a neigh replace fd00:10:244::1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        1,
        &["foreign pod-a | fd00:10:244::1"],
    ),
    fault("ip -n node-1 neigh add proxy fd00:10:244::50 dev cni0", 1, &["foreign node-1 | proxy fd00:10:244::50"]),
];
