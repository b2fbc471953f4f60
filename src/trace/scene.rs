//! Everything that is known when somebody asks why a packet died.
//!
//! ```text
//! observed    hops, rules that acted, the kernel's drops, errors, questions for neighbours, counters that moved
//! read        the namespaces as they are, the plan's as they should be, what the kernel answers about routes
//! ```
//!
//! Nothing here decides anything: `death` does.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nix::errno::Errno;

use super::frame::{Content, Packet};
use super::hooks::Act;
use super::names::{self, Names, Place};
use super::outcome::{Fact, Hop, Leg, Sighting};
use super::run::Fate;
use super::stations::Stations;
use super::wiring::Wiring;
use crate::diff::Mend;
use crate::kernel::lookup::{self, Traveller, Way};
use crate::kernel::probe::{Protocol, Question};
use crate::names::MachineName;
use crate::network::{Link, Namespace, Namespaces, Neighbour};
use crate::plan::{Kind, Plan};

/// A packet that the kernel says it dropped, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// When, in nanoseconds of the real-time clock.
    pub at: u64,
    /// In which machine.
    pub machine: MachineName,
    /// At which interface, if the packet had one.
    pub interface: Option<String>,
    /// Why, in the kernel's words (`NETFILTER_DROP`).
    pub reason: String,
    /// Where in the kernel's code, if the reason says nothing.
    pub code: Option<String>,
    /// Of which leg it was; none for a question for a neighbour.
    pub leg: Option<Leg>,
}

/// By how much a counter may have moved because of a few probes.
const FEW: u64 = 10;

/// What is known.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The network that it should make, as far as the cursor.
    pub planned: &'a Namespaces,
    /// The network as it is, now that it is over.
    pub net: &'a Namespaces,
    /// Whose the addresses are.
    pub names: &'a Names,
    /// Who sends.
    pub source: &'a MachineName,
    /// Who is meant.
    pub destination: Option<&'a MachineName>,
    /// What was to be sent.
    pub question: Question,
    /// The way there.
    pub there: &'a [Hop],
    /// The way back of the answer.
    pub back: &'a [Hop],
    /// What the sender learned.
    pub fate: &'a Fate,
    /// All frames in order, with what neighbours asked one another.
    pub frames: &'a [Sighting],
    /// What nftables did, in order.
    pub acts: &'a [Act],
    /// Whether nftables could be watched in all machines.
    pub watched: bool,
    /// What the kernel said that it dropped; none where it may not be asked.
    pub drops: Option<&'a [Drop]>,
    /// The counters that moved.
    pub moved: &'a BTreeMap<MachineName, Vec<(String, u64)>>,
    /// The addresses at which somebody listens for the probe where it arrived.
    pub listeners: &'a [IpAddr],
    /// What was asked for where it arrived.
    pub arrived: Protocol,
    /// What would mend all that differs from the plan, in order.
    pub mends: &'a [Mend],
    /// Where the kernel is asked for routes.
    pub stations: &'a Stations,
}

