//! How netlab itself starts and stops them: it runs the commands that it prints.
//!
//! ```text
//! lease(eth0, pod-a)    netlab dhcp client eth0 --id pod-a      in the namespace that the calling thread is in
//! ```

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use ipnetwork::Ipv4Network;
use nix::errno::Errno;

use crate::kernel::refusal::{Refusal, Result};
use crate::names::{LinkName, MachineName};
use crate::network::ipam;

/// Starts a server.
pub fn serve(at: &MachineName, link: &LinkName, address: Ipv4Network, lease_time: u32) -> Result<()> {
    let (address, files, time) = (address.to_string(), ipam::dhcp_directory(at), lease_time.to_string());
    let words = ["serve", link.as_str(), "--address", &address, "--files", &files, "--lease-time", &time];
    run(&words, format!("start a DHCP server on {link}"))
}

/// Leases an address.
pub fn lease(link: &LinkName, client: &MachineName, route: bool) -> Result<()> {
    let mut words = vec!["client", link.as_str(), "--id", client.as_str()];
    if !route {
        words.push("--no-route");
    }
    run(&words, format!("lease an address for {link}"))
}

/// Stops the server.
pub fn stop_serving() -> Result<()> {
    run(&["stop"], "stop the DHCP server".into())
}

/// Releases the address.
pub fn release() -> Result<()> {
    run(&["release"], "release the leased address".into())
}

/// Runs `netlab dhcp …` and waits until it has gone into the background, or has ended.
fn run(words: &[&str], doing: String) -> Result<()> {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("netlab").arg("dhcp").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let ran = command.output().map_err(|e| Refusal::from_io(doing.clone(), &e))?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = said.trim().trim_start_matches("error: ").replace('\n', ";");
    Err(Refusal::new(doing, Errno::EIO).with_hint(said))
}
