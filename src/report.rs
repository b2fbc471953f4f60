//! Values in, text out: tables for people and documents for programs.
//!
//! ```text
//! Plan ─plan::text→ chapters of numbered steps        ─plan::document→ {lab, steps: […]}
//! Namespaces ─routes::text→ tables side by side       ─status::document→ {lab, cursor, machines: […]}
//! ```
//!
//! The documents are stable: a field may be added, none is renamed or taken away.

pub mod capacity;
pub mod change;
pub mod check;
pub mod diff;
pub mod exercise;
pub mod explain;
pub mod fault;
pub mod findings;
pub mod graph;
pub mod learn;
pub mod leases;
pub mod list;
mod mermaid;
pub mod moved;
pub mod plan;
pub mod routes;
pub mod script;
pub mod show;
pub mod status;
pub mod tint;
pub mod trace;
pub mod view;
pub mod worksheet;

use comfy_table::{ContentArrangement, Table, presets};

/// A table without borders, for this many columns of terminal.
fn table<'a>(columns: usize, header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX))
        .set_header(header.into_iter().collect::<Vec<_>>());
    table
}

/// The table as text, without the blanks at the ends of its lines.
fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Text that may be coloured.
#[derive(Debug, Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading.
    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Text with its names and addresses in the colours of their kinds.
    fn tinted(self, words: &tint::Words, text: &str) -> String {
        words.pieces(text).map(|(tint, piece)| tint.map_or(piece.to_owned(), |t| self.with(t.code(), piece))).collect()
    }

    /// Something that can be typed.
    fn command(self, text: &str) -> String {
        self.with("36", text)
    }
}
