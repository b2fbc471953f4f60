//! Networks in a terminal: bars below a row of boxes, and what joins those of several rows.
//!
//! ```text
//! ╔═══╧═══════╧═ underlay 192.168.1.0/24 ═
//! ║   ╌┴╌╌╌ VXLAN 1 ╌┴╌
//! ╚═══╧═══════════════════════════════════
//! ```

use super::canvas::Canvas;
use super::card::{RED, code};
use super::{SPINE, fit, plain};
use crate::graph::{Graph, Medium, Segment};
use crate::report::graph::standing::Standing;

/// A cable from a box, on the sheet.
#[derive(Debug)]
pub struct Wire {
    /// Where it is.
    pub x: usize,
    /// From which line on.
    pub from: usize,
    /// Where it leads.
    pub segment: Option<usize>,
    /// Its colour.
    pub code: &'static str,
}

/// The bars of a lab.
#[derive(Debug)]
pub struct Bars<'a> {
    graph: &'a Graph,
    standing: &'a Standing,
    /// The lines in which each spine has a bar.
    rungs: Vec<Vec<usize>>,
}

impl<'a> Bars<'a> {
    /// None yet.
    pub fn new(graph: &'a Graph, standing: &'a Standing) -> Self {
        Bars { graph, standing, rungs: vec![Vec::new(); standing.spines.len()] }
    }

    /// Draws those below a row, a line for each, and the cables down to them; the result is where they end.
    pub fn below(&mut self, place: usize, wires: &[Wire], canvas: &mut Canvas, top: usize) -> usize {
        let segments = self.standing.rows.get(place).cloned().unwrap_or_default();
        for (track, index) in segments.iter().enumerate() {
            self.bar(*index, wires, canvas, top + track);
        }
        for wire in wires {
            let end = wire.segment.and_then(|segment| segments.iter().position(|one| *one == segment));
            match end {
                Some(track) => (wire.from..top + track).for_each(|y| {
                    let sign = through(canvas.get(wire.x, y));
                    canvas.set(wire.x, y, sign, wire.code);
                }),
                None => canvas.set(wire.x, wire.from, '╳', RED),
            }
        }
        let loose = segments.is_empty() && wires.iter().any(|wire| wire.segment.is_none());
        top + segments.len() + usize::from(loose)
    }

    fn bar(&mut self, index: usize, wires: &[Wire], canvas: &mut Canvas, y: usize) {
        let Some(segment) = self.graph.segments.get(index) else { return };
        let own: Vec<&Wire> = wires.iter().filter(|wire| wire.segment == Some(index)).collect();
        let (along, end) = signs(segment);
        let colour = if segment.trouble.is_some() { RED } else { code(segment.mark).unwrap_or_default() };
        let left = self.standing.spines.len() * SPINE;
        let (mut from, mut to) = (left, canvas.columns());
        if segment.medium != Medium::Network {
            from = own.iter().map(|wire| wire.x).min().unwrap_or(left).saturating_sub(1);
            to = own.iter().map(|wire| wire.x + 2).max().unwrap_or(left + 2);
        }
        if let Some(spine) = self.standing.spine(index) {
            from = spine * SPINE;
            self.rungs.get_mut(spine).into_iter().for_each(|rungs| rungs.push(y));
        }
        (from..to).for_each(|x| canvas.set(x, y, along, colour));
        own.iter().for_each(|wire| canvas.set(wire.x, y, end, if wire.code.is_empty() { colour } else { wire.code }));
        name(segment, (from, to), y, along, colour, canvas);
    }

    /// Joins the bars of segments that are below several rows.
    pub fn spines(&self, canvas: &mut Canvas) {
        for (place, (segment, rungs)) in self.standing.spines.iter().zip(&self.rungs).enumerate() {
            let ends = rungs.first().zip(rungs.last());
            let (Some(segment), Some((first, last))) = (self.graph.segments.get(*segment), ends) else { continue };
            let double = segment.medium == Medium::Network;
            for y in *first..=*last {
                let [thin, thick] = match (rungs.contains(&y), y == *first, y == *last) {
                    (true, true, _) => ['┌', '╔'],
                    (true, _, true) => ['└', '╚'],
                    (true, ..) => ['├', '╠'],
                    // Another network's bar passes in front of it.
                    (false, ..) if matches!(canvas.get(place * SPINE, y), '═' | '─' | '╌') => continue,
                    (false, ..) => ['│', '║'],
                };
                let sign = if double { thick } else { thin };
                canvas.set(place * SPINE, y, sign, code(segment.mark).unwrap_or_default());
            }
        }
    }
}

/// A cable that crosses something.
fn through(there: char) -> char {
    match there {
        '═' | '╪' | '╧' => '╪',
        '─' | '┼' | '┴' => '┼',
        '╌' => '┆',
        _ => '│',
    }
}

/// Writes a segment's name into the widest gap of its bar, or behind it if it is a short one.
fn name(segment: &Segment, (from, to): (usize, usize), y: usize, along: char, code: &'static str, canvas: &mut Canvas) {
    let mut gaps: Vec<(usize, usize)> = Vec::new();
    for x in (from..to).filter(|x| canvas.get(*x, y) == along) {
        match gaps.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => gaps.push((x, 1)),
        }
    }
    let Some((start, length)) = gaps.into_iter().max_by_key(|(start, length)| (*length, *start)) else { return };
    for name in [label(segment), segment.name.clone()].map(|name| plain(&name)) {
        let long = name.chars().count() + 2;
        if long + 2 <= length {
            return canvas.put(start + length - long - 1, y, &format!(" {name} "), code);
        }
        if to + long <= canvas.columns() {
            return canvas.put(to, y, &format!(" {name}"), code);
        }
    }
    canvas.put(start + 1, y, &fit(&plain(&segment.name), length.saturating_sub(2)), code);
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
