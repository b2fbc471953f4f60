//! Outcomes for tests: what a trace would find, with frames that are frames.
//!
//! ```text
//! Way::from(&echo()).seen("pod-a", "eth0", Out).route("default via …").seen("node-1", "veth-pod-a", In) …
//! ```

mod journeys;
mod lost;
mod packet;

use std::net::IpAddr;
use std::time::Duration;

use crate::kernel::capture::Direction;
use crate::kernel::probe::Protocol;
use crate::names::MachineName;
use crate::network::{Address, Link, Mac, Namespace, Namespaces};
use crate::trace::frame::{Content, Frame};
use crate::trace::{Asked, Fact, Hop, Names, Outcome, Rewrite, Sighting, Timing};

use packet::{Load, Traveller};

pub use journeys::{delivered, looping, masqueraded, refused, tunnelled, unusual};
pub use lost::{blocked, marooned, no_answer_sent, reply_lost, stranded, unanswered};

/// All of them.
pub fn all() -> Vec<(&'static str, Outcome)> {
    vec![
        ("delivered", delivered()),
        ("masqueraded", masqueraded()),
        ("tunnelled", tunnelled()),
        ("refused", refused()),
        ("unusual", unusual()),
        ("looping", looping()),
        ("stranded", stranded()),
        ("reply-lost", reply_lost()),
        ("never-sent", marooned()),
        ("no-answer-sent", no_answer_sent()),
        ("unanswered", unanswered()),
        ("blocked", blocked()),
    ]
}

/// The machines, their links, their hardware addresses, and their addresses.
const LAB: [(&str, &str, u8, &str); 15] = [
    ("pod-a", "eth0", 0xa2, "10.244.1.2/24"),
    ("pod-c", "eth0", 0xc2, "10.244.2.2/24"),
    ("node-1", "veth-pod-a", 0xa1, ""),
    ("node-1", "cni0", 0x01, "10.244.1.1/24"),
    ("node-1", "eth0", 0x0b, "192.168.1.11/24"),
    ("node-1", "flannel.1", 0xf1, "10.244.1.0/32"),
    ("fabric", "node-1-eth0", 0x1b, ""),
    ("fabric", "node-2-eth0", 0x1c, ""),
    ("fabric", "outside-eth0", 0x1d, ""),
    ("node-2", "eth0", 0x0c, "192.168.1.12/24"),
    ("node-2", "flannel.1", 0xf2, "10.244.2.0/32"),
    ("node-2", "cni0", 0x02, "10.244.2.1/24"),
    ("node-2", "veth-pod-c", 0xc1, ""),
    ("outside", "eth0", 0x64, "192.168.1.100/24"),
    ("pod-d", "eth0", 0xd2, "10.244.2.3/24"),
];

fn mac(last: u8) -> Mac {
    Mac([0x7e, 0x3a, 0x5c, 0x10, 0x2f, last])
}

fn mac_of(machine: &str, link: &str) -> Mac {
    LAB.iter().find(|(m, l, ..)| (*m, *l) == (machine, link)).map_or(mac(0), |(.., last, _)| mac(*last))
}

fn named(machine: &str) -> MachineName {
    if machine == "fabric" { MachineName::fabric() } else { machine.parse().unwrap() }
}

fn names() -> Names {
    let mut all = Namespaces::new();
    for (machine, link, last, address) in LAB {
        let ns: &mut Namespace = all.entry(named(machine)).or_default();
        ns.links.push(Link { mac: Some(mac(last)), ..Link::new(link, "") });
        if !address.is_empty() {
            ns.addresses.push(Address::new(link, address.parse().unwrap()));
        }
    }
    Names::of(&all)
}

/// A way that is being gone.
struct Way {
    hops: Vec<Hop>,
    now: Traveller,
    at: u64,
}

impl Way {
    /// It begins with this packet, at this nanosecond.
    fn new(now: Traveller, at: u64) -> Self {
        Way { hops: Vec::new(), now, at }
    }

    /// The packet changes.
    fn then(mut self, change: impl FnOnce(Traveller) -> Traveller) -> Self {
        self.now = change(self.now);
        self
    }

