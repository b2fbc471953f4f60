//! To wait until the kernel has taken earlier namespaces apart: `up` straight after a `down` takes twice as long.
//!
//! ```text
//! harness's own net ns          another one, kept by a process
//!   probe ───────────────────────── far            the process ends: its namespace joins the queue, and when its turn
//!                                                  has come the pipe is gone. All that were before it are gone then.
//! ```
//!
//! The kernel works that queue off in batches (`cleanup_net`), one after the other. So the second probe is gone only when
//! the batch of the first one is over, to its end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};

use super::Result;

const PROBES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);

/// The probes are not to be seen on the host. Call it while the process has one thread.
pub fn leave_the_hosts_network() -> Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWNET)?)
}

/// Waits until every namespace that was let go is gone. Returns how many milliseconds that took.
pub fn wait() -> Result<f64> {
    let start = Instant::now();
    for _ in 0..PROBES {
        let mut keeper = Command::new("unshare").args(["--net", "sleep", "600"]).stdin(Stdio::null()).spawn()?;
        let plugged = plug(keeper.id());
        keeper.kill()?;
        keeper.wait()?;
        plugged?;
        while nix::net::if_::if_nametoindex("probe").is_ok() {
            if start.elapsed() > PATIENCE {
                return Err("the kernel has not taken earlier namespaces apart within two minutes".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Makes the pipe, once the keeper has its namespace.
fn plug(keeper: u32) -> Result<()> {
    let link = |pid: String| std::fs::read_link(format!("/proc/{pid}/ns/net"));
    let (ours, start) = (link("self".into())?, Instant::now());
    while link(keeper.to_string())? == ours {
        if start.elapsed() > PATIENCE {
            return Err("`unshare --net` made no namespace".into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = keeper.to_string();
    let made = Command::new("ip")
        .args(["link", "add", "probe", "type", "veth", "peer", "name", "far", "netns", pid.as_str()])
        .status()?;
    if made.success() { Ok(()) } else { Err("`ip link add probe` failed".into()) }
}
