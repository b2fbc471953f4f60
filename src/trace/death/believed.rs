//! What did a machine believe of its neighbour that is not so?
//!
//! ```text
//! node-1: 192.168.1.12 is at 02:…:99     somebody has typed it; or it is out of date; or two machines have the address
//! ```

use std::net::IpAddr;

use super::layer2::words;
use super::obstacle::{both_ends, setting_or};
use super::{Finding, Spot, Victim, overlay};
use crate::kernel::capture::Direction;
use crate::kernel::netns;
use crate::names::MachineName;
use crate::network::Mac;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, ask_anew, by_plan, by_plan_in, without_neighbour};
use crate::trace::names::Place;
use crate::trace::outcome::{Fact, Point, Sighting};
use crate::trace::scene::Scene;

/// A hardware address that nobody has, or not the one who is meant: what the last router believes of its neighbour.
pub fn wrong_mac(scene: &Scene, victim: &Victim, mac: Mac) -> Option<Finding> {
    let (machine, dev, next) = sender(scene, victim)?;
    let link = scene.link(&machine, &dev)?;
    if setting_or(link, "arp", 1) == 0 {
        let why = format!(
            "{machine} asks nobody for hardware addresses at {dev}, where arp is off: it sent it to {mac}, which nobody has"
        );
        return Some(
            Finding::new(Cause::NeighbourUnanswered, why)
                .fact(Fact::explained("link", format!("{dev}: NOARP")).at(&machine))
                .fix([by_plan(scene, &machine, &[About::Link(&dev)])]),
        );
    }
    let entry = scene.neighbour(&machine, &dev, next)?;
    if let Some((gone, _)) = scene.planned_owners(next).iter().find(|(owner, _)| is_gone(owner)) {
        let why = format!("{gone}, which should have {next}, does not exist any more");
        let spot = Spot { point: Point::Underway, machine: machine.clone(), after: Some(dev.clone()), before: None };
        return Some(Finding::new(Cause::LinkDown, why).at(spot));
    }
    let named = scene.names.mac(mac).unwrap_or_else(|| "nobody's".to_owned());
    let by = if entry.by_hand() { "somebody has told it so" } else { "it has not noticed that this is out of date" };
    let why = format!("{machine} takes {next} to be at {mac}, which is {named}: {by}");
    let fact =
        Fact::explained("neighbour", format!("ip neigh: {next} dev {dev} lladdr {mac} {}", entry.state)).at(&machine);
    let own = if entry.by_hand() { without_neighbour(&machine, entry) } else { ask_anew(&machine, next, &dev) };
    let planned = by_plan(scene, &machine, &[About::Neighbours]);
    // At a VXLAN it may not be possible to ask anew.
    let told = if link.vxlan.is_some() { overlay::told(scene, &machine, &dev, next) } else { Vec::new() };
    Some(Finding::new(Cause::NeighbourUnanswered, why).fact(fact).fix([planned, told, vec![own]]))
}

/// Whether there is no such machine.
pub fn is_gone(machine: &MachineName) -> bool {
    netns::list().is_ok_and(|there| !there.contains(machine) && !machine.is_fabric())
}

/// The same, where somebody has the hardware address, and not the one for whom the packet was.
pub fn misbelieved(scene: &Scene, victim: &Victim, mac: Mac) -> Option<Finding> {
    let (_, _, next) = sender(scene, victim)?;
    let right = scene.names.with_address(next).iter().any(|(owner, link)| {
        scene.ns(owner).is_some_and(|ns| ns.links.iter().any(|other| other.mac == Some(mac) && other.name == *link))
    });
    if right { None } else { wrong_mac(scene, victim, mac) }
}

/// The next machine should have the address on a link that is gone: what is believed of it is no matter.
pub fn whose_link_is_gone(scene: &Scene, victim: &Victim) -> Option<Finding> {
    let (machine, dev, next) = sender(scene, victim)?;
    let places = scene.planned_owners(next);
    let place = places.iter().find(|place| scene.link(&place.0, &place.1).is_none())?;
    let mut fix = by_plan_in(scene, &both_ends(scene, place));
    // What is made anew has another hardware address.
    if !fix.is_empty() {
        fix.push(ask_anew(&machine, next, &dev));
    }
    Some(
        Finding::new(Cause::LinkDown, format!("{} is gone", words(place)))
            .fact(Fact::explained("link", format!("ip link: no {}", place.1)).at(&place.0))
            .fix([fix]),
    )
}

