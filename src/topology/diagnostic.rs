//! One mistake in the file, and the list of all of them.
//!
//! ```text
//! error: 10.244.1.2 is given twice                     title
//!   --> topology.yaml:13:31                            span
//!    |
//! 12 |       pod-a: { addresses: [10.244.1.2/24] }
//!    |                            ------------- pod-a has it already        also
//! 13 |       pod-b: { addresses: [10.244.1.2/24] }
//!    |                            ^^^^^^^^^^^^^ the second time             label
//!    |
//!    = help: leave `addresses` out: the next free one is taken             help
//! ```

use std::collections::HashSet;

use super::span::Span;

/// How many mistakes are kept. Whoever has more has one mistake that was copied, and is told how many there are.
const KEPT: usize = 100;

/// One mistake: what was found, where, what was expected, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub title: String,
    /// Where; nothing if the mistake is not in the text (the file is missing).
    pub span: Option<Span>,
    /// What to write beside the carets.
    pub label: String,
    /// Another place that belongs to the mistake, and what to write beside it.
    pub also: Option<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at `span`.
    pub fn new(span: Span, title: impl Into<String>) -> Self {
        Diagnostic { span: Some(span), ..Diagnostic::nowhere(title) }
    }

    /// A mistake that has no place in the text.
    pub fn nowhere(title: impl Into<String>) -> Self {
        Diagnostic { title: title.into(), span: None, label: String::new(), also: None, help: None }
    }

    /// What is wrong, without the text that it is in.
    pub fn in_words(&self) -> String {
        let notes = [&self.label].into_iter().chain(self.also.as_ref().map(|(_, note)| note));
        let notes: Vec<&str> = notes.map(String::as_str).filter(|note| !note.is_empty()).collect();
        if notes.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, notes.join("; ")) }
    }

    /// Writes `label` beside the carets.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Shows a second place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also = Some((span, label.into()));
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    count: usize,
    /// Pairs of places that clash: one complaint about each pair is enough.
    clashes: HashSet<(Span, Span)>,
}

impl Diagnostics {
    /// Adds a mistake.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if let (Some(span), Some((other, _))) = (diagnostic.span, &diagnostic.also)
            && !self.clashes.insert((span, *other))
        {
            return;
        }
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(diagnostic);
        }
    }

    /// Adds a mistake, if there is one.
    pub fn extend(&mut self, diagnostic: Option<Diagnostic>) {
        if let Some(diagnostic) = diagnostic {
            self.push(diagnostic);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Those that are kept, in the order of the file, and how many more there were.
    pub fn into_sorted(mut self) -> (Vec<Diagnostic>, usize) {
        self.kept.sort_by_key(|diagnostic| diagnostic.span);
        let more = self.count - self.kept.len();
        (self.kept, more)
    }
}

/// A piece of the file as it can stand in a message: in backquotes, short, and harmless on a terminal.
///
/// ```
/// # use netlab::topology::diagnostic::quoted;
/// assert_eq!(quoted("eth0"), "`eth0`");
/// assert_eq!(quoted("\u{1b}[31m"), "`\\u{1b}[31m`");
/// ```
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    // escape_debug also escapes quotes, which are harmless between backquotes.
    format!("`{}`", shown.replace("\\'", "'").replace("\\\"", "\""))
}