impl<'a> Scene<'a> {
    /// A machine's namespace.
    pub fn ns(&self, machine: &MachineName) -> Option<&'a Namespace> {
        self.net.get(machine)
    }

    /// A link.
    pub fn link(&self, machine: &MachineName, name: &str) -> Option<&'a Link> {
        self.ns(machine)?.link(name)
    }

    /// A link as the plan has it.
    pub fn planned_link(&self, machine: &MachineName, name: &str) -> Option<&'a Link> {
        self.planned.get(machine)?.link(name)
    }

    /// Whether `netlab repair` would do this.
    pub fn repair_does(&self, command: &str) -> bool {
        self.mends.iter().any(|mend| mend.command() == command)
    }

    /// How links hang together.
    pub fn wiring(&self) -> Wiring<'a> {
        Wiring { net: self.net, planned: self.planned }
    }

    /// The hops of a leg.
    pub fn hops(&self, leg: Leg) -> &'a [Hop] {
        match leg {
            Leg::There => self.there,
            Leg::Back => self.back,
        }
    }

    /// Asks the kernel for a packet's way in a machine.
    ///
    /// # Errors
    /// What the kernel says, or `ENOENT` where nobody listens.
    pub fn way(&self, machine: &MachineName, traveller: &Traveller) -> Result<Way, Errno> {
        let station = self.stations.0.get(machine).ok_or(Errno::ENOENT)?;
        let links = self.ns(machine).map_or(&[][..], |ns| ns.links.as_slice());
        lookup::way(&station.routes, links, traveller)
    }

    /// A packet as one that looks for its way, having come in by this interface, or made here.
    pub fn traveller(&self, machine: &MachineName, packet: &Packet, came_in: Option<&str>) -> Traveller {
        let index = |name: &str| self.link(machine, name).map(|link| link.index);
        Traveller {
            to: packet.destination,
            from: Some(packet.source),
            came_in: came_in.and_then(index),
            must_leave: None,
            protocol: packet.protocol,
            ports: packet.ports(),
            mark: 0,
        }
    }

    /// The probe as it would be: with the source address that the kernel would choose, if it finds a way.
    pub fn unsent_packet(&self) -> Packet {
        let traveller = Traveller {
            to: self.question.to,
            from: None,
            came_in: None,
            must_leave: (self.question.scope != 0).then_some(self.question.scope),
            protocol: self.question.protocol.number(self.question.to.is_ipv6()),
            ports: None,
            mark: 0,
        };
        let chosen = self.way(self.source, &traveller).ok().and_then(|way| way.source);
        let any = |ns: &Namespace| {
            let same = |a: &&crate::network::Address| a.address.is_ipv4() == self.question.to.is_ipv4() && a.global;
            ns.addresses.iter().find(same).map(|a| a.address.ip())
        };
        let unspecified = match self.question.to {
            IpAddr::V4(_) => IpAddr::from([0_u8; 4]),
            IpAddr::V6(_) => IpAddr::from([0_u8; 16]),
        };
        let source = chosen.or_else(|| self.ns(self.source).and_then(any)).unwrap_or(unspecified);
        let header = if self.question.to.is_ipv6() { 40 } else { 20 };
        let transport = if matches!(self.question.protocol, Protocol::Tcp(_)) { 40 } else { 8 + self.question.size };
        Packet {
            source,
            destination: self.question.to,
            ttl: self.question.ttl.unwrap_or(64),
            length: header + transport,
            dont_fragment: self.question.dont_fragment || self.question.to.is_ipv6(),
            fragment: false,
            protocol: traveller.protocol,
            transport: super::frame::Transport::Other,
        }
    }

    /// What a machine knows of a neighbour.
    pub fn neighbour(&self, machine: &MachineName, link: &str, address: IpAddr) -> Option<&'a Neighbour> {
        let all = &self.ns(machine)?.neighbours;
        all.iter().find(|entry| entry.link == link && entry.address == address && !entry.is_proxy())
    }

    /// The frames with which somebody asked for a neighbour on this link of a machine.
    pub fn questions(&self, machine: &MachineName, link: &str, address: IpAddr) -> Vec<&'a Sighting> {
        let mac = self.link(machine, link).and_then(|link| link.mac);
        let asks = |sighting: &&Sighting| match &sighting.frame.content {
            Content::Arp(arp) => arp.asks && arp.target.1 == address && Some(arp.sender.0) == mac,
            Content::Packet(packet) => {
                let by = sighting.frame.link.map(|link| link.source);
                matches!(packet.transport, super::frame::Transport::Solicitation { target } if target == address)
                    && by == mac
            }
            Content::Other => false,
        };
        self.frames.iter().filter(asks).collect()
    }

    /// The frames with which somebody answered that an address is theirs.
    pub fn answers(&self, address: IpAddr) -> Vec<&'a Sighting> {
        let answers = |sighting: &&Sighting| match &sighting.frame.content {
            Content::Arp(arp) => !arp.asks && arp.sender.1 == address,
            Content::Packet(packet) => {
                matches!(packet.transport, super::frame::Transport::Advertisement { target, .. } if target == address)
            }
            Content::Other => false,
        };
        self.frames.iter().filter(answers).collect()
    }

    /// The interfaces that should have an address by the plan.
    pub fn planned_owners(&self, address: IpAddr) -> Vec<Place> {
        let of = |(machine, ns): (&MachineName, &Namespace)| {
            let there = ns.addresses.iter().filter(|a| a.address.ip() == address);
            there.map(|a| (machine.clone(), a.link.clone())).collect::<Vec<_>>()
        };
        let mut places: Vec<Place> = self.planned.iter().flat_map(of).collect();
        let ends: Vec<&MachineName> = std::iter::once(self.source).chain(self.destination).collect();
        names::nearest(&mut places, &self.plan.realms, &ends);
        places
    }

    /// Whether a machine belongs to the cluster.
    pub fn in_cluster(&self, machine: &MachineName) -> bool {
        let member = self.plan.member(machine.as_str());
        member.is_some_and(|member| !matches!(member.kind, Kind::Host))
    }

    /// Whether an address is a pod's, as it is or as the plan has it.
    pub fn is_pods(&self, address: IpAddr) -> bool {
        let places = self.names.with_address(address).iter().cloned().chain(self.planned_owners(address));
        places.into_iter().any(|(machine, _)| {
            matches!(self.plan.member(machine.as_str()).map(|member| &member.kind), Some(Kind::Pod { .. }))
        })
    }

    /// A sysctl of a machine, if it was read.
    pub fn sysctl(&self, machine: &MachineName, key: &str) -> Option<&'a str> {
        self.ns(machine)?.sysctls.get(key).map(String::as_str)
    }

    /// The facts of the kernel's drops in a machine.
    pub fn drop_facts(&self, machine: &MachineName) -> Vec<Fact> {
        let own = self.drops.unwrap_or_default().iter().filter(|drop| drop.machine == *machine && drop.leg.is_some());
        let fact = |drop: &Drop| {
            let at = drop.interface.as_ref().map_or_else(String::new, |interface| format!(" at {interface}"));
            let code = drop.code.as_ref().map_or_else(String::new, |code| format!(", in {code}"));
            Fact::observed("drop", format!("the kernel dropped it{at}: {}{code}", drop.reason))
        };
        own.map(fact).collect()
    }

    /// The facts of counters that moved in a machine and have to do with loss.
    pub fn counter_facts(&self, machine: &MachineName) -> Vec<Fact> {
        const WORDS: [&str; 13] = [
            "NoRoutes",
            "InAddrErrors",
            "ReversePathFilter",
            "FragFails",
            "InHdrErrors",
            "Discards",
            "dropped",
            "errors",
            "InTooBigErrors",
            "NoPorts",
            "ListenDrops",
            "RateLimit",
            "OutNoRoutes",
        ];
        let moved = self.moved.get(machine).into_iter().flatten();
        // What moved by more is others' doing.
        let telling = moved.filter(|(name, by)| *by <= FEW && WORDS.iter().any(|word| name.contains(word)));
        telling.map(|(name, by)| Fact::observed("counter", format!("{name} +{by}"))).collect()
    }
}
