//! `netlab man [COMMAND]`

use clap::{Args, CommandFactory};

use super::{Cli, print};
use crate::error::{Error, Result};

/// Print the manual page
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab man | man -l -
  netlab man up | man -l -    a command's own page")]
pub struct Man {
    /// The page of this command; without it, netlab's own
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl Man {
    pub(super) fn run(self) -> Result<()> {
        let mut netlab = Cli::command();
        netlab.build();
        let page = match &self.command {
            None => netlab,
            Some(name) => {
                let found = netlab.find_subcommand(name).cloned();
                let found = found.ok_or_else(|| {
                    Error::usage(format!("there is no command {name}")).help("`netlab --help` lists the commands")
                })?;
                found.name(format!("netlab-{name}"))
            }
        };
        let mut text = Vec::new();
        let rendered = clap_mangen::Man::new(page).render(&mut text);
        rendered.map_err(|e| Error::refused(format!("cannot write the manual page: {e}")))?;
        print(&String::from_utf8_lossy(&text))
    }
}
