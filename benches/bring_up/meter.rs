//! One run of one road, in a process of its own: it makes the throw-away namespaces, and its smallness lets the peak
//! memory of what it starts be seen (a child's `ru_maxrss` is never less than its parent's memory at the fork).
//!
//! ```text
//! bring_up ── bring_up meter '{"up": […], "down": […]}' ── unshare · a tmpfs on /run ── up ── down
//!          ◀── {"up": 17.2, "down": 4.1, …} ──
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use serde_json::{Value, json};

use super::{Result, Road};

/// The argument that makes this program a meter.
pub const WORD: &str = "meter";

/// What one run took.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Milliseconds until `up` returned.
    pub up: f64,
    /// Milliseconds until `down` returned.
    pub down: f64,
    /// Milliseconds from then on until the kernel had taken everything apart.
    pub gone: f64,
    /// Peak memory of `up` and what it waited for, in kB.
    pub memory: f64,
    /// Processes and threads that were started during `up` on the whole machine, `up` itself included.
    pub started: f64,
    /// netlab: milliseconds until the last step was written to the journal; what follows is waiting for readiness.
    pub steps_done: Option<f64>,
    /// netlab: what the pause process adds to the memory in use (PSS), in kB.
    pub pause: Option<f64>,
}

/// Starts a meter for a road and reads what it says.
pub fn run(road: &Road) -> Result<Measured> {
    let order = json!({"up": road.up, "down": road.down, "state": road.state});
    let output = Command::new(std::env::current_exe()?).args([WORD, &order.to_string()]).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", road.name, String::from_utf8_lossy(&output.stderr)).into());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let number = |key: &str| said[key].as_f64();
    let needed = |key: &str| number(key).ok_or_else(|| format!("{}: the meter did not say {key}", road.name));
    Ok(Measured {
        up: needed("up")?,
        down: needed("down")?,
        gone: 0.0,
        memory: needed("memory")?,
        started: needed("started")?,
        steps_done: number("stepsDone"),
        pause: number("pause"),
    })
}

/// The meter's life.
pub fn main(order: &str) -> Result<()> {
    let order: Value = serde_json::from_str(order)?;
    let words = |key: &str| -> Vec<String> {
        order[key].as_array().into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    let (up, down) = (words("up"), words("down"));
    let state = order["state"].as_str().map(PathBuf::from);
    enter_throw_away_namespaces()?;

    let before = forks()?;
    let begun = SystemTime::now();
    let (up_time, memory) = timed(&up, state.as_deref())?;
    let started = forks()? - before;
    let steps_done = state.as_deref().and_then(|state| journal_written(state, begun));
    let pause = state.as_deref().and_then(pause_memory);
    let (down_time, _) = timed(&down, state.as_deref())?;
    println!(
        "{}",
        json!({
            "up": up_time, "down": down_time, "memory": memory, "started": started,
            "stepsDone": steps_done, "pause": pause,
        })
    );
    Ok(())
}

/// What the roads do cannot be seen by the host, and ends with this process.
fn enter_throw_away_namespaces() -> Result<()> {
    const NOTHING: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)?;
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NOTHING)?;
    mount(Some("bench"), "/run", Some("tmpfs"), MsFlags::empty(), NOTHING)?;
    std::fs::create_dir("/run/netns")?;
    mount(Some("bench"), "/run/netns", Some("tmpfs"), MsFlags::empty(), NOTHING)?;
    Ok(())
}

/// Runs a command: milliseconds, and peak memory in kB.
fn timed(words: &[String], state: Option<&Path>) -> Result<(f64, i64)> {
    let [program, arguments @ ..] = words else { return Err("nothing to run".into()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    if let Some(state) = state {
        command.env("NETLAB_STATE_DIR", state);
    }
    let start = Instant::now();
    let child = command.spawn()?;
    let mut status = 0;
    // SAFETY: an all-zero rusage is a valid one, which the kernel overwrites.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to values that live through the call; nobody else waits for this child.
    let ended = unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    let time = start.elapsed().as_secs_f64() * 1000.0;
    match ended > 0 && status == 0 {
        true => Ok((time, usage.ru_maxrss)),
        false => Err(format!("`{}` failed (wait status {status})", words.join(" ")).into()),
    }
}

/// How many processes and threads have been started since boot.
fn forks() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().find_map(|line| line.strip_prefix("processes "));
    Ok(line.ok_or("/proc/stat counts no processes")?.trim().parse()?)
}

/// The only lab in a state directory.
fn only_lab(state: &Path) -> Option<PathBuf> {
    std::fs::read_dir(state).ok()?.flatten().map(|entry| entry.path()).next()
}

/// When the journal was written last: to the kernel's tick, 1 to 10 ms.
fn journal_written(state: &Path, begun: SystemTime) -> Option<f64> {
    let written = std::fs::metadata(only_lab(state)?.join("journal")).ok()?.modified().ok()?;
    Some(written.duration_since(begun).unwrap_or_default().as_secs_f64() * 1000.0)
}

fn pause_memory(state: &Path) -> Option<f64> {
    let record: Value = serde_json::from_slice(&std::fs::read(only_lab(state)?.join("pause")).ok()?).ok()?;
    let memory = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", record["pid"])).ok()?;
    memory.lines().find_map(|line| line.strip_prefix("Pss:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
