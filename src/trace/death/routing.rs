//! What did a machine's tables say about a packet?
//!
//! ```text
//! martian source ─▶ policy rules ─▶ a route? ─▶ one that throws away? ─▶ forwarding on? ─▶ the reverse path
//! ```
//!
//! The kernel itself is asked first, as for this packet; the tables are read for the reason of its answer, in its own order
//! (`ip_route_input_slow`, `net/ipv4/route.c`).

use std::net::IpAddr;

use nix::errno::Errno;

use super::{Finding, Victim, detour, unsent};
use crate::names::MachineName;
use crate::network::policy_rule::Action;
use crate::network::{Link, Route};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan, route_to, without_route};
use crate::trace::outcome::{Fact, Leg};
use crate::trace::scene::Scene;

/// What the kernel's answer about the route says of a packet that came in here (or is made here): none, when it would go
/// on.
pub fn by_route(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: Option<&str>) -> Option<Finding> {
    let packet = &victim.packet;
    let way = scene.way(machine, &scene.traveller(machine, packet, came_in));
    if let (Some(interface), IpAddr::V4(_)) = (came_in, packet.destination)
        && let Some(finding) = martian(scene, victim, machine, interface)
    {
        return Some(finding);
    }
    let errno = match &way {
        Ok(way) if !came_in.is_some_and(|_| way.kind.is_empty()) => return None,
        // IPv6's answer knows nothing of forwarding.
        Ok(_) => return forwarding(scene, victim, machine, came_in?, false),
        Err(errno) => *errno,
    };
    let by = came_in.map_or_else(String::new, |interface| format!(" from {} iif {interface}", packet.source));
    let asked =
        Fact::explained("route", format!("ip route get {}{by}: {} ({errno:?})", packet.destination, errno.desc()));
    if let Some(finding) = thrown_away(scene, victim, machine) {
        return Some(finding.fact(asked));
    }
    match errno {
        Errno::ENETUNREACH => {
            let finding = detour::why(scene, victim).unwrap_or_else(|| no_route(scene, victim, machine));
            Some(finding.fact(asked))
        }
        Errno::EHOSTUNREACH => {
            let finding = forwarding(scene, victim, machine, came_in?, true)?;
            Some(finding.fact(asked))
        }
        Errno::EINVAL => reverse_path(scene, victim, machine, came_in?).map(|finding| finding.fact(asked)),
        _ => None,
    }
}

/// No route, in a machine that is to pass it on.
pub fn no_route(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
    let to = victim.packet.destination;
    // Routes go with the link that they lead out of.
    let ns = scene.ns(machine);
    let leads = |link: &&Link| {
        let planned = scene.planned.get(machine).filter(|_| should_be_up(scene, machine, link));
        let by_plan = planned
            .is_some_and(|ns| ns.routes.iter().any(|route| route.to.contains(to) && leaves_by(route, &link.name, ns)));
        by_plan || ns.is_some_and(|ns| ns.addresses_of(&link.name).any(|a| a.address.contains(to)))
    };
    if let Some(link) = ns.into_iter().flat_map(|ns| &ns.links).filter(|link| !link.up).find(leads) {
        let fixes = by_plan(scene, machine, &[About::Link(&link.name), About::Routes]);
        let generic = vec![format!("{} link set {} up", crate::step::Ip(machine), link.name)];
        return Finding::new(
            Cause::LinkDown,
            format!("{} of {machine} is down, and its routes went with it", link.name),
        )
        .fact(Fact::explained("link", format!("{} of {machine} is down", link.name)))
        .fix([fixes, generic]);
    }
    if let Some(finding) = address_gone(scene, machine, to) {
        return finding;
    }
    let what = match victim.leg {
        Leg::There => format!("{machine} has no route to {to}"),
        Leg::Back => format!("{machine} has no route for the answer to {to}"),
    };
    let fixes = [
        by_plan(scene, machine, &[About::RoutesTo(to), About::Addresses]),
        route_to(scene, machine, to).into_iter().collect(),
    ];
    Finding::new(victim.no_route(), what).fix(fixes)
}

/// An address that the machine should have, and whose route would lead there, or to the gateway there.
pub fn address_gone(scene: &Scene, machine: &MachineName, to: IpAddr) -> Option<Finding> {
    let (planned, ns) = (scene.planned.get(machine)?, scene.ns(machine)?);
    let gateway = best(&planned.routes, crate::network::MAIN, to).and_then(|route| route.via).unwrap_or(to);
    let missing = planned.addresses.iter().find(|address| {
        let there = ns.addresses.iter().any(|other| other.link == address.link && other.address == address.address);
        address.address.contains(gateway) && !there
    })?;
    let why = format!("{machine} lacks the address {missing} on {}, and the route by it went with it", missing.link);
    let about = [About::Link(&missing.link), About::Addresses, About::RoutesTo(to)];
    Some(
        Finding::new(Cause::NoAddress, why)
            .fact(Fact::explained("address", format!("ip addr show dev {}: no {missing}", missing.link)))
            .fix([by_plan(scene, machine, &about)]),
    )
}

