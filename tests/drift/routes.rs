//! Faults of routes and policy rules.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault("ip -n red route delete default", 1, &["missing red | route default via 10.244.1.1 | route add default"]),
    fault("ip -n red route replace default via 10.244.1.3", 2, &["changed red | 10.244.1.3 | route add default"]),
    fault("ip -n red route replace default dev eth0", 2, &["changed red | default dev eth0 | route add default"]),
    fault(
        "ip -n red route delete default; ip -n red route add blackhole default",
        2,
        &["changed red | blackhole default | route add default"],
    ),
    fault(
        "ip -n red route delete default; ip -n red route add default via 10.244.1.1 metric 50",
        2,
        &["missing red | route default via | route add default", "foreign red | metric 50"],
    ),
    fault("ip -n red route change default via 10.244.1.1 mtu 700", 2, &["changed red | mtu 700 | route add default"]),
    fault(
        "ip -n red route change default via 10.244.1.1 mtu lock 700",
        2,
        &["changed red | mtu 700 lock | route add default"],
    ),
    fault("ip -n red route change default via 10.244.1.1 advmss 400", 2, &["changed red | advmss | route add default"]),
    fault(
        "ip -n red route change default via 10.244.1.1 src 10.244.1.2",
        2,
        &["changed red | src 10.244.1.2 | route add default"],
    ),
    fault(
        "ip -n red route change default via 10.244.1.1 dev eth0 onlink",
        2,
        &["changed red | onlink | route add default"],
    ),
    fault("ip -n red route add default via 10.244.1.3 tos 0x10", 1, &["foreign red | tos 0x10"]),
    fault("ip -n red route add default via 10.244.1.3 metric 9", 1, &["foreign red | route default via 10.244.1.3"]),
    fault("ip -n red route add 10.244.1.3 via 10.244.1.1", 1, &["foreign red | route 10.244.1.3 via 10.244.1.1"]),
    fault("ip -n red route add unreachable 10.244.1.3", 1, &["foreign red | route unreachable 10.244.1.3"]),
    fault("ip -n red route add prohibit 10.244.1.3", 1, &["foreign red | route prohibit 10.244.1.3"]),
    fault("ip -n red route add blackhole 10.244.1.3/32", 1, &["foreign red | route blackhole 10.244.1.3"]),
    fault("ip -n red route add throw 10.244.1.3/32", 1, &["foreign red | route throw 10.244.1.3"]),
    fault(
        "ip -n red route add 10.9.0.0/16 nexthop via 10.244.1.1 weight 1 nexthop via 10.244.1.3 weight 3",
        1,
        &["foreign red | weight 3"],
    ),
    fault("ip -n red route add 10.9.0.0/16 via 10.244.1.1 table 7", 1, &["foreign red | table 7"]),
    fault("ip -n red route add 10.9.0.0/16 via 10.244.1.1 table 70000", 1, &["foreign red | table 70000"]),
    fault("ip -n red route add local 10.9.0.0/16 dev lo", 1, &["foreign red | route local 10.9.0.0/16"]),
    fault("ip -n red route delete 10.244.1.0/24", 1, &["missing red | route 10.244.1.0/24 dev eth0"]),
    fault(
        "ip -n red route change 10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2 mtu 600",
        2,
        &["changed red | there is `10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.2 mtu 600`"],
    ),
    fault(
        "ip -n red route delete 10.244.1.0/24; ip -n red route add 10.244.1.0/24 dev eth0 metric 5",
        2,
        &["missing red | route 10.244.1.0/24 dev eth0 proto kernel", "foreign red | metric 5"],
    ),
    fault("ip -n red route delete local 10.244.1.2 table local", 1, &["missing red | route local 10.244.1.2"]),
    fault(
        "ip -n red route delete broadcast 10.244.1.255 table local",
        1,
        &["missing red | route broadcast 10.244.1.255"],
    ),
    fault(
        "ip -n red route flush table local",
        5,
        &[
            "missing red | route local 10.244.1.2",
            "missing red | route broadcast 10.244.1.255",
            "missing red | route local 127.0.0.0/8",
            "missing red | route local 127.0.0.1",
            "missing red | route broadcast 127.255.255.255",
        ],
    ),
    fault("ip -n red route flush table main", 2, &["missing red | route 10.244.1.0/24"]),
    fault(
        "ip -n red route add local 10.244.1.3 dev eth0 table local proto kernel scope host src 10.244.1.2",
        1,
        &["foreign red | route local 10.244.1.3"],
    ),
    fault(
        "ip -n red nexthop replace id 5 via 10.244.1.3 dev eth0; ip -n red route add 10.9.0.0/16 nhid 5",
        1,
        &["foreign red | 10.9.0.0/16 nhid 5"],
    ),
    fault("ip -n red rule add from 10.244.1.2 lookup 7", 1, &["foreign red | from 10.244.1.2"]),
    fault("ip -n red rule add pref 10 prohibit", 1, &["foreign red | prohibit"]),
    fault("ip -n red rule add pref 10 to 10.244.1.3 fwmark 5 lookup 9", 1, &["foreign red | fwmark 0x5"]),
    fault("ip -n red rule delete pref 32766", 1, &["missing red | pref 32766"]),
    fault("ip -n red rule flush", 2, &["missing red | pref 32766", "missing red | pref 32767"]),
    fault(
        "ip -n red rule delete pref 0; ip -n red rule add pref 5 lookup local",
        2,
        &["missing red | pref 0", "foreign red | pref 5"],
    ),
];

