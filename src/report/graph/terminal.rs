//! A lab in a terminal: a box for each machine, standing on its networks.
//!
//! ```text
//! ┌ node-1 ─────────────────┐ ┌ node-2 ─────────────────┐
//! │ cni0 10.244.1.1/24      │ │ cni0 10.244.2.1/24      │
//! │ ╟ pod-a 10.244.1.2/24   │ │ ╙ pod-c 10.244.2.2/24   │
//! │ ╙ pod-b 10.244.1.3/24   │ │ eth0 192.168.1.12/24    │
//! │ eth0 192.168.1.11/24    │ └─┬───────────────────────┘
//! └─┬───────────────────────┘   │
//! ══╧═══════════════════════════╧══ underlay 192.168.1.0/24 ═════════
//! ```
//!
//! Where not all boxes have room side by side, there are several rows, and a network that stands below more than one of
//! them is joined at the left. Routes and rules are shown where they cost no further row.

mod bars;
mod canvas;
mod card;

use self::bars::{Bars, Wire};
use self::canvas::Canvas;
use self::card::{BOLD, Card, Span, code};
use super::standing::Standing;
use crate::graph::{Graph, Source};
use crate::prose::wrap;

/// How many columns a spine takes.
const SPINE: usize = 2;

/// Draws a lab for a terminal of so many columns.
pub fn terminal(graph: &Graph, columns: usize, color: bool) -> String {
    let arranged = |captions: bool| {
        let cards: Vec<Card> = graph.outer().map(|machine| Card::of(graph, machine, captions)).collect();
        let rows = rows(graph, &cards, columns);
        (cards, rows)
    };
    let (mut cards, mut rows) = arranged(false);
    let (more, roomy) = arranged(true);
    // Routes and rules, where they cost no row.
    if roomy.len() == rows.len() && more.iter().all(|card| card.width() + SPINE <= columns) {
        (cards, rows) = (more, roomy);
    }
    let mut drawing = Drawing { graph, columns, canvas: Canvas::new(columns), y: 0 };
    drawing.title();
    drawing.rows(&cards, &rows);
    drawing.canvas.text(color) + &notes(graph, columns, color)
}

/// Which boxes stand in which row: as many as have room, with a place for the spines if there are several rows.
fn rows(graph: &Graph, cards: &[Card], columns: usize) -> Vec<Vec<usize>> {
    let fill = |room: usize| {
        let mut rows: Vec<(usize, Vec<usize>)> = Vec::new();
        for (place, card) in cards.iter().enumerate() {
            let wide = card.width().min(room);
            match rows.last_mut() {
                Some((used, row)) if *used + 1 + wide <= room => {
                    *used += 1 + wide;
                    row.push(place);
                }
                _ => rows.push((wide, vec![place])),
            }
        }
        rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()
    };
    let rows = fill(columns);
    match Standing::of(graph, &plugged(cards, &rows)).spines.len() {
        0 => rows,
        spines => fill(columns.saturating_sub(SPINE * spines)),
    }
}

/// What the boxes of each row are plugged into.
fn plugged(cards: &[Card], rows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let of = |row: &Vec<usize>| {
        let cards = row.iter().filter_map(|place| cards.get(*place));
        cards.flat_map(|card| &card.drops).filter_map(|drop| drop.segment).collect()
    };
    rows.iter().map(of).collect()
}

