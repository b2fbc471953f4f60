//! What stands around a picture: its title above, and below it, in columns, what is worth saying.
//!
//! ```text
//! three-nodes    3 nodes, 6 pods, 1 host, as the kernel has it
//!   (the picture)
//! ① missing  node-1: route 10.244.2.0/24 via 192.168.1.12
//! ```

use super::Picture;
use super::shape::{Rect, Shape, Style, at};
use super::width::{width, wrap};
use crate::graph::{Graph, Source};

/// Around everything.
pub const MARGIN: f64 = 32.0;
/// The height of the title.
const HEAD: f64 = 66.0;
/// The least width of a column of notes.
const COLUMN: f64 = 380.0;
/// The height of a line.
const LINE: f64 = 20.0;

/// What is said around a picture.
#[derive(Debug, Default, Clone)]
pub struct Notes {
    /// The title; without one it is the lab's name.
    pub title: Option<String>,
    /// What stands behind it; without it, it is what the lab consists of.
    pub subtitle: Option<String>,
    /// The columns below.
    pub columns: Vec<Column>,
}

/// A column of notes.
#[derive(Debug, Default, Clone)]
pub struct Column {
    /// Its heading, and what the style sheet calls it.
    pub heading: Option<(String, String)>,
    /// Its notes.
    pub notes: Vec<Note>,
}

/// A note.
#[derive(Debug, Clone)]
pub struct Note {
    /// What it belongs to in the picture.
    pub key: Key,
    /// What it says.
    pub text: String,
    /// What the style sheet calls it.
    pub class: String,
}

/// What a note belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A number in the picture, with what the style sheet calls it.
    Number(usize, String),
    /// The cross where a packet was lost.
    Cross,
    /// Nothing.
    None,
}

/// Puts title and notes around what is drawn.
pub fn around(mut shapes: Vec<Shape>, (w, h): (f64, f64), graph: &Graph, notes: &Notes) -> Picture {
    let title = notes.title.clone().unwrap_or_else(|| graph.lab.to_string());
    let subtitle = notes.subtitle.clone().unwrap_or_else(|| subtitle(graph));
    let titles = width(&title, Style::Title).max(width(&subtitle, Style::Subtitle));
    let columns = notes.columns.iter().filter(|column| !column.notes.is_empty()).count();
    let inner = w.max(titles.min(1100.0)).max(columns as f64 * COLUMN);
    let dx = MARGIN + (inner - w) / 2.0;
    shapes.iter_mut().for_each(|shape| shape.shift(dx, MARGIN + HEAD));
    let mut all = vec![
        Shape::text(at(MARGIN, MARGIN + 20.0), title.clone(), Style::Title, ""),
        Shape::text(at(MARGIN, MARGIN + 43.0), subtitle.clone(), Style::Subtitle, ""),
    ];
    all.extend(shapes);
    let mut bottom = MARGIN + HEAD + h;
    if columns > 0 {
        let top = bottom + 26.0;
        let wide = inner / columns as f64;
        for (place, column) in notes.columns.iter().filter(|column| !column.notes.is_empty()).enumerate() {
            let x = MARGIN + place as f64 * wide;
            bottom = bottom.max(draw(column, x, top, wide - 24.0, &mut all));
        }
    }
    let (w, h) = (inner + 2.0 * MARGIN, bottom + MARGIN);
    let mut shapes = vec![Shape::rect(Rect { x: 0.0, y: 0.0, w, h }, 0.0, "paper")];
    shapes.extend(all);
    Picture { w, h, shapes, description: describe(&subtitle, notes), title }
}

/// Draws a column; the result is where it ends.
fn draw(column: &Column, x: f64, top: f64, wide: f64, shapes: &mut Vec<Shape>) -> f64 {
    let mut y = top;
    if let Some((heading, class)) = &column.heading {
        shapes.push(Shape::text(at(x, y + 14.0), heading, Style::Guest, class));
        y += LINE + 4.0;
    }
    for note in &column.notes {
        let middle = y + LINE / 2.0 - 1.0;
        match &note.key {
            Key::Number(number, class) => {
                shapes.push(Shape::Circle { at: at(x + 10.0, middle), r: 9.5, class: format!("badge {class}") });
                let text = number.to_string();
                shapes.push(Shape::centred(at(x + 10.0, middle + 4.0), text, Style::Number, "on-badge"));
            }
            Key::Cross => {
                shapes.push(Shape::Circle { at: at(x + 10.0, middle), r: 10.0, class: "lost".into() });
                shapes.extend(Shape::cross(at(x + 10.0, middle), 4.0));
            }
            Key::None => {}
        }
        for line in wrap(&note.text, Style::Note, wide - 28.0) {
            shapes.push(Shape::text(at(x + 28.0, y + 14.0), line, Style::Note, &note.class));
            y += LINE;
        }
        y += 4.0;
    }
    y
}

/// `3 nodes, 6 pods, 1 host, as the kernel has it`
fn subtitle(graph: &Graph) -> String {
    let whose = match graph.source {
        Source::Plan => "as planned",
        Source::Kernel => "as the kernel has it",
    };
    let left_out = match graph.left_out {
        0 => String::new(),
        1 => "; one more machine is not drawn".into(),
        n => format!("; {n} more machines are not drawn"),
    };
    let differs = match graph.drift.as_ref().map(Vec::len) {
        None => String::new(),
        Some(0) => ", as its plan says".into(),
        Some(1) => "; 1 thing differs from the plan".into(),
        Some(n) => format!("; {n} things differ from the plan"),
    };
    format!("{}, {whose}{differs}{left_out}", graph.summary())
}

fn describe(subtitle: &str, notes: &Notes) -> String {
    let said = notes.columns.iter().flat_map(|column| &column.notes).map(|note| note.text.as_str());
    std::iter::once(subtitle).chain(said).collect::<Vec<_>>().join(". ")
}
