//! Why does the kernel refuse to send it?
//!
//! ```text
//! ENETUNREACH    no route; or no address, or a link that is down and took its routes along
//! EHOSTUNREACH, EINVAL, EACCES    a route that says so
//! EPERM          a rule at the hook output
//! EMSGSIZE       larger than the link takes
//! ```

use std::net::IpAddr;

use nix::errno::Errno;

use super::{Finding, Spot, Victim, firewall, input, output, unknown};
use crate::network::{Link, Namespace};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan, by_plan_in, route_to};
use crate::trace::outcome::{Fact, Leg, Point};
use crate::trace::scene::Scene;

/// Why the probe was refused.
pub fn why(scene: &Scene, victim: &Victim, errno: Errno) -> Finding {
    let machine = scene.source;
    let way = scene.way(machine, &scene.traveller(machine, &victim.packet, None));
    let before = way.as_ref().ok().and_then(|way| way.dev.clone()).map(|dev| (machine.clone(), dev));
    let spot = Spot { point: Point::NeverSent, machine: machine.clone(), after: None, before };
    let finding = match errno {
        // Only sockets that say so may (SO_BROADCAST).
        Errno::EACCES if way.as_ref().is_ok_and(|way| way.kind == "broadcast") => {
            let to = victim.packet.destination;
            Finding::new(Cause::Unknown, format!("{to} is the address of all machines on a subnet, not of one"))
        }
        Errno::EPERM => firewall::seen(scene, victim)
            .or_else(|| firewall::at_hook(scene, machine, "output"))
            .unwrap_or_else(|| unknown(scene, victim, machine, format!("{machine} is not permitted to send it"))),
        Errno::EMSGSIZE => too_large(scene, victim),
        Errno::ENETUNREACH | Errno::EADDRNOTAVAIL | Errno::ENETDOWN | Errno::ENODEV => {
            input::thrown_away(scene, victim, machine).unwrap_or_else(|| no_way(scene, victim))
        }
        Errno::EHOSTUNREACH | Errno::EINVAL | Errno::EACCES => input::by_route(scene, victim, machine, None)
            .unwrap_or_else(|| unknown(scene, victim, machine, format!("{machine} does not send it"))),
        // A queue or a hook behind the route did not take it.
        _ => output::why(scene, victim, machine, None),
    };
    finding.at(spot)
}

/// Whether a machine has an address of the packet's family with which it can be spoken to.
fn has_address(ns: &Namespace, victim: &Victim) -> bool {
    let ipv4 = victim.packet.destination.is_ipv4();
    let link_local = victim.packet.destination.is_ipv6() && is_link_local(victim);
    ns.addresses.iter().any(|a| {
        a.address.is_ipv4() == ipv4 && !a.tentative && !a.address.ip().is_loopback() && (a.global || link_local)
    })
}

fn is_link_local(victim: &Victim) -> bool {
    matches!(victim.packet.destination, std::net::IpAddr::V6(ip) if ip.is_unicast_link_local())
}

/// No route, or what took it away.
pub fn no_way(scene: &Scene, victim: &Victim) -> Finding {
    let machine = scene.source;
    no_way_in(scene, victim, machine)
}

