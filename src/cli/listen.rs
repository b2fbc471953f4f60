//! `netlab listen`: which machines change, line by line, until standard input ends. Programs and tests use it.

use std::io::Read;
use std::os::fd::AsFd;
use std::time::Duration;

use clap::Args;

use super::{Common, Inside, print};
use crate::error::{Error, Result};
use crate::kernel::listen::Listener;

/// Name the machines of a lab that change, as they change
///
/// The first line is `listening`. Each further line names the machines in which something has changed. It ends with its
/// standard input; `called` answers what is written to it.
#[derive(Debug, Args)]
pub struct Listen {}

impl Listen {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let inside = Inside::enter(common)?;
        let mut listener = Listener::new(&inside.kernel)?;
        print("listening")?;
        let mut input = std::io::stdin();
        loop {
            let heard = listener.wait(Duration::MAX, Some(input.as_fd()))?;
            if !heard.machines.is_empty() {
                let names: Vec<&str> = heard.machines.iter().map(|machine| machine.as_str()).collect();
                print(&names.join(" "))?;
            }
            if heard.called {
                let read = input.read(&mut [0; 4096]);
                match read.map_err(|e| Error::refused(format!("cannot read standard input: {e}")))? {
                    0 => return Ok(()),
                    _ => print("called")?,
                }
            }
        }
    }
}
