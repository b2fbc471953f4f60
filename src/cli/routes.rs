//! `netlab routes [MACHINE…]`

use clap::Args;

use super::{Common, Inside, print, print_json, width};
use crate::error::Result;
use crate::kernel::observe::{View, observe};
use crate::names::MachineName;
use crate::prose::wrap;
use crate::report::routes;

/// Print route tables side by side, as the kernel has them
///
/// Without names: every node's, and those of the clusters' routers; and how many routes it takes that pods of different nodes
/// reach each other, beside how many `routing: nodeRoutes` would take.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab routes
  netlab routes node-1 pod-a outside")]
pub struct Routes {
    /// Whose tables
    #[arg(value_name = "MACHINE")]
    machines: Vec<String>,
}

impl Routes {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let named = self.machines.iter().map(|name| inside.machine(name)).collect::<Result<Vec<MachineName>>>()?;
        let topology = inside.lab.topology()?;
        let all = named.is_empty();
        let machines = match all {
            true => {
                let nodes = topology.nodes.iter().map(|node| &node.machine.name);
                nodes.chain(routes::routers(&topology)).cloned().collect()
            }
            false => named,
        };
        let seen = observe(&inside.kernel, &machines, &View::ROUTES)?;
        let growth = all.then(|| routes::count(&topology, &seen)).flatten();
        if common.json {
            return print_json(&routes::document(&inside.plan.lab, &machines, &seen, growth));
        }
        let lines = growth.map_or_else(Vec::new, |growth| wrap(&growth.line(), width()));
        let lines: String = lines.iter().map(|line| format!("\n{line}")).collect();
        let end = if lines.is_empty() { "" } else { "\n" };
        print(&format!("{}{lines}{end}", routes::text(&machines, &seen, width())))
    }
}
