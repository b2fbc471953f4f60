//! `netlab exercise try FILE`

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::super::{Common, colors, print, print_json, width};
use crate::error::{Result, Status};
use crate::exercise::catalogue;
use crate::exercise::rehearse::{Attempt, rehearse};
use crate::lab::Store;
use crate::names::LabName;
use crate::report::exercise as report;

/// Try an exercise before others do: its solution and its other ways must be accepted, its wrong ways refused
///
/// In a lab of its own, which is taken away in the end. Exit status 1 when anything is not as the file says.
#[derive(Debug, Args)]
pub struct Try {
    /// A file of your own, or the name of one that comes with netlab
    #[arg(value_name = "FILE|NAME")]
    what: String,
}

impl Try {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let read = catalogue::find(&self.what)?;
        let name = common.lab.clone().map_or_else(|| trial(&read.exercise.name), Ok)?;
        let lab = Store::of_this_user()?.lab(&name);
        let (mut well, mut attempts) = (true, Vec::new());
        rehearse(&read, &lab, |attempt| {
            well &= attempt.is_well();
            match common.json {
                true => attempts.push(document(attempt)),
                false => print(&report::attempt(attempt, width(), colors(&std::io::stdout())))?,
            }
            Ok(())
        })?;
        match (common.json, well) {
            (true, _) => print_json(&json!({"exercise": read.exercise.name, "well": well, "attempts": attempts}))?,
            (false, true) => print(&format!("{} is as its file says", read.exercise.name))?,
            (false, false) => print(&format!("{} is not as its file says", read.exercise.name))?,
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) })
    }
}

/// The name of the lab in which an exercise is tried.
fn trial(name: &LabName) -> Result<LabName> {
    let short: String = name.as_str().chars().take(55).collect();
    format!("try-{short}")
        .parse()
        .map_err(|why| crate::error::Error::usage(format!("{why}")).help("give one with --lab"))
}

fn document(attempt: &Attempt) -> Value {
    let (accepted, said) = match &attempt.came {
        Ok(accepted) => (Value::from(*accepted), Value::Null),
        Err(said) => (Value::Null, Value::from(said.as_str())),
    };
    json!({"what": attempt.what, "why": attempt.why, "wanted": attempt.wanted, "accepted": accepted, "said": said})
}
