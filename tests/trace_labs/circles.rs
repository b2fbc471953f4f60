//! Routes and policy rules that lead astray, on the two routers in a row.

use crate::bench::{Case, delivered, hopeless, lost};

/// What is typed, and what comes of it.
pub const CASES: &[Case] = &[
    lost("a b", "ip -n r2 route replace 10.244.2.0/24 via 192.168.9.1", "ttl-exceeded there r1 mid")
        .says(&["round in circles", "r1, r2"]),
    hopeless("a b --ttl 3", "", "ttl-exceeded there r2 mid").says(&["router number 3"]),
    lost(
        "a b",
        "ip -n n1 rule add from 10.244.1.2 table 77; ip -n n1 route add default via 192.168.1.100 table 77",
        "wrong-gateway there out eth0",
    )
    .says(&["192.168.1.100 (out)"]),
    lost(
        "a b",
        "ip -n n2 rule add from 10.244.2.2 table 77; ip -n n2 route add default via 192.168.2.100 table 77",
        "wrong-gateway back far eth0",
    ),
    lost("a b", "ip -n n1 rule add iif cni0 blackhole", "blackhole-route there n1 cni0"),
    lost("a b", "ip -n n2 route add blackhole 10.244.2.2 table local", "blackhole-route there n2 eth0"),
    // A machine that takes a pod's address for its own.
    lost("a b", "ip -n n2 route add local 10.244.2.2 dev lo table local", "unknown there n2 eth0")
        .says(&["takes 10.244.2.2 for its own", "local 10.244.2.2"]),
    // One of two next hops is nobody's.
    lost(
        "a b",
        "ip -n n1 route add 10.244.2.2/32 nexthop via 192.168.1.77 nexthop via 192.168.1.78",
        "wrong-gateway there n1 cni0",
    ),
    lost("a 127.0.0.1", "ip -n a link set lo down", "link-down there a -"),
    delivered("a a", "", "a/lo a/lo"),
];
