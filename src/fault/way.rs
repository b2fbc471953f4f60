//! The way that a packet and its answer take in a lab that is as its file says: which machines they pass, and how.
//!
//! ```text
//! pod-a → pod-c   pod-a    sent       → eth0                       via 10.244.1.1
//!                 node-1   forwarded  veth-pod-a cni0 → eth0       via 192.168.1.12
//!                 fabric   bridged    node-1-eth0 underlay → underlay node-2-eth0
//!                 node-2   forwarded  eth0 → cni0 veth-pod-c
//!                 pod-c    delivered  eth0
//!         answer  pod-c    sent       → eth0 …
//! ```
//!
//! Over VXLAN, the way of the packet around it lies between: from the device of one node to that of the other.
//!
//! ```text
//!                 node-1   forwarded  veth-pod-a cni0 → flannel.1  via 10.244.2.0
//!                 node-1   sent       → eth0                       outer, UDP port 8472
//!                 fabric   bridged    node-1-eth0 underlay → underlay node-2-eth0     outer
//!                 node-2   delivered  eth0                                            outer
//!                 node-2   forwarded  flannel.1 → cni0 veth-pod-c
//! ```
//!
//! This is what is expected of the kernel, not what was seen of it: `netlab check` and `netlab trace` look.

use std::net::IpAddr;

use super::site::{Port, Segment, Site, Station, Tunnel};
use super::tunnel::{self, Crossing};
use crate::names::{LinkName, MachineName};
use crate::topology::model::Masquerade;

/// What a machine does with a packet that passes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It comes from here.
    Sent,
    /// It is passed on by its address.
    Forwarded,
    /// It is passed on by its hardware address, from port to port of a bridge.
    Bridged,
    /// It arrives.
    Delivered,
    /// It comes from here and never leaves.
    Itself,
}

/// One machine on the way of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The machine.
    pub machine: MachineName,
    /// What it does.
    pub role: Role,
    /// The links that the packet enters by, in its order: a port, and the bridge behind it.
    pub enters: Vec<LinkName>,
    /// The links that it leaves by.
    pub leaves: Vec<LinkName>,
    /// Its source as it comes here.
    pub from: IpAddr,
    /// Its destination as it leaves.
    pub to: IpAddr,
    /// The gateway that it is sent to; none where the destination is at hand.
    pub via: Option<IpAddr>,
    /// The neighbour that it is sent to: the gateway, or the destination itself.
    pub next: Option<IpAddr>,
    /// Whether its source is translated here.
    pub translated: bool,
    /// Whether it is the answer.
    pub answer: bool,
    /// The UDP port that it is sent to, if it is the packet around another one.
    pub outer: Option<u16>,
}

/// Whose source was translated on the way, where, from and to what: the answer is translated back there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Translation {
    machine: MachineName,
    from: IpAddr,
    to: IpAddr,
}

/// How many machines a packet may pass, as an answer that goes in circles must end.
const HOPS: usize = 32;

/// The way from one machine to another and back; none where the file leads nowhere.
pub fn round_trip(
    site: &Site<'_>,
    source: &Station<'_>,
    destination: &Station<'_>,
    ipv6: bool,
) -> Option<Vec<Passage>> {
    let to = site.target(source, destination, ipv6)?;
    let there = Leg { answer: false, back: None, outer: None }.walk(site, source, None, to)?;
    let from = there.passages.first()?.from;
    if there.end != *destination.name() {
        return None;
    }
    let answer = Leg { answer: true, back: there.translation.clone(), outer: None };
    let back = answer.walk(site, destination, Some(to), there.arrives_from)?;
    (back.end == *source.name() && source.has(from)).then(|| [there.passages, back.passages].concat())
}

/// One direction.
struct Leg {
    answer: bool,
    back: Option<Translation>,
    /// The UDP port, if it is the way of a packet around another one.
    outer: Option<u16>,
}

struct Walked {
    passages: Vec<Passage>,
    end: MachineName,
    arrives_from: IpAddr,
    translation: Option<Translation>,
}

