//! Programs in the background of a namespace: how they go there, how they are found again, and what ends them.
//!
//! ```text
//! netlab dhcp client eth0 ── has its address ── fork ──▶ the shell goes on
//!                                                 └────▶ netlab-dhcpc: waits for time, messages, a signal, or the end
//! netlab dhcp release ── /proc: called netlab-dhcpc, in this namespace? ── SIGTERM ──▶ it says good-bye, and ends
//! ```
//!
//! No file says where they are: a file can be wrong. A program that is in a namespace keeps it alive, so each of them also
//! watches the names in `/run/netns`, and ends when its namespace has lost its own. Where somebody builds a lab by hand,
//! there is no `netlab down`: there it ends with the shell that started it. And it ends with its link.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::unistd::{ForkResult, fork, setsid};

use super::ground::Ground;
use crate::kernel::listen::names::{self, Identity, Mounts};
use crate::kernel::netns::Netns;
use crate::kernel::process::Process;
use crate::kernel::refusal::{Refusal, Result};
use crate::kernel::sandbox::Surroundings;

/// What the server's process is called.
pub const SERVER: &str = "netlab-dhcpd";

/// What the client's process is called.
pub const CLIENT: &str = "netlab-dhcpc";

/// How long one may take to end when it is asked to, in milliseconds: it says good-bye, and waits for nothing.
const FAREWELL: u16 = 5_000;

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// One of the files can be read.
    Message,
    /// The time is over.
    Time,
    /// Somebody asks it to end.
    Asked,
    /// The namespace has lost its name, the link has gone, or the shell has ended in which the lab was built by hand.
    Orphaned,
}

/// What a program in the background waits for, beside messages and time.
#[derive(Debug)]
pub struct Watch {
    signals: SignalFd,
    mounts: Mounts,
    /// The link without which there is nothing to do.
    ground: Ground,
    /// The namespace, if it had a name at the beginning.
    own: Option<Identity>,
    /// Without whom there is nothing to do: the shell in which somebody builds a lab by hand.
    shell: Option<Process>,
}

impl Watch {
    /// Begins to watch. From here on, signals that ask to end are heard here, and end nothing by themselves.
    ///
    /// # Errors
    /// When no more files can be opened.
    pub fn begin(around: &Surroundings, ground: Ground) -> Result<Self> {
        let refused = |errno| Refusal::new("listen for signals", errno);
        let mut asking = SigSet::empty();
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().for_each(|signal| asking.add(signal));
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&asking), None).map_err(refused)?;
        let signals = SignalFd::with_flags(&asking, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map_err(refused)?;
        let own = names::identity(&Netns::current()?);
        // Listen first, then look.
        let mounts = Mounts::watch()?;
        let own = own.filter(|own| names::look().is_ok_and(|names| names.values().any(|named| named == own)));
        let parent = nix::unistd::getppid().as_raw();
        let shell = around.by_hand().then(|| Process::open(parent));
        let shell = shell.transpose().map_err(|errno| Refusal::new("watch the shell", errno))?;
        Ok(Watch { signals, mounts, ground, own, shell })
    }

    /// Waits for one of these things.
    ///
    /// # Errors
    /// As ppoll(2).
    pub fn wait(&self, files: &[BorrowedFd<'_>], until: Option<Instant>) -> Result<Woken> {
        loop {
            let mut fds = vec![
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.mounts.as_fd(), PollFlags::POLLPRI),
                PollFd::new(self.ground.as_fd(), PollFlags::POLLIN),
            ];
            fds.extend(files.iter().map(|file| PollFd::new(*file, PollFlags::POLLIN)));
            fds.extend(self.shell.iter().map(|shell| PollFd::new(shell.as_fd(), PollFlags::POLLIN)));
            let rest = until.map(|until| TimeSpec::from_duration(until.saturating_duration_since(Instant::now())));
            match ppoll(&mut fds, rest, None) {
                Ok(0) => return Ok(Woken::Time),
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(Refusal::new("wait for messages", errno)),
            }
            let ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
            if fds.first().is_some_and(ready) {
                return Ok(Woken::Asked);
            }
            let shell_ended = self.shell.is_some() && fds.last().is_some_and(ready);
            let unnamed = fds.get(1).is_some_and(ready) && self.is_unnamed();
            let groundless = fds.get(2).is_some_and(ready) && self.ground.is_gone();
            if shell_ended || unnamed || groundless {
                return Ok(Woken::Orphaned);
            }
            if fds.iter().skip(3).any(ready) {
                return Ok(Woken::Message);
            }
        }
    }

    /// Whether the namespace had a name, and has it no more.
    fn is_unnamed(&self) -> bool {
        let Some(own) = self.own else { return false };
        names::look().is_ok_and(|names| !names.values().any(|named| *named == own))
    }
}

/// Goes into the background: the process that was started ends, and this one is its child, without a terminal. Call it
/// while the process has one thread.
///
/// # Errors
/// When no process can be made.
pub fn detach() -> Result<()> {
    let refused = |errno| Refusal::new("go into the background", errno);
    // SAFETY: the process has one thread here, so the child may do anything.
    match unsafe { fork() }.map_err(refused)? {
        // SAFETY: _exit(2) ends the process at once: what it had to say is said, and everything else is the child's.
        ForkResult::Parent { .. } => unsafe { libc::_exit(0) },
        ForkResult::Child => {}
    }
    setsid().map_err(refused)?;
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = null.map_err(|e| Refusal::from_io("open /dev/null", &e))?;
    for standard in 0..3 {
        // SAFETY: dup2(2) on descriptors that this process alone uses.
        Errno::result(unsafe { libc::dup2(null.as_raw_fd(), standard) }).map_err(refused)?;
    }
    let _ = std::env::set_current_dir("/");
    Ok(())
}

/// Gives the process the name by which it is found.
pub fn be_called(name: &str) {
    if let Ok(name) = std::ffi::CString::new(name) {
        // The name is shorter than the kernel's limit of 15 bytes.
        let _ = nix::sys::prctl::set_name(&name);
    }
}

/// The processes of this name in the calling process's namespace.
fn find(name: &str) -> Vec<Process> {
    let namespace = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
    let own = namespace("self");
    let is_it = |pid: i32| {
        let called = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim_end() == name);
        called && namespace(&pid.to_string()) == own
    };
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let me = std::process::id() as i32;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // Held first, looked at then: what was looked at cannot have become another process when it gets a signal.
    let held = pids.filter(|pid| *pid != me && is_it(*pid)).filter_map(|pid| Process::open(pid).ok());
    held.filter(|process| is_it(process.pid)).collect()
}

/// Asks the processes of this name in the calling process's namespace to say good-bye, and waits until they are gone. Says
/// whether there was one.
///
/// # Errors
/// `EPERM` when it is somebody else's, `ETIMEDOUT` when it does not end.
pub fn stop(name: &str) -> Result<bool> {
    let found = find(name);
    for process in &found {
        let doing = || format!("end process {}", process.pid);
        match process.signal(Signal::SIGTERM) {
            // It has just ended by itself.
            Err(Errno::ESRCH) => continue,
            other => other.map_err(|errno| Refusal::new(doing(), errno))?,
        }
        if !process.ends_within(FAREWELL) {
            return Err(Refusal::new(doing(), Errno::ETIMEDOUT));
        }
    }
    Ok(!found.is_empty())
}
