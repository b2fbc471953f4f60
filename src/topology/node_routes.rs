//! `routing: nodeRoutes`: every node learns where every other node's pods are.
//!
//! ```text
//! node-1: 10.244.2.0/24 via 192.168.1.12      node-2's block via node-2's address
//!         10.244.3.0/24 via 192.168.1.13      node-3's
//! ```
//!
//! This is what a cloud's route controller, or flannel's host-gw, does on a shared layer-2 network. On nodes with several
//! interfaces, `underlay.autodetect` says which of the other node's addresses it is.

use std::collections::HashSet;

use ipnetwork::IpNetwork;

use super::autodetect::{self, Underlay};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::neighbours;
use super::span::Spanned;
use super::spec::{Autodetect, ClusterSpec, NodeSpec, RouteSpec};
use super::subnet::Subnet;

/// How many ports a bridge takes, and so how many nodes a network.
const MOST_NEIGHBOURS: usize = super::validate::ports::MOST;

/// Gives every node a route to each block of each other node, unless it has one.
pub fn give(cluster: &ClusterSpec, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) {
    // More nodes than that cannot all share a network; validation says so.
    if nodes.len() > MOST_NEIGHBOURS {
        let title = format!("nodeRoutes cannot join {} nodes", nodes.len());
        let span = nodes.get(MOST_NEIGHBOURS).map(|node| node.machine.name.span);
        let diagnostic =
            span.map_or_else(|| Diagnostic::nowhere(title.clone()), |span| Diagnostic::new(span, title.clone()));
        diagnostics.push(
            diagnostic
                .label(format!("a network takes {MOST_NEIGHBOURS} nodes, and this is one more"))
                .help("a Linux bridge has at most 1,023 ports (BR_MAX_PORTS)"),
        );
        return;
    }
    let others: Vec<(&NodeSpec, Underlay<'_>)> =
        nodes.iter().map(|node| (&**node, Underlay::of(node, &cluster.autodetect))).collect();
    let derived: Vec<Vec<RouteSpec>> =
        nodes.iter().map(|node| routes_of(node, &others, &cluster.autodetect, diagnostics)).collect();
    for (node, routes) in nodes.iter_mut().zip(derived) {
        node.machine.routes.extend(routes);
    }
}

fn routes_of(
    node: &NodeSpec,
    nodes: &[(&NodeSpec, Underlay<'_>)],
    method: &Autodetect,
    diagnostics: &mut Diagnostics,
) -> Vec<RouteSpec> {
    let written: HashSet<IpNetwork> = node.machine.routes.iter().map(|route| route.to.value).collect();
    let mut routes = Vec::new();
    for (other, underlay) in nodes.iter().filter(|(other, _)| other.machine.name.value != node.machine.name.value) {
        for block in other.pod_cidr.iter().filter(|block| !written.contains(&block.value)) {
            let Some(via) = neighbours::of_node(&node.machine, other, underlay, method, block.family()) else {
                let nowhere = autodetect::fails_on(other, underlay, method, block.family());
                diagnostics.push(nowhere.unwrap_or_else(|| apart(node, other, block)));
                // One complaint about a node is enough: the others will be the same.
                return routes;
            };
            let span = node.machine.name.span;
            routes.push(RouteSpec {
                to: Spanned::new(block.value, span),
                via: Spanned::new(via, span),
                dev: None,
                onlink: false,
            });
        }
    }
    routes
}

fn apart(node: &NodeSpec, other: &NodeSpec, block: &Spanned<IpNetwork>) -> Diagnostic {
    let (name, other_name, family) = (&node.machine.name.value, &other.machine.name.value, block.family());
    let title = format!("{name} has no way to {other_name}'s pods in {}", block.value);
    Diagnostic::new(node.machine.name.span, title)
        .label(format!("shares no {family} subnet with {other_name}"))
        .also(other.machine.name.span, format!("{other_name} is here"))
        .help(format!("give both an {family} address on one network, write the route by hand, or say `routing: none`"))
}
