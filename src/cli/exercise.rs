//! `netlab exercise list|start|hint|check|solution|reset|score|try|schema`: their files are below.
//!
//! ```text
//! netlab exercise [--results FILE] ACTION [NAME]      without a name: the exercise that goes on, if it is only one
//! ```

mod check;
mod help;
mod list;
mod rehearse;
mod score;
mod start;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Common, print_json};
use crate::error::{Error, Result};
use crate::exercise::results::{self, Record};
use crate::exercise::session::Ongoing;
use crate::lab::{Lab, Store};
use crate::names::LabName;
use crate::run::{DIE_AFTER, Manner};

/// Find what is wrong in a lab, and mend it
///
/// Each exercise has a story, a lab in which something is wrong, hints in stages, and a check that accepts any right mend:
/// it looks at the network and not at what you typed. You mend with the tools that you know, in `netlab shell`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab exercise list                           what there is
  netlab exercise start red-cannot-ping-blue     a lab of its own, and the story
  netlab shell node-1                            look, and mend
  netlab exercise hint                           the next hint, for 15 points
  netlab exercise check                          solved? 5 points less if not
  netlab exercise solution                       one way to mend it; no points
  netlab down                                    take the lab away
  netlab exercise try mine.yaml                  one that you have written

Exit status of `check`: 0 solved, 1 not yet.")]
pub struct Exercise {
    #[command(subcommand)]
    action: Action,
    /// Keep the results in this file too, a JSON document a line; without it they go with the lab
    #[arg(long, global = true, value_name = "FILE", env = "NETLAB_RESULTS", display_order = 800)]
    results: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(list::List),
    Start(start::Start),
    Hint(help::Hint),
    Check(check::Check),
    Solution(help::Solution),
    Reset(start::Reset),
    Score(score::Score),
    Try(rehearse::Try),
    /// Print the JSON schema of exercises' files, for editors
    Schema,
}

impl Exercise {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let results = self.results.as_deref().filter(|path| !path.as_os_str().is_empty());
        let results = results.map(std::path::absolute).transpose();
        let results = results.map_err(|e| Error::usage(format!("--results is not a path: {e}")))?;
        let done = match self.action {
            Action::Check(action) => return action.run(common, results),
            Action::Try(action) => return action.run(common),
            Action::List(action) => action.run(common, results),
            Action::Start(action) => action.run(common, results),
            Action::Hint(action) => action.run(common, results),
            Action::Solution(action) => action.run(common, results),
            Action::Reset(action) => action.run(common, results),
            Action::Score(action) => action.run(common, results),
            Action::Schema => print_json(&crate::exercise::schema()),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// Which exercise is meant.
#[derive(Debug, Args)]
struct Which {
    /// Which exercise; without it the one that goes on
    #[arg(value_name = "NAME")]
    name: Option<LabName>,
}

impl Which {
    fn ongoing(&self, common: &Common) -> Result<Ongoing> {
        let named = self.name.clone().map_or_else(|| common.meant(), |name| Ok(Some(name)))?;
        Ongoing::choose(&Store::of_this_user()?, named.as_ref())
    }
}

/// Writes how an exercise stands into the file that was asked for, now or at its start.
fn keep(ongoing: &Ongoing, results: Option<PathBuf>) -> Result<()> {
    match results.as_ref().or(ongoing.session.results.as_ref()) {
        Some(path) => results::keep(path, &Record::of(&ongoing.exercise, &ongoing.session)),
        None => Ok(()),
    }
}

/// How labs are brought up: tests may ask that it be interrupted.
fn manner() -> Manner {
    let die_after = std::env::var(DIE_AFTER).ok().and_then(|text| text.parse().ok());
    Manner { one_by_one: false, die_after }
}

/// The error that a command would give the answer away, in the lab of an exercise.
pub(super) fn not_in_an_exercise(lab: &Lab, command: &str) -> Result<()> {
    match lab.is_of_an_exercise() {
        false => Ok(()),
        true => Err(Error::usage(format!(
            "lab {} is an exercise, and `netlab {command}` would solve it or spoil it",
            lab.name
        ))
        .help(
            "`netlab exercise hint` helps, `netlab exercise solution` tells all, `netlab exercise reset` begins again",
        )),
    }
}
