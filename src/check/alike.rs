//! Which pairs fail alike, most likely for the same reason.
//!
//! ```text
//! pod-a, pod-b → pod-c, pod-d     from the pods of one node to those of another, in the same way
//! everybody    → pod-c            whom nobody reaches: in a part for each node that is sent from
//! pod-a        → everybody        who reaches nobody
//! ```

use std::collections::{BTreeMap, HashMap};

use super::census::{Census, Number, Role};
use super::demand::Demand;
use super::run::Trial;
use super::verdict::Failure;

/// What they have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bond {
    /// The machine that nobody reaches.
    To(Number),
    /// The machine that reaches nobody.
    From(Number),
    /// Those that send, and the node that is sent to, or whose pods are; none for an address that is nobody's.
    Between(Sender, Option<Number>),
}

/// A node itself, or the pods on it: what the one sends is not forwarded there.
type Sender = (Number, bool);

/// How they fail, of which family, and what they have in common.
type Kind = (&'static str, bool, Bond);

/// The places of the failed ones, with those that are alike together, and these in parts that may differ after all.
pub fn groups(census: &Census, trials: &[Trial], failures: &[Option<Failure>]) -> Vec<Vec<Vec<usize>>> {
    let failed = || {
        trials.iter().zip(failures).enumerate().filter_map(|(place, (trial, failure))| {
            // What is not there needs no trace, nor what is answered and should not be, or by the wrong machine.
            let worth = |failure: &&Failure| {
                !matches!(failure, Failure::NoMachine(_) | Failure::Reachable | Failure::WrongMachine(_))
            };
            failure.as_ref().filter(worth).map(|failure| (place, &trial.demand, failure))
        })
    };
    // Who reaches nobody, and who is reached by nobody, of a family.
    let mut sent: HashMap<(Number, bool), (usize, usize)> = HashMap::new();
    let mut got: HashMap<(Number, bool), (usize, usize)> = HashMap::new();
    for (trial, failure) in trials.iter().zip(failures) {
        let Demand { from, to: Some(to), .. } = trial.demand else { continue };
        if from == to {
            continue;
        }
        let ipv6 = trial.demand.address.is_ipv6();
        for (of, number) in [(&mut sent, from), (&mut got, to)] {
            let entry = of.entry((number, ipv6)).or_default();
            *entry = (entry.0 + usize::from(failure.is_some()), entry.1 + 1);
        }
    }
    let all = |of: &HashMap<(Number, bool), (usize, usize)>, key: (Number, bool)| {
        of.get(&key).is_some_and(|(failed, count)| *count > 1 && failed == count)
    };
    let sender = |from| (census.node_of(from), census.person(from).is_some_and(|p| matches!(p.role, Role::Pod(_))));
    let mut known: Vec<Kind> = Vec::new();
    let mut groups: Vec<BTreeMap<Sender, Vec<usize>>> = Vec::new();
    for (place, demand, failure) in failed() {
        let ipv6 = demand.address.is_ipv6();
        let bond = match demand.to {
            Some(to) if all(&got, (to, ipv6)) => Bond::To(to),
            _ if all(&sent, (demand.from, ipv6)) => Bond::From(demand.from),
            to => Bond::Between(sender(demand.from), to.map(|to| census.node_of(to))),
        };
        let kind = (failure.slug(), ipv6, bond);
        // In the order in which they come.
        let at = known.iter().position(|one| *one == kind).unwrap_or_else(|| {
            known.push(kind);
            groups.push(BTreeMap::new());
            known.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.entry(sender(demand.from)).or_default().push(place);
        }
    }
    groups.into_iter().map(|group| group.into_values().collect()).collect()
}
