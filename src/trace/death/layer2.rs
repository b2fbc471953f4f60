//! Why did a pipe or a bridge not pass a frame on?
//!
//! ```text
//! seen last at veth-pod-a, for 7e:…:02     whose is that? cni0's      ─▶ veth-pod-a, cni0
//! veth-pod-a ─▶ cni0                       what is in the way there?  (`obstacle`)
//! ```
//!
//! The way that the frame had to go is that of the wiring, from where it was seen last to whoever has its hardware
//! address; the first crossing with an obstacle is where it ended.

use super::obstacle::obstacle;
use super::{Finding, Spot, Victim, believed, overlay, unknown};
use crate::kernel::capture::Direction;
use crate::kernel::probe::Heard;
use crate::network::Mac;
use crate::step::Ip;
use crate::trace::cause::Cause;
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
pub const ETHERNET: usize = 14;

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
    if let Some(finding) = sent_back(scene, victim, &place, mac) {
        return finding;
    }
    // Where arp is off, a machine sends to itself.
    if sighting.frame.link.is_some_and(|link| link.source == link.destination)
        && let Some(finding) = believed::wrong_mac(scene, victim, mac)
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
        if let Some(finding) = believed::whose_link_is_gone(scene, victim) {
            return finding;
        }
        let unplugged = unplugged_on_the_way(scene, victim, mac);
        return unplugged.or_else(|| believed::wrong_mac(scene, victim, mac)).unwrap_or_else(|| {
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
            true => believed::misbelieved(scene, victim, mac).unwrap_or_else(|| hairpin(scene, &place, mac)),
            false => unknown(scene, victim, &place.0, format!("a copy for another came to {}", words(&place))),
        };
    }
    obstacle(scene, &path, travelling)
        .unwrap_or_else(|| unknown(scene, victim, &place.0, format!("{} was seen at {}", victim.word(), words(&place))))
}

/// A pipe whose other end is in no machine that has a name: an error that came back is all that is known of it.
pub fn into_the_unknown(scene: &Scene, victim: &Victim, place: &Place) -> Finding {
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

/// A frame that a bridge took in by a port and is to send back by it, its destination having been translated within the
/// bridge.
fn sent_back(scene: &Scene, victim: &Victim, bridge: &Place, mac: Mac) -> Option<Finding> {
    let [.., before, _] = victim.hops else { return None };
    let port = (before.sighting.machine.clone(), before.sighting.interface.clone());
    let came_in =
        before.sighting.direction == Direction::In && scene.wiring().bridge_of(&port).as_ref() == Some(bridge);
    let behind = scene.names.with_mac(mac).iter().any(|owner| {
        scene.wiring().path(&port, owner).is_some_and(|path| path.get(1) == scene.wiring().peer_of(&port).as_ref())
    });
    let was = before.sighting.frame.packet().map(|packet| packet.destination);
    let translated = was.filter(|was| *was != victim.packet.destination)?;
    (came_in && behind).then(|| {
        let became = format!("its destination {translated} became {}", victim.packet.destination);
        hairpin(scene, &port, mac).fact(Fact::observed("rule", became))
    })
}

/// A frame whose destination was translated within the bridge (`bridge-nf-call-iptables`), to somebody behind the port
/// that it came in by.
pub fn translated_back(scene: &Scene, victim: &Victim, port: &Place) -> Option<Finding> {
    scene.wiring().bridge_of(port)?;
    let passed = scene.acts.iter().filter(|act| act.machine == port.0 && act.leg == victim.leg && !act.outer);
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
pub fn hairpin(scene: &Scene, port: &Place, mac: Mac) -> Finding {
    let name = scene.names.mac(mac).unwrap_or_else(|| mac.to_string());
    let why = format!(
        "{name} is behind {}, by which it came in: without hairpin mode a port sends nothing back",
        words(port)
    );
    Finding::new(Cause::Hairpin, why)
        .fact(Fact::explained("link", format!("{}: hairpin off", port.1)).at(&port.0))
        .fix([vec![format!("{} link set dev {} type bridge_slave hairpin on", Ip(&port.0), port.1)]])
}
