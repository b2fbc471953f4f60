//! A gateway is a neighbour: its address is in a subnet that the machine is connected to.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24, cni0 10.244.1.1/24
//!   to 10.244.2.0/24 via 192.168.1.12    good
//!   to 10.244.2.0/24 via 10.9.9.9        the kernel: "Nexthop has invalid gateway"
//!   to 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink      good: said to be behind flannel.1, whatever its subnets
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::names::LinkName;
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::expand;
use crate::topology::fields::nearest;
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{MachineSpec, MasqueradeSpec, RouteSpec, Spec};
use crate::topology::subnet::{Family, Subnet, number};
use crate::topology::subnet_map::SubnetMap;

/// Checks the routes and masquerade entries of every machine.
pub fn check(spec: &Spec, expanded: bool, diagnostics: &mut Diagnostics) {
    for node in &spec.nodes {
        let bridge = node.bridge.as_ref().map(|bridge| (bridge.name.as_str(), &bridge.addresses[..]));
        // Until the short form is spelled out, the node may get interfaces and a bridge.
        let known = expanded || (node.address.is_empty() && spec.clusters.is_empty() && node.pod_cidr.is_empty());
        machine(&node.machine, bridge, known, diagnostics);
        for pod in &node.pods {
            let eth0 = Some((expand::INTERFACE, &pod.addresses[..]));
            machine(&pod.machine, eth0, known && !pod.addresses.is_empty(), diagnostics);
        }
    }
    for host in &spec.hosts {
        machine(host, None, true, diagnostics);
    }
}

/// A link's name and its addresses.
type Link<'s> = (&'s str, &'s [Spanned<IpNetwork>]);

/// Checks a machine that has one more link beside its interfaces and devices.
fn machine(machine: &MachineSpec, more: Option<Link<'_>>, known: bool, diagnostics: &mut Diagnostics) {
    for entry in machine.masquerade.iter().flatten() {
        masquerade(entry, diagnostics);
    }
    // Derived routes, which have the place of their machine, lead to neighbours because they were made so. They are
    // most of all routes: a thousand pods have a thousand default routes.
    if machine.routes.iter().all(|route| route.to.span == machine.name.span) {
        return;
    }
    let interfaces = machine.interfaces.iter().map(|interface| (interface.name.as_str(), &interface.addresses[..]));
    let devices = machine.vxlan.iter().map(|device| (device.name.as_str(), &device.addresses[..]));
    let at_hand = AtHand::of(interfaces.chain(more).chain(devices));
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
        let is_derived = route.to.span == machine.name.span;
        if known && machine.intact && !is_derived {
            let complaint = dev(route, machine, &at_hand.links).or_else(|| complaint(machine, route, &at_hand));
            diagnostics.extend(complaint);
        }
    }
}

/// What a machine is connected to.
#[derive(Default)]
struct AtHand<'s> {
    links: Vec<&'s str>,
    connected: SubnetMap<()>,
    by_link: HashMap<&'s str, SubnetMap<()>>,
    own: HashMap<IpAddr, Span>,
}

impl<'s> AtHand<'s> {
    fn of(links: impl Iterator<Item = Link<'s>>) -> Self {
        let mut at_hand = AtHand::default();
        for (link, addresses) in links {
            at_hand.links.push(link);
            for address in addresses {
                at_hand.connected.insert(address.value, ());
                at_hand.by_link.entry(link).or_default().insert(address.value, ());
                at_hand.own.insert(address.ip(), address.span);
            }
        }
        at_hand
    }
}

fn complaint(machine: &MachineSpec, route: &RouteSpec, at_hand: &AtHand<'_>) -> Option<Diagnostic> {
    let AtHand { connected, own, by_link, .. } = at_hand;
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
    let none = SubnetMap::default();
    let connected = match &route.dev {
        None => connected,
        Some(_) if route.onlink => return None,
        Some(dev) => by_link.get(dev.as_str()).unwrap_or(&none),
    };
    let Some((subnet, ())) = connected.find(via) else {
        if let Some(dev) = &route.dev {
            return Some(not_behind(route, dev, connected));
        }
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

/// The complaint about a gateway that is on no subnet of the link that is said to lead to it.
fn not_behind(route: &RouteSpec, dev: &Spanned<LinkName>, there: &SubnetMap<()>) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(route.via.span, format!("the gateway {} is on no subnet of {}", route.via.value, dev.value))
            .help("`onlink: true` says that it is there all the same, as over a VXLAN device");
    match there.is_empty() {
        true => diagnostic.label(format!("{} has no addresses", dev.value)),
        false => diagnostic.label(format!("expected an address in {}", there.describe())),
    }
}

/// The link of a route is there, and there is one where the gateway is said to be behind it.
fn dev(route: &RouteSpec, machine: &MachineSpec, links: &[&str]) -> Option<Diagnostic> {
    let Some(dev) = &route.dev else {
        return route.onlink.then(|| {
            Diagnostic::new(route.via.span, "`onlink` without `dev`: behind which link is the gateway?")
                .label("no subnet is asked where it is")
                .help("write `dev: LINK` beside it, or leave `onlink` out")
        });
    };
    if links.contains(&dev.as_str()) {
        return None;
    }
    let diagnostic = Diagnostic::new(dev.span, format!("{} has no link {}", machine.name.value, dev.value));
    Some(match nearest(dev.as_str(), links.iter().copied()) {
        Some(meant) => diagnostic.label(format!("did you mean {meant}?")),
        None if links.is_empty() => diagnostic.label("it has none on a network"),
        None => diagnostic.label(format!("expected one of {}", links.join(", "))),
    })
}

fn masquerade(entry: &MasqueradeSpec, diagnostics: &mut Diagnostics) {
    let family = entry.from.family();
    if let Some(to) = entry.to.as_ref().filter(|to| Family::of(to.value) != family) {
        let title = format!("{} is {}, but {} is {family}", to.value, Family::of(to.value), entry.from.value);
        diagnostics.push(
            Diagnostic::new(to.span, title)
                .label(format!("expected an {family} address"))
                .also(entry.from.span, "the sources are written here")
                .help("write one entry for each family"),
        );
    }
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
