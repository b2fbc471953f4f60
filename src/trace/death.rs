//! Where a packet ended, and why: first what was observed, then what the tables say about that place.
//!
//! ```text
//! the last hop was …            the question is …                                       asked in
//! none, and an errno            why does the kernel refuse?                             unsent
//! none, or routed and not out   what keeps it from leaving?                             output, neighbour, believed
//! Out of a pipe                 why did it not come out at the other end?               layer2, obstacle
//! In at a bridge's port         why did the bridge not pass it on?                      layer2, obstacle
//! In at an interface            what did this machine do with it?                       input, routing, detour
//! Out of a VXLAN, or before one what became of the packet around it?                    overlay
//! In at the destination         why was it not answered?                                arrival
//! ```
//!
//! A rule that was seen to drop the packet ends the search at once (`firewall`). At the end the kernel's own word, where
//! it may be asked, is held against the finding: where they disagree, the cause is unknown.

mod apart;
mod arrival;
mod believed;
mod detour;
mod firewall;
mod input;
mod layer2;
mod neighbour;
mod obstacle;
mod output;
mod overlay;
mod routing;
mod unsent;
mod word;

pub use overlay::would_be_around;

use super::cause::Cause;
use super::frame::Packet;
use super::hooks::Passage;
use super::icmp::in_words;
use super::names::Place;
use super::outcome::{Death, Fact, Hop, Leg, Point};
use super::run::Fate;
use super::scene::Scene;
use crate::kernel::capture::Direction;
use crate::kernel::probe::Heard;
use crate::names::MachineName;

/// Why a packet died, and what shows it.
#[derive(Debug, Clone)]
struct Finding {
    cause: Cause,
    why: String,
    evidence: Vec<Fact>,
    fix: Vec<String>,
    /// Where, if not where the packet was seen last.
    spot: Option<Spot>,
    /// On which leg, if not that of the packet that is missing: a RST is an answer, and no good one.
    leg: Option<Leg>,
}

/// A place of death.
#[derive(Debug, Clone)]
struct Spot {
    point: Point,
    machine: MachineName,
    after: Option<String>,
    before: Option<Place>,
}

impl Finding {
    fn new(cause: Cause, why: impl Into<String>) -> Self {
        Finding { cause, why: why.into(), evidence: Vec::new(), fix: Vec::new(), spot: None, leg: None }
    }

    fn fact(mut self, fact: Fact) -> Self {
        self.evidence.push(fact);
        self
    }

    fn facts(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.evidence.extend(facts);
        self
    }

    /// The first of these fixes that there is.
    fn fix(mut self, fixes: impl IntoIterator<Item = Vec<String>>) -> Self {
        if self.fix.is_empty() {
            self.fix = fixes.into_iter().find(|fix| !fix.is_empty()).unwrap_or_default();
        }
        self
    }

    fn on(self, leg: Leg) -> Self {
        Finding { leg: Some(leg), ..self }
    }

    fn at(mut self, spot: Spot) -> Self {
        self.spot = self.spot.or(Some(spot));
        self
    }
}

/// The packet that died: what it looked like when it was last seen, or would have.
#[derive(Debug, Clone)]
struct Victim<'a> {
    leg: Leg,
    hops: &'a [Hop],
    packet: Packet,
}

impl Victim<'_> {
    /// The cause's name on this leg: no way for the answer has a name of its own.
    fn no_route(&self) -> Cause {
        match self.leg {
            Leg::There => Cause::NoRoute,
            Leg::Back => Cause::NoReturnRoute,
        }
    }

    /// The packet in words.
    fn word(&self) -> &'static str {
        match self.leg {
            Leg::There => "the probe",
            Leg::Back => "the answer",
        }
    }
}

