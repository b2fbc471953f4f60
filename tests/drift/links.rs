//! Faults of links.

use crate::fault::{Fault, fault};

/// On `one-node.yaml`.
pub const ONE: &[Fault] = &[
    fault("ip -n red link delete eth0", 9, &["missing node-1 | veth pipe veth-red | link add veth-red"]),
    fault("ip -n node-1 link delete veth-red", 9, &["missing node-1 | veth pipe veth-red | link add veth-red"]),
    fault("ip -n node-1 link delete cni0", 6, &["missing node-1 | bridge cni0 | link add cni0"]),
    fault(
        "ip -n red link set eth0 down; ip -n red link set eth0 name eth9",
        10,
        &[
            "missing node-1 | eth0 in red, the other end of veth-red | ip -n node-1 link set peer-red netns red name eth0",
            "foreign red | link eth9, the other end of veth-red in node-1",
        ],
    ),
    fault(
        "ip -n node-1 link set veth-red down; ip -n node-1 link set veth-red name port7",
        10,
        &[
            "missing node-1 | veth pipe veth-red | ip -n node-1 link add veth-red type veth peer name peer-red",
            "changed node-1 | eth0 is the other end of port7 in node-1, not of veth-red in node-1 | ip -n node-1 link set peer-red netns red name eth0",
            "foreign node-1 | link port7, the other end of eth0 in red",
        ],
    ),
    fault(
        "ip -n node-1 link set cni0 down; ip -n node-1 link set cni0 name cni9",
        7,
        &[
            "missing node-1 | bridge cni0 | ip -n node-1 link add cni0 type bridge",
            "changed node-1 | veth-red is a port of cni9 | ip -n node-1 link set veth-red master cni0",
            "changed node-1 | veth-blue is a port of cni9 | ip -n node-1 link set veth-blue master cni0",
            "foreign node-1 | link cni9, a bridge",
        ],
    ),
    fault(
        "ip -n red link set eth0 netns blue name eth5",
        10,
        &[
            "missing node-1 | eth0 in red, the other end of veth-red | ip -n node-1 link set peer-red netns red name eth0",
            "foreign blue | link eth5, the other end of veth-red in node-1",
        ],
    ),
    fault(
        "ip -n red link set eth0 netns node-1",
        10,
        &[
            "missing node-1 | eth0 in red, the other end of veth-red | ip -n node-1 link set peer-red netns red name eth0",
            "foreign node-1 | link eth0, the other end of veth-red",
        ],
    ),
    fault(
        "ip -n node-1 link set veth-red netns blue",
        10,
        &[
            "missing node-1 | veth pipe veth-red | ip -n node-1 link add veth-red type veth peer name peer-red",
            "changed node-1 | eth0 is the other end of veth-red in blue, not of veth-red in node-1 | ip -n node-1 link set peer-red netns red name eth0",
            "foreign blue | link veth-red, the other end of eth0 in red",
        ],
    ),
    fault(
        "ip -n red link set eth0 netns $$",
        10,
        &[
            "foreign fabric | link eth0, the other end of veth-red in node-1",
            "missing node-1 | eth0 in red, the other end of veth-red | ip -n node-1 link set peer-red netns red name eth0",
        ],
    ),
    fault("ip -n red link set eth0 down", 2, &["missing red | eth0 up | link set eth0 up"]),
    fault("ip -n node-1 link set cni0 down", 1, &["missing node-1 | cni0 up | link set cni0 up"]),
    fault("ip -n node-1 link set veth-red down", 1, &["missing node-1 | veth-red up | link set veth-red up"]),
    fault("ip -n red link set lo down", 1, &["missing red | lo up | link set lo up"]),
    fault("ip -n red link set eth0 mtu 1400", 1, &["changed red | eth0 has mtu 1400 | netns red name eth0"]),
    fault("ip -n red link set lo mtu 1500", 1, &["changed red | lo has mtu 1500"]),
    fault("ip -n node-1 link set veth-red mtu 1300", 1, &["changed node-1 | veth-red has mtu 1300 | add veth-red"]),
    fault("ip -n node-1 link set cni0 mtu 1280", 1, &["changed node-1 | cni0 has mtu 1280 | add cni0"]),
    fault("ip -n red link set eth0 txqueuelen 5", 1, &["changed red | eth0 has txqueuelen 5 | name eth0"]),
    fault("ip -n red link set eth0 arp off", 1, &["changed red | eth0 has arp off | name eth0"]),
    fault("ip -n red link set eth0 promisc on", 1, &["changed red | eth0 has promisc on | name eth0"]),
    fault("ip -n red link set eth0 multicast off", 1, &["changed red | eth0 has multicast off | name eth0"]),
    fault("ip -n red link set eth0 allmulticast on", 1, &["changed red | eth0 has allmulticast on | name eth0"]),
    fault("ip -n red link set eth0 addrgenmode eui64", 1, &["missing red | eth0 without a link-local | addrgenmode"]),
    fault(
        "sysctl -qw net.ipv4.conf.lo.arp_filter=0; ip -n node-1 link set cni0 addrgenmode random",
        1,
        &["missing node-1 | cni0 without a link-local | addrgenmode"],
    ),
    fault("ip -n node-1 link add extra type bridge", 1, &["foreign node-1 | link extra, a bridge"]),
    fault(
        "ip -n red link add v0 type veth peer name v1 netns blue; ip -n red link set v0 up",
        1,
        &["foreign red | link v0, the other end of v1 in blue", "foreign blue | link v1, the other end of v0 in red"],
    ),
    fault("ip -n red link add link eth0 name mv0 type macvlan", 1, &["foreign red | link mv0, a macvlan"]),
    fault(
        "ip -n node-1 link add vx0 type vxlan id 7 dstport 4789 dev cni0",
        1,
        &["foreign node-1 | link vx0, a vxlan"],
    ),
    fault(
        "ip link add sw0 type bridge; ip link set sw0 up; ip addr add 10.9.9.1/24 dev sw0",
        1,
        &["foreign fabric | link sw0, a bridge"],
    ),
    fault(
        "ip -n node-1 link add v7 type veth peer name v8; ip -n node-1 link set v7 master cni0; \
           ip -n node-1 link set v7 up; ip -n node-1 link set v8 up; ip -n node-1 addr add 10.244.1.7/24 dev v8",
        1,
        &["foreign node-1 | link v7, the other end of v8", "foreign node-1 | link v8, the other end of v7"],
    ),
    fault(
        "ip -n red link delete eth0; ip -n red link add eth0 type bridge; ip -n red link set eth0 up",
        10,
        &[
            "missing node-1 | veth pipe veth-red | link add veth-red",
            "changed node-1 | eth0 is a bridge | netns red name eth0",
        ],
    ),
    fault(
        "ip -n red link delete eth0; ip -n red link add eth0 type veth peer name foo netns blue",
        10,
        &[
            "missing node-1 | veth pipe veth-red | ip -n node-1 link add veth-red type veth peer name peer-red",
            "changed node-1 | eth0 is the other end of foo in blue, not of veth-red in node-1 | ip -n node-1 link set peer-red netns red name eth0",
            "foreign blue | link foo, the other end of eth0 in red",
        ],
    ),
    fault(
        "ip -n node-1 link delete cni0; ip -n node-1 link add cni0 type vxlan id 7 dstport 4789",
        7,
        &["changed node-1 | cni0 is a vxlan | ip -n node-1 link add cni0 type bridge"],
    ),
    fault(
        "ip -n node-1 link delete veth-red; ip -n node-1 link add veth-red type veth peer name eth0 netns red",
        7,
        &[
            "missing node-1 | veth-red as a port of cni0 | ip -n node-1 link set veth-red master cni0",
            "missing node-1 | veth-red without a link-local address | ip -n node-1 link set veth-red addrgenmode none",
            "missing node-1 | veth-red up | ip -n node-1 link set veth-red up",
            "missing red | eth0 without a link-local address | ip -n red link set eth0 addrgenmode none",
            "missing red | address 10.244.1.2/24 on eth0 | ip -n red addr add 10.244.1.2/24 dev eth0",
            "missing red | eth0 up | ip -n red link set eth0 up",
        ],
    ),
];

