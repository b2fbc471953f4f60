//! A lab, spelled out: what the planner reads and what `netlab expand` prints.
//!
//! ```yaml
//! lab: one-node
//! nodes:
//!   node-1:
//!     forwarding: true
//!     bridge: { name: cni0, addresses: [10.244.1.1/24] }
//!     pods:
//!       red:
//!         addresses: [10.244.1.2/24]
//!         routes: [{ to: default, via: 10.244.1.1 }]
//! ```
//!
//! Nothing is left to derive here: every address, route and switch is written down. Values of these types have passed
//! validation, so whoever reads them needs no checks of its own.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

pub use super::subnet::Family;
use crate::names::{ClusterName, LabName, LinkName, MachineName};
use crate::network::Mac;

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The lab's name.
    pub lab: LabName,
    /// The layer-2 networks, in file order.
    pub networks: Vec<Network>,
    /// The clusters, in file order.
    pub clusters: Vec<Cluster>,
    /// The clusters' nodes, in file order.
    pub nodes: Vec<Node>,
    /// The machines outside the cluster, in file order.
    pub hosts: Vec<Machine>,
    /// Who is to reach whom, in file order.
    pub expect: Vec<Expectation>,
}

impl Topology {
    /// The cluster that a node belongs to.
    pub fn cluster_of(&self, node: &Node) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.name == node.cluster)
    }
}

/// A layer-2 segment: one bridge in the fabric, which bears this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The network's name, and its bridge's.
    pub name: LinkName,
    /// The subnets whose addresses are used on it; none means any.
    pub subnets: Vec<IpNetwork>,
    /// The largest packet that it carries, in bytes; the kernel's own choice (1500) if `None`.
    pub mtu: Option<u32>,
}

/// What is to be known of a cluster once all that derives from it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name; a lab's only cluster needs none.
    pub name: Option<ClusterName>,
    /// Whether pods and the world outside reach each other, if the file says so.
    pub kind: Option<ClusterKind>,
    /// The ranges that nodes' blocks are cut from, at most one of each family.
    pub ranges: Vec<Range>,
    /// The ranges that pods may have addresses of, where there are pools.
    pub pools: Vec<Pool>,
    /// The host that has the routes to the nodes' blocks, where one has them.
    pub router: Option<MachineName>,
    /// Who gives pods their addresses.
    pub ipam: Option<Ipam>,
    /// For how long a DHCP server leases them, in seconds, if the file says so.
    pub lease_time: Option<u32>,
}

/// A pool. What becomes of packets that leave it is among what the nodes masquerade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The range.
    pub cidr: IpNetwork,
    /// Whether no pod has an address from it.
    pub disabled: bool,
}

/// A range and how it is cut into nodes' blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The whole range.
    pub cidr: IpNetwork,
    /// The prefix length of each node's block.
    pub node_mask: u8,
}

/// How pods and the world outside their cluster reach each other, in the words of
/// <https://cloud.google.com/kubernetes-engine/docs/concepts/gke-compare-network-models>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClusterKind {
    /// The world has routes to pods, and sees their own addresses.
    Flat,
    /// Pods leave under their node's address; the world has no way to them.
    Island,
    /// Nodes are reached, pods are not, and do not leave.
    Isolated,
}

impl ClusterKind {
    /// All of them.
    pub const ALL: [ClusterKind; 3] = [ClusterKind::Flat, ClusterKind::Island, ClusterKind::Isolated];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            ClusterKind::Flat => "flat",
            ClusterKind::Island => "island",
            ClusterKind::Isolated => "isolated",
        }
    }

    /// Whether the world has no routes to its pods: then another cluster may use the same addresses.
    pub fn is_apart(self) -> bool {
        matches!(self, ClusterKind::Island | ClusterKind::Isolated)
    }
}

/// Who gives pods their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ipam {
    /// The CNI plugin `host-local`: a file for each lease, on each node.
    HostLocal,
    /// Weave Net's way: the nodes share one range out among themselves.
    Weave,
    /// The CNI plugin `dhcp`: a server in each node.
    Dhcp,
}

impl Ipam {
    /// All of them.
    pub const ALL: [Ipam; 3] = [Ipam::HostLocal, Ipam::Weave, Ipam::Dhcp];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Ipam::HostLocal => "host-local",
            Ipam::Weave => "weave",
            Ipam::Dhcp => "dhcp",
        }
    }
}

/// What every kind of machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name, and its namespace's.
    pub name: MachineName,
    /// Whether it forwards packets (`net.ipv4.ip_forward` and `net.ipv6.conf.all.forwarding`). `None` leaves the
    /// kernel's own choice alone, which is what pods do.
    pub forwarding: Option<bool>,
    /// Further sysctls as key and value, in file order: `net.ipv4.conf.all.rp_filter`, `1`.
    pub sysctls: Vec<(String, String)>,
    /// Its interfaces on networks, in file order. (A pod's `eth0` on its node's bridge is not among them.)
    pub interfaces: Vec<Interface>,
    /// Its routes, in file order.
    pub routes: Vec<Route>,
    /// What it masquerades, in file order.
    pub masquerade: Vec<Masquerade>,
    /// Its VXLAN devices, in file order.
    pub vxlan: Vec<Vxlan>,
}

/// An interface of a machine: one end of a veth pipe whose other end is a port of a network's bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name inside the machine.
    pub name: LinkName,
    /// The network that it is plugged into.
    pub network: LinkName,
    /// Its addresses with their prefix lengths.
    pub addresses: Vec<IpNetwork>,
    /// The largest packet that it sends, in bytes; the network's, or the kernel's own choice (1500) if `None`.
    pub mtu: Option<u32>,
}

