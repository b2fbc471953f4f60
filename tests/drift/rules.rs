//! Faults of nftables.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`, which has no rules of its own.
pub const ONE: &[Fault] = &[
    fault(
        "ip netns exec node-1 nft add table ip f; \
           ip netns exec node-1 nft add chain ip f c '{ type filter hook forward priority 0; policy drop; }'",
        1,
        &["foreign node-1 | table ip f"],
    ),
    fault(
        "ip netns exec red nft add table ip6 f; \
           ip netns exec red nft add chain ip6 f c '{ type filter hook input priority 0; policy drop; }'",
        1,
        &["foreign red | table ip6 f"],
    ),
    fault(
        "ip netns exec red nft add table inet f; ip netns exec red nft add set inet f s '{ type ipv4_addr; }'; \
           ip netns exec red nft add chain inet f c '{ type filter hook output priority -5; }'; \
           ip netns exec red nft add rule inet f c ip daddr @s drop",
        1,
        &["foreign red | table inet f"],
    ),
    fault(
        "ip netns exec node-1 nft add table bridge f; \
           ip netns exec node-1 nft add chain bridge f c '{ type filter hook forward priority 0; policy drop; }'",
        1,
        &["foreign node-1 | table bridge f"],
    ),
    fault(
        "ip netns exec red nft add table netdev f; \
           ip netns exec red nft add chain netdev f c '{ type filter hook ingress device eth0 priority 0; policy drop; }'",
        1,
        &["foreign red | table netdev f"],
    ),
    fault(
        "ip netns exec red nft add table arp f; \
           ip netns exec red nft add chain arp f c '{ type filter hook input priority 0; policy drop; }'",
        1,
        &["foreign red | table arp f"],
    ),
    fault("nft add table inet f", 1, &["foreign fabric | table inet f"]),
    fault(
        "ip netns exec red nft add table ip 'my-table'; ip netns exec red nft add chain ip 'my-table' a",
        1,
        &["foreign red | table ip my-table"],
    ),
];

/// On `three-nodes.yaml`: a table, a chain, a rule in each node.
pub const THREE: &[Fault] = &[
    fault("ip netns exec node-1 nft flush ruleset", 3, &["missing node-1 | table ip netlab | nft add table"]),
    fault("ip netns exec node-1 nft flush table ip netlab", 1, &["missing node-1 | rule `ip saddr | nft add rule"]),
    fault(
        "ip netns exec node-1 nft 'flush chain ip netlab postrouting; delete chain ip netlab postrouting'",
        2,
        &["missing node-1 | chain postrouting in table ip netlab | nft add chain"],
    ),
    fault(
        "ip netns exec node-1 nft add rule ip netlab postrouting counter drop",
        1,
        &["foreign node-1 | rule `counter"],
    ),
    fault(
        "ip netns exec node-1 nft insert rule ip netlab postrouting ip daddr 192.168.1.100 return",
        1,
        &["foreign node-1 | rule `ip daddr 192.168.1.100 return`"],
    ),
    fault(
        "h=$(ip netns exec node-1 nft -a list table ip netlab | sed -n 's/.*masquerade.*handle //p'); \
           ip netns exec node-1 nft replace rule ip netlab postrouting handle $h ip saddr 10.244.9.0/24 masquerade",
        2,
        &[
            "missing node-1 | rule `ip saddr 10.244.1.0/24 | nft add rule",
            "foreign node-1 | rule `ip saddr 10.244.9.0/24 masquerade`",
        ],
    ),
    fault(
        "ip netns exec node-1 nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade",
        1,
        &["foreign node-1 | rule `ip saddr 10.244.1.0/24"],
    ),
    fault(
        "ip netns exec node-1 nft chain ip netlab postrouting '{ policy drop; }'",
        1,
        &["changed node-1 | policy drop | nft add chain"],
    ),
    fault("ip netns exec node-1 nft add table ip netlab '{ flags dormant; }'", 1, &["changed node-1 | dormant"]),
    fault(
        "ip netns exec node-1 nft delete table ip netlab; ip netns exec node-1 nft add table ip netlab; \
           ip netns exec node-1 nft add chain ip netlab postrouting '{ type nat hook postrouting priority 150; }'",
        3,
        &["changed node-1 | priority | nft add chain"],
    ),
    fault(
        "ip netns exec node-1 nft add chain ip netlab other",
        1,
        &["foreign node-1 | chain other in table ip netlab"],
    ),
    fault(
        "ip netns exec node-1 nft add chain ip netlab one; ip netns exec node-1 nft add chain ip netlab two; \
           ip netns exec node-1 nft add rule ip netlab two jump one; ip netns exec node-1 nft add rule ip netlab postrouting jump two",
        3,
        &[
            "foreign node-1 | chain one in table ip netlab",
            "foreign node-1 | chain two in table ip netlab",
            "foreign node-1 | rule `jump two`",
        ],
    ),
    fault(
        "ip netns exec node-1 nft add chain ip netlab one; ip netns exec node-1 nft add chain ip netlab two; \
           ip netns exec node-1 nft add rule ip netlab one goto two",
        2,
        &["foreign node-1 | chain one in table ip netlab", "foreign node-1 | chain two in table ip netlab"],
    ),
    fault(
        "ip netns exec node-1 true; \
           ip netns exec node-1 nft add rule ip netlab postrouting 'ip daddr { 10.9.0.1, 10.9.0.2 } drop'",
        1,
        &["foreign node-1 | rule"],
    ),
    fault(
        "ip netns exec node-1 nft add chain ip netlab mine '{ type filter hook forward priority 0; policy drop; }'",
        1,
        &["foreign node-1 | chain mine in table ip netlab"],
    ),
];

/// On `dual-stack.yaml`.
pub const DUAL: &[Fault] = &[
    fault(
        "ip netns exec node-1 nft flush ruleset",
        6,
        &[
            "missing node-1 | table ip netlab | nft add table ip netlab",
            "missing node-1 | table ip6 netlab | nft add table ip6 netlab",
        ],
    ),
    fault(
        "ip netns exec node-2 nft delete table ip6 netlab",
        3,
        &["missing node-2 | table ip6 netlab | nft add table ip6"],
    ),
    fault(
        "ip netns exec node-2 nft insert rule ip6 netlab postrouting ip6 saddr fd00:10:244:1::2 drop",
        1,
        &["foreign node-2 | ip6 saddr fd00:10:244:1::2 drop"],
    ),
];
