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

use super::block::{Block, Drop};
use super::shape::{Point, Rect, Shape, Style, at};
use super::spots::Spots;
use super::width::{fit, width};
use super::words::class;
use super::{Detail, segment_title};
use crate::graph::{Graph, Medium, Segment};
use crate::names::MachineName;

/// Between machines.
const GAP: [f64; 2] = [26.0, 12.0];
/// Between the spines of networks.
const SPINE: f64 = 22.0;
/// How thick a network is.
const BAR: f64 = 10.0;
/// From the machines to the first network.
const DROP: [f64; 2] = [46.0, 26.0];
/// From one network to the next.
const PITCH: f64 = 46.0;
/// Below a network's name.
const BELOW: f64 = 26.0;

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
struct Rung {
    segment: usize,
    track: usize,
    from: f64,
    to: f64,
}

/// Lays out blocks in rows of so many.
pub fn rows(graph: &Graph, blocks: &[Block], columns: usize, detail: Detail) -> Plane {
    let rows: Vec<&[Block]> = blocks.chunks(columns.max(1)).collect();
    let widths: Vec<f64> = (0..columns.max(1))
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|block| block.w).fold(0.0, f64::max))
        .collect();
    let in_row = |row: &[Block], segment: usize| {
        row.iter().flat_map(|block| &block.drops).any(|drop| drop.segment == Some(segment))
    };
    // A network that nobody is plugged into stands below the last row.
    let unused = |segment: usize| {
        let network = graph.segments.get(segment).is_some_and(|segment| segment.medium == Medium::Network);
        network && graph.left_out == 0 && !rows.iter().any(|row| in_row(row, segment))
    };
    let within: Vec<Vec<usize>> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let last = at + 1 == rows.len();
            (0..graph.segments.len()).filter(|segment| in_row(row, *segment) || (last && unused(*segment))).collect()
        })
        .collect();
    let spines: Vec<usize> = (0..graph.segments.len())
        .filter(|segment| within.iter().filter(|row| row.contains(segment)).count() > 1)
        .collect();
    let gap = GAP[usize::from(detail == Detail::Dense)];
    let left = spines.len() as f64 * SPINE;
    let right = left + widths.iter().sum::<f64>() + gap * widths.len().saturating_sub(1) as f64;
    let mut plane = Plane { w: right, ..Plane::default() };
    let mut wires: Vec<Shape> = Vec::new();
    let mut bars: Vec<Shape> = Vec::new();
    let mut boxes: Vec<Shape> = Vec::new();
    let mut ports: Vec<(crate::network::Peer, usize, Point)> = Vec::new();
    let mut rungs_of: Vec<Vec<f64>> = vec![Vec::new(); graph.segments.len()];
    let mut y = 0.0;
    for (row, segments) in rows.iter().zip(&within) {
        let height = row.iter().map(|block| block.h).fold(0.0, f64::max);
        let bottom = y + height;
        let mut drops: Vec<Drop> = Vec::new();
        let mut x = left;
        for (block, width) in row.iter().zip(&widths) {
            let placed = if rows.len() > 1 { block.clone().stretch(*width) } else { block.clone() };
            let placed = placed.shift(x, bottom - block.h);
            boxes.extend(placed.shapes);
            plane.spots.extend(placed.spots);
            drops.extend(placed.drops);
            x += width + gap;
        }
        let row_right = x - gap;
        let rungs = rungs(graph, segments, &drops, &spines, (left, if rows.len() > 1 { right } else { row_right }));
        let first = bottom + DROP[usize::from(detail == Detail::Dense)];
        let tracks = rungs.iter().map(|rung| rung.track + 1).max().unwrap_or(0);
        for rung in &rungs {
            let Some(segment) = graph.segments.get(rung.segment) else { continue };
            let bar = first + rung.track as f64 * PITCH;
            let shape = draw(segment, rung, bar, if spines.contains(&rung.segment) { left } else { rung.from + 2.0 });
            plane.w = plane.w.max(shape.1);
            bars.push(shape.0);
            if let Some(all) = rungs_of.get_mut(rung.segment) {
                all.push(bar + BAR / 2.0);
            }
            for drop in drops.iter().filter(|drop| drop.segment == Some(rung.segment)) {
                let crossed = rungs.iter().filter(|other| (other.from..=other.to).contains(&drop.at.x));
                let crossed: Vec<f64> =
                    crossed.map(|other| first + other.track as f64 * PITCH).filter(|y| *y < bar).collect();
                wires.extend(wire(segment, drop, bar + BAR / 2.0, &crossed));
                wires.extend(ends(drop, segment, bar, detail, rung.track));
                if let Some(port) = &drop.port {
                    ports.push((port.clone(), rung.segment, at(drop.at.x, bar + BAR / 2.0)));
                }
            }
        }
        for drop in drops.iter().filter(|drop| drop.segment.is_none()) {
            let end = drop.at.by(0.0, 18.0);
            wires.push(Shape::line([drop.at, end], format!("cable{} broken", drop.class)));
            wires.extend(Shape::cross(end, 5.0));
        }
        let loose = drops.iter().any(|drop| drop.segment.is_none());
        let down = if tracks > 0 {
            first + (tracks - 1) as f64 * PITCH + BAR + BELOW - bottom
        } else if loose {
            34.0
        } else {
            10.0
        };
        y = bottom + down + if detail == Detail::Roomy { 22.0 } else { 14.0 };
    }
    plane.h = y - if detail == Detail::Roomy { 22.0 } else { 14.0 };
    let mut spine_shapes = Vec::new();
    for (place, segment) in spines.iter().enumerate() {
        let x = place as f64 * SPINE + BAR / 2.0;
        if let (Some(all), Some(network)) = (rungs_of.get(*segment), graph.segments.get(*segment)) {
            if let (Some(top), Some(end)) = (all.first(), all.last()) {
                let rect = Rect { x: x - BAR / 2.0, y: top - BAR / 2.0, w: BAR, h: end - top + BAR };
                spine_shapes.push(group(network, vec![Shape::rect(rect, 2.0, format!("bar {}", bar_class(network)))]));
            }
        }
    }
    for (port, segment, point) in ports {
        let all = rungs_of.get(segment).map_or(&[][..], Vec::as_slice);
        let root = all.last().copied().unwrap_or(point.y);
        let x = spines.iter().position(|spine| *spine == segment).map_or(0.0, |place| place as f64 * SPINE + BAR / 2.0);
        // Each network has a hub of its own: the foot of its spine.
        plane.spots.put(&port.machine, &port.link, vec![point, at(x, point.y), at(x, root)]);
        plane.spots.put_hub(&MachineName::fabric(), at(x, root));
    }
    plane.shapes = wires;
    plane.shapes.extend(spine_shapes);
    plane.shapes.extend(bars);
    plane.shapes.extend(boxes);
    plane
}