/// Whether the plan has a link up.
pub fn should_be_up(scene: &Scene, machine: &MachineName, link: &Link) -> bool {
    scene.planned_link(machine, &link.name).is_some_and(|planned| planned.up)
}

/// Whether a planned route leaves by a link.
pub fn leaves_by(route: &Route, link: &str, ns: &crate::network::Namespace) -> bool {
    let by_gateway = || route.via.is_some_and(|via| ns.addresses_of(link).any(|a| a.address.contains(via)));
    route.dev.as_deref() == Some(link) || (route.dev.is_none() && by_gateway())
}

/// A route, or a policy rule, that says that such packets are to be thrown away.
pub fn thrown_away(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    const KINDS: [&str; 3] = ["blackhole", "unreachable", "prohibit"];
    let ns = scene.ns(machine)?;
    let to = victim.packet.destination;
    let ipv6 = to.is_ipv6();
    let asked = |rule: &&crate::network::policy_rule::PolicyRule| {
        rule.ipv6 == ipv6
            && rule.from.is_none_or(|from| from.contains(victim.packet.source))
            && rule.to.is_none_or(|net| net.contains(to))
    };
    let mut rules: Vec<_> = ns.policy_rules.iter().filter(asked).collect();
    rules.sort_by_key(|rule| rule.preference);
    for rule in rules {
        match rule.action {
            // FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT
            Action::Other(6..=8) => {
                let fix = format!("{} rule delete {rule}", super::super::fix::ip(machine, to));
                return Some(
                    Finding::new(
                        Cause::BlackholeRoute,
                        format!("{machine} throws it away by the policy rule `{rule}`"),
                    )
                    .fact(Fact::explained("route", format!("ip rule: {rule}")))
                    .fix([by_plan(scene, machine, &[About::RoutesTo(to)]), vec![fix]]),
                );
            }
            Action::Other(_) => {}
            Action::Lookup(table) => {
                let Some(route) = best(&ns.routes, table, to) else { continue };
                if KINDS.contains(&route.kind.as_str()) && !is_last_resort(route) {
                    let fix = without_route(machine, route);
                    return Some(
                        Finding::new(Cause::BlackholeRoute, format!("{machine} throws it away by the route `{route}`"))
                            .fact(Fact::explained("route", format!("ip route: {route}")))
                            .fix([by_plan(scene, machine, &[About::RoutesTo(to)]), vec![fix]]),
                    );
                }
                if route.kind != "throw" && !is_last_resort(route) {
                    return None;
                }
            }
        }
    }
    None
}

/// IPv6's own answer where there is no route.
pub fn is_last_resort(route: &Route) -> bool {
    route.kind == "unreachable" && route.to.prefix() == 0 && route.metric == u32::MAX
}

/// The route of a table that fits a destination best: the longest prefix, then the lowest metric.
pub fn best(routes: &[Route], table: u32, to: IpAddr) -> Option<&Route> {
    let fits = routes
        .iter()
        .filter(|route| route.table == table && route.to.is_ipv4() == to.is_ipv4() && route.to.contains(to));
    fits.min_by_key(|route| (std::cmp::Reverse(route.to.prefix()), route.metric))
}

/// Whether the machine passes on what is not for itself.
pub fn forwarding(
    scene: &Scene,
    victim: &Victim,
    machine: &MachineName,
    came_in: &str,
    certain: bool,
) -> Option<Finding> {
    let link = came_in.replace('.', "/");
    let ipv6 = victim.packet.destination.is_ipv6();
    let keys = match ipv6 {
        true => vec!["net.ipv6.conf.all.forwarding".to_owned()],
        false => vec!["net.ipv4.ip_forward".to_owned(), format!("net.ipv4.conf.{link}.forwarding")],
    };
    let forced = ipv6 && scene.sysctl(machine, &format!("net.ipv6.conf.{link}.force_forwarding")) == Some("1");
    let key = keys.into_iter().find(|key| scene.sysctl(machine, key) == Some("0")).filter(|_| !forced);
    if key.is_none() && !certain {
        return None;
    }
    if let Some(finding) = detour::why(scene, victim) {
        return Some(finding);
    }
    let Some(key) = key else {
        let why = format!("{machine} does not pass it on: its answer about the route is that the host is unreachable");
        return Some(Finding::new(Cause::ForwardingOff, why));
    };
    let owner = scene.names.address(victim.packet.destination);
    let not_mine = match owner {
        Some(_) => format!("{} is not {machine}'s", victim.packet.destination),
        None => format!("{} is nobody's", victim.packet.destination),
    };
    let finding = Finding::new(
        Cause::ForwardingOff,
        format!("{not_mine}, and {machine} forwards nothing that comes in by {came_in}"),
    );
    let generic = vec![crate::step::sysctl_command(machine, &key, "1")];
    Some(
        finding
            .fact(Fact::explained("sysctl", format!("{key} = 0")))
            .fix([by_plan(scene, machine, &[About::Sysctl("forwarding"), About::Sysctl("ip_forward")]), generic]),
    )
}

