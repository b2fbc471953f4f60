//! The keys of nodes, pods and hosts, and of what stands in them.

use super::{Key, Object, Shape, key, required};

static MACHINE: &[Key] = &[
    key(
        "interfaces",
        Shape::Map(&Shape::LinkName, &Shape::Object(&INTERFACE)),
        "Its interfaces on networks, by their names in the machine.",
    ),
    key("routes", Shape::List(&Shape::Object(&ROUTE)), "Its routes by way of gateways."),
    key(
        "forwarding",
        Shape::Bool,
        "Whether it forwards packets. Unless written, nodes with pods do, other nodes and hosts do not, and pods keep \
         what the kernel gives them.",
    ),
    key(
        "sysctls",
        Shape::Map(&Shape::SysctlKey, &Shape::Setting),
        "Further sysctls of its namespace, such as net.ipv4.conf.all.rp_filter.",
    ),
];

static OUTER: &[Key] = &[
    key(
        "masquerade",
        Shape::List(&Shape::Object(&MASQUERADE)),
        "Whose packets get the machine's own address as source when they leave it.",
    ),
    key("vxlan", Shape::Map(&Shape::LinkName, &Shape::Object(&VXLAN)), "Its VXLAN devices, by their names."),
];

/// A node.
pub static NODE: Object = Object {
    name: "a node",
    about: "A machine of the cluster, with a bridge and pods.",
    tables: &[
        &[
            key(
                "address",
                Shape::OneOrMany(&Shape::Address),
                "The short form of an interface `eth0` on the network whose subnet holds the address.",
            ),
            key(
                "podCIDR",
                Shape::OneOrMany(&Shape::Subnet),
                "Its block of pod addresses, one for each family, as in a Kubernetes node's spec.podCIDRs.",
            ),
            key("bridge", Shape::Object(&BRIDGE), "The bridge that its pods are ports of."),
            key("pods", Shape::Map(&Shape::MachineName, &Shape::Object(&POD)), "Its pods."),
            key("cluster", Shape::ClusterName, "The cluster that it belongs to, where there are `clusters`."),
            key(
                "natOutgoingAddress",
                Shape::OneOrMany(&Shape::Address),
                "The address that packets from its pods get when they leave the cluster, one for each family. Unless \
                 written, that of the interface that they leave by.",
            ),
        ],
        MACHINE,
        OUTER,
    ],
};

/// A pod.
pub static POD: Object = Object {
    name: "a pod",
    about: "A machine whose `eth0` is a port of its node's bridge.",
    tables: &[
        &[key(
            "addresses",
            Shape::OneOrMany(&Shape::Interface),
            "The addresses of its eth0. Unless written, the next free one of each of the bridge's subnets.",
        )],
        MACHINE,
    ],
};

/// A host.
pub static HOST: Object = Object {
    name: "a host",
    about: "A machine outside the cluster: a router, a client, the rest of the world.",
    tables: &[MACHINE, OUTER],
};

/// An interface.
pub static INTERFACE: Object = Object {
    name: "an interface",
    about: "One end of a veth pipe whose other end is a port of a network.",
    tables: &[&[
        required("network", Shape::LinkName, "The network that it is plugged into."),
        key("addresses", Shape::OneOrMany(&Shape::Interface), "Its addresses with their prefix lengths."),
        key("mtu", Shape::Mtu, "The largest packet that it sends, in bytes: the network's unless written."),
    ]],
};

/// A bridge.
pub static BRIDGE: Object = Object {
    name: "a bridge",
    about: "A node's bridge, whose addresses are its pods' gateways.",
    tables: &[&[
        key("name", Shape::LinkName, "Its name: `cni0` unless written."),
        key(
            "addresses",
            Shape::OneOrMany(&Shape::Interface),
            "Its addresses. Unless written, the first host address of each of the node's blocks.",
        ),
        key("mtu", Shape::Mtu, "The largest packet that its pods send, in bytes: 1500 unless written."),
    ]],
};

/// A route.
pub static ROUTE: Object = Object {
    name: "a route",
    about: "Where packets for a destination go next.",
    tables: &[&[
        required("to", Shape::Destination, "The destination: a subnet or `default`."),
        required("via", Shape::Address, "The gateway, which is on a subnet that the machine is connected to."),
        key(
            "dev",
            Shape::LinkName,
            "The link that leads to the gateway. Unless written, the one whose subnet holds it.",
        ),
        key("onlink", Shape::Bool, "Whether the gateway is behind `dev` although no subnet there holds it."),
    ]],
};

/// A masquerade entry.
pub static MASQUERADE: Object = Object {
    name: "a masquerade entry",
    about: "Whose packets get the machine's own address as source when they leave it.",
    tables: &[&[
        required("from", Shape::Subnet, "The sources that are translated."),
        key("except", Shape::OneOrMany(&Shape::Subnet), "The destinations that are spared."),
        key("to", Shape::Address, "The address that they get, in place of that of the interface that they leave by."),
    ]],
};

/// A VXLAN device.
pub static VXLAN: Object = Object {
    name: "a VXLAN device",
    about: "What is sent over it travels in UDP to the machine that has it.",
    tables: &[&[
        required("id", Shape::Vni, "The network identifier (VNI)."),
        key("port", Shape::Port, "The UDP port: 8472, which Linux and flannel use, unless written; IANA's is 4789."),
        required("local", Shape::Address, "The machine's own address that it sends from."),
        required("dev", Shape::LinkName, "The interface that it sends by."),
        required("mac", Shape::Mac, "Its hardware address, by which the others know it."),
        required("mtu", Shape::Mtu, "The largest packet that it takes, in bytes."),
        key("learning", Shape::Bool, "Whether it learns who is where from what comes in."),
        key("master", Shape::LinkName, "The bridge that it is a port of."),
        key("addresses", Shape::OneOrMany(&Shape::Interface), "Its own addresses."),
        key("peers", Shape::List(&Shape::Object(&VXLAN_PEER)), "Those whom it knows."),
        key("flood", Shape::OneOrMany(&Shape::Address), "To whom it sends what is for everybody, or for the unknown."),
    ]],
};

/// Another machine's VXLAN device.
pub static VXLAN_PEER: Object = Object {
    name: "a VXLAN peer",
    about: "Another machine's VXLAN device: an entry of the FDB, and one of the neighbour table for each address.",
    tables: &[&[
        required("vtep", Shape::Address, "That machine's address on the underlay."),
        required("mac", Shape::Mac, "The device's hardware address."),
        key("addresses", Shape::OneOrMany(&Shape::Address), "The device's own addresses."),
    ]],
};
