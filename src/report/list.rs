//! The labs of this machine.

use super::{lines, table};
use crate::list::Entry;

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
