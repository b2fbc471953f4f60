//! What each machine decided between two hops, and from which table.
//!
//! ```text
//! In at an interface, Out at another    the route, the neighbour, the rules, the connection      of the IP layer
//! In at a port, Out at another          the FDB                                                  of the bridge
//! Out of a VXLAN, Out of a link         the VTEP, and the way to it                              of the overlay
//! In at a link, In at a VXLAN           its port and its VNI
//! ```

use std::net::IpAddr;

use super::frame::{Content, Packet, Transport};
use super::hooks::{Act, What};
use super::outcome::{Fact, Hop, Leg, Sighting};
use super::scene::Scene;
use crate::kernel::capture::Direction;
use crate::kernel::conntrack::{self, Connection, Tuple, TupleId};
use crate::kernel::lookup::{Traveller, Way};
use crate::kernel::netns::within;
use crate::names::MachineName;
use crate::network::policy_rule::Action;
use crate::network::ruleset::Family;
use crate::network::{Link, MAIN, Mac, Route};

/// Writes down what was decided on a leg.
pub fn decide(scene: &Scene, leg: Leg, hops: &mut [Hop]) {
    for index in 0..hops.len() {
        let next = hops.get(index + 1).map(|hop| hop.sighting.clone());
        let first = index == 0;
        let facts = between(scene, leg, &hops[index].sighting, next.as_ref(), first);
        hops[index].facts = facts;
    }
}

/// What was decided between a hop and the next.
fn between(scene: &Scene, leg: Leg, hop: &Sighting, next: Option<&Sighting>, first: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    let machine = &hop.machine;
    let link = scene.link(machine, &hop.interface);
    let is_port = |link: Option<&Link>| link.is_some_and(|link| link.master.is_some());
    let next = next.filter(|next| next.machine == *machine);
    if first && hop.direction == Direction::Out && !is_port(link) {
        facts.extend(routed(scene, leg, None, hop));
    }
    match (hop.direction, next) {
        // Its bridge sends it itself: netfilter translated the destination of a bridged packet.
        (Direction::In, Some(next))
            if next.direction == Direction::Out
                && link.and_then(|link| link.master.as_ref()) == Some(&next.interface) =>
        {
            facts.extend(rules(scene, leg, machine, false));
            facts.extend(hop.frame.packet().and_then(|packet| connection(machine, packet)));
        }
        (Direction::In, Some(next)) if next.direction == Direction::Out => match is_port(link) {
            true => facts.extend(bridged(scene, leg, next)),
            false => facts.extend(routed(scene, leg, Some(hop), next)),
        },
        (Direction::Out, Some(next)) if next.direction == Direction::Out => {
            match link.is_some_and(|link| link.vxlan.is_some()) {
                true => facts.extend(encapsulated(scene, hop, next)),
                false => facts.extend(bridged(scene, leg, next)),
            }
        }
        (Direction::In, Some(next)) if next.direction == Direction::In => facts.extend(decapsulated(scene, hop, next)),
        (Direction::In, None) if !is_port(link) && !hop.for_another => facts.extend(received(scene, leg, hop)),
        _ => {}
    }
    facts
}

/// The bridge's choice of a port.
fn bridged(scene: &Scene, leg: Leg, out: &Sighting) -> Vec<Fact> {
    let (machine, port) = (&out.machine, &out.interface);
    let mut facts: Vec<Fact> = rules(scene, leg, machine, true);
    let Some(mac) = out.frame.link.map(|link| link.destination) else { return facts };
    let Some(ns) = scene.ns(machine) else { return facts };
    let bridge = ns.link(port).and_then(|link| link.master.as_deref());
    let entry =
        ns.fdb.iter().find(|entry| entry.mac == mac && entry.port == *port && entry.bridge.as_deref() == bridge);
    let whose = named(scene, mac);
    facts.push(match entry {
        Some(entry) => {
            let how = if entry.by_hand { ", set by hand" } else { "" };
            Fact::explained("fdb", format!("{mac}{whose} is behind {port}{how}"))
        }
        None => {
            Fact::explained("fdb", format!("{mac}{whose} is behind no known port: copied to all, {port} among them"))
        }
    });
    facts
}

