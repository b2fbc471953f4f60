//! `netlab exercise`: labs in which something is wrong, for people to find and mend.
//!
//! ```text
//! catalogue  the exercises that come with netlab       decode, model  a file → Exercise
//! start      up ─▶ the fault ─▶ a session begins       session        what a student has done so far, kept with the lab
//! judge      real packets, streams, state ─▶ verdicts  score          points and times     results  a file, where asked
//! rehearse   does what a file says hold? for whoever writes one
//! ```
//!
//! What counts is the state of the network in the end, never the commands that led there: any right mend is accepted, and
//! one that only looks right is not. What `netlab diff` would say is not said while an exercise goes on.

pub mod catalogue;
pub mod clock;
pub mod decode;
pub mod judge;
mod keys;
pub mod model;
pub mod rehearse;
pub mod results;
pub mod score;
pub mod session;
pub mod start;
mod state;
mod values;

use serde_json::Value;

pub use model::Exercise;

/// The JSON schema of an exercise's file.
pub fn schema() -> Value {
    crate::topology::schema_of(&keys::EXERCISE, "netlab exercise")
}
