//! Another terminal: a command that goes on there while others are typed, and what has appeared there so far.
//!
//! ```text
//! begin ─▶ lines appear … ─▶ until_it_shows(lines) ─▶ lines appear … ─▶ interrupt: Ctrl-C ─▶ end ─▶ all lines
//! ```

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::program::start;
use super::wait::PATIENCE;

/// A command in another terminal.
pub struct Aside {
    child: Child,
    lines: Receiver<String>,
    shown: Vec<String>,
}

impl Aside {
    /// Starts a command there, with this on its standard input.
    #[track_caller]
    pub fn begin(command: &mut Command, input: &[u8]) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).process_group(0);
        let mut child = start(command);
        let (mut stdin, stdout) = (child.stdin.take().expect("its input"), child.stdout.take().expect("its output"));
        let input = input.to_vec();
        // A program that does not read its input to the end is no mistake of the test's.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if tell.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Aside { child, lines, shown: Vec::new() }
    }

    /// Waits until what has appeared is as wanted.
    #[track_caller]
    pub fn until_it_shows(&mut self, what: &str, wanted: impl Fn(&[String]) -> bool) {
        while !wanted(&self.shown) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.shown.push(line),
                Err(e) => panic!("{what} does not appear ({e}). There is\n{}\n", self.shown.join("\n")),
            }
        }
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        // Its own child, which has not been waited for, and the head of its group.
        killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGINT).expect("a signal");
    }

    /// Waits for its end; all that it has shown.
    #[track_caller]
    pub fn end(mut self) -> Vec<String> {
        let mut shown = std::mem::take(&mut self.shown);
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => shown.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                    // What a process writes to is closed before its sockets are: it is gone when it can be waited for.
                    let _ = self.child.wait();
                    break shown;
                }
                Err(e) => panic!("it does not end ({e}). There is\n{}\n", shown.join("\n")),
            }
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Its own child, not yet waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
