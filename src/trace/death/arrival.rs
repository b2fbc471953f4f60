//! It came to where it was sent: why was it not answered?
//!
//! ```text
//! a RST, an ICMP port unreachable     nobody listens
//! the answer has no way back          no-return-route; no-masquerade, where a pod's address came out of the cluster
//! icmp_echo_ignore_all                nobody answers pings
//! ```

use std::net::IpAddr;

use super::{Finding, Spot, Victim, apart, believed, routing, unknown, unsent};
use crate::kernel::capture::Direction;
use crate::kernel::lookup::Traveller;
use crate::kernel::probe::{Heard, Protocol};
use crate::names::MachineName;
use crate::network::MAIN;
use crate::step::Inside;
use crate::topology::model::ClusterKind;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::frame::Packet;
use crate::trace::hooks::{Hook, Passage};
use crate::trace::outcome::{Fact, Hop, Leg, Point};
use crate::trace::run::Fate;
use crate::trace::scene::Scene;

/// Where the probe arrived.
pub fn spot(scene: &Scene, point: Point) -> Spot {
    let last = scene.there.last().map(|hop| &hop.sighting);
    Spot {
        point,
        machine: last.map_or_else(|| scene.source.clone(), |sighting| sighting.machine.clone()),
        after: last.map(|sighting| sighting.interface.clone()),
        before: None,
    }
}

/// A RST came back.
pub fn refused(scene: &Scene) -> Finding {
    let spot = spot(scene, Point::Unanswered);
    let meant = scene.destination.is_none_or(|meant| *meant == spot.machine);
    let elsewhere = if meant { None } else { believed::twice(scene, scene.question.to, scene.destination) };
    elsewhere.unwrap_or_else(|| nobody_listens(scene, &spot.machine)).at(spot).on(Leg::There)
}

fn nobody_listens(scene: &Scene, machine: &MachineName) -> Finding {
    let (what, file) = match scene.arrived {
        Protocol::Tcp(port) => (format!("TCP port {port}"), "ss -tln"),
        Protocol::Udp(port) => (format!("UDP port {port}"), "ss -uln"),
        Protocol::Icmp => ("pings".to_owned(), ""),
    };
    let elsewhere: Vec<String> = scene.listeners.iter().map(ToString::to_string).collect();
    let (why, fact) = match elsewhere.is_empty() {
        true => (format!("nobody listens on {what} in {machine}"), format!("{file}: no socket")),
        false => {
            let list = elsewhere.join(", ");
            (format!("on {what} in {machine} somebody listens at {list} only"), format!("{file}: {list}"))
        }
    };
    Finding::new(Cause::NoListener, why).fact(Fact::explained("socket", fact).at(machine))
}

/// It came in and got through, on this hop.
pub fn why(scene: &Scene, victim: &Victim, hop: &Hop) -> Finding {
    let machine = &hop.sighting.machine;
    if victim.leg == Leg::Back {
        return not_taken(scene, victim, machine);
    }
    let spot = spot(scene, Point::Unanswered);
    if scene.destination.is_some_and(|meant| meant != machine)
        && let Some(finding) = believed::twice(scene, scene.question.to, scene.destination)
    {
        return finding.at(spot);
    }
    // Port unreachable (RFC 792, RFC 4443).
    if matches!(scene.fate, Fate::Failed(Heard::Error { icmp: Some((3, 3) | (1, 4)), .. })) {
        return nobody_listens(scene, machine).at(spot);
    }
    if let Some(finding) = for_all(scene, victim, machine) {
        return finding.at(spot);
    }
    if let Some(finding) = no_way_back(scene, victim, machine) {
        return finding.at(spot);
    }
    if scene.question.protocol == Protocol::Icmp {
        let key = match scene.question.to.is_ipv6() {
            true => "net.ipv6.icmp.echo_ignore_all",
            false => "net.ipv4.icmp_echo_ignore_all",
        };
        if scene.sysctl(machine, key) == Some("1") {
            let generic = vec![crate::step::sysctl_command(machine, key, "0")];
            return Finding::new(Cause::NoListener, format!("{machine} answers no pings: {key} is 1"))
                .fact(Fact::explained("sysctl", format!("{key} = 1")).at(machine))
                .fix([by_plan(scene, machine, &[About::Sysctl("echo_ignore_all")]), generic])
                .at(spot);
        }
    } else if scene.listeners.is_empty() {
        return nobody_listens(scene, machine).at(spot);
    }
    if let Some(why) = queue_full(scene, machine) {
        return Finding::new(Cause::Unknown, why).at(spot);
    }
    unknown(scene, victim, machine, format!("it arrived in {machine} and was not answered")).at(spot)
}

