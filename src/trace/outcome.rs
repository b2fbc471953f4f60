//! What a trace found, as plain values: what reports are made of.
//!
//! ```text
//! Outcome ── asked     pod-a → pod-c, ICMP, 10.244.1.2 → 10.244.2.2
//!         ├─ there     [Hop { pod-a eth0 Out, facts: [route …] }, Hop { node-1 veth-pod-a In }, …]
//!         ├─ back      the answer's
//!         ├─ timing    how long it takes when nobody looks
//!         └─ lost      Death { node-1, after cni0, no-route, why, evidence, fix }
//! ```
//!
//! Every [`Fact`] is observed, or explained: concluded from tables that were read afterwards.

use std::net::IpAddr;
use std::time::Duration;

use super::cause::Cause;
use super::frame::Frame;
use super::names::Names;
use crate::kernel::capture::Direction;
use crate::kernel::probe::Protocol;
use crate::names::{LabName, MachineName};

/// What a trace found.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was asked.
    pub asked: Asked,
    /// How many probes were sent, and how many of them were answered.
    pub sent: u32,
    /// See there.
    pub answered: u32,
    /// The way there of the probe that is told of: the first one that was lost, or the first one.
    pub there: Vec<Hop>,
    /// The way back of what answered it, or of the error that came back instead.
    pub back: Vec<Hop>,
    /// How long the way takes while nothing but the interfaces is listened at; none when it was lost.
    pub timing: Option<Timing>,
    /// Why it died, if it did.
    pub lost: Option<Death>,
    /// Whose the addresses are.
    pub names: Names,
    /// What the reader should know beside: what could not be observed here, and oddities that did no harm.
    pub notes: Vec<String>,
    /// All frames that have to do with the probes, in order, with what neighbours asked one another meanwhile.
    pub frames: Vec<Sighting>,
}

impl Outcome {
    /// The same, where the commands that mend it are not to be told.
    pub fn without_fix(mut self) -> Self {
        if let Some(death) = &mut self.lost {
            death.fix.clear();
            self.notes.push("this lab is an exercise: what mends it is yours to find".into());
        }
        self
    }
}

/// What was asked, with what was found out for it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The lab.
    pub lab: LabName,
    /// Who sends.
    pub source: MachineName,
    /// The machine that is meant, if the address is one's.
    pub destination: Option<MachineName>,
    /// The address that it is sent to.
    pub to: IpAddr,
    /// The address that it is sent from, once the kernel has chosen one.
    pub from: Option<IpAddr>,
    /// What kind of packet.
    pub protocol: Protocol,
    /// Bytes of payload.
    pub size: usize,
    /// The time to live, if it was given.
    pub ttl: Option<u8>,
    /// Whether it must not be fragmented.
    pub dont_fragment: bool,
}

/// A frame at an interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// When, in nanoseconds of the real-time clock.
    pub at: u64,
    /// In which machine.
    pub machine: MachineName,
    /// At which interface.
    pub interface: String,
    /// In or out.
    pub direction: Direction,
    /// Whether it came in although its hardware address is another interface's.
    pub for_another: bool,
    /// What was seen.
    pub frame: Frame,
    /// The frame's bytes, from its link header on.
    pub bytes: Vec<u8>,
    /// How long it is; more than there are bytes when it was cut off.
    pub length: usize,
}

/// One interface that a packet crossed.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// What was seen there.
    pub sighting: Sighting,
    /// How long after the hop before it, by probes that nobody traced.
    pub since: Option<Duration>,
    /// What is not as it was at the hop before: observed.
    pub rewritten: Vec<Rewrite>,
    /// What the machine did and decided between this hop and the next.
    pub facts: Vec<Fact>,
}

/// What changed in a packet between two hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// What: `ttl`, `source`, `destination`, `source port`, `destination port`, `source MAC`, `destination MAC`,
    /// `encapsulated`, `decapsulated`.
    pub what: &'static str,
    /// What it was; empty where there was none.
    pub from: String,
    /// What it is.
    pub to: String,
}

/// How something is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// It was seen as it happened.
    Observed,
    /// It follows from tables that were read afterwards.
    Explained,
}

impl Evidence {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::Observed => "observed",
            Evidence::Explained => "explained",
        }
    }
}

/// One thing that is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fact {
    /// How.
    pub evidence: Evidence,
    /// What it is about: `route`, `neighbour`, `arp`, `fdb`, `rule`, `conntrack`, `drop`, `error`, `counter`, `link`,
    /// `sysctl`, `hook`, `socket`, `address`, `cluster`.
    pub kind: &'static str,
    /// Where, if not where the packet is.
    pub machine: Option<MachineName>,
    /// What, in the words of the command that shows it.
    pub text: String,
}

impl Fact {
    /// Something that was seen.
    pub fn observed(kind: &'static str, text: impl Into<String>) -> Self {
        Fact { evidence: Evidence::Observed, kind, machine: None, text: text.into() }
    }

    /// Something that follows from tables.
    pub fn explained(kind: &'static str, text: impl Into<String>) -> Self {
        Fact { evidence: Evidence::Explained, kind, machine: None, text: text.into() }
    }

    /// The same, of another machine.
    pub fn at(self, machine: &MachineName) -> Self {
        Fact { machine: Some(machine.clone()), ..self }
    }
}

/// How long the way takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the first hop to the last one, there and back: the median.
    pub round_trip: Duration,
    /// The same there.
    pub there: Duration,
    /// Of how many probes.
    pub probes: u32,
}

/// On which way something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// From the source to the destination.
    There,
    /// From the destination to the source.
    Back,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// The kernel refused to send it, or could not: it was seen at no interface.
    NeverSent,
    /// It was on its way.
    Underway,
    /// It arrived and was not answered.
    Unanswered,
}

/// A packet's death.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// Of the probe, or of what answered it.
    pub leg: Leg,
    /// How far it came.
    pub point: Point,
    /// Where.
    pub machine: MachineName,
    /// The last interface there at which it (or the question for its next neighbour) was seen.
    pub after: Option<String>,
    /// The interface that it should have come to next, where that is known, and whose it is.
    pub before: Option<(MachineName, String)>,
    /// Why, as a slug.
    pub cause: Cause,
    /// Why, as a sentence.
    pub why: String,
    /// What shows it.
    pub evidence: Vec<Fact>,
    /// The commands that mend it, in order, as they are typed in `netlab shell`; none where nobody can know.
    pub fix: Vec<String>,
    /// Whether `netlab repair` would do all of them: each mends a difference from the plan.
    pub by_repair: bool,
}