fn named(scene: &Scene, mac: Mac) -> String {
    scene.names.mac(mac).map_or_else(String::new, |name| format!(" ({name})"))
}

/// What IP decided about a packet that came in (or was made here) and goes out.
fn routed(scene: &Scene, leg: Leg, came_in: Option<&Sighting>, out: &Sighting) -> Vec<Fact> {
    let machine = &out.machine;
    // The way is that of the packet as it is after a translation of its destination, and before one of its source.
    let packets = (came_in.and_then(|hop| outer_or_inner(hop)), outer_or_inner(out));
    let Some(gone) = packets.1 else { return Vec::new() };
    let source = packets.0.map_or(gone.source, |packet| packet.source);
    let asked = Packet { source, ..gone.clone() };
    let traveller = scene.traveller(machine, &asked, came_in.map(|hop| hop.interface.as_str()));
    let mut facts = Vec::new();
    let mut next = None;
    // What a rule has sent (a RST) may come from an address that is not the machine's.
    let by_source = scene.way(machine, &traveller);
    let way = by_source.or_else(|errno| match came_in {
        None => scene.way(machine, &Traveller { from: None, ..traveller }),
        Some(_) => Err(errno),
    });
    if let Ok(way) = way {
        facts.extend(route(scene, machine, &traveller, &way));
        next = Some(way.via.unwrap_or(gone.destination));
    }
    facts.extend(rules(scene, leg, machine, false));
    facts.extend(connection(machine, packets.0.unwrap_or(gone)));
    facts.extend(next.into_iter().flat_map(|next| neighbour(scene, machine, &out.interface, next, out)));
    facts
}

/// The packet that the machine's routes see: the one around ours, if there is one.
fn outer_or_inner(sighting: &Sighting) -> Option<&Packet> {
    sighting.frame.outermost()
}

/// The route that matched, its table, and the rule that led there.
fn route(scene: &Scene, machine: &MachineName, traveller: &Traveller, way: &Way) -> Option<Fact> {
    let route = way.route.as_ref()?;
    let table = crate::network::table_word(route.table);
    let rules = &scene.ns(machine)?.policy_rules;
    let leads = |rule: &&crate::network::policy_rule::PolicyRule| {
        rule.ipv6 == traveller.to.is_ipv6()
            && rule.action == Action::Lookup(route.table)
            && rule.from.is_none_or(|net| traveller.from.is_some_and(|from| net.contains(from)))
            && rule.to.is_none_or(|net| net.contains(traveller.to))
    };
    let rule = rules.iter().filter(leads).min_by_key(|rule| rule.preference);
    let by = match rule {
        // Everybody's own rules need not be told.
        Some(rule) if !matches!(rule.preference, 0 | 32_766 | 32_767) => format!(", by the policy rule `{rule}`"),
        Some(rule) => format!(", rule {}", rule.preference),
        None => String::new(),
    };
    // Which table it is stands behind; what the kernel writes into its own routes says nothing about the choice.
    let mut plain = Route { table: MAIN, ..route.clone() };
    if route.is_the_kernels() {
        plain = Route { scope: 0, source: None, protocol: Route::to(route.to).protocol, ..plain };
    }
    Some(Fact::explained("route", format!("{plain} ({table}{by})")))
}