/// Why the probe of a scene was not answered.
pub fn death(scene: &Scene) -> Death {
    let victim = victim(scene);
    let last = victim.hops.last();
    let finding = find(scene, &victim);
    let finding = word::weigh(scene, &victim, finding);
    let Spot { point, machine, after, before } = finding.spot.unwrap_or_else(|| spot(scene, &victim, last));
    let mut fix = finding.fix;
    if finding.cause == Cause::Mtu && !fix.is_empty() {
        // What the sender has learned of the way it remembers for ten minutes (`net.ipv4.route.mtu_expires`).
        fix.push(format!("{} route flush cache", super::fix::ip(scene.source, scene.question.to)));
    }
    let mut evidence = finding.evidence;
    evidence.extend(scene.drop_facts(&machine));
    evidence.extend(heard(scene));
    evidence.extend(scene.counter_facts(&machine));
    let mut seen = std::collections::HashSet::new();
    evidence.retain(|fact| seen.insert(fact.clone()));
    let death = Death {
        leg: finding.leg.unwrap_or(victim.leg),
        point,
        machine,
        after,
        before,
        cause: finding.cause,
        why: finding.why,
        evidence,
        fix,
        by_repair: false,
    };
    told(scene, death)
}

/// Why an answer is none that counts: it came from a machine that was not meant.
pub fn answered_by_another(scene: &Scene) -> Option<Death> {
    let finding = believed::twice(scene, scene.question.to, scene.destination).or_else(|| arrival::taken_by(scene))?;
    let Spot { machine, after, .. } = arrival::spot(scene, Point::Unanswered);
    let why = format!("{machine} answered: {}", finding.why);
    let (cause, evidence, fix) = (finding.cause, finding.evidence, finding.fix);
    let (leg, point, before) = (Leg::There, Point::Underway, None);
    let by_repair = false;
    Some(told(scene, Death { leg, point, machine, after, before, cause, why, evidence, fix, by_repair }))
}

/// The last word on a death: whether it is meant to be, and whether `netlab repair` would do what mends it.
fn told(scene: &Scene, death: Death) -> Death {
    let death = apart::tell(scene, death);
    let by_repair = death.fix.iter().all(|command| scene.repair_does(command));
    Death { by_repair, ..death }
}

/// What did no harm this time, and may the next.
pub fn oddities(scene: &Scene) -> Vec<String> {
    let twice = believed::twice(scene, scene.question.to, scene.destination).map(|finding| finding.why);
    let answer = scene.back.last().and_then(|hop| hop.sighting.frame.packet());
    let other = answer.filter(|packet| packet.source != scene.question.to).map(|packet| {
        format!("the answer came from {}, and not from {}, which was asked", packet.source, scene.question.to)
    });
    twice.into_iter().chain(other).collect()
}

/// The packet that is missing.
fn victim<'a>(scene: &Scene<'a>) -> Victim<'a> {
    let answered = !scene.back.is_empty() || scene.acts.iter().any(|act| act.leg == Leg::Back);
    let seen = |hops: &[Hop]| hops.last().and_then(|hop| hop.sighting.frame.packet()).cloned();
    match answered {
        false => {
            let packet = seen(scene.there).unwrap_or_else(|| scene.unsent_packet());
            Victim { leg: Leg::There, hops: scene.there, packet }
        }
        true => {
            let packet = seen(scene.back).unwrap_or_else(|| {
                let there = seen(scene.there).unwrap_or_else(|| scene.unsent_packet());
                Packet { source: there.destination, destination: there.source, ttl: 64, ..there }
            });
            Victim { leg: Leg::Back, hops: scene.back, packet }
        }
    }
}

/// Where it was seen last.
fn spot(scene: &Scene, victim: &Victim, last: Option<&Hop>) -> Spot {
    match last {
        Some(hop) => Spot {
            point: Point::Underway,
            machine: hop.sighting.machine.clone(),
            after: Some(hop.sighting.interface.clone()),
            before: None,
        },
        None if victim.leg == Leg::There => {
            Spot { point: Point::NeverSent, machine: scene.source.clone(), after: None, before: None }
        }
        // The answer was made, and never left.
        None => arrival::spot(scene, Point::Underway),
    }
}

