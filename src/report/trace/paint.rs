//! A trace's colours: machines, links and addresses as everywhere, and what changed.
//!
//! ```text
//! ●     eth0 →          source 10.244.1.2 → 192.168.1.11
//!       link            changed  address     address
//! ```

use super::layout::{Left, Row};
use crate::report::Paint;
use crate::report::tint::{Tint, Words};
use crate::trace::{Evidence, Outcome};

/// What has become of something else, as in `report::diff`.
const CHANGED: &str = "1;33";

/// Where it ends.
const LOST: &str = "1;31";

/// The sign of where it ends.
pub(super) const END: &str = "✗";

/// That all is well.
const WELL: &str = "1;32";

/// A line of the tree, before it is coloured.
#[derive(Debug)]
pub(super) struct Line {
    mark: Evidence,
    left: String,
    color: Option<String>,
    /// What is said, with what is to be seen at once.
    pub said: Vec<(String, &'static str)>,
    /// The time, with the blanks before.
    pub time: String,
}

impl Line {
    /// A line of this row, of which this stands left.
    pub fn of(row: &Row<'_>, left: String) -> Self {
        let color = match row.left {
            Left::Machine(_) => Some(format!("1;{}", Tint::Machine.code())),
            Left::In(_) | Left::Out(_) => Some(Tint::Link.code().into()),
            Left::Kind(kind) | Left::Evidence(kind) => tint(kind).map(|tint| tint.code().into()),
            Left::Word(_) => Some("1".into()),
            Left::End(_) => Some(LOST.into()),
            Left::Again => None,
        };
        Line { mark: row.mark, left, color, said: Vec::new(), time: String::new() }
    }
}

/// The colour of a fact's kind.
fn tint(kind: &str) -> Option<Tint> {
    match kind {
        "route" => Some(Tint::Route),
        "neighbour" | "arp" | "fdb" | "address" => Some(Tint::Address),
        "rule" | "hook" => Some(Tint::Rule),
        "link" => Some(Tint::Link),
        "sysctl" => Some(Tint::Setting),
        _ => None,
    }
}

/// The mark of what is known in this way.
pub(super) fn mark(evidence: Evidence) -> char {
    match evidence {
        Evidence::Observed => '●',
        Evidence::Explained => '○',
    }
}

/// How a trace is painted.
pub(super) struct Brush {
    paint: Paint,
    words: Words,
}

impl Brush {
    /// For this outcome, with the names in it.
    pub fn of(outcome: &Outcome, color: bool) -> Self {
        let Outcome { there, back, lost, frames, asked, .. } = outcome;
        let seen = there.iter().chain(back).map(|hop| &hop.sighting).chain(frames);
        let seen = seen.map(|sighting| (&sighting.machine, Some(&sighting.interface)));
        let dead = lost.iter().flat_map(|death| {
            let before = death.before.iter().map(|(machine, link)| (machine, Some(link)));
            before.chain([(&death.machine, death.after.as_ref())])
        });
        let facts = there.iter().chain(back).flat_map(|hop| &hop.facts);
        let facts = facts.chain(lost.iter().flat_map(|death| &death.evidence));
        let elsewhere = facts.filter_map(|fact| fact.machine.as_ref()).map(|machine| (machine, None));
        let asked = [Some(&asked.source), asked.destination.as_ref()].into_iter().flatten().map(|m| (m, None));
        let mut names = Vec::new();
        for (machine, link) in seen.chain(dead).chain(elsewhere).chain(asked) {
            names.extend(link.map(|link| (link.clone(), Tint::Link)));
            names.push((machine.to_string(), Tint::Machine));
        }
        Brush { paint: Paint(color), words: Words::named(names) }
    }

    /// A line of the tree.
    pub fn line(&self, line: &Line) -> String {
        let left = match &line.color {
            Some(color) => {
                let (before, word) = line.left.split_at(line.left.len() - line.left.trim_start().len());
                let (word, after) = word.split_at(word.trim_end().len());
                format!("{before}{}{after}", self.paint.with(color, word))
            }
            None => line.left.clone(),
        };
        let said: Vec<String> = line
            .said
            .iter()
            .map(|(text, label)| match text.strip_prefix(label) {
                Some(rest) if !label.is_empty() => self.paint.with(CHANGED, label) + &self.text(rest),
                _ => self.text(text),
            })
            .collect();
        let line = format!("{}{left}{}{}", mark(line.mark), said.join("  "), line.time);
        line.trim_end().to_owned() + "\n"
    }

    /// A text with names and addresses in it, and the sign of where it ends.
    pub fn text(&self, text: &str) -> String {
        let parts: Vec<String> = text.split(END).map(|part| self.paint.tinted(&self.words, part)).collect();
        parts.join(&self.paint.with(LOST, END))
    }

    /// A heading.
    pub fn bold(&self, text: &str) -> String {
        self.paint.bold(text)
    }

    /// Something that can be typed.
    pub fn command(&self, text: &str) -> String {
        self.paint.command(text)
    }

    /// How it ended.
    pub fn verdict(&self, well: bool, text: &str) -> String {
        self.paint.with(if well { WELL } else { LOST }, text)
    }
}
