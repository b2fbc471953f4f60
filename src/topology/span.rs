//! Where in the file a thing stands.
//!
//! ```text
//! lab: three-nodes
//!      ^^^^^^^^^^^ Span { start: 5, end: 16 }, line 1, column 6
//! ```

use std::ops::Deref;

/// A stretch of the file in bytes: from `start` up to, but not with, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The very beginning of the file.
    pub const START: Span = Span { start: 0, end: 0 };
}

/// A value together with the place in the file that it comes from.
///
/// A derived value has the place of the thing that it was derived for: a pod's address has the place of the pod's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, which stands at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A line and a column, both counted from one; columns are characters, as editors count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Finds lines in a text.
///
/// ```
/// # use netlab::topology::span::{Lines, Place};
/// let lines = Lines::new("lab: a\nnodes: {}\n");
/// assert_eq!(lines.place("lab: a\nnodes: {}\n", 14), Place { line: 2, column: 8 });
/// ```
#[derive(Debug, Clone)]
pub struct Lines {
    /// The byte at which each line begins.
    starts: Vec<usize>,
}

impl Lines {
    /// Looks once through `text` for its lines.
    pub fn new(text: &str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line and column of byte `at`.
    pub fn place(&self, text: &str, at: usize) -> Place {
        let line = self.line_of(at);
        let before = text.get(self.start(line)..at).unwrap_or_default();
        Place { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The index (from zero) of the line in which byte `at` stands.
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The byte at which the line of this index begins.
    pub fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or_default()
    }

    /// The byte after the line of this index, its line break left out.
    pub fn end(&self, text: &str, line: usize) -> usize {
        let end = self.starts.get(line + 1).map_or(text.len(), |next| next - 1);
        if end > self.start(line) && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end }
    }
}
