//! Machines in rows, each on the networks that it is plugged into.
//!
//! ```text
//!     ┌ n1 ┐ ┌ n2 ┐ ┌ n3 ┐
//!     └─┬──┘ └─┬──┘ └─┬──┘
//!  ┌────┴══════┴══════┴════ underlay        a network that several rows stand on has a spine at the left
//!  │  ┌ n4 ┐ ┌ n5 ┐
//!  │  └─┬──┘ └─┬──┘
//!  └────┴══════┴═══════════ underlay
//! ```

use super::super::standing::Standing;
use super::Detail;
use super::bars::{bar_class, draw, ends, group, name, wire};
use super::block::{Block, Drop};
use super::shape::{Point, Rect, Shape, Style, at};
use super::spots::Spots;
use super::width::width;
use crate::graph::{Graph, Medium};
use crate::names::MachineName;
use crate::network::Peer;

/// How thick a network is.
pub const BAR: f64 = 10.0;
/// Between the spines of networks.
const SPINE: f64 = 22.0;
/// From one network to the next.
const PITCH: f64 = 46.0;
/// Below a network's name.
const BELOW: f64 = 26.0;

/// The distances that depend on how much is said of each machine.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Between machines.
    gap: f64,
    /// From the machines to the first network.
    drop: f64,
    /// From one row to the next.
    row: f64,
}

impl Room {
    fn of(detail: Detail) -> Room {
        match detail {
            Detail::Roomy => Room { gap: 26.0, drop: 46.0, row: 22.0 },
            Detail::Dense => Room { gap: 12.0, drop: 26.0, row: 14.0 },
        }
    }
}

/// The machines and networks, as large as they come.
#[derive(Debug, Default)]
pub struct Plane {
    /// Its width.
    pub w: f64,
    /// Its height.
    pub h: f64,
    /// What is drawn.
    pub shapes: Vec<Shape>,
    /// Where links are.
    pub spots: Spots,
}

/// A segment's part in a row.
#[derive(Debug)]
pub struct Rung {
    /// Which one.
    pub segment: usize,
    /// In which of the lines below the row.
    pub track: usize,
    /// From where.
    pub from: f64,
    /// To where.
    pub to: f64,
}

/// Lays out blocks in rows of so many.
pub fn rows(graph: &Graph, blocks: &[Block], columns: usize, detail: Detail) -> Plane {
    let rows: Vec<&[Block]> = blocks.chunks(columns.max(1)).collect();
    let plugged =
        rows.iter().map(|row| row.iter().flat_map(|block| &block.drops).filter_map(|drop| drop.segment).collect());
    let standing = Standing::of(graph, &plugged.collect::<Vec<_>>());
    let column = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|block| block.w).fold(0.0, f64::max);
    let widths: Vec<f64> = (0..columns.max(1)).map(column).collect();
    let room = Room::of(detail);
    let left = standing.spines.len() as f64 * SPINE;
    let w = left + widths.iter().sum::<f64>() + room.gap * widths.len().saturating_sub(1) as f64;
    let mut sheet = Sheet {
        graph,
        detail,
        room,
        standing,
        several: rows.len() > 1,
        left,
        plane: Plane { w, ..Plane::default() },
        y: 0.0,
        wires: Vec::new(),
        bars: Vec::new(),
        boxes: Vec::new(),
        ports: Vec::new(),
        rungs: vec![Vec::new(); graph.segments.len()],
    };
    let none: &[Block] = &[];
    for place in 0..sheet.standing.rows.len() {
        sheet.row(place, rows.get(place).copied().unwrap_or(none), &widths);
    }
    sheet.finish()
}

/// Rows that are being laid out, from top to bottom.
struct Sheet<'a> {
    graph: &'a Graph,
    detail: Detail,
    room: Room,
    standing: Standing,
    several: bool,
    /// Where machines begin: behind the spines.
    left: f64,
    plane: Plane,
    /// How far down it is filled.
    y: f64,
    wires: Vec<Shape>,
    bars: Vec<Shape>,
    boxes: Vec<Shape>,
    /// The ports of segments, and where they are.
    ports: Vec<(Peer, usize, Point)>,
    /// How far down each segment's bars are.
    rungs: Vec<Vec<f64>>,
}

