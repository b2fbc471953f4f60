//! A namespace that nobody sees, to ask the kernel what would be.
//!
//! ```text
//! a thread ─▶ unshare ─▶ net.ipv4.ip_forward=1 ─▶ link add eth0 ─▶ net.ipv4.conf.eth0.forwarding?  ─▶ the thread ends,
//!                                                                   1, says the kernel                and all is gone
//! ```
//!
//! A new namespace copies some of its sysctls from the host, one sysctl may set others, and a link copies its machine's
//! defaults when it comes: only the kernel knows what came of all that.

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};

use super::netns::limits;
use super::refusal::{Refusal, Result};
use super::request::{Batch, Request, Sending};
use super::sandbox::Kernel;
use super::sysctl;
use super::worker::Worker;
use crate::names::MachineName;

/// What a sysctl is in a new namespace once these requests were carried out there; nothing where the kernel does not
/// tell: some can only be written, and some have no value at first.
///
/// # Errors
/// When no namespace can be made, or a request is refused.
pub fn sysctl_after(kernel: &Kernel, requests: Vec<Request>, key: &str) -> Result<Option<String>> {
    let rehearse = || {
        let made = unshare(CloneFlags::CLONE_NEWNET);
        made.map_err(|errno| limits(Refusal::new("make a namespace to rehearse in", errno)))?;
        let at = MachineName::fabric();
        let sendings = requests.into_iter().map(|request| Sending { step: 0, request }).collect();
        // The fabric, to a worker, is where its thread begins.
        Worker::new(kernel)?.run(&Batch { at, sendings, completes: Vec::new() }).map_err(|failed| failed.refusal)?;
        // As it is typed: what the kernel tells apart by tabs may be told apart by blanks.
        Ok(sysctl::read(key).ok().map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, rehearse);
        let thread = thread.map_err(|error| Refusal::from_io("start a thread", &error))?;
        thread.join().unwrap_or_else(|_| Err(Refusal::new("rehearse in a new namespace", Errno::EIO)))
    })
}
