//! Short form → spelled-out form.
//!
//! ```text
//! node-1: { address: 192.168.1.11, pods: { pod-a: } }
//!    │ address        → interface eth0 on the network whose subnet holds it, with the network's mtu
//!    │ clusterCIDR    → the node's block → bridge cni0, whose first host address is the gateway
//!    │ bridge         → pod-a's address, the next free one, and its default route
//!    │ routing        → a route to each other node's block, or a router that has them,
//!    │                  or a VXLAN device and routes over it
//!    │ masquerade     → the block, except clusterCIDR (or as ipPools say)
//!    │ kind: flat     → routes of the world to the block
//!    ↓ pods           → forwarding
//! ```
//!
//! What is written wins: a list that is written is the whole list and nothing is added to it, except to routes, where
//! only destinations that are written are left alone. So expansion changes nothing in a file that is spelled out.

use std::collections::HashMap;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::overlay::Macs;
use super::span::Spanned;
use super::spec::{
    BridgeSpec, ClusterSpec, InterfaceSpec, MachineSpec, NetworkSpec, NodeSpec, RouteSpec, Routing, Spec,
};
use super::subnet::{Family, Subnet};
use super::subnet_map::SubnetMap;
use super::{blocks, decode, egress, flat, ipam, membership, node_routes, overlay, router, special, weave};
use ipnetwork::IpNetwork;

use crate::names::{LinkName, MachineName};

/// The name of the interface that `address` stands for.
pub const INTERFACE: &str = "eth0";

/// Fills in everything that derives from something else.
pub fn expand(spec: &mut Spec, diagnostics: &mut Diagnostics) {
    let homes = homes(&spec.networks);
    for node in &mut spec.nodes {
        give_interface(node, &homes, diagnostics);
    }
    give_mtu(spec);
    let mut taken = router::Taken::of(spec);
    let mut macs = Macs::written(spec.machines());
    let Spec { clusters, nodes, hosts, .. } = spec;
    let mut ways = Vec::new();
    let mut routers: Vec<Option<Spanned<MachineName>>> = Vec::new();
    for (cluster, mut members) in membership::sort(clusters, nodes, diagnostics) {
        let assigned = expand_inside(cluster, &mut members, diagnostics);
        let Some(cluster) = cluster.filter(|_| assigned) else { continue };
        let router = route(cluster, &mut members, hosts, (&mut taken, &mut macs), diagnostics);
        let machine = router.as_ref().and_then(|name| hosts.iter().find(|host| host.name.value == name.value));
        ways.push(flat::ways(cluster, &members, machine));
        routers.push(router);
    }
    for (place, (ways, router)) in ways.iter().zip(&routers).enumerate() {
        let router = router.as_ref().map(|name| &name.value);
        let others = nodes.iter_mut().filter(|node| membership::of(clusters, node) != Some(place));
        let world = hosts.iter_mut().chain(others.map(|node| &mut node.machine));
        world.for_each(|machine| flat::give(machine, ways, router));
    }
    for (cluster, router) in clusters.iter_mut().zip(routers) {
        cluster.router = router;
    }
    for host in hosts {
        host.forwarding.get_or_insert(false);
    }
    // A router may have come.
    give_mtu(spec);
}

/// What derives for the nodes of one cluster, or of none, without regard to others. Returns whether all have addresses.
fn expand_inside(cluster: Option<&ClusterSpec>, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) -> bool {
    let shared = cluster.filter(|cluster| weave::is_used(cluster));
    let assigned = match shared {
        Some(cluster) => weave::give(cluster, nodes, diagnostics),
        None => blocks::assign(cluster, nodes, diagnostics),
    };
    for node in nodes.iter_mut() {
        if shared.is_none() {
            give_bridge(node);
        }
        if assigned && shared.is_none() {
            ipam::give_addresses(node, diagnostics);
        }
        give_default_routes(node);
        node.machine.forwarding.get_or_insert(!node.pods.is_empty());
    }
    if let Some(cluster) = cluster.filter(|_| assigned) {
        egress::give(cluster, nodes, diagnostics);
    }
    assigned
}

