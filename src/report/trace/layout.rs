//! Rows of a tree, laid out in columns.
//!
//! ```text
//! ●     eth0 →          ttl 64 → 63                                        +5.2 µs
//! │     └ left ┘        └ pieces: side by side where they fit ─┘           └ time ┘
//! mark                  MAC …
//! ```
//!
//! Everything is broken to fit. How wide it gets is decided by what there is: on a wide terminal the times stay near.

use super::paint::{END, Line};
use crate::trace::Evidence;

/// A row of the tree: one line, or more.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// How it is known.
    pub mark: Evidence,
    /// What stands left.
    pub left: Left<'a>,
    /// What is said of it.
    pub pieces: Vec<Piece>,
    /// When.
    pub time: Option<String>,
}

/// What stands left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left<'a> {
    /// A machine, in whose passage what follows is.
    Machine(&'a str),
    /// An interface by which it came in.
    In(&'a str),
    /// An interface by which it went out.
    Out(&'a str),
    /// A fact of this kind.
    Kind(&'static str),
    /// A word of the section about a death.
    Word(&'static str),
    /// The same, of a fact of this kind.
    Evidence(&'static str),
    /// Where it ends.
    End(&'static str),
    /// Instead of what comes again and again.
    Again,
}

impl Left<'_> {
    /// What is written, behind the mark.
    pub fn written(self) -> String {
        match self {
            Left::Machine(name) => format!(" {name}"),
            Left::In(name) => format!("   → {name}"),
            Left::Out(name) => format!("     {name} →"),
            Left::Kind(kind) => format!("       {kind}"),
            Left::Word(word) | Left::Evidence(word) => format!(" {word}"),
            Left::End(what) => format!("   {END} {what}"),
            Left::Again => "     …".into(),
        }
    }

    /// Whether what is said of it stands in the column that all have in common.
    fn has_pieces(self) -> bool {
        !matches!(self, Left::Machine(_) | Left::End(_))
    }
}

/// What is said, whole where that is possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The same in longer and in shorter words, longest first.
    pub choices: Vec<String>,
    /// With what it begins if that is to be seen at once.
    pub label: &'static str,
    /// Whether it begins a line.
    pub begins: bool,
}

impl Piece {
    /// Something that is said in one way. What would break the line is a blank: a rule may be written on several.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into().replace(char::is_control, " ");
        Piece { choices: vec![text], label: "", begins: false }
    }

    /// Something that changed: what, and how.
    pub fn changed(label: &'static str, how: impl IntoIterator<Item = String>) -> Self {
        let choices = how.into_iter().map(|how| format!("{label} {how}").trim_end().to_owned()).collect();
        Piece { choices, label, begins: false }
    }

    /// The same, on a line of its own.
    pub fn alone(self) -> Self {
        Piece { begins: true, ..self }
    }

    /// The longest form that fits, or the shortest.
    fn fitting(&self, width: usize) -> &str {
        let fits = |choice: &&String| chars(choice) <= width;
        self.choices.iter().find(fits).or(self.choices.last()).map_or("", String::as_str)
    }
}

/// How many columns a text takes: nothing here is wider than one per character.
pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Columns for the mark.
const MARK: usize = 1;

/// Between columns.
const GAP: usize = 2;

/// The columns that all rows of a text have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    columns: usize,
    /// Where what is said begins.
    pub middle: usize,
    /// How wide times are, with the blanks before.
    times: usize,
    /// Where times end.
    edge: usize,
}

impl Layout {
    /// What these rows need, of this many columns; what is said begins in column `least` or behind.
    pub fn of<'a>(rows: impl Iterator<Item = &'a Row<'a>> + Clone, columns: usize, least: usize) -> Self {
        let lefts = rows.clone().filter(|row| row.left.has_pieces()).map(|row| chars(&row.left.written()));
        let times = rows.clone().filter_map(|row| row.time.as_deref()).map(|time| GAP + chars(time)).max().unwrap_or(0);
        let middle = least.max(MARK + lefts.max().unwrap_or(0) + GAP);
        let whole = Layout { columns, middle, times, edge: columns };
        let width = |row: &Row<'_>| {
            let pieces = whole.broken(row).iter().map(|line| middle + line.width()).max().unwrap_or(0);
            pieces + row.time.as_ref().map_or(0, |_| times)
        };
        Layout { edge: rows.map(width).max().unwrap_or(0).min(columns), ..whole }
    }

    /// A row as lines.
    pub fn lines(self, row: &Row<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut left = row.left.written();
        if !row.left.has_pieces() {
            let indent = &left[..left.len() - left.trim_start().len()];
            let parts = fold(left.trim_start(), self.columns.saturating_sub(MARK + chars(indent)));
            return parts.iter().map(|part| Line::of(row, format!("{indent}{part}"))).collect();
        }
        let mut broken = self.broken(row).into_iter();
        let mut next = Some(broken.next().unwrap_or_default());
        while let Some(said) = next {
            let mut line = Line::of(row, format!("{left:<width$}", width = self.middle - MARK));
            let used = self.middle + said.width();
            line.said = said.0;
            if let (Some(time), true) = (&row.time, lines.is_empty()) {
                let blanks = self.edge.saturating_sub(used + chars(time));
                line.time = format!("{}{time}", " ".repeat(blanks));
            }
            lines.push(line);
            left.clear();
            next = broken.next();
        }
        lines
    }

    /// What is said, in lines: the first one leaves room for the time.
    fn broken(self, row: &Row<'_>) -> Vec<Said> {
        let whole = self.columns.saturating_sub(self.middle).max(1);
        let first = whole.saturating_sub(row.time.as_ref().map_or(0, |_| self.times)).max(1);
        let mut lines: Vec<Said> = vec![Said::default()];
        for piece in &row.pieces {
            let text = piece.fitting(first);
            let room = if lines.len() == 1 { first } else { whole };
            match lines.last_mut() {
                Some(line) if line.0.is_empty() && chars(text) <= room => line.push(text, piece.label),
                Some(line) if !piece.begins && line.width() + GAP + chars(text) <= room && !line.0.is_empty() => {
                    line.push(text, piece.label);
                }
                _ => {
                    let empty = lines.last().is_some_and(|line| line.0.is_empty());
                    let mut label = piece.label;
                    for part in fold(text, if empty { first } else { whole }) {
                        match lines.last_mut() {
                            Some(line) if line.0.is_empty() => line.push(&part, label),
                            _ => lines.push(Said(vec![(part, label)])),
                        }
                        label = "";
                    }
                }
            }
        }
        lines
    }
}

/// What is said on one line, with labels.
#[derive(Debug, Clone, Default)]
struct Said(Vec<(String, &'static str)>);

impl Said {
    fn push(&mut self, text: &str, label: &'static str) {
        self.0.push((text.to_owned(), label));
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| chars(text)).sum::<usize>() + GAP * self.0.len().saturating_sub(1)
    }
}

/// Breaks a text between words, and within a word that is wider than all there is.
pub(super) fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in crate::prose::wrap(text, width.max(1)) {
        let mut rest = line.as_str();
        while let Some((cut, _)) = rest.char_indices().nth(width.max(1)) {
            let (part, after) = rest.split_at(cut);
            lines.push(part.to_owned());
            rest = after;
        }
        lines.push(rest.to_owned());
    }
    lines
}
