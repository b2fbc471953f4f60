//! `netlab exec MACHINE -- COMMAND…`

use std::ffi::OsString;
use std::process::exit;

use clap::Args;
use nix::errno::Errno;

use super::{Common, Inside};
use crate::error::Result;
use crate::kernel::Refusal;
use crate::kernel::exec::become_command;
use crate::lab::STATE_DIR;
use crate::names::MachineName;

/// Run a command inside a machine
///
/// netlab becomes the command: standard input, signals and the exit status are its own. A command that is not found
/// exits with 127, one that cannot be run with 126.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab exec pod-a -- ping -c 1 10.244.2.2
  netlab exec node-1 -- ip route
  netlab exec fabric -- ip netns          the lab's base namespace")]
pub struct Exec {
    /// Which machine
    #[arg(value_name = "MACHINE")]
    machine: String,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

impl Exec {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let machine = inside.machine(&self.machine)?;
        run_inside(&inside, &machine, &self.command)
    }
}

/// Becomes the command. `netlab` typed inside means the same lab, found in the same place.
pub(super) fn run_inside(inside: &Inside, machine: &MachineName, command: &[OsString]) -> Result<()> {
    // SAFETY: the process has one thread.
    unsafe {
        std::env::set_var(STATE_DIR, inside.store.path());
        std::env::set_var("NETLAB_LAB", inside.lab.name.as_str());
        std::env::set_var("NETLAB_MACHINE", machine.as_str());
    }
    match become_command(&inside.kernel, machine, command) {
        Ok(never) => match never {},
        Err(refusal) if command_is_to_blame(&refusal) => {
            eprintln!("error: {refusal}");
            exit(if refusal.errno == Errno::ENOENT { 127 } else { 126 })
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn command_is_to_blame(refusal: &Refusal) -> bool {
    refusal.doing.starts_with("run ")
}