/// Who the next machine was, and how its hardware address was known.
fn neighbour(scene: &Scene, machine: &MachineName, dev: &str, next: IpAddr, out: &Sighting) -> Vec<Fact> {
    let mut facts = Vec::new();
    let asked = scene
        .questions(machine, dev, next)
        .iter()
        .any(|question| question.interface == dev && question.machine == *machine);
    let protocol = if next.is_ipv4() { "arp" } else { "ndp" };
    if asked {
        let mut told: Vec<String> = scene
            .answers(next)
            .into_iter()
            .filter(|answer| answer.machine == *machine && answer.interface == dev)
            .filter_map(|answer| answer_mac(answer).map(|mac| format!("{mac}{}", named(scene, mac))))
            .collect();
        told.dedup();
        let told =
            if told.is_empty() { "nobody answered".into() } else { format!("it is at {}", told.join(", and at ")) };
        facts.push(Fact::observed(protocol, format!("who has {next}? {told}")));
    }
    if let Some(mac) = out.frame.link.map(|link| link.destination).filter(|mac| mac.0 != [0; 6]) {
        let state = scene.neighbour(machine, dev, next).map_or_else(String::new, |entry| format!(", {}", entry.state));
        facts.push(Fact::explained("neighbour", format!("{next} lladdr {mac}{}{state}", named(scene, mac))));
    }
    facts
}

fn answer_mac(answer: &Sighting) -> Option<Mac> {
    match &answer.frame.content {
        Content::Arp(arp) => Some(arp.sender.0),
        Content::Packet(Packet { transport: Transport::Advertisement { mac, .. }, .. }) => {
            mac.or(answer.frame.link.map(|link| link.source))
        }
        _ => None,
    }
}

/// The rules that acted, of the bridge or of IP.
fn rules(scene: &Scene, leg: Leg, machine: &MachineName, of_bridge: bool) -> Vec<Fact> {
    let own = scene.acts.iter().filter(|act| act.machine == *machine && act.leg == leg);
    own.filter(|act| (act.family == Family::Bridge) == of_bridge).filter_map(rule).collect()
}

fn rule(act: &Act) -> Option<Fact> {
    let family = act.family;
    match &act.what {
        What::Rule { table, chain, handle, text, verdict, .. } => {
            let text = text.clone().unwrap_or_else(|| format!("rule {handle}"));
            // A rule that drops says so; what it leads to otherwise, nft's trace says.
            let said = text.split(' ').any(|word| matches!(word, "drop" | "reject" | "accept" | "masquerade"));
            let verdict = if said || text.contains(verdict) { String::new() } else { format!(" ({verdict})") };
            Some(Fact::observed("rule", format!("{family} {table} {chain}: {text}{verdict}")))
        }
        What::Policy { table, chain, dropped: true } => {
            Some(Fact::observed("rule", format!("{family} {table} {chain}: policy drop")))
        }
        _ => None,
    }
}

/// The connection that the packet belongs to, where the machine keeps track.
fn find(machine: &MachineName, packet: &Packet) -> Option<Connection> {
    let tuple = tuple(packet)?;
    // Only a look: a namespace that keeps track of nothing does not begin with it.
    within(machine, || conntrack::find(&conntrack::open()?, &tuple)).ok().flatten()
}

/// To whom a machine passes a packet on whose connection it translates, if that is somebody else.
pub fn translated_destination(machine: &MachineName, packet: &Packet) -> Option<IpAddr> {
    let Connection { original, reply, .. } = find(machine, packet)?;
    let is_of = |tuple: &Tuple| (tuple.source, tuple.destination) == (packet.source, packet.destination);
    let to = if is_of(&original) { reply.source } else { original.source };
    (to != packet.destination).then_some(to)
}

fn connection(machine: &MachineName, packet: &Packet) -> Option<Fact> {
    let found = find(machine, packet)?;
    if !found.is_source_translated() && !found.is_destination_translated() {
        return Some(Fact::explained("conntrack", format!("original {}; reply the reverse", brief(&found.original))));
    }
    let translated = match (found.is_source_translated(), found.is_destination_translated()) {
        (true, true) => ", source and destination translated",
        (true, false) => ", source translated",
        (false, true) => ", destination translated",
        (false, false) => ", nothing translated",
    };
    Some(Fact::explained(
        "conntrack",
        format!("original {}; reply {}{translated}", brief(&found.original), brief(&found.reply)),
    ))
}

