//! What is not as it was a moment ago: for whoever watches.
//!
//! ```text
//! delivered → lost in node-1 after cni0: no-route
//! there: pod-a → node-1 → fabric → node-2 → pod-c, now pod-a → node-1 ✗
//! there: in node-1 at eth0 source 10.244.1.2 → 192.168.1.11, which was not so before
//! ```
//!
//! How long it takes and which ports a program was given change all the time and are not told.

use super::headers::{became, encapsulation};
use super::headline::verdict;
use super::passages::{line, on, passages};
use crate::kernel::capture::Direction;
use crate::trace::{Hop, Leg, Outcome};

/// What changed, a line each; nothing if nothing did.
pub fn changes(before: &Outcome, now: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    let (was, is) = (verdict(before), verdict(now));
    if was != is {
        lines.push(format!("{was} → {is}"));
    }
    for (word, leg) in [("there", Leg::There), ("back", Leg::Back)] {
        let (was, is) = (way(before, leg), way(now, leg));
        lines.extend(detour((before, now), (was, is), leg).map(|text| format!("{word}: {text}")));
        let (was, is) = (translations(was), translations(is));
        let gone = was.iter().filter(|one| !is.contains(one)).map(|one| format!("{word}: no longer {one}"));
        let new = is.iter().filter(|one| !was.contains(one)).map(|one| format!("{word}: now {one}"));
        // Of a way that ended earlier it is no news that what came later is not there.
        let shorter = is_cut_off(before, now, leg);
        lines.extend(gone.filter(|_| !shorter));
        lines.extend(new.filter(|_| !is_cut_off(now, before, leg)));
    }
    lines
}

fn way(outcome: &Outcome, leg: Leg) -> &[Hop] {
    match leg {
        Leg::There => &outcome.there,
        Leg::Back => &outcome.back,
    }
}

/// Whether the way of `now` is no more than the beginning of what it was `before`.
fn is_cut_off(before: &Outcome, now: &Outcome, leg: Leg) -> bool {
    let (was, is) = (crossings(way(before, leg)), crossings(way(now, leg)));
    is.len() < was.len() && was.starts_with(&is)
}

type Crossing<'a> = (&'a str, &'a str, Direction);

fn crossings(hops: &[Hop]) -> Vec<Crossing<'_>> {
    let seen = hops.iter().map(|hop| &hop.sighting);
    seen.map(|seen| (seen.machine.as_str(), seen.interface.as_str(), seen.direction)).collect()
}

/// Where it goes another way.
fn detour((before, now): (&Outcome, &Outcome), (was, is): (&[Hop], &[Hop]), leg: Leg) -> Option<String> {
    let lines = [(before, was), (now, is)].map(|(outcome, hops)| line(&passages(hops), on(leg, outcome.lost.as_ref())));
    let [old, new] = &lines;
    if old != new {
        let named = |line: &str| if line.is_empty() { "nothing".to_owned() } else { line.to_owned() };
        return Some(format!("{}, now {}", named(old), named(new)));
    }
    let (was, is) = (crossings(was), crossings(is));
    let place = was
        .iter()
        .zip(&is)
        .position(|(was, is)| was != is)
        .or_else(|| (was.len() != is.len()).then_some(was.len().min(is.len())))?;
    let told = |crossings: &[Crossing<'_>]| match crossings.get(place) {
        Some((machine, interface, Direction::In)) => format!("into {machine} by {interface}"),
        Some((machine, interface, Direction::Out)) => format!("out of {machine} by {interface}"),
        None => "no further".to_owned(),
    };
    Some(format!("{}, now {}", told(&was), told(&is)))
}

/// Which addresses become which, where, and what is put into what.
fn translations(hops: &[Hop]) -> Vec<String> {
    let mut found = Vec::new();
    let mut before: Option<&Hop> = None;
    for hop in hops {
        let at = format!("in {} at {}", hop.sighting.machine, hop.sighting.interface);
        for one in hop.rewritten.iter().filter(|one| matches!(one.what, "source" | "destination")) {
            found.push(format!("{at} {} {}", one.what, became(one)));
        }
        let outer = |hop: &Hop| -> Vec<String> {
            let outer = hop.sighting.frame.outer.iter();
            outer.map(|outer| format!("{} to {}", encapsulation(outer), outer.packet.destination)).collect()
        };
        let was = before.map(outer).unwrap_or_default();
        found.extend(outer(hop).into_iter().filter(|one| !was.contains(one)).map(|one| format!("{at} {one}")));
        before = Some(hop);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::trace::samples::{delivered, masqueraded, no_answer_sent, refused, stranded, tunnelled};

    #[test]
    fn times_and_ports_are_no_change() {
        for outcome in [delivered(), masqueraded(), refused(), stranded()] {
            let mut later = outcome.clone();
            later.timing = later.timing.map(|timing| crate::trace::Timing { there: Duration::from_secs(1), ..timing });
            for hop in later.there.iter_mut().chain(&mut later.back) {
                hop.since = hop.since.map(|since| since * 3);
                hop.sighting.at += 1_000_000_000;
                for one in hop.rewritten.iter_mut().filter(|one| one.what == "source port") {
                    one.to = "1025".into();
                }
            }
            assert_eq!(changes(&outcome, &later), [""; 0]);
        }
    }

    #[test]
    fn a_loss_and_its_end_are_told_with_where_it_went() {
        let went = "pod-a → node-1 → fabric → node-2 → pod-c";
        let error = "back: pod-c → node-2 → fabric → node-1 → pod-a, now node-1 → pod-a";
        assert_eq!(
            changes(&delivered(), &stranded()),
            ["delivered → lost in node-1 after cni0: no-route", &format!("there: {went}, now pod-a → node-1 ✗"), error]
        );
        assert_eq!(
            changes(&stranded(), &delivered())[..2],
            ["lost in node-1 after cni0: no-route → delivered", &format!("there: pod-a → node-1 ✗, now {went}")]
        );
    }

    #[test]
    fn other_addresses_are_told() {
        assert_eq!(
            changes(&no_answer_sent(), &masqueraded()),
            [
                "delivered, but outside never sent an answer: no-masquerade → delivered",
                "there: now in node-1 at eth0 source 10.244.1.2 → 192.168.1.11",
                "back: outside ✗, now outside → fabric → node-1 → pod-a",
            ]
        );
        assert_eq!(
            changes(&masqueraded(), &no_answer_sent())[1],
            "there: no longer in node-1 at eth0 source 10.244.1.2 → 192.168.1.11"
        );
    }

    #[test]
    fn another_way_within_the_same_machines_is_told() {
        assert_eq!(
            changes(&delivered(), &tunnelled()),
            [
                "there: out of node-1 by eth0, now out of node-1 by flannel.1",
                "there: now in node-1 at eth0 VXLAN 1 to 192.168.1.12",
                "back: out of node-2 by eth0, now out of node-2 by flannel.1",
                "back: now in node-2 at eth0 VXLAN 1 to 192.168.1.11",
            ]
        );
    }
}
