//! `netlab pause LAB`: the process that holds a lab's namespaces. `up` starts it; nobody types it.

use std::convert::Infallible;
use std::ffi::OsString;

use clap::Args;

use crate::error::Result;
use crate::kernel::sandbox::wait_for_the_end;

/// Hold a lab's namespaces (started by `up`)
#[derive(Debug, Args)]
pub struct Pause {
    /// The lab, for `ps` to show
    #[arg(value_name = "LAB")]
    _lab: String,
}

impl Pause {
    pub(super) fn run(self) -> Result<()> {
        wait_for_the_end()
    }
}

/// Whether this process was started to be a pause process: then what it has to do.
pub fn asked() -> Option<fn() -> Infallible> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let pause = matches!(&words[..], [word, lab] if word == "pause" && !lab.to_string_lossy().starts_with('-'));
    pause.then_some(|| wait_for_the_end())
}
