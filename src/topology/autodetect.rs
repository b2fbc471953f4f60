//! `underlay.autodetect`: by which of its addresses a node speaks to the other nodes.
//!
//! ```text
//! node-1   eth0 172.16.0.11/24 on management     eth1 192.168.1.11/24 on data
//!
//!   first-found               eth0 172.16.0.11
//!   can-reach=192.168.1.99    eth1 192.168.1.11     as `ip route get 192.168.1.99` has it
//!   interface=eth1            eth1 192.168.1.11
//!   cidr=192.168.0.0/16       eth1 192.168.1.11
//! ```
//!
//! Each family is looked for by itself. Where a method speaks of one family only, an address of the other one is taken
//! from the interface that was found.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, quoted};
use super::span::Span;
use super::spec::{Autodetect, InterfaceSpec, MachineSpec, NodeSpec};
use super::subnet::{Family, is_link_local};

/// How the names of interfaces begin that `first-found` and `cidr` pass over: they are made by container runtimes and
/// network plugins. The list is that of Calico (`DEFAULT_INTERFACES_TO_EXCLUDE`).
const PASSED_OVER: [&str; 17] = [
    "docker",
    "cbr",
    "dummy",
    "virbr",
    "lxcbr",
    "veth",
    "lo",
    "cali",
    "tunl",
    "flannel",
    "kube-ipvs",
    "cni",
    "vxlan.calico",
    "vxlan-v6.calico",
    "wireguard.cali",
    "wg-v6.cali",
    "nodelocaldns",
];

/// An address that carries traffic between nodes, and the interface that bears it.
#[derive(Debug, Clone, Copy)]
pub struct Carrier<'n> {
    /// The address with its prefix length.
    pub address: IpNetwork,
    /// The interface.
    pub interface: &'n InterfaceSpec,
}

impl Carrier<'_> {
    /// The address alone.
    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// The interface as if it had no other address.
    pub fn as_interface(&self) -> InterfaceSpec {
        let addresses = self.interface.addresses.iter().filter(|one| one.value == self.address).cloned().collect();
        InterfaceSpec { addresses, ..self.interface.clone() }
    }
}

/// The addresses of a node that carry traffic between nodes.
#[derive(Debug, Clone, Copy)]
pub struct Underlay<'n> {
    v4: Option<Carrier<'n>>,
    v6: Option<Carrier<'n>>,
}

impl<'n> Underlay<'n> {
    /// Finds them.
    pub fn of(node: &'n NodeSpec, method: &Autodetect) -> Self {
        Underlay { v4: find(node, method, Family::V4), v6: find(node, method, Family::V6) }
    }

    /// That of a family.
    pub fn carrier(&self, family: Family) -> Option<Carrier<'n>> {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

/// The address of a family that the method finds on a node.
fn find<'n>(node: &'n NodeSpec, method: &Autodetect, family: Family) -> Option<Carrier<'n>> {
    let machine = &node.machine;
    let other = match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    };
    let beside = |family_of_method: Family| {
        let found = by(machine, method, family_of_method)?;
        carriers(machine, family).find(|carrier| carrier.interface.name.value == found.interface.name.value)
    };
    if speaks_of(method, family) { by(machine, method, family) } else { beside(other) }
}

fn speaks_of(method: &Autodetect, family: Family) -> bool {
    match method {
        Autodetect::FirstFound | Autodetect::Interface(_) => true,
        Autodetect::CanReach(target) => Family::of(target.value) == family,
        Autodetect::Cidr(cidrs) => cidrs.iter().any(|cidr| Family::of(cidr.ip()) == family),
    }
}

fn by<'n>(machine: &'n MachineSpec, method: &Autodetect, family: Family) -> Option<Carrier<'n>> {
    let usual = |carrier: &Carrier<'_>| {
        let name = carrier.interface.name.as_str();
        !PASSED_OVER.iter().any(|beginning| name.starts_with(beginning))
    };
    let mut all = carriers(machine, family);
    match method {
        Autodetect::FirstFound => all.find(usual),
        Autodetect::CanReach(target) => towards(machine, target.value, None),
        Autodetect::Interface(patterns) => {
            let patterns: Vec<_> =
                patterns.iter().filter_map(|pattern| regex_lite::Regex::new(&pattern.value).ok()).collect();
            all.find(|carrier| patterns.iter().any(|pattern| pattern.is_match(carrier.interface.name.as_str())))
        }
        Autodetect::Cidr(cidrs) => {
            all.find(|carrier| usual(carrier) && cidrs.iter().any(|cidr| cidr.contains(carrier.ip())))
        }
    }
}

