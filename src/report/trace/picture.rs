//! A journey on the picture of its lab.
//!
//! ```text
//! Outcome ─▶ ways      there, and back: the interfaces that were crossed, a number for each machine, a cross where it ended
//!         └▶ notes     below the picture: ① pod-a: eth0, 10.244.1.2 → 10.244.2.2 …     ✗ lost in node-1, after cni0
//! ```
//!
//! Of a large lab only the machines on the way are drawn.

use std::collections::BTreeSet;

use super::command::fix;
use super::death::place;
use super::headers::{rewrites, whole};
use super::headline::{between, question, result};
use super::passages::{Passage, circles, on, passages};
use crate::graph::Graph;
use crate::names::{LabName, MachineName};
use crate::network::Peer;
use crate::report::graph::{Column, Ending, Key, Note, Notes, Station, Way};
use crate::trace::{Death, Leg, Outcome};

/// From how many machines on only those on the way are drawn.
const MANY: usize = 30;

/// A journey that is ready to be drawn.
#[derive(Debug)]
pub struct Journey {
    /// The machines that it is drawn on.
    pub graph: Graph,
    /// The ways there and back.
    pub ways: Vec<Way>,
    /// What is said below.
    pub notes: Notes,
}

/// The journey on a lab. `lab` is its name where commands have to say it.
pub fn picture(outcome: &Outcome, graph: Graph, lab: Option<&LabName>) -> Journey {
    let graph = if graph.machines.len() > MANY { graph.only(&concerned(outcome)) } else { graph };
    let mut count = 0;
    let legs = [(Leg::There, "there", &outcome.there), (Leg::Back, "back", &outcome.back)];
    let mut ways = Vec::new();
    let mut columns = Vec::new();
    for (leg, class, hops) in legs {
        let passages = passages(hops);
        let death = on(leg, outcome.lost.as_ref());
        if passages.is_empty() && death.is_none() {
            continue;
        }
        let (way, notes) = one(&passages, death, class, &mut count);
        ways.push(way);
        let heading = if leg == Leg::There { "There" } else { "Back" };
        columns.push(Column { heading: Some((heading.into(), class.into())), notes });
    }
    columns.extend(outcome.lost.as_ref().map(|death| lost(death, lab)));
    let notes: Vec<Note> =
        outcome.notes.iter().map(|text| Note { key: Key::None, text: text.clone(), class: "muted".into() }).collect();
    if !notes.is_empty() {
        columns.push(Column { heading: Some(("Notes".into(), String::new())), notes });
    }
    let title = Some(between(&outcome.asked));
    let left_out = match graph.left_out {
        0 => String::new(),
        1 => "; one machine that is not on the way is not drawn".into(),
        n => format!("; {n} machines that are not on the way are not drawn"),
    };
    let subtitle = Some(format!("{}: {}{left_out}", question(&outcome.asked), result(outcome)));
    Journey { graph, ways, notes: Notes { title, subtitle, columns } }
}

/// The machines that a journey has to do with.
fn concerned(outcome: &Outcome) -> BTreeSet<MachineName> {
    let hops = outcome.there.iter().chain(&outcome.back).map(|hop| &hop.sighting.machine);
    let asked = [Some(&outcome.asked.source), outcome.asked.destination.as_ref()].into_iter().flatten();
    let lost = outcome
        .lost
        .iter()
        .flat_map(|death| std::iter::once(&death.machine).chain(death.before.as_ref().map(|(machine, _)| machine)));
    hops.chain(asked).chain(lost).cloned().collect()
}

/// A way, and what is said of its machines.
fn one(passages: &[Passage<'_>], death: Option<&Death>, class: &str, count: &mut usize) -> (Way, Vec<Note>) {
    let (mut places, mut stations, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for circle in circles(passages) {
        for passage in passages.iter().skip(circle.at).take(circle.length) {
            *count += 1;
            let title = title(passage);
            stations.push(Station { number: *count, place: places.len(), title });
            let key = Key::Number(*count, class.into());
            notes.push(Note { key, text: told(passage), class: String::new() });
            places.extend(
                passage
                    .hops
                    .iter()
                    .map(|hop| Peer { machine: hop.sighting.machine.clone(), link: hop.sighting.interface.clone() }),
            );
        }
        if circle.times > 1 {
            let text = format!("… and the same way {} times more", circle.times - 1);
            notes.push(Note { key: Key::None, text, class: String::new() });
        }
    }
    let lost = death.map(|death| Ending {
        machine: death.machine.clone(),
        before: death.before.as_ref().map(|(machine, link)| Peer { machine: machine.clone(), link: link.clone() }),
    });
    (Way { class: class.into(), places, stations, lost }, notes)
}

/// `node-1: veth-pod-a, cni0, eth0; source 10.244.1.2 → 192.168.1.11, ttl 64 → 63`
fn told(passage: &Passage<'_>) -> String {
    let interfaces: Vec<&str> = passage.interfaces().map(|(name, _)| name).collect();
    let mut text = format!("{}: {}", passage.machine, interfaces.join(", "));
    let changes: Vec<String> = passage.hops.iter().flat_map(rewrites).collect();
    if !changes.is_empty() {
        text.push_str(&format!("; {}", changes.join(", ")));
    }
    text
}

/// The headers at each interface.
fn title(passage: &Passage<'_>) -> String {
    let mut lines = vec![passage.machine.to_string()];
    for hop in passage.hops {
        lines.push(format!("{}: {}", hop.sighting.interface, whole(&hop.sighting.frame).join(" · ")));
    }
    lines.join("\n")
}

/// Where and why a packet was lost, and what mends it.
fn lost(death: &Death, lab: Option<&LabName>) -> Column {
    let note = |key: Key, text: String, class: &str| Note { key, text, class: class.into() };
    let mut notes = vec![
        note(Key::Cross, place(death), "bad"),
        note(Key::None, format!("{}: {}", death.cause.slug(), death.cause.meaning()), ""),
        note(Key::None, death.why.clone(), ""),
    ];
    notes.extend(fix(death, lab).into_iter().map(|command| note(Key::None, format!("fix: {command}"), "muted")));
    Column { heading: Some(("Lost".into(), "bad".into())), notes }
}

#[cfg(test)]
mod tests;
