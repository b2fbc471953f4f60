//! `routing: router`: nodes know one router, and the router knows every node's block.
//!
//! ```text
//! node-1  default via 192.168.1.1                router  10.244.1.0/24 via 192.168.1.11
//! node-2  default via 192.168.1.1                        10.244.2.0/24 via 192.168.1.12
//! ```
//!
//! This is what a cloud does: its route controller writes the pods' routes into the network's own router
//! (`configureCloudRoutes`), and the nodes need none. For n nodes that is n routes in one place, and one on each node, where
//! `nodeRoutes` takes n − 1 on each.

mod derived;
mod near;

use std::collections::HashSet;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::fields::nearest;
use super::span::{Span, Spanned};
use super::spec::{ClusterSpec, MachineSpec, NodeSpec, RouteSpec, Spec};
use super::subnet::{Family, Subnet};
use crate::names::MachineName;
use near::Near;

/// What stands in the lab before a router is derived: names and addresses that it cannot have.
#[derive(Debug, Default)]
pub struct Taken {
    addresses: HashSet<IpAddr>,
    names: HashSet<MachineName>,
    /// The routers that were derived: each is for one cluster.
    derived: HashSet<MachineName>,
}

impl Taken {
    /// What is taken by the machines that are written.
    pub fn of(spec: &Spec) -> Self {
        let interfaces = spec.machines().flat_map(|machine| &machine.interfaces);
        let addresses = interfaces.flat_map(|interface| &interface.addresses).map(|address| address.ip());
        let names = spec.machines().map(|one| one.name.value.clone()).collect();
        Taken { addresses: addresses.collect(), names, derived: HashSet::new() }
    }
}

/// Finds or makes the cluster's router, and gives it and the nodes their routes. Returns its name.
pub fn give(
    cluster: &ClusterSpec,
    nodes: &mut [&mut NodeSpec],
    hosts: &mut Vec<MachineSpec>,
    taken: &mut Taken,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<MachineName>> {
    let families = families(nodes);
    // Without pods there is nothing to have a way to.
    if families.is_empty() && cluster.router.is_none() {
        return None;
    }
    let place = match &cluster.router {
        Some(name) => named(name, nodes, hosts, diagnostics)?,
        None => match &candidates(cluster, nodes, hosts, taken, &families)[..] {
            [] => {
                hosts.push(derived::router(cluster, nodes, hosts, taken, diagnostics)?);
                hosts.len() - 1
            }
            [only] => *only,
            several => {
                diagnostics.push(which(cluster, several.iter().filter_map(|place| hosts.get(*place))));
                return None;
            }
        },
    };
    let router = hosts.get_mut(place)?;
    let routes = match cluster.cloud_routes {
        true => routes_to_blocks(cluster, nodes, router, diagnostics),
        false => Vec::new(),
    };
    for node in nodes.iter_mut() {
        give_default_routes(node, router, &families, cluster, diagnostics);
    }
    router.routes.extend(routes);
    become_router(router, &families);
    Some(router.name.clone())
}

/// A router that a cluster without routes of its own names all the same: a host, as `netlab expand` writes it.
pub fn check_name(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    hosts: &[MachineSpec],
    diagnostics: &mut Diagnostics,
) {
    if let Some(name) = &cluster.router {
        named(name, nodes, hosts, diagnostics);
    }
}

/// The families that the cluster's pods have addresses of.
fn families(nodes: &[&mut NodeSpec]) -> Vec<Family> {
    let has = |family: &Family| nodes.iter().any(|node| has_block(node, *family));
    [Family::V4, Family::V6].into_iter().filter(has).collect()
}

/// The place among the hosts of the one that is written.
fn named(
    name: &Spanned<MachineName>,
    nodes: &[&mut NodeSpec],
    hosts: &[MachineSpec],
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    if let Some(place) = hosts.iter().position(|host| host.name.value == name.value) {
        let silent = hosts.get(place).filter(|host| host.forwarding == Some(false));
        if let Some(host) = silent {
            diagnostics.push(
                Diagnostic::new(name.span, format!("{} is to be the router, and does not forward", name.value))
                    .label("a router passes packets on")
                    .also(host.name.span, "it has `forwarding: false`")
                    .help("write `forwarding: true`, or leave it out: a cluster's router forwards"),
            );
        }
        return silent.is_none().then_some(place);
    }
    let diagnostic = Diagnostic::new(name.span, format!("there is no host {}", name.value));
    let inside = nodes.iter().find(|node| node.machine.name.value == name.value);
    diagnostics.push(match inside {
        Some(node) => diagnostic
            .label("this is a node")
            .also(node.span(), "it is here")
            .help("a router stands outside the cluster, under `hosts`; leave `router` out to have one made"),
        None => match nearest(name.as_str(), hosts.iter().map(|host| host.name.as_str())) {
            Some(meant) => diagnostic.label(format!("did you mean {meant}?")),
            None => diagnostic.label("not under `hosts`"),
        }
        .help("define it under `hosts`, on the networks of the nodes; leave `router` out to have one made"),
    });
    None
}

/// The places of the hosts that forward and have a node for a neighbour.
fn candidates(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    hosts: &[MachineSpec],
    taken: &Taken,
    families: &[Family],
) -> Vec<usize> {
    let nodes: Vec<Near<'_>> = nodes.iter().map(|node| Near::of(node, cluster)).collect();
    let meets = |host: &MachineSpec| {
        nodes.iter().any(|node| families.iter().any(|family| node.router_address(host, *family).is_some()))
    };
    let forwards = |host: &MachineSpec| host.forwarding == Some(true) && !taken.derived.contains(&host.name.value);
    let all = hosts.iter().enumerate().filter(|(_, host)| forwards(host) && meets(host));
    all.map(|(place, _)| place).collect()
}

fn which<'s>(cluster: &ClusterSpec, candidates: impl Iterator<Item = &'s MachineSpec>) -> Diagnostic {
    let candidates: Vec<&MachineSpec> = candidates.collect();
    let names: Vec<&str> = candidates.iter().map(|host| host.name.as_str()).collect();
    let title = format!("{} hosts could be the router: {}", names.len(), names.join(", "));
    let diagnostic = Diagnostic::new(cluster.routing.span, title).label("by way of which of them?");
    let diagnostic = candidates.iter().take(2).fold(diagnostic, |diagnostic, host| {
        diagnostic.also(host.name.span, "it forwards, and is on a network of the nodes")
    });
    diagnostic.help(format!("write `router: {}` beside `routing`", names.first().unwrap_or(&"NAME")))
}

