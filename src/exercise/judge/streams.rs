//! Streams that have to arrive whole.

use std::net::IpAddr;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use super::Verdict;
use crate::error::Result;
use crate::exercise::model::Transfer;
use crate::kernel::Kernel;
use crate::kernel::observe::{View, observe};
use crate::kernel::refusal::Refusal;
use crate::kernel::transfer::transfer;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::topology::model::Family;
use crate::trace::ask::planned;

/// How long a stream may take: some milliseconds are enough where it gets through. Whoever needs longer than this, because
/// packets are lost and sent again, stands still for its users.
const PATIENCE: Duration = Duration::from_secs(4);

/// How many streams go on at once: each takes three threads, and all have the same few processors.
const AT_ONCE: usize = 50;

/// One stream: the place of its demand, who sends, and to whom.
type Stream<'a> = (usize, &'a MachineName, &'a MachineName);

/// Judges all of them, many at the same time, but never both directions of a pair.
///
/// # Errors
/// When the lab cannot be looked at, or no more threads can be started.
pub fn judge(kernel: &Kernel, plan: &Plan, transfers: &[Transfer]) -> Result<Vec<Verdict>> {
    let seen = observe(kernel, transfers.iter().flat_map(|one| &one.to), &View::LINKS)?;
    let streams: Vec<Stream<'_>> = transfers
        .iter()
        .enumerate()
        .flat_map(|(place, one)| one.pairs().map(move |(from, to)| (place, from, to)))
        .collect();
    let try_one = |(place, from, to): &Stream<'_>| match transfers.get(*place) {
        Some(one) => lacks(kernel, address(plan, &seen, to, one.family), one, from, to),
        None => Ok(None),
    };
    let mut found = vec![Vec::new(); transfers.len()];
    // Both directions of a pair at once would teach each other how large packets may be.
    let (there, back): (Vec<Stream<'_>>, Vec<Stream<'_>>) = streams.into_iter().partition(|(_, from, to)| from < to);
    for some in there.chunks(AT_ONCE).chain(back.chunks(AT_ONCE)) {
        for ((place, ..), lacking) in some.iter().zip(at_once(some, &try_one)?) {
            if let Some(found) = found.get_mut(*place) {
                found.extend(lacking);
            }
        }
    }
    Ok(transfers.iter().zip(found).map(|(one, found)| Verdict::new(says(one), found)).collect())
}

/// Tries streams at the same time, each in a thread of its own.
fn at_once(
    streams: &[Stream<'_>],
    try_one: &(impl Fn(&Stream<'_>) -> Result<Option<String>> + Sync),
) -> Result<Vec<Option<String>>> {
    thread::scope(|scope| {
        let begin = |stream| thread::Builder::new().spawn_scoped(scope, move || try_one(stream));
        let begun = streams.iter().map(begin).collect::<std::io::Result<Vec<_>>>();
        let begun = begun.map_err(|e| Refusal::from_io("start a thread", &e))?;
        begun.into_iter().map(|stream| stream.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// What is not so of one stream.
fn lacks(
    kernel: &Kernel,
    address: Option<IpAddr>,
    one: &Transfer,
    from: &MachineName,
    to: &MachineName,
) -> Result<Option<String>> {
    let Some(address) = address else { return Ok(Some(format!("{to} has no {} address", one.family))) };
    Ok(match transfer(kernel, from, (to, address), one.bytes, PATIENCE)? {
        Ok(arrived) if arrived >= one.bytes => None,
        Ok(arrived) => Some(format!("{from} → {to}: {arrived} of {} bytes arrive", one.bytes)),
        Err(_) => Some(format!("{from} → {to}: no connection")),
    })
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
