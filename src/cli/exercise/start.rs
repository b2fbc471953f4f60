//! `netlab exercise start NAME|FILE`, `netlab exercise reset [NAME]`

use std::path::PathBuf;

use clap::Args;
use nix::unistd::Uid;

use super::super::{Common, LAB_VARIABLE, colors, print, print_json, width};
use super::{Which, keep, manner};
use crate::error::{Error, Result};
use crate::exercise::catalogue;
use crate::exercise::results::probe;
use crate::exercise::session::Session;
use crate::exercise::start::{Started, reset, start};
use crate::lab::Store;
use crate::report::exercise as report;

/// Begin an exercise: its lab is brought up, and its story told; again, while it goes on, only the story
///
/// A file of somebody else's may hold commands, which are run inside the lab as if you had typed them: start only what you
/// trust.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab exercise start red-cannot-ping-blue
  netlab exercise start red-cannot-ping-blue --name ada --results ~/ada.json
  netlab exercise start ./mine.yaml                  one that you have written")]
pub struct Start {
    /// Its name in `netlab exercise list`, or a file of your own; `-` reads standard input
    #[arg(value_name = "NAME|FILE")]
    what: String,
    /// Who you are, for the results [default: your user name]
    #[arg(long, value_name = "STUDENT")]
    name: Option<String>,
}

/// Make the lab of an exercise anew, as it was at the start; the time, the hints and the checks go on counting
///
/// What runs inside the lab, shells too, is ended.
#[derive(Debug, Args)]
pub struct Reset {
    #[command(flatten)]
    which: Which,
}

impl Start {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let student = self.student()?;
        let read = catalogue::find(&self.what)?;
        let store = Store::of_this_user()?;
        outside(common.lab.as_ref().unwrap_or(&read.exercise.name).as_str())?;
        results.as_deref().map_or(Ok(()), probe)?;
        let session = Session::begin(&student, results.clone());
        let Started { ongoing, before } = start(&store, &read, common.lab.as_ref(), session, &manner())?;
        keep(&ongoing, results)?;
        match common.json {
            true => print_json(&report::start_document(&ongoing, before)),
            false => print(&report::start(&ongoing, before, width(), colors(&std::io::stdout()))),
        }
    }

    fn student(&self) -> Result<String> {
        let user = || std::env::var("USER").ok().filter(|name| !name.is_empty());
        let name = self.name.clone().or_else(user).unwrap_or_else(|| format!("user-{}", Uid::current()));
        match name.chars().any(char::is_control) || name.trim().is_empty() || name.len() > 100 {
            true => Err(Error::usage("a student's name is one line of at most 100 bytes").help("give one with --name")),
            false => Ok(name),
        }
    }
}

impl Reset {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let ongoing = self.which.ongoing(common)?;
        outside(ongoing.lab.name.as_str())?;
        let ongoing = reset(&Store::of_this_user()?, ongoing, &manner())?;
        keep(&ongoing, results)?;
        match common.json {
            true => print_json(&report::start_document(&ongoing, true)),
            false => print(&format!("lab {} is as it was at the start; the clock goes on", ongoing.lab.name)),
        }
    }
}

/// Whoever is inside the lab would be taken away with it.
fn outside(lab: &str) -> Result<()> {
    match std::env::var(LAB_VARIABLE).is_ok_and(|inside| inside == lab) {
        true => Err(Error::usage(format!("you are inside lab {lab}, which would be taken away under you"))
            .help("leave its shell first, by `exit`")),
        false => Ok(()),
    }
}
