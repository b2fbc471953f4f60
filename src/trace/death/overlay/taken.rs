//! A packet within another one came in, and no VXLAN took it: by what does the kernel know whose it is?
//!
//! ```text
//! UDP to 192.168.1.12 port 8472 ── a socket of this family and port? ── a device of this VNI? ── up? ──▶ flannel.1 In
//!                                  no: port-mismatch                     no: vni-mismatch
//! ```

use std::net::IpAddr;

use super::misdirected;
use crate::names::MachineName;
use crate::network::{Link, Vxlan};
use crate::step::{Bridge, Ip};
use crate::trace::cause::Cause;
use crate::trace::death::{Finding, Victim, input, output, unknown};
use crate::trace::fix::{About, by_plan};
use crate::trace::names::Place;
use crate::trace::outcome::{Fact, Hop};
use crate::trace::scene::Scene;

/// A packet within another one that came in, and that no VXLAN took.
pub fn not_received(scene: &Scene, victim: &Victim, hop: &Hop) -> Finding {
    let machine = &hop.sighting.machine;
    let Some(outer) = hop.sighting.frame.outer.first() else {
        return input::why(scene, victim, hop);
    };
    let ns = scene.ns(machine);
    let is_mine = ns.is_some_and(|ns| ns.addresses.iter().any(|a| a.address.ip() == outer.packet.destination));
    let carrier = Victim { packet: outer.packet.clone(), ..victim.clone() };
    if !is_mine {
        return input::why(scene, &carrier, hop);
    }
    if let Some(finding) = outer.link.and_then(|link| misdirected(scene, victim, machine, link.destination)) {
        return finding;
    }
    let (vni, port) = (outer.vni.unwrap_or_default(), outer.packet.ports().map(|(_, port)| port).unwrap_or_default());
    let links = ns.map_or(&[][..], |ns| ns.links.as_slice());
    // The kernel finds the socket by family and port, and the device by the VNI then.
    let same_family = |vxlan: &Vxlan| vxlan.local.is_none_or(|ip| ip.is_ipv6() == outer.packet.destination.is_ipv6());
    let vxlans: Vec<(&Link, &Vxlan)> = links.iter().filter_map(|link| Some((link, link.vxlan.as_ref()?))).collect();
    let is_here = |vxlan: &Vxlan| same_family(vxlan) && vxlan.port == port;
    let mut ends = vxlans.iter().filter(|(_, vxlan)| is_here(vxlan));
    if let Some((link, _)) = ends.clone().find(|(_, vxlan)| vxlan.vni == vni) {
        if !link.up {
            return output::is_down(scene, machine, link);
        }
        return unknown(
            scene,
            victim,
            machine,
            format!("it came to {machine} within a VXLAN packet, and {} did not take it", link.name),
        );
    }
    let differs = |cause, link: &Link, (name, sent): (&str, String), (key, here): (&str, String)| {
        let why = format!("it came to {machine} with {name} {sent}, and {} there has {name} {here}", link.name);
        let (ours, theirs) = (&[About::Link(&link.name)], sender(scene, outer.packet.source, vni));
        let by_sender = theirs.map(|(machine, name)| by_plan(scene, &machine, &[About::Link(&name)]));
        Finding::new(cause, why)
            .fact(Fact::observed("link", format!("{name} {sent} in the packet")))
            .fact(Fact::explained("link", format!("ip -d link: {} vxlan {key} {here}", link.name)).at(machine))
            .fix([by_plan(scene, machine, ours), by_sender.unwrap_or_default()])
            .fix([recreate(scene, machine, &link.name, (vni, port))])
    };
    if let Some((link, vxlan)) = ends.next() {
        return differs(Cause::VniMismatch, link, ("VNI", vni.to_string()), ("id", vxlan.vni.to_string()));
    }
    match vxlans.iter().find(|(_, vxlan)| same_family(vxlan) && vxlan.vni == vni) {
        Some((link, vxlan)) => {
            differs(Cause::PortMismatch, link, ("UDP port", port.to_string()), ("dstport", vxlan.port.to_string()))
        }
        None => {
            let planned = scene.planned.get(machine).map_or(&[][..], |ns| ns.links.as_slice());
            let gone = planned.iter().find(|link| link.vxlan.as_ref().is_some_and(|vxlan| vxlan.vni == vni));
            let fix = gone.map_or_else(Vec::new, |link| by_plan(scene, machine, &[About::Link(&link.name)]));
            let why = format!("{machine} has no VXLAN link that would take it on UDP port {port}");
            Finding::new(Cause::NoListener, why)
                .fact(Fact::explained("link", "ip -d link show type vxlan: none for this port and VNI").at(machine))
                .fix([fix])
        }
    }
}