    /// A router passes it on: one from the TTL, other hardware addresses.
    fn routed(self, from: (&str, &str), to: (&str, &str)) -> Self {
        self.then(|packet| Traveller { ttl: packet.ttl - 1, ..packet.between(from, to) })
    }

    /// It is seen.
    fn seen(mut self, machine: &str, interface: &str, direction: Direction, since: u64) -> Self {
        self.at += since * 7;
        let bytes = self.now.bytes(true);
        let sighting = Sighting {
            at: self.at,
            machine: named(machine),
            interface: interface.into(),
            direction,
            for_another: direction == Direction::In && interface.starts_with("veth"),
            frame: Frame::of_ethernet(&bytes),
            length: bytes.len(),
            bytes,
        };
        let rewritten =
            self.hops.last().map_or(Vec::new(), |before| rewritten(&before.sighting.frame, &sighting.frame));
        let since = (!self.hops.is_empty() || since > 0).then(|| Duration::from_nanos(since));
        self.hops.push(Hop { sighting, since, rewritten, facts: Vec::new() });
        self
    }

    /// Something is known of what came after the last hop.
    fn fact(mut self, fact: Fact) -> Self {
        self.hops.last_mut().unwrap().facts.push(fact);
        self
    }

    fn explained(self, kind: &'static str, text: &str) -> Self {
        self.fact(Fact::explained(kind, text))
    }

    fn observed(self, kind: &'static str, text: &str) -> Self {
        self.fact(Fact::observed(kind, text))
    }
}

/// What a comparison of two frames finds.
fn rewritten(before: &Frame, now: &Frame) -> Vec<Rewrite> {
    let mut found = Vec::new();
    let mut differs = |what, from: String, to: String| {
        if from != to {
            found.push(Rewrite { what, from, to });
        }
    };
    if let (Content::Packet(before), Content::Packet(now)) = (&before.content, &now.content) {
        differs("source", before.source.to_string(), now.source.to_string());
        differs("destination", before.destination.to_string(), now.destination.to_string());
        if let (Some(before), Some(now)) = (before.ports(), now.ports()) {
            differs("source port", before.0.to_string(), now.0.to_string());
            differs("destination port", before.1.to_string(), now.1.to_string());
        }
        differs("ttl", before.ttl.to_string(), now.ttl.to_string());
    }
    if let (Some(before), Some(now)) = (before.link, now.link) {
        differs("source MAC", before.source.to_string(), now.source.to_string());
        differs("destination MAC", before.destination.to_string(), now.destination.to_string());
    }
    let outer = |frame: &Frame| frame.outer.first().map(|o| format!("{} → {}", o.packet.source, o.packet.destination));
    match (outer(before), outer(now)) {
        (None, Some(to)) => differs("encapsulated", String::new(), to),
        (Some(from), None) => differs("decapsulated", from, String::new()),
        _ => {}
    }
    found
}

/// An outcome of these ways.
fn outcome(source: &str, destination: Option<&str>, protocol: Protocol, there: Way, back: Option<Way>) -> Outcome {
    let (there, back) = (there.hops, back.map(|back| back.hops).unwrap_or_default());
    let first = there.first().and_then(|hop| hop.sighting.frame.packet()).cloned();
    let mut frames: Vec<Sighting> = there.iter().chain(&back).map(|hop| hop.sighting.clone()).collect();
    frames.sort_by_key(|frame| frame.at);
    let sum = |hops: &[Hop]| hops.iter().filter_map(|hop| hop.since).sum::<Duration>();
    Outcome {
        asked: Asked {
            lab: "three-nodes".parse().unwrap(),
            source: named(source),
            destination: destination.map(named),
            to: first.as_ref().map_or([10, 244, 2, 2].into(), |packet| packet.destination),
            from: first.map(|packet| packet.source),
            protocol,
            size: 56,
            ttl: None,
            dont_fragment: false,
        },
        sent: 1,
        answered: 1,
        timing: Some(Timing { round_trip: sum(&there) + sum(&back), there: sum(&there), probes: 20 }),
        there,
        back,
        lost: None,
        names: names(),
        notes: Vec::new(),
        frames,
    }
}
