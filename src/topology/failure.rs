//! Everything that is wrong with a file, drawn for people or listed for programs.
//!
//! ```text
//! error: 10.244.1.300/24 is not an address with its prefix length
//!   --> topology.yaml:12:28
//!    |
//! 12 |       pod-a: { addresses: [10.244.1.300/24] }
//!    |                            ^^^^^^^^^^^^^^^ expected one such as 10.244.1.2/24
//! ```

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::span::{Lines, Span};

/// Two places at most this many lines apart are drawn in one piece.
const TOGETHER: usize = 30;

/// A line longer than this many bytes is cut around the place, so that drawing stays fast.
const LONG_LINE: usize = 1_000;

/// Carets or dashes under a place, with a note beside them.
type Mark<'a> = (AnnotationKind, Span, &'a str);

const PRIMARY: AnnotationKind = AnnotationKind::Primary;
const CONTEXT: AnnotationKind = AnnotationKind::Context;

/// Why a file is no topology: all of its mistakes, with the text that they are in.
#[derive(Debug)]
pub struct Failure {
    file: String,
    text: String,
    lines: Lines,
    diagnostics: Vec<Diagnostic>,
    more: usize,
}

impl Failure {
    /// The mistakes in `text`, which came from `file`.
    pub fn new(file: &str, text: &str, diagnostics: Diagnostics) -> Self {
        let (diagnostics, more) = diagnostics.into_sorted();
        Failure { file: file.to_owned(), text: text.to_owned(), lines: Lines::new(text), diagnostics, more }
    }

    /// A single mistake.
    pub fn single(file: &str, text: &str, diagnostic: Diagnostic) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(diagnostic);
        Failure::new(file, text, diagnostics)
    }

    /// The mistakes, in the order of the file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// All mistakes as text, with the lines that they are in, and without a line break at the end.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
        let mut drawn: Vec<String> = self
            .diagnostics
            .iter()
            .map(|diagnostic| {
                // Source lines are cut at the width; labels and titles must not be, so give them what they need.
                let width = DEFAULT_TERM_WIDTH.max(diagnostic.label.chars().count() + 80);
                renderer.clone().term_width(width).render(&[self.draw(diagnostic)])
            })
            .collect();
        if self.more > 0 {
            drawn.push(renderer.render(&[Group::with_title(
                Level::ERROR.primary_title(format!("{} more mistakes are not shown", self.more)),
            )]));
        }
        drawn.join("\n\n")
    }

    /// All mistakes as a JSON array of `{file, line, column, message, label?, help?}`; `line` and `column` are absent
    /// where the mistake is not in the text.
    pub fn to_json(&self) -> serde_json::Value {
        let one = |diagnostic: &Diagnostic| {
            let mut object = serde_json::Map::new();
            object.insert("file".into(), self.file.clone().into());
            if let Some(span) = diagnostic.span {
                let place = self.lines.place(&self.text, span.start);
                object.insert("line".into(), place.line.into());
                object.insert("column".into(), place.column.into());
            }
            object.insert("message".into(), diagnostic.title.clone().into());
            if !diagnostic.label.is_empty() {
                object.insert("label".into(), diagnostic.label.clone().into());
            }
            if let Some(help) = &diagnostic.help {
                object.insert("help".into(), help.clone().into());
            }
            serde_json::Value::Object(object)
        };
        self.diagnostics.iter().map(one).collect()
    }

    fn draw<'a>(&'a self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let group = Group::with_title(Level::ERROR.primary_title(diagnostic.title.as_str()));
        let group = match (diagnostic.span, &diagnostic.also) {
            (None, _) => group.element(Origin::path(self.file.as_str())),
            (Some(span), None) => self.draw_pieces(group, &[&[(PRIMARY, span, &diagnostic.label)]]),
            (Some(span), Some((other, note))) => {
                let (primary, context) = ((PRIMARY, span, diagnostic.label.as_str()), (CONTEXT, *other, note.as_str()));
                if self.distance(span, *other) <= TOGETHER {
                    self.draw_pieces(group, &[&[primary, context]])
                } else {
                    self.draw_pieces(group, &[&[primary], &[context]])
                }
            }
        };
        match &diagnostic.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        }
    }

    /// Draws pieces of the text, each with its marks.
    fn draw_pieces<'a>(&'a self, mut group: Group<'a>, pieces: &[&[Mark<'a>]]) -> Group<'a> {
        for marks in pieces {
            let piece = self.piece(marks);
            let mut snippet = Snippet::source(self.text.get(piece.clone()).unwrap_or_default())
                .line_start(self.lines.line_of(piece.start) + 1);
            let cut = piece.start != self.lines.start(self.lines.line_of(piece.start));
            match marks.first() {
                // The column in a line that is cut is not the column in the file: name the place by hand.
                Some((_, span, _)) if cut => {
                    let place = self.lines.place(&self.text, span.start);
                    let origin = Origin::path(self.file.as_str()).line(place.line).char_column(place.column);
                    group = group.element(origin);
                }
                _ => snippet = snippet.path(self.file.as_str()),
            }
            for (kind, span, label) in *marks {
                let mark = kind.span(self.within(&piece, *span));
                snippet = snippet.annotation(if label.is_empty() { mark } else { mark.label(*label) });
            }
            group = group.element(snippet);
        }
        group
    }

    fn distance(&self, one: Span, other: Span) -> usize {
        self.lines.line_of(one.start).abs_diff(self.lines.line_of(other.start))
    }

    /// The part of the text that is drawn: whole lines, unless a line is very long.
    fn piece(&self, marks: &[Mark<'_>]) -> Range<usize> {
        let first = marks.iter().map(|(_, span, _)| span.start).min().unwrap_or_default();
        let last = marks.iter().map(|(_, span, _)| span.start).max().unwrap_or_default();
        let line = self.lines.line_of(last);
        let mut start = self.lines.start(self.lines.line_of(first));
        let mut end = self.lines.end(&self.text, line);
        if end - start > LONG_LINE * (TOGETHER + 1) || (marks.len() == 1 && end - start > LONG_LINE) {
            start = self.boundary(start.max(first.saturating_sub(LONG_LINE / 2)));
            end = self.boundary(end.min(last + LONG_LINE / 2));
        }
        start..end.max(start)
    }

    fn boundary(&self, mut at: usize) -> usize {
        at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// Where `span` is in the piece: its first line only, for a caret under ten lines points at nothing.
    fn within(&self, piece: &Range<usize>, span: Span) -> Range<usize> {
        let line_end = self.lines.end(&self.text, self.lines.line_of(span.start));
        let start = span.start.clamp(piece.start, piece.end);
        let end = self.boundary(span.end.min(line_end)).clamp(start, piece.end);
        start - piece.start..end - piece.start
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Failure {}
