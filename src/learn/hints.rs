//! Hints: the next sentence, then the command, then the background.
//!
//! ```text
//! netlab hint    step 10: Create a veth pipe with the ends veth-red and peer-red …
//! netlab hint    step 10: ip -n node-1 link add veth-red type veth peer name peer-red
//! ```
//!
//! They are kept in a file of the lab, a line each, so that any terminal can ask, and the lesson can count.

use crate::error::Result;
use crate::lab::Lab;

/// A hint that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// For which step.
    pub step: u32,
    /// How much was told.
    pub level: Level,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What is to be done, and why.
    Sentence,
    /// The command.
    Command,
}

impl Level {
    /// The word for it in files and documents.
    pub fn word(self) -> &'static str {
        match self {
            Level::Sentence => "sentence",
            Level::Command => "command",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Level::Sentence, Level::Command].into_iter().find(|level| level.word() == word)
    }
}

/// The hints that were given in a lab.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints(Vec<Hint>);

impl Hints {
    /// Reads what was given so far.
    pub fn of(lab: &Lab) -> Self {
        let text = lab.hints();
        let line = |line: &str| {
            let (step, level) = line.split_once(' ')?;
            Some(Hint { step: step.parse().ok()?, level: Level::parse(level)? })
        };
        Hints(text.lines().filter_map(line).collect())
    }

    /// All of them, the first one first.
    pub fn all(&self) -> &[Hint] {
        &self.0
    }

    /// What to tell next about a step: more than the last time.
    pub fn next(&self, step: u32) -> Hint {
        let told = self.0.iter().any(|hint| hint.step == step);
        Hint { step, level: if told { Level::Command } else { Level::Sentence } }
    }

    /// Remembers that a hint was given.
    ///
    /// # Errors
    /// When the lab's directory cannot be written.
    pub fn give(lab: &Lab, hint: Hint) -> Result<()> {
        lab.add_hint(&format!("{} {}\n", hint.step, hint.level.word()))
    }
}
