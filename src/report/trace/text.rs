//! The whole of a trace, for people.

use super::death::{place, rows};
use super::headline::{between, count, question, result, timing};
use super::layout::{Layout, Row, chars, fold};
use super::paint::{Brush, mark};
use super::passages::{line, on, passages};
use super::{command, tree};
use crate::names::LabName;
use crate::trace::frame::Transport;
use crate::trace::{Death, Evidence, Hop, Leg, Outcome};

/// How wide the words in front of sections are, unless there is a longer one.
const MARGIN: usize = 10;

/// A trace for people. No line is wider than `columns`, but commands, which stay in one piece. `lab` is named in the
/// commands where it must be: when several labs run.
pub fn text(outcome: &Outcome, lab: Option<&LabName>, columns: usize, color: bool) -> String {
    write(outcome, lab, columns, color, Detail::Whole)
}

/// The same without what happened within the machines: which way, and why it died if it did.
pub fn brief(outcome: &Outcome, lab: Option<&LabName>, columns: usize, color: bool) -> String {
    write(outcome, lab, columns, color, Detail::Brief)
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Every interface and every decision.
    Whole,
    /// The machines.
    Brief,
}

fn write(outcome: &Outcome, lab: Option<&LabName>, columns: usize, color: bool, detail: Detail) -> String {
    let Outcome { there, back, lost, names, .. } = outcome;
    let death = |leg| on(leg, lost.as_ref());
    let ways = [("there", there, Leg::There), ("back", back, Leg::Back)];
    let trees = ways.map(|(word, hops, leg)| (word, hops, tree::rows(hops, death(leg), names), death(leg)));
    let layout = Layout::of(trees.iter().flat_map(|(_, _, rows, _)| rows), columns, 0);
    let mut sheet = Sheet { text: String::new(), brush: Brush::of(outcome, color), columns, margin: MARGIN };
    sheet.headline(outcome);
    for (word, hops, rows, death) in &trees {
        if !rows.is_empty() {
            let way = line(&passages(hops), *death) + what(hops);
            match detail {
                Detail::Whole => {
                    sheet.section(word, &way);
                    sheet.rows(rows, layout);
                }
                Detail::Brief => sheet.labelled(word, &way),
            }
        }
    }
    if let Some(death) = lost {
        let rows = rows(death);
        let layout = Layout::of(rows.iter(), columns, MARGIN);
        sheet.margin = layout.middle;
        sheet.section("lost", &place(death));
        sheet.rows(&rows, layout);
        sheet.fix(death, lab, detail);
        sheet.margin = MARGIN;
    }
    if let Some(times) = outcome.timing {
        match detail {
            Detail::Whole => sheet.section("timing", &timing(times)),
            Detail::Brief => sheet.labelled("timing", &timing(times)),
        }
    }
    for note in &outcome.notes {
        sheet.section("note", note);
    }
    if detail == Detail::Whole || lost.is_some() {
        sheet.legend();
    }
    sheet.text
}

/// What goes this way, if it is not what one would expect.
fn what(hops: &[Hop]) -> &'static str {
    let packet = hops.first().and_then(|hop| hop.sighting.frame.packet());
    match packet.map(|packet| &packet.transport) {
        Some(Transport::Error { .. }) => ": an ICMP error",
        _ => "",
    }
}

/// A text that is being written.
struct Sheet {
    text: String,
    brush: Brush,
    columns: usize,
    /// How wide words in front are in this section.
    margin: usize,
}

impl Sheet {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn headline(&mut self, outcome: &Outcome) {
        let (between, question) = (between(&outcome.asked), question(&outcome.asked));
        if chars(&between) + 2 + chars(&question) <= self.columns {
            let both = format!("{}  {}", self.brush.text(&between), self.brush.text(&question));
            self.line(&both);
        } else {
            for line in fold(&between, self.columns).iter().chain(&fold(&question, self.columns)) {
                self.line(&self.brush.text(line));
            }
        }
        for line in fold(&result(outcome), self.columns) {
            self.line(&self.brush.verdict(outcome.lost.is_none(), &line));
        }
        let columns = self.columns;
        count(outcome).iter().flat_map(|count| fold(count, columns)).for_each(|line| self.line(&line));
    }

    /// What begins a section, or is one.
    fn section(&mut self, word: &str, text: &str) {
        self.text.push('\n');
        self.labelled(word, text);
    }

    /// A word, and a text beside it.
    fn labelled(&mut self, word: &str, text: &str) {
        let mut margin = self.brush.bold(word) + &" ".repeat(self.margin - chars(word));
        for line in fold(text, self.columns.saturating_sub(self.margin)) {
            self.line(&format!("{margin}{}", self.brush.text(&line)));
            margin = " ".repeat(self.margin);
        }
    }

    fn rows(&mut self, rows: &[Row<'_>], layout: Layout) {
        for row in rows {
            let lines: String = layout.lines(row).iter().map(|line| self.brush.line(line)).collect();
            self.text.push_str(&lines);
        }
    }

    fn fix(&mut self, death: &Death, lab: Option<&LabName>, detail: Detail) {
        let margin = " ".repeat(self.margin);
        if death.fix.is_empty() {
            return self.labelled("fix", "no command can be named that mends it");
        }
        let mut word = self.brush.bold("fix") + &" ".repeat(self.margin - "fix".len());
        let anywhere = command::fix(death, lab);
        for command in &anywhere {
            self.line(&format!("{word}{}", self.brush.command(command)));
            word.clone_from(&margin);
        }
        if detail == Detail::Brief && anywhere.len() < death.fix.len() {
            return self.line(&format!("{margin}does {} commands: `netlab diff` lists them", death.fix.len()));
        }
        self.line(&format!("{margin}or, in `netlab shell`:"));
        for command in &death.fix {
            self.line(&format!("{margin}{}", self.brush.command(command)));
        }
    }

    fn legend(&mut self) {
        let (observed, explained) = (mark(Evidence::Observed), mark(Evidence::Explained));
        let legend =
            format!("{observed} observed   {explained} explained from tables   → eth0 came in   eth0 → went out");
        self.text.push('\n');
        for line in fold(&legend, self.columns) {
            self.line(&line);
        }
    }
}
