//! A router for a cluster whose file has none: on each of the nodes' networks, with the first address that is free.
//!
//! ```text
//! node-1 192.168.1.11/24 on rack-1      router  eth0 192.168.1.1/24 on rack-1
//! node-2 192.168.2.11/24 on rack-2              eth1 192.168.2.1/24 on rack-2
//! ```
//!
//! Of a node's networks that counts which carries traffic between nodes (`underlay.autodetect`). Where nodes of one network
//! have unequal prefix lengths, the router gets an address for each.

use ipnetwork::IpNetwork;

use super::{Taken, families};
use crate::names::{LinkName, MachineName};
use crate::topology::autodetect::{Carrier, Underlay};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{ClusterSpec, InterfaceSpec, MachineSpec, NodeSpec};
use crate::topology::subnet::Subnet;

/// The router's name; with several clusters, that of its cluster behind it.
const NAME: &str = "router";

/// How many addresses of a subnet are tried, from the first one on: more than a network has ports.
const TRIED: u128 = 2048;

/// Makes the router. It has no routes yet.
pub fn router(
    cluster: &ClusterSpec,
    nodes: &[&mut NodeSpec],
    hosts: &[MachineSpec],
    taken: &mut Taken,
    diagnostics: &mut Diagnostics,
) -> Option<MachineSpec> {
    let span = cluster.routing.span;
    let name = name(cluster, hosts, taken, diagnostics)?;
    let mut router = MachineSpec {
        name: Spanned::new(name, span),
        forwarding: Some(true),
        sysctls: Vec::new(),
        interfaces: Vec::new(),
        routes: Vec::new(),
        masquerade: None,
        vxlan: Vec::new(),
        intact: true,
    };
    let families = families(nodes);
    for node in nodes {
        let underlay = Underlay::of(node, &cluster.autodetect);
        for family in &families {
            // Where there is none, the routes that follow are complained of.
            let Some(carrier) = underlay.carrier(*family) else { continue };
            if meets(&router, carrier) {
                continue;
            }
            let (network, subnet) = (&carrier.interface.network, carrier.address.subnet());
            let Some(address) = free(subnet, taken) else {
                diagnostics.push(full(node, subnet));
                return None;
            };
            taken.addresses.insert(address.ip());
            plug(&mut router, network, Spanned::new(address, span));
        }
    }
    taken.derived.insert(router.name.value.clone());
    Some(router)
}

fn name(
    cluster: &ClusterSpec,
    hosts: &[MachineSpec],
    taken: &Taken,
    diagnostics: &mut Diagnostics,
) -> Option<MachineName> {
    let text = match &cluster.name {
        Some(cluster) => format!("{NAME}-{cluster}", cluster = cluster.value),
        None => NAME.to_owned(),
    };
    let diagnostic = Diagnostic::new(cluster.routing.span, format!("the router cannot be called {text}"));
    let diagnostic = match text.parse::<MachineName>() {
        Ok(name) if !taken.names.contains(&name) && !taken.derived.contains(&name) => return Some(name),
        Ok(name) => match hosts.iter().find(|host| host.name.value == name) {
            Some(host) => diagnostic
                .label("no host forwards on the nodes' networks, so one is made")
                .also(host.name.span, "this host does not")
                .help(format!("if it is to be the router, write `router: {name}` beside `routing`")),
            None => diagnostic
                .label("another machine has that name")
                .help("rename it, or write a router under `hosts`, and its name as `router` beside `routing`"),
        },
        Err(error) => diagnostic.label(error.to_string()).help("write a router under `hosts`, and name it"),
    };
    diagnostics.push(diagnostic);
    None
}

/// Whether the router has an address on a node's network, and each is in the other's subnet.
fn meets(router: &MachineSpec, node: Carrier<'_>) -> bool {
    let mut there = router.interfaces.iter().filter(|one| one.network.value == node.interface.network.value);
    there.any(|one| one.addresses.iter().any(|own| own.contains(node.ip()) && node.address.contains(own.ip())))
}

/// The first host address of a subnet that nobody has.
fn free(subnet: IpNetwork, taken: &Taken) -> Option<IpNetwork> {
    let (first, last) = subnet.hosts();
    let numbers = first..=last.min(first.saturating_add(TRIED));
    let mut addresses = numbers.map(|number| subnet.family().address(number));
    let address = addresses.find(|address| !taken.addresses.contains(address))?;
    IpNetwork::new(address, subnet.prefix()).ok()
}

/// Gives the router an address on a network: on the interface that it has there, or a new one.
fn plug(router: &mut MachineSpec, network: &Spanned<LinkName>, address: Spanned<IpNetwork>) {
    if let Some(there) = router.interfaces.iter_mut().find(|interface| interface.network.value == network.value) {
        there.addresses.push(address);
        return;
    }
    let Ok(name) = format!("eth{}", router.interfaces.len()).parse() else { return };
    let span: Span = address.span;
    router.interfaces.push(InterfaceSpec {
        name: Spanned::new(name, span),
        network: Spanned::new(network.value.clone(), span),
        addresses: vec![address],
        mtu: None,
    });
}

fn full(node: &NodeSpec, subnet: IpNetwork) -> Diagnostic {
    Diagnostic::new(node.span(), format!("{subnet} has no address left for a router"))
        .label(format!("{} is to have one as its neighbour there", node.machine.name.value))
        .help("take a larger subnet, or write a router under `hosts`")
}