/// A source address that cannot be true here.
pub fn martian(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
    let source = victim.packet.source;
    let ns = scene.ns(machine)?;
    let own = ns.addresses.iter().find(|a| a.address.ip() == source);
    let accept = |link: &str| {
        scene.sysctl(machine, &format!("net.ipv4.conf.{}.accept_local", link.replace('.', "/"))) == Some("1")
    };
    let strange = matches!(source, IpAddr::V4(ip) if ip.is_loopback() || ip.is_multicast() || ip.is_broadcast() || ip.is_unspecified());
    let why = match own {
        Some(own) if came_in != "lo" && !accept(came_in) && !accept("all") && sent_by(victim, machine) => {
            format!("it is {machine}'s own packet, sent back to it, with its source {source} still (on {})", own.link)
        }
        Some(own) if came_in != "lo" && !accept(came_in) && !accept("all") => {
            format!(
                "its source {source} is an address of {machine} itself (on {}), so it cannot have come from elsewhere",
                own.link
            )
        }
        None if strange => format!("its source {source} is no address that a packet can come from"),
        _ => return None,
    };
    let mut fixes = Vec::new();
    if let Some(own) = own {
        fixes.push(by_plan(scene, machine, &[About::Link(&own.link)]));
        // Who else has it may be who should not.
        let others: Vec<_> = scene.names.with_address(source).iter().filter(|(other, _)| other != machine).collect();
        fixes.extend(others.iter().map(|(other, link)| by_plan(scene, other, &[About::Link(link)])));
        if !others.is_empty() && !scene.planned_owners(source).iter().any(|(owner, _)| owner == machine) {
            fixes.push(vec![format!("{} addr delete {} dev {}", crate::step::Ip(machine), own.address, own.link)]);
        }
    }
    fixes.push(by_plan(scene, machine, &[About::Rules]));
    let fact = own.map(|own| Fact::explained("address", format!("{} has {own} on {}", machine, own.link)));
    Some(Finding::new(Cause::MartianSource, why).facts(fact).fix(fixes))
}

/// Whether a packet was sent by this machine itself.
pub fn sent_by(victim: &Victim, machine: &MachineName) -> bool {
    victim.hops.first().is_some_and(|hop| hop.sighting.machine == *machine)
}

/// Whether an answer would leave by the interface that the packet came in by, where the machine minds (RFC 3704).
pub fn reverse_path(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
    let packet = &victim.packet;
    let key = |link: &str| format!("net.ipv4.conf.{}.rp_filter", link.replace('.', "/"));
    let value = |link: &str| scene.sysctl(machine, &key(link)).and_then(|value| value.parse::<u8>().ok()).unwrap_or(0);
    let (all, own) = (value("all"), value(came_in));
    if all.max(own) == 0 {
        return None;
    }
    let reverse =
        crate::kernel::lookup::Traveller { to: packet.source, from: None, ..scene.traveller(machine, packet, None) };
    let reverse = scene.way(machine, &crate::kernel::lookup::Traveller { ports: None, ..reverse });
    let answer = match &reverse {
        Ok(way) if way.dev.as_deref() == Some(came_in) => return None,
        Ok(way) => format!("an answer to {} would leave by {}", packet.source, way.dev.as_deref().unwrap_or("no link")),
        Err(errno) => format!("there is no way back to {} ({errno:?})", packet.source),
    };
    let (which, strict) = if own >= all { (came_in, own) } else { ("all", all) };
    let why = format!("it came into {machine} by {came_in}, and {answer}: rp_filter drops it");
    let mut fixes = vec![by_plan(scene, machine, &[About::Sysctl("rp_filter"), About::Routes])];
    let zero = ["all", came_in].into_iter().filter(|link| value(link) > 0);
    fixes.push(zero.map(|link| crate::step::sysctl_command(machine, &key(link), "0")).collect());
    let route =
        reverse.ok().and_then(|way| way.route).map(|route| Fact::explained("route", format!("the way back: {route}")));
    Some(
        Finding::new(Cause::RpFilter, why)
            .fact(Fact::explained("sysctl", format!("{} = {strict}", key(which))))
            .facts(route)
            .fix(fixes),
    )
}

/// No way for what a machine itself is to send.
pub fn no_way_for_own(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
    thrown_away(scene, victim, machine).unwrap_or_else(|| unsent::no_way_in(scene, victim, machine))
}
