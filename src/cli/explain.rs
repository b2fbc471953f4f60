//! `netlab explain N [FILE]`

use std::path::PathBuf;

use clap::Args;

use super::{Common, colors, print, print_json, width};
use crate::cursor;
use crate::error::Result;
use crate::lab::Store;
use crate::plan::Plan;
use crate::report::explain;
use crate::topology;

/// Explain a step: what it does, how it is taken back, what stands behind it, and where to read on
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab explain 4                            step 4 of the running lab
  netlab explain 4 topologies/one-node.yaml   step 4 of what is in this file")]
pub struct Explain {
    /// Which step
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    step: u32,
    /// The topology file; without it the running lab's; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Explain {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let topology = match &self.file {
            Some(file) => topology::load(file)?.topology,
            None => Store::of_this_user()?.choose(common.meant()?.as_ref())?.topology()?,
        };
        let plan = Plan::of(&topology);
        let step = cursor::step(&plan, self.step)?;
        match common.json {
            true => print_json(&explain::document(&plan, self.step, step)),
            false => print(&explain::text(&plan, self.step, step, width(), colors(&std::io::stdout()))),
        }
    }
}
