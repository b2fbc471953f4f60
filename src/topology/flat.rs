//! `kind: flat`: the world has routes to the pods.
//!
//! ```text
//! office 192.168.1.100    10.244.1.0/24 via 192.168.1.11       a node's block by way of the node
//!                         10.244.2.0/24 via 192.168.1.12       or, with `routing: router`, of the router
//! ```
//!
//! The world is whoever is not of the cluster and shares a subnet with its nodes or its router: hosts, and nodes of other
//! clusters. Who stands further off needs routes of its own. Whoever is on several networks with a node goes by the one that
//! carries traffic between nodes (`underlay.autodetect`).

use std::collections::HashSet;

use ipnetwork::IpNetwork;

use super::autodetect::Underlay;
use super::model::ClusterKind;
use super::neighbours;
use super::span::Spanned;
use super::spec::{ClusterSpec, InterfaceSpec, MachineSpec, NodeSpec, RouteSpec, Routing};
use super::subnet::Subnet;
use crate::names::MachineName;

/// A block, and by way of whom the world reaches it: the first of them that is a neighbour.
#[derive(Debug)]
pub struct Way {
    block: IpNetwork,
    gateways: Vec<InterfaceSpec>,
}

/// The ways to the pods of a cluster; none unless it is flat. With `routing: none` they are left to be written.
pub fn ways(cluster: &ClusterSpec, nodes: &[&mut NodeSpec], router: Option<&MachineSpec>) -> Vec<Way> {
    let is_flat = cluster.kind.as_ref().is_some_and(|kind| kind.value == ClusterKind::Flat);
    if !is_flat || cluster.routing.value == Routing::None {
        return Vec::new();
    }
    let before = router.map_or(&[][..], |router| &router.interfaces);
    let of = |node: &NodeSpec| {
        let underlay = Underlay::of(node, &cluster.autodetect);
        let way = |block: &Spanned<IpNetwork>| {
            let carrier = underlay.carrier(block.family()).map(|carrier| carrier.as_interface());
            let gateways = before.iter().chain(&carrier).chain(&node.machine.interfaces).cloned().collect();
            Way { block: block.value, gateways }
        };
        node.pod_cidr.iter().map(way).collect::<Vec<_>>()
    };
    nodes.iter().flat_map(|node| of(node)).collect()
}

/// Gives a machine of the world its routes, but for those that it has.
pub fn give(machine: &mut MachineSpec, ways: &[Way], router: Option<&MachineName>) {
    if router == Some(&machine.name.value) {
        return;
    }
    let written: HashSet<IpNetwork> = machine.routes.iter().map(|route| route.to.value).collect();
    let span = machine.name.span;
    let route = |way: &Way| {
        let via = neighbours::address_of(machine, &way.gateways, way.block.family())?;
        let (to, via) = (Spanned::new(way.block, span), Spanned::new(via, span));
        Some(RouteSpec { to, via, dev: None, onlink: false })
    };
    let new: Vec<RouteSpec> = ways.iter().filter(|way| !written.contains(&way.block)).filter_map(route).collect();
    machine.routes.extend(new);
}
