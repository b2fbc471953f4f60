//! `netlab trace`: a probe's true journey there and back, and why it died if it did.

pub mod cause;
pub mod frame;
pub mod names;
pub mod outcome;

pub use cause::{CAUSES, Cause};
pub use names::Names;
pub use outcome::{Asked, Death, Evidence, Fact, Hop, Leg, Outcome, Point, Rewrite, Sighting, Timing};
