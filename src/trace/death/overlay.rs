//! What became of the packet around a packet?
//!
//! ```text
//! vxlan Out ─ FDB: behind which VTEP? ─ the way to it ─▶ eth0 Out … eth0 In ─ this port, this VNI? ─▶ vxlan In
//! ```

mod taken;

use std::net::IpAddr;

use super::layer2::Cast;
use super::{Finding, Spot, Victim, believed, layer2, output, unknown};
use crate::kernel::capture::Direction;
use crate::kernel::probe::Protocol;
use crate::names::MachineName;
use crate::network::{FdbEntry, Link, Mac, Namespace, Namespaces};
use crate::step::Bridge;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::frame::{Packet, Transport};
use crate::trace::names::Place;
use crate::trace::outcome::{Fact, Hop, Point, Sighting};
use crate::trace::scene::Scene;
pub use taken::{mismatch, not_received};

/// What a VXLAN knows of a hardware address: its entry, or the one for all that have none.
pub fn entry<'a>(scene: &Scene<'a>, machine: &MachineName, link: &str, mac: Mac) -> Option<&'a FdbEntry> {
    entry_in(scene.ns(machine)?, link, mac)
}

fn entry_in<'a>(ns: &'a Namespace, link: &str, mac: Mac) -> Option<&'a FdbEntry> {
    let of = |mac: Mac| ns.fdb.iter().find(move |entry| entry.port == link && entry.vtep.is_some() && entry.mac == mac);
    of(mac).or_else(|| of(Mac([0; 6])))
}

/// The addresses, from and to, that the packet around one would have which a VXLAN was given.
pub fn would_be_around(net: &Namespaces, given: &Sighting) -> Option<[IpAddr; 2]> {
    let ns = net.get(&given.machine)?;
    let vxlan = ns.link(&given.interface)?.vxlan.as_ref()?;
    let vtep = entry_in(ns, &given.interface, given.frame.link?.destination)?.vtep?;
    Some([vxlan.local?, vtep])
}

/// The address by which a VXLAN reaches a machine on the underlay: one that a VXLAN there sends from, best of the same
/// identifier. IPv4 cannot be sent to IPv6.
fn vtep_of(scene: &Scene, (from, link): (&MachineName, &str), machine: &MachineName) -> Option<IpAddr> {
    let mine = scene.link(from, link)?.vxlan.as_ref()?;
    let theirs = scene.ns(machine)?.links.iter().filter_map(|link| link.vxlan.as_ref());
    let fits = |local: &IpAddr| mine.local.is_none_or(|mine| mine.is_ipv6() == local.is_ipv6());
    let all = theirs.filter_map(|vxlan| Some((vxlan.vni != mine.vni, vxlan.local.filter(fits)?)));
    all.min_by_key(|(is_another, _)| *is_another).map(|(_, local)| local)
}

/// A packet that a VXLAN link was given, and that was not seen to be sent.
pub fn not_sent(scene: &Scene, victim: &Victim, hop: &Hop) -> Finding {
    let (machine, link) = (&hop.sighting.machine, hop.sighting.interface.as_str());
    let Some(mac) = hop.sighting.frame.link.map(|link| link.destination) else {
        return unknown(scene, victim, machine, format!("{link} was given a packet without hardware addresses"));
    };
    let Some(entry) = entry(scene, machine, link, mac) else {
        // Of one that nobody has there can be none: it is the neighbour that is wrong.
        let wrong = believed::wrong_mac(scene, victim, mac).filter(|_| scene.names.with_mac(mac).is_empty());
        return wrong.unwrap_or_else(|| missing(scene, machine, link, mac));
    };
    let Some(vtep) = entry.vtep else { return missing(scene, machine, link, mac) };
    if let Some(finding) = wrong_vtep(scene, machine, link, mac, entry) {
        return finding;
    }
    let vxlan = scene.link(machine, link).and_then(|link| link.vxlan.clone()).unwrap_or_default();
    let outer = Packet {
        source: vxlan.local.unwrap_or(vtep),
        destination: vtep,
        ttl: 64,
        length: victim.packet.length + 50,
        dont_fragment: false,
        fragment: false,
        protocol: Protocol::Udp(vxlan.port).number(vtep.is_ipv6()),
        transport: Transport::Other,
    };
    let carrier = Victim { packet: outer, ..victim.clone() };
    let after = Spot { point: Point::Underway, machine: machine.clone(), after: Some(link.to_owned()), before: None };
    let finding = output::why(scene, &carrier, machine, None);
    let spot = finding
        .spot
        .clone()
        .filter(|spot| spot.machine != *machine)
        .unwrap_or(Spot { before: finding.spot.and_then(|spot| spot.before), ..after });
    Finding { spot: Some(spot), ..Finding { spot: None, ..finding } }
        .fact(Fact::explained("fdb", format!("bridge fdb: {} dev {link} dst {vtep}", entry.mac)).at(machine))
}

