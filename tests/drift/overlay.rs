//! Faults of VXLAN devices, of what is written down about others, of MTUs, and of routes over a link.

use crate::fault::{Fault, fault};

/// On `overlay-by-hand.yaml`.
pub const FAULTS: &[Fault] = &[
    // Whoever is behind the device is forgotten with it, and so are the ways.
    fault("ip -n node-1 link delete flannel.1", 7, &["missing node-1 | VXLAN device flannel.1 | type vxlan id 1"]),
    fault("ip -n node-1 link delete flannel-v6.1", 6, &["missing node-1 | VXLAN device flannel-v6.1 | type vxlan"]),
    fault(
        "ip -n node-1 link delete flannel.1; \
           ip -n node-1 link add flannel.1 address 66:2a:00:00:04:01 mtu 1450 type vxlan id 2 local 192.168.1.11 dev eth0 \
           dstport 8472 nolearning",
        8,
        &["changed node-1 | VXLAN device, id 2 local 192.168.1.11 dev eth0 dstport 8472 nolearning | type vxlan"],
    ),
    fault(
        "ip -n node-1 link delete flannel.1; \
           ip -n node-1 link add flannel.1 address 66:2a:00:00:04:01 mtu 1450 type vxlan id 1 local 192.168.1.11 dev eth0 \
           dstport 4789 nolearning",
        8,
        &["changed node-1 | dstport 4789 | type vxlan"],
    ),
    fault(
        "ip -n node-1 link set flannel.1 type vxlan id 1 learning",
        8,
        &["changed node-1 | 8472 learning | type vxlan"],
    ),
    fault(
        "ip -n node-1 link set flannel.1 type vxlan id 1 local 192.168.1.77",
        8,
        &["changed node-1 | local 192.168.1.77 | type vxlan"],
    ),
    fault("ip -n node-1 link set flannel.1 type vxlan id 1 dev cni0", 8, &["changed node-1 | dev cni0 | type vxlan"]),
    // A bridge in its place, on which all that is written down about others cannot be.
    fault(
        "ip -n node-1 link delete flannel.1; ip -n node-1 link add flannel.1 type bridge",
        8,
        &["changed node-1 | flannel.1 is a bridge | type vxlan"],
    ),
    // The kernel forgets neighbours of a link that gets another address.
    fault(
        "ip -n node-1 link set dev flannel.1 address 66:2a:00:00:04:77",
        2,
        &["changed node-1 | has the hardware address 66:2a:00:00:04:77, not 66:2a:00:00:04:01 | type vxlan"],
    ),
    fault("ip -n node-1 link set dev flannel.1 mtu 1400", 1, &["changed node-1 | mtu 1400, not 1450 | type vxlan"]),
    // With that of the interface that it sends by, in the order in which the kernel takes them.
    fault(
        "ip -n node-1 link set eth0 mtu 1400; ip -n node-1 link set flannel.1 mtu 1350",
        2,
        &[
            "changed node-1 | eth0 has mtu 1400, not 1500 | name eth0",
            "changed node-1 | mtu 1350, not 1450 | type vxlan",
        ],
    ),
    // Too small for IPv6, which is lost on the way, and with it who was known.
    fault(
        "ip -n node-1 link set flannel-v6.1 mtu 1200",
        0,
        &["changed node-1 | flannel-v6.1 has mtu 1200, not 1430 | type vxlan"],
    ),
    fault("ip -n node-1 link set flannel.1 txqueuelen 7", 1, &["changed node-1 | txqueuelen 7 | type vxlan"]),
    fault(
        "ip -n node-1 link set flannel.1 arp off",
        2,
        &[
            "changed node-1 | arp off | type vxlan",
            "missing node-1 | neighbour 10.244.2.0 dev flannel.1 | neigh replace 10.244.2.0",
        ],
    ),
    fault(
        "ip -n node-1 link set flannel.1 arp off; \
           ip -n node-1 neigh replace 10.244.2.0 lladdr 66:2a:00:00:04:02 dev flannel.1 nud permanent",
        2,
        &["changed node-1 | arp off | type vxlan"],
    ),
    fault(
        "ip -n node-1 link set flannel.1 down",
        3,
        &[
            "missing node-1 | flannel.1 up | link set flannel.1 up",
            "missing node-1 | neighbour 10.244.2.0 | neigh replace 10.244.2.0",
        ],
    ),
    fault(
        "ip -n node-1 link set flannel-v6.1 down",
        3,
        &[
            "missing node-1 | flannel-v6.1 up | link set flannel-v6.1 up",
            "missing node-1 | neighbour fd00:10:244:2:: | neigh replace fd00:10:244:2::",
        ],
    ),
    fault(
        "ip -n node-1 addr delete 10.244.1.0/32 dev flannel.1",
        3,
        &[
            "missing node-1 | address 10.244.1.0/32 on flannel.1 | addr add 10.244.1.0/32",
            "missing node-1 | neighbour 10.244.2.0 dev flannel.1 | neigh replace 10.244.2.0",
            "missing node-1 | route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink | route add 10.244.2.0/24",
        ],
    ),
    fault(
        "ip -n node-1 link set flannel.1 master cni0",
        1,
        &["changed node-1 | flannel.1 is a port of cni0 | type vxlan"],
    ),
    // One more device, and what is written down for it goes with it.
    fault(
        "ip -n node-1 link add vxlan9 type vxlan id 9 local 192.168.1.11 dev eth0 dstport 8472; \
           bridge -n node-1 fdb append 00:00:00:00:00:00 dev vxlan9 dst 192.168.1.12; ip -n node-1 link set vxlan9 up",
        1,
        &["foreign node-1 | link vxlan9, a vxlan"],
    ),
    // Who is behind it.
    fault(
        "ip -n node-1 neigh delete 10.244.2.0 dev flannel.1",
        1,
        &["missing node-1 | neighbour 10.244.2.0 dev flannel.1 at 66:2a:00:00:04:02 | neigh replace 10.244.2.0"],
    ),
    fault(
        "ip -n node-1 neigh replace 10.244.2.0 lladdr 66:2a:00:00:04:66 dev flannel.1 nud permanent",
        1,
        &["changed node-1 | 10.244.2.0 on flannel.1 is at 66:2a:00:00:04:66, permanent | neigh replace 10.244.2.0"],
    ),
    fault(
        "ip -n node-1 neigh replace 10.244.2.0 lladdr 66:2a:00:00:04:02 dev flannel.1 nud noarp",
        1,
        &["missing node-1 | neighbour 10.244.2.0 dev flannel.1 | neigh replace 10.244.2.0"],
    ),
    fault(
        "ip -n node-1 neigh replace fd00:10:244:2:: lladdr 66:2a:00:00:06:66 dev flannel-v6.1 nud permanent",
        1,
        &["changed node-1 | fd00:10:244:2:: on flannel-v6.1 is at 66:2a:00:00:06:66 | neigh replace fd00:10:244:2::"],
    ),
    fault(
        "ip -n node-1 neigh add 10.244.3.0 lladdr 66:2a:00:00:04:03 dev flannel.1 nud permanent",
        1,
        &["foreign node-1 | neighbour 10.244.3.0 dev flannel.1 at 66:2a:00:00:04:03"],
    ),
    // By way of whom.
    fault(
        "bridge -n node-1 fdb delete 66:2a:00:00:04:02 dev flannel.1 self",
        1,
        &["missing node-1 | forwarding entry 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.12 | fdb replace"],
    ),
    fault(
        "bridge -n node-1 fdb replace 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.99 self permanent",
        1,
        &["changed node-1 | there is 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.99 self | fdb replace"],
    ),
    fault(
        "bridge -n node-1 fdb replace 66:2a:00:00:06:02 dev flannel-v6.1 dst 2001:db8:1::99 self permanent",
        1,
        &["changed node-1 | there is 66:2a:00:00:06:02 dev flannel-v6.1 dst 2001:db8:1::99 self | fdb replace"],
    ),
    // At the right machine, but to another device there, or to none.
    fault(
        "bridge -n node-1 fdb replace 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.12 port 4789 self permanent",
        1,
        &["changed node-1 | dst 192.168.1.12 port 4789 self | fdb replace"],
    ),
    fault(
        "bridge -n node-1 fdb replace 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.12 vni 7 self permanent",
        1,
        &["changed node-1 | dst 192.168.1.12 vni 7 self | fdb replace"],
    ),
    fault(
        "bridge -n node-1 fdb add 66:2a:00:00:04:03 dev flannel.1 dst 192.168.1.13 self permanent",
        1,
        &["foreign node-1 | forwarding entry 66:2a:00:00:04:03 dev flannel.1 dst 192.168.1.13"],
    ),
    fault(
        "bridge -n node-1 fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.168.1.12 self permanent; \
           bridge -n node-1 fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.168.1.99 self permanent",
        2,
        &[
            "foreign node-1 | forwarding entry 00:00:00:00:00:00 dev flannel.1 dst 192.168.1.12",
            "foreign node-1 | forwarding entry 00:00:00:00:00:00 dev flannel.1 dst 192.168.1.99",
        ],
    ),
    // The way over it.
    fault(
        "ip -n node-1 route delete 10.244.2.0/24",
        1,
        &["missing node-1 | route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink | route add 10.244.2.0/24"],
    ),
    fault(
        "ip -n node-1 -6 route delete fd00:10:244:2::/64",
        1,
        &["missing node-1 | route fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel-v6.1 onlink | route add fd00"],
    ),
    fault(
        "ip -n node-1 route replace 10.244.2.0/24 via 192.168.1.12",
        2,
        &["changed node-1 | there is `10.244.2.0/24 via 192.168.1.12 dev eth0` | route add 10.244.2.0/24"],
    ),
    fault(
        "ip -n node-1 route replace 10.244.2.0/24 via 10.244.2.0 dev eth0 onlink",
        2,
        &["changed node-1 | there is `10.244.2.0/24 via 10.244.2.0 dev eth0 onlink` | route add 10.244.2.0/24"],
    ),
    // MTUs of pipes, at one end and at both; the bridge follows.
    fault("ip -n pod-a link set eth0 mtu 1500", 1, &["missing pod-a | MTU 1430 on eth0 | link set eth0 mtu 1430"]),
    fault("ip -n pod-a link set eth0 mtu 1400", 1, &["changed pod-a | eth0 has MTU 1400 | link set eth0 mtu 1430"]),
    fault(
        "ip -n pod-a link set eth0 mtu 1400; ip -n node-1 link set veth-pod-a mtu 1400",
        2,
        &[
            "changed pod-a | eth0 has MTU 1400 | link set eth0 mtu 1430",
            "changed node-1 | veth-pod-a has MTU 1400 | link set veth-pod-a mtu 1430",
        ],
    ),
    // The cable takes the devices with it that send by it.
    fault("ip link delete node-1-eth0", 0, &["missing fabric | veth pipe node-1-eth0 | type veth"]),
    fault("ip netns delete node-1", 0, &["missing node-1 | namespace node-1 | netns add node-1"]),
];

