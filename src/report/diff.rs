//! What differs from a plan, and what mends it.
//!
//! ```text
//! node-1
//!   missing  step 41  route 10.244.2.0/24 via 192.168.1.12
//!                     ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12
//! pod-a
//!   foreign           address 10.244.1.2/16 on eth0
//!                     ip -n pod-a addr delete 10.244.1.2/16 dev eth0
//! ```

use serde::Serialize;

use super::Paint;
use super::status::Cursor;
use crate::diff::{Difference, Mend, Sort};
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::repair::{Drift, Repaired};

/// What differs, for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    cursor: Cursor,
    differences: Vec<DifferenceDocument<'a>>,
    /// All commands that mend them, in the order in which they are to be typed.
    mends: Vec<MendDocument<'a>>,
}

/// What a repair did, for programs.
#[derive(Debug, Serialize)]
pub struct RepairDocument<'a> {
    lab: &'a LabName,
    done: Vec<MendDocument<'a>>,
    left: Vec<DifferenceDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct DifferenceDocument<'a> {
    machine: &'a MachineName,
    /// `missing`, `changed` or `foreign`.
    sort: &'static str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    /// Whether it only follows from another difference.
    follows: bool,
    commands: Vec<String>,
}

#[derive(Debug, Serialize)]
struct MendDocument<'a> {
    machine: &'a MachineName,
    command: String,
}

fn differences(all: &[Difference]) -> Vec<DifferenceDocument<'_>> {
    all.iter().map(DifferenceDocument::of).collect()
}

impl<'a> DifferenceDocument<'a> {
    fn of(difference: &'a Difference) -> Self {
        DifferenceDocument {
            machine: &difference.machine,
            sort: difference.sort.word(),
            what: &difference.what,
            step: difference.step,
            follows: difference.follows,
            commands: difference.mends.iter().map(Mend::command).collect(),
        }
    }
}

fn mends(all: &[Mend]) -> Vec<MendDocument<'_>> {
    all.iter().map(|mend| MendDocument { machine: &mend.machine, command: mend.command() }).collect()
}

/// What differs, for programs.
pub fn document<'a>(plan: &'a Plan, drift: &'a Drift) -> Document<'a> {
    Document {
        lab: &plan.lab,
        cursor: Cursor::of(plan, &drift.record),
        differences: differences(&drift.differences),
        mends: mends(&drift.mends),
    }
}

/// What a repair did, for programs.
pub fn repair_document<'a>(plan: &'a Plan, repaired: &'a Repaired) -> RepairDocument<'a> {
    RepairDocument { lab: &plan.lab, done: mends(&repaired.done), left: differences(&repaired.left) }
}

/// What differs, for people. What only follows from something else is counted, not listed.
pub fn text(plan: &Plan, drift: &Drift, columns: usize, color: bool) -> String {
    let (done, total) = (drift.record.done.len(), plan.len());
    let cursor =
        if done == plan.steps.len() { format!("all {total} steps") } else { format!("{done} of {total} steps") };
    match drift.differences.len() {
        0 => format!("lab {} is as its plan says ({cursor})\n", plan.lab),
        n => {
            let differs = if n == 1 { "1 thing differs".into() } else { format!("{n} things differ") };
            format!("lab {}: {differs} from its plan ({cursor})\n", plan.lab)
                + &list(plan, &drift.differences, columns, color)
        }
    }
}

/// A list of differences by machine.
pub fn list(plan: &Plan, all: &[Difference], columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let width = plan.len().to_string().len() + "step ".len();
    let margin = "  missing  ".len() + width + 2;
    let mut text = String::new();
    let mut machine = None;
    for difference in all.iter().filter(|difference| !difference.follows) {
        if machine != Some(&difference.machine) {
            machine = Some(&difference.machine);
            text.push_str(&format!("\n{}\n", paint.bold(difference.machine.as_str())));
        }
        let code = match difference.sort {
            Sort::Missing => "31",
            Sort::Changed => "33",
            Sort::Foreign => "35",
        };
        let step = difference.step.map(|step| format!("step {step}")).unwrap_or_default();
        let mut head = format!("  {}  {step:<width$}  ", paint.with(code, difference.sort.word()));
        for line in wrap(&difference.what, columns.saturating_sub(margin)) {
            text.push_str(&format!("{head}{line}\n"));
            head = " ".repeat(margin);
        }
        for mend in &difference.mends {
            text.push_str(&format!("{}{}\n", " ".repeat(margin), paint.command(&mend.command())));
        }
    }
    let follow = all.iter().filter(|difference| difference.follows).count();
    match follow {
        0 => {}
        1 => text.push_str("\nOne more thing differs, which follows from these.\n"),
        n => text.push_str(&format!("\n{n} more things differ, which follow from these.\n")),
    }
    text
}

/// The commands that would be run.
pub fn commands(mends: &[Mend], color: bool) -> String {
    mends.iter().map(|mend| format!("{}\n", Paint(color).command(&mend.command()))).collect()
}
