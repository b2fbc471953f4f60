//! `ipam: weave`: the nodes share one range out among themselves, and all of it is one subnet.
//!
//! ```text
//! clusterCIDR 10.32.0.0/12 (unless written)
//!   node-1  10.32.0.0 to 10.39.255.255     bridge weave 10.32.0.1/12   pod-a 10.32.0.2/12  pod-b 10.32.0.3/12
//!   node-2  10.40.0.0 to 10.43.255.255     bridge weave 10.40.0.0/12   pod-c 10.40.0.1/12
//!   node-3  10.44.0.0 to 10.47.255.255     …
//! ```
//!
//! Who has which part is the [`Ring`]'s to say. No part has a mask of its own: a pod takes every other pod for a neighbour,
//! and the nodes' bridges have to be joined to one segment. That is done by a VXLAN device which is a port of the bridge
//! (`routing: vxlan`). Weave Net's own bridge is an Open vSwitch datapath between two veth pipes; what travels on the wire
//! is the same.

mod ring;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::{IpNetwork, Ipv4Network};

use super::cluster::Masks;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::model::{Cluster, ClusterKind, Ipam, Node, Topology};
use super::span::{Span, Spanned};
use super::spec::{BridgeSpec, ClusterCidr, ClusterSpec, NodeSpec, OverlaySpec, Routing};
use super::subnet::{Family, Subnet};
pub use ring::Ring;

/// The range, unless it is written.
const RANGE: &str = "10.32.0.0/12";

/// The name of a node's bridge, unless it is written.
const BRIDGE: &str = "weave";

/// The name and the UDP port of the VXLAN devices that join the bridges, unless they are written: those of Weave Net's fast
/// datapath.
const DEVICE: &str = "vxlan-6784";
const PORT: u16 = 6784;

/// Whether a cluster's addresses are given this way.
pub fn is_used(cluster: &ClusterSpec) -> bool {
    cluster.ipam.as_ref().is_some_and(|ipam| ipam.value == Ipam::Weave)
}

/// The ranges of such a cluster: one of IPv4, which is cut into no blocks.
pub fn ranges(
    written: Vec<Spanned<IpNetwork>>,
    masks: Masks,
    owner: Span,
    diagnostics: &mut Diagnostics,
) -> Vec<ClusterCidr> {
    if let Some(mask) = masks.first() {
        diagnostics.push(
            Diagnostic::new(mask.span, "with `ipam: weave` no blocks are cut")
                .label("expected no size of blocks")
                .help("the nodes share one range out among themselves, and all of it is one subnet"),
        );
    }
    if let Some(range) = written.iter().find(|range| range.family() == Family::V6) {
        diagnostics.push(
            Diagnostic::new(range.span, "Weave Net gives addresses of IPv4 only")
                .label("expected a range of IPv4")
                .help("leave this one out; `ipam: host-local` gives addresses of both families"),
        );
        return Vec::new();
    }
    let whole = |cidr: Spanned<IpNetwork>| ClusterCidr { node_mask: cidr.prefix(), cidr };
    let default = || RANGE.parse().ok().map(|range| whole(Spanned::new(range, owner)));
    match written.into_iter().next() {
        Some(range) => vec![whole(range)],
        None => default().into_iter().collect(),
    }
}

/// The next address of a node whose cluster shares one subnet out, for a pod that comes to a running lab. The one that was
/// given out last is passed over, as long as there is another: whoever still believes that a pod has it that is gone, does
/// not reach the new one by mistake. (Weave Net itself takes the first free one.)
pub fn next(topology: &Topology, node: &Node, last: Option<IpAddr>) -> Option<IpNetwork> {
    let cluster = topology.cluster_of(node)?;
    let range = cluster.ranges.iter().find_map(|range| match range.cidr {
        IpNetwork::V4(network) => Some(network),
        IpNetwork::V6(_) => None,
    })?;
    let mut ring = Ring::of(range, cluster, topology);
    let peers = topology.nodes.iter().filter(|other| other.cluster == node.cluster);
    let peer = peers.clone().position(|other| other.machine.name == node.machine.name)?;
    let taken: HashSet<Ipv4Addr> = peers.flat_map(addresses_of).collect();
    let mut avoided = taken.clone();
    avoided.extend(last.and_then(v4));
    let address = ring.give(peer, &avoided).or_else(|| ring.give(peer, &taken))?;
    IpNetwork::new(address.into(), range.prefix()).ok()
}

/// The IPv4 addresses of a node's bridge and pods.
pub(super) fn addresses_of(node: &Node) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let pods = node.pods.iter().flat_map(|pod| &pod.addresses);
    node.bridge.iter().flat_map(|bridge| &bridge.addresses).chain(pods).filter_map(|address| v4(address.ip()))
}

impl Ring {
    /// As the nodes of a cluster shared it out at first.
    pub fn of(range: Ipv4Network, cluster: &Cluster, topology: &Topology) -> Self {
        Ring::split(range, topology.nodes.iter().filter(|node| node.cluster == cluster.name).count())
    }
}

