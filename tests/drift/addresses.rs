//! Faults of addresses.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0",
        2,
        &["missing red | address 10.244.1.2/24 on eth0 | addr add"],
    ),
    fault("ip -n red addr add 10.244.1.9/24 dev eth0", 1, &["foreign red | address 10.244.1.9/24 on eth0"]),
    fault("ip -n red addr add 10.7.0.1/16 dev lo", 1, &["foreign red | address 10.7.0.1/16 on lo"]),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2/16 dev eth0",
        3,
        &[
            "changed red | eth0 has 10.244.1.2/16 | addr add 10.244.1.2/24",
            "missing red | route default | route add default",
        ],
    ),
    fault("ip -n red addr add 10.244.1.2/16 dev eth0", 1, &["foreign red | address 10.244.1.2/16 on eth0"]),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2/24 dev lo",
        3,
        &[
            "missing red | address 10.244.1.2/24 on eth0 | ip -n red addr add 10.244.1.2/24 dev eth0",
            "foreign red | address 10.244.1.2/24 on lo",
        ],
    ),
    fault("ip -n red addr flush dev eth0", 2, &["missing red | address 10.244.1.2/24 on eth0 | addr add"]),
    fault("ip -n red addr delete 127.0.0.1/8 dev lo", 1, &["missing red | address 127.0.0.1/8 on lo"]),
    fault(
        "ip -n red addr change 10.244.1.2/24 dev eth0 preferred_lft 0",
        3,
        &["changed red | 10.244.1.2/24 | addr add 10.244.1.2/24"],
    ),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2/24 dev eth0 noprefixroute",
        3,
        &["changed red | noprefixroute | addr add 10.244.1.2/24"],
    ),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2/24 scope link dev eth0; \
           ip -n red route add default via 10.244.1.1",
        3,
        &["changed red | scope link | addr add 10.244.1.2/24"],
    ),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2 peer 10.244.1.0/24 dev eth0; \
           ip -n red route add default via 10.244.1.1",
        3,
        &["changed red | peer | addr add 10.244.1.2/24"],
    ),
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.2/24 brd 10.244.1.77 dev eth0; \
           ip -n red route add default via 10.244.1.1",
        3,
        &["changed red | brd 10.244.1.77 | addr add 10.244.1.2/24"],
    ),
    // The second address of a subnet goes with the first, or takes its place (`promote_secondaries`).
    fault(
        "ip -n red addr delete 10.244.1.2/24 dev eth0; ip -n red addr add 10.244.1.9/24 dev eth0; \
           ip -n red addr add 10.244.1.2/24 dev eth0; ip -n red route add default via 10.244.1.1",
        0,
        &["foreign red | address 10.244.1.9/24 on eth0"],
    ),
    fault(
        "ip -n node-1 addr delete 10.244.1.1/24 dev cni0; ip -n node-1 addr add 10.244.1.254/24 dev cni0",
        2,
        &[
            "missing node-1 | address 10.244.1.1/24 on cni0 | addr add 10.244.1.1/24",
            "foreign node-1 | address 10.244.1.254/24 on cni0",
        ],
    ),
    fault("ip -n node-1 addr add 10.244.1.2/32 dev cni0", 1, &["foreign node-1 | address 10.244.1.2/32 on cni0"]),
];

/// On `dual-stack.yaml`.
pub const DUAL: &[Fault] = &[
    fault(
        "ip -n pod-a addr flush dev eth0",
        4,
        &[
            "missing pod-a | 10.244.0.2/24 on eth0 | addr add 10.244.0.2/24",
            "missing pod-a | fd00:10:244::2/64 on eth0 | addr add fd00:10:244::2/64",
            "missing pod-a | link-local address on eth0",
        ],
    ),
    fault("ip -n pod-a addr delete fd00:10:244::2/64 dev eth0", 1, &["missing pod-a | fd00:10:244::2/64 | addr add"]),
    fault("ip -n pod-a addr delete ::1/128 dev lo", 1, &["missing pod-a | address ::1/128 on lo"]),
    fault(
        "ip -n pod-a addr flush dev lo",
        2,
        &["missing pod-a | address ::1/128 on lo", "missing pod-a | address 127.0.0.1/8 on lo"],
    ),
    fault("ip -n node-1 addr add 2001:db8::1/64 dev eth0", 1, &["foreign node-1 | address 2001:db8::1/64 on eth0"]),
];

/// On `ipv6-only.yaml`.
pub const SIX: &[Fault] = &[
    fault(
        "ip -n pod-a -6 addr flush dev eth0",
        2,
        &["missing pod-a | address fd00:10:244::2/64 on eth0 | addr add", "missing pod-a | link-local address on eth0"],
    ),
    fault("ip -n pod-a -6 addr flush dev eth0 scope link", 1, &["missing pod-a | link-local address on eth0"]),
    fault("ip -n node-1 -6 addr flush dev cni0 scope link", 1, &["missing node-1 | link-local address on cni0"]),
    fault("ip -n pod-a addr add fe80::77/64 dev eth0", 1, &["foreign pod-a | address fe80::77/64 on eth0"]),
    fault(
        "ip -n pod-a -6 addr flush dev eth0 scope link; ip -n pod-a addr add fe80::2/64 dev eth0",
        2,
        &["missing pod-a | link-local address on eth0", "foreign pod-a | address fe80::2/64 on eth0"],
    ),
    fault(
        "ip -n pod-a addr change fd00:10:244::2/64 dev eth0 preferred_lft 0",
        2,
        &["changed pod-a | deprecated | addr add fd00:10:244::2/64"],
    ),
    fault(
        "ip -n pod-a addr change fd00:10:244::2/64 dev eth0 noprefixroute",
        2,
        &["changed pod-a | noprefixroute | addr add fd00:10:244::2/64"],
    ),
    fault(
        "ip -n pod-a addr change fd00:10:244::2/64 dev eth0 valid_lft 500 preferred_lft 400",
        2,
        &["changed pod-a | valid_lft | addr add fd00:10:244::2/64"],
    ),
    fault(
        "ip -n pod-a addr delete fd00:10:244::2/64 dev eth0; ip -n pod-a addr add fd00:10:244::2/128 dev eth0",
        2,
        &["changed pod-a | eth0 has fd00:10:244::2/128 | addr add fd00:10:244::2/64"],
    ),
    fault("ip -n node-1 addr add fd00:10:244::2/128 dev lo", 1, &["foreign node-1 | fd00:10:244::2/128 on lo"]),
];
