//! `netlab shell [MACHINE]`

use std::ffi::OsString;
use std::io::{IsTerminal, Write};

use clap::Args;

use super::exec::run_inside;
use super::{Common, Inside};
use crate::error::Result;
use crate::names::FABRIC;

/// Open a shell inside a lab, or inside one of its machines
///
/// In the lab itself, `ip netns` lists its machines, and the commands of `netlab plan` work as they are printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab shell            in the lab: ip netns, ip -n node-1 route, ip netns exec pod-a ping …
  netlab shell node-1     in a machine: ip route, bridge fdb, nft list ruleset …")]
pub struct Shell {
    /// Which machine; without it the fabric, from which all of them are within reach
    #[arg(value_name = "MACHINE", default_value = FABRIC)]
    machine: String,
}

impl Shell {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let machine = inside.machine(&self.machine)?;
        let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| OsString::from("sh"));
        if std::io::stdin().is_terminal() {
            let place = if machine.is_fabric() { String::new() } else { format!(", machine {machine}") };
            let _ = writeln!(std::io::stderr(), "lab {}{place}; `exit` leaves the shell", inside.lab.name);
        }
        // Debian's and Ubuntu's bash put this into the prompt.
        let place =
            if machine.is_fabric() { inside.lab.name.to_string() } else { format!("{}:{machine}", inside.lab.name) };
        // SAFETY: the process has one thread.
        unsafe { std::env::set_var("debian_chroot", place) };
        run_inside(&inside, &machine, &[shell])
    }
}