/// No entry.
fn missing(scene: &Scene, machine: &MachineName, link: &str, mac: Mac) -> Finding {
    let whose = scene.names.mac(mac).unwrap_or_else(|| "nobody's".into());
    let mut others = scene.net.keys().filter(|other| *other != machine && is_behind(scene, other, mac));
    let owner = others.find_map(|other| vtep_of(scene, (machine, link), other));
    let fix = owner.map(|vtep| format!("{} fdb append {mac} dev {link} dst {vtep} self", Bridge(machine)));
    Finding::new(
        Cause::FdbMissing,
        format!("{link} of {machine} has no entry for {mac} ({whose}): it does not know where to send it"),
    )
    .fact(Fact::explained("fdb", format!("bridge fdb show dev {link}: no {mac}")).at(machine))
    .fix([by_plan(scene, machine, &[About::Behind(mac)]), fix.into_iter().collect()])
}

/// A VXLAN that has no entry for all: a question for a neighbour leads nowhere, and what should be known has to be
/// written down.
pub fn asks_nobody(scene: &Scene, machine: &MachineName, link: &str, next: IpAddr) -> Option<Finding> {
    scene.link(machine, link)?.vxlan.as_ref()?;
    if entry(scene, machine, link, Mac([0; 6])).is_some() {
        return None;
    }
    let why = format!(
        "{machine} does not know {next} at {link}, and its question goes nowhere: {link} has no entry for what is for everybody"
    );
    Some(
        Finding::new(Cause::NeighbourUnanswered, why)
            .fact(Fact::explained("fdb", format!("bridge fdb show dev {link}: no 00:00:00:00:00:00")).at(machine))
            .fix([by_plan(scene, machine, &[About::Neighbours]), told(scene, machine, link, next)]),
    )
}

/// Whether a hardware address is in a machine, or behind a VXLAN of it.
pub fn is_behind(scene: &Scene, machine: &MachineName, mac: Mac) -> bool {
    let links = scene.ns(machine).map_or(&[][..], |ns| ns.links.as_slice());
    let ends = || links.iter().filter(|link| link.vxlan.is_some()).map(|link| (machine.clone(), link.name.clone()));
    let owners = scene.names.with_mac(mac);
    owners.iter().any(|owner| owner.0 == *machine || ends().any(|end| scene.wiring().path(&end, owner).is_some()))
}

/// A link of a VXLAN and the one that a frame has to come out of: whether the first one knows the way.
pub fn through(scene: &Scene, (from, a): (&Place, &Link), (to, b): (&Place, &Link), cast: Cast) -> Option<Finding> {
    if let Some(down) = [(from, a), (to, b)].into_iter().find(|(_, link)| !link.up) {
        return Some(output::is_down(scene, &down.0.0, down.1));
    }
    if let Some(finding) = mismatch(scene, from, to) {
        return Some(finding);
    }
    let mac = match cast {
        Cast::Unicast(mac) if entry(scene, &from.0, &from.1, mac).is_some_and(|entry| entry.mac == mac) => mac,
        _ => Mac([0; 6]),
    };
    let right = vtep_of(scene, (&from.0, &from.1), &to.0)?;
    let own = scene.ns(&from.0)?.fdb.iter().filter(|entry| entry.port == from.1 && entry.mac == mac);
    let mut vteps = own.filter_map(|entry| entry.vtep);
    if vteps.any(|vtep| vtep == right || vtep.is_multicast()) {
        return None;
    }
    let why = format!("{} of {} does not send to {right} ({}) what goes to everybody", from.1, from.0, to.0);
    Some(
        Finding::new(Cause::FdbMissing, why)
            .fact(Fact::explained("fdb", format!("bridge fdb show dev {}: no {mac} dst {right}", from.1)).at(&from.0))
            .fix([vec![format!("{} fdb append {mac} dev {} dst {right} self", Bridge(&from.0), from.1)]]),
    )
}

