//! Every key of the file, once: the decoder knows what is in these tables, and `netlab schema` prints them.
//!
//! ```text
//! FILE ── lab, networks ── NETWORK ── subnets
//!     ├── cluster ── CLUSTER ── clusterCIDR, …
//!     ├── nodes ──── NODE ──── what every machine has, address, podCIDR, bridge ── BRIDGE, pods ── POD
//!     ├── hosts ──── HOST ──── what every machine has
//!     └── expect ─── EXPECTATION ── from, to, reachable, …
//! ```
//!
//! A new key is one line here and one in `decode.rs`.

/// A mapping with fixed keys.
#[derive(Debug)]
pub struct Object {
    /// What it is called in messages (`a node`) and, without its article, in the schema.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its keys, in tables that objects share.
    pub tables: &'static [&'static [Key]],
}

impl Object {
    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

/// A key of an object.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// Whether it has to be there.
    pub required: bool,
    /// What it means.
    pub about: &'static str,
}

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// The name of a lab.
    LabName,
    /// The name of a machine.
    MachineName,
    /// The name of a link or network.
    LinkName,
    /// An address: `192.168.1.11`.
    Address,
    /// An address with its prefix length: `192.168.1.11/24`.
    Interface,
    /// A subnet: `192.168.1.0/24`.
    Subnet,
    /// A subnet or `default`.
    Destination,
    /// Prose, or commands.
    Text,
    /// A whole number from 1.
    Count,
    /// `true` or `false`.
    Bool,
    /// A prefix length.
    PrefixLength,
    /// A port of TCP or UDP.
    Port,
    /// A machine, or all of a kind.
    Party,
    /// A machine, all of a kind, or an address.
    Target,
    /// As whom somebody is seen: a word, a machine or an address.
    Identity,
    /// Any single value: what a sysctl is set to.
    Setting,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list, where one item may stand without the list.
    OneOrMany(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A mapping from names of the first shape to values of the second.
    Map(&'static Shape, &'static Shape),
    /// A sysctl's key.
    SysctlKey,
    /// A mapping with fixed keys.
    Object(&'static Object),
}

pub(crate) const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: false, about }
}

pub(crate) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: true, about }
}

/// The whole file.
pub static FILE: Object = Object {
    name: "a topology",
    about: "A Kubernetes-style pod network.",
    tables: &[&[
        required("lab", Shape::LabName, "The lab's name."),
        key(
            "networks",
            Shape::Map(&Shape::LinkName, &Shape::Object(&NETWORK)),
            "The layer-2 networks: the physical switches.",
        ),
        key(
            "cluster",
            Shape::Object(&CLUSTER),
            "From what the nodes' blocks, bridges, routes and masquerading derive.",
        ),
        required("nodes", Shape::Map(&Shape::MachineName, &Shape::Object(&NODE)), "The cluster's nodes."),
        key("hosts", Shape::Map(&Shape::MachineName, &Shape::Object(&HOST)), "Machines outside the cluster."),
        key(
            "expect",
            Shape::List(&Shape::Object(&EXPECTATION)),
            "Who is to reach whom, beside or against what the Kubernetes network model says: `netlab check` finds out.",
        ),
    ]],
};

/// A network.
pub static NETWORK: Object = Object {
    name: "a network",
    about: "A layer-2 segment: one bridge in the lab's fabric.",
    tables: &[&[key(
        "subnets",
        Shape::OneOrMany(&Shape::Subnet),
        "The subnets whose addresses are used on it. Without any, all addresses may be.",
    )]],
};

/// The cluster.
pub static CLUSTER: Object = Object {
    name: "a cluster",
    about: "What a Kubernetes cluster derives for its nodes, with the names of kube-controller-manager and kube-proxy.",
    tables: &[&[
        required(
            "clusterCIDR",
            Shape::OneOrMany(&Shape::Subnet),
            "The range of pod addresses, one for each family. Nodes get consecutive blocks of it in file order.",
        ),
        key(
            "nodeCIDRMaskSize",
            Shape::PrefixLength,
            "The prefix length of a node's block: 24 for IPv4 and 64 for IPv6 unless written. With both families, use \
             the two keys that name one.",
        ),
        key(
            "nodeCIDRMaskSizeIPv4",
            Shape::PrefixLength,
            "The prefix length of a node's IPv4 block: 24 unless written.",
        ),
        key(
            "nodeCIDRMaskSizeIPv6",
            Shape::PrefixLength,
            "The prefix length of a node's IPv6 block: 64 unless written.",
        ),
        key(
            "routing",
            Shape::Choice(ROUTING),
            "How pods on different nodes reach each other: `nodeRoutes` (unless written) gives each node a route to \
             each other node's block, `none` gives none.",
        ),
        key("masquerade", Shape::Bool, "Whether packets from pods that leave clusterCIDR get their node's address."),
    ]],
};

/// The words that `routing` knows.
pub const ROUTING: &[&str] = &["nodeRoutes", "none"];

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

static MASQUERADING: &[Key] = &[key(
    "masquerade",
    Shape::List(&Shape::Object(&MASQUERADE)),
    "Whose packets get the machine's own address as source when they leave it.",
)];

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
        ],
        MACHINE,
        MASQUERADING,
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
    tables: &[MACHINE, MASQUERADING],
};

/// An interface.
pub static INTERFACE: Object = Object {
    name: "an interface",
    about: "One end of a veth pipe whose other end is a port of a network.",
    tables: &[&[
        required("network", Shape::LinkName, "The network that it is plugged into."),
        key("addresses", Shape::OneOrMany(&Shape::Interface), "Its addresses with their prefix lengths."),
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
    ]],
};

/// A route.
pub static ROUTE: Object = Object {
    name: "a route",
    about: "Where packets for a destination go next.",
    tables: &[&[
        required("to", Shape::Destination, "The destination: a subnet or `default`."),
        required("via", Shape::Address, "The gateway, which is on a subnet that the machine is connected to."),
    ]],
};

/// A masquerade entry.
pub static MASQUERADE: Object = Object {
    name: "a masquerade entry",
    about: "Whose packets get the machine's own address as source when they leave it.",
    tables: &[&[
        required("from", Shape::Subnet, "The sources that are translated."),
        key("except", Shape::OneOrMany(&Shape::Subnet), "The destinations that are spared."),
    ]],
};

/// An expectation.
pub static EXPECTATION: Object = Object {
    name: "an expectation",
    about: "Who is to reach whom, which `netlab check` tries with real packets. Without a port, it is a ping.",
    tables: &[&[
        required("from", Shape::OneOrMany(&Shape::Party), "Who sends: a machine, or all `pods`, `nodes` or `hosts`."),
        required(
            "to",
            Shape::OneOrMany(&Shape::Target),
            "To whom: a machine, all `pods`, `nodes` or `hosts`, or an address.",
        ),
        key("reachable", Shape::Bool, "Whether it is answered: true unless written."),
        key(
            "as",
            Shape::OneOrMany(&Shape::Identity),
            "Whose address it arrives with: `own` for the sender's, `node` for that of its node, a machine or an \
             address. Any unless written.",
        ),
        key("tcp", Shape::Port, "A TCP connection to this port. Where nobody listens there, `check` does."),
        key("udp", Shape::Port, "A UDP datagram to this port. Where nobody listens there, `check` does."),
        key("family", Shape::Choice(FAMILIES), "IPv4 or IPv6: both unless written."),
    ]],
};

/// The words for the families.
pub const FAMILIES: &[&str] = &["IPv4", "IPv6"];

/// The words for all machines of a kind.
pub const GROUPS: &[&str] = &["pods", "nodes", "hosts"];
