//! Streams that have to arrive whole.

use std::net::IpAddr;
use std::time::Duration;

use super::Verdict;
use crate::error::Result;
use crate::exercise::model::Transfer;
use crate::kernel::Kernel;
use crate::kernel::observe::{View, observe};
use crate::kernel::transfer::transfer;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::topology::model::Family;
use crate::trace::ask::planned;

/// How long a stream may take: some milliseconds are enough where it gets through. Whoever needs longer than this, because
/// packets are lost and sent again, stands still for its users.
const PATIENCE: Duration = Duration::from_secs(4);

/// Judges all of them, at the same time.
pub fn judge(kernel: &Kernel, plan: &Plan, transfers: &[Transfer]) -> Result<Vec<Verdict>> {
    let seen = observe(kernel, transfers.iter().flat_map(|one| &one.to), &View::LINKS)?;
    Ok(std::thread::scope(|scope| {
        let begun: Vec<_> = transfers.iter().map(|one| (one, begin(scope, kernel, plan, &seen, one))).collect();
        let end = |(one, streams): (&Transfer, Vec<std::thread::ScopedJoinHandle<'_, Option<String>>>)| {
            let ended = streams.into_iter().map(|s| s.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            Verdict::new(says(one), ended.flatten().collect())
        };
        begun.into_iter().map(end).collect()
    }))
}

/// Begins the streams of one demand. Each says in the end what was not so.
fn begin<'scope, 'a: 'scope>(
    scope: &'scope std::thread::Scope<'scope, 'a>,
    kernel: &'a Kernel,
    plan: &'a Plan,
    seen: &'a Namespaces,
    one: &'a Transfer,
) -> Vec<std::thread::ScopedJoinHandle<'scope, Option<String>>> {
    let pairs =
        one.from.iter().flat_map(|from| one.to.iter().map(move |to| (from, to))).filter(|(from, to)| from != to);
    let stream = |(from, to): (&'a MachineName, &'a MachineName)| {
        let address = address(plan, seen, to, one.family);
        scope.spawn(move || {
            let Some(address) = address else { return Some(format!("{to} has no {} address", one.family)) };
            match transfer(kernel, from, (to, address), one.bytes, PATIENCE) {
                Ok(arrived) if arrived >= one.bytes => None,
                Ok(arrived) => Some(format!("{from} → {to}: {arrived} of {} bytes arrive", one.bytes)),
                Err(_) => Some(format!("{from} → {to}: no connection")),
            }
        })
    };
    pairs.map(stream).collect()
}

/// The address of a machine: one that its plan gives it, or else one that it has.
fn address(plan: &Plan, seen: &Namespaces, machine: &MachineName, family: Family) -> Option<IpAddr> {
    let ns = seen.get(machine)?;
    let usable = |ip: &IpAddr| Family::of(*ip) == family && !ip.is_loopback();
    let there =
        || ns.addresses.iter().filter(|a| a.global && !a.is_link_local()).map(|a| a.address.ip()).filter(usable);
    planned(machine, plan).find(|ip| there().any(|one| one == *ip)).or_else(|| there().next())
}

fn says(one: &Transfer) -> String {
    let all = |names: &[MachineName]| names.iter().map(MachineName::as_str).collect::<Vec<_>>().join(", ");
    format!("{} bytes by TCP arrive whole: {} → {}", one.bytes, all(&one.from), all(&one.to))
}