/// The addresses of a family that reach further than their link, in file order.
fn carriers(machine: &MachineSpec, family: Family) -> impl Iterator<Item = Carrier<'_>> {
    let of = |interface| move |address: &IpNetwork| Carrier { address: *address, interface };
    machine
        .interfaces
        .iter()
        .flat_map(move |interface| interface.addresses.iter().map(|address| &address.value).map(of(interface)))
        .filter(move |carrier| Family::of(carrier.ip()) == family && !is_link_local(carrier.ip()))
}

/// From which address a machine sends what is for `target`, by way of `dev` if that is given: that of the longest prefix
/// among its own addresses, its subnets and the routes that are written.
pub fn towards<'n>(machine: &'n MachineSpec, target: IpAddr, dev: Option<&str>) -> Option<Carrier<'n>> {
    let family = Family::of(target);
    let may_leave = |carrier: &Carrier<'_>| dev.is_none_or(|dev| carrier.interface.name.as_str() == dev);
    let connected = |ip: IpAddr| {
        let subnets = carriers(machine, family).filter(move |carrier| carrier.address.contains(ip));
        longest(subnets.map(|carrier| (carrier.address.prefix(), carrier)))
    };
    let by_route = machine.routes.iter().filter(|route| route.to.contains(target)).filter_map(|route| {
        let carrier = match &route.dev {
            None => connected(route.via.value)?,
            Some(dev) => carriers(machine, family).find(|carrier| carrier.interface.name.value == dev.value)?,
        };
        Some((route.to.prefix(), carrier))
    });
    let by_subnet = carriers(machine, family).filter(|carrier| carrier.address.contains(target));
    let by_subnet = by_subnet.map(|carrier| match carrier.ip() == target {
        true => (family.bits(), carrier),
        false => (carrier.address.prefix(), carrier),
    });
    longest(by_subnet.chain(by_route).filter(|(_, carrier)| may_leave(carrier)))
}

/// The first of those with the longest prefix.
fn longest<'n>(ways: impl Iterator<Item = (u8, Carrier<'n>)>) -> Option<Carrier<'n>> {
    let longer = |best: Option<(u8, Carrier<'n>)>, way: (u8, Carrier<'n>)| match best {
        Some(best) if best.0 >= way.0 => Some(best),
        _ => Some(way),
    };
    ways.fold(None, longer).map(|(_, carrier)| carrier)
}

/// The complaint about a node on which a method that is written finds no address of a family, if it is so.
pub fn fails_on(node: &NodeSpec, underlay: &Underlay<'_>, method: &Autodetect, family: Family) -> Option<Diagnostic> {
    let fails = underlay.carrier(family).is_none() && written_at(method).is_some();
    fails.then(|| nothing_found(node, method, family))
}

/// The complaint about a node on which the method finds no address of a family.
pub fn nothing_found(node: &NodeSpec, method: &Autodetect, family: Family) -> Diagnostic {
    let name = &node.machine.name.value;
    let label = match method {
        Autodetect::FirstFound => format!("no {family} address on an interface"),
        Autodetect::CanReach(target) => format!("no route from it to {}", target.value),
        Autodetect::Interface(patterns) => {
            let all: Vec<String> = patterns.iter().map(|pattern| quoted(&pattern.value)).collect();
            format!("no interface with an {family} address matches {}", all.join(" or "))
        }
        Autodetect::Cidr(cidrs) => {
            let all: Vec<String> = cidrs.iter().map(|cidr| cidr.value.to_string()).collect();
            format!("no address of it is in {}", all.join(" or "))
        }
    };
    let title = format!("{name} has no {family} address for traffic between nodes");
    let diagnostic = Diagnostic::new(node.span(), title).label(label).help(what_there_is(node));
    match written_at(method) {
        Some(span) => diagnostic.also(span, "which address it is to be is said here"),
        None => diagnostic,
    }
}

fn what_there_is(node: &NodeSpec) -> String {
    let of = |interface: &InterfaceSpec| {
        let addresses: Vec<String> = interface.addresses.iter().map(|address| address.value.to_string()).collect();
        match addresses.is_empty() {
            true => format!("{} without an address", interface.name.value),
            false => format!("{} with {}", interface.name.value, addresses.join(" and ")),
        }
    };
    let all: Vec<String> = node.machine.interfaces.iter().map(of).collect();
    let name = &node.machine.name.value;
    match all.is_empty() {
        true => format!("{name} has no interface: give it an `address` on a network"),
        false => format!("{name} has {}", all.join("; ")),
    }
}

/// Where the method is written, if it is one that has to be written.
fn written_at(method: &Autodetect) -> Option<Span> {
    match method {
        Autodetect::FirstFound => None,
        Autodetect::CanReach(target) => Some(target.span),
        Autodetect::Interface(patterns) => patterns.first().map(|pattern| pattern.span),
        Autodetect::Cidr(cidrs) => cidrs.first().map(|cidr| cidr.span),
    }
}