impl Sheet<'_> {
    fn row(&mut self, place: usize, row: &[Block], widths: &[f64]) {
        let bottom = self.y + row.iter().map(|block| block.h).fold(0.0, f64::max);
        let mut drops: Vec<Drop> = Vec::new();
        let mut x = self.left;
        for (block, width) in row.iter().zip(widths) {
            let placed = if self.several { block.clone().stretch(*width) } else { block.clone() };
            let placed = placed.shift(x, bottom - block.h);
            self.boxes.extend(placed.shapes);
            self.plane.spots.extend(placed.spots);
            drops.extend(placed.drops);
            x += width + self.room.gap;
        }
        let right = if self.several { self.plane.w } else { x - self.room.gap };
        let rungs = self.rungs_below(place, &drops, right);
        for rung in &rungs {
            self.bar(rung, &rungs, &drops, bottom + self.room.drop);
        }
        let loose = drops.iter().filter(|drop| drop.segment.is_none());
        for drop in loose.clone() {
            let end = drop.at.by(0.0, 18.0);
            self.wires.push(Shape::line([drop.at, end], format!("cable{} broken", drop.class)));
            self.wires.extend(Shape::cross(end, 5.0));
        }
        let tracks = rungs.iter().map(|rung| rung.track + 1).max();
        let below = tracks.map(|tracks| self.room.drop + (tracks - 1) as f64 * PITCH + BAR + BELOW);
        self.plane.h = bottom + below.unwrap_or(if loose.count() > 0 { 34.0 } else { 10.0 });
        self.y = self.plane.h + self.room.row;
    }

    /// From where to where each segment is drawn below a row, and in which line: short ones share one.
    fn rungs_below(&self, place: usize, drops: &[Drop], right: f64) -> Vec<Rung> {
        let mut found: Vec<Rung> = Vec::new();
        for &segment in self.standing.rows.get(place).into_iter().flatten() {
            let Some(what) = self.graph.segments.get(segment) else { continue };
            let ends = drops.iter().filter(|drop| drop.segment == Some(segment)).map(|drop| drop.at.x);
            let (low, high) = (ends.clone().fold(f64::MAX, f64::min), ends.clone().fold(f64::MIN, f64::max));
            let whole = what.medium == Medium::Network || low > high;
            let (from, to) = if whole { (self.left, right.max(self.left + 240.0)) } else { (low - 12.0, high + 12.0) };
            let from = self.standing.spine(segment).map_or(from, |spine| spine as f64 * SPINE);
            // Its name stands below it, and may be longer.
            let end = to.max(from + width(&name(what), Style::Note) + 24.0);
            let is_free = |track: &usize| {
                let there = found.iter().filter(|rung| rung.track == *track);
                there.into_iter().all(|rung| rung.from > end + 30.0 || rung.to.max(rung.from + 260.0) + 30.0 < from)
            };
            let track = (0..).find(is_free).unwrap_or_default();
            found.push(Rung { segment, track, from, to });
        }
        found
    }

    fn bar(&mut self, rung: &Rung, all: &[Rung], drops: &[Drop], first: f64) {
        let Some(segment) = self.graph.segments.get(rung.segment) else { return };
        let height = |rung: &Rung| first + rung.track as f64 * PITCH;
        let (top, middle) = (height(rung), height(rung) + BAR / 2.0);
        let label = if self.standing.spine(rung.segment).is_some() { self.left } else { rung.from + 2.0 };
        let (shape, right) = draw(segment, rung, top, label);
        self.bars.push(shape);
        self.plane.w = self.plane.w.max(right);
        if let Some(rungs) = self.rungs.get_mut(rung.segment) {
            rungs.push(middle);
        }
        for drop in drops.iter().filter(|drop| drop.segment == Some(rung.segment)) {
            let crossed = all.iter().filter(|other| (other.from..=other.to).contains(&drop.at.x));
            let crossed: Vec<f64> = crossed.map(height).filter(|y| *y < top).collect();
            self.wires.extend(wire(segment, drop, middle, &crossed));
            self.wires.extend(ends(drop, segment, top, self.detail, rung.track));
            self.ports.extend(drop.port.clone().map(|port| (port, rung.segment, at(drop.at.x, middle))));
        }
    }

    /// Joins what stands below several rows, and says where everything is.
    fn finish(self) -> Plane {
        let Sheet { graph, standing, mut plane, wires, bars, boxes, ports, rungs, .. } = self;
        plane.shapes = wires;
        let middle = |segment: usize| standing.spine(segment).map_or(0.0, |spine| spine as f64 * SPINE + BAR / 2.0);
        for &segment in &standing.spines {
            let ends = rungs.get(segment).and_then(|rungs| Some((*rungs.first()?, *rungs.last()?)));
            if let (Some((top, end)), Some(network)) = (ends, graph.segments.get(segment)) {
                let (x, y) = (middle(segment) - BAR / 2.0, top - BAR / 2.0);
                let bar =
                    Shape::rect(Rect { x, y, w: BAR, h: end - top + BAR }, 2.0, format!("bar {}", bar_class(network)));
                plane.shapes.push(group(network, vec![bar]));
            }
        }
        plane.shapes.extend(bars);
        plane.shapes.extend(boxes);
        for (port, segment, point) in ports {
            // Each network has a hub of its own: the foot of its spine.
            let foot = rungs.get(segment).and_then(|rungs| rungs.last()).copied().unwrap_or(point.y);
            let hub = at(middle(segment), foot);
            plane.spots.put(&port.machine, &port.link, vec![point, at(hub.x, point.y), hub]);
            plane.spots.put_hub(&MachineName::fabric(), hub);
        }
        plane
    }
}