impl Leg {
    fn walk(&self, site: &Site<'_>, from: &Station<'_>, source: Option<IpAddr>, to: IpAddr) -> Option<Walked> {
        let (mut at, mut to) = (from, to);
        let mut enters: Vec<LinkName> = Vec::new();
        let mut passages: Vec<Passage> = Vec::new();
        let mut translation = None;
        let mut source = match (source, from.has(to)) {
            (Some(source), _) => source,
            (None, true) => to,
            (None, false) => from.route(to).and_then(|(port, via)| speaks_from(port, via.unwrap_or(to)))?,
        };
        for hop in 0..HOPS {
            let here = at.name().clone();
            if let Some(back) = self.back.as_ref().filter(|back| back.machine == here && back.to == to) {
                to = back.from;
            }
            let passage = |role, enters, leaves, via, next, translated| Passage {
                machine: here.clone(),
                role,
                enters,
                leaves,
                from: source,
                to,
                via,
                next,
                translated,
                answer: self.answer,
                outer: self.outer,
            };
            if at.has(to) {
                let role = if hop == 0 { Role::Itself } else { Role::Delivered };
                passages.push(passage(role, enters, Vec::new(), None, None, false));
                return Some(Walked { passages, end: here, arrives_from: source, translation });
            }
            if hop > 0 && !at.forwards(to.is_ipv6()) {
                return None;
            }
            let (port, via) = at.route(to)?;
            let next = via.unwrap_or(to);
            let between = Between::of(site, port, next, self)?;
            let masked = masquerade(at, source, to).filter(|_| !self.answer);
            let masked = masked.and_then(|entry| entry.to.or_else(|| speaks_from(port, next)));
            let role = if hop == 0 { Role::Sent } else { Role::Forwarded };
            passages.push(passage(role, enters, between.leaves, via, Some(next), masked.is_some()));
            if let Some(masked) = masked.filter(|masked| *masked != source) {
                translation.get_or_insert(Translation { machine: here.clone(), from: source, to: masked });
                source = masked;
            }
            passages.extend(between.crosses.into_iter().map(|cross| match cross {
                Cross::Bridge(machine, enters, leaves) => Passage {
                    machine,
                    role: Role::Bridged,
                    enters,
                    leaves,
                    from: source,
                    to,
                    via: None,
                    next: None,
                    translated: false,
                    answer: self.answer,
                    outer: self.outer,
                },
                Cross::Outer(passage) => passage,
            }));
            (at, enters) = (between.neighbour, between.enters);
        }
        None
    }
}

/// The address that a machine speaks from to a neighbour on a port: the one of the neighbour's subnet.
fn speaks_from(port: &Port, next: IpAddr) -> Option<IpAddr> {
    let of = || port.addresses(next.is_ipv6());
    of().find(|own| own.contains(next)).or_else(|| of().next()).map(|own| own.ip())
}

/// By which entry a machine masquerades what it sends from this source to there.
fn masquerade<'a>(at: &Station<'a>, source: IpAddr, to: IpAddr) -> Option<&'a Masquerade> {
    let spared = |except: &[ipnetwork::IpNetwork]| except.iter().any(|network| network.contains(to));
    let fits = |entry: &&Masquerade| entry.from.contains(source) && !spared(&entry.except);
    at.machine.masquerade.iter().find(fits)
}

/// What lies between two neighbours.
struct Between<'s, 'a> {
    /// Who is at the other end.
    neighbour: &'s Station<'a>,
    /// The links that a packet leaves the one by.
    leaves: Vec<LinkName>,
    /// What it crosses.
    crosses: Vec<Cross>,
    /// The links that it enters the other by.
    enters: Vec<LinkName>,
}

/// What a packet crosses between two neighbours.
enum Cross {
    /// A bridge, from port to port: its machine, and the links that it enters and leaves by.
    Bridge(MachineName, Vec<LinkName>, Vec<LinkName>),
    /// Machines that pass on the packet around it.
    Outer(Passage),
}

