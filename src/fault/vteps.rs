//! Who is behind a VXLAN device: entries that are missing, or lead to the wrong machine.
//!
//! ```text
//! neighbour 10.244.2.0 is 66:…:02          missing-vtep-neighbour    is not there, and flannel.1 cannot ask
//! FDB 66:…:02 dst 192.168.1.12             missing-fdb               is not there
//!                                          wrong-vtep                dst 192.168.1.13, where that device is not
//! ```
//!
//! A device that sends to all what it has no entry for does without entries: on such a one only a wrong entry breaks
//! something.

use std::net::IpAddr;

use super::overlay::devices;
use super::pattern::Pattern;
use super::site::{Site, Station, Tunnel};
use super::tunnel::{End, peers, written};
use super::{Deed, Families, Kind, Strike, Wish};
use crate::step::{Action, AddFdbEntry, AddNeighbour};
use crate::topology::model::Vxlan;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind::cutting(
        Families::Either,
        "missing-vtep-neighbour",
        "A machine's entry is deleted that says which hardware address another machine's VXLAN device has.",
        &[Cause::NeighbourUnanswered],
        missing_neighbour,
    ),
    Kind::cutting(
        Families::All,
        "missing-fdb",
        "The entry of a VXLAN device is deleted that says by way of which machine another one is reached.",
        &[Cause::FdbMissing],
        missing_entry,
    ),
    Kind::cutting(
        Families::All,
        "wrong-vtep",
        "A VXLAN device has an entry that sends what is for another one to the wrong machine.",
        &[Cause::WrongVtep, Cause::NeighbourUnanswered],
        wrong_vtep,
    ),
];

/// Each device with each other one that it is a next hop to.
fn pairs<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish) -> impl Iterator<Item = (End<'s, 'a>, End<'s, 'a>)> {
    let near = devices(site, wish).filter(|(_, tunnel)| tunnel.device.master.is_none());
    let all = near.flat_map(|near| peers(site, near).map(move |far| (near, far)));
    all.filter(|(_, far)| far.1.device.master.is_none() && wish.other(far.0.name()))
}

/// Whether it can do without an entry.
fn asks_all(device: &Vxlan) -> bool {
    device.learning || !device.flood.is_empty()
}

/// What a machine sends by one device to the other.
fn between(at: &Station<'_>, near: &Tunnel<'_>, far: &Tunnel<'_>) -> Vec<Pattern> {
    let next = far.port.addresses.iter().map(|address| Some(address.ip()));
    next.map(|next| Pattern { next, leaves: Some(near.device.name.clone()), ..Pattern::routed(at.name()) }).collect()
}

fn missing_neighbour(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for ((at, near), (other, far)) in pairs(site, wish).filter(|(near, _)| !asks_all(near.1.device)) {
        let known = near.device.peers.iter().filter(|peer| peer.mac == far.device.mac).flat_map(|peer| &peer.addresses);
        for address in known.copied().filter(|address| wish.families().any(|ipv6| ipv6 == address.is_ipv6())) {
            let (link, mac) = (near.device.name.clone(), far.device.mac);
            let deed = Deed::undo(at.name(), Action::AddNeighbour(AddNeighbour { link, address, mac }));
            let hit =
                Pattern { next: Some(address), leaves: Some(near.device.name.clone()), ..Pattern::routed(at.name()) };
            found.push(Strike::at(kind, at.name()).to(other.name()).of(address.is_ipv6()).does([deed]).hits([hit]));
        }
    }
    found
}

fn missing_entry(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |((at, near), (other, far)): (End<'_, '_>, End<'_, '_>)| {
        let vtep = written(near.device, far.device)?;
        let entry = AddFdbEntry { link: near.device.name.clone(), mac: far.device.mac, vtep };
        let deed = Deed::undo(at.name(), Action::AddFdbEntry(entry));
        Some(Strike::at(kind, at.name()).to(other.name()).does([deed]).hits(between(at, near, far)))
    };
    pairs(site, wish).filter(|(near, _)| !asks_all(near.1.device)).filter_map(strike).collect()
}

/// Where a device could be sought that is not there: at a third machine that has one, or at an address that nobody has.
fn elsewhere(site: &Site<'_>, near: End<'_, '_>, far: End<'_, '_>) -> Option<IpAddr> {
    let third = peers(site, near).find(|other| other.0.name() != far.0.name() && other.1.device.master.is_none());
    let nobody = || {
        let (at, local) = (near.0, near.1.device.local);
        let port = at.on(local)?;
        let subnet = port.subnets(local.is_ipv6()).find(|subnet| subnet.contains(local))?;
        site.unused(&port.segment, subnet)
    };
    third.map(|(_, tunnel)| tunnel.device.local).or_else(nobody)
}

fn wrong_vtep(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(near, far): (End<'_, '_>, End<'_, '_>)| {
        let ((at, tunnel), (other, there)) = (near, far);
        let vtep = elsewhere(site, near, far)?;
        let entry = AddFdbEntry { link: tunnel.device.name.clone(), mac: there.device.mac, vtep };
        let deed = Deed::step(at.name(), Action::AddFdbEntry(entry));
        Some(Strike::at(kind, at.name()).to(other.name()).does([deed]).hits(between(at, tunnel, there)))
    };
    pairs(site, wish).filter_map(strike).collect()
}
