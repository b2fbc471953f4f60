//! To wait until a lab carries packets: the first packet after `up` is not to be lost.
//!
//! ```text
//! veth up on both ends ─▶ carrier ─▶ bridge port: disabled → forwarding       (a few milliseconds)
//! IPv6 address         ─▶ duplicate address detection: tentative → usable     (a second, where it is on)
//! ```

use std::time::{Duration, Instant};

use super::observe::{View, observe};
use super::refusal::Result;
use super::sandbox::Kernel;
use super::signal;
use crate::names::MachineName;
use crate::network::{Namespace, PortState};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// What still is not ready when time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unready {
    /// The machine.
    pub machine: MachineName,
    /// What it waits for: `port veth-pod-a is disabled`.
    pub what: String,
}

/// Waits until every port that is up, of every bridge of `machines`, forwards, and no address is tentative.
/// Returns what is not ready after `patience`, or when somebody asks to stop.
///
/// # Errors
/// When the machines cannot be looked at.
pub fn wait(kernel: &Kernel, machines: &[MachineName], patience: Duration) -> Result<Vec<Unready>> {
    let end = Instant::now() + patience;
    let mut waiting: Vec<MachineName> = machines.to_vec();
    loop {
        let seen = observe(kernel, &waiting, &View::LINKS)?;
        let unready: Vec<Unready> = seen
            .iter()
            .flat_map(|(machine, ns)| unready(ns).map(|what| Unready { machine: machine.clone(), what }))
            .collect();
        if unready.is_empty() || Instant::now() > end || signal::asked_to_stop() {
            return Ok(unready);
        }
        waiting = unready.into_iter().map(|unready| unready.machine).collect();
        waiting.dedup();
        std::thread::sleep(PAUSE);
    }
}

/// What in a namespace is not ready. A port that is down was not asked to carry anything.
fn unready(ns: &Namespace) -> impl Iterator<Item = String> {
    let ports = ns.links.iter().filter(|link| link.up && link.port.is_some_and(|state| state != PortState::Forwarding));
    let ports = ports.map(|link| format!("port {} is {}", link.name, link.port.unwrap_or(PortState::Disabled)));
    let addresses = ns.addresses.iter().filter(|a| a.tentative);
    ports.chain(addresses.map(|a| format!("address {} of {} is tentative", a.address, a.link)))
}
