//! Why pairs fail: some of them are traced, each for those that are like it.
//!
//! ```text
//! pod-a, pod-b → pod-c, pod-d       fail alike  ─▶ pod-a → pod-c is traced, and pod-b → pod-d to make sure
//!                                                   the same death: it stands for all four
//!                                                   another one: each is traced by itself, as far as there is time
//! all pods → outside                fail alike  ─▶ one pod of each node is traced
//!                                                   the same death: it stands for all
//!                                                   another one: each node's stands for its own pods
//! ```
//!
//! One fault makes many pairs fail, and a trace of a lost packet takes a quarter of a second. `alike.rs` says which
//! pairs fail alike.

use std::collections::{BTreeSet, HashMap};

use super::alike;
use super::census::Census;
use super::demand::Demand;
use super::run::Trial;
use super::verdict::Failure;
use crate::error::Result;
use crate::kernel::calls::{Call, Doors};
use crate::kernel::{Kernel, netns, signal};
use crate::plan::Plan;
use crate::trace::outcome::{Death, Hop, Leg, Outcome};
use crate::trace::{Request, Target, trace};

/// Why a pair fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The trial that was traced: its place among all.
    pub traced: usize,
    /// The trace, in what it says of a loss.
    pub death: Option<Death>,
    /// One line.
    pub line: String,
    /// What it has in common with others: those with the same key have the same remedy, or happen at the same place.
    pub key: String,
}

/// How many traces there may be.
const MOST: usize = 32;

/// Finds out why, for each trial that failed: a place in the list of reasons.
///
/// # Errors
/// As a trace.
pub fn find(
    kernel: &Kernel,
    plan: &Plan,
    in_force: &BTreeSet<u32>,
    census: &Census,
    trials: &[Trial],
    failures: &[Option<Failure>],
) -> Result<(Vec<Why>, HashMap<usize, usize>)> {
    let mut seeker = Seeker { kernel, plan, in_force, census, trials, whys: Vec::new(), traced: HashMap::new() };
    let mut of = HashMap::new();
    for group in alike::groups(census, trials, failures) {
        if signal::asked_to_stop() {
            break;
        }
        match &group[..] {
            [part] => seeker.explain(part, &mut of)?,
            parts => {
                for part in parts {
                    let why = part.first().map(|first| seeker.seek(*first)).transpose()?.flatten();
                    of.extend(part.iter().filter_map(|place| Some((*place, why?))));
                }
            }
        }
    }
    seeker.share(&mut of);
    Ok((seeker.whys, of))
}

struct Seeker<'a> {
    kernel: &'a Kernel,
    plan: &'a Plan,
    in_force: &'a BTreeSet<u32>,
    census: &'a Census,
    trials: &'a [Trial],
    whys: Vec<Why>,
    /// Which reason was found for a trial that was traced.
    traced: HashMap<usize, usize>,
}