/// The router's routes to the blocks of the nodes, but for those that it has.
fn routes_to_blocks(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    router: &MachineSpec,
    diagnostics: &mut Diagnostics,
) -> Vec<RouteSpec> {
    let written: HashSet<IpNetwork> = router.routes.iter().map(|route| route.to.value).collect();
    let mut routes: Vec<RouteSpec> = Vec::new();
    for node in nodes {
        let near = Near::of(node, cluster);
        for block in &node.pod_cidr {
            let Some(via) = near.node_address(router, block.family()) else {
                diagnostics.push(near.complaint(cluster, router, block.family()));
                break;
            };
            // What the router knows already may lead elsewhere only if somebody wrote it.
            let known = router.routes.iter().find(|route| route.to.value == block.value && route.via.value != via);
            if let Some(known) = known.filter(|known| is_derived(known, router)) {
                diagnostics.push(shared(cluster, router, block, known.via.value));
                return routes;
            }
            if !written.contains(&block.value) {
                routes.push(route(block.value, via, router.name.span));
            }
        }
    }
    routes
}

/// Whether a route derives from something: it has the place of its machine.
fn is_derived(route: &RouteSpec, machine: &MachineSpec) -> bool {
    route.to.span == machine.name.span
}

fn route(to: IpNetwork, via: IpAddr, span: Span) -> RouteSpec {
    RouteSpec { to: Spanned::new(to, span), via: Spanned::new(via, span), dev: None, onlink: false }
}

/// A node's default routes by way of the router, but for those that it has.
fn give_default_routes(
    node: &mut NodeSpec,
    router: &MachineSpec,
    families: &[Family],
    cluster: &ClusterSpec,
    diagnostics: &mut Diagnostics,
) {
    for family in families {
        let to = family.everything();
        if node.machine.routes.iter().any(|route| route.to.value == to) {
            continue;
        }
        let near = Near::of(node, cluster);
        match near.router_address(router, *family) {
            Some(via) => node.machine.routes.push(route(to, via, node.machine.name.span)),
            // What the router said of the node already, the node does not say again.
            None if !cluster.cloud_routes
                || near.node_address(router, *family).is_some()
                || !has_block(node, *family) =>
            {
                diagnostics.push(near.complaint(cluster, router, *family));
            }
            None => {}
        }
    }
}

fn has_block(node: &NodeSpec, family: Family) -> bool {
    node.pod_cidr.iter().any(|block| block.family() == family)
}

fn shared(cluster: &ClusterSpec, router: &MachineSpec, block: &Spanned<IpNetwork>, other: IpAddr) -> Diagnostic {
    let title = format!("{} would have two ways to {}", router.name.value, block.value);
    Diagnostic::new(block.span, title)
        .label(format!("the other one, by way of {other}, is for another cluster"))
        .also(cluster.routing.span, "its router is the same")
        .help("two clusters that use the same addresses need a router each: name them with `router`")
}

/// A router forwards. It tells nobody of shorter ways (ICMP redirects): nodes that send to one another through it are on
/// one network, and it would advise against itself with each packet. Links copy `default` when they are made, and the
/// kernel sends redirects if either of `all` and the link's own says so (`IN_DEV_TX_REDIRECTS`,
/// `include/linux/inetdevice.h`). IPv6 sends them for link-local gateways alone (`ndisc_send_redirect`, `net/ipv6/ndisc.c`).
fn become_router(router: &mut MachineSpec, families: &[Family]) {
    router.forwarding = Some(true);
    if !families.contains(&Family::V4) {
        return;
    }
    for key in ["net.ipv4.conf.all.send_redirects", "net.ipv4.conf.default.send_redirects"] {
        if !router.sysctls.iter().any(|(other, _)| other.replace('/', ".") == key) {
            router.sysctls.push((key.to_owned(), "0".to_owned()));
        }
    }
}
