//! A way as passages through machines.
//!
//! ```text
//! pod-a eth0 │ node-1 veth-pod-a, cni0, eth0 │ fabric node-1-eth0, node-2-eth0 │ …
//! ```

use super::paint::END;
use super::rounds::{Round, rounds};
use crate::kernel::capture::Direction;
use crate::names::MachineName;
use crate::trace::{Death, Hop, Leg};

/// Hops in one machine, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage<'a> {
    /// The machine.
    pub machine: &'a MachineName,
    /// Its hops; there is at least one.
    pub hops: &'a [Hop],
}

impl<'a> Passage<'a> {
    /// Which interfaces it crosses.
    pub fn interfaces(self) -> impl Iterator<Item = (&'a str, Direction)> {
        self.hops.iter().map(|hop| (hop.sighting.interface.as_str(), hop.sighting.direction))
    }
}

/// The passages of a way.
pub(super) fn passages(hops: &[Hop]) -> Vec<Passage<'_>> {
    let same = |a: &Hop, b: &Hop| a.sighting.machine == b.sighting.machine;
    let passages = hops.chunk_by(same).filter_map(|hops| Some((&hops.first()?.sighting.machine, hops)));
    passages.map(|(machine, hops)| Passage { machine, hops }).collect()
}

/// Where passages come again and again.
pub(super) fn circles(passages: &[Passage<'_>]) -> Vec<Round> {
    let keys: Vec<(&MachineName, Vec<(&str, Direction)>)> =
        passages.iter().map(|passage| (passage.machine, passage.interfaces().collect())).collect();
    rounds(&keys)
}

/// The machine in which a packet died on this way without having been seen there.
pub(super) fn unseen<'a>(passages: &[Passage<'_>], death: Option<&'a Death>) -> Option<&'a MachineName> {
    let death = death?;
    (passages.last().map(|last| last.machine) != Some(&death.machine)).then_some(&death.machine)
}

/// The death, if it was on this way.
pub(super) fn on(leg: Leg, death: Option<&Death>) -> Option<&Death> {
    death.filter(|death| death.leg == leg)
}

/// The machines in a line: `pod-a → node-1 → (fabric → node-2) × 31 ✗`.
pub(super) fn line(passages: &[Passage<'_>], death: Option<&Death>) -> String {
    let names = |from: usize, count: usize| {
        let some = passages.iter().skip(from).take(count);
        some.map(|passage| passage.machine.as_str()).collect::<Vec<_>>().join(" → ")
    };
    let mut parts: Vec<String> = Vec::new();
    for round in circles(passages) {
        let once = names(round.at, round.length);
        parts.push(if round.times > 1 { format!("({once}) × {}", round.times) } else { once });
    }
    parts.extend(unseen(passages, death).map(ToString::to_string));
    parts.join(" → ") + &death.map(|_| format!(" {END}")).unwrap_or_default()
}