/// Two bridges that a learning overlay makes one, in one subnet.
pub const JOINED: &str = r#"
lab: joined
networks: { underlay: {} }
nodes:
  node-1:
    interfaces: { eth0: { network: underlay, addresses: 192.168.1.11/24 } }
    bridge: { name: weave, addresses: 10.32.0.1/12, mtu: 1400 }
    pods: { pod-a: { addresses: 10.32.0.2/12 } }
    vxlan:
      vxlan-6784: { id: 7, port: 6784, local: 192.168.1.11, dev: eth0, mac: "66:2a:00:00:07:01", mtu: 1400, learning: true,
                    master: weave, flood: [192.168.1.12, 192.168.1.13] }
    masquerade: [{ from: 10.32.0.0/12, except: 10.32.0.0/12, to: 192.168.1.11 }]
  node-2:
    interfaces: { eth0: { network: underlay, addresses: 192.168.1.12/24 } }
    bridge: { name: weave, addresses: 10.40.0.1/12, mtu: 1400 }
    pods: { pod-b: { addresses: 10.40.0.2/12 } }
    vxlan:
      vxlan-6784: { id: 7, port: 6784, local: 192.168.1.12, dev: eth0, mac: "66:2a:00:00:07:02", mtu: 1400, learning: true,
                    master: weave, flood: 192.168.1.11 }
