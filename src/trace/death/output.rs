//! What keeps a packet from leaving a machine that has a way for it?
//!
//! ```text
//! output or forward ─ postrouting ─ which neighbour? ─ egress ─ a queue ─▶ Out
//! ```

use super::{Finding, Spot, Victim, firewall, neighbour, routing, unknown};
use crate::names::MachineName;
use crate::network::Link;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::outcome::{Fact, Point};
use crate::trace::scene::Scene;

/// Why it was not seen to leave.
pub fn why(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: Option<&str>) -> Finding {
    if let Some(finding) = firewall::stuck(scene, victim, machine) {
        return finding;
    }
    let packet = &victim.packet;
    let way = match scene.way(machine, &scene.traveller(machine, packet, came_in)) {
        Ok(way) => way,
        Err(_) if came_in.is_none() => return routing::no_way_for_own(scene, victim, machine),
        Err(_) => {
            let found = routing::by_route(scene, victim, machine, came_in);
            return found.unwrap_or_else(|| unknown(scene, victim, machine, format!("{machine} has no way for it")));
        }
    };
    let Some(dev) = way.dev.clone() else {
        return unknown(scene, victim, machine, format!("{machine} did not send it"));
    };
    let point = if victim.hops.is_empty() && came_in.is_none() { Point::NeverSent } else { Point::Underway };
    let spot = Spot {
        point,
        machine: machine.clone(),
        after: came_in.map(str::to_owned),
        before: Some((machine.clone(), dev.clone())),
    };
    let next = way.via.unwrap_or(packet.destination);
    let route = way.route.as_ref().map(|route| Fact::explained("route", route.to_string()));
    let found = by_link(scene, machine, &dev)
        .or_else(|| firewall::on_link(scene, machine, &dev, "egress"))
        .or_else(|| neighbour::why(scene, victim, machine, &dev, next));
    let found = found.unwrap_or_else(|| {
        unknown(
            scene,
            victim,
            machine,
            format!("{machine} has a way and a neighbour for it by {dev}, and did not send it"),
        )
    });
    found.facts(route).at(spot)
}

/// A link that carries nothing.
fn by_link(scene: &Scene, machine: &MachineName, dev: &str) -> Option<Finding> {
    let link = scene.link(machine, dev)?;
    if !link.up {
        return Some(is_down(scene, machine, link));
    }
    if !link.carrier && link.kind != "bridge" {
        return Some(lacks_carrier(scene, machine, link));
    }
    None
}

/// A link that somebody set down.
pub fn is_down(scene: &Scene, machine: &MachineName, link: &Link) -> Finding {
    let generic = vec![format!("{} link set {} up", crate::step::Ip(machine), link.name)];
    let planned = match scene.planned_link(machine, &link.name) {
        Some(_) => by_plan(scene, machine, &[About::Link(&link.name), About::Routes]),
        None => Vec::new(),
    };
    Finding::new(Cause::LinkDown, format!("{} of {machine} is down", link.name))
        .fact(Fact::explained("link", format!("ip link: {} is down", link.name)).at(machine))
        .fix([planned, generic])
}

/// A link whose other end is down.
pub fn lacks_carrier(scene: &Scene, machine: &MachineName, link: &Link) -> Finding {
    let fact = Fact::explained("link", format!("ip link: {} has no carrier", link.name)).at(machine);
    let place = (machine.clone(), link.name.clone());
    let other =
        scene.wiring().peer_of(&place).and_then(|(there, name)| Some((there.clone(), scene.link(&there, &name)?)));
    match other {
        Some((there, other)) if !other.up => is_down(scene, &there, other).fact(fact),
        _ => Finding::new(
            Cause::LinkDown,
            format!("{} of {machine} has no carrier: its other end is gone or down", link.name),
        )
        .fact(fact)
        .fix([by_plan(scene, machine, &[About::Link(&link.name)])]),
    }
}
