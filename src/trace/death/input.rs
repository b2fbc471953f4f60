//! What did a machine do with a packet that came in?
//!
//! ```text
//! In ─ ingress ─ prerouting ─ which way? ─┬─ input ─▶ arrival
//!                                         └─ ttl, size ─ forward ─ postrouting ─▶ output
//! ```
//!
//! How far it came is known from the hooks; what comes between two hooks is asked of the kernel and of the tables in the
//! kernel's own order (`ip_rcv`, `ip_route_input_slow`, `ip_forward`; `ip6_forward`).

use std::net::IpAddr;

use super::routing::by_route;
use super::{Finding, Victim, arrival, believed, detour, firewall, neighbour, output, unknown};
use crate::names::MachineName;
use crate::trace::cause::Cause;
use crate::trace::decide::translated_destination;
use crate::trace::fix::{About, by_plan};
use crate::trace::frame::Packet;
use crate::trace::hooks::{Hook, Passage};
use crate::trace::outcome::{Fact, Hop};
use crate::trace::scene::Scene;

/// Why it was not seen again.
pub fn why(scene: &Scene, victim: &Victim, hop: &Hop) -> Finding {
    let (machine, interface) = (&hop.sighting.machine, hop.sighting.interface.as_str());
    let around = hop.sighting.frame.outer.first().is_some_and(|outer| outer.packet == victim.packet);
    let passage = Passage::new(scene.acts, machine, victim.leg, around);
    if scene.watched && !passage.reached(Hook::Prerouting, false) {
        return before_the_hooks(scene, victim, machine, interface);
    }
    if let Some(finding) = firewall::stuck(scene, victim, machine) {
        return finding;
    }
    let was = victim.packet.destination;
    match translated_destination(machine, &victim.packet) {
        Some(to) => {
            let packet = Packet { destination: to, ..victim.packet.clone() };
            let fact = Fact::explained("conntrack", format!("its destination {was} becomes {to}"));
            beyond(scene, &Victim { packet, ..*victim }, hop, &passage).fact(fact)
        }
        None => beyond(scene, victim, hop, &passage),
    }
}

/// Beyond the first hook, where it may have been translated.
fn beyond(scene: &Scene, victim: &Victim, hop: &Hop, passage: &Passage) -> Finding {
    let (machine, interface) = (&hop.sighting.machine, hop.sighting.interface.as_str());
    let way = scene.way(machine, &scene.traveller(machine, &victim.packet, Some(interface)));
    let local = way.as_ref().is_ok_and(|way| way.kind == "local");
    if passage.reached(Hook::Input, true) || (!scene.watched && local) {
        return arrival::why(scene, victim, hop);
    }
    if passage.reached(Hook::Forward, true) {
        return output::why(scene, victim, machine, Some(interface));
    }
    // A bridge's packets may have passed the first hook before.
    if let Some(finding) = without_ipv6(scene, victim, machine, interface) {
        return finding;
    }
    if let Some(finding) = believed::misled(scene, victim, machine) {
        return finding;
    }
    if let Some(finding) = from_nowhere(scene, victim).or_else(|| unusable(scene, victim, machine)) {
        return finding;
    }
    let to = victim.packet.destination;
    let planned = scene.planned_owners(to);
    let mine = planned.iter().find(|(owner, _)| owner == machine).filter(|_| !local);
    if let Some(owner) = mine.filter(|_| !scene.names.with_address(to).iter().any(|(other, _)| other == machine)) {
        return neighbour::lacks_address(scene, owner, to);
    }
    if let Some(finding) = by_route(scene, victim, machine, Some(interface)) {
        return finding;
    }
    if let Some(finding) = forwarded(scene, victim, machine, interface) {
        return finding;
    }
    match scene.watched {
        true => unknown(scene, victim, machine, format!("{} came into {machine} at {interface}", victim.word())),
        false => output::why(scene, victim, machine, Some(interface)),
    }
}

/// A packet that was sent from a link-local address to somebody beyond the link: no router passes it on (RFC 4007).
pub fn from_nowhere(scene: &Scene, victim: &Victim) -> Option<Finding> {
    let link_local = |address: IpAddr| matches!(address, IpAddr::V6(ip) if ip.is_unicast_link_local());
    let (source, to) = (victim.packet.source, victim.packet.destination);
    if !link_local(source) || link_local(to) {
        return None;
    }
    let sender = victim.hops.first().map(|hop| &hop.sighting.machine)?;
    let why = format!(
        "{sender} has no address that reaches further than its link: it sent from {source}, and no router passes that on"
    );
    let links = scene.ns(sender).map_or(&[][..], |ns| ns.links.as_slice());
    let mut about = vec![About::Addresses];
    about.extend(links.iter().map(|link| About::Link(&link.name)));
    Some(
        Finding::new(Cause::NoAddress, why)
            .fact(Fact::explained("address", "ip -6 addr: no global address").at(sender))
            .fix([by_plan(scene, sender, &about)]),
    )
}