/// Which segments are drawn below a row, from where to where, and in which line: short ones share one.
fn rungs(graph: &Graph, segments: &[usize], drops: &[Drop], spines: &[usize], whole: (f64, f64)) -> Vec<Rung> {
    let mut found: Vec<Rung> = Vec::new();
    for &segment in segments {
        let Some(what) = graph.segments.get(segment) else { continue };
        let ends: Vec<f64> = drops.iter().filter(|drop| drop.segment == Some(segment)).map(|drop| drop.at.x).collect();
        let (low, high) =
            (ends.iter().copied().fold(f64::MAX, f64::min), ends.iter().copied().fold(f64::MIN, f64::max));
        let wide = what.medium == Medium::Network;
        let spine = spines.iter().position(|spine| *spine == segment).map(|place| place as f64 * SPINE);
        let (mut from, mut to) = if wide || ends.is_empty() { whole } else { (low - 12.0, high + 12.0) };
        if wide {
            to = to.max(from + 240.0);
        }
        from = spine.unwrap_or(from);
        let label = from + width(&name(what), Style::Note) + 24.0;
        let room = to.max(label);
        let free = |track: usize| {
            found.iter().all(|rung| {
                rung.track != track || rung.from > room + 30.0 || rung.to.max(rung.from + 260.0) + 30.0 < from
            })
        };
        let track = (0..).find(|track| free(*track)).unwrap_or(0);
        found.push(Rung { segment, track, from, to });
    }
    found
}

