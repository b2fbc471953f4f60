//! The file as it was written, or spelled out, with the place of everything: what decoding yields, expansion fills in
//! and validation looks at.
//!
//! ```text
//! file ─tree→ Tree ─decode→ Spec ─expand→ Spec ─validate→ Spec ─lower→ model::Topology
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::model::{Identity, Party, Port};
use super::span::{Span, Spanned};
use super::subnet::Family;
use crate::names::{LabName, LinkName, MachineName};

/// The whole file.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The lab's name.
    pub lab: Option<LabName>,
    /// `networks`.
    pub networks: Vec<NetworkSpec>,
    /// Whether every network could be read: if not, the one that is missed may be the one that was misspelled.
    pub networks_intact: bool,
    /// `cluster`.
    pub cluster: Option<ClusterSpec>,
    /// `nodes`.
    pub nodes: Vec<NodeSpec>,
    /// `hosts`.
    pub hosts: Vec<MachineSpec>,
    /// `expect`.
    pub expect: Vec<ExpectationSpec>,
}

/// A network.
#[derive(Debug, Clone)]
pub struct NetworkSpec {
    /// Its name.
    pub name: Spanned<LinkName>,
    /// `subnets`.
    pub subnets: Vec<Spanned<IpNetwork>>,
    /// Whether all of it could be read.
    pub intact: bool,
}

/// From what a cluster's nodes are derived.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// `clusterCIDR`, at most one for each family.
    pub cidrs: Vec<ClusterCidr>,
    /// `routing`.
    pub routing: Routing,
    /// `masquerade`.
    pub masquerade: bool,
}

/// A `clusterCIDR` and how it is cut into nodes' blocks.
#[derive(Debug, Clone)]
pub struct ClusterCidr {
    /// The whole range.
    pub cidr: Spanned<IpNetwork>,
    /// The prefix length of each node's block.
    pub node_mask: u8,
}

/// How pods of different nodes reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    /// Each node has a route to each other node's block.
    NodeRoutes,
    /// Only by the routes that are written.
    None,
}

/// What every kind of machine has.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// Its name.
    pub name: Spanned<MachineName>,
    /// `forwarding`.
    pub forwarding: Option<bool>,
    /// `sysctls`.
    pub sysctls: Vec<(String, String)>,
    /// `interfaces`.
    pub interfaces: Vec<InterfaceSpec>,
    /// `routes`.
    pub routes: Vec<RouteSpec>,
    /// `masquerade`, if written.
    pub masquerade: Option<Vec<MasqueradeSpec>>,
    /// Whether all of it could be read.
    pub intact: bool,
}

/// An interface on a network.
#[derive(Debug, Clone)]
pub struct InterfaceSpec {
    /// Its name.
    pub name: Spanned<LinkName>,
    /// `network`.
    pub network: Spanned<LinkName>,
    /// `addresses`.
    pub addresses: Vec<Spanned<IpNetwork>>,
}

/// A route.
#[derive(Debug, Clone)]
pub struct RouteSpec {
    /// `to`.
    pub to: Spanned<IpNetwork>,
    /// `via`.
    pub via: Spanned<IpAddr>,
}

/// What is masqueraded.
#[derive(Debug, Clone)]
pub struct MasqueradeSpec {
    /// `from`.
    pub from: Spanned<IpNetwork>,
    /// `except`.
    pub except: Vec<Spanned<IpNetwork>>,
}

/// A node.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// What it shares with every machine.
    pub machine: MachineSpec,
    /// `address`: the short form of an interface `eth0`.
    pub address: Vec<Spanned<IpAddr>>,
    /// `podCIDR`: its block.
    pub pod_cidr: Vec<Spanned<IpNetwork>>,
    /// `bridge`.
    pub bridge: Option<BridgeSpec>,
    /// `pods`.
    pub pods: Vec<PodSpec>,
}

/// A node's bridge.
#[derive(Debug, Clone)]
pub struct BridgeSpec {
    /// `name`.
    pub name: Spanned<LinkName>,
    /// `addresses`.
    pub addresses: Vec<Spanned<IpNetwork>>,
}

/// A pod.
#[derive(Debug, Clone)]
pub struct PodSpec {
    /// What it shares with every machine.
    pub machine: MachineSpec,
    /// `addresses` of its `eth0`.
    pub addresses: Vec<Spanned<IpNetwork>>,
}

/// An expectation.
#[derive(Debug, Clone)]
pub struct ExpectationSpec {
    /// `from`.
    pub from: Vec<Spanned<Party>>,
    /// `to`.
    pub to: Vec<Spanned<Party>>,
    /// `reachable`.
    pub reachable: bool,
    /// `as`.
    pub seen_as: Vec<Spanned<Identity>>,
    /// `tcp` or `udp`.
    pub port: Option<Port>,
    /// `family`.
    pub family: Option<Spanned<Family>>,
}

impl Spec {
    /// Every machine, in file order: each node followed by its pods, then the hosts.
    pub fn machines(&self) -> impl Iterator<Item = &MachineSpec> {
        let nodes = self
            .nodes
            .iter()
            .flat_map(|node| std::iter::once(&node.machine).chain(node.pods.iter().map(|pod| &pod.machine)));
        nodes.chain(&self.hosts)
    }
}

impl NodeSpec {
    /// Where the node stands in the file, and with it what derives from it.
    pub fn span(&self) -> Span {
        self.machine.name.span
    }
}
