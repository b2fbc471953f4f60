//! `netlab show MACHINE`

use clap::Args;

use super::{Common, Inside, colors, print, print_json, width};
use crate::error::{Error, Result};
use crate::kernel::observe::{View, observe};
use crate::report::show;

/// Show one machine: links, addresses, routes, neighbours, FDB and rules, as the kernel has them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab show node-1
  netlab show pod-a --json
  netlab show fabric     the switches between the machines")]
pub struct Show {
    /// Which machine
    #[arg(value_name = "MACHINE")]
    machine: String,
}

impl Show {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let machine = inside.machine(&self.machine)?;
        let seen = observe(&inside.kernel, [&machine], &View { ipam: true, ..View::ALL })?;
        let Some(namespace) = seen.get(&machine) else {
            return Err(Error::usage(format!("{machine} does not exist yet, or not any more"))
                .help("`netlab status` shows how far the lab has come; `netlab up` does what is missing"));
        };
        match common.json {
            true => print_json(&show::document(&machine, namespace)),
            false => print(&show::text(&machine, namespace, width(), colors(&std::io::stdout()))),
        }
    }
}
