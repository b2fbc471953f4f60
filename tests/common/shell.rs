//! A `netlab shell` that stays open, into which a test types line by line.
//!
//! ```text
//! let mut here = Shell::open(&lab, "fabric");      here.type_in("ip netns add red")  →  what was said
//! ```

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::lab::Lab;
use super::program::start;

/// An open shell. It ends with the test.
pub struct Shell {
    child: Child,
    heard: BufReader<ChildStdout>,
}

impl Shell {
    /// Opens one in a machine, or in the fabric.
    #[track_caller]
    pub fn open(lab: &Lab, machine: &str) -> Self {
        let mut command = lab.netlab(&["shell", machine]);
        Shell::of(command.env("SHELL", "/bin/sh"))
    }

    /// Starts a program that reads commands as a shell does.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        let mut child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()));
        let heard = BufReader::new(child.stdout.take().expect("its standard output"));
        let mut shell = Shell { child, heard };
        assert_eq!(shell.type_in("true"), (0, String::new()), "the shell is open");
        shell
    }

    /// Types a line. Returns the exit status, and what was said on both outputs.
    #[track_caller]
    pub fn type_in(&mut self, line: &str) -> (i32, String) {
        let typed = format!("{{ {line}\n}} </dev/null 2>&1; echo \"@@ $?\"\n");
        self.child.stdin.as_mut().expect("its standard input").write_all(typed.as_bytes()).expect("a shell");
        let mut text = String::new();
        loop {
            let mut line = String::new();
            assert!(self.heard.read_line(&mut line).expect("a line") > 0, "the shell ended: {text}");
            match line.strip_prefix("@@ ") {
                Some(status) => return (status.trim().parse().expect("a status"), text),
                None => text.push_str(&line),
            }
        }
    }

    /// The same, where it must end well.
    #[track_caller]
    pub fn done(&mut self, line: &str) -> String {
        let (status, text) = self.type_in(line);
        assert_eq!(status, 0, "{line}: {text}");
        text
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Without its standard input it ends by itself.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
