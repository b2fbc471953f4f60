//! `netlab exercise check [NAME]`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::super::{Common, colors, print, print_json, width};
use super::{Which, keep};
use crate::error::{Result, Status};
use crate::exercise::judge;
use crate::kernel::host;
use crate::report::exercise as report;

/// Find out whether an exercise is solved: by real packets, and by the state of the machines
///
/// Says what is not yet as it should be, and not why. Exit status 1 while anything is not.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    which: Which,
}

impl Check {
    pub(super) fn run(self, common: &Common, results: Option<PathBuf>) -> Result<ExitCode> {
        host::allow_many_files();
        let mut ongoing = self.which.ongoing(common)?;
        let kernel = ongoing.sandbox()?.enter()?;
        let verdicts = judge::judge(&kernel, &ongoing.lab, &ongoing.exercise)?;
        let passed = verdicts.iter().all(|verdict| verdict.holds);
        ongoing.update(|session| session.checked(passed))?;
        keep(&ongoing, results)?;
        match common.json {
            true => print_json(&report::check_document(&ongoing, &verdicts))?,
            false => print(&report::check(&ongoing, &verdicts, width(), colors(&std::io::stdout())))?,
        }
        Ok(if passed { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) })
    }
}
