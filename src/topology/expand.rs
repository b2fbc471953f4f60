//! Short form → spelled-out form.
//!
//! ```text
//! node-1: { address: 192.168.1.11, pods: { pod-a: } }
//!    │ address        → interface eth0 on the network whose subnet holds it
//!    │ clusterCIDR    → the node's block → bridge cni0, whose first host address is the gateway
//!    │ bridge         → pod-a's address, the next free one, and its default route
//!    │ routing        → a route to each other node's block
//!    │ masquerade     → the block, except clusterCIDR
//!    ↓ pods           → forwarding
//! ```
//!
//! What is written wins: a list that is written is the whole list and nothing is added to it, except to routes, where
//! only destinations that are written are left alone. So expansion changes nothing in a file that is spelled out.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::span::Spanned;
use super::spec::{
    BridgeSpec, ClusterSpec, InterfaceSpec, MasqueradeSpec, NetworkSpec, NodeSpec, RouteSpec, Routing, Spec,
};
use super::subnet::{Family, Subnet};
use super::subnet_map::SubnetMap;
use super::{blocks, decode, ipam, membership, node_routes, special};
use ipnetwork::IpNetwork;

use crate::names::LinkName;

/// The name of the interface that `address` stands for.
pub const INTERFACE: &str = "eth0";

/// Fills in everything that derives from something else.
pub fn expand(spec: &mut Spec, diagnostics: &mut Diagnostics) {
    let homes = homes(&spec.networks);
    for node in &mut spec.nodes {
        give_interface(node, &homes, diagnostics);
    }
    let Spec { clusters, nodes, .. } = spec;
    for (cluster, mut members) in membership::sort(clusters, nodes, diagnostics) {
        expand_cluster(cluster, &mut members, diagnostics);
    }
    for host in &mut spec.hosts {
        host.forwarding.get_or_insert(false);
    }
}

/// What derives for the nodes of one cluster, or of none.
fn expand_cluster(cluster: Option<&ClusterSpec>, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) {
    let assigned = blocks::assign(cluster, nodes, diagnostics);
    for node in nodes.iter_mut() {
        give_bridge(node);
        if assigned {
            ipam::give_addresses(node, diagnostics);
        }
        give_default_routes(node);
        node.machine.forwarding.get_or_insert(!node.pods.is_empty());
    }
    let Some(cluster) = cluster else { return };
    match cluster.routing.value {
        Routing::NodeRoutes if assigned => node_routes::give(nodes, diagnostics),
        Routing::Router | Routing::Vxlan => diagnostics.push(
            Diagnostic::new(cluster.routing.span, "this version of netlab does not know this kind of routing")
                .label("expected `nodeRoutes` or `none`"),
        ),
        Routing::NodeRoutes | Routing::None => {}
    }
    if cluster.masquerade == Some(true) {
        for node in nodes.iter_mut() {
            give_masquerade(node, cluster);
        }
    }
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

/// The node's blocks leave the cluster under the node's address.
fn give_masquerade(node: &mut NodeSpec, cluster: &ClusterSpec) {
    let entry = |block: &Spanned<IpNetwork>| {
        let same_family = cluster.cidrs.iter().filter(|range| range.cidr.family() == block.family());
        MasqueradeSpec { from: block.clone(), except: same_family.map(|range| range.cidr.clone()).collect(), to: None }
    };
    node.machine.masquerade.get_or_insert_with(|| node.pod_cidr.iter().map(entry).collect());
}
