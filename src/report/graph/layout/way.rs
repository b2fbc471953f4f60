//! The way of a packet, drawn along the cables: packets keep to the right, so there and back lie side by side.
//!
//! ```text
//!  pod-a ①          ② the machines that it comes through are numbered
//!    ││
//!    │╰──▶────       there
//!    ╰───◀────       back
//! ```

use super::shape::{Point, Shape, Style, at};
use super::spots::{Spots, same};
use crate::names::MachineName;
use crate::network::Peer;

/// From the middle of a cable to the line of a way, and to that of the next one, which may go the same way.
const ASIDE: [f64; 2] = [3.0, 6.5];
/// From the middle of a cable to the numbers.
const NUMBER: f64 = 14.0;
/// From the ends of a way to the numbers there.
const APART: f64 = 23.0;
/// How long a line must be for an arrow in its middle.
const LONG: f64 = 40.0;

/// A way.
#[derive(Debug, Clone)]
pub struct Way {
    /// What the style sheet calls it.
    pub class: String,
    /// The interfaces that are crossed, one after the other.
    pub places: Vec<Peer>,
    /// Its stations.
    pub stations: Vec<Station>,
    /// Where it ends, if the packet was lost on it.
    pub lost: Option<Ending>,
}

/// A machine on a way.
#[derive(Debug, Clone)]
pub struct Station {
    /// Its number.
    pub number: usize,
    /// At which interface the number stands, by its place among the way's.
    pub place: usize,
    /// What is told of it on demand.
    pub title: String,
}

/// Where a lost packet ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// In which machine.
    pub machine: MachineName,
    /// The interface that it should have come to next.
    pub before: Option<Peer>,
}

/// Where a cross is drawn.
#[derive(Debug, Clone, Copy)]
enum Cross {
    /// At the end of the line.
    AtTheEnd,
    /// Here.
    At(Point),
}

/// The ways as lines, arrows, numbers and crosses.
pub fn draw(ways: &[Way], spots: &Spots) -> Vec<Shape> {
    let mut lines = Vec::new();
    let mut above = Vec::new();
    for (way, much) in ways.iter().zip(ASIDE.into_iter().cycle()) {
        let (mut points, numbers) = trail(way, spots);
        let cross = way.lost.as_ref().and_then(|ending| end(ending, way, spots, &mut points));
        let aside = aside(&points, much);
        if aside.len() > 1 {
            lines.push(Shape::line(aside.clone(), format!("halo {}", way.class)));
            lines.push(Shape::line(aside.clone(), format!("way {}", way.class)));
            lines.extend(arrows(&aside, &way.class, cross.is_none()));
        }
        for (station, index) in numbers {
            if let Some(place) = beside(&points, index, !matches!(cross, Some(Cross::AtTheEnd))) {
                let shapes = vec![
                    Shape::Circle { at: place, r: 9.5, class: format!("badge {}", way.class) },
                    Shape::centred(place.by(0.0, 4.0), station.number.to_string(), Style::Number, "on-badge"),
                ];
                above.push(Shape::Group {
                    machine: None,
                    title: station.title.clone(),
                    class: "station".into(),
                    shapes,
                });
            }
        }
        let place = match cross {
            Some(Cross::AtTheEnd) => aside.last().copied(),
            Some(Cross::At(place)) => Some(place),
            None => None,
        };
        if let Some(place) = place {
            above.push(Shape::Circle { at: place, r: 12.0, class: "lost".into() });
            above.extend(Shape::cross(place, 5.0));
        }
    }
    lines.extend(above);
    lines
}