/// On `three-nodes.yaml`.
pub const THREE: &[Fault] = &[
    fault(
        "ip -n node-1 route delete 10.244.2.0/24",
        1,
        &["missing node-1 | route 10.244.2.0/24 via 192.168.1.12 | route add 10.244.2.0/24"],
    ),
    fault(
        "ip -n node-1 route replace 10.244.3.0/24 via 192.168.1.12",
        2,
        &["changed node-1 | via 192.168.1.12 | route add 10.244.3.0/24"],
    ),
    fault("ip -n node-1 route add 10.244.3.3 via 192.168.1.12", 1, &["foreign node-1 | 10.244.3.3 via 192.168.1.12"]),
    fault(
        "ip -n node-3 route replace 10.244.1.0/24 nexthop via 192.168.1.11 nexthop via 192.168.1.12",
        2,
        &["changed node-3 | weight | route add 10.244.1.0/24"],
    ),
    fault("ip -n node-1 route delete 192.168.1.0/24", 1, &["missing node-1 | route 192.168.1.0/24 dev eth0"]),
    fault(
        "ip -n node-1 route flush scope global",
        2,
        &[
            "missing node-1 | 10.244.2.0/24 | route add 10.244.2.0/24",
            "missing node-1 | 10.244.3.0/24 | route add 10.244.3.0/24",
        ],
    ),
    fault(
        "ip -n outside route add 10.244.0.0/16 via 192.168.1.11",
        1,
        &["foreign outside | 10.244.0.0/16 via 192.168.1.11"],
    ),
    fault("ip route add blackhole 10.0.0.0/8", 1, &["foreign fabric | blackhole 10.0.0.0/8"]),
    fault(
        "ip -n node-2 rule add from 10.244.0.0/16 lookup 100; ip -n node-2 route add blackhole default table 100",
        2,
        &["foreign node-2 | lookup 100", "foreign node-2 | blackhole default table 100"],
    ),
];

/// On `dual-stack.yaml`.
pub const DUAL: &[Fault] = &[
    fault(
        "ip -n pod-a -6 route delete default",
        1,
        &["missing pod-a | route default via fd00:10:244::1 | -6 route add default"],
    ),
    fault(
        "ip -n node-1 -6 route replace fd00:10:244:1::/64 via fd00:192:168:1::100",
        2,
        &["changed node-1 | fd00:192:168:1::100 | route add fd00:10:244:1::/64"],
    ),
    fault(
        "ip -n pod-a -6 route add blackhole fd00:10:244:1::/64",
        1,
        &["foreign pod-a | blackhole fd00:10:244:1::/64"],
    ),
    fault("ip -n pod-a -6 rule add pref 5 to fd00::/8 unreachable", 1, &["foreign pod-a | unreachable"]),
];

/// On `ipv6-only.yaml`.
pub const SIX: &[Fault] = &[
    fault("ip -n pod-a -6 route add default via fd00:10:244::99 metric 5", 1, &["foreign pod-a | fd00:10:244::99"]),
    fault(
        "ip -n pod-a -6 route append default via fd00:10:244::99",
        2,
        &[
            "changed pod-a | there is `default metric 1024 nexthop via fd00:10:244::1 dev eth0 weight 1 nexthop via fd00:10:244::99 dev eth0 weight 1` | ip -n pod-a -6 route add default via fd00:10:244::1",
        ],
    ),
    fault(
        "ip -n pod-a -6 route change default via fd00:10:244::1 mtu 1300",
        2,
        &["changed pod-a | mtu 1300 | route add default"],
    ),
    fault(
        "ip -n pod-a -6 route change default via fd00:10:244::1 pref low",
        2,
        &["changed pod-a | pref low | route add default"],
    ),
    fault("ip -n pod-a -6 route delete fd00:10:244::/64", 1, &["missing pod-a | route fd00:10:244::/64 dev eth0"]),
    fault("ip -n pod-a -6 route delete fe80::/64 dev eth0", 1, &["missing pod-a | route fe80::/64 dev eth0"]),
    fault(
        "ip -n pod-a -6 route delete local fd00:10:244::2 table local",
        3,
        &["missing pod-a | route local fd00:10:244::2"],
    ),
    fault(
        "ip -n pod-a -6 route delete multicast ff00::/8 dev eth0 table local",
        3,
        &["missing pod-a | multicast ff00::/8 dev eth0"],
    ),
    fault(
        "ip -n pod-a -6 route flush table local",
        4,
        &[
            "missing pod-a | route local ::1 dev lo table local proto kernel",
            "missing pod-a | route local fd00:10:244::2 dev eth0 table local proto kernel",
            "missing pod-a | route local fe80:",
            "missing pod-a | route multicast ff00::/8 dev eth0 table local proto kernel metric 256",
        ],
    ),
    fault("ip -n pod-a -6 rule delete pref 0", 1, &["missing pod-a | pref 0"]),
    fault(
        "ip -n node-1 -6 route replace fd00:10:244:1::/64 nexthop via fd00:192:168:1::12 nexthop via fd00:192:168:1::13",
        2,
        &[
            "changed node-1 | there is `fd00:10:244:1::/64 metric 1024 nexthop via fd00:192:168:1::12 dev eth0 weight 1 nexthop via fd00:192:168:1::13 dev eth0 weight 1` | ip -n node-1 -6 route add fd00:10:244:1::/64 via fd00:192:168:1::12",
        ],
    ),
];
