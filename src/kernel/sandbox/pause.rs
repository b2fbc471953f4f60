//! The pause process: it holds a lab's namespaces open, as Kubernetes' pause container holds a pod's.
//!
//! ```text
//! up ── fork ──▶ child: setsid · unshare · uid map · mounts
//!    ◀── "ready", or what went wrong ──
//!    (up writes down the child's pid)
//!    ── keep ──▶ child: exec netlab pause LAB, and sleep
//! ```
//!
//! The child goes on only when told so: if `up` is killed before it has written down whom to kill, the child reads an
//! end of file, ends, and the kernel removes everything. So there is no moment at which a sandbox could be lost.

use std::ffi::CString;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{MsgFlags, send};
use nix::unistd::{ForkResult, Gid, Uid, execv, fork, setsid};

use super::{Kernel, Sandbox, companions, enter, mounts, needs_user_namespace};
use crate::kernel::host;
use crate::kernel::netns::limits;
use crate::kernel::process::{Process, ProcessId};
use crate::kernel::refusal::{Refusal, Result};

/// A sandbox whose pause process waits for the word to stay.
#[derive(Debug)]
pub struct Newborn {
    /// Which process must be written down before [`Newborn::keep`].
    pub id: ProcessId,
    pause: Process,
    line: UnixStream,
}

impl Newborn {
    /// Enters the sandbox without keeping it: it ends when this is dropped.
    ///
    /// # Errors
    /// As [`Sandbox::enter`].
    pub fn enter(&self) -> Result<Kernel> {
        enter(&self.pause)
    }

    /// Tells the pause process to stay. Dropping a newborn instead ends it.
    ///
    /// # Errors
    /// When it has been killed meanwhile.
    pub fn keep(self) -> Result<Sandbox> {
        // Without a signal: one that has been killed is an error to report, not a reason to die.
        send(self.line.as_raw_fd(), b"k", MsgFlags::MSG_NOSIGNAL)
            .map_err(|errno| Refusal::new("keep the pause process", errno))?;
        Ok(Sandbox { pause: self.pause })
    }
}

pub(super) fn create(lab: &str) -> Result<Newborn> {
    let doing = "start the pause process";
    let argv = ["netlab", "pause", lab].map(|text| CString::new(text).unwrap_or_default());
    let (mut line, theirs) = UnixStream::pair().map_err(|e| Refusal::from_io(doing, &e))?;
    // SAFETY: the process has one thread here, so the child may do anything.
    match unsafe { fork() }.map_err(|errno| Refusal::new(doing, errno))? {
        ForkResult::Child => {
            drop(line);
            child(theirs, lab, &argv)
        }
        ForkResult::Parent { child } => {
            drop(theirs);
            let id = ProcessId::of(child.as_raw()).ok_or_else(|| Refusal::new(doing, Errno::ESRCH));
            let mut answer = Vec::new();
            let mut byte = [0];
            // One byte of success, or errno and text of a refusal up to the end.
            while line.read(&mut byte).is_ok_and(|n| n == 1) {
                answer.push(byte[0]);
                if answer == [READY] {
                    let id = id?;
                    let pause = id.open().ok_or_else(|| Refusal::new(doing, Errno::ESRCH))?;
                    return Ok(Newborn { id, pause, line });
                }
            }
            Err(decode(&answer).unwrap_or_else(|| Refusal::new(doing, Errno::ESRCH)))
        }
    }
}

const READY: u8 = b'+';

/// What the child sends of a refusal: errno, then what it was doing.
fn encode(refusal: &Refusal) -> Vec<u8> {
    format!("{} {}", refusal.errno as i32, refusal.doing).into_bytes()
}

fn decode(answer: &[u8]) -> Option<Refusal> {
    let text = String::from_utf8_lossy(answer);
    let (errno, doing) = text.split_once(' ')?;
    let errno = Errno::from_raw(errno.parse().ok()?);
    let refusal = Refusal::new(doing, errno);
    match host::why_no_sandbox(errno) {
        Some(why) if needs_user_namespace() => Some(refusal.with_hint(why)),
        _ => Some(limits(refusal)),
    }
}

/// The child's life. It never returns.
fn child(mut line: UnixStream, lab: &str, argv: &[CString; 3]) -> ! {
    if let Err(refusal) = settle(&line, lab) {
        let _ = line.write_all(&encode(&refusal));
        exit();
    }
    let mut word = [0];
    if line.write_all(&[READY]).is_err() || !line.read(&mut word).is_ok_and(|n| n == 1) {
        exit();
    }
    // exec frees what this copy of `up` had in memory, and gives `ps` a name that explains itself.
    let _ = execv(c"/proc/self/exe", argv);
    wait_for_the_end()
}

fn exit() -> ! {
    // SAFETY: _exit(2) ends the process without running the handlers that belong to the parent.
    unsafe { libc::_exit(1) }
}

/// Leaves the terminal, and makes the namespaces and what they need.
fn settle(line: &UnixStream, lab: &str) -> Result<()> {
    let doing = "start the pause process";
    let me = ProcessId::of(std::process::id() as i32).ok_or_else(|| Refusal::new(doing, Errno::ESRCH))?;
    setsid().map_err(|errno| Refusal::new(doing, errno))?;
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = null.map_err(|e| Refusal::from_io("open /dev/null", &e))?;
    // SAFETY: dup2(2) and close_range(2) on descriptors that this process alone uses; `line` and `null` are spared
    // or closed on exec.
    unsafe {
        for standard in 0..3 {
            Errno::result(libc::dup2(null.as_raw_fd(), standard)).map_err(|errno| Refusal::new(doing, errno))?;
        }
        let ours = line.as_raw_fd() as u32;
        if ours > 3 {
            libc::close_range(3, ours - 1, 0);
        }
        libc::close_range(ours + 1, u32::MAX, 0);
    }
    std::mem::forget(null); // Closed by close_range already.
    let _ = std::env::set_current_dir("/");
    if needs_user_namespace() {
        become_root_inside()?;
    }
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
        .map_err(|errno| Refusal::new("make the lab's mount and network namespaces", errno))?;
    mounts::arrange(&companions::mark(lab, &me))
}

/// Makes a user namespace in which this user is root.
fn become_root_inside() -> Result<()> {
    let (uid, gid) = (Uid::effective(), Gid::effective());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| Refusal::new("make a user namespace", errno))?;
    let maps = [("setgroups", "deny".to_owned()), ("uid_map", format!("0 {uid} 1")), ("gid_map", format!("0 {gid} 1"))];
    for (file, text) in maps {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|e| Refusal::from_io(format!("become root inside the user namespace ({file})"), &e))?;
    }
    Ok(())
}

/// What the pause process does: nothing, until it is killed.
pub fn wait_for_the_end() -> ! {
    // `/proc/self/exe` was executed, so `pgrep` and `top` would call it `exe`.
    let _ = nix::sys::prctl::set_name(c"netlab");
    loop {
        nix::unistd::pause();
    }
}
