//! To become a command inside a machine: same process, same terminal, same signals, its own exit status.
//!
//! ```text
//! netlab exec pod-a -- ping 10.244.2.2  ═▶  setns(pod-a) · a /sys that shows pod-a's links · execvp("ping")
//! ```

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::execvp;

use super::netns;
use super::refusal::{Refusal, Result};
use super::sandbox::Kernel;
use crate::names::MachineName;

/// Takes this process into a machine, as a command expects to find it. Call it while the process has one thread.
///
/// # Errors
/// `ENOENT` for a machine that does not exist yet.
pub fn enter(_kernel: &Kernel, machine: &MachineName) -> Result<()> {
    netns::enter(machine)?;
    show_own_links();
    Ok(())
}

/// Replaces this process by a command.
///
/// # Errors
/// Only ever returns with one: `ENOENT` for a command that is not found.
pub fn become_command(command: &[OsString]) -> Result<Infallible> {
    let doing = || format!("run {}", command.first().map(|c| c.to_string_lossy().into_owned()).unwrap_or_default());
    let text = |word: &OsString| CString::new(OsStr::as_bytes(word)).map_err(|_| Refusal::new(doing(), Errno::EINVAL));
    let argv = command.iter().map(text).collect::<Result<Vec<_>>>()?;
    let Some(program) = argv.first() else { return Err(Refusal::new(doing(), Errno::ENOENT)) };
    execvp(program, &argv).map_err(|errno| Refusal { hint: None, ..Refusal::new(doing(), errno) })
}

/// Mounts a sysfs that belongs to the machine's namespace, as `ip netns exec` does. Where the kernel forbids it (some
/// containers), commands still work; only `/sys/class/net` shows the host's links.
///
/// `/run/netns` stays shared with the lab, so that a namespace which somebody adds here is there for all. Nothing else is
/// shared in a lab (`sandbox/mounts.rs`), so the new `/sys` is the command's own.
fn show_own_links() {
    const NOTHING: Option<&str> = None;
    if unshare(CloneFlags::CLONE_NEWNS).is_err() {
        return;
    }
    if mount(Some("netlab"), "/sys", Some("sysfs"), MsFlags::empty(), NOTHING).is_err() {
        // An old sysfs in the way of a new one: the kernel wants to see all of it, so nothing is lost by detaching it.
        let _ = umount2("/sys", MntFlags::MNT_DETACH);
        let _ = mount(Some("netlab"), "/sys", Some("sysfs"), MsFlags::empty(), NOTHING);
    }
}
