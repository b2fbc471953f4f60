//! `netlab schema`

use clap::Args;

use super::print_json;
use crate::error::Result;
use crate::topology;

/// Print the JSON schema of topology files, for editors
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  netlab schema > topology.schema.json
  and, for editors with the YAML language server, as the first line of a file:
  # yaml-language-server: $schema=./topology.schema.json")]
pub struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<()> {
        print_json(&topology::schema())
    }
}
