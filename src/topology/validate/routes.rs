//! A gateway is a neighbour: its address is in a subnet that the machine is connected to.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24, cni0 10.244.1.1/24
//!   to 10.244.2.0/24 via 192.168.1.12    good
//!   to 10.244.2.0/24 via 10.9.9.9        the kernel: "Nexthop has invalid gateway"
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{MachineSpec, MasqueradeSpec, RouteSpec, Spec};
use crate::topology::subnet::{Family, Subnet, number};
use crate::topology::subnet_map::SubnetMap;

/// Checks the routes and masquerade entries of every machine.
pub fn check(spec: &Spec, expanded: bool, diagnostics: &mut Diagnostics) {
    for node in &spec.nodes {
        let bridge = node.bridge.iter().flat_map(|bridge| &bridge.addresses);
        // Until the short form is spelled out, the node may get interfaces and a bridge.
        let known = expanded || (node.address.is_empty() && spec.clusters.is_empty() && node.pod_cidr.is_empty());
        machine(&node.machine, bridge, known, diagnostics);
        for pod in &node.pods {
            machine(&pod.machine, pod.addresses.iter(), known && !pod.addresses.is_empty(), diagnostics);
        }
    }
    for host in &spec.hosts {
        machine(host, std::iter::empty(), true, diagnostics);
    }
}

fn machine<'s>(
    machine: &'s MachineSpec,
    more: impl Iterator<Item = &'s Spanned<IpNetwork>>,
    known: bool,
    diagnostics: &mut Diagnostics,
) {
    for entry in machine.masquerade.iter().flatten() {
        masquerade(entry, diagnostics);
    }
    // Derived routes, which have the place of their machine, lead to neighbours because they were made so. They are
    // most of all routes: a thousand pods have a thousand default routes.
    if machine.routes.iter().all(|route| route.to.span == machine.name.span) {
        return;
    }
    let mut connected = SubnetMap::default();
    let mut own = HashMap::new();
    for address in machine.interfaces.iter().flat_map(|interface| &interface.addresses).chain(more) {
        connected.insert(address.value, ());
        own.insert(address.ip(), address.span);
    }
    let mut seen: HashMap<IpNetwork, Span> = HashMap::new();
    for route in &machine.routes {
        if let Some(first) = seen.insert(route.to.value, route.to.span) {
            let to = shown(route.to.value);
            diagnostics.push(
                Diagnostic::new(route.to.span, format!("the route to {to} is given twice"))
                    .label("the second time")
                    .also(first, "the first time")
                    .help("keep one of them"),
            );
            continue;
        }
        if known && machine.intact {
            diagnostics.extend(complaint(machine, route, &connected, &own));
        }
    }
}

fn complaint(
    machine: &MachineSpec,
    route: &RouteSpec,
    connected: &SubnetMap<()>,
    own: &HashMap<IpAddr, Span>,
) -> Option<Diagnostic> {
    let (to, via, name) = (route.to.value, route.via.value, &machine.name.value);
    let family = Family::of(via);
    if to.family() != family {
        let title = format!("the gateway {via} is {family}, but {to} is {}", to.family());
        return Some(Diagnostic::new(route.via.span, title).label(format!("expected an {} address", to.family())));
    }
    if connected.has(&to) {
        let title = format!("{name} is connected to {to} itself, so it needs no gateway there");
        return Some(
            Diagnostic::new(route.to.span, title).label("on one of its own links").help("leave this route out"),
        );
    }
    if let Some(span) = own.get(&via) {
        return Some(
            Diagnostic::new(route.via.span, format!("the gateway {via} is {name} itself"))
                .label("expected a neighbour's address")
                .also(*span, "its own address"),
        );
    }
    let Some((subnet, ())) = connected.find(via) else {
        let label = format!("expected an address in {}", connected.describe());
        let diagnostic =
            Diagnostic::new(route.via.span, format!("the gateway {via} is on no subnet that {name} is connected to"));
        return Some(if connected.is_empty() {
            diagnostic.label("it has no addresses").help("give the machine an interface with an address first")
        } else {
            diagnostic.label(label).help("a gateway is a neighbour: it shares a link with the machine")
        });
    };
    let (first, last) = subnet.hosts();
    if (first..=last).contains(&number(via)) {
        return None;
    }
    let title = format!("the gateway {via} is no host of {subnet}");
    let hosts = format!("expected {} to {}", family.address(first), family.address(last));
    Some(Diagnostic::new(route.via.span, title).label(hosts))
}

fn masquerade(entry: &MasqueradeSpec, diagnostics: &mut Diagnostics) {
    let family = entry.from.family();
    for except in entry.except.iter().filter(|except| except.family() != family) {
        let title = format!("{} is {}, but {} is {family}", except.value, except.family(), entry.from.value);
        diagnostics.push(
            Diagnostic::new(except.span, title)
                .label(format!("expected an {family} subnet"))
                .also(entry.from.span, "the sources are written here")
                .help("write one entry for each family"),
        );
    }
}

fn shown(to: IpNetwork) -> String {
    if to.prefix() == 0 { format!("default ({})", to.family()) } else { to.to_string() }
}
