//! `netlab shell [MACHINE]`
//!
//! ```text
//! a pipe       netlab becomes the shell
//! a terminal   netlab waits outside while another netlab becomes the shell: when the lab is taken away under it, somebody
//!              has to say that what is typed next goes to the own machine
//! ```

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

use clap::Args;
use nix::sys::termios::{self, FlushArg, SetArg, Termios};

use super::exec::run_inside;
use super::{Common, Inside};
use crate::error::{Error, Result};
use crate::kernel::signal;
use crate::lab::{Lab, Store};
use crate::names::FABRIC;

/// Open a shell inside a lab, or inside one of its machines
///
/// In the lab itself, `ip netns` lists its machines, and the commands of `netlab plan` work as they are printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab shell          in the lab: ip netns, ip -n node-1 route …
  netlab shell node-1   in a machine: ip route, bridge fdb, nft list ruleset …")]
pub struct Shell {
    /// Which machine; without it the fabric, from which all of them are within reach
    #[arg(value_name = "MACHINE", default_value = FABRIC)]
    machine: String,
    /// Become the shell, with nobody waiting outside
    #[arg(long, hide = true)]
    alone: bool,
}

impl Shell {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        if !self.alone && std::io::stdin().is_terminal() {
            return self.attend(common);
        }
        let inside = Inside::enter(common)?;
        let machine = inside.machine(&self.machine)?;
        let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| OsString::from("sh"));
        if std::io::stdin().is_terminal() {
            let place = if machine.is_fabric() { String::new() } else { format!(", machine {machine}") };
            let _ = writeln!(std::io::stderr(), "lab {}{place}; `exit` leaves the shell", inside.lab.name);
        }
        // Debian's and Ubuntu's bash put this into the prompt. A lab may be called like one of its machines: both are told.
        // SAFETY: the process has one thread.
        unsafe { std::env::set_var("debian_chroot", format!("{}:{machine}", inside.lab.name)) };
        run_inside(&inside, &machine, &[shell]).map(|()| ExitCode::SUCCESS)
    }

    /// Has another netlab become the shell, and stays outside the lab until it ends.
    fn attend(&self, common: &Common) -> Result<ExitCode> {
        let store = Store::of_this_user()?;
        let lab = store.choose(common.meant()?.as_ref())?;
        signal::leave_interrupts_to_others();
        let terminal = termios::tcgetattr(std::io::stdin()).ok();
        let mut command = Command::new("/proc/self/exe");
        command.args(["--lab", lab.name.as_str(), "shell", "--alone", &self.machine]);
        let ended = command.status().map_err(|e| Error::refused(format!("cannot open a shell: {e}")))?;
        match ended.signal() {
            None => Ok(u8::try_from(ended.code().unwrap_or(0)).unwrap_or(u8::MAX).into()),
            Some(signal) => {
                warn_of_the_own_machine(&lab, terminal.as_ref());
                Ok(u8::try_from(128 + signal).unwrap_or(u8::MAX).into())
            }
        }
    }
}

/// Says that the shell is gone, and throws away what was typed into it meanwhile: it was meant for the lab. A shell that
/// edits lines has the terminal show nothing by itself, and one that was killed has not put that back.
fn warn_of_the_own_machine(lab: &Lab, terminal: Option<&Termios>) {
    signal::take_the_terminal_back();
    let _ = termios::tcflush(std::io::stdin(), FlushArg::TCIFLUSH);
    let _ = terminal.map(|terminal| termios::tcsetattr(std::io::stdin(), SetArg::TCSANOW, terminal));
    // Whether the lab is going just now or runs on cannot be told yet.
    let text = format!("\nthe shell in lab {} has ended: what you type now goes to your own machine", lab.name);
    let _ = writeln!(std::io::stderr(), "{text}");
}
