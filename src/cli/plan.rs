//! `netlab plan [FILE]`

use clap::{Args, ValueEnum};

use super::{Common, FileArgument, colors, print, print_json, width};
use crate::error::Result;
use crate::plan::Plan;
use crate::report::{plan, script, worksheet};
use crate::topology::capacity::Capacity;

/// Print what `up` would do, step by step
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab plan topologies/three-nodes.yaml
  netlab plan topologies/one-node.yaml --format sh > lab.sh
  unshare --user --map-root-user --net --mount sh -c '. ./lab.sh; exec sh'

A handout to work through:
  netlab plan topologies/one-node.yaml --format markdown > worksheet.md")]
pub struct PlanCommand {
    #[command(flatten)]
    file: FileArgument,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Chapters of numbered steps, with sentence and command
    Table,
    /// A POSIX shell script that builds the same lab by hand
    Sh,
    /// A worksheet in Markdown: a picture, the commands, what is to be seen, questions and answers
    Markdown,
    /// {lab, capacity, steps: [{number, chapter, machine, sentence, command, undo}]}
    Json,
}

impl PlanCommand {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let topology = self.file.load(common)?.topology;
        let (plan, room) = (Plan::of(&topology), Capacity::of(&topology));
        match self.format {
            _ if common.json => print_json(&plan::document(&plan, &room)),
            Format::Json => print_json(&plan::document(&plan, &room)),
            Format::Table => print(&plan::text(&plan, &room, width(), colors(&std::io::stdout()))),
            Format::Sh => print(&script::text(&plan)),
            Format::Markdown => print(&worksheet::text(&plan, &room, &self.file.named())),
        }
    }
}
