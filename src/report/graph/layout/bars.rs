//! A segment below a row of machines: its bar, its name, and the cables that lead to it.

use super::block::Drop;
use super::rows::{BAR, Rung};
use super::shape::{Rect, Shape, Style, at};
use super::width::{fit, width};
use super::words::class;
use super::{Detail, segment_title};
use crate::graph::{Medium, Segment};
use crate::names::MachineName;

/// `underlay 192.168.1.0/24`
pub fn name(segment: &Segment) -> String {
    let mut subnets = segment.subnets.clone();
    if subnets.len() > 3 {
        subnets.truncate(2);
        subnets.push("…".into());
    }
    std::iter::once(segment.name.clone()).chain(subnets).collect::<Vec<_>>().join("  ")
}

/// What the style sheet calls it.
pub fn bar_class(segment: &Segment) -> String {
    let medium = match segment.medium {
        Medium::Network => "network",
        Medium::Cable => "pipe",
        Medium::Overlay => "overlay",
    };
    let broken = if segment.trouble.is_some() { " broken" } else { "" };
    format!("{medium}{}{broken}", class(segment.mark))
}

/// What belongs to a segment.
pub fn group(segment: &Segment, shapes: Vec<Shape>) -> Shape {
    let network = segment.medium == Medium::Network;
    let machine = network.then(MachineName::fabric);
    Shape::Group { machine, title: segment_title(segment), class: format!("segment {}", bar_class(segment)), shapes }
}

/// A bar with its name below, and how far it reaches to the right.
pub fn draw(segment: &Segment, rung: &Rung, y: f64, label: f64) -> (Shape, f64) {
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
pub fn wire(segment: &Segment, drop: &Drop, to: f64, crossed: &[f64]) -> Vec<Shape> {
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
pub fn ends(drop: &Drop, segment: &Segment, bar: f64, detail: Detail, track: usize) -> Vec<Shape> {
    let x = drop.at.x + 15.0;
    match (&drop.trouble, &drop.port) {
        (Some(trouble), _) => vec![Shape::text(at(x, drop.at.y + 18.0), trouble, Style::Label, "bad")],
        (None, Some(port)) if detail == Detail::Roomy && segment.medium == Medium::Network && track == 0 => {
            vec![Shape::text(at(x, bar - 8.0), &port.link, Style::Label, "")]
        }
        _ => Vec::new(),
    }
}