/// The same in any machine that has to send a packet of its own.
pub fn no_way_in(scene: &Scene, victim: &Victim, machine: &crate::names::MachineName) -> Finding {
    let to = victim.packet.destination;
    let Some(ns) = scene.ns(machine) else {
        return unknown(scene, victim, machine, format!("{machine} is gone"));
    };
    if let Some(finding) = down(scene, machine, ns, to).or_else(|| gone(scene, machine, ns)) {
        return finding;
    }
    let lookup = Fact::explained("route", format!("ip route get {to}: no route in {machine}"));
    if !has_address(ns, victim) {
        let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
        let tentative = ns.addresses.iter().find(|a| a.tentative && a.address.is_ipv4() == to.is_ipv4());
        let why = match tentative {
            Some(address) => {
                format!("the only {family} address of {machine}, {address}, cannot be used yet: it is tentative")
            }
            None => format!("{machine} has no {family} address to send from"),
        };
        let about = [About::Addresses, About::Routes, About::Sysctl("disable_ipv6"), About::Sysctl("addr_gen_mode")];
        let links: Vec<&str> = ns.links.iter().map(|link| link.name.as_str()).collect();
        let mut about = about.to_vec();
        about.extend(links.into_iter().map(About::Link));
        return Finding::new(Cause::NoAddress, why).fact(lookup).fix([by_plan(scene, machine, &about)]);
    }
    let why = match victim.leg {
        Leg::There => format!("{machine} has no route to {to}"),
        Leg::Back => format!("{machine} has no route to {to}, where the answer has to go"),
    };
    Finding::new(victim.no_route(), why).fact(lookup).fix([
        by_plan(scene, machine, &[About::RoutesTo(to), About::Addresses]),
        route_to(scene, machine, to).into_iter().collect(),
    ])
}

/// A link that should be up and is not: its routes are gone with it.
fn down(scene: &Scene, machine: &crate::names::MachineName, ns: &Namespace, to: IpAddr) -> Option<Finding> {
    let should = |link: &&Link| scene.planned_link(machine, &link.name).is_some_and(|planned| planned.up);
    let lonely = |link: &&Link| !ns.links.iter().any(|other| other.up && other.name != "lo" && other.name != link.name);
    let leads = |link: &&Link| ns.addresses_of(&link.name).any(|a| a.address.contains(to));
    // Its own addresses a machine reaches by way of `lo`.
    let own = to.is_loopback() || ns.addresses.iter().any(|a| a.address.ip() == to);
    let candidates = || ns.links.iter().filter(|link| !link.up && (link.name == "lo") == own);
    let found = candidates().find(leads).or_else(|| candidates().find(should));
    let link = found.or_else(|| candidates().find(lonely).or_else(|| candidates().find(|_| own)))?;
    let about = [About::Link(&link.name), About::Routes];
    let generic = vec![format!("{} link set {} up", crate::step::Ip(machine), link.name)];
    let finding =
        Finding::new(Cause::LinkDown, format!("{} of {machine} is down, and its routes went with it", link.name));
    Some(
        finding
            .fact(Fact::explained("link", format!("{} link: {} is down", crate::step::Ip(machine), link.name)))
            .fix([by_plan(scene, machine, &about), generic]),
    )
}

/// A link that the machine should have and that is gone: with it went its addresses and routes.
fn gone(scene: &Scene, machine: &crate::names::MachineName, ns: &Namespace) -> Option<Finding> {
    let planned = scene.planned.get(machine)?;
    let link = planned.links.iter().find(|link| ns.link(&link.name).is_none())?;
    let mut about = vec![(machine, About::Link(&link.name)), (machine, About::Routes), (machine, About::Addresses)];
    about.extend(link.peer.as_ref().map(|peer| (&peer.machine, About::Link(&peer.link))));
    Some(
        Finding::new(
            Cause::LinkDown,
            format!("{} of {machine} is gone, and its addresses and routes with it", link.name),
        )
        .fact(Fact::explained("link", format!("ip link: no {}", link.name)).at(machine))
        .fix([by_plan_in(scene, &about)]),
    )
}

fn too_large(scene: &Scene, victim: &Victim) -> Finding {
    let machine = scene.source;
    let way = scene.way(machine, &scene.traveller(machine, &victim.packet, None)).ok();
    let link = way.and_then(|way| way.dev).and_then(|dev| scene.link(machine, &dev));
    let length = victim.packet.length;
    match link {
        Some(link) => {
            let why = format!(
                "it is {length} bytes long and must not be cut up, and {} of {machine} takes {}",
                link.name, link.mtu
            );
            Finding::new(Cause::Mtu, why)
                .fact(Fact::explained("link", format!("{} mtu {}", link.name, link.mtu)))
                .fix([by_plan(scene, machine, &[About::Link(&link.name), About::Routes])])
        }
        None => Finding::new(Cause::Mtu, format!("it is {length} bytes long, which is more than can be sent")),
    }
}