/// On `three-nodes.yaml`.
pub const THREE: &[Fault] = &[
    fault("ip link delete node-2-eth0", 10, &["missing fabric | veth pipe | link add"]),
    fault(
        "ip link set node-2-eth0 nomaster",
        1,
        &["missing fabric | node-2-eth0 as a port of underlay | master underlay"],
    ),
    fault("ip link set underlay down", 1, &["missing fabric | underlay up | link set underlay up"]),
    fault("ip link delete underlay", 7, &["missing fabric | bridge underlay | link add underlay"]),
    fault("ip -n node-1 link set eth0 down", 3, &["missing node-1 | eth0 up | link set eth0 up"]),
    fault("ip -n outside link set eth0 mtu 576", 3, &["changed outside | eth0 has mtu 576 | name eth0"]),
    fault(
        "ip -n node-1 link set veth-pod-a nomaster",
        1,
        &["missing node-1 | veth-pod-a as a port of cni0 | master cni0"],
    ),
    fault(
        "ip -n node-1 link add br9 type bridge; ip -n node-1 link set veth-pod-a master br9",
        2,
        &["changed node-1 | veth-pod-a is a port of br9 | master cni0", "foreign node-1 | link br9, a bridge"],
    ),
    fault("ip -n node-1 link set eth0 master cni0", 1, &["changed node-1 | eth0 is a port of cni0 | name eth0"]),
    fault(
        "ip -n node-2 link set eth0 netns node-3 name eth1",
        11,
        &[
            "missing fabric | eth0 in node-2, the other end of node-2-eth0 | ip link set peer50d7c350 netns node-2 name eth0",
            "foreign node-3 | link eth1, the other end of node-2-eth0 in fabric",
        ],
    ),
    fault(
        "ip -n pod-a link set eth0 netns pod-b name eth1; ip -n pod-b link set eth1 up",
        10,
        &[
            "missing node-1 | eth0 in pod-a, the other end of veth-pod-a | ip -n node-1 link set peer-pod-a netns pod-a name eth0",
            "foreign pod-b | link eth1, the other end of veth-pod-a in node-1",
        ],
    ),
    fault(
        "ip link add x0 type veth peer name x1; ip link set x0 netns pod-a; ip link set x1 netns outside",
        1,
        &[
            "foreign pod-a | link x0, the other end of x1 in outside",
            "foreign outside | link x1, the other end of x0 in pod-a",
        ],
    ),
    fault(
        "ip -n pod-a link set eth0 netns pod-b name tmp; ip -n pod-b link set eth0 netns pod-a; \
           ip -n pod-b link set tmp name eth0; ip -n pod-a link set eth0 up; ip -n pod-b link set eth0 up",
        20,
        &[
            "changed node-1 | eth0 is the other end of veth-pod-b in node-1, not of veth-pod-a in node-1 | ip -n node-1 link set peer-pod-a netns pod-a name eth0",
            "changed node-1 | eth0 is the other end of veth-pod-a in node-1, not of veth-pod-b in node-1 | ip -n node-1 link set peer-pod-b netns pod-b name eth0",
        ],
    ),
];

