//! `netlab list`: the labs of this machine, running or gone.
//!
//! ```text
//! Store ─▶ each lab's pause process, topology and journal ─▶ [Entry]
//! ```

use serde::Serialize;

use crate::lab::Store;
use crate::names::LabName;
use crate::plan::Plan;

/// A lab in the list.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub lab: LabName,
    /// `running` or `gone`.
    pub state: &'static str,
    /// The pause process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// How many machines it has.
    pub machines: usize,
    /// How many steps are done.
    pub done: usize,
    /// Of how many.
    pub total: u32,
}

/// All labs of a store.
pub fn gather(store: &Store) -> Vec<Entry> {
    let entry = |lab: crate::lab::Lab| {
        let pid = lab.sandbox().map(|sandbox| sandbox.pid());
        let plan = lab.plan().ok();
        let record = plan.as_ref().and_then(|plan| lab.record(plan).ok());
        Entry {
            state: if pid.is_some() { "running" } else { "gone" },
            pid,
            machines: plan.as_ref().map_or(0, |plan| plan.machines.len()),
            done: record.map_or(0, |record| record.done.len()),
            total: plan.as_ref().map_or(0, Plan::len),
            lab: lab.name,
        }
    };
    store.labs().into_iter().map(entry).collect()
}