/// What tells a machine where a neighbour is whom it cannot ask for at a VXLAN: its hardware address, and its VTEP.
pub fn told(scene: &Scene, machine: &MachineName, link: &str, next: IpAddr) -> Vec<String> {
    let is_vxlan = |place: &&Place| scene.link(&place.0, &place.1).is_some_and(|link| link.vxlan.is_some());
    let owner = scene.names.with_address(next).iter().filter(is_vxlan).find(|(other, _)| other != machine);
    let Some((owner, mac)) = owner.and_then(|(owner, name)| Some((owner, scene.link(owner, name)?.mac?))) else {
        return Vec::new();
    };
    let ip = crate::trace::fix::ip(machine, next);
    let mut fix = vec![format!("{ip} neigh replace {next} lladdr {mac} dev {link} nud permanent")];
    let vtep = vtep_of(scene, (machine, link), owner).filter(|_| entry(scene, machine, link, mac).is_none());
    fix.extend(vtep.map(|vtep| format!("{} fdb append {mac} dev {link} dst {vtep} self", Bridge(machine))));
    fix
}

/// An entry that names the wrong machine, or none.
fn wrong_vtep(scene: &Scene, machine: &MachineName, link: &str, mac: Mac, entry: &FdbEntry) -> Option<Finding> {
    let vtep = entry.vtep?;
    let (owner, _) = scene.names.with_mac(mac).first()?;
    let there = scene.names.with_address(vtep);
    if vtep.is_multicast() || there.iter().any(|(at, _)| is_behind(scene, at, mac)) {
        return None;
    }
    let whose = there.first().map_or_else(|| "nobody's".to_owned(), |(at, _)| format!("{at}'s"));
    let why = format!("{link} of {machine} sends what is for {mac} to {vtep}, which is {whose}; {mac} is {owner}'s");
    let mut others = scene.net.keys().filter(|other| *other != machine && is_behind(scene, other, mac));
    let right = others.find_map(|other| vtep_of(scene, (machine, link), other));
    // It is where it should be, and the machine lacks its address.
    if right == Some(vtep) {
        let why = format!("{link} of {machine} sends what is for {mac} to {vtep}, which {owner} should have and lacks");
        let fact = Fact::explained("link", format!("ip -d link: a VXLAN there is local {vtep}")).at(owner);
        let finding = Finding::new(Cause::NoAddress, why).fact(fact);
        return Some(finding.fix([by_plan(scene, owner, &[About::Addresses])]));
    }
    // Where nobody has it the entry may be right, and something else in the way.
    if right.is_none() && !there.is_empty() {
        return None;
    }
    let all_zero = entry.mac.0 == [0; 6];
    let fix = right.map_or_else(Vec::new, |right| {
        let mut fix = Vec::new();
        if !all_zero {
            fix.push(format!("{} fdb delete {mac} dev {link} dst {vtep} self", Bridge(machine)));
        }
        fix.push(format!("{} fdb append {mac} dev {link} dst {right} self", Bridge(machine)));
        fix
    });
    Some(
        Finding::new(Cause::WrongVtep, why)
            .fact(Fact::explained("fdb", format!("bridge fdb: {} dev {link} dst {vtep}", entry.mac)).at(machine))
            .fix([by_plan(scene, machine, &[About::Behind(mac)]), fix]),
    )
}

/// A frame that came out of a VXLAN in a machine which does not have its hardware address.
pub fn wrong_machine(scene: &Scene, victim: &Victim, place: &Place, mac: Mac) -> Finding {
    let loose = || layer2::loose(scene, place).filter(|_| !scene.names.with_mac(mac).is_empty());
    let unplugged = || layer2::unplugged_on_the_way(scene, victim, mac);
    let believed = || believed::wrong_mac(scene, victim, mac);
    misdirected(scene, victim, &place.0, mac).or_else(loose).or_else(unplugged).or_else(believed).unwrap_or_else(|| {
        unknown(scene, victim, &place.0, format!("a frame for {mac} came out of {}", layer2::words(place)))
    })
}

/// Whether some VXLAN before sent it to this machine, which does not have the hardware address.
fn misdirected(scene: &Scene, victim: &Victim, machine: &MachineName, mac: Mac) -> Option<Finding> {
    if is_behind(scene, machine, mac) {
        return None;
    }
    victim.hops.iter().rev().filter(|hop| hop.sighting.direction == Direction::Out).find_map(|hop| {
        let (at, link) = (&hop.sighting.machine, hop.sighting.interface.as_str());
        scene.link(at, link)?.vxlan.as_ref()?;
        wrong_vtep(scene, at, link, mac, entry(scene, at, link, mac)?)
    })
}
