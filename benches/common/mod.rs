//! What the benches of commands share: to run netlab as a process, and to time it.

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The binary that is measured: cargo builds it before the bench, with the release profile's settings.
const NETLAB: &str = env!("CARGO_BIN_EXE_netlab");

/// Runs a bench with a state directory of its own. Also after a failure nothing is left.
pub fn run(bench: impl FnOnce(&Path) -> Result<()>) -> ExitCode {
    let state = std::env::temp_dir().join(format!("netlab-bench-{}", std::process::id()));
    let done = bench(&state);
    let _ = netlab(&state, &["down", "--all"]);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A `netlab` command about labs in this directory.
pub fn command(state: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(NETLAB);
    command.args(words).env("NETLAB_STATE_DIR", state);
    command
}

/// What netlab prints. A negative finding is one, too.
pub fn netlab(state: &Path, words: &[&str]) -> Result<String> {
    let output = command(state, words).output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err(format!("netlab {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// How long netlab takes, in milliseconds. What is refused is not timed.
pub fn timed(state: &Path, words: &[&str]) -> Result<f64> {
    let mut command = command(state, words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed().as_secs_f64() * 1000.0;
    match status.code() {
        Some(0 | 1) => Ok(time),
        _ => Err(format!("netlab {}: {status}", words.join(" ")).into()),
    }
}

/// The one in the middle; they are sorted then.
pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