/// The devices learn who is where: a bridge floods what it does not know, and so do they.
pub fn default_device(options: &mut OverlaySpec, owner: Span) {
    let name = DEVICE.parse().ok().map(|name| Spanned::new(name, owner));
    options.name = options.name.take().or(name);
    options.port.get_or_insert(Spanned::new(PORT, owner));
    options.learning.get_or_insert(Spanned::new(true, owner));
}

/// Gives every bridge and every pod an address that has none. Returns whether all have one.
pub fn give(cluster: &ClusterSpec, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) -> bool {
    let before = diagnostics.count();
    check(cluster, nodes, diagnostics);
    let Some((range, span)) = range(cluster).filter(|_| diagnostics.count() == before) else { return false };
    let written = nodes.iter().flat_map(|node| {
        let pods = node.pods.iter().flat_map(|pod| &pod.addresses);
        node.bridge.iter().flat_map(|bridge| &bridge.addresses).chain(pods)
    });
    let mut taken: HashSet<Ipv4Addr> = written.filter_map(|address| v4(address.ip())).collect();
    let mut ring = Ring::split(range, nodes.len());
    for (peer, node) in nodes.iter_mut().enumerate() {
        let mut next = |span: Span| {
            let address = ring.give(peer, &taken)?;
            taken.insert(address);
            IpNetwork::new(address.into(), range.prefix()).ok().map(|address| Spanned::new(address, span))
        };
        let name = node.machine.name.clone();
        let Some(given) = addresses(node, &mut next) else {
            let (all, pods) = (Ring::addresses(range), nodes.iter().map(|node| node.pods.len()).sum::<usize>());
            let title = format!("{range} holds {all} addresses, for {} bridges and {pods} pods", nodes.len());
            diagnostics.push(
                Diagnostic::new(name.span, title)
                    .label(format!("at {} none is left, in nobody's part", name.value))
                    .also(span, "the range that all nodes share")
                    .help("take a larger clusterCIDR"),
            );
            return false;
        };
        node.pod_cidr = given.then(|| Spanned::new(IpNetwork::V4(range), span)).into_iter().collect();
    }
    true
}

/// Gives a node's bridge and pods their addresses. Returns whether it has a bridge, or nothing when none is left.
fn addresses(node: &mut NodeSpec, next: &mut impl FnMut(Span) -> Option<Spanned<IpNetwork>>) -> Option<bool> {
    let span = node.span();
    let name = BRIDGE.parse().map(|name| Spanned::new(name, span)).ok();
    let bridge = node.bridge.take();
    let mut bridge = match bridge.or(name.map(|name| BridgeSpec { name, addresses: Vec::new(), mtu: None })) {
        Some(bridge) => bridge,
        None => return Some(false),
    };
    if bridge.addresses.is_empty() {
        bridge.addresses.push(next(span)?);
    }
    node.bridge = Some(bridge);
    for pod in node.pods.iter_mut().filter(|pod| pod.addresses.is_empty()) {
        pod.addresses.push(next(pod.machine.name.span)?);
    }
    Some(true)
}

/// The range that is shared out.
fn range(cluster: &ClusterSpec) -> Option<(Ipv4Network, Span)> {
    cluster.cidrs.iter().find_map(|range| match range.cidr.value {
        IpNetwork::V4(network) => Some((network, range.cidr.span)),
        IpNetwork::V6(_) => None,
    })
}

/// What does not go together with one subnet for all.
fn check(cluster: &ClusterSpec, nodes: &[&mut NodeSpec], diagnostics: &mut Diagnostics) {
    let Some(ipam) = &cluster.ipam else { return };
    if matches!(cluster.routing.value, Routing::NodeRoutes | Routing::Router) {
        diagnostics.push(
            Diagnostic::new(cluster.routing.span, "the pods of a cluster with `ipam: weave` are neighbours")
                .label("expected `vxlan` or `none`: there is nothing to route")
                .also(ipam.span, "one subnet for all pods")
                .help("`routing: vxlan` joins the nodes' bridges to one segment"),
        );
    }
    if let Some(kind) = cluster.kind.as_ref().filter(|kind| kind.value == ClusterKind::Flat) {
        diagnostics.push(
            Diagnostic::new(kind.span, "the world cannot know which node has which pod")
                .label("expected `island` or `isolated`")
                .also(ipam.span, "one subnet for all pods, which no route takes apart"),
        );
    }
    if let Some(learning) = cluster.vxlan.learning.as_ref().filter(|learning| !learning.value) {
        diagnostics.push(
            Diagnostic::new(learning.span, "with `ipam: weave` the VXLAN devices have to learn")
                .label("expected `true`")
                .also(ipam.span, "pods are neighbours, and no entry says where each is")
                .help("leave `learning` out"),
        );
    }
    if cluster.vxlan.cross_subnet {
        diagnostics.push(
            Diagnostic::new(ipam.span, "`crossSubnet` does not go together with `ipam: weave`")
                .label("one subnet for all pods")
                .help("there are no routes that could avoid the tunnel: leave `crossSubnet` out"),
        );
    }
    for block in nodes.iter().flat_map(|node| node.pod_cidr.first()) {
        diagnostics.push(
            Diagnostic::new(block.span, "with `ipam: weave` a node has no block of its own")
                .label("expected no podCIDR")
                .also(ipam.span, "the nodes share one range out among themselves"),
        );
    }
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