/// A VXLAN device: what is sent over it travels in UDP to the machine that has it.
///
/// ```text
/// flannel.1: { id: 1, port: 8472, local: 192.168.1.11, dev: eth0, mac: 66:2a:…, mtu: 1450, addresses: [10.244.1.0/32],
///              peers: [{ vtep: 192.168.1.12, mac: 66:91:…, addresses: [10.244.2.0] }] }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vxlan {
    /// Its name.
    pub name: LinkName,
    /// The network identifier (VNI), 1 to 16,777,215.
    pub id: u32,
    /// The UDP port that it listens on and sends to.
    pub port: u16,
    /// The machine's own address that it sends from.
    pub local: IpAddr,
    /// The interface that it sends by.
    pub dev: LinkName,
    /// Its hardware address, by which the others know it.
    pub mac: Mac,
    /// The largest packet that it takes, in bytes.
    pub mtu: u32,
    /// Whether it learns who is where from what comes in.
    pub learning: bool,
    /// The bridge that it is a port of, if it is one.
    pub master: Option<LinkName>,
    /// Its own addresses.
    pub addresses: Vec<IpNetwork>,
    /// Those whom it knows: an entry of the FDB each, and one of the neighbour table for each address.
    pub peers: Vec<VxlanPeer>,
    /// To whom it sends what is for everybody, and what is for somebody it does not know.
    pub flood: Vec<IpAddr>,
}

/// Another machine's VXLAN device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VxlanPeer {
    /// Where its packets are sent: that machine's address on the underlay.
    pub vtep: IpAddr,
    /// Its hardware address.
    pub mac: Mac,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A route by way of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The destination: a network, `0.0.0.0/0` and `::/0` being the default routes.
    pub to: IpNetwork,
    /// The gateway, of the same family.
    pub via: IpAddr,
    /// The link that leads to it; unless written, the kernel finds the one whose subnet holds it.
    pub dev: Option<LinkName>,
    /// Whether the gateway is taken to be behind that link although no subnet there holds it.
    pub onlink: bool,
}

/// Packets from `from` that leave the machine for anywhere but `except` get the machine's own address as source: that of
/// the interface that they leave by, or `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masquerade {
    /// The sources that are translated.
    pub from: IpNetwork,
    /// The destinations that are spared, of the same family.
    pub except: Vec<IpNetwork>,
    /// The address that they get, of the same family; that of the interface they leave by if `None`.
    pub to: Option<IpAddr>,
}

/// A node: a machine with a bridge and pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node itself.
    pub machine: Machine,
    /// The cluster that it belongs to, where that has a name.
    pub cluster: Option<ClusterName>,
    /// The bridge that its pods are ports of.
    pub bridge: Option<Bridge>,
    /// Its pods, in file order. There are none without a bridge.
    pub pods: Vec<Pod>,
}

/// A node's bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Its name: `cni0` unless the file says otherwise.
    pub name: LinkName,
    /// Its addresses, which are the pods' gateways.
    pub addresses: Vec<IpNetwork>,
    /// The largest packet that its pods send, in bytes: both ends of their pipes get it. The kernel's own choice (1500)
    /// if `None`.
    pub mtu: Option<u32>,
}

/// A pod: a machine whose `eth0` is a port of its node's bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// The pod itself. Its default routes by way of the bridge are among its routes.
    pub machine: Machine,
    /// The addresses of its `eth0`.
    pub addresses: Vec<IpNetwork>,
}

/// Who is to reach whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Who sends.
    pub from: Vec<Party>,
    /// To whom.
    pub to: Vec<Party>,
    /// Whether it is to be answered.
    pub reachable: bool,
    /// Whose address it is to arrive with; none means any.
    pub seen_as: Vec<Identity>,
    /// To which port; none means a ping.
    pub port: Option<Port>,
    /// Of which family; none means of both, as far as sender and receiver have addresses.
    pub family: Option<Family>,
}

/// One or several machines, or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// Every pod.
    Pods,
    /// Every node.
    Nodes,
    /// Every host.
    Hosts,
    /// Every pod of a cluster.
    PodsOf(ClusterName),
    /// Every node of a cluster.
    NodesOf(ClusterName),
    /// A machine.
    Machine(MachineName),
    /// An address, whoever has it: only to send to.
    Address(IpAddr),
}

impl std::fmt::Display for Party {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Party::Pods => f.pad("pods"),
            Party::Nodes => f.pad("nodes"),
            Party::Hosts => f.pad("hosts"),
            Party::PodsOf(cluster) => f.pad(&format!("pods of {cluster}")),
            Party::NodesOf(cluster) => f.pad(&format!("nodes of {cluster}")),
            Party::Machine(name) => name.fmt(f),
            Party::Address(ip) => ip.fmt(f),
        }
    }
}

/// As whom a sender is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// With an address of its own.
    Own,
    /// With an address of its node.
    Node,
    /// With an address of this machine.
    Machine(MachineName),
    /// With this address.
    Address(IpAddr),
}

impl std::fmt::Display for Identity {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Identity::Own => f.pad("own"),
            Identity::Node => f.pad("node"),
            Identity::Machine(name) => name.fmt(f),
            Identity::Address(ip) => ip.fmt(f),
        }
    }
}

/// A port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Of TCP.
    Tcp(u16),
    /// Of UDP.
    Udp(u16),
}
