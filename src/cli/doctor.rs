//! `netlab doctor`

use std::process::ExitCode;

use clap::Args;

use super::{Common, print, print_json};
use crate::doctor;
use crate::error::{Result, Status};
use crate::lab::Store;
use crate::report::findings;

/// Check whether this machine can run labs, what is missing, and how to get it
///
/// Builds a tiny lab in a sandbox that is thrown away. Exit status 1 if something that labs need is missing.
#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let store = Store::of_this_user();
        let checks = doctor::examine(store.as_ref().map(Store::path).ok());
        match common.json {
            true => print_json(&findings::document(&checks))?,
            false => print(&findings::text(&checks))?,
        }
        let healthy = checks.iter().all(|check| check.verdict != doctor::Verdict::Missing);
        Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) })
    }
}
