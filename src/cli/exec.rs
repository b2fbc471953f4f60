//! `netlab exec MACHINE -- COMMAND…`

use std::ffi::OsString;

use clap::Args;
use nix::errno::Errno;

use super::{Common, Inside, LAB_VARIABLE};
use crate::error::{Error, Result, Status};
use crate::kernel::exec;
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
        std::env::set_var(LAB_VARIABLE, inside.lab.name.as_str());
        std::env::set_var("NETLAB_MACHINE", machine.as_str());
    }
    exec::enter(&inside.kernel, machine)?;
    match exec::become_command(command) {
        Ok(never) => match never {},
        Err(refusal) => {
            let status = if refusal.errno == Errno::ENOENT { Status::NotFound } else { Status::NotRunnable };
            Err(Error::new(status, refusal.to_string()))
        }
    }
}
