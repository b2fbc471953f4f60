//! The labs of this machine.

use serde::Serialize;

use super::{lines, table};
use crate::lab::Store;
use crate::names::LabName;
use crate::plan::Plan;

/// A lab in the list.
#[derive(Debug, Serialize)]
pub struct Entry {
    lab: LabName,
    /// `running` or `gone`.
    state: &'static str,
    /// The pause process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    /// How many machines it has.
    machines: usize,
    /// How many steps are done, and of how many.
    done: usize,
    total: u32,
}

/// All labs of a store.
pub fn gather(store: &Store) -> Vec<Entry> {
    let entry = |lab: crate::lab::Lab| {
        let pid = lab.sandbox().map(|sandbox| sandbox.pid());
        let plan = lab.topology().ok().map(|topology| Plan::of(&topology));
        Entry {
            state: if pid.is_some() { "running" } else { "gone" },
            pid,
            machines: plan.as_ref().map_or(0, |plan| plan.machines.len()),
            done: plan.as_ref().map_or(0, |plan| lab.record(plan).done.len()),
            total: plan.as_ref().map_or(0, Plan::len),
            lab: lab.name,
        }
    };
    store.labs().into_iter().map(entry).collect()
}

/// The list for people.
pub fn text(labs: &[Entry], columns: usize) -> String {
    if labs.is_empty() {
        return "no lab is up\n".into();
    }
    let mut table = table(columns, ["LAB", "STATE", "MACHINES", "STEPS", "PAUSE PID"]);
    for lab in labs {
        table.add_row([
            lab.lab.to_string(),
            lab.state.to_owned(),
            lab.machines.to_string(),
            format!("{}/{}", lab.done, lab.total),
            lab.pid.map_or_else(|| "-".into(), |pid| pid.to_string()),
        ]);
    }
    lines(&table)
}
