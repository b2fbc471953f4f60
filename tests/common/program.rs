//! To run a program and look at what it said.
//!
//! ```text
//! NETLAB_BIN    the netlab that is tested       without them: what cargo built, and
//! NETLAB_REPO   where topologies/ is            the directory with Cargo.toml
//! ```
//!
//! The variables let compiled tests run somewhere else, as `tests/run` does for an ordinary user.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::wait::PATIENCE;

/// The netlab that is tested.
pub fn netlab_program() -> PathBuf {
    std::env::var_os("NETLAB_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_netlab").into()).into()
}

/// The directory that holds `topologies/` and `README.md`.
pub fn repository() -> PathBuf {
    std::env::var_os("NETLAB_REPO").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into()
}

/// One of the topologies that come with netlab, by its file name.
pub fn topology(name: &str) -> String {
    repository().join("topologies").join(name).to_string_lossy().into_owned()
}

/// All of them by file name, but for `large.yaml`, which has tests of its own.
pub fn topologies() -> Vec<String> {
    let entries = std::fs::read_dir(repository().join("topologies")).expect("topologies/");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".yaml") && name != "large.yaml")
        .collect();
    names.sort();
    assert!(names.len() >= 5, "topologies/ holds only {names:?}");
    names
}

/// Those of them in which every command occurs that occurs in any, in both families; a test of plans says so.
pub const OF_ALL_KINDS: [&str; 7] = [
    "one-node.yaml",
    "ipv6-only.yaml",
    "overlay-by-hand.yaml",
    "host-local.yaml",
    "dhcp.yaml",
    "weave.yaml",
    "egress.yaml",
];

/// The Debian package that holds a program which the tests need.
fn package(program: &str) -> &str {
    match program {
        "ip" | "bridge" | "ss" | "tc" => "iproute2",
        "nc" => "netcat-openbsd",
        "perl" => "perl-base",
        "nft" => "nftables",
        "ping" => "iputils-ping",
        "unshare" | "setpriv" | "nsenter" | "mount" | "script" => "util-linux",
        "sysctl" | "ps" => "procps",
        "man" => "man-db",
        "sh" => "dash",
        "dot" => "graphviz",
        program if program.starts_with("/usr/lib/cni/") => "containernetworking-plugins",
        other => other,
    }
}

/// A program of the system, to be run without the variables that netlab listens to.
pub fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    let search = std::env::var("PATH").unwrap_or_default();
    // An ordinary user of Debian does not have ip, nft and sysctl in the path. Some steps are netlab's own programs.
    let netlab = netlab_program();
    let netlab = netlab.parent().unwrap_or(&netlab).display();
    command.env("PATH", format!("{search}:/usr/local/sbin:/usr/sbin:/sbin:{netlab}"));
    for variable in
        ["NETLAB_LAB", "NETLAB_STATE_DIR", "NETLAB_RESULTS", "NETLAB_TEST_DIE_AFTER", "NO_COLOR", "COLUMNS", "SHELL"]
    {
        command.env_remove(variable);
    }
    command
}

/// What a program said, and how it ended.
pub struct Ran {
    /// The command, for messages.
    pub command: String,
    /// The exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ran { command, status, signal, stdout, stderr } = self;
        write!(f, "{command}\nstatus {status:?}, signal {signal:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Ran {
    /// What it wrote to standard output, having ended well.
    #[track_caller]
    pub fn success(self) -> String {
        assert!(self.status == Some(0), "this should have ended well: {self}");
        self.stdout
    }

    /// What it wrote to standard error, as one line, having ended with this status, and without a panic.
    #[track_caller]
    pub fn fails(self, status: i32) -> String {
        assert!(self.status == Some(status), "this should have ended with {status}: {self}");
        for word in ["panicked", "RUST_BACKTRACE", "Backtrace", "This is a bug"] {
            assert!(!self.stderr.contains(word), "an error, not a panic, was expected: {self}");
        }
        self.message()
    }

    /// What it wrote to standard error, as one line: messages are broken between words where a terminal ends.
    pub fn message(&self) -> String {
        self.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Its standard output as JSON, having ended with one of these statuses: 1 where something was found to be wrong.
    #[track_caller]
    pub fn document(&self, statuses: &[i32]) -> serde_json::Value {
        assert!(
            self.status.is_some_and(|status| statuses.contains(&status)),
            "one of {statuses:?} was expected: {self}"
        );
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self}"))
    }

    /// Its standard output as JSON, having ended well.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let command = self.command.clone();
        let text = self.success();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command} printed no JSON ({e}): {text}"))
    }
}

/// Runs a program to its end, with nothing on its standard input.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    run_with_input(command, b"")
}

/// Runs a program to its end, with this on its standard input.
#[track_caller]
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Ran {
    let child = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    finish(child, &format!("{command:?}"), input)
}

/// Starts a program.
#[track_caller]
pub fn start(command: &mut Command) -> Child {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.spawn() {
        Ok(child) => child,
        Err(e) if e.kind() == ErrorKind::NotFound && !program.contains('/') => {
            panic!("{program} is missing: `apt install {}`, or let tests/run do it", package(&program))
        }
        Err(e) => panic!("cannot run {command:?}: {e}"),
    }
}

/// Waits for a program to end and collects what it said.
#[track_caller]
pub fn finish(mut child: Child, command: &str, input: &[u8]) -> Ran {
    let pid = Pid::from_raw(child.id() as i32);
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // A program that does not read its input to the end is no mistake of the test's.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    let Ok(output) = told.recv_timeout(PATIENCE) else {
        // Its own process: it has not been waited for, so its id cannot mean another.
        let _ = kill(pid, Signal::SIGKILL);
        panic!("{command} did not end");
    };
    let output = output.expect("the program's output");
    Ran {
        command: command.to_owned(),
        status: output.status.code(),
        signal: std::os::unix::process::ExitStatusExt::signal(&output.status),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A directory that is gone at the end of the test.
#[derive(Debug)]
pub struct Directory(PathBuf);

impl Directory {
    /// An empty one.
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("netlab-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap_or_else(|e| panic!("cannot make {}: {e}", path.display()));
        Directory(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
