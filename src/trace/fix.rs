//! The commands that mend what killed a packet.
//!
//! ```text
//! the plan knows better    what mends the difference from it, and what hangs on that      diff's mends, chosen by subject
//! the plan knows nothing   the way to where the destination is, as the lab is wired      ip -n node-1 route add … via …
//! ```
//!
//! Commands are as they are typed in `netlab shell`. There is none where nobody can know what was meant.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::scene::Scene;
use crate::diff::{Deed, Mend, Thing};
use crate::names::MachineName;
use crate::network::{Mac, Namespace, Neighbour, Route};
use crate::step::{Action, Ip};

/// What a mend is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// A link: its state, its settings, its bridge, its addresses.
    Link(&'a str),
    /// Any address of the machine.
    Addresses,
    /// Routes and policy rules.
    Routes,
    /// Routes that lead to this address or lead it astray, and policy rules.
    RoutesTo(IpAddr),
    /// nftables.
    Rules,
    /// The sysctls whose names end so.
    Sysctl(&'a str),
    /// Neighbours and forwarding entries that somebody made.
    Neighbours,
    /// What a VXLAN knows of this hardware address.
    Behind(Mac),
}

impl About<'_> {
    fn fits(self, mend: &Mend) -> bool {
        match (self, &mend.deed) {
            (About::Routes, Deed::Restore(_) | Deed::RestoreRule(_)) => true,
            (About::Routes, Deed::Redo { step, .. }) => {
                matches!(step.action, Action::AddRoute(_) | Action::LeaseAddress(_))
            }
            (About::Routes, Deed::Remove(thing)) => matches!(thing, Thing::Route(_) | Thing::PolicyRule(_)),
            (About::RoutesTo(to), Deed::Restore(route) | Deed::Remove(Thing::Route(route))) => route.to.contains(to),
            (About::RoutesTo(_), Deed::RestoreRule(_) | Deed::Remove(Thing::PolicyRule(_))) => true,
            (About::RoutesTo(to), Deed::Redo { step, .. }) => {
                matches!(&step.action, Action::AddRoute(add) if add.to.contains(to))
                    || matches!(&step.action, Action::LeaseAddress(lease) if lease.gateway.is_some() && to.is_ipv4())
            }
            (About::Rules, Deed::SetPolicy { .. } | Deed::Wake { .. }) => true,
            (About::Rules, Deed::Redo { step, .. }) => {
                matches!(step.action, Action::AddTable(_) | Action::AddChain(_) | Action::AddRule(_))
            }
            (About::Rules, Deed::Remove(thing)) => {
                matches!(thing, Thing::Table { .. } | Thing::Chain { .. } | Thing::Rule { .. })
            }
            (About::Sysctl(end), Deed::SetSysctl { key, .. }) => key.ends_with(end),
            (About::Sysctl(end), Deed::Redo { step, .. }) => {
                matches!(&step.action, Action::SetSysctl(set) if set.key.ends_with(end))
            }
            (About::Neighbours, Deed::Forget(_)) => true,
            (About::Neighbours, Deed::Redo { step, .. }) => {
                matches!(step.action, Action::AddNeighbour(_) | Action::AddFdbEntry(_))
            }
            (About::Neighbours, Deed::Remove(thing)) => matches!(thing, Thing::Neighbour(_) | Thing::Fdb(_)),
            (About::Behind(mac), Deed::Redo { step, .. }) => {
                matches!(&step.action, Action::AddFdbEntry(add) if add.mac == mac)
            }
            (About::Behind(mac), Deed::Remove(Thing::Fdb(entry))) => entry.mac == mac && entry.vtep.is_some(),
            (About::Addresses, Deed::Redo { step, .. }) => {
                matches!(step.action, Action::AddAddress(_) | Action::LeaseAddress(_))
            }
            (About::Addresses, Deed::Remove(thing)) => matches!(thing, Thing::Address { .. }),
            (About::Link(name), deed) => link_of(deed).as_deref() == Some(name),
            _ => false,
        }
    }
}

/// The link that a mend is about.
fn link_of(deed: &Deed) -> Option<String> {
    match deed {
        Deed::Redo { step, .. } => match &step.action {
            Action::AddVeth(pipe) => Some(pipe.name.to_string()),
            Action::MoveLink(moved) => Some(moved.rename.to_string()),
            // A route that says its link goes with it, and comes back with it.
            Action::AddRoute(add) => add.dev.as_ref().map(ToString::to_string),
            action => action.link().map(ToString::to_string),
        },
        Deed::Remove(Thing::Link(name)) => Some(name.clone()),
        Deed::Remove(Thing::Address { link, .. }) => Some(link.clone()),
        Deed::Remove(Thing::Route(route)) | Deed::Restore(route) => route.dev.clone(),
        Deed::Renew { link }
        | Deed::Readdress { link }
        | Deed::Detach { link }
        | Deed::Generate { link }
        | Deed::Set { link, .. } => Some(link.clone()),
        Deed::SetSysctl { key, .. } => crate::network::sysctl::link_of(key),
        _ => None,
    }
}

