//! The sandbox that a lab lives in.
//!
//! ```text
//! host ─┬─ netlab up ────▶ pause process: user ns (without root) · mount ns · net ns (the fabric)
//!       │                       │ /run is a tmpfs of the lab's own: /run/netns is private,
//!       │                       │ everything else in it points back to the host's
//!       └─ netlab exec ──▶ setns(pidfd of the pause process) ─▶ Kernel
//! ```
//!
//! Root and an ordinary user differ in one flag: without root a user namespace is made too, in which the user is root.
//! The kernel takes everything away when the pause process ends; nothing needs to be cleaned up by hand, and nothing
//! can be forgotten.

mod brief;
mod companions;
mod mounts;
mod pause;

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};

use super::host;
use super::process::{Process, ProcessId};
use super::refusal::{Refusal, Result};
pub use brief::briefly;
pub use pause::{Newborn, wait_for_the_end};

/// A lab's sandbox, seen from outside: its pause process.
#[derive(Debug)]
pub struct Sandbox {
    pause: Process,
}

/// Proof of being inside a lab's sandbox. Whatever changes or asks Linux takes one.
#[derive(Debug)]
pub struct Kernel {
    _only_from_enter: (),
}

impl Sandbox {
    /// Makes a sandbox and its pause process, which waits for [`Newborn::keep`] and ends without it.
    ///
    /// Call it while the process has one thread.
    ///
    /// # Errors
    /// When the machine allows no user namespaces, or no more of them; the hint says which setting is in the way.
    pub fn create(lab: &str) -> Result<Newborn> {
        pause::create(lab)
    }

    /// The sandbox that this pause process holds, if it still runs.
    pub fn find(pause: &ProcessId) -> Option<Self> {
        pause.open().map(|pause| Sandbox { pause })
    }

    /// The pause process's id.
    pub fn pid(&self) -> i32 {
        self.pause.pid
    }

    /// Enters the sandbox: from here on this process sees the lab's `/run/netns` and is in the fabric.
    ///
    /// Call it while the process has one thread: user and mount namespaces are entered by whole processes only.
    ///
    /// # Errors
    /// `EPERM` for another user's lab.
    pub fn enter(&self) -> Result<Kernel> {
        enter(&self.pause)
    }
}

/// The sandbox that a process was started in; whoever has this, is in one.
#[derive(Debug)]
pub struct Surroundings {
    by_hand: bool,
}

impl Surroundings {
    /// Whether somebody made it by hand: then there is no pause process, and no `netlab down`.
    pub fn by_hand(&self) -> bool {
        self.by_hand
    }
}

/// The sandbox that this process was started in: by `netlab shell` or `exec`, or by hand in namespaces of somebody's own
/// whose `/run` is a tmpfs called netlab, as the header of a printed script makes it. Nothing outside of one.
pub fn around() -> Option<Surroundings> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // The last one hides those before it.
    let run = mounts.lines().rfind(|line| line.split(' ').nth(4) == Some("/run"))?;
    let source = run.split(" - tmpfs ").nth(1)?.split(' ').next()?;
    let by_hand = source == "netlab";
    let inside = by_hand || source.starts_with("netlab:");
    inside.then_some(Surroundings { by_hand })
}

/// What was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether the pause process still ran.
    pub pause: bool,
    /// How many processes ran inside beside it.
    pub companions: usize,
}

/// Ends a sandbox and everything in it: what runs inside first, then the pause process, with which the kernel removes
/// the namespaces. What runs inside is found even when the pause process is gone.
///
/// # Errors
/// `EPERM` for another user's lab; `ETIMEDOUT` when the kernel does not finish.
pub fn end(lab: &str, pause: &ProcessId) -> Result<Ended> {
    let process = pause.open();
    let mut spared = vec![std::process::id() as i32];
    spared.extend(process.as_ref().map(|process| process.pid));
    let companions = companions::end(&companions::mark(lab, pause), &spared)?;
    if let Some(process) = &process {
        companions::kill(process)?;
        companions::wait(process)?;
    }
    Ok(Ended { pause: process.is_some(), companions })
}

fn enter(pause: &Process) -> Result<Kernel> {
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET;
    // A user namespace cannot be entered by who is in it already, as in `netlab shell`.
    if !same_file("/proc/self/ns/user", &pause.namespace("user")) {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    let directory = std::env::current_dir();
    setns(pause, flags).map_err(|errno| {
        let refusal = Refusal::new("enter the lab's namespaces", errno);
        match errno {
            Errno::EPERM | Errno::EACCES => {
                refusal.with_hint("the lab belongs to another user: only its owner and root can enter it")
            }
            _ => refusal,
        }
    })?;
    // Entering a mount namespace leads to its root; go back to where the user was, if it is visible there.
    if let Ok(directory) = directory {
        let _ = std::env::set_current_dir(directory);
    }
    Ok(Kernel { _only_from_enter: () })
}

fn same_file(a: &str, b: &std::path::Path) -> bool {
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

/// Whether a sandbox made by this process needs a user namespace of its own.
pub fn needs_user_namespace() -> bool {
    !host::has_network_powers()
}