/// Two devices that should be ends of one VXLAN, and are not: what one asks, the other does not hear.
pub fn mismatch(scene: &Scene, from: &Place, to: &Place) -> Option<Finding> {
    let end = |place: &Place| scene.link(&place.0, &place.1).and_then(|link| link.vxlan.as_ref());
    let meant = |place: &Place| {
        let planned = scene.planned.get(&place.0)?.link(&place.1)?.vxlan.as_ref()?;
        Some((planned.vni, planned.port))
    };
    let (mine, theirs) = (end(from)?, end(to)?);
    // By the plan they may be of two.
    if meant(from).zip(meant(to)).is_some_and(|(mine, theirs)| mine != theirs) {
        return None;
    }
    let (cause, name, here, there) = match (mine.vni == theirs.vni, mine.port == theirs.port) {
        (false, _) => (Cause::VniMismatch, "VNI", mine.vni, theirs.vni),
        (true, false) => (Cause::PortMismatch, "UDP port", mine.port.into(), theirs.port.into()),
        (true, true) => return None,
    };
    let why = format!("{} of {} has {name} {here}, and {} of {} has {there}", from.1, from.0, to.1, to.0);
    let says = |vxlan: &Vxlan| format!("ip -d link: vxlan {vxlan}");
    Some(
        Finding::new(cause, why)
            .fact(Fact::explained("link", says(mine)).at(&from.0))
            .fact(Fact::explained("link", says(theirs)).at(&to.0))
            .fix([by_plan(scene, &from.0, &[About::Link(&from.1)]), by_plan(scene, &to.0, &[About::Link(&to.1)])])
            .fix([recreate(scene, &to.0, &to.1, (mine.vni, mine.port))]),
    )
}

/// The VXLAN of a VNI that sends from an address: its machine, and its name.
fn sender(scene: &Scene, source: IpAddr, vni: u32) -> Option<(MachineName, String)> {
    let (machine, _) = scene.names.with_address(source).first()?;
    let is_it = |link: &&Link| link.vxlan.as_ref().is_some_and(|v| v.vni == vni && v.local == Some(source));
    let link = scene.ns(machine)?.links.iter().find(is_it)?;
    Some((machine.clone(), link.name.clone()))
}

/// A VXLAN link with another identifier or port: it has to be made anew, with all that is on it.
fn recreate(scene: &Scene, machine: &MachineName, name: &str, (vni, port): (u32, u16)) -> Vec<String> {
    let Some(ns) = scene.ns(machine) else { return Vec::new() };
    let Some((link, vxlan)) = ns.link(name).and_then(|link| Some((link, link.vxlan.as_ref()?))) else {
        return Vec::new();
    };
    let ip = Ip(machine);
    let other = Vxlan { vni, port, ..vxlan.clone() };
    let mac = link.mac.map_or_else(String::new, |mac| format!(" address {mac}"));
    let mut fix = vec![
        format!("{ip} link delete {name}"),
        format!("{ip} link add {name}{mac} mtu {} type vxlan {other}", link.mtu),
    ];
    let addresses = ns.addresses_of(name).filter(|a| !a.is_link_local());
    fix.extend(addresses.map(|a| format!("{ip} addr add {} dev {name}", a.address)));
    if let Some(master) = &link.master {
        fix.push(format!("{ip} link set {name} master {master}"));
    }
    fix.push(format!("{ip} link set {name} up"));
    let routes = ns.routes.iter().filter(|route| {
        route.dev.as_deref() == Some(name) && route.table == crate::network::MAIN && !route.is_the_kernels()
    });
    fix.extend(routes.map(|route| format!("{} route add {route}", crate::trace::fix::ip(machine, route.to.ip()))));
    let known = ns.neighbours.iter().filter(|entry| entry.link == name && entry.by_hand());
    fix.extend(known.filter_map(|entry| {
        Some(format!(
            "{} neigh add {} lladdr {} dev {name} nud permanent",
            crate::trace::fix::ip(machine, entry.address),
            entry.address,
            entry.mac?
        ))
    }));
    let entries = ns.fdb.iter().filter(|entry| entry.port == name && entry.by_hand && entry.vtep.is_some());
    fix.extend(entries.filter_map(|entry| {
        Some(format!("{} fdb append {} dev {name} dst {} self", Bridge(machine), entry.mac, entry.vtep?))
    }));
    fix
}
