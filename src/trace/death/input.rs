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

use nix::errno::Errno;

use super::{Finding, Victim, arrival, detour, firewall, neighbour, output, unknown, unsent};
use crate::names::MachineName;
use crate::network::policy_rule::Action;
use crate::network::{Link, Route};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan, route_to, without_route};
use crate::trace::hooks::{Hook, Passage};
use crate::trace::outcome::{Fact, Hop, Leg};
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
    if let Some(finding) = neighbour::misled(scene, victim, machine) {
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
fn from_nowhere(scene: &Scene, victim: &Victim) -> Option<Finding> {
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
fn unusable(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
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
fn before_the_hooks(scene: &Scene, victim: &Victim, machine: &MachineName, interface: &str) -> Finding {
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
fn without_ipv6(scene: &Scene, victim: &Victim, machine: &MachineName, interface: &str) -> Option<Finding> {
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
fn no_route(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
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
fn address_gone(scene: &Scene, machine: &MachineName, to: IpAddr) -> Option<Finding> {
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
fn should_be_up(scene: &Scene, machine: &MachineName, link: &Link) -> bool {
    scene.planned_link(machine, &link.name).is_some_and(|planned| planned.up)
}

/// Whether a planned route leaves by a link.
fn leaves_by(route: &Route, link: &str, ns: &crate::network::Namespace) -> bool {
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
fn is_last_resort(route: &Route) -> bool {
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
fn forwarding(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str, certain: bool) -> Option<Finding> {
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
fn martian(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
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
fn sent_by(victim: &Victim, machine: &MachineName) -> bool {
    victim.hops.first().is_some_and(|hop| hop.sighting.machine == *machine)
}

/// Whether an answer would leave by the interface that the packet came in by, where the machine minds (RFC 3704).
fn reverse_path(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
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

/// What stops a packet that has a way on, before the hook `forward`.
fn forwarded(scene: &Scene, victim: &Victim, machine: &MachineName, came_in: &str) -> Option<Finding> {
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
fn ttl_exceeded(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
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

/// No way for what a machine itself is to send.
pub fn no_way_for_own(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
    thrown_away(scene, victim, machine).unwrap_or_else(|| unsent::no_way_in(scene, victim, machine))
}