/// On `dual-stack.yaml`.
pub const DUAL: &[Fault] = &[
    fault("ip -n pod-a link set eth0 down", 3, &["missing pod-a | eth0 up | link set eth0 up"]),
    fault("ip -n pod-a link delete eth0", 10, &["missing node-1 | veth pipe veth-pod-a | link add veth-pod-a"]),
    fault("ip -n node-1 link delete cni0", 6, &["missing node-1 | bridge cni0 | link add cni0"]),
    fault("ip -n node-1 link set eth0 down", 3, &["missing node-1 | eth0 up | link set eth0 up"]),
    fault("ip -n node-1 link set cni0 addrgenmode none", 1, &["changed node-1 | addr_gen_mode"]),
    fault(
        "ip -n node-2 link set eth0 addrgenmode none; ip -n node-2 link set eth0 down; \
           ip -n node-2 link set eth0 up",
        3,
        &[
            "changed node-2 | addr_gen_mode",
            "missing node-2 | route 10.244.0.0/24 via 192.168.1.11 | ip -n node-2 route add 10.244.0.0/24 via 192.168.1.11",
            "missing node-2 | route fd00:10:244::/64 via fd00:192:168:1::11 | ip -n node-2 -6 route add fd00:10:244::/64 via fd00:192:168:1::11",
        ],
    ),
    fault("ip -n pod-c link set eth0 mtu 1200", 3, &["changed pod-c | eth0 has mtu 1200 | name eth0"]),
    // Below 1280 there is no IPv6 on a link.
    fault("ip -n pod-c link set eth0 mtu 1000", 3, &["changed pod-c | eth0 has mtu 1000 | name eth0"]),
    fault("ip -n pod-c link set lo down", 1, &["missing pod-c | lo up | link set lo up"]),
];

/// On `ipv6-only.yaml`.
pub const SIX: &[Fault] = &[
    fault(
        "ip -n pod-a link set eth0 down; ip -n pod-a link set eth0 name eth3; ip -n pod-a link set eth3 up",
        9,
        &[
            "missing node-1 | eth0 in pod-a, the other end of veth-pod-a | ip -n node-1 link set peer-pod-a netns pod-a name eth0",
            "missing pod-a | route default via fd00:10:244::1 | ip -n pod-a -6 route add default via fd00:10:244::1",
            "foreign pod-a | link eth3, the other end of veth-pod-a in node-1",
        ],
    ),
    fault("ip -n pod-b link set eth0 down", 2, &["missing pod-b | eth0 up | link set eth0 up"]),
    fault("ip -n node-2 link delete eth0", 8, &["missing fabric | veth pipe node-2-eth0 | link add node-2-eth0"]),
    fault("ip -n pod-b link set eth0 multicast off", 1, &["changed pod-b | eth0 has multicast off | name eth0"]),
    fault("ip -n pod-b link set eth0 arp off", 1, &["changed pod-b | eth0 has arp off | name eth0"]),
];