/// `underlay 192.168.1.0/24`
pub fn name(segment: &Segment) -> String {
    let mut subnets = segment.subnets.clone();
    if subnets.len() > 3 {
        subnets.truncate(2);
        subnets.push("…".into());
    }
    std::iter::once(segment.name.clone()).chain(subnets).collect::<Vec<_>>().join("  ")
}

fn bar_class(segment: &Segment) -> String {
    let medium = match segment.medium {
        Medium::Network => "network",
        Medium::Cable => "pipe",
        Medium::Overlay => "overlay",
    };
    let broken = if segment.trouble.is_some() { " broken" } else { "" };
    format!("{medium}{}{broken}", class(segment.mark))
}

fn group(segment: &Segment, shapes: Vec<Shape>) -> Shape {
    let network = segment.medium == Medium::Network;
    let machine = network.then(MachineName::fabric);
    Shape::Group { machine, title: segment_title(segment), class: format!("segment {}", bar_class(segment)), shapes }
}

/// A bar with its name below, and how far it reaches to the right.
fn draw(segment: &Segment, rung: &Rung, y: f64, label: f64) -> (Shape, f64) {
    let thin = segment.medium != Medium::Network;
    let (dy, h) = if thin { (BAR / 2.0 - 2.0, 4.0) } else { (0.0, BAR) };
    let rect = Rect { x: rung.from, y: y + dy, w: rung.to - rung.from, h };
    let mut shapes = match segment.medium {
        Medium::Overlay => {
            let middle = y + BAR / 2.0;
            vec![Shape::line([at(rung.from, middle), at(rung.to, middle)], format!("tunnel{}", class(segment.mark)))]
        }
        _ => vec![Shape::rect(rect, 2.0, format!("bar {}", bar_class(segment)))],
    };
    let name = fit(&name(segment), Style::Note, 560.0);
    let mut right = label + width(&name, Style::Note);
    shapes.push(Shape::text(at(label, y + BAR + 17.0), name, Style::Note, class(segment.mark).trim_start()));
    let mark = segment.mark.map(|mark| mark.word().to_owned());
    let words: Vec<String> = mark.into_iter().chain(segment.trouble.clone()).collect();
    if !words.is_empty() {
        let words = words.join(", ");
        let wide = width(&words, Style::Note);
        shapes.push(Shape::text(at(right + 10.0, y + BAR + 17.0), words, Style::Note, "bad"));
        right += 10.0 + wide;
    }
    (group(segment, shapes), right.max(rung.to))
}

/// A cable down to a bar, behind those that it crosses.
fn wire(segment: &Segment, drop: &Drop, to: f64, crossed: &[f64]) -> Vec<Shape> {
    let kind = if segment.medium == Medium::Overlay { "tunnel" } else { "cable" };
    let mark = if segment.mark.is_some() && drop.class.is_empty() { class(segment.mark) } else { drop.class.clone() };
    let x = drop.at.x;
    let mut gaps: Vec<f64> = crossed.to_vec();
    gaps.sort_by(f64::total_cmp);
    let mut from = drop.at.y;
    let mut pieces = Vec::new();
    for bar in gaps {
        pieces.push((from, bar - 4.0));
        from = bar + BAR + 4.0;
    }
    pieces.push((from, to));
    pieces.into_iter().map(|(from, to)| Shape::line([at(x, from), at(x, to)], format!("{kind}{mark}"))).collect()
}

/// The name of a cable's other end, or what is wrong with it.
fn ends(drop: &Drop, segment: &Segment, bar: f64, detail: Detail, track: usize) -> Vec<Shape> {
    let x = drop.at.x + 15.0;
    match (&drop.trouble, &drop.port) {
        (Some(trouble), _) => vec![Shape::text(at(x, drop.at.y + 18.0), trouble, Style::Label, "bad")],
        (None, Some(port)) if detail == Detail::Roomy && segment.medium == Medium::Network && track == 0 => {
            vec![Shape::text(at(x, bar - 8.0), &port.link, Style::Label, "")]
        }
        _ => Vec::new(),
    }
}
