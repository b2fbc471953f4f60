//! A sandbox for the length of one call, without a process of its own.
//!
//! ```text
//! briefly(|kernel| …)   a thread ── unshare ──▶ mount ns with an empty /run/netns · net ns ── the end of the call ──▶ gone
//! ```
//!
//! It takes root, or a user namespace in which the caller is root: inside a lab both are the case.

use std::fs;
use std::panic::resume_unwind;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::Kernel;
use crate::kernel::netns::{self, limits};
use crate::kernel::refusal::{Refusal, Result};

/// Does something in a sandbox that is made for it and gone afterwards: a new network namespace takes the place of a
/// lab's fabric, and has no machines yet. The caller's own thread stays where it is.
///
/// # Errors
/// When the namespaces cannot be made.
pub fn briefly<T: Send>(work: impl FnOnce(&Kernel) -> T + Send) -> Result<T> {
    let run = || {
        arrange()?;
        Ok(work(&Kernel { _only_from_enter: () }))
    };
    std::thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|panic| resume_unwind(panic))
}

fn arrange() -> Result<()> {
    let doing = "make a sandbox for the moment";
    let refused = |errno| Refusal::new(doing, errno);
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET).map_err(|errno| limits(refused(errno)))?;
    const NOTHING: Option<&str> = None;
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_SLAVE, NOTHING).map_err(refused)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("netlab"), "/run", Some("tmpfs"), flags, Some("mode=755")).map_err(refused)?;
    fs::create_dir(netns::DIRECTORY).map_err(|e| Refusal::from_io(doing, &e))
}
