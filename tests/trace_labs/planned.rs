//! Plans that are wrong, or that nobody would make.

use crate::bench::{Case, delivered, hopeless, lost, partly};

/// Two routers in a row, nodes with a default route only, one that does not forward, and one who has a gateway that is
/// nobody's.
pub const ROUTERS: &str = "
lab: routers
networks:
  red: { subnets: [192.168.1.0/24] }
  blue: { subnets: [192.168.2.0/24] }
  mid: { subnets: [192.168.9.0/24] }
nodes:
  n1:
    interfaces: { eth0: { network: red, addresses: [192.168.1.11/24] } }
    bridge: { name: cni0, addresses: [10.244.1.1/24] }
    pods: { a: { addresses: [10.244.1.2/24] } }
    routes: [{ to: default, via: 192.168.1.1 }]
  n2:
    interfaces: { eth0: { network: blue, addresses: [192.168.2.12/24] } }
    bridge: { name: cni0, addresses: [10.244.2.1/24] }
    pods: { b: { addresses: [10.244.2.2/24] } }
    routes: [{ to: default, via: 192.168.2.1 }]
  n3:
    forwarding: false
    interfaces: { eth0: { network: red, addresses: [192.168.1.13/24] } }
    bridge: { name: cni0, addresses: [10.244.3.1/24] }
    pods: { c: { addresses: [10.244.3.2/24] } }
    routes: [{ to: default, via: 192.168.1.9 }]
hosts:
  r1:
    forwarding: true
    interfaces: { red: { network: red, addresses: [192.168.1.1/24] }, mid: { network: mid, addresses: [192.168.9.1/24] } }
    routes:
      - { to: 10.244.1.0/24, via: 192.168.1.11 }
      - { to: 10.244.2.0/24, via: 192.168.9.2 }
      - { to: 10.244.3.0/24, via: 192.168.1.13 }
      - { to: 192.168.2.0/24, via: 192.168.9.2 }
  r2:
    forwarding: true
    interfaces: { blue: { network: blue, addresses: [192.168.2.1/24] }, mid: { network: mid, addresses: [192.168.9.2/24] } }
    routes:
      - { to: 10.244.2.0/24, via: 192.168.2.12 }
      - { to: 10.244.1.0/24, via: 192.168.9.1 }
      - { to: 192.168.1.0/24, via: 192.168.9.1 }
  out:
    interfaces: { eth0: { network: red, addresses: [192.168.1.100/24] } }
    routes: [{ to: 10.244.0.0/16, via: 192.168.1.1 }]
  far:
    interfaces: { eth0: { network: blue, addresses: [192.168.2.100/24] } }
";

/// What comes of them.
pub const ROUTERS_CASES: &[Case] = &[
    delivered(
        "a b",
        "",
        "a/eth0 n1/veth-a n1/cni0 n1/eth0 fabric/n1-eth0 fabric/r1-red r1/red r1/mid fabric/r1-mid fabric/r2-mid r2/mid \
         r2/blue fabric/r2-blue fabric/n2-eth0 n2/eth0 n2/cni0 n2/veth-b b/eth0",
    ),
    delivered("a 192.168.9.2", "", ""),
    delivered("out b", "", ""),
    // The answer takes a way of its own.
    delivered("a out", "", "a/eth0 n1/veth-a n1/cni0 n1/eth0 fabric/n1-eth0 fabric/out-eth0 out/eth0"),
    hopeless("a 198.51.100.1", "", "no-route there r1 red"),
    // The node's own address is nothing to this host either: to masquerade would not help.
    hopeless("a far", "", "no-return-route there far eth0"),
    lost("b far", "", "no-masquerade there far eth0"),
    delivered("b a", "", "").undo("ip netns exec n2 nft delete table ip masq"),
    lost("far b", "", "no-route there far -").undo("ip -n far route delete 10.244.2.0/24"),
    // Its gateway is nobody's, too.
    partly("a c", "", "forwarding-off there n3 eth0").undo("ip netns exec n3 sysctl -qw net.ipv4.ip_forward=0"),
];

