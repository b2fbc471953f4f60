//! From the YAML parser's places, which count characters, to ours, which count bytes; and its errors in our words.
//!
//! ```text
//! error: this is not YAML: tab cannot be used as indentation
//!  --> topology.yaml:3:1
//!   |
//! 3 |     node-1: {}
//!   | ^ here
//!   |
//!   = help: YAML indents with spaces: replace each tab
//! ```

use saphyr_parser::ScanError;

use super::diagnostic::Diagnostic;
use super::span::Span;

/// Where each character of a text begins, in bytes.
pub struct Places {
    len: usize,
    /// Empty if all characters are ASCII, and so take one byte each.
    starts: Vec<usize>,
}

impl Places {
    /// The characters of `text`.
    pub fn new(text: &str) -> Self {
        let starts = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(start, _)| start).collect() };
        Places { len: text.len(), starts }
    }

    /// The byte at which a character begins.
    fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            character.min(self.len)
        } else {
            self.starts.get(character).copied().unwrap_or(self.len)
        }
    }

    /// The parser's span in bytes.
    pub fn span(&self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span { start, end: self.byte(span.end.index()).max(start) }
    }

    /// Where the parser gave up.
    pub fn mark(&self, error: &ScanError) -> Span {
        let start = self.byte(error.marker().index());
        Span { start, end: start }
    }

    /// The parser's error as a diagnostic.
    pub fn explain(&self, text: &str, error: &ScanError) -> Diagnostic {
        let mut start = self.mark(error).start;
        let info = error.info();
        let about_tabs = info.contains("tab") || text.get(start..).is_some_and(|rest| rest.starts_with('\t'));
        if about_tabs {
            // The parser stands behind the tab that it complains about.
            let before = text.get(..start).unwrap_or_default();
            let line = before.rfind('\n').map_or(0, |at| at + 1);
            start = before.rfind('\t').filter(|tab| *tab >= line).unwrap_or(start);
        }
        let end = text.get(start..).and_then(|rest| rest.chars().next()).map_or(start, |c| start + c.len_utf8());
        let diagnostic = Diagnostic::new(Span { start, end }, format!("this is not YAML: {info}")).label("here");
        if about_tabs {
            return diagnostic.help("YAML indents with spaces: replace each tab");
        }
        let help = match info {
            "while parsing node, found unknown anchor" => "an alias `*name` needs an anchor `&name` before it",
            _ if info.contains("unexpected end of stream") || info.contains("unexpected eof") => {
                "a quote or bracket that was opened is never closed"
            }
            _ if info.contains("flow") => "look for a bracket, brace or comma that is missing on this line or before",
            _ if info.contains("mapping values are not allowed") || info.contains("simple key") => {
                "a key is followed by `: ` and keys of one mapping begin in the same column"
            }
            _ if info.contains("indentation") || info.contains("did not find expected key") => {
                "keys of one mapping begin in the same column"
            }
            _ => "look at this line and the one before for a missing quote, bracket, colon or space",
        };
        diagnostic.help(help)
    }
}
