//! Why did a pipe or a bridge not pass a frame on?
//!
//! ```text
//! veth-pod-a ─▶ cni0      is it a port of it? is it up, forwarding, unlocked?
//! cni0 ─▶ veth-pod-c      the same; isolated from where it came? does the FDB say so, or is it flooded there? does it fit?
//! veth-pod-c ══▶ eth0     is the other end up? does it take frames of that size?
//! ```
//!
//! The way that the frame had to go is that of the wiring, from where it was seen last to whoever has its hardware
//! address; the first crossing with an obstacle is where it ended.

use super::{Finding, Spot, Victim, firewall, neighbour, output, overlay, unknown};
use crate::kernel::capture::Direction;
use crate::kernel::probe::Heard;
use crate::network::{FdbEntry, Link, Mac, PortState};
use crate::step::{Bridge, Ip};
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan, by_plan_in};
use crate::trace::names::Place;
use crate::trace::outcome::{Fact, Point, Sighting};
use crate::trace::run::Fate;
use crate::trace::scene::Scene;

/// To whom a frame goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// To everybody: ARP's questions.
    Broadcast,
    /// To a group: IPv6's.
    Multicast,
    /// To this hardware address.
    Unicast(Mac),
}

impl Cast {
    fn of(mac: Mac) -> Cast {
        match mac.0 {
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => Cast::Broadcast,
            [first, ..] if first & 1 != 0 => Cast::Multicast,
            _ => Cast::Unicast(mac),
        }
    }
}

/// A frame on its way.
#[derive(Debug, Clone, Copy)]
pub struct Travelling {
    /// To whom.
    pub cast: Cast,
    /// Its length without its link header, in bytes.
    pub length: usize,
}

impl Travelling {
    /// That of a sighting.
    pub fn of(sighting: &Sighting) -> Travelling {
        let cast = sighting.frame.link.map_or(Cast::Broadcast, |link| Cast::of(link.destination));
        Travelling { cast, length: sighting.length.saturating_sub(ETHERNET) }
    }
}

/// The length of Ethernet's header.
const ETHERNET: usize = 14;

/// Why the frame of a packet was not seen again.
pub fn why(scene: &Scene, victim: &Victim, sighting: &Sighting) -> Finding {
    let place = (sighting.machine.clone(), sighting.interface.clone());
    let link = scene.link(&place.0, &place.1);
    if sighting.direction == Direction::Out && link.is_some_and(|link| link.kind == "veth" && link.peer.is_none()) {
        return into_the_unknown(scene, victim, &place);
    }
    let travelling = Travelling::of(sighting);
    let Cast::Unicast(mac) = travelling.cast else {
        return unknown(scene, victim, &sighting.machine, format!("a frame for many was seen at {}", words(&place)));
    };
    let came_out = scene.link(&place.0, &place.1).is_some_and(|link| link.vxlan.is_some());
    if came_out && !overlay::is_behind(scene, &place.0, mac) {
        return overlay::wrong_machine(scene, victim, &place, mac);
    }
    // Where arp is off, a machine sends to itself.
    if sighting.frame.link.is_some_and(|link| link.source == link.destination)
        && let Some(finding) = neighbour::wrong_mac(scene, victim, mac)
    {
        return finding;
    }
    // A bridge has the address of one of its ports, for which no frame is meant.
    let owners = scene.names.with_mac(mac);
    let is_no_port = |owner: &&Place| scene.link(&owner.0, &owner.1).is_some_and(|link| link.master.is_none());
    let owners = match owners.iter().any(|owner| is_no_port(&owner) && *owner != place) {
        true => owners.iter().filter(is_no_port).collect(),
        false => owners.iter().collect::<Vec<_>>(),
    };
    let paths = owners.into_iter().filter_map(|owner| scene.wiring().path(&place, owner));
    let Some(path) = paths.min_by_key(Vec::len) else {
        if let Some(finding) = neighbour::whose_link_is_gone(scene, victim) {
            return finding;
        }
        let unplugged = unplugged_on_the_way(scene, victim, mac);
        return unplugged.or_else(|| neighbour::wrong_mac(scene, victim, mac)).unwrap_or_else(|| {
            unknown(scene, victim, &place.0, format!("{} was seen at {}", victim.word(), words(&place)))
        });
    };
    if let Some(finding) = translated_back(scene, victim, &place) {
        return finding;
    }
    let turned_back = path.get(1).is_some_and(|next| Some(next) == scene.wiring().peer_of(&place).as_ref());
    let is_port = scene.wiring().bridge_of(&place).is_some();
    if sighting.direction == Direction::In && turned_back {
        return match is_port {
            true => neighbour::misbelieved(scene, victim, mac).unwrap_or_else(|| hairpin(scene, &place, mac)),
            false => unknown(scene, victim, &place.0, format!("a copy for another came to {}", words(&place))),
        };
    }
    obstacle(scene, &path, travelling)
        .unwrap_or_else(|| unknown(scene, victim, &place.0, format!("{} was seen at {}", victim.word(), words(&place))))
}

