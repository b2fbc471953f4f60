//! `netlab expand [FILE]`

use clap::Args;

use super::{Common, FileArgument, print, print_json};
use crate::error::{Error, Result};

/// Print a topology spelled out: everything that was derived, written down
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab expand topologies/three-nodes-short.yaml
  netlab expand topologies/three-nodes-short.yaml > mine.yaml
  netlab up mine.yaml")]
pub struct Expand {
    #[command(flatten)]
    file: FileArgument,
}

impl Expand {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let yaml = self.file.load(common)?.topology.to_yaml();
        if !common.json {
            return print(&yaml);
        }
        let document: serde_json::Value =
            serde_yaml::from_str(&yaml).map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
        print_json(&document)
    }
}
