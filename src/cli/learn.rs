//! `netlab learn [FILE]`, `netlab hint`

use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::Args;

use super::{Common, FileArgument, Inside, colors, print, print_json, width};
use crate::cursor;
use crate::error::{Error, Result, Status};
use crate::kernel::signal;
use crate::lab::Store;
use crate::learn::{self, Hints, Lesson};
use crate::plan::Plan;
use crate::report::learn as report;
use crate::run::Manner;
use crate::up;

/// Make an empty lab, in which you type the commands and netlab ticks the steps
///
/// Open `netlab shell` in another terminal and build the lab there with ip, nft and sysctl. netlab listens to the kernel:
/// each step is ticked as soon as its effect appears, whatever command produced it and in whatever order; what no step
/// explains is named. Ends when all steps are in force, on q, or on Ctrl-C; exit status 1 when steps are left.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab learn topologies/one-node.yaml          build it all by hand
  netlab learn topologies/one-node.yaml --from 10 --to 18   one pod's veth pipe
  netlab hint                                    what comes next, then how
  netlab learn --json topologies/one-node.yaml   a line of JSON for each event")]
pub struct Learn {
    #[command(flatten)]
    file: FileArgument,
    /// The first step that is yours; netlab does those before it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    from: u32,
    /// The last step that is yours
    #[arg(long, value_name = "N")]
    to: Option<u32>,
}

/// In a lesson: what comes next, as a sentence; asked again, as a command
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab hint     what the next step is for
  netlab hint     and how it is typed")]
pub struct HintCommand {}

impl Learn {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        let loaded = self.file.load(common)?;
        let plan = Plan::of(&loaded.topology);
        let to = self.to.unwrap_or(plan.len());
        cursor::within(&plan, to)?;
        if self.from > to {
            return Err(Error::usage(format!("there is nothing to learn from step {} to step {to}", self.from))
                .help(format!("lab {} has steps 1 to {}", plan.lab, plan.len())));
        }
        let store = Store::of_this_user()?;
        let manner = Manner { one_by_one: false, die_after: None };
        up::same_plan(&store.lab(&plan.lab), &plan)?;
        let up = up::up(&store, &loaded, Some(self.from - 1), &manner, |_| Box::new(|_, _| {}))?;
        let lab = store.lab(&plan.lab);
        signal::remember_requests_to_stop();
        let stdin = std::io::stdin();
        let input = stdin.as_fd().try_clone_to_owned().ok().map(File::from);
        let keys = stdin.is_terminal() && std::io::stdout().is_terminal();
        let style = report::Style { columns: width(), color: colors(&std::io::stdout()), keys };
        let lesson = Lesson::new(&plan, self.from, to, &lab.record(&plan)?.done);
        let outcome = learn::learn(&up.kernel, &lab, &plan, lesson, input, |lesson, event| match common.json {
            true => print(&report::document(&plan, lesson, event).to_string()),
            false => print(&report::text(&plan, lesson, event, style)),
        })?;
        match common.json {
            true => print(&report::summary_document(&plan.lab, &outcome).to_string())?,
            false => print(&report::summary(&plan.lab, &outcome, width()))?,
        }
        let status = match outcome.complete {
            true => return Ok(ExitCode::SUCCESS),
            false if signal::asked_to_stop() => Status::Stopped,
            false => Status::Negative,
        };
        Ok(ExitCode::from(status as u8))
    }
}

impl HintCommand {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        if inside.lab.is_of_an_exercise() {
            return Err(Error::usage(format!("lab {} is an exercise, not a lesson", inside.lab.name))
                .help("`netlab exercise hint` gives its hints"));
        }
        let record = inside.lab.record(&inside.plan)?;
        let Some(step) = record.next(inside.plan.len()) else {
            return match common.json {
                true => print_json(&serde_json::json!({"event": "hint", "step": null})),
                false => print("all steps are in force: there is nothing left to hint at"),
            };
        };
        let hint = Hints::of(&inside.lab).next(step);
        Hints::give(&inside.lab, hint)?;
        match common.json {
            true => print_json(&report::hint_document(&inside.plan, hint)),
            false => print(&report::hint(&inside.plan, hint, width(), colors(&std::io::stdout()))),
        }
    }
}
