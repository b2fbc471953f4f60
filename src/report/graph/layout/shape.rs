//! What a picture is made of: boxes, lines and texts on a plane, in pixels; `y` grows downwards.

use crate::names::MachineName;

/// A place on the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl Point {
    /// The place moved by this much.
    #[must_use]
    pub fn by(self, dx: f64, dy: f64) -> Point {
        Point { x: self.x + dx, y: self.y + dy }
    }
}

/// A place, in short.
pub fn at(x: f64, y: f64) -> Point {
    Point { x, y }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub w: f64,
    /// Its height.
    pub h: f64,
}

impl Rect {
    /// The rectangle moved by this much.
    #[must_use]
    pub fn by(self, dx: f64, dy: f64) -> Rect {
        Rect { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// A square around a place.
    pub fn around(center: Point, side: f64) -> Rect {
        Rect { x: center.x - side / 2.0, y: center.y - side / 2.0, w: side, h: side }
    }
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The picture's title.
    Title,
    /// What stands beside or below it.
    Subtitle,
    /// The name of a machine.
    Name,
    /// That of one within another.
    Guest,
    /// An address, in letters of one width.
    Address,
    /// The name of a link beside its cable.
    Label,
    /// A route or a rule.
    Caption,
    /// A line below the picture.
    Note,
    /// A number in a circle.
    Number,
}

impl Style {
    /// All of them.
    pub const ALL: [Style; 9] = [
        Style::Title,
        Style::Subtitle,
        Style::Name,
        Style::Guest,
        Style::Address,
        Style::Label,
        Style::Caption,
        Style::Note,
        Style::Number,
    ];

    /// The height of its letters in pixels.
    pub fn size(self) -> f64 {
        match self {
            Style::Title => 22.0,
            Style::Name => 16.0,
            Style::Subtitle | Style::Note => 14.0,
            Style::Guest | Style::Address => 13.0,
            Style::Caption => 12.0,
            Style::Label | Style::Number => 11.0,
        }
    }

    /// Whether all its letters are of one width.
    pub fn mono(self) -> bool {
        matches!(self, Style::Address | Style::Label | Style::Caption)
    }

    /// Whether it is bold.
    pub fn bold(self) -> bool {
        matches!(self, Style::Title | Style::Name | Style::Guest | Style::Number)
    }

    /// Its name in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Style::Title => "title",
            Style::Subtitle => "subtitle",
            Style::Name => "name",
            Style::Guest => "guest-name",
            Style::Address => "address",
            Style::Label => "label",
            Style::Caption => "caption",
            Style::Note => "note",
            Style::Number => "number",
        }
    }
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
}

/// Something to draw. A `class` is what the style sheet calls it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rect {
        /// Where.
        rect: Rect,
        /// How round its corners are.
        radius: f64,
        /// What it is.
        class: String,
    },
    /// A line through some places.
    Line {
        /// These.
        points: Vec<Point>,
        /// What it is.
        class: String,
    },
    /// A text; its place is on the line that its letters stand on.
    Text {
        /// Where.
        at: Point,
        /// What.
        text: String,
        /// How it is set.
        style: Style,
        /// What stands at the place.
        anchor: Anchor,
        /// What it is, beside its style.
        class: String,
    },
    /// A circle.
    Circle {
        /// Its centre.
        at: Point,
        /// Its radius.
        r: f64,
        /// What it is.
        class: String,
    },
    /// Things that belong together.
    Group {
        /// The machine that it is, if it is one; that of a network is the fabric.
        machine: Option<MachineName>,
        /// What is told of it on demand.
        title: String,
        /// What it is.
        class: String,
        /// What it consists of.
        shapes: Vec<Shape>,
    },
}

impl Shape {
    /// A text that begins at a place.
    pub fn text(at: Point, text: impl Into<String>, style: Style, class: impl Into<String>) -> Shape {
        Shape::Text { at, text: text.into(), style, anchor: Anchor::Start, class: class.into() }
    }

    /// A text whose middle is at a place.
    pub fn centred(at: Point, text: impl Into<String>, style: Style, class: impl Into<String>) -> Shape {
        Shape::Text { at, text: text.into(), style, anchor: Anchor::Middle, class: class.into() }
    }

    /// A rectangle.
    pub fn rect(rect: Rect, radius: f64, class: impl Into<String>) -> Shape {
        Shape::Rect { rect, radius, class: class.into() }
    }

    /// A line.
    pub fn line(points: impl Into<Vec<Point>>, class: impl Into<String>) -> Shape {
        Shape::Line { points: points.into(), class: class.into() }
    }

    /// A cross at a place: here something ends.
    pub fn cross(center: Point, arm: f64) -> [Shape; 2] {
        let line = |dx: f64, dy: f64| Shape::line([center.by(-dx, -dy), center.by(dx, dy)], "cross");
        [line(arm, arm), line(arm, -arm)]
    }

    /// Moves it.
    pub fn shift(&mut self, dx: f64, dy: f64) {
        match self {
            Shape::Rect { rect, .. } => *rect = rect.by(dx, dy),
            Shape::Line { points, .. } => points.iter_mut().for_each(|point| *point = point.by(dx, dy)),
            Shape::Text { at, .. } | Shape::Circle { at, .. } => *at = at.by(dx, dy),
            Shape::Group { shapes, .. } => shapes.iter_mut().for_each(|shape| shape.shift(dx, dy)),
        }
    }
}
