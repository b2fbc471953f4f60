//! `netlab exercise`: every exercise can be solved in more than one way, and what only looks right is refused.
//!
//! ```text
//! bench    a student in a lab          ways      each exercise by its solution, by other ways, and by wrong ones
//! course   hints, points, results      format    mistakes in files of one's own          trouble  interrupted, side by side
//! paths    streams, and what they learn              stopped   Ctrl-C, and scripts that fail
//! ```

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod course;
mod format;
mod paths;
mod stopped;
mod trouble;
mod ways;
