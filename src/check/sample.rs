//! Which pairs are tried: all of them, or in a large lab a sample.
//!
//! ```text
//! node-1: pod 1 2 3    each pod      itself · the next pod on its node · one pod on another node · every host
//! node-2: pod 4 5 6                  one pod of every other cluster
//! node-3: pod 7 8 9    each node     one pod on every node
//!                      each host     the same, and every node
//! ```
//!
//! The others are taken in turn, so that every pod is sent to and, where pods are enough, every node sends to every other
//! one. The seed turns the wheels: another seed, other pairs.

use super::census::{Census, Number, Role};
use crate::topology::model::Family;

/// Which pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Every pair.
    All,
    /// Some, by this seed.
    Sample(u64),
}

impl Pick {
    /// To whom this machine sends.
    pub fn targets(self, census: &Census, from: Number, family: Family) -> Vec<Number> {
        match self {
            Pick::All => (0..census.people.len()).collect(),
            Pick::Sample(seed) => sample(census, from, family, seed),
        }
    }
}

fn sample(census: &Census, from: Number, family: Family, seed: u64) -> Vec<Number> {
    let homes = homes(census, family);
    let turn = |length: usize, by: usize| (by as u64).wrapping_add(seed) as usize % length.max(1);
    let one_of = |pods: &[Number], by: usize| pods.get(turn(pods.len(), by)).copied();
    match census.person(from).map(|person| person.role) {
        Some(Role::Node) => homes.iter().filter_map(|(_, pods)| one_of(pods, from)).collect(),
        Some(Role::Host) => {
            let pods = homes.iter().filter_map(|(_, pods)| one_of(pods, from));
            pods.chain(census.all(|role| role == Role::Node)).collect()
        }
        Some(Role::Pod(node)) => {
            let mine = cluster_of(census, node);
            let (homes, strangers): (Vec<_>, Vec<_>) =
                homes.into_iter().partition(|(node, _)| cluster_of(census, *node) == mine);
            let Some(home) = homes.iter().position(|(one, _)| *one == node) else { return Vec::new() };
            let neighbours = homes.get(home).map_or(&[][..], |(_, pods)| pods);
            let Some(place) = neighbours.iter().position(|pod| *pod == from) else { return Vec::new() };
            // Another node for each of its pods in turn, and there the pod of the same place.
            let others = homes.len().saturating_sub(1);
            let far = (others > 0).then(|| (home + 1 + turn(others, place)) % homes.len());
            let far = far.and_then(|at| homes.get(at)).and_then(|(_, pods)| pods.get(place % pods.len().max(1)));
            let mut targets = vec![from];
            targets.extend(neighbours.get((place + 1) % neighbours.len()).copied().filter(|next| *next != from));
            targets.extend(far.copied());
            targets.extend(census.all(|role| role == Role::Host));
            let mut others: Vec<Option<usize>> = strangers.iter().map(|(node, _)| cluster_of(census, *node)).collect();
            others.dedup();
            targets.extend(others.into_iter().filter_map(|other| {
                let theirs = strangers.iter().filter(|(node, _)| cluster_of(census, *node) == other);
                one_of(&theirs.flat_map(|(_, pods)| pods.iter().copied()).collect::<Vec<_>>(), from)
            }));
            targets
        }
        None => Vec::new(),
    }
}

/// The place of a node's cluster.
fn cluster_of(census: &Census, node: Number) -> Option<usize> {
    census.person(node).and_then(|person| person.standing.cluster)
}

/// The nodes that have pods of this family, with them.
fn homes(census: &Census, family: Family) -> Vec<(Number, Vec<Number>)> {
    let mut homes: Vec<(Number, Vec<Number>)> = Vec::new();
    for (number, person) in census.people.iter().enumerate().filter(|(_, person)| person.address(family).is_some()) {
        let Role::Pod(node) = person.role else { continue };
        match homes.last_mut() {
            Some((last, pods)) if *last == node => pods.push(number),
            _ => homes.push((node, vec![number])),
        }
    }
    homes
}