/// How pods of different nodes reach each other. Returns the cluster's router, if it has one.
fn route(
    cluster: &ClusterSpec,
    nodes: &mut [&mut NodeSpec],
    hosts: &mut Vec<MachineSpec>,
    (taken, macs): (&mut router::Taken, &mut Macs),
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<MachineName>> {
    match cluster.routing.value {
        Routing::NodeRoutes => node_routes::give(cluster, nodes, diagnostics),
        Routing::Router => return router::give(cluster, nodes, hosts, taken, diagnostics),
        Routing::Vxlan => overlay::give(cluster, nodes, hosts, macs, diagnostics),
        Routing::None => {
            router::check_name(cluster, nodes, hosts, diagnostics);
            return cluster.router.clone();
        }
    }
    None
}

/// Which network each subnet belongs to.
fn homes(networks: &[NetworkSpec]) -> SubnetMap<LinkName> {
    let mut homes = SubnetMap::default();
    for network in networks {
        for subnet in &network.subnets {
            homes.insert(subnet.value, network.name.value.clone());
        }
    }
    homes
}

/// A network's `mtu` → that of each interface on it.
fn give_mtu(spec: &mut Spec) {
    let mtus: HashMap<LinkName, u32> =
        spec.networks.iter().filter_map(|network| Some((network.name.value.clone(), network.mtu?))).collect();
    if mtus.is_empty() {
        return;
    }
    let nodes = spec
        .nodes
        .iter_mut()
        .flat_map(|node| std::iter::once(&mut node.machine).chain(node.pods.iter_mut().map(|pod| &mut pod.machine)));
    for interface in nodes.chain(&mut spec.hosts).flat_map(|machine| &mut machine.interfaces) {
        interface.mtu = interface.mtu.or_else(|| mtus.get(&interface.network.value).copied());
    }
}

/// `address` → `eth0`.
fn give_interface(node: &mut NodeSpec, homes: &SubnetMap<LinkName>, diagnostics: &mut Diagnostics) {
    let Some(first) = node.address.first() else { return };
    if let Some(written) = node.machine.interfaces.iter().find(|interface| interface.name.as_str() == INTERFACE) {
        let title = format!("{} has both `address` and an interface eth0", node.machine.name.value);
        diagnostics.push(
            Diagnostic::new(first.span, title)
                .label("`address` is short for eth0")
                .also(written.name.span, "eth0 is written here")
                .help("keep one of them"),
        );
        return;
    }
    let Ok(name) = INTERFACE.parse() else { return };
    let mut interface: Option<InterfaceSpec> = None;
    for address in &node.address {
        let Some((subnet, network)) = homes.find(address.value) else {
            let title = format!("no network has a subnet that holds {}", address.value);
            let diagnostic = Diagnostic::new(address.span, title);
            let (label, help) = if homes.is_empty() {
                let length = if address.is_ipv4() { 24 } else { 64 };
                let fitting = IpNetwork::new(address.value, length).map(|network| network.subnet().to_string());
                let fitting = fitting.unwrap_or_default();
                (
                    "no network has subnets".to_owned(),
                    format!("add `networks: {{ underlay: {{ subnets: [\"{fitting}\"] }} }}`"),
                )
            } else {
                (
                    format!("the networks have {}", homes.describe()),
                    "add the subnet to the network, or correct the address".into(),
                )
            };
            diagnostics.push(diagnostic.label(label).help(help));
            continue;
        };
        let Ok(whole) = IpNetwork::new(address.value, subnet.prefix()) else { continue };
        if let Some(complaint) = special::ends_of_subnet(whole, address.span) {
            diagnostics.push(complaint);
            continue;
        }
        let addressed = interface.get_or_insert_with(|| InterfaceSpec {
            name: Spanned::new(LinkName::clone(&name), address.span),
            network: Spanned::new(network.clone(), address.span),
            addresses: Vec::new(),
            mtu: None,
        });
        if addressed.network.value == *network {
            addressed.addresses.push(Spanned::new(whole, address.span));
        } else {
            let title = format!("{} is on network {network}, not on {}", address.value, addressed.network.value);
            diagnostics.push(
                Diagnostic::new(address.span, title)
                    .label("`address` is short for one interface on one network")
                    .also(first.span, format!("this one is on {}", addressed.network.value))
                    .help("write both interfaces out under `interfaces`"),
            );
        }
    }
    if let Some(interface) = interface {
        node.machine.interfaces.insert(0, interface);
    }
}

/// The node's block → its bridge.
fn give_bridge(node: &mut NodeSpec) {
    if node.pod_cidr.is_empty() {
        return;
    }
    let span = node.span();
    if node.bridge.is_none() {
        node.bridge = decode::default_bridge(span).map(|name| BridgeSpec { name, addresses: Vec::new(), mtu: None });
    }
    let Some(bridge) = &mut node.bridge else { return };
    if bridge.addresses.is_empty() {
        let gateway = |block: &Spanned<IpNetwork>| {
            let first = block.family().address(block.hosts().0);
            IpNetwork::new(first, block.prefix()).ok().map(|address| Spanned::new(address, block.span))
        };
        bridge.addresses = node.pod_cidr.iter().filter_map(gateway).collect();
    }
}

/// For each family, the bridge's address that the pod is in a subnet with is its default gateway.
fn give_default_routes(node: &mut NodeSpec) {
    let Some(bridge) = &node.bridge else { return };
    for pod in &mut node.pods {
        for family in [Family::V4, Family::V6] {
            let to = family.everything();
            if pod.machine.routes.iter().any(|route| route.to.value == to) {
                continue;
            }
            let mine = || pod.addresses.iter().map(|address| address.ip());
            // A pod that was given the gateway's own address has a mistake already, and no gateway.
            let gateway = bridge
                .addresses
                .iter()
                .filter(|gateway| gateway.family() == family)
                .find(|gateway| mine().any(|ip| gateway.contains(ip)) && mine().all(|ip| ip != gateway.ip()));
            if let Some(gateway) = gateway {
                let span = pod.machine.name.span;
                let via = Spanned::new(gateway.ip(), span);
                pod.machine.routes.push(RouteSpec { to: Spanned::new(to, span), via, dev: None, onlink: false });
            }
        }
    }
}
