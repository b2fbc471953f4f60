//! The exercises that come with netlab, from the easiest to the hardest; and those that somebody else has written.
//!
//! ```text
//! netlab exercise start red-cannot-ping-blue     one of these
//! netlab exercise start ./mine.yaml              a file
//! ```

use std::path::Path;

use super::decode;
use super::model::Exercise;
use crate::error::{Error, Result};
use crate::topology::fields::nearest;
use crate::topology::source;

/// The files of `tutorials/exercises/`, in the order of the list.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../tutorials/exercises/", $name, ".yaml")))),*]
    };
}

/// Names and texts.
pub const FILES: &[(&str, &str)] = files![
    "red-cannot-ping-blue",
    "a-cable-that-ends-nowhere",
    "half-a-subnet",
    "no-way-out",
    "the-forgotten-route",
    "the-neighbour-as-gateway",
    "a-node-that-keeps-everything",
    "the-router-was-not-told",
    "one-way-street",
    "two-of-the-same",
    "strangers-outside",
    "everybody-is-node-1",
    "the-wrong-chain",
    "answers-are-not-welcome",
    "six-stays-at-home",
    "a-digit-in-sixteen-bytes",
    "a-table-nobody-reads",
    "on-one-wire-and-apart",
    "two-ways-home",
    "large-packets-vanish",
];

/// An exercise with the text that it was read from.
#[derive(Debug, Clone)]
pub struct Read {
    /// The text.
    pub text: String,
    /// What it means.
    pub exercise: Exercise,
}

/// All that come with netlab.
///
/// # Errors
/// None that a released netlab could have: a test reads them all.
pub fn all() -> Result<Vec<Exercise>> {
    FILES.iter().map(|(name, text)| Ok(decode::parse(name, text)?)).collect()
}

/// The exercise that comes after this one in the list.
pub fn next(name: &str) -> Option<&'static str> {
    let place = FILES.iter().position(|(known, _)| *known == name)?;
    FILES.get(place + 1).map(|(next, _)| *next)
}

/// The exercise of this name, or in this file.
///
/// # Errors
/// When there is none, or something is wrong with the file.
pub fn find(what: &str) -> Result<Read> {
    if let Some((name, text)) = FILES.iter().find(|(name, _)| *name == what) {
        return Ok(Read { text: (*text).to_owned(), exercise: decode::parse(name, text)? });
    }
    let path = Path::new(what);
    let is_file = what == "-" || what.contains(['/', '.']) || path.is_file();
    if !is_file {
        let names = || FILES.iter().map(|(name, _)| *name);
        let help = match nearest(what, names()) {
            Some(meant) => format!("did you mean {meant}? `netlab exercise list` lists them all"),
            None => "`netlab exercise list` lists them; a file of your own is named by its path: ./mine.yaml".into(),
        };
        return Err(Error::usage(format!("there is no exercise {what}")).help(help));
    }
    let (name, text) = source::read(path)?;
    let exercise = decode::parse(&name, &text)?;
    Ok(Read { text, exercise })
}