"#;

/// On [`JOINED`]. What devices learn comes and goes, and is nobody's fault.
pub const LEARNING: &[Fault] = &[
    fault(
        "bridge -n node-1 fdb delete 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.1.12 self",
        1,
        &["missing node-1 | forwarding entry 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.1.12 | fdb append"],
    ),
    fault(
        "bridge -n node-1 fdb append 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.1.99 self permanent",
        1,
        &["foreign node-1 | forwarding entry 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.1.99"],
    ),
    // Written down for one hardware address, where nobody is.
    fault(
        "bridge -n node-1 fdb replace 66:2a:00:00:07:02 dev vxlan-6784 dst 192.168.1.99 self permanent",
        1,
        &["foreign node-1 | forwarding entry 66:2a:00:00:07:02 dev vxlan-6784 dst 192.168.1.99"],
    ),
    fault(
        "bridge -n node-1 fdb append 00:00:00:00:00:00 dev vxlan-6784 dst 192.168.1.12 vni 9 self permanent",
        1,
        &["foreign node-1 | dst 192.168.1.12 vni 9 self"],
    ),
    fault(
        "ip -n node-1 link set vxlan-6784 nomaster",
        1,
        &["missing node-1 | vxlan-6784 as a port of weave | link set vxlan-6784 master weave"],
    ),
    fault(
        "ip -n node-1 link delete vxlan-6784",
        6,
        &["missing node-1 | VXLAN device vxlan-6784, id 7 | type vxlan id 7"],
    ),
    fault(
        "ip -n node-1 link set vxlan-6784 type vxlan id 7 nolearning",
        7,
        &["changed node-1 | dstport 6784 nolearning; the plan says | type vxlan id 7"],
    ),
    // The address that pods leave with.
    fault(
        "ip netns exec node-1 nft flush chain ip netlab postrouting",
        1,
        &["missing node-1 | snat to 192.168.1.11` in postrouting | snat to 192.168.1.11"],
    ),
    fault(
        "ip netns exec node-1 sh -c 'nft flush chain ip netlab postrouting; nft add rule ip netlab postrouting \
           ip saddr 10.32.0.0/12 ip daddr != 10.32.0.0/12 snat to 192.168.1.99'",
        2,
        &[
            "missing node-1 | snat to 192.168.1.11` in postrouting | snat to 192.168.1.11",
            "foreign node-1 | snat to 192.168.1.99` in postrouting",
        ],
    ),
    fault(
        "ip -n node-1 link set dev weave mtu 1280",
        1,
        &["changed node-1 | weave has mtu 1280, not 1400 | type bridge"],
    ),
    fault(
        "ip -n node-1 link set dev vxlan-6784 mtu 1350",
        1,
        &["changed node-1 | mtu 1350, not 1400 | type vxlan id 7"],
    ),
];
