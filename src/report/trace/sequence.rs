//! A trace as a sequence diagram in Mermaid: a column for each machine, an arrow for each crossing.
//!
//! ```text
//! sequenceDiagram
//!   participant m0 as pod-a
//!   participant m1 as node-1
//!   m0->>m1: 10.244.1.2 → 10.244.2.2 ttl 64 echo request
//!   Note over m1: lost: in node-1<br/>no-route: the machine has no route to the destination
//! ```
//!
//! Machines are numbered, and their names are labels only, for the reasons that [`crate::report::mermaid`] gives.

use super::death::place;
use super::headers::{rewrites, whole};
use super::headline::result;
use super::layout::fold;
use super::passages::{Passage, circles, on, passages, unseen};
use crate::names::MachineName;
use crate::report::mermaid::escape;
use crate::trace::{Death, Leg, Outcome};

/// How wide notes are: Mermaid makes them as wide as their longest line.
const WIDTH: usize = 60;

/// The diagram.
pub fn mermaid(outcome: &Outcome) -> String {
    let Outcome { there, back, lost, asked, .. } = outcome;
    let mut diagram = Diagram { lines: Vec::new(), machines: Vec::new() };
    // Even of a packet that was never sent it is known who should have sent it.
    diagram.number(&asked.source);
    let (there, back) = (passages(there), passages(back));
    diagram.way(&there, on(Leg::There, lost.as_ref()), "->>");
    diagram.way(&back, on(Leg::Back, lost.as_ref()), "-->>");
    if lost.is_none() && !there.is_empty() {
        let last = diagram.machines.len() - 1;
        let over = if last == 0 { "m0".into() } else { format!("m0,m{last}") };
        diagram.note(&over, [result(outcome)]);
    }
    let participants = diagram.machines.iter().enumerate();
    let participants = participants.map(|(n, name)| format!("  participant m{n} as {}\n", escape(name.as_str())));
    let lines = diagram.lines.iter().map(|line| format!("  {line}\n"));
    std::iter::once("sequenceDiagram\n".to_owned()).chain(participants).chain(lines).collect()
}

/// Lines as a label.
fn label(lines: &[String]) -> String {
    lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
}

/// A diagram that is being drawn.
struct Diagram<'a> {
    lines: Vec<String>,
    /// The machines, in the order in which they appear.
    machines: Vec<&'a MachineName>,
}

impl<'a> Diagram<'a> {
    fn number(&mut self, machine: &'a MachineName) -> usize {
        self.machines.iter().position(|known| *known == machine).unwrap_or_else(|| {
            self.machines.push(machine);
            self.machines.len() - 1
        })
    }

    fn note(&mut self, over: &str, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<String> = lines.into_iter().flat_map(|line| fold(&line, WIDTH)).collect();
        if !lines.is_empty() {
            self.lines.push(format!("Note over {over}: {}", label(&lines)));
        }
    }

    /// What crosses is what was last seen in the machine before.
    fn arrow(&mut self, passage: &Passage<'a>, arrow: &str, to: usize) {
        if let Some(hop) = passage.hops.last() {
            let (from, label) = (self.number(passage.machine), label(&whole(&hop.sighting.frame)));
            self.lines.push(format!("m{from}{arrow}m{to}: {label}"));
        }
    }

    fn way(&mut self, passages: &[Passage<'a>], death: Option<&'a Death>, arrow: &str) {
        let mut before: Option<&Passage<'a>> = None;
        for circle in circles(passages) {
            for passage in passages.iter().skip(circle.at).take(circle.length) {
                let to = self.number(passage.machine);
                if let Some(before) = before {
                    self.arrow(before, arrow, to);
                }
                self.note(&format!("m{to}"), passage.hops.iter().flat_map(rewrites));
                before = Some(passage);
            }
            if let (Some(last), true) = (passages.get(circle.at + circle.length * circle.times - 1), circle.times > 1) {
                let over = format!("m{}", self.number(last.machine));
                self.note(&over, [format!("the same way {} times more", circle.times - 1)]);
                before = Some(last);
            }
        }
        if let Some(death) = death {
            let to = self.number(&death.machine);
            if let (Some(last), Some(_)) = (passages.last(), unseen(passages, Some(death))) {
                self.arrow(last, "-x", to);
            }
            let cause = format!("{}: {}", death.cause.slug(), death.cause.meaning());
            self.note(&format!("m{to}"), [format!("lost: {}", place(death)), cause, death.why.clone()]);
        }
    }
}
