//! `netlab completions SHELL`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, print};
use crate::error::Result;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab completions bash > ~/.local/share/bash-completion/completions/netlab
  netlab completions fish > ~/.config/fish/completions/netlab.fish")]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "netlab", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