impl<'s, 'a> Between<'s, 'a> {
    /// From this port to the neighbour with this address.
    fn of(site: &'s Site<'a>, port: &Port, next: IpAddr, leg: &Leg) -> Option<Self> {
        if let Some((neighbour, entrance)) = site.neighbour(&port.segment, next) {
            let (leaves, crosses, enters) = cross(port, &port.segment, entrance);
            return Some(Between { neighbour, leaves, crosses: crosses.into_iter().collect(), enters });
        }
        // There are no tunnels within tunnels.
        match leg.outer {
            None => Between::over(site, port, &tunnel::beyond(site, &port.segment, next)?, leg.answer),
            Some(_) => None,
        }
    }

    /// The same over VXLAN.
    fn over(site: &'s Site<'a>, port: &Port, crossing: &Crossing<'s, 'a>, answer: bool) -> Option<Self> {
        let Crossing { near, far, neighbour: (neighbour, entrance) } = crossing;
        let (here, there) = (near.1, far.1);
        let leg = Leg { answer, back: None, outer: Some(here.device.port) };
        let outer = leg.walk(site, near.0, Some(here.device.local), there.device.local)?;
        // It leaves by the link that the device was told, and is nobody else's.
        let is_right = outer.end == *far.0.name()
            && outer.translation.is_none()
            && outer.passages.first().is_some_and(|first| first.leaves.contains(&here.device.dev));
        if !is_right {
            return None;
        }
        let (into, out_of) = (tunnelled(port, here), tunnelled(entrance, there));
        let first = into.bridge.map(|(machine, far, bridge, device)| {
            Cross::Bridge(machine, vec![far, bridge.clone()], vec![bridge, device])
        });
        let last = out_of.bridge.map(|(machine, far, bridge, device)| {
            Cross::Bridge(machine, vec![device, bridge.clone()], vec![bridge, far])
        });
        let crosses = first.into_iter().chain(outer.passages.into_iter().map(Cross::Outer)).chain(last).collect();
        let enters = out_of.own.into_iter().rev().collect();
        Some(Between { neighbour, leaves: into.own, crosses, enters })
    }
}

/// What lies between a machine's port and a VXLAN device: the links of the machine itself, and a bridge that is another one's,
/// by its machine, the end of the cable there, its name, and the device.
struct Tunnelled {
    own: Vec<LinkName>,
    bridge: Option<(MachineName, LinkName, LinkName, LinkName)>,
}

fn tunnelled(port: &Port, tunnel: &Tunnel<'_>) -> Tunnelled {
    let (device, Segment { machine, bridge }) = (tunnel.port.link.clone(), &tunnel.port.segment);
    match &port.far {
        Some((_, far)) => Tunnelled {
            own: vec![port.link.clone()],
            bridge: Some((machine.clone(), far.clone(), bridge.clone(), device)),
        },
        None if port.link == device => Tunnelled { own: vec![device], bridge: None },
        None => Tunnelled { own: vec![bridge.clone(), device], bridge: None },
    }
}

/// What lies between two neighbours: the links that a packet leaves the one by, the bridge that it crosses if that is a
/// third machine's, and the links that it enters the other by.
fn cross(port: &Port, segment: &Segment, entrance: &Port) -> (Vec<LinkName>, Option<Cross>, Vec<LinkName>) {
    let bridge = segment.bridge.clone();
    match (&port.far, &entrance.far) {
        // From a node's bridge to a pod.
        (None, Some((_, far))) => (vec![bridge, far.clone()], None, vec![entrance.link.clone()]),
        // From a pod to the node's bridge.
        (Some((_, far)), None) => (vec![port.link.clone()], None, vec![far.clone(), bridge]),
        (Some((machine, near)), Some((_, far))) => {
            let across = Cross::Bridge(machine.clone(), vec![near.clone(), bridge.clone()], vec![bridge, far.clone()]);
            (vec![port.link.clone()], Some(across), vec![entrance.link.clone()])
        }
        // Two bridges are on no segment together.
        (None, None) => (vec![bridge.clone()], None, vec![bridge]),
    }
}