/// Text from the kernel as it may stand in a terminal: names of links can hold control characters.
fn plain(text: &str) -> String {
    let harmless = |c: char| !c.is_control() && (c < '\u{300}' || ('\u{2000}'..'\u{2600}').contains(&c) || c == '✗');
    text.chars().map(|c| if harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// A text of at most so many characters.
fn fit(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let tail = kept / 2;
    let head: String = text.chars().take(kept - tail).collect();
    head + "…" + &text.chars().skip(count - tail).collect::<String>()
}

struct Drawing<'a> {
    graph: &'a Graph,
    columns: usize,
    canvas: Canvas,
    y: usize,
}

impl Drawing<'_> {
    fn title(&mut self) {
        let whose = match self.graph.source {
            Source::Plan => "as planned",
            Source::Kernel => "as the kernel has it",
        };
        let text = format!("{}, {whose}", self.graph.summary());
        let name = format!("{}: ", self.graph.lab);
        let mut lines = wrap(&format!("{name}{text}"), self.columns).into_iter();
        if let Some(first) = lines.next() {
            let first = fit(&first, self.columns);
            self.canvas.put(0, 0, &first, "");
            let bold: String = first.chars().take(name.chars().count().saturating_sub(2)).collect();
            self.canvas.put(0, 0, &bold, BOLD);
            self.y = 1;
        }
        for line in lines {
            self.canvas.put(0, self.y, &line, "");
            self.y += 1;
        }
        self.y += 1;
    }

    fn rows(&mut self, cards: &[Card], rows: &[Vec<usize>]) {
        let standing = Standing::of(self.graph, &plugged(cards, rows));
        let mut bars = Bars::new(self.graph, &standing);
        let left = standing.spines.len() * SPINE;
        for place in 0..standing.rows.len() {
            let row = rows.get(place).into_iter().flatten().filter_map(|place| cards.get(*place));
            let wires = self.boxes(row, left);
            self.y = bars.below(place, &wires, &mut self.canvas, self.y) + 1;
        }
        bars.spines(&mut self.canvas);
    }

    /// Draws boxes side by side, all standing on one line.
    fn boxes<'c>(&mut self, row: impl Iterator<Item = &'c Card>, left: usize) -> Vec<Wire> {
        let row: Vec<&Card> = row.collect();
        let high = row.iter().map(|card| card.height()).max().unwrap_or(0);
        let mut wires = Vec::new();
        let mut x = left;
        for card in row {
            let wide = card.width().min(self.columns.saturating_sub(left));
            let top = self.y + high - card.height();
            self.one(card, x, top, wide);
            let bottom = top + card.height() - 1;
            for drop in &card.drops {
                let at = x + drop.x;
                for y in top + 1 + drop.line..bottom {
                    self.canvas.set(at, y, '│', drop.code);
                }
                self.canvas.set(at, bottom, '┬', drop.code);
                wires.push(Wire { x: at, from: bottom + 1, segment: drop.segment, code: drop.code });
            }
            x += wide + 1;
        }
        self.y += high;
        wires
    }

    fn one(&mut self, card: &Card, x: usize, top: usize, wide: usize) {
        let bottom = top + card.height() - 1;
        let edge = |left: char, right: char| format!("{left}{}{right}", "─".repeat(wide.saturating_sub(2)));
        self.canvas.put(x, top, &edge('┌', '┐'), "");
        self.canvas.put(x, bottom, &edge('└', '┘'), "");
        let mut head = vec![(" ".to_owned(), "")];
        head.extend(card.head.iter().cloned());
        head.push((" ".into(), ""));
        self.spans(&head, x + 1, top, wide.saturating_sub(2));
        for (i, line) in card.lines.iter().enumerate() {
            let y = top + 1 + i;
            self.canvas.set(x, y, '│', "");
            self.spans(line, x + 2, y, wide.saturating_sub(4));
            self.canvas.set(x + wide.saturating_sub(1), y, '│', "");
        }
    }

    /// Writes pieces of text; the longest one is shortened where they have no room.
    fn spans(&mut self, spans: &[Span], mut x: usize, y: usize, room: usize) {
        let mut pieces: Vec<(String, &'static str)> = spans.iter().map(|(text, code)| (plain(text), *code)).collect();
        let count = |text: &str| text.chars().count();
        let over = pieces.iter().map(|(text, _)| count(text)).sum::<usize>().saturating_sub(room);
        let longest = pieces.iter_mut().map(|(text, _)| text).max_by_key(|text| count(text));
        if let Some(longest) = longest.filter(|_| over > 0) {
            *longest = fit(longest, count(longest).saturating_sub(over));
        }
        let end = x + room;
        for (text, code) in pieces {
            let text: String = text.chars().take(end.saturating_sub(x)).collect();
            self.canvas.put(x, y, &text, code);
            x += count(&text);
        }
    }
}

/// What differs from the plan, by its numbers.
fn notes(graph: &Graph, columns: usize, color: bool) -> String {
    let paint = crate::report::Paint(color);
    let Some(marks) = &graph.drift else { return String::new() };
    if marks.is_empty() {
        return "\nas its plan says\n".into();
    }
    let mut text = "\n".to_owned();
    for mark in marks {
        let head = format!("[{}] ", mark.number);
        let margin = head.chars().count();
        let line = format!("{} in {}: {}", mark.sort.word(), mark.machine, plain(&mark.what));
        for (i, line) in wrap(&line, columns.saturating_sub(margin)).into_iter().enumerate() {
            let lead =
                if i == 0 { paint.with(code(Some(mark.sort)).unwrap_or_default(), &head) } else { " ".repeat(margin) };
            text.push_str(&format!("{lead}{line}\n"));
        }
    }
    text
}
