//! Where everything is: from a graph to shapes on a plane, which [`super::svg`] and [`super::html`] write down.
//!
//! ```text
//! graph ─▶ a block for each machine that stands for itself ─▶ in rows, on their networks ─▶ with a title and notes
//!              │ roomy: pods side by side on their bridge        │ as many columns as a slide of 16:9 shows largest
//!              └ dense: pods in a list beside it
//! ```
//!
//! Texts are reckoned as wide as the widest font makes them ([`width`]), so nothing leaves its box whatever font there is.

mod bars;
mod block;
mod boxes;
mod bridges;
mod guest;
mod list;
mod notes;
mod outer;
mod rows;
pub mod shape;
mod spots;
mod way;
pub mod width;
mod words;

#[cfg(test)]
mod tests;

pub use notes::{Column, Key, Note, Notes};
pub use way::{Ending, Station, Way};

use self::block::Block;
use self::rows::{Plane, rows};
use self::shape::Shape;
use crate::graph::{Graph, Segment};

/// How much is said of each machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Pods as boxes on their bridge; routes and rules beside the way that packets take.
    Roomy,
    /// Pods in a list.
    Dense,
}

/// A picture, ready to be written down.
#[derive(Debug)]
pub struct Picture {
    /// Its width in pixels.
    pub w: f64,
    /// Its height.
    pub h: f64,
    /// What is drawn, from the back to the front.
    pub shapes: Vec<Shape>,
    /// What it shows, in a line.
    pub title: String,
    /// The same in a sentence or two, for those who cannot see it.
    pub description: String,
}

/// The slide that a picture should fill: 1280 by 720.
const SLIDE: (f64, f64) = (1280.0, 720.0);

/// How small a roomy picture may become on a slide before a dense one is drawn.
const SMALLEST: f64 = 0.72;

/// How many pods a node may have in a roomy picture.
const SIDE_BY_SIDE: usize = 4;

/// Lays out a lab, with the ways of packets if there are any.
pub fn picture(graph: &Graph, ways: &[Way], notes: &Notes) -> Picture {
    let traced = !ways.is_empty();
    let crowded = graph.outer().any(|machine| graph.guests(&machine.name).count() > SIDE_BY_SIDE);
    let roomy = (!crowded).then(|| best(graph, Detail::Roomy, traced));
    let plane = match roomy {
        Some(roomy) if scale(&roomy) >= SMALLEST => roomy,
        roomy => {
            let dense = best(graph, Detail::Dense, traced);
            roomy.filter(|roomy| scale(roomy) > scale(&dense)).unwrap_or(dense)
        }
    };
    let Plane { w, h, mut shapes, spots } = plane;
    shapes.extend(way::draw(ways, &spots));
    notes::around(shapes, (w, h), graph, notes)
}

/// The arrangement that a slide shows largest.
fn best(graph: &Graph, detail: Detail, traced: bool) -> Plane {
    let blocks: Vec<Block> = graph.outer().map(|machine| outer::block(graph, machine, detail, traced)).collect();
    let outlines: Vec<Block> = blocks.iter().map(Block::outline).collect();
    let in_rows = |count: usize| blocks.len().div_ceil(count);
    let size = |count: usize| scale(&rows(graph, &outlines, in_rows(count), detail)).min(1.0);
    let mut best = (1, size(1));
    for count in 2..=blocks.len() {
        let size = size(count);
        // Fewer rows are worth something: they need no spine.
        if size > best.1 * 1.08 {
            best = (count, size);
        }
    }
    rows(graph, &blocks, in_rows(best.0), detail)
}

/// How large a plane is shown on a slide, beside its title.
fn scale(plane: &Plane) -> f64 {
    (SLIDE.0 / (plane.w + 2.0 * notes::MARGIN)).min(SLIDE.1 / (plane.h + 110.0))
}

/// What is told of a segment on demand.
fn segment_title(segment: &Segment) -> String {
    let mut lines = vec![bars::name(segment)];
    lines.extend(segment.ends.iter().map(|end| format!("{} {}", end.machine, end.link)));
    lines.join("\n")
}