/// A pipe whose other end is in no machine that has a name: an error that came back is all that is known of it.
fn into_the_unknown(scene: &Scene, victim: &Victim, place: &Place) -> Finding {
    let seen = format!("{} went out of {}, whose other end is in no machine of the lab", victim.word(), words(place));
    match scene.fate {
        // Time exceeded (RFC 792, RFC 4443).
        Fate::Failed(Heard::Error { icmp: Some((11, 0)), .. }) if victim.packet.destination.is_ipv4() => {
            Finding::new(Cause::TtlExceeded, seen)
        }
        Fate::Failed(Heard::Error { icmp: Some((3, 0)), .. }) if victim.packet.destination.is_ipv6() => {
            Finding::new(Cause::TtlExceeded, seen)
        }
        _ => unknown(scene, victim, &place.0, seen),
    }
}

/// An interface in words.
pub fn words((machine, link): &Place) -> String {
    format!("{link} of {machine}")
}

/// The first obstacle from where a frame was seen to where it would be seen next.
pub fn obstacle(scene: &Scene, path: &[Place], frame: Travelling) -> Option<Finding> {
    let place = path.first()?;
    let spot = |before: &Place| Spot {
        point: Point::Underway,
        machine: place.0.clone(),
        after: Some(place.1.clone()),
        before: Some(before.clone()),
    };
    for (index, pair) in path.windows(2).enumerate().take(2) {
        let (from, to) = (&pair[0], &pair[1]);
        let (is, was) = (scene.link(&from.0, &from.1), scene.link(&to.0, &to.1));
        let (Some(a), Some(b)) = (is, was) else {
            let missing = if is.is_none() { from } else { to };
            return Some(
                Finding::new(Cause::LinkDown, format!("{} is gone", words(missing)))
                    .fix([by_plan_in(scene, &both_ends(scene, missing))])
                    .at(spot(to)),
            );
        };
        let found = match (from.0 == to.0, b.kind == "bridge", a.kind == "bridge") {
            (true, true, _) => into_bridge(scene, from, a, b, frame),
            (false, ..) if a.vxlan.is_some() && b.vxlan.is_some() => {
                overlay::through(scene, (from, a), (to, b), frame.cast)
            }
            (true, _, true) => out_of_bridge(scene, (index > 0).then(|| &path[index - 1]), a, (to, b), frame),
            _ => through_pipe(scene, (from, a), (to, b), frame),
        };
        if let Some(found) = found {
            return Some(found.at(spot(to)));
        }
        // A bridge is crossed unseen; everything else is seen.
        if b.kind != "bridge" || path.len() == index + 2 {
            return None;
        }
    }
    None
}

/// What belongs to a pipe: both of its ends, and what is on them.
pub fn both_ends<'a>(scene: &Scene<'a>, place: &'a Place) -> Vec<(&'a crate::names::MachineName, About<'a>)> {
    let own = [(&place.0, About::Link(&place.1)), (&place.0, About::Routes)];
    let peer = scene.planned_link(&place.0, &place.1).and_then(|link| link.peer.as_ref());
    let other = peer.into_iter().flat_map(|p| [(&p.machine, About::Link(&p.link)), (&p.machine, About::Routes)]);
    own.into_iter().chain(other).collect()
}

