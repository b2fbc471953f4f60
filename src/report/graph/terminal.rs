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

mod canvas;
mod card;

use self::canvas::Canvas;
use self::card::{BOLD, Card, RED, Span, code};
use crate::graph::{Graph, Medium, Segment, Source};
use crate::prose::wrap;

/// How many columns a spine takes.
const SPINE: usize = 2;

/// Draws a lab for a terminal of so many columns.
pub fn terminal(graph: &Graph, columns: usize, color: bool) -> String {
    let arranged = |captions: bool| {
        let cards: Vec<Card> = graph.outer().map(|machine| Card::of(graph, machine, captions)).collect();
        let rows = rows(&cards, columns);
        (cards, rows)
    };
    let (mut cards, mut rows) = arranged(false);
    let (more, roomy) = arranged(true);
    // Routes and rules, where they cost no row.
    if roomy.len() == rows.len() && more.iter().all(|card| card.width() + SPINE <= columns) {
        (cards, rows) = (more, roomy);
    }
    let mut drawing = Drawing { graph, columns, canvas: Canvas::new(columns), y: 0, spines: Vec::new() };
    drawing.title();
    drawing.rows(&cards, &rows);
    drawing.canvas.text(color) + &notes(graph, columns, color)
}

/// Which boxes stand in which row: as many as have room, with a place for the spines if there are several rows.
fn rows(cards: &[Card], columns: usize) -> Vec<Vec<usize>> {
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
    if rows.len() < 2 {
        return rows;
    }
    let in_row = |row: &Vec<usize>, segment: usize| {
        row.iter()
            .filter_map(|place| cards.get(*place))
            .flat_map(|card| &card.drops)
            .any(|drop| drop.segment == Some(segment))
    };
    let most =
        cards.iter().flat_map(|card| &card.drops).filter_map(|drop| drop.segment).max().map_or(0, |most| most + 1);
    let spines = (0..most).filter(|segment| rows.iter().filter(|row| in_row(row, *segment)).count() > 1).count();
    fill(columns.saturating_sub(SPINE * spines))
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
    /// The segments that stand below several rows, each with the lines in which it does.
    spines: Vec<(usize, Vec<usize>)>,
}

