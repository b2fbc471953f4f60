//! The file as it was written, or spelled out, with the place of everything: what decoding yields, expansion fills in
//! and validation looks at.
//!
//! ```text
//! file ─tree→ Tree ─decode→ Spec ─expand→ Spec ─validate→ Spec ─lower→ model::Topology
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::model::{ClusterKind, Identity, Ipam, Party, Port};
use super::span::{Span, Spanned};
use super::subnet::Family;
use crate::names::{ClusterName, LabName, LinkName, MachineName};
use crate::network::Mac;

/// The whole file.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The lab's name.
    pub lab: Option<LabName>,
    /// `networks`.
    pub networks: Vec<NetworkSpec>,
    /// Whether every network could be read: if not, the one that is missed may be the one that was misspelled.
    pub networks_intact: bool,
    /// `cluster`, which has no name, or `clusters`.
    pub clusters: Vec<ClusterSpec>,
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
    /// `mtu`.
    pub mtu: Option<u32>,
    /// Whether all of it could be read.
    pub intact: bool,
}

/// From what a cluster's nodes are derived.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// Its name under `clusters`.
    pub name: Option<Spanned<ClusterName>>,
    /// Where it stands in the file.
    pub span: Span,
    /// `kind`.
    pub kind: Option<Spanned<ClusterKind>>,
    /// `clusterCIDR`, or else the first pool of each family that is in use: at most one for each family.
    pub cidrs: Vec<ClusterCidr>,
    /// `allocateNodeCIDRs`, and `CIDRAllocatorType` other than `CloudAllocator`: whether nodes get blocks.
    pub allocate: bool,
    /// `routing`.
    pub routing: Spanned<Routing>,
    /// `router`.
    pub router: Option<Spanned<MachineName>>,
    /// `configureCloudRoutes`.
    pub cloud_routes: bool,
    /// `vxlan`.
    pub vxlan: OverlaySpec,
    /// `underlay`.
    pub autodetect: Autodetect,
    /// `ipPools`.
    pub pools: Vec<PoolSpec>,
    /// `ipam`.
    pub ipam: Option<Spanned<Ipam>>,
    /// `leaseTime`, in seconds.
    pub lease_time: Option<Spanned<u32>>,
    /// `masquerade`, if written.
    pub masquerade: Option<bool>,
}

/// How a cluster's VXLAN devices are made.
#[derive(Debug, Clone, Default)]
pub struct OverlaySpec {
    /// `name`.
    pub name: Option<Spanned<LinkName>>,
    /// `id`.
    pub id: Option<Spanned<u32>>,
    /// `port`.
    pub port: Option<Spanned<u16>>,
    /// `learning`, if written.
    pub learning: Option<Spanned<bool>>,
    /// `crossSubnet`.
    pub cross_subnet: bool,
    /// `mtu`.
    pub mtu: Option<Spanned<u32>>,
}

impl OverlaySpec {
    /// Whether the devices learn who is where.
    pub fn learns(&self) -> bool {
        self.learning.as_ref().is_some_and(|learning| learning.value)
    }
}

/// Which of a node's addresses carries traffic between nodes, as Calico's `IP_AUTODETECTION_METHOD` says it.
#[derive(Debug, Clone, Default)]
pub enum Autodetect {
    /// The first of each family, in file order.
    #[default]
    FirstFound,
    /// The one that the node would send from to reach this address.
    CanReach(Spanned<IpAddr>),
    /// That of the first interface whose name one of these regular expressions matches.
    Interface(Vec<Spanned<String>>),
    /// The first that is in one of these subnets.
    Cidr(Vec<Spanned<IpNetwork>>),
}

/// A range of pod addresses, and what becomes of packets that leave it.
#[derive(Debug, Clone)]
pub struct PoolSpec {
    /// `cidr`.
    pub cidr: Spanned<IpNetwork>,
    /// `natOutgoing`.
    pub nat_outgoing: bool,
    /// `disabled`: no pod gets an address from it.
    pub disabled: bool,
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
    /// Each node has a default route to a router, which has a route to each block.
    Router,
    /// Each node has a VXLAN device, and a route over it to each other node's block.
    Vxlan,
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
    /// `vxlan`.
    pub vxlan: Vec<VxlanSpec>,
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
    /// `mtu`.
    pub mtu: Option<u32>,
}

/// A VXLAN device, spelled out.
#[derive(Debug, Clone)]
pub struct VxlanSpec {
    /// Its name.
    pub name: Spanned<LinkName>,
    /// `id`.
    pub id: Spanned<u32>,
    /// `port`.
    pub port: u16,
    /// `local`.
    pub local: Spanned<IpAddr>,
    /// `dev`.
    pub dev: Spanned<LinkName>,
    /// `mac`.
    pub mac: Mac,
    /// `mtu`.
    pub mtu: u32,
    /// `learning`.
    pub learning: bool,
    /// `master`.
    pub master: Option<Spanned<LinkName>>,
    /// `addresses`.
    pub addresses: Vec<Spanned<IpNetwork>>,
    /// `peers`.
    pub peers: Vec<VxlanPeerSpec>,
    /// `flood`.
    pub flood: Vec<Spanned<IpAddr>>,
}

/// Another machine's VXLAN device.
#[derive(Debug, Clone)]
pub struct VxlanPeerSpec {
    /// `vtep`.
    pub vtep: Spanned<IpAddr>,
    /// `mac`.
    pub mac: Mac,
    /// `addresses`.
    pub addresses: Vec<Spanned<IpAddr>>,
}

/// A route.
#[derive(Debug, Clone)]
pub struct RouteSpec {
    /// `to`.
    pub to: Spanned<IpNetwork>,
    /// `via`.
    pub via: Spanned<IpAddr>,
    /// `dev`.
    pub dev: Option<Spanned<LinkName>>,
    /// `onlink`.
    pub onlink: bool,
}

/// What is masqueraded.
#[derive(Debug, Clone)]
pub struct MasqueradeSpec {
    /// `from`.
    pub from: Spanned<IpNetwork>,
    /// `except`.
    pub except: Vec<Spanned<IpNetwork>>,
    /// `to`.
    pub to: Option<Spanned<IpAddr>>,
}

/// A node.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// What it shares with every machine.
    pub machine: MachineSpec,
    /// `cluster`.
    pub cluster: Option<Spanned<ClusterName>>,
    /// `natOutgoingAddress`, at most one of each family.
    pub nat_address: Vec<Spanned<IpAddr>>,
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
    /// `mtu`.
    pub mtu: Option<u32>,
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