/// A frame from a port to its bridge.
fn into_bridge(scene: &Scene, port: &Place, link: &Link, bridge: &Link, frame: Travelling) -> Option<Finding> {
    let machine = &port.0;
    let is = |finding: Finding| Some(finding.fix([by_plan(scene, machine, &[About::Link(&link.name)])]));
    if link.master.as_ref() != Some(&bridge.name) {
        return Some(not_in_bridge(scene, port, link, &bridge.name));
    }
    if !link.up {
        return Some(output::is_down(scene, machine, link));
    }
    if !bridge.up {
        return Some(output::is_down(scene, machine, bridge));
    }
    if let Some(finding) = state(scene, port, link) {
        return Some(finding);
    }
    if setting(link, "locked") == 1 {
        return is(blocked(port, "locked", "it takes only frames from hardware addresses that its FDB knows"));
    }
    if setting(bridge, "vlan_filtering") == 1 {
        let why = format!("{} filters VLANs, and {} lets this one through to no VLAN", bridge.name, link.name);
        return Some(
            Finding::new(Cause::PortBlocked, why)
                .fact(Fact::explained("link", format!("{} vlan_filtering 1", bridge.name)).at(machine))
                .fix([by_plan(scene, machine, &[About::Link(&bridge.name)])]),
        );
    }
    firewall::on_link(scene, machine, &link.name, "ingress").or_else(|| match frame.cast {
        Cast::Unicast(_) => None,
        _ => firewall::of_bridge(scene, machine),
    })
}

/// A frame from a bridge to a port, having come in by another one or been made here.
fn out_of_bridge(
    scene: &Scene,
    came_in: Option<&Place>,
    bridge: &Link,
    (port, link): (&Place, &Link),
    frame: Travelling,
) -> Option<Finding> {
    let machine = &port.0;
    let mend = || by_plan(scene, machine, &[About::Link(&link.name)]);
    if link.master.as_ref() != Some(&bridge.name) {
        return Some(not_in_bridge(scene, port, link, &bridge.name));
    }
    if !bridge.up {
        return Some(output::is_down(scene, machine, bridge));
    }
    if !link.up {
        return Some(output::is_down(scene, machine, link));
    }
    if !link.carrier {
        return Some(output::lacks_carrier(scene, machine, link));
    }
    if let Some(finding) = state(scene, port, link) {
        return Some(finding);
    }
    let from = came_in.and_then(|from| scene.link(&from.0, &from.1));
    if from.is_some_and(|from| setting(from, "isolated") == 1) && setting(link, "isolated") == 1 {
        let other = from.map(|from| from.name.clone()).unwrap_or_default();
        let mut fix = mend();
        fix.extend(by_plan(scene, machine, &[About::Link(&other)]));
        let generic = vec![format!("{} link set dev {} type bridge_slave isolated off", Ip(machine), link.name)];
        return Some(
            blocked(port, "isolated on", &format!("so is {other}, and isolated ports exchange nothing"))
                .fix([fix, generic]),
        );
    }
    let entry = match frame.cast {
        Cast::Unicast(mac) => entry(scene, machine, &bridge.name, mac),
        _ => None,
    };
    if let Some(entry) = entry.filter(|entry| entry.port != link.name) {
        return Some(misplaced(scene, machine, entry, &link.name));
    }
    let flood = match (frame.cast, entry) {
        (Cast::Unicast(_), Some(_)) => None,
        (Cast::Unicast(_), None) => Some("flood"),
        (Cast::Broadcast, _) => Some("bcast_flood"),
        (Cast::Multicast, _) => Some("mcast_flood"),
    };
    if let Some(word) = flood.filter(|word| setting_or(link, word, 1) == 0) {
        return Some(
            blocked(port, &format!("{word} off"), "such frames are not copied to it")
                .fix([mend(), vec![format!("{} link set dev {} type bridge_slave {word} on", Ip(machine), link.name)]]),
        );
    }
    if setting(link, "neigh_suppress") == 1 && !matches!(frame.cast, Cast::Unicast(_)) {
        return Some(blocked(port, "neigh_suppress on", "questions for neighbours are not copied to it").fix([mend()]));
    }
    if frame.length > usize::try_from(link.mtu).unwrap_or(usize::MAX) {
        return Some(too_large(scene, port, link, frame));
    }
    firewall::on_link(scene, machine, &link.name, "egress").or_else(|| match frame.cast {
        Cast::Unicast(_) => None,
        _ => firewall::of_bridge(scene, machine),
    })
}

