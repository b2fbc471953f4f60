//! A lab as a picture.
//!
//! ```text
//! Graph ─┬─ terminal    boxes and lines, for a terminal of so many columns
//!        ├─ mermaid     for pages that draw it: GitHub, GitLab, many editors
//!        ├─ dot         for Graphviz
//!        ├─ document    for programs
//!        └─ layout ─┬─ svg    a picture in one file, without scripts or fonts of its own
//!                   └─ html   the same to walk around in, offline
//! ```

pub mod document;
mod dot;
mod html;
pub mod layout;
mod mermaid;
mod palette;
mod standing;
mod svg;
mod terminal;

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

pub use document::document;
pub use dot::dot;
pub use html::html;
pub use layout::{Column, Ending, Key, Note, Notes, Station, Way};
pub use mermaid::mermaid;
pub use palette::Theme;
pub use svg::svg;
pub use terminal::terminal;

use crate::graph::Graph;

/// How many differences are told below a picture.
const TOLD: usize = 12;

/// What differs from the plan, as notes below a picture.
pub fn drift(graph: &Graph) -> Notes {
    let Some(marks) = graph.drift.as_ref().filter(|marks| !marks.is_empty()) else { return Notes::default() };
    let mut notes: Vec<Note> = marks
        .iter()
        .take(TOLD)
        .map(|mark| Note {
            key: Key::Number(mark.number, mark.sort.word().into()),
            text: format!("{} in {}: {}", mark.sort.word(), mark.machine, mark.what),
            class: String::new(),
        })
        .collect();
    if marks.len() > TOLD {
        let text = format!("… and {} more: `netlab diff` lists them", marks.len() - TOLD);
        notes.push(Note { key: Key::None, text, class: "muted".into() });
    }
    Notes { columns: vec![Column { heading: None, notes }], ..Notes::default() }
}