/// An address of all machines on a subnet, at which they need not answer.
fn for_all(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let traveller = Traveller { from: None, ..scene.traveller(machine, &victim.packet, None) };
    let way = scene.way(machine, &traveller).ok().filter(|way| way.kind == "broadcast")?;
    let to = victim.packet.destination;
    let why = format!("{to} is the address of all machines on a subnet of {machine}, which answers at its own only");
    let fact = way.route.map(|route| Fact::explained("route", format!("ip route: {route}")).at(machine));
    Some(Finding::new(Cause::NoListener, why).facts(fact))
}

/// A machine that takes for its own what is another one's, by a route that says so.
pub fn taken_by(scene: &Scene) -> Option<Finding> {
    let last = &scene.there.last()?.sighting;
    let machine = &last.machine;
    let (meant, to) = (scene.destination?, scene.question.to);
    let taken = Passage::new(scene.acts, machine, Leg::There, false).reached(Hook::Input, true);
    if !taken && scene.watched || last.direction == Direction::Out {
        return None;
    }
    if let Some(namesake) = apart::namesake(scene, machine) {
        return Some(namesake);
    }
    let routes = &scene.ns(machine)?.routes;
    let route = routes.iter().find(|route| route.kind == "local" && route.to.contains(to));
    let too = scene.names.with_address(to).iter().any(|(owner, _)| owner == machine);
    let why = match too {
        true => format!("{machine} has {to}, too, and {meant} is in another network"),
        false => format!("{machine} takes {to} for its own, which is {meant}'s"),
    };
    let fact = route.map(|route| Fact::explained("route", format!("ip route: {route}")).at(machine));
    Some(Finding::new(Cause::Unknown, why).facts(fact).fix([by_plan(scene, machine, &[About::Routes])]))
}

/// Somebody listens, who does not take the connections that come (`tcp_conn_request`, `net/ipv4/tcp_input.c`).
fn queue_full(scene: &Scene, machine: &MachineName) -> Option<String> {
    let moved = scene.moved.get(machine)?;
    let Protocol::Tcp(port) = scene.arrived else { return None };
    let full = moved.iter().any(|(name, _)| name == "TcpExtListenDrops" || name == "TcpExtListenOverflows");
    full.then(|| {
        format!("somebody listens on TCP port {port} in {machine}, and the queue of connections to be accepted is full")
    })
}

/// Why an answer from here would not find its way.
fn no_way_back(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let there = &victim.packet;
    let answer = Packet { source: there.destination, destination: there.source, ttl: 64, ..there.clone() };
    let traveller = Traveller { ports: None, ..scene.traveller(machine, &answer, None) };
    let errno = scene.way(machine, &traveller).err()?;
    let asked = Fact::explained(
        "route",
        format!("ip route get {} from {}: {} ({errno:?})", answer.destination, answer.source, errno.desc()),
    );
    let answer = Victim { leg: Leg::Back, hops: &[], packet: answer };
    if let Some(finding) = no_masquerade(scene, there, machine) {
        return Some(finding.fact(asked));
    }
    let thrown = routing::thrown_away(scene, &answer, machine);
    Some(thrown.unwrap_or_else(|| unsent::no_way_in(scene, &answer, machine)).fact(asked))
}