impl Seeker<'_> {
    /// Finds out why these fail: for all of them by the first and the last one, or else for each.
    fn explain(&mut self, places: &[usize], of: &mut HashMap<usize, usize>) -> Result<()> {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(()) };
        let Some(one) = self.seek(*first)? else { return Ok(()) };
        let other = if last == first { Some(one) } else { self.seek(*last)? };
        let alike = other.is_none_or(|other| self.are_alike(one, other));
        for place in places {
            let own = if alike { None } else { self.seek(*place)? };
            of.insert(*place, self.traced.get(place).copied().or(own).unwrap_or(one));
        }
        Ok(())
    }

    /// Traces a trial; nothing once there were enough traces.
    fn seek(&mut self, place: usize) -> Result<Option<usize>> {
        if let Some(why) = self.traced.get(&place) {
            return Ok(Some(*why));
        }
        if self.whys.len() >= MOST {
            return Ok(None);
        }
        let Some(trial) = self.trials.get(place) else { return Ok(None) };
        let Some(request) = self.request(trial) else { return Ok(None) };
        let _doors = self.doors(&trial.demand)?;
        let outcome = trace(self.kernel, self.plan, self.in_force, &request)?;
        self.traced.insert(place, self.whys.len());
        self.whys.push(Why { traced: place, line: line(&outcome), key: key(&outcome), death: outcome.lost });
        Ok(Some(self.whys.len() - 1))
    }

    /// A datagram that arrives is delivered, for a trace, even if its answer is lost: why that is, a ping between the same two
    /// may know.
    fn share(&self, of: &mut HashMap<usize, usize>) {
        let pair = |place: &usize| self.trials.get(*place).map(|trial| (trial.demand.from, trial.demand.address));
        let explains = |why: &usize| self.whys.get(*why).is_some_and(|why| !why.key.is_empty());
        let known: HashMap<_, _> =
            of.iter().filter(|(_, why)| explains(why)).filter_map(|(place, why)| Some((pair(place)?, *why))).collect();
        for (place, why) in of.iter_mut().filter(|(_, why)| !explains(why)) {
            if let Some(other) = pair(place).and_then(|pair| known.get(&pair)) {
                *why = *other;
            }
        }
    }

    /// Whoever listened while it was tried listens again, where that machine is still there.
    fn doors(&self, demand: &Demand) -> Result<Doors> {
        let machine = demand.to.and_then(|to| self.census.person(to)).map(|person| person.name.clone());
        let there = netns::list()?;
        let Some(machine) = machine.filter(|machine| !demand.is_ping() && there.contains(machine)) else {
            return Ok(Doors::default());
        };
        let call = Call { from: 0, to: demand.address, protocol: demand.protocol, door: Some(0) };
        Ok(Doors::open(&[machine], &[call])?)
    }

    fn request(&self, trial: &Trial) -> Option<Request> {
        let demand = &trial.demand;
        let large = match trial.path_mtu {
            Some(super::PathMtu::BlackHole(mtu)) => Some(mtu.saturating_sub(super::path_mtu::headers(demand.address))),
            _ => None,
        };
        Some(Request {
            source: self.census.person(demand.from)?.name.clone(),
            target: Target::Address(demand.address, None),
            protocol: demand.protocol,
            size: large.unwrap_or(56) as usize,
            ttl: None,
            dont_fragment: large.is_some(),
            count: 1,
            patience: None,
            family: None,
        })
    }

    /// Whether two have the same death.
    fn are_alike(&self, one: usize, other: usize) -> bool {
        let death = |at: usize| self.whys.get(at).map(|why| why.death.as_ref().map(|d| (d.machine.clone(), d.cause)));
        death(one) == death(other)
    }
}

/// What a trace says, in one line.
fn line(outcome: &Outcome) -> String {
    match &outcome.lost {
        Some(death) => format!("{}: {}", death.cause.slug(), death.why),
        None => rewriting(outcome).unwrap_or_else(|| "traced just afterwards, it is answered".into()),
    }
}

/// What it has in common with others.
fn key(outcome: &Outcome) -> String {
    match &outcome.lost {
        Some(death) => match death.fix.first() {
            Some(fix) => fix.clone(),
            None => format!("{} {}", death.machine, death.cause.slug()),
        },
        None => translated(outcome).map_or(String::new(), |hop| format!("{} translates", hop.sighting.machine)),
    }
}

/// The hop at which a packet is first seen with another source address.
fn translated(outcome: &Outcome) -> Option<&Hop> {
    outcome.there.iter().find(|hop| hop.rewritten.iter().any(|change| change.what == "source"))
}

/// Where a packet that arrives got another source address.
fn rewriting(outcome: &Outcome) -> Option<String> {
    let hop = translated(outcome)?;
    let change = hop.rewritten.iter().find(|change| change.what == "source")?;
    let machine = &hop.sighting.machine;
    let facts = outcome.there.iter().filter(|hop| hop.sighting.machine == *machine).flat_map(|hop| &hop.facts);
    let rule = facts.filter(|fact| fact.kind == "rule").map(|fact| format!(": {}", fact.text)).next_back();
    Some(format!("{machine} puts {} in the place of {}{}", change.to, change.from, rule.unwrap_or_default()))
}

/// On which way it died, and where.
pub fn place(death: &Death) -> String {
    let what = if death.leg == Leg::Back { "the answer is lost" } else { "lost" };
    match &death.after {
        Some(after) => format!("{what} in {} after {after}", death.machine),
        None => format!("{what} in {}", death.machine),
    }
}