/// Nodes with two interfaces and routes of which one leads to nobody, a pod with two interfaces, and pods with routes of
/// their own.
pub const ODD: &str = r#"
lab: odd
networks:
  red: { subnets: [192.168.1.0/24, "fd00:1::/64"] }
  blue: { subnets: [192.168.2.0/24] }
nodes:
  n1:
    interfaces:
      eth0: { network: red, addresses: [192.168.1.11/24, "fd00:1::11/64"] }
      eth1: { network: blue, addresses: [192.168.2.11/24] }
    bridge: { name: cni0, addresses: [10.244.1.1/24, "fd00:10:1::1/64"] }
    pods:
      a: { addresses: [10.244.1.2/24, "fd00:10:1::2/64"] }
      two: { addresses: [10.244.1.3/24], interfaces: { net1: { network: blue, addresses: [192.168.2.50/24] } } }
      lonely: { addresses: [10.244.1.4/24], routes: [{ to: default, via: 10.244.1.99 }] }
      misled: { addresses: [10.244.1.5/24], routes: [{ to: 10.244.2.0/24, via: 10.244.1.2 }] }
    routes:
      - { to: 10.244.2.0/24, via: 192.168.2.12 }
      - { to: 10.244.3.0/24, via: 192.168.1.99 }
      - { to: "fd00:10:2::/64", via: "fd00:1::12" }
    masquerade: [{ from: 10.244.1.0/24, except: [10.244.0.0/16, 192.168.1.100/32] }]
  n2:
    interfaces:
      eth0: { network: red, addresses: [192.168.1.12/24, "fd00:1::12/64"] }
      eth1: { network: blue, addresses: [192.168.2.12/24] }
    bridge: { name: cni0, addresses: [10.244.2.1/24, "fd00:10:2::1/64"] }
    pods: { b: { addresses: [10.244.2.2/24, "fd00:10:2::2/64"] } }
    routes: [{ to: 10.244.1.0/24, via: 192.168.1.11 }]
hosts:
  out: { interfaces: { eth0: { network: red, addresses: [192.168.1.100/24] } } }
  other: { interfaces: { eth0: { network: blue, addresses: [192.168.2.100/24] } } }
"#;

/// What comes of them.
pub const ODD_CASES: &[Case] = &[
    // There by one network, back by the other.
    delivered(
        "a b",
        "",
        "a/eth0 n1/veth-a n1/cni0 n1/eth1 fabric/n1-eth1 fabric/n2-eth1 n2/eth1 n2/cni0 n2/veth-b b/eth0",
    ),
    delivered("two other", "", "two/net1 fabric/two-net1 fabric/other-eth0 other/eth0"),
    delivered("a other", "", ""),
    delivered("a 10.244.2.1", "", ""),
    hopeless("lonely b", "", "wrong-gateway there lonely -").says(&["nobody has 10.244.1.99"]),
    hopeless("a 10.244.3.2", "", "wrong-gateway there n1 cni0").says(&["nobody has 192.168.1.99"]),
    lost("a b -6", "", "no-return-route back n2 cni0").undo("ip -n n2 -6 route delete fd00:10:1::/64"),
    lost("misled b", "", "forwarding-off there a eth0").undo("ip netns exec a sysctl -qw net.ipv4.ip_forward=0"),
    // It is spared from translation, and by the plan.
    lost("a out", "", "no-masquerade there out eth0").undo("ip netns exec n1 nft delete table ip masq"),
    hopeless("a 10.244.2.255", "", "no-listener there n2 eth1").says(&["the address of all machines"]),
    hopeless("a fe80::99%eth0", "", "neighbour-unanswered there a -").says(&["nobody has fe80::99"]),
    hopeless(
        "b 10.244.1.2",
        "ip netns delete a; while ip -n n1 link show veth-a >/dev/null 2>&1; do sleep 0.02; done; ip -n n1 neigh flush all",
        "link-down there n1 cni0",
    )
    .says(&["veth-a of n1 is gone"]),
];
