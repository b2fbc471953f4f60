//! A trace for programs.
//!
//! ```json
//! {"lab": "three-nodes", "source": "pod-a", "destination": "pod-c", "probe": {…}, "result": "lost", "sent": 1, "answered": 0,
//!  "hops": [{"leg": "there", "machine": "pod-a", "interface": "eth0", "direction": "out", "src": "10.244.1.2", …}, …],
//!  "lost": {"leg": "there", "point": "underway", "machine": "node-1", "after": "cni0", "cause": "no-route", …}, "notes": []}
//! ```

mod hop;

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::command::in_netlab;
use crate::kernel::probe::Protocol;
use crate::names::{LabName, MachineName};
use crate::trace::{Asked, Death, Fact, Leg, Outcome, Point, Timing};
use hop::HopDocument;

/// A trace for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    lab: &'a LabName,
    source: &'a MachineName,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a MachineName>,
    probe: Probe,
    /// `delivered` or `lost`.
    result: &'static str,
    sent: u32,
    answered: u32,
    hops: Vec<HopDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timing: Option<TimingDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Lost<'a>>,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    /// `icmp`, `tcp` or `udp`.
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
    to: IpAddr,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u8>,
    dont_fragment: bool,
}

#[derive(Debug, Serialize)]
struct FactDocument<'a> {
    /// `observed` or `explained`.
    evidence: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<&'a MachineName>,
    text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TimingDocument {
    round_trip_ns: u64,
    there_ns: u64,
    probes: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lost<'a> {
    leg: &'static str,
    /// `neverSent`, `underway` or `unanswered`.
    point: &'static str,
    machine: &'a MachineName,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_machine: Option<&'a MachineName>,
    cause: &'static str,
    why: &'a str,
    evidence: Vec<FactDocument<'a>>,
    /// What mends it, in one line that can be pasted anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    /// The same for `netlab shell`.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_plain: Option<String>,
    /// The same, command by command.
    commands: &'a [String],
}

/// A trace for programs. `lab` is named in the commands where it must be: when several labs run.
pub fn document<'a>(outcome: &'a Outcome, lab: Option<&LabName>) -> Document<'a> {
    let Outcome { asked, there, back, names, .. } = outcome;
    let hops = [(Leg::There, there), (Leg::Back, back)];
    let hops = hops.into_iter().flat_map(|(leg, hops)| hops.iter().map(move |hop| hop::document(leg, hop, names)));
    Document {
        lab: &asked.lab,
        source: &asked.source,
        destination: asked.destination.as_ref(),
        probe: probe(asked),
        result: if outcome.lost.is_some() { "lost" } else { "delivered" },
        sent: outcome.sent,
        answered: outcome.answered,
        hops: hops.collect(),
        timing: outcome.timing.map(timing),
        lost: outcome.lost.as_ref().map(|death| lost(death, lab)),
        notes: &outcome.notes,
    }
}

fn probe(asked: &Asked) -> Probe {
    Probe {
        protocol: match asked.protocol {
            Protocol::Icmp => "icmp",
            Protocol::Tcp(_) => "tcp",
            Protocol::Udp(_) => "udp",
        },
        port: asked.protocol.port(),
        from: asked.from,
        to: asked.to,
        size: asked.size,
        ttl: asked.ttl,
        dont_fragment: asked.dont_fragment,
    }
}

fn word(leg: Leg) -> &'static str {
    match leg {
        Leg::There => "there",
        Leg::Back => "back",
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn timing(timing: Timing) -> TimingDocument {
    let Timing { round_trip, there, probes } = timing;
    TimingDocument { round_trip_ns: nanoseconds(round_trip), there_ns: nanoseconds(there), probes }
}

fn fact(fact: &Fact) -> FactDocument<'_> {
    FactDocument { evidence: fact.evidence.word(), kind: fact.kind, machine: fact.machine.as_ref(), text: &fact.text }
}

fn lost<'a>(death: &'a Death, lab: Option<&LabName>) -> Lost<'a> {
    let joined = |commands: Vec<String>| (!commands.is_empty()).then(|| commands.join(" && "));
    Lost {
        leg: word(death.leg),
        point: match death.point {
            Point::NeverSent => "neverSent",
            Point::Underway => "underway",
            Point::Unanswered => "unanswered",
        },
        machine: &death.machine,
        after: death.after.as_deref(),
        before: death.before.as_ref().map(|(_, link)| link.as_str()),
        before_machine: death.before.as_ref().map(|(machine, _)| machine),
        cause: death.cause.slug(),
        why: &death.why,
        evidence: death.evidence.iter().map(fact).collect(),
        fix: joined(death.fix.iter().map(|command| in_netlab(command, lab)).collect()),
        fix_plain: joined(death.fix.clone()),
        commands: &death.fix,
    }
}
