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
use crate::names::{LabName, LinkName, MachineName};

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The lab's name.
    pub lab: LabName,
    /// The layer-2 networks, in file order.
    pub networks: Vec<Network>,
    /// The cluster's nodes, in file order.
    pub nodes: Vec<Node>,
    /// The machines outside the cluster, in file order.
    pub hosts: Vec<Machine>,
    /// Who is to reach whom, in file order.
    pub expect: Vec<Expectation>,
}

/// A layer-2 segment: one bridge in the fabric, which bears this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The network's name, and its bridge's.
    pub name: LinkName,
    /// The subnets whose addresses are used on it; none means any.
    pub subnets: Vec<IpNetwork>,
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
}

/// A route by way of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The destination: a network, `0.0.0.0/0` and `::/0` being the default routes.
    pub to: IpNetwork,
    /// The gateway, of the same family.
    pub via: IpAddr,
}

/// Packets from `from` that leave the machine for anywhere but `except` get the machine's own address as source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masquerade {
    /// The sources that are translated.
    pub from: IpNetwork,
    /// The destinations that are spared, of the same family.
    pub except: Vec<IpNetwork>,
}

/// A node: a machine with a bridge and pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The node itself.
    pub machine: Machine,
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
