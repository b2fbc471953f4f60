//! `netlab generate NODES PODS`

use clap::Args;

use super::print;
use crate::error::Result;
use crate::topology;

/// Print the topology of a cluster of any size
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab generate 20 50 > large.yaml    20 nodes with 50 pods each
  netlab generate 5 2 | netlab up -")]
pub struct Generate {
    /// How many nodes
    #[arg(value_parser = clap::value_parser!(u32).range(1..=250))]
    nodes: u32,
    /// How many pods on each node
    #[arg(value_parser = clap::value_parser!(u32).range(0..=250))]
    pods: u32,
}

impl Generate {
    pub(super) fn run(self) -> Result<()> {
        print(&topology::generate(self.nodes as usize, self.pods as usize))
    }
}
