//! Processes: to hold one by a handle that cannot come to mean another.
//!
//! ```text
//! pid 4711 + start time 88123 + boot id   the process that was meant, or none
//! pidfd                                   the same, held: signals and waits cannot hit a successor
//! ```

use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::PathBuf;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

/// Which process, for ever: pids are used again, a pid with its start time and boot is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The process id on the host.
    pub pid: i32,
    /// When it started, in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start: u64,
    /// Which boot that was (`/proc/sys/kernel/random/boot_id`).
    pub boot: String,
}

/// A process held by its pidfd.
#[derive(Debug)]
pub struct Process {
    fd: OwnedFd,
    /// Its process id.
    pub pid: i32,
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Field 22 of `/proc/PID/stat`, counted behind the name, which may hold spaces and brackets.
fn start_time(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

impl ProcessId {
    /// The identity of a process that runs now.
    pub fn of(pid: i32) -> Option<Self> {
        Some(ProcessId { pid, start: start_time(pid)?, boot: boot_id() })
    }

    /// Takes hold of the process, if it still runs.
    pub fn open(&self) -> Option<Process> {
        let process = Process::open(self.pid).ok()?;
        // The order matters: what the pidfd holds cannot be replaced between this look and its use.
        (self.boot == boot_id() && start_time(self.pid) == Some(self.start) && !process.has_ended()).then_some(process)
    }
}

impl Process {
    /// Takes hold of whatever process has this id now.
    ///
    /// # Errors
    /// `ESRCH` when there is none.
    pub fn open(pid: i32) -> nix::Result<Self> {
        // SAFETY: pidfd_open(2) takes two integers and returns a new descriptor or an error.
        let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
        // SAFETY: the descriptor is new and nobody else's.
        Ok(Process { fd: unsafe { OwnedFd::from_raw_fd(fd as i32) }, pid })
    }

    /// Whether it has ended, or ends within `milliseconds`.
    pub fn ends_within(&self, milliseconds: u16) -> bool {
        let mut fds = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut fds, PollTimeout::from(milliseconds)), Ok(1..))
    }

    fn has_ended(&self) -> bool {
        self.ends_within(0)
    }

    /// Sends SIGKILL to this process and no other.
    ///
    /// # Errors
    /// `EPERM` when it is somebody else's. One that has ended is no error.
    pub fn kill(&self) -> nix::Result<()> {
        self.signal(Signal::SIGKILL)
    }

    /// Sends a signal to this process and no other.
    ///
    /// # Errors
    /// `EPERM` when it is somebody else's. One that has ended is no error.
    pub fn signal(&self, signal: Signal) -> nix::Result<()> {
        let (fd, number) = (self.fd.as_raw_fd(), signal as libc::c_int);
        // SAFETY: pidfd_send_signal(2) with no siginfo behaves as kill(2).
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, std::ptr::null::<()>(), 0) };
        match Errno::result(sent) {
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// The file that stands for one of its namespaces: `net`, `mnt`, `user`.
    pub fn namespace(&self, kind: &str) -> PathBuf {
        format!("/proc/{}/ns/{kind}", self.pid).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_again_and_a_reused_pid_is_not() {
        let me = ProcessId::of(std::process::id() as i32).unwrap();
        assert!(me.open().is_some());
        assert!(ProcessId { start: me.start + 1, ..me.clone() }.open().is_none());
        assert!(ProcessId { boot: "another".into(), ..me }.open().is_none());
    }

    #[test]
    fn an_ended_process_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = ProcessId::of(child.id() as i32).unwrap();
        child.wait().unwrap();
        assert!(id.open().is_none());
    }
}