/// A pod's address that came out of the cluster to somebody who knows nothing of pods.
fn no_masquerade(scene: &Scene, there: &Packet, machine: &MachineName) -> Option<Finding> {
    if scene.in_cluster(machine) || !scene.is_pods(there.source) {
        return None;
    }
    // The world has routes to the pods of a flat cluster: then that is what is missing, and here by its plan, too.
    let sender = scene.plan.standings.get(scene.source);
    if sender.kind == Some(ClusterKind::Flat) {
        return None;
    }
    let planned = scene.planned.get(machine).and_then(|ns| routing::best(&ns.routes, MAIN, there.source));
    if planned.is_some() {
        return None;
    }
    let left = |hop: &&Hop| scene.in_cluster(&hop.sighting.machine) && hop.sighting.direction == Direction::Out;
    let exit = &scene.there.iter().rfind(left)?.sighting;
    let node = &exit.machine;
    // It would help only if there is a way to the node's own address.
    let known = |address: IpAddr| {
        let to_node = Traveller { to: address, from: None, ..scene.traveller(machine, there, None) };
        scene.way(machine, &Traveller { ports: None, ..to_node }).is_ok()
    };
    let own = scene.ns(node)?.addresses_of(&exit.interface).filter(|a| a.global).map(|a| a.address.ip());
    if !own.filter(|own| own.is_ipv4() == there.source.is_ipv4()).any(known) {
        return None;
    }
    let whose = scene.names.address(there.source).unwrap_or_else(|| "a pod's".into());
    let why = format!(
        "it came to {machine} from {} ({whose}), to which {machine} has no route: {node} did not masquerade it",
        there.source
    );
    let family = if there.source.is_ipv4() { "ip" } else { "ip6" };
    let subnet = scene.ns(node).and_then(|ns| {
        let own = ns.addresses.iter().find(|a| a.global && a.address.contains(there.source))?;
        Some(format!("{}/{}", own.address.network(), own.address.prefix()))
    });
    let spared = match pod_subnets(scene, there.source.is_ipv4()).as_slice() {
        [only] => only.clone(),
        several => format!("'{{ {} }}'", several.join(", ")),
    };
    let inside = Inside(node);
    let generic = subnet.map_or_else(Vec::new, |subnet| {
        vec![
            format!("{inside}nft add table {family} masq"),
            format!("{inside}nft add chain {family} masq postrouting '{{ type nat hook postrouting priority srcnat; }}'"),
            format!("{inside}nft add rule {family} masq postrouting {family} saddr {subnet} {family} daddr != {spared} masquerade"),
        ]
    });
    Some(
        Finding::new(Cause::NoMasquerade, why)
            .fact(Fact::observed("address", format!("it arrived with the source {}", there.source)).at(machine))
            .fix([of_family(by_plan(scene, node, &[About::Rules]), family), generic]),
    )
}

/// Those commands of nftables that are about tables of a family.
fn of_family(commands: Vec<String>, family: &str) -> Vec<String> {
    let words = ["table", "chain", "rule"].map(|thing| format!(" {thing} {family} "));
    commands.into_iter().filter(|command| words.iter().any(|words| command.contains(words))).collect()
}

/// The subnets of all nodes' pods: what goes from one to another is not translated.
fn pod_subnets(scene: &Scene, ipv4: bool) -> Vec<String> {
    let nodes = scene.planned.iter().chain(scene.net).filter(|(machine, _)| scene.in_cluster(machine));
    let of_bridge = nodes.flat_map(|(_, ns)| {
        let bridges = ns.links.iter().filter(|link| link.kind == "bridge");
        bridges.flat_map(|bridge| ns.addresses_of(&bridge.name).filter(|a| a.global && a.address.is_ipv4() == ipv4))
    });
    let mut subnets: Vec<String> =
        of_bridge.map(|a| format!("{}/{}", a.address.network(), a.address.prefix())).collect();
    subnets.sort();
    subnets.dedup();
    subnets
}

/// The answer came home, and the program that asked did not get it.
fn not_taken(scene: &Scene, victim: &Victim, machine: &MachineName) -> Finding {
    let from = victim.packet.source;
    let seen = match from == scene.question.to {
        true => match (victim.packet.ports(), scene.question.protocol.port()) {
            (Some((port, _)), Some(asked)) if port != asked => {
                format!("the answer came from port {port}, and not from port {asked}, which was asked")
            }
            _ => format!("the answer came back into {machine}"),
        },
        false => {
            let whose = scene.names.address(from).unwrap_or_else(|| "nobody's".into());
            format!("the answer came from {from} ({whose}), and not from {}, who was asked", scene.question.to)
        }
    };
    unknown(scene, victim, machine, seen).facts(translated(scene))
}

/// Where the destination was translated on the way there: the answer has to be translated back there.
fn translated(scene: &Scene) -> Option<Fact> {
    let pair = scene.there.windows(2).find_map(|pair| {
        let [before, after] = pair else { return None };
        let (was, is) = (before.sighting.frame.packet()?, after.sighting.frame.packet()?);
        let here = before.sighting.machine == after.sighting.machine;
        (here && was.destination != is.destination).then_some((&after.sighting.machine, was, is))
    });
    let (machine, was, is) = pair?;
    let not_back = match scene.back.iter().any(|hop| hop.sighting.machine == *machine) {
        true => "its bridge passed the answer on without asking IP, which would have translated it back",
        false => "the answer did not come by it, to be translated back",
    };
    let text = format!("it made {} of the destination {}, and {not_back}", is.destination, was.destination);
    Some(Fact::observed("rule", text).at(machine))
}