/// Who gave the packet its last hardware addresses: the machine, its link, and the neighbour that it was for.
pub fn sender(scene: &Scene, victim: &Victim) -> Option<(MachineName, String, IpAddr)> {
    let routed = |sighting: &Sighting| {
        let link = scene.link(&sighting.machine, &sighting.interface);
        sighting.direction == Direction::Out && link.is_some_and(|link| link.master.is_none())
    };
    // Within an encapsulation it is the one who sent what is within.
    let depth = victim.hops.last()?.sighting.frame.outer.len();
    let mut last =
        victim.hops.iter().rposition(|hop| routed(&hop.sighting) && hop.sighting.frame.outer.len() == depth)?;
    // The neighbour is one of the link that was chosen, which may stand on the one that the packet left by.
    let stands_on = |upper: &Sighting, lower: &Sighting| {
        let link = scene.link(&upper.machine, &upper.interface);
        let stacked = link.is_some_and(|link| link.over.is_some() && link.vxlan.is_none());
        upper.direction == Direction::Out && stacked && upper.frame.link == lower.frame.link
    };
    while last > 0 && stands_on(&victim.hops[last - 1].sighting, &victim.hops[last].sighting) {
        last -= 1;
    }
    let sighting = &victim.hops[last].sighting;
    let packet = sighting.frame.outermost()?;
    let traveller = scene.traveller(&sighting.machine, packet, None);
    let traveller = crate::kernel::lookup::Traveller { from: None, ports: None, ..traveller };
    let way = scene.way(&sighting.machine, &traveller).ok()?;
    Some((sighting.machine.clone(), sighting.interface.clone(), way.via.unwrap_or(packet.destination)))
}

/// A packet that came to a machine which does not have the address that it was sent by way of: two have it, or a
/// neighbour entry is wrong.
pub fn misled(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let (from, dev, next) = sender(scene, victim)?;
    let owners = scene.names.with_address(next);
    if from == *machine {
        return None;
    }
    if owners.iter().any(|(owner, _)| owner == machine) {
        // One of two, and not the one who should have it.
        let planned = scene.planned_owners(next);
        let strange = !planned.is_empty() && !planned.iter().any(|(owner, _)| owner == machine);
        return strange.then(|| twice(scene, next, None)).flatten();
    }
    // Who should have the address, and lacks it, is the right one all the same.
    if scene.planned_owners(next).iter().any(|(owner, _)| owner == machine) {
        return None;
    }
    let mac = victim.hops.last()?.sighting.frame.link?.destination;
    let entry = scene.neighbour(&from, &dev, next).filter(|entry| entry.mac == Some(mac))?;
    // What nobody has and nobody should, and this machine has answered for.
    if owners.is_empty() && scene.planned_owners(next).is_empty() && !entry.by_hand() {
        let why = format!("{machine} has told {from} that it has {next}, and has it no longer");
        let fact = format!("ip neigh: {next} dev {dev} lladdr {mac} {}", entry.state);
        return Some(Finding::new(Cause::NoAddress, why).fact(Fact::explained("neighbour", fact).at(&from)));
    }
    wrong_mac(scene, victim, mac)
}

/// Two machines with an address that decided where the packet went.
pub fn twice(scene: &Scene, address: IpAddr, right: Option<&MachineName>) -> Option<Finding> {
    let owners = scene.names.with_address(address);
    let planned = scene.planned_owners(address);
    let is_right = |place: &&Place| match right {
        Some(right) => place.0 == *right,
        None => planned.contains(place),
    };
    let keeper = owners.iter().find(is_right)?;
    // In another network it may be used again. An address of any link is answered for at all of them.
    let meets = |machine: &MachineName| {
        let links = scene.ns(machine).map_or(&[][..], |ns| ns.links.as_slice());
        links.iter().any(|link| scene.wiring().path_across(keeper, &(machine.clone(), link.name.clone())).is_some())
    };
    // One that the plan does not have, in a machine that took the packet, is one too many wherever it is.
    let took = scene.there.last().map(|hop| &hop.sighting.machine);
    let strange = |place: &Place| Some(&place.0) == took && !planned.contains(place);
    let wrong = owners.iter().find(|place| place.0 != keeper.0 && (meets(&place.0) || strange(place)))?;
    let why = format!("{address} is on {}, and on {} too", words(keeper), words(wrong));
    let own = scene.ns(&wrong.0).and_then(|ns| {
        let address = ns.addresses_of(&wrong.1).find(|a| a.address.ip() == address)?;
        Some(format!("{} addr delete {} dev {}", crate::step::Ip(&wrong.0), address.address, wrong.1))
    });
    let mut fix = by_plan(scene, &wrong.0, &[About::Link(&wrong.1)]);
    if fix.is_empty() {
        fix.extend(own);
    }
    // Whoever believed the wrong one goes on believing it for a while.
    let macs: Vec<Option<Mac>> = owners
        .iter()
        .filter(|place| place.0 != keeper.0)
        .map(|place| scene.link(&place.0, &place.1).and_then(|link| link.mac))
        .collect();
    for (machine, ns) in scene.net {
        let believers = ns.neighbours.iter().filter(|entry| entry.address == address && macs.contains(&entry.mac));
        fix.extend(believers.map(|entry| ask_anew(machine, address, &entry.link)));
    }
    let answers = scene.answers(address);
    let mut seen: Vec<Mac> = answers.iter().filter_map(|answer| answer.frame.link.map(|link| link.source)).collect();
    seen.sort_unstable();
    seen.dedup();
    let facts = (seen.len() > 1)
        .then(|| Fact::observed("arp", format!("{} hardware addresses answered for {address}", seen.len())));
    let both = owners.iter().map(|place| Fact::explained("address", format!("{address} on {}", place.1)).at(&place.0));
    Some(Finding::new(Cause::DuplicateAddress, why).facts(facts).facts(both).fix([fix]))
}
