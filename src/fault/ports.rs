//! Ports of a bridge that do not pass everything on, and a bridge that looks for a machine behind the wrong one.
//!
//! ```text
//! cni0 ─┬─ veth-pod-a  isolated ┐  isolated-ports: these two do not hear each other
//!       ├─ veth-pod-b  isolated ┘
//!       ├─ veth-pod-c  locked      locked-port: what it says is thrown away
//!       └─ fdb: pod-a's MAC is behind veth-pod-b      wrong-fdb
//! ```

use super::pattern::Pattern;
use super::site::{Port, Site, Station};
use super::way::Role;
use super::{Deed, Families, Kind, Strike, Wish};
use crate::diff::Thing;
use crate::names::{LinkName, MachineName};
use crate::network::FdbEntry;
use crate::network::setting::Owner;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind::cutting(
        Families::All,
        "isolated-ports",
        "The ports of two machines on one bridge are isolated from each other.",
        &[Cause::PortBlocked, Cause::NeighbourUnanswered],
        isolated,
    ),
    Kind::cutting(
        Families::All,
        "locked-port",
        "A pod's port takes nothing from hardware addresses that it does not know.",
        &[Cause::PortBlocked, Cause::NeighbourUnanswered],
        locked,
    ),
    Kind::cutting(
        Families::All,
        "wrong-fdb",
        "A bridge has a lasting entry that one machine is behind another one's port.",
        &[Cause::FdbMissing, Cause::Hairpin, Cause::NeighbourUnanswered],
        astray,
    ),
];

/// A port of a bridge: whose it is, its own end, and the bridge's end.
type Plug<'s, 'a> = (&'s Station<'a>, &'s Port, &'s MachineName, &'s LinkName);

fn plugs<'s, 'a>(site: &'s Site<'a>) -> impl Iterator<Item = Plug<'s, 'a>> {
    let ports = site.stations.iter().flat_map(|station| station.ports.iter().map(move |port| (station, port)));
    ports.filter_map(|(station, port)| port.far.as_ref().map(|(machine, link)| (station, port, machine, link)))
}

/// Each port with the one that was plugged into the same bridge behind it, and the last one with the first; or with all
/// others, if it is asked for one of them.
fn pairs<'s, 'a>(site: &'s Site<'a>, wish: &Wish) -> Vec<(Plug<'s, 'a>, Plug<'s, 'a>)> {
    let mut found = Vec::new();
    for one in plugs(site).filter(|plug| wish.machine(plug.0.name())) {
        let on_it: Vec<Plug<'_, '_>> = plugs(site).filter(|other| other.1.segment == one.1.segment).collect();
        let place = on_it.iter().position(|other| other.3 == one.3).unwrap_or(0);
        let behind = on_it.iter().cycle().skip(place + 1).take(on_it.len().saturating_sub(1));
        let most = if wish.other.is_some() { usize::MAX } else { 1 };
        found.extend(behind.filter(|other| wish.other(other.0.name())).take(most).map(|other| (one, *other)));
    }
    found
}

fn isolated(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(one, other): (Plug<'_, '_>, Plug<'_, '_>)| {
        let set = |plug: &Plug<'_, '_>| Deed::setting(plug.2, Owner::Port, "isolated", plug.3, 1);
        let hit = |from: &Plug<'_, '_>, to: &Plug<'_, '_>| Pattern {
            roles: vec![Role::Bridged],
            enters: Some(from.3.clone()),
            leaves: Some(to.3.clone()),
            ..Pattern::at(from.2)
        };
        let strike = Strike::at(kind, one.0.name()).to(other.0.name());
        Some(strike.does([set(&one)?, set(&other)?]).hits([hit(&one, &other), hit(&other, &one)]))
    };
    pairs(site, wish).into_iter().filter_map(strike).collect()
}

fn locked(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port, machine, link): Plug<'_, '_>| {
        let mac = site.mac(at.name(), &port.link)?;
        let learned = |entry: &&FdbEntry| entry.mac == mac && entry.port == link.as_str() && !entry.by_hand;
        let entry = site.seen.get(machine).and_then(|ns| ns.fdb.iter().find(learned));
        // Whom it has learned already it would know.
        let forget = entry.map(|entry| Deed::remove(machine, Thing::Fdb(entry.clone())));
        let lock = Deed::setting(machine, Owner::Port, "locked", link, 1)?;
        let hit = Pattern { enters: Some(link.clone()), ..Pattern::at(machine) };
        Some(Strike::at(kind, at.name()).does(std::iter::once(lock).chain(forget)).hits([hit]))
    };
    let wanted = |plug: &Plug<'_, '_>| wish.other.is_none() && wish.machine(plug.0.name());
    plugs(site).filter(wanted).filter_map(strike).collect()
}

fn astray(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(one, other): (Plug<'_, '_>, Plug<'_, '_>)| {
        let (at, port, machine, link) = one;
        let entry = FdbEntry {
            mac: site.mac(at.name(), &port.link)?,
            port: other.3.to_string(),
            bridge: Some(port.segment.bridge.to_string()),
            permanent: false,
            vlan: None,
            vtep: None,
            other: [None; 2],
            by_hand: true,
        };
        let deed = Deed { machine: machine.clone(), act: super::Act::Fdb(entry) };
        let hit = Pattern { leaves: Some(link.clone()), ..Pattern::at(machine) };
        Some(Strike::at(kind, at.name()).to(other.0.name()).does([deed]).hits([hit]))
    };
    pairs(site, wish).into_iter().filter_map(strike).collect()
}