/// The points of a way, and which of them its stations' numbers stand at.
fn trail<'a>(way: &'a Way, spots: &Spots) -> (Vec<Point>, Vec<(&'a Station, usize)>) {
    let mut points: Vec<Point> = Vec::new();
    let mut numbers = Vec::new();
    let mut before: Option<&Peer> = None;
    for (place, here) in way.places.iter().enumerate() {
        // What is not drawn (the loopback, a link that is gone meanwhile) is somewhere in its machine.
        let Some(end) = spots.of(here).or_else(|| spots.hub(&here.machine)) else { continue };
        match (before.and_then(|before| spots.between(before, here)), points.last().copied()) {
            (Some(piece), _) => piece.into_iter().for_each(|point| push(&mut points, point)),
            (None, Some(last)) => [at(last.x, end.y), end].into_iter().for_each(|point| push(&mut points, point)),
            (None, None) => push(&mut points, end),
        }
        if let Some(station) = way.stations.iter().find(|station| station.place == place) {
            numbers.push((station, points.len().saturating_sub(1)));
        }
        before = Some(here);
    }
    (points, numbers)
}

fn push(points: &mut Vec<Point>, point: Point) {
    if !points.last().is_some_and(|last| same(last.x, point.x) && same(last.y, point.y)) {
        points.push(point);
    }
}

/// Goes on to where it ended: half of the way to where it should have come next, or some way into the machine. Where there
/// is no such way, the cross is at the machine's hub.
fn end(ending: &Ending, way: &Way, spots: &Spots, points: &mut Vec<Point>) -> Option<Cross> {
    let last = way.places.iter().rev().find(|place| spots.of(place).is_some());
    let onwards = match (last, &ending.before) {
        (Some(last), Some(before)) if last != before && spots.of(before).is_some() => spots.between(last, before),
        (Some(last), _) if last.machine == ending.machine => spots.inwards(last),
        _ => None,
    };
    match onwards.filter(|way| way.len() > 1) {
        Some(onwards) => {
            halfway(&onwards).into_iter().for_each(|point| push(points, point));
            Some(Cross::AtTheEnd)
        }
        None => spots.hub(&ending.machine).map(Cross::At),
    }
}

/// The first half of a line.
fn halfway(points: &[Point]) -> Vec<Point> {
    let length = |a: Point, b: Point| (a.x - b.x).abs() + (a.y - b.y).abs();
    let pairs = points.iter().zip(points.iter().skip(1));
    let mut left = pairs.clone().map(|(a, b)| length(*a, *b)).sum::<f64>() / 2.0;
    let mut half: Vec<Point> = points.first().copied().into_iter().collect();
    for (a, b) in pairs {
        let here = length(*a, *b);
        if here >= left {
            let part = if here > 0.0 { left / here } else { 0.0 };
            half.push(at(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part));
            return half;
        }
        left -= here;
        half.push(*b);
    }
    half
}

/// The direction from one point to the next.
fn direction(a: Point, b: Point) -> (f64, f64) {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx.hypot(dy);
    if length < 0.01 { (0.0, 0.0) } else { (dx / length, dy / length) }
}

/// The directions before and after a point.
fn around(points: &[Point], index: usize) -> [Option<(f64, f64)>; 2] {
    let here = points.get(index).copied();
    let to = |a: Option<Point>, b: Option<Point>| Some(direction(a?, b?));
    let before = index.checked_sub(1).and_then(|before| points.get(before)).copied();
    [to(before, here), to(here, points.get(index + 1).copied())]
}

/// The right-hand side of a direction, where `y` grows downwards.
fn right((dx, dy): (f64, f64), much: f64) -> (f64, f64) {
    (-dy * much, dx * much)
}

/// A line to the right of a line.
fn aside(points: &[Point], much: f64) -> Vec<Point> {
    let mut line = Vec::new();
    for (index, point) in points.iter().enumerate() {
        match around(points, index) {
            [Some(before), Some(after)] => {
                let (one, other) = (right(before, much), right(after, much));
                let turns_back = before.0 * after.0 + before.1 * after.1 < -0.5;
                let straight = before.0 * after.0 + before.1 * after.1 > 0.5;
                match (turns_back, straight) {
                    (true, _) => line.extend([point.by(one.0, one.1), point.by(other.0, other.1)]),
                    (_, true) => line.push(point.by(one.0, one.1)),
                    _ => line.push(point.by(one.0 + other.0, one.1 + other.1)),
                }
            }
            [one, other] => {
                let (dx, dy) = one.or(other).map_or((0.0, 0.0), |direction| right(direction, much));
                line.push(point.by(dx, dy));
            }
        }
    }
    line
}

/// The place for a number, to the right of a point; not quite at the ends of a way, where boxes have their text.
fn beside(points: &[Point], index: usize, arrives: bool) -> Option<Point> {
    let point = points.get(index)?;
    let [before, after] = around(points, index);
    let along = match (before, after) {
        (None, Some(after)) => (after.0 * APART, after.1 * APART),
        (Some(before), None) if arrives => (-before.0 * APART, -before.1 * APART),
        _ => (0.0, 0.0),
    };
    let (dx, dy) = before.or(after).map_or((0.0, 0.0), |direction| right(direction, NUMBER));
    Some(point.by(dx + along.0, dy + along.1))
}

/// Arrows in the middle of long lines, and at the end.
fn arrows(points: &[Point], class: &str, at_the_end: bool) -> Vec<Shape> {
    let mut found = Vec::new();
    let pairs = points.iter().zip(points.iter().skip(1));
    let last = points.len().saturating_sub(2);
    for (place, (a, b)) in pairs.enumerate() {
        let (dx, dy) = direction(*a, *b);
        let length = (b.x - a.x).hypot(b.y - a.y);
        let tip = match (place == last && at_the_end, length >= LONG) {
            (true, _) => *b,
            (false, true) => at((a.x + b.x) / 2.0 + dx * 4.0, (a.y + b.y) / 2.0 + dy * 4.0),
            (false, false) => continue,
        };
        let wing = |side: f64| tip.by(-dx * 7.0 - dy * side, -dy * 7.0 + dx * side);
        found.push(Shape::line([wing(4.5), tip, wing(-4.5)], format!("arrow {class}")));
    }
    found
}
