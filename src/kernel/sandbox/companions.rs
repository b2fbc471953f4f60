//! The processes that were started inside a lab: they would outlive its pause process, and keep its namespaces alive.
//!
//! ```text
//! netlab exec pod-a -- sleep 1000 &      in the lab's mount namespace
//! ip netns exec pod-a sleep 1000 &       in a copy of it, which `ip netns exec` makes
//! ```
//!
//! Both see the lab's own tmpfs on `/run`, whose source names the lab and its pause process. No other process does, and
//! the mark is never used again: it is found even when the pause process has been killed.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::kernel::process::{Process, ProcessId};
use crate::kernel::refusal::{Refusal, Result};

/// What the lab's tmpfs calls its source.
pub fn mark(lab: &str, pause: &ProcessId) -> String {
    format!("netlab:{lab}:{}:{}", pause.pid, pause.start)
}

/// How often to look for processes again that others have started meanwhile.
const ROUNDS: usize = 20;
/// How long the kernel may take to end a killed process, in milliseconds: it may have mounts to release.
const END_TIMEOUT: u16 = 20_000;

/// Ends all processes that see this mark, but for `spared`. Returns how many there were.
pub fn end(mark: &str, spared: &[i32]) -> Result<usize> {
    let mut ended = 0;
    for _ in 0..ROUNDS {
        let found = find(mark, spared);
        if found.is_empty() {
            break;
        }
        for process in &found {
            kill(process)?;
        }
        for process in &found {
            wait(process)?;
        }
        ended += found.len();
    }
    Ok(ended)
}

/// Ends a process.
pub fn kill(process: &Process) -> Result<()> {
    process.kill().map_err(|errno| Refusal::new(format!("end process {}", process.pid), errno))
}

/// Waits for its end.
pub fn wait(process: &Process) -> Result<()> {
    if process.ends_within(END_TIMEOUT) {
        return Ok(());
    }
    let doing = format!("end process {}", process.pid);
    Err(Refusal::new(doing, nix::errno::Errno::ETIMEDOUT).with_hint("it is stuck in the kernel: try again"))
}

fn find(mark: &str, spared: &[i32]) -> Vec<Process> {
    let run = |root: &str| fs::metadata(format!("{root}/run")).map(|m| m.dev()).ok();
    let (ours, inside) = (run(""), inside(mark));
    let line_end = format!(" - tmpfs {mark} ");
    let marked = |pid: i32| {
        // Most processes see the same /run as we do; if we are outside, they are too.
        let quick = run(&format!("/proc/{pid}/root"));
        let mounts = || fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
        (quick != ours || inside) && mounts().contains(&line_end)
    };
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // Held first, looked at then: what was looked at cannot have become another process when it is killed.
    let held = pids.filter(|pid| !spared.contains(pid)).filter_map(|pid| Process::open(pid).ok());
    held.filter(|process| marked(process.pid) && !process.ends_within(0)).collect()
}

/// Whether this process itself is in the lab, as in `netlab shell`.
fn inside(mark: &str) -> bool {
    fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| mounts.contains(mark))
}