/// The search.
fn find(scene: &Scene, victim: &Victim) -> Finding {
    // What the kernel could not hand over to the other end of a pipe was sent all the same.
    if let Fate::Unsent(errno) = scene.fate
        && scene.there.is_empty()
    {
        return unsent::why(scene, victim, *errno);
    }
    if let Some(finding) = firewall::seen(scene, victim) {
        return finding;
    }
    if let Fate::Failed(Heard::Refused { .. }) = scene.fate {
        return arrival::refused(scene);
    }
    let Some(hop) = victim.hops.last() else {
        let machine = match victim.leg {
            Leg::There => scene.source.clone(),
            Leg::Back => arrival::spot(scene, Point::Underway).machine,
        };
        return output::why(scene, victim, &machine, None);
    };
    let sighting = &hop.sighting;
    let machine = &sighting.machine;
    let link = scene.link(machine, &sighting.interface);
    let is_port = link.is_some_and(|link| link.master.is_some());
    let is_bridge = link.is_some_and(|link| link.kind == "bridge");
    match sighting.direction {
        Direction::Out if link.is_some_and(|link| link.vxlan.is_some()) => overlay::not_sent(scene, victim, hop),
        Direction::Out if is_bridge || link.is_some_and(|link| link.kind == "veth") => {
            layer2::why(scene, victim, sighting)
        }
        Direction::Out => {
            unknown(scene, victim, machine, format!("{} went out of {}", victim.word(), sighting.interface))
        }
        Direction::In if is_port || sighting.for_another => layer2::why(scene, victim, sighting),
        Direction::In if !sighting.frame.outer.is_empty() => overlay::not_received(scene, victim, hop),
        Direction::In => input::why(scene, victim, hop),
    }
}

/// Nothing that netlab knows of explains it: what was seen is told, and no guess is made.
fn unknown(scene: &Scene, victim: &Victim, machine: &MachineName, seen: impl Into<String>) -> Finding {
    let passage = Passage::new(scene.acts, machine, victim.leg, false);
    let hooks: Vec<String> = super::hooks::Hook::ALL
        .into_iter()
        .filter(|hook| passage.reached(*hook, false))
        .map(|hook| match passage.reached(hook, true) {
            true => hook.word().to_owned(),
            false => format!("{} (entered, not left)", hook.word()),
        })
        .collect();
    let hooks =
        (!hooks.is_empty()).then(|| Fact::observed("hook", format!("in {machine} it passed {}", hooks.join(", "))));
    Finding::new(
        Cause::Unknown,
        format!("{}, and nothing that netlab knows of says why it was not seen again", seen.into()),
    )
    .facts(hooks)
}

/// What the sender was told.
fn heard(scene: &Scene) -> Option<Fact> {
    match scene.fate {
        Fate::Unsent(errno) => {
            Some(Fact::observed("error", format!("the kernel refused to send it: {} ({errno:?})", errno.desc())))
        }
        Fate::Failed(Heard::Error { errno, icmp, from, mtu, .. }) => {
            let told = format!("{} ({errno:?})", errno.desc());
            let text = match (icmp, from) {
                (Some(icmp), Some(from)) => {
                    let ipv6 = from.is_ipv6();
                    let name = scene.names.address(*from).map_or_else(String::new, |name| format!(" ({name})"));
                    let (protocol, (kind, code)) = (if ipv6 { "ICMPv6" } else { "ICMP" }, *icmp);
                    let words = in_words(ipv6, *icmp, *mtu);
                    format!(
                        "{protocol} {words} (type {kind}, code {code}) from {from}{name}; the program is told: {told}"
                    )
                }
                _ => format!("the kernel told the sender: {told}"),
            };
            Some(Fact::observed("error", text))
        }
        Fate::Failed(Heard::Refused { .. }) => Some(Fact::observed("error", "a TCP RST came back: connection refused")),
        Fate::Failed(Heard::Answer { .. }) | Fate::Answered | Fate::Silence => None,
    }
}
