//! `netlab exercise hint [NAME]`, `netlab exercise solution [NAME]`

use std::path::PathBuf;

use clap::Args;

use super::super::{Common, colors, print, print_json, width};
use super::{Which, keep};
use crate::error::Result;
use crate::report::exercise as report;

/// Get the next hint; each costs points
#[derive(Debug, Args)]
pub struct Hint {
    #[command(flatten)]
    which: Which,
}

/// See one way to mend it, and why; the exercise is worth no points then, unless it is solved already
#[derive(Debug, Args)]
pub struct Solution {
    #[command(flatten)]
    which: Which,
}

impl Hint {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let mut ongoing = self.which.ongoing(common)?;
        let hints = ongoing.exercise.hints.len();
        let given = ongoing.update(|session| session.hint(hints))?;
        keep(&ongoing, results)?;
        match common.json {
            true => print_json(&report::hint_document(&ongoing, given)),
            false => print(&report::hint(&ongoing, given, width())),
        }
    }
}

impl Solution {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let mut ongoing = self.which.ongoing(common)?;
        ongoing.update(|session| session.solution_shown |= session.solved_at.is_none())?;
        keep(&ongoing, results)?;
        match common.json {
            true => print_json(&report::solution_document(&ongoing)),
            false => print(&report::solution(&ongoing, width(), colors(&std::io::stdout()))),
        }
    }
}
