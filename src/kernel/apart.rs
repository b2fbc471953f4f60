//! Work in a process of its own: this one stays outside the lab.
//!
//! ```text
//! netlab up --step ── fork ──▶ child: enters the lab, makes a move, and ends
//!                  ◀── a line for each move ──
//! ```
//!
//! `netlab down` in another terminal ends every process that is inside the lab. Who waits for a key must not be one of
//! them: a process that is killed cannot put its terminal right.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use super::refusal::{Refusal, Result};

/// A child process at its work. Dropping it asks the child to stop, and waits for it.
#[derive(Debug)]
pub struct Apart {
    child: Pid,
    line: UnixStream,
    heard: Vec<u8>,
}

/// What was heard of a child.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line.
    Line(String),
    /// Nothing, for as long as there was patience.
    Nothing,
    /// It has ended.
    End,
}

/// Starts work in a child process, whose lines are heard here. Call it while the process has one thread.
///
/// # Errors
/// When no process can be made.
pub fn apart(work: impl FnOnce(&mut dyn FnMut(&str))) -> Result<Apart> {
    let doing = "start a process";
    let (line, theirs) = UnixStream::pair().map_err(|e| Refusal::from_io(doing, &e))?;
    // SAFETY: the process has one thread here, so the child may do anything.
    match unsafe { fork() }.map_err(|errno| Refusal::new(doing, errno))? {
        ForkResult::Child => {
            drop(line);
            let mut tell = |text: &str| {
                // Nobody is left to tell when the parent was killed.
                let _ = (&theirs).write_all(format!("{text}\n").as_bytes());
            };
            let ended = catch_unwind(AssertUnwindSafe(|| work(&mut tell)));
            // SAFETY: _exit runs no code of ours: what the parent has buffered is the parent's to write.
            unsafe { libc::_exit(if ended.is_ok() { 0 } else { 101 }) }
        }
        ForkResult::Parent { child } => Ok(Apart { child, line, heard: Vec::new() }),
    }
}

impl Apart {
    /// The next line, if there is one soon.
    pub fn hear(&mut self, patience: Duration) -> Heard {
        let end = Instant::now() + patience;
        loop {
            if let Some(length) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=length).collect();
                return Heard::Line(String::from_utf8_lossy(&line[..length]).into_owned());
            }
            if !readable(&self.line, end.saturating_duration_since(Instant::now())) {
                return Heard::Nothing;
            }
            let mut buffer = [0; 4096];
            match self.line.read(&mut buffer) {
                Ok(0) => return Heard::End,
                Ok(length) => self.heard.extend_from_slice(buffer.get(..length).unwrap_or_default()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Heard::End,
            }
        }
    }

    /// Asks it to stop, as Ctrl-C does.
    pub fn stop(&self) {
        // It has not been waited for, so its id cannot mean another; one that has ended needs no signal.
        let _ = kill(self.child, Signal::SIGTERM);
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.stop();
        while waitpid(self.child, None) == Err(Errno::EINTR) {}
    }
}

/// Whether there is something to read, or the end of it, within a time. A signal ends the waiting.
pub fn readable(file: &impl AsFd, patience: Duration) -> bool {
    let mut files = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
    poll(&mut files, timeout).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_as_they_are_told_and_the_end_is_heard() {
        let mut child = apart(|tell| {
            tell("one");
            tell("two");
        })
        .unwrap();
        let patience = Duration::from_secs(10);
        assert_eq!(child.hear(patience), Heard::Line("one".into()));
        assert_eq!(child.hear(patience), Heard::Line("two".into()));
        assert_eq!(child.hear(patience), Heard::End);
    }
}