/// A cable from a box, on the sheet.
struct Wire {
    x: usize,
    from: usize,
    segment: Option<usize>,
    code: &'static str,
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
        let in_row = |row: &Vec<usize>| -> Vec<usize> {
            let drops = row.iter().filter_map(|place| cards.get(*place)).flat_map(|card| &card.drops);
            let within: Vec<usize> = drops.filter_map(|drop| drop.segment).collect();
            (0..self.graph.segments.len()).filter(|segment| within.contains(segment)).collect()
        };
        let mut within: Vec<Vec<usize>> = rows.iter().map(in_row).collect();
        let network = |segment: &usize| self.graph.segments.get(*segment).is_some_and(|s| s.medium == Medium::Network);
        let unused =
            (0..self.graph.segments.len()).filter(network).filter(|s| !within.iter().flatten().any(|used| used == s));
        let unused: Vec<usize> = unused.collect();
        match within.last_mut() {
            Some(last) => last.extend(unused),
            None => within.push(unused),
        }
        let several = |segment: &usize| within.iter().filter(|row| row.contains(segment)).count() > 1;
        self.spines = (0..self.graph.segments.len()).filter(several).map(|segment| (segment, Vec::new())).collect();
        let left = self.spines.len() * SPINE;
        let none = Vec::new();
        for (place, segments) in within.iter().enumerate() {
            let row = rows.get(place).unwrap_or(&none);
            let wires = self.boxes(row.iter().filter_map(|place| cards.get(*place)), left);
            self.bars(segments, &wires, left);
            self.y += 1;
        }
        self.draw_spines();
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
        if over > 0 {
            if let Some((longest, _)) = pieces.iter_mut().max_by_key(|(text, _)| count(text)) {
                *longest = fit(longest, count(longest).saturating_sub(over));
            }
        }
        let end = x + room;
        for (text, code) in pieces {
            let text: String = text.chars().take(end.saturating_sub(x)).collect();
            self.canvas.put(x, y, &text, code);
            x += count(&text);
        }
    }

    /// The segments below a row, each in a line of its own.
    fn bars(&mut self, segments: &[usize], wires: &[Wire], left: usize) {
        let top = self.y;
        for (track, index) in segments.iter().enumerate() {
            let Some(segment) = self.graph.segments.get(*index) else { continue };
            let y = top + track;
            let own: Vec<&Wire> = wires.iter().filter(|wire| wire.segment == Some(*index)).collect();
            let (horizontal, end) = signs(segment);
            let colour = if segment.trouble.is_some() { RED } else { code(segment.mark).unwrap_or_default() };
            let spine = self.spines.iter().position(|(spine, _)| spine == index);
            let (mut from, mut to) = (left, self.columns);
            if segment.medium != Medium::Network {
                from = own.iter().map(|wire| wire.x).min().unwrap_or(left).saturating_sub(1);
                to = own.iter().map(|wire| wire.x + 2).max().unwrap_or(left + 2);
            }
            if let Some(place) = spine {
                from = place * SPINE;
            }
            (from..to).for_each(|x| self.canvas.set(x, y, horizontal, colour));
            own.iter().for_each(|wire| {
                self.canvas.set(wire.x, y, end, if wire.code.is_empty() { colour } else { wire.code })
            });
            self.name(segment, (from, to), y, horizontal, colour);
            if let Some((_, rungs)) = self.spines.iter_mut().find(|(spine, _)| spine == index) {
                rungs.push(y);
            }
        }
        for wire in wires {
            let end = match wire.segment.and_then(|segment| segments.iter().position(|one| *one == segment)) {
                Some(track) => top + track,
                None => {
                    self.canvas.set(wire.x, wire.from, '╳', RED);
                    continue;
                }
            };
            for y in wire.from..end {
                let through = match self.canvas.get(wire.x, y) {
                    '═' | '╪' | '╧' => '╪',
                    '─' | '┼' | '┴' => '┼',
                    '╌' => '┆',
                    _ => '│',
                };
                self.canvas.set(wire.x, y, through, wire.code);
            }
        }
        let loose = usize::from(wires.iter().any(|wire| wire.segment.is_none()) && segments.is_empty());
        self.y = top + segments.len() + loose;
    }

    /// Writes a segment's name into the widest gap of its bar, or behind it if it is a short one.
    fn name(&mut self, segment: &Segment, (from, to): (usize, usize), y: usize, along: char, code: &'static str) {
        let mut gaps: Vec<(usize, usize)> = Vec::new();
        for x in (from..to).filter(|x| self.canvas.get(*x, y) == along) {
            match gaps.last_mut() {
                Some((start, length)) if *start + *length == x => *length += 1,
                _ => gaps.push((x, 1)),
            }
        }
        let Some((start, length)) = gaps.into_iter().max_by_key(|(start, length)| (*length, *start)) else { return };
        let names = [label(segment), segment.name.clone()].map(|name| plain(&name));
        for name in &names {
            let long = name.chars().count() + 2;
            if long + 2 <= length {
                return self.canvas.put(start + length - long - 1, y, &format!(" {name} "), code);
            }
            if to + long <= self.columns {
                return self.canvas.put(to, y, &format!(" {name}"), code);
            }
        }
        if let [.., name] = &names[..] {
            self.canvas.put(start + 1, y, &fit(name, length.saturating_sub(2)), code);
        }
    }

    fn draw_spines(&mut self) {
        for (place, (segment, rungs)) in self.spines.clone().into_iter().enumerate() {
            let (Some(segment), Some(first), Some(last)) =
                (self.graph.segments.get(segment), rungs.first().copied(), rungs.last().copied())
            else {
                continue;
            };
            let x = place * SPINE;
            let double = segment.medium == Medium::Network;
            let colour = code(segment.mark).unwrap_or_default();
            for y in first..=last {
                let [thin, thick] = match (rungs.contains(&y), y == first, y == last) {
                    (true, true, _) => ['┌', '╔'],
                    (true, _, true) => ['└', '╚'],
                    (true, ..) => ['├', '╠'],
                    // Another network's bar passes in front of it.
                    (false, ..) if matches!(self.canvas.get(x, y), '═' | '─' | '╌') => continue,
                    (false, ..) => ['│', '║'],
                };
                self.canvas.set(x, y, if double { thick } else { thin }, colour);
            }
        }
    }
}

/// What a segment is drawn with: along, and where a cable ends.
fn signs(segment: &Segment) -> (char, char) {
    match segment.medium {
        Medium::Network => ('═', '╧'),
        Medium::Cable => ('─', '┴'),
        Medium::Overlay => ('╌', '┴'),
    }
}

/// `underlay 192.168.1.0/24`
fn label(segment: &Segment) -> String {
    let mark = segment.mark.map(|mark| mark.word().to_owned());
    let words = std::iter::once(segment.name.clone()).chain(segment.subnets.iter().take(3).cloned());
    words.chain(mark).chain(segment.trouble.clone()).collect::<Vec<_>>().join(" ")
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