/// A tuple without what is the same for every echo.
fn brief(tuple: &Tuple) -> String {
    match tuple.id {
        TupleId::Icmp { id, .. } => format!("{} → {} id {id}", tuple.source, tuple.destination),
        _ => tuple.to_string(),
    }
}

/// What conntrack knows a packet by.
fn tuple(packet: &Packet) -> Option<Tuple> {
    let id = match &packet.transport {
        Transport::Echo { reply, id, .. } => {
            let kind = match (packet.source.is_ipv6(), reply) {
                (false, false) => 8,
                (false, true) => 0,
                (true, false) => 128,
                (true, true) => 129,
            };
            TupleId::Icmp { kind, code: 0, id: *id }
        }
        Transport::Tcp { ports, .. } | Transport::Udp { ports, .. } => {
            TupleId::Ports { source: ports.0, destination: ports.1 }
        }
        _ => return None,
    };
    Some(Tuple { source: packet.source, destination: packet.destination, protocol: packet.protocol, id })
}

/// What became of a packet at the end of its way.
fn received(scene: &Scene, leg: Leg, hop: &Sighting) -> Vec<Fact> {
    let machine = &hop.machine;
    let mut facts = rules(scene, leg, machine, false);
    let Some(packet) = hop.frame.packet() else { return facts };
    facts.extend(connection(machine, packet));
    let traveller = scene.traveller(machine, packet, Some(&hop.interface));
    if let Ok(way) = scene.way(machine, &traveller)
        && way.kind == "local"
    {
        facts.push(Fact::explained("route", format!("local {} (local): it is for {machine}", packet.destination)));
    }
    facts
}

/// Which VXLAN took a packet out of the one around it, and by what it knew it.
fn decapsulated(scene: &Scene, hop: &Sighting, next: &Sighting) -> Option<Fact> {
    let vxlan = scene.link(&next.machine, &next.interface)?.vxlan.as_ref()?;
    let outer = hop.frame.outer.first()?;
    let (_, port) = outer.packet.ports()?;
    let learns = || {
        let mac = outer.link?.source;
        Some(format!(", and learns that {mac}{} is behind {}", named(scene, mac), outer.packet.source))
    };
    let learned = vxlan.learning.then(learns).flatten().unwrap_or_default();
    let vni = outer.vni?;
    Some(Fact::explained("vxlan", format!("UDP port {port}, VNI {vni}: {} takes it{learned}", next.interface)))
}

/// Where a VXLAN sent a packet.
fn encapsulated(scene: &Scene, hop: &Sighting, next: &Sighting) -> Vec<Fact> {
    let (machine, link) = (&hop.machine, &hop.interface);
    let mut facts = Vec::new();
    let mac = hop.frame.link.map(|link| link.destination);
    let outer = next.frame.outer.first();
    if let (Some(mac), Some(outer)) = (mac, outer) {
        let known = scene
            .ns(machine)
            .is_some_and(|ns| ns.fdb.iter().any(|e| e.port == *link && e.mac == mac && e.vtep.is_some()));
        let vtep = outer.packet.destination;
        let whose = scene.names.address(vtep).map_or_else(String::new, |name| format!(" ({name})"));
        let how = if known { "" } else { ", as everything unknown is" };
        facts.push(Fact::explained("fdb", format!("{mac}{} is behind VTEP {vtep}{whose}{how}", named(scene, mac))));
        let traveller = scene.traveller(machine, &outer.packet, None);
        let traveller = Traveller { ports: None, ..traveller };
        if let Ok(way) = scene.way(machine, &traveller) {
            facts.extend(route(scene, machine, &traveller, &way));
            let gateway = way.via.unwrap_or(vtep);
            facts.extend(neighbour(scene, machine, &next.interface, gateway, next));
        }
    }
    facts
}