/// An address of the machine's own that it may not use: another machine has it, or that is still being found out.
pub fn unusable(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let to = victim.packet.destination;
    let address = scene.ns(machine)?.addresses.iter().find(|address| address.address.ip() == to)?;
    let failed = address.unusual.iter().any(|word| word == "dadfailed");
    if !failed && !address.tentative {
        return None;
    }
    let (cause, why) = match failed {
        true => (Cause::DuplicateAddress, "somebody else had it when it was added (dadfailed)"),
        false => (Cause::NoAddress, "it is not known yet whether somebody else has it (tentative)"),
    };
    let again =
        |verb: &str| format!("{} addr {verb} {} dev {}", crate::step::Ip(machine), address.address, address.link);
    let generic = if failed { vec![again("delete"), again("add")] } else { Vec::new() };
    Some(
        Finding::new(cause, format!("{machine} has {to} on {} and cannot use it: {why}", address.link))
            .fact(Fact::explained("address", format!("ip addr: {address} dev {}", address.link)).at(machine))
            .fix([by_plan(scene, machine, &[About::Link(&address.link), About::Addresses]), generic]),
    )
}

/// It did not get as far as the first hook.
pub fn before_the_hooks(scene: &Scene, victim: &Victim, machine: &MachineName, interface: &str) -> Finding {
    if let Some(finding) = firewall::on_link(scene, machine, interface, "ingress") {
        return finding.fact(Fact::observed("hook", "it did not get as far as prerouting"));
    }
    if let Some(finding) = without_ipv6(scene, victim, machine, interface) {
        return finding;
    }
    unknown(
        scene,
        victim,
        machine,
        format!("{} came into {machine} at {interface}, and not to its first hook", victim.word()),
    )
}

/// A link that does without IPv6 takes none in (`ip6_rcv_core`, `net/ipv6/ip6_input.c`).
pub fn without_ipv6(scene: &Scene, victim: &Victim, machine: &MachineName, interface: &str) -> Option<Finding> {
    let key = format!("net.ipv6.conf.{}.disable_ipv6", interface.replace('.', "/"));
    if !victim.packet.destination.is_ipv6() || scene.sysctl(machine, &key) != Some("1") {
        return None;
    }
    let about = [About::Sysctl("disable_ipv6"), About::Link(interface), About::Routes];
    Some(
        Finding::new(Cause::NoAddress, format!("{interface} of {machine} does without IPv6"))
            .fact(Fact::explained("sysctl", format!("{key} = 1")))
            .fix([by_plan(scene, machine, &about)]),
    )
}

/// What stops a packet that has a way on, before the hook `forward`.
pub fn forwarded(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
    let packet = &victim.packet;
    let way = scene.way(machine, &scene.traveller(machine, packet, Some(came_in))).ok()?;
    if !way.kind.is_empty() {
        return None;
    }
    if packet.ttl <= 1 {
        return Some(ttl_exceeded(scene, victim, machine));
    }
    let dev = way.dev?;
    let link = scene.link(machine, &dev)?;
    let limit = way.route.as_ref().and_then(|route| route.mtu).unwrap_or(link.mtu).min(link.mtu);
    let large = packet.length > usize::try_from(limit).unwrap_or(usize::MAX) && packet.dont_fragment;
    large.then(|| {
        let why =
            format!("it is {} bytes long and must not be cut up, and {dev} of {machine} takes {limit}", packet.length);
        // A tunnel takes less than what carries it: the sender is to send less, or the route to say so.
        Finding::new(Cause::Mtu, why)
            .fact(Fact::explained("link", format!("{dev} of {machine}: mtu {limit}")))
            .fix([by_plan(scene, machine, &[About::Link(&dev), About::Routes])])
            .at(super::Spot {
                point: crate::trace::outcome::Point::Underway,
                machine: machine.clone(),
                after: Some(came_in.to_owned()),
                before: Some((machine.clone(), dev.clone())),
            })
    })
}

/// It has passed as many routers as it may: because it was sent so, or because it went round in circles.
pub fn ttl_exceeded(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
    let routers: Vec<&MachineName> = victim
        .hops
        .iter()
        .filter(|hop| hop.rewritten.iter().any(|rewrite| rewrite.what == "ttl"))
        .map(|hop| &hop.sighting.machine)
        .collect();
    let turns = routers.iter().filter(|router| **router == machine).count();
    let first = victim.hops.first().and_then(|hop| hop.sighting.frame.packet()).map_or(0, |packet| packet.ttl);
    if turns == 0 {
        let passed = routers.len() + 1;
        let why = match usize::from(first) == passed {
            true => format!(
                "it was sent with a time to live of {first}, and {machine} would be router number {first} on its way"
            ),
            false => format!(
                "it came into {machine} with a time to live of 1: it was sent with {first}, and somebody has set it on the way"
            ),
        };
        let sender = victim.hops.first().map_or(machine, |hop| &hop.sighting.machine);
        let own = scene
            .question
            .ttl
            .is_none()
            .then(|| by_plan(scene, sender, &[About::Sysctl("ip_default_ttl"), About::Sysctl("hop_limit")]));
        return Finding::new(Cause::TtlExceeded, why).fact(Fact::observed("hook", "it came in with ttl 1")).fix(own);
    }
    let mut circle: Vec<String> = Vec::new();
    for router in routers.iter().rev() {
        if circle.contains(&router.to_string()) {
            break;
        }
        circle.push(router.to_string());
    }
    circle.reverse();
    let why = format!("it went round in circles, {} times through {machine}: {}", turns, circle.join(", "));
    let detour = detour::in_a_circle(scene, victim);
    let fixes = detour.as_ref().map(|finding| finding.fix.clone()).unwrap_or_default();
    Finding::new(Cause::TtlExceeded, why)
        .facts(detour.into_iter().flat_map(|finding| finding.evidence))
        .fact(Fact::observed("hook", format!("it came into {machine} with ttl 1")))
        .fix([fixes])
}
