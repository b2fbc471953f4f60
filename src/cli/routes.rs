//! `netlab routes [MACHINE…]`

use clap::Args;

use super::{Common, Inside, print, print_json, width};
use crate::error::Result;
use crate::kernel::observe::{View, observe};
use crate::names::MachineName;
use crate::plan::Kind;
use crate::report::routes;

/// Print route tables side by side, as the kernel has them
///
/// Without names: every node's.
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
        let nodes = inside.plan.machines.iter().filter(|member| member.kind == Kind::Node).map(|m| m.name.clone());
        let machines = if named.is_empty() { nodes.collect() } else { named };
        let seen = observe(&inside.kernel, &machines, &View::ROUTES)?;
        match common.json {
            true => print_json(&routes::document(&inside.plan.lab, &machines, &seen)),
            false => print(&routes::text(&machines, &seen, width())),
        }
    }
}