/// The commands of the plan's mends in a machine that are about any of these.
pub fn by_plan(scene: &Scene, machine: &MachineName, about: &[About]) -> Vec<String> {
    let about: Vec<(&MachineName, About)> = about.iter().map(|about| (machine, *about)).collect();
    by_plan_in(scene, &about)
}

/// The same in several machines, in the order in which they are made.
pub fn by_plan_in(scene: &Scene, about: &[(&MachineName, About)]) -> Vec<String> {
    // What the plan would do about a link that it does not know is no help for what goes by that link.
    let known = |(machine, about): &&(&MachineName, About)| !matches!(about, About::Link(name) if scene.planned_link(machine, name).is_none());
    let about: Vec<&(&MachineName, About)> = about.iter().filter(known).collect();
    let is_there = |mend: &Mend, machine: &MachineName| mend.machine == *machine || moves_there(mend, machine);
    let fits = |mend: &&Mend| about.iter().any(|(machine, about)| is_there(mend, machine) && about.fits(mend));
    let fitting: Vec<&Mend> = scene.mends.iter().filter(fits).collect();
    // To take a link away mends nothing, unless it is in another one's place.
    let made = |name: &str| fitting.iter().any(|mend| makes_link(mend, name));
    let wanted = |mend: &&&Mend| !matches!(&mend.deed, Deed::Remove(Thing::Link(name)) if !made(name));
    fitting.iter().filter(wanted).map(|mend| mend.command()).collect()
}

/// Whether it makes a link of this name, or brings one.
fn makes_link(mend: &Mend, name: &str) -> bool {
    !matches!(mend.deed, Deed::Remove(_)) && link_of(&mend.deed).as_deref() == Some(name)
}

/// Whether it moves a link into a machine.
fn moves_there(mend: &Mend, machine: &MachineName) -> bool {
    matches!(&mend.deed, Deed::Redo { step, .. } if matches!(&step.action, Action::MoveLink(moved) if moved.to == *machine))
}

/// `ip -n node-1`, and `-6` where it is needed.
pub fn ip(machine: &MachineName, address: IpAddr) -> String {
    format!("{}{}", Ip(machine), if address.is_ipv6() { " -6" } else { "" })
}

/// What takes a route away.
pub fn without_route(machine: &MachineName, route: &Route) -> String {
    format!("{} route delete {route}", ip(machine, route.to.ip()))
}

/// What makes a machine ask anew for a neighbour.
pub fn ask_anew(machine: &MachineName, address: IpAddr, link: &str) -> String {
    format!("{} neigh flush to {address} dev {link}", ip(machine, address))
}

/// What takes a neighbour entry away that somebody made.
pub fn without_neighbour(machine: &MachineName, entry: &Neighbour) -> String {
    format!("{} neigh delete {entry}", ip(machine, entry.address))
}

/// A route for a destination that a machine has none for, as the lab is wired: by way of the neighbour who is nearest to
/// it.
pub fn route_to(scene: &Scene, machine: &MachineName, to: IpAddr) -> Option<String> {
    let mine = scene.ns(machine)?;
    let connected = |ns: &Namespace| -> Vec<IpNetwork> {
        let reaching = ns.addresses.iter().filter(|a| a.global && a.address.is_ipv4() == to.is_ipv4());
        reaching.map(|address| address.address).collect()
    };
    let is_up = |link: &str| mine.link(link).is_some_and(|link| link.up);
    // On a subnet of its own there is no gateway: the route goes with the link.
    if let Some(own) = mine.addresses.iter().find(|a| a.global && a.address.contains(to)) {
        let subnet = IpNetwork::new(own.address.network(), own.address.prefix()).ok()?;
        let route = format!("{} route add {subnet} dev {}", ip(machine, to), own.link);
        return (is_up(&own.link) && own.address.ip() != to).then_some(route);
    }
    let mine: Vec<IpNetwork> =
        mine.addresses.iter().filter(|a| a.global && is_up(&a.link)).map(|a| a.address).collect();
    // Whoever has the destination on a subnet of its own, and an address on one of ours.
    let gateways = scene.net.iter().filter(|(other, _)| *other != machine).filter_map(|(other, ns)| {
        let theirs = connected(ns);
        let subnet = theirs.iter().find(|subnet| subnet.contains(to))?;
        let gateway = theirs.iter().find(|address| mine.iter().any(|subnet| subnet.contains(address.ip())))?;
        let forwards = scene.in_cluster(other) && ns.links.iter().any(|link| link.kind == "bridge");
        let subnet = IpNetwork::new(subnet.network(), subnet.prefix()).ok()?;
        Some((forwards, subnet, gateway.ip()))
    });
    let (_, subnet, via) = gateways.max_by_key(|(forwards, ..)| *forwards)?;
    Some(format!("{} route add {subnet} via {via}", ip(machine, to)))
}
