//! `netlab validate [FILE]`

use clap::Args;
use serde_json::json;

use super::{Common, FileArgument, print, print_json, up};
use crate::error::{Error, Result, Status};
use crate::plan::Plan;
use crate::topology;

/// Check a topology file, and say all that is wrong with it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab validate topologies/three-nodes.yaml
  netlab validate --json mine.yaml     every mistake with its line and column")]
pub struct Validate {
    #[command(flatten)]
    file: FileArgument,
}

impl Validate {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let file = self.file.file.to_string_lossy();
        match topology::load(&self.file.file) {
            Ok(_) if common.json => print_json(&json!({"file": file, "valid": true, "mistakes": []})),
            Ok(loaded) => {
                let plan = Plan::of(&loaded.topology);
                print(&format!("{file}: lab {}: {}; {} steps", plan.lab, up::census(&plan), plan.len()))
            }
            Err(failure) if common.json => {
                print_json(&json!({"file": file, "valid": false, "mistakes": failure.to_json()}))?;
                Err(Error::new(Status::Usage, format!("{file} is not a valid topology")))
            }
            Err(failure) => Err(failure.into()),
        }
    }
}
