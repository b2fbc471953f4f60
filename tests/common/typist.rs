//! A person who builds a lab by hand: what `netlab plan --format sh` prints, typed in namespaces of their own.
//!
//! ```text
//! unshare --net --mount sh      ◀── mount -t tmpfs netlab /run …      the header of the printed script
//!                               ◀── ip netns add node-1               a command
//!                               ◀── ip -j link … ──▶ what there is    a look
//! ```

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use nix::unistd::Uid;

use super::lab::Lab;
use super::program::{Ran, run_with_input, start, tool};

/// A shell in namespaces of its own, that reads what it is to do.
fn shell() -> Command {
    let mut command = tool("unshare");
    if !Uid::effective().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--net", "--mount", "sh", "-s"]);
    command
}

/// Runs a script as a person would who builds a lab by hand.
#[track_caller]
pub fn by_hand(script: &str) -> Ran {
    run_with_input(&mut shell(), script.as_bytes())
}

/// The printed script of a plan.
pub fn script_of(lab: &Lab, file: &str) -> String {
    lab.run(&["plan", file, "--format", "sh"]).success()
}

/// The printed script's header: everything before its first chapter.
pub fn header(script: &str) -> &str {
    script.split("\n## ").next().unwrap_or(script)
}

/// Somebody who types one command after the other and looks in between.
#[derive(Debug)]
pub struct Typist {
    shell: Child,
    hand: ChildStdin,
    eye: BufReader<ChildStdout>,
}

impl Typist {
    /// Begins a lab: the header, and no step.
    pub fn new(script: &str) -> Self {
        let mut command = shell();
        let mut shell = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()));
        let hand = shell.stdin.take().expect("its standard input");
        let eye = BufReader::new(shell.stdout.take().expect("its standard output"));
        let mut typist = Typist { shell, hand, eye };
        typist.types(header(script));
        typist
    }

    /// Types a command. What is refused ends the shell: `set -e` stands in the header.
    #[track_caller]
    pub fn types(&mut self, command: &str) {
        writeln!(self.hand, "{command}").expect("a shell that listens");
    }

    /// Types a script whose last line of output is `@@ end`, and reads what it says.
    #[track_caller]
    pub fn asks(&mut self, script: &str) -> String {
        self.types(script);
        let mut told = String::new();
        while !told.ends_with("@@ end\n") {
            let read = self.eye.read_line(&mut told).expect("a line");
            assert!(read > 0, "a typed command was refused; the shell ended: {told}");
        }
        told
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        // Its own child, not yet waited for: with it go its namespaces.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
