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

mod cluster;
mod machine;

pub use cluster::{ALLOCATORS, CLUSTER, IPAMS, KINDS, OVERLAY, POOL, ROUTING, UNDERLAY};
pub use machine::{BRIDGE, HOST, INTERFACE, MASQUERADE, NODE, POD, ROUTE, VXLAN, VXLAN_PEER};

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
    /// A time in seconds.
    Seconds,
    /// A prefix length.
    PrefixLength,
    /// A port of TCP or UDP.
    Port,
    /// The largest packet of a link, in bytes.
    Mtu,
    /// The network identifier of a VXLAN.
    Vni,
    /// A hardware address.
    Mac,
    /// A method of finding an address, such as `can-reach=192.168.1.1`.
    Method,
    /// The name of a cluster.
    ClusterName,
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
        key(
            "clusters",
            Shape::Map(&Shape::ClusterName, &Shape::Object(&CLUSTER)),
            "Several of them by their names: each node says which one it belongs to.",
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
    tables: &[&[
        key(
            "subnets",
            Shape::OneOrMany(&Shape::Subnet),
            "The subnets whose addresses are used on it. Without any, all addresses may be.",
        ),
        key("mtu", Shape::Mtu, "The largest packet that it carries, in bytes: 1500 unless written."),
    ]],
};

/// An expectation.
pub static EXPECTATION: Object = Object {
    name: "an expectation",
    about: "Who is to reach whom, which `netlab check` tries with real packets. Without a port, it is a ping.",
    tables: &[&[
        required(
            "from",
            Shape::OneOrMany(&Shape::Party),
            "Who sends: a machine, all `pods`, `nodes` or `hosts`, or `pods of CLUSTER` or `nodes of CLUSTER`.",
        ),
        required("to", Shape::OneOrMany(&Shape::Target), "To whom: the same, or an address."),
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

/// What is said for all machines of a kind of one cluster, for the schema.
pub const GROUP_OF_CLUSTER: &str = "^(pods|nodes) of [A-Za-z0-9_][A-Za-z0-9_.-]*$";
