//! `netlab diff`, `netlab repair`

use std::process::ExitCode;

use clap::Args;

use super::exercise::not_in_an_exercise;
use super::{Common, Inside, colors, print, print_json, width};
use crate::error::{Error, Result, Status};
use crate::kernel::{host, signal};
use crate::repair;
use crate::report::diff;

/// Show what in the running lab differs from its plan, and which command mends it
///
/// The plan is taken as far as the cursor. What is missing, what was changed, and what nobody's step made is shown: links,
/// their settings, addresses, routes, sysctls and nftables rules. Exit status 1 when anything differs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab exec node-1 -- ip route delete 10.244.2.0/24     break something
  netlab diff                                             see what is missing
  netlab graph --diff                                     see it on a picture
  netlab repair                                           put it right")]
pub struct Diff {}

/// Put right what differs from the plan, and nothing else
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab repair --dry-run   print the commands that would mend the lab, in order
  netlab repair             mend it")]
pub struct Repair {
    /// Print the commands, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Diff {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        not_in_an_exercise(&inside.lab, "diff")?;
        let drift = repair::diff(&inside.kernel, &inside.lab, &inside.plan)?;
        if common.json {
            print_json(&diff::document(&inside.plan, &drift))?;
        } else {
            print(&diff::text(&inside.plan, &drift, width(), colors(&std::io::stdout())))?;
            if !drift.mends.is_empty() {
                print(&how_to_mend(drift.mends.len()))?;
            }
        }
        Ok(if drift.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) })
    }
}

fn how_to_mend(count: usize) -> String {
    match count {
        1 => "\n`netlab repair` mends it with one command".into(),
        _ => format!("\n`netlab repair` mends it with {count} commands; `--dry-run` shows them in order"),
    }
}

impl Repair {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        not_in_an_exercise(&inside.lab, "repair")?;
        let color = colors(&std::io::stdout());
        if self.dry_run {
            let drift = repair::diff(&inside.kernel, &inside.lab, &inside.plan)?;
            return match common.json {
                true => print_json(&diff::document(&inside.plan, &drift)),
                false if drift.mends.is_empty() => print(&nothing(&inside)?),
                false => print(&diff::commands(&drift.mends, color)),
            };
        }
        signal::remember_requests_to_stop();
        let repaired = repair::repair(&inside.kernel, &inside.lab, &inside.plan, |mend| match common.json {
            true => Ok(()),
            false => print(&diff::commands(std::slice::from_ref(mend), color)),
        })?;
        match common.json {
            true => print_json(&diff::repair_document(&inside.plan, &repaired))?,
            false if repaired.done.is_empty() && repaired.left.is_empty() => print(&nothing(&inside)?)?,
            false if repaired.left.is_empty() => print(&format!("lab {} is as its plan says again", inside.lab.name))?,
            false => print(&diff::list(&inside.plan, &repaired.left, width(), color))?,
        }
        match repaired.left.is_empty() {
            true => Ok(()),
            false => Err(Error::refused(format!("lab {} still differs from its plan", inside.lab.name))
                .help("mend the rest by hand, or begin again: `netlab down` and `netlab up`")),
        }
    }
}

fn nothing(inside: &Inside) -> Result<String> {
    let lab = &inside.lab.name;
    Ok(match inside.half_built()? {
        None => format!("lab {lab} is as its plan says: nothing to mend"),
        Some((done, total)) => format!(
            "lab {lab} is as its plan says so far ({done} of {total} steps): nothing to mend; `netlab up` does the others"
        ),
    })
}
