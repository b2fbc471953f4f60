//! `netlab exercise score [FILE…]`

use std::path::PathBuf;

use clap::Args;

use super::super::{Common, print, print_json, width};
use super::list::records;
use crate::error::{Error, Result};
use crate::exercise::results;
use crate::lab::Store;
use crate::report::exercise as report;

/// Show points and times: your own, or those in files of results
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab exercise score                        your own
  netlab exercise score vm-*.json              those of all students
  netlab exercise score --json vm-*.json")]
pub struct Score {
    /// Files that were made with --results or NETLAB_RESULTS; without any, your own and what goes on
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Score {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<()> {
        let records = match self.files.is_empty() {
            true => records(&Store::of_this_user()?, results)?,
            false => {
                let missing = self.files.iter().find(|path| !path.exists());
                if let Some(path) = missing {
                    return Err(Error::usage(format!("{} does not exist", path.display())));
                }
                let all: Result<Vec<_>> = self.files.iter().map(|path| results::read(path)).collect();
                all?.concat()
            }
        };
        match common.json {
            true => print_json(&report::score_document(&records)),
            false => print(&report::score(&records, width())),
        }
    }
}