/// A frame from one end of a pipe to the other.
fn through_pipe(
    scene: &Scene,
    (from, a): (&Place, &Link),
    (to, b): (&Place, &Link),
    frame: Travelling,
) -> Option<Finding> {
    if !a.up {
        return Some(output::is_down(scene, &from.0, a));
    }
    if !b.up {
        return Some(output::is_down(scene, &to.0, b));
    }
    // `__is_skb_forwardable`, `include/linux/netdevice.h`: room for a VLAN tag is given, too.
    let limit = usize::try_from(b.mtu).unwrap_or(usize::MAX).saturating_add(VLAN_TAG);
    (frame.length > limit).then(|| too_large(scene, to, b, frame))
}

/// The length of a VLAN's tag.
const VLAN_TAG: usize = 4;

fn too_large(scene: &Scene, place: &Place, link: &Link, frame: Travelling) -> Finding {
    let why = format!("it is {} bytes long, and {} takes {}", frame.length, words(place), link.mtu);
    Finding::new(Cause::Mtu, why)
        .fact(Fact::explained("link", format!("{}: mtu {}", link.name, link.mtu)).at(&place.0))
        .fix([
            by_plan(scene, &place.0, &[About::Link(&link.name)]),
            vec![format!("{} link set dev {} mtu {}", Ip(&place.0), link.name, frame.length)],
        ])
}

/// A link that is no port.
fn not_in_bridge(scene: &Scene, port: &Place, link: &Link, bridge: &str) -> Finding {
    let machine = &port.0;
    let is = link.master.as_ref().map_or_else(|| "no bridge".to_owned(), |other| format!("{other}, not {bridge}"));
    Finding::new(Cause::NotInBridge, format!("{} is plugged into {is}", words(port)))
        .fact(Fact::explained("link", format!("{} has no master {bridge}", link.name)).at(machine))
        .fix([
            by_plan(scene, machine, &[About::Link(&link.name)]),
            vec![format!("{} link set {} master {bridge}", Ip(machine), link.name)],
        ])
}

/// A link that belongs to no bridge in a machine that has one, and has no address of its own: what comes in there is
/// nobody's.
pub fn loose(scene: &Scene, place: &Place) -> Option<Finding> {
    let (machine, name) = place;
    let ns = scene.ns(machine)?;
    let bridge = ns.links.iter().find(|link| link.kind == "bridge")?;
    let link = ns.link(name)?;
    let is_end = link.kind == "veth" || link.vxlan.is_some();
    if !is_end || link.master.is_some() || ns.addresses_of(name).any(|a| a.global) {
        return None;
    }
    let spot = Spot { point: Point::Underway, machine: machine.clone(), after: Some(name.clone()), before: None };
    Some(
        Finding::new(Cause::NotInBridge, format!("{} is plugged into no bridge", words(place)))
            .fix([vec![format!("{} link set {name} master {}", Ip(machine), bridge.name)]])
            .at(spot),
    )
}

/// The end of a pipe that would lead to one of these, and is plugged into no bridge of this machine.
pub fn unplugged(scene: &Scene, machine: &crate::names::MachineName, owners: &[Place]) -> Option<Finding> {
    let ends = scene.ns(machine)?.links.iter().map(|link| (machine.clone(), link.name.clone()));
    let leads = |end: &Place| owners.iter().any(|owner| scene.wiring().path(end, owner).is_some());
    ends.filter(leads).find_map(|end| loose(scene, &end))
}

/// The same where a packet has come by, the last machine first.
pub fn unplugged_on_the_way(scene: &Scene, victim: &Victim, mac: Mac) -> Option<Finding> {
    let machines = victim.hops.iter().rev().map(|hop| &hop.sighting.machine);
    machines.into_iter().find_map(|machine| unplugged(scene, machine, scene.names.with_mac(mac)))
}

