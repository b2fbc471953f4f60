//! A large lab without the machines that a journey has nothing to do with.

use std::collections::BTreeSet;

use super::Graph;
use crate::names::MachineName;

impl Graph {
    /// Only these machines, and those in which they stand.
    #[must_use]
    pub fn only(mut self, machines: &BTreeSet<MachineName>) -> Graph {
        let homes: BTreeSet<MachineName> = self
            .machines
            .iter()
            .filter(|machine| machines.contains(&machine.name))
            .filter_map(|machine| machine.home.clone())
            .collect();
        let all = self.machines.len();
        self.machines.retain(|machine| machines.contains(&machine.name) || homes.contains(&machine.name));
        self.left_out += all - self.machines.len();
        let drawn: BTreeSet<&MachineName> = self.machines.iter().map(|machine| &machine.name).collect();
        for segment in &mut self.segments {
            segment.ends.retain(|end| drawn.contains(&end.machine));
        }
        self
    }
}
