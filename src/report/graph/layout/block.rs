//! A part of the picture that is laid out by itself and put into its place later.

use super::shape::{Point, Shape};
use super::spots::Spots;
use crate::network::Peer;

/// A machine that stands for itself, with all that is in it.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Its width.
    pub w: f64,
    /// Its height.
    pub h: f64,
    /// What is drawn.
    pub shapes: Vec<Shape>,
    /// Where its links are.
    pub spots: Spots,
    /// The cables that leave it downwards.
    pub drops: Vec<Drop>,
}

/// A cable that leaves a machine.
#[derive(Debug, Clone)]
pub struct Drop {
    /// To which segment; to none, when its other end leads nowhere.
    pub segment: Option<usize>,
    /// The other end.
    pub port: Option<Peer>,
    /// Where it begins.
    pub at: Point,
    /// What the style sheet calls it.
    pub class: String,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

impl Block {
    /// The same without anything drawn: enough to know how large rows of them are.
    #[must_use]
    pub fn outline(&self) -> Block {
        Block { w: self.w, h: self.h, drops: self.drops.clone(), ..Block::default() }
    }

    /// Makes it as wide as its column, if it nearly is.
    #[must_use]
    pub fn stretch(mut self, w: f64) -> Block {
        if self.w < w * 0.75 {
            return self;
        }
        if let Some(Shape::Group { shapes, .. }) = self.shapes.first_mut()
            && let Some(Shape::Rect { rect, .. }) = shapes.first_mut()
        {
            rect.w = rect.w.max(w);
            self.w = rect.w;
        }
        self
    }

    /// Puts it into its place.
    #[must_use]
    pub fn shift(mut self, dx: f64, dy: f64) -> Block {
        self.shapes.iter_mut().for_each(|shape| shape.shift(dx, dy));
        self.spots.shift(dx, dy);
        self.drops.iter_mut().for_each(|drop| drop.at = drop.at.by(dx, dy));
        self
    }
}