/// A port that does not forward.
fn state(scene: &Scene, port: &Place, link: &Link) -> Option<Finding> {
    let state = link.port.filter(|state| *state != PortState::Forwarding)?;
    let mend = by_plan(scene, &port.0, &[About::Link(&link.name)]);
    let bridge: Vec<String> =
        link.master.iter().flat_map(|bridge| by_plan(scene, &port.0, &[About::Link(bridge)])).collect();
    let generic = vec![format!("{} link set dev {} type bridge_slave state 3", Ip(&port.0), link.name)];
    Some(
        blocked(port, &format!("state {state}"), "a port forwards in the state forwarding only")
            .fix([mend, bridge, generic]),
    )
}

fn blocked(port: &Place, what: &str, meaning: &str) -> Finding {
    Finding::new(Cause::PortBlocked, format!("the port {} has {what}: {meaning}", words(port)))
        .fact(Fact::explained("link", format!("{}: {what}", port.1)).at(&port.0))
}

/// A setting of a link; 0 where it was not read.
fn setting(link: &Link, word: &str) -> u64 {
    setting_or(link, word, 0)
}

pub(super) fn setting_or(link: &Link, word: &str, otherwise: u64) -> u64 {
    link.settings.iter().find(|value| value.setting.word == word).map_or(otherwise, |value| value.value)
}

/// What a bridge knows of a hardware address: behind which port it is, or that it is the bridge's own, which somebody may
/// have told it.
fn entry<'a>(scene: &Scene<'a>, machine: &crate::names::MachineName, bridge: &str, mac: Mac) -> Option<&'a FdbEntry> {
    let ns = scene.ns(machine)?;
    let own = ns.links.iter().any(|link| link.mac == Some(mac));
    ns.fdb.iter().find(|entry| {
        let behind = entry.bridge.as_deref() == Some(bridge) && entry.port != bridge;
        entry.mac == mac && (behind || (entry.port == bridge && !own))
    })
}

/// A forwarding entry that leads elsewhere.
fn misplaced(scene: &Scene, machine: &crate::names::MachineName, entry: &FdbEntry, right: &str) -> Finding {
    let bridge = entry.bridge.as_deref().unwrap_or("its bridge");
    let why =
        format!("{bridge} of {machine} takes {} to be behind {}, and it is behind {right}", entry.mac, entry.port);
    Finding::new(Cause::FdbMissing, why)
        .fact(Fact::explained("fdb", format!("bridge fdb: {entry}")).at(machine))
        .fix([by_plan(scene, machine, &[About::Neighbours]), vec![format!("{} fdb delete {entry}", Bridge(machine))]])
}

/// A frame whose destination was translated within the bridge (`bridge-nf-call-iptables`), to somebody behind the port
/// that it came in by.
fn translated_back(scene: &Scene, victim: &Victim, port: &Place) -> Option<Finding> {
    scene.wiring().bridge_of(port)?;
    let passed = scene.acts.iter().filter(|act| act.machine == port.0 && act.leg == victim.leg);
    let now = passed.filter_map(|act| act.destination).next_back()?;
    let owner = scene.names.with_address(now).first().filter(|_| now != victim.packet.destination)?;
    let path = scene.wiring().path(port, owner)?;
    let mac = scene.link(&owner.0, &owner.1)?.mac?;
    (path.get(1) == scene.wiring().peer_of(port).as_ref()).then(|| {
        hairpin(scene, port, mac)
            .fact(Fact::observed("rule", format!("its destination {} became {now}", victim.packet.destination)))
    })
}

/// A frame that would have to leave by the port that it came in by.
fn hairpin(scene: &Scene, port: &Place, mac: Mac) -> Finding {
    let name = scene.names.mac(mac).unwrap_or_else(|| mac.to_string());
    let why = format!(
        "{name} is behind {}, by which it came in: without hairpin mode a port sends nothing back",
        words(port)
    );
    Finding::new(Cause::Hairpin, why)
        .fact(Fact::explained("link", format!("{}: hairpin off", port.1)).at(&port.0))
        .fix([vec![format!("{} link set dev {} type bridge_slave hairpin on", Ip(&port.0), port.1)]])
}
