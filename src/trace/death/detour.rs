//! Was it sent the wrong way before it died?
//!
//! ```text
//! node-1   plan: 10.244.2.0/24 via 192.168.1.12    is: default via 192.168.1.100    ─▶ outside, which forwards nothing
//! ```
//!
//! A packet that dies where it should not have come has not died of that place. The first machine on its way whose route
//! is not the plan's is where it took the wrong turn.

use std::net::IpAddr;

use super::{Finding, Victim, routing};
use crate::kernel::capture::Direction;
use crate::kernel::lookup::Traveller;
use crate::names::MachineName;
use crate::network::{MAIN, Namespace, Route};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::outcome::{Fact, Leg};
use crate::trace::scene::Scene;

/// The first machine on the way whose route is not the plan's; none where the packet has come no further than the plan
/// would have brought it.
pub fn why(scene: &Scene, victim: &Victim) -> Option<Finding> {
    let last = victim.hops.last().map(|hop| &hop.sighting.machine);
    if last.is_some_and(|last| planned_way(scene, victim).contains(last)) {
        return None;
    }
    let mut machines = sent_on(victim);
    machines.retain(|(machine, _)| Some(*machine) != last || victim.hops.len() == 1);
    machines.into_iter().find_map(|(machine, to)| turn(scene, victim, machine, to))
}

/// The same of a packet that went round in circles: any machine can be the one that sent it back.
pub fn in_a_circle(scene: &Scene, victim: &Victim) -> Option<Finding> {
    sent_on(victim).into_iter().find_map(|(machine, to)| turn(scene, victim, machine, to))
}

/// The machines that sent it on, in order, and to where.
fn sent_on<'a>(victim: &'a Victim) -> Vec<(&'a MachineName, IpAddr)> {
    let mut machines: Vec<(&MachineName, IpAddr)> = Vec::new();
    for hop in victim.hops.iter().filter(|hop| hop.sighting.direction == Direction::Out) {
        let to = hop.sighting.frame.packet().map(|packet| packet.destination);
        if let Some(to) = to.filter(|_| machines.last().is_none_or(|(machine, _)| **machine != hop.sighting.machine)) {
            machines.push((&hop.sighting.machine, to));
        }
    }
    machines
}

/// The machines by which the plan's routes lead from where the packet was first seen to its destination.
fn planned_way(scene: &Scene, victim: &Victim) -> Vec<MachineName> {
    let to = victim.packet.destination;
    let mut way: Vec<MachineName> = victim.hops.first().map(|hop| hop.sighting.machine.clone()).into_iter().collect();
    while let Some(machine) = way.last() {
        let route = scene.planned.get(machine).and_then(|ns| best_of(ns, to));
        let next = route.map(|route| route.via.unwrap_or(to));
        let owner = next.and_then(|next| scene.planned_owners(next).into_iter().next());
        match owner {
            Some((machine, _)) if !way.contains(&machine) => way.push(machine),
            _ => break,
        }
    }
    way
}

/// Whether this machine sends it another way than the plan does.
pub fn turn(scene: &Scene, victim: &Victim, machine: &MachineName, to: IpAddr) -> Option<Finding> {
    let planned_ns = scene.planned.get(machine)?;
    let planned = best_of(planned_ns, to)?;
    // That of an address of the machine itself says nothing about the way, and what is link-local has none.
    let link_local = matches!(to, IpAddr::V6(ip) if ip.is_unicast_link_local());
    if link_local || planned.kind == "local" || planned_ns.addresses.iter().any(|a| a.address.ip() == to) {
        return None;
    }
    // As it came in there: a policy rule may look at that, and at its source.
    let came_in = victim.hops.iter().map(|hop| &hop.sighting).rfind(|sighting| {
        let link = scene.link(&sighting.machine, &sighting.interface);
        sighting.machine == *machine
            && sighting.direction == Direction::In
            && link.is_some_and(|link| link.master.is_none())
    });
    let as_it_was = scene.traveller(machine, &victim.packet, came_in.map(|sighting| sighting.interface.as_str()));
    let as_it_was = Traveller { to, ..as_it_was };
    let plain = Traveller { from: None, came_in: None, ports: None, ..as_it_was };
    let way = scene.way(machine, &as_it_was).or_else(|_| scene.way(machine, &plain)).ok();
    let taken = way.as_ref().and_then(|way| way.route.clone())?;
    let same = planned.to == taken.to && (planned.via == taken.via || !taken.hops.is_empty() && planned.via.is_none());
    if same {
        return None;
    }
    let chosen = way.as_ref().and_then(|way| way.via);
    let gateway = |route: &Route| match (route.via.or(chosen.filter(|_| !route.hops.is_empty())), &route.dev) {
        (Some(via), _) => {
            let name = scene.names.with_address(via).first().map(|(machine, _)| format!(" ({machine})"));
            format!("via {via}{}", name.unwrap_or_default())
        }
        (None, Some(dev)) => format!("dev {dev}"),
        (None, None) => String::new(),
    };
    let facts = [
        Fact::explained("route", format!("the route that was taken: {taken}")).at(machine),
        Fact::explained("route", format!("the plan's: {planned}")).at(machine),
    ];
    let fixes = by_plan(scene, machine, &[About::Routes, About::Addresses]);
    let finding = if taken.to.prefix() < planned.to.prefix() {
        let cause = if victim.leg == Leg::Back { Cause::NoReturnRoute } else { Cause::NoRoute };
        let why = format!(
            "{machine} has no route to {}, so {} took it {}, where it does not belong",
            planned.to,
            if taken.to.prefix() == 0 { "its default route".to_owned() } else { format!("its route to {}", taken.to) },
            gateway(&taken)
        );
        Finding::new(cause, why)
    } else {
        let why = format!("{machine} sends it {}, and the way to {to} is {}", gateway(&taken), gateway(planned));
        Finding::new(Cause::WrongGateway, why)
    };
    Some(finding.facts(facts).fix([fixes]))
}

/// The planned route for a destination.
fn best_of(ns: &Namespace, to: IpAddr) -> Option<&Route> {
    routing::best(&ns.routes, MAIN, to)
}
