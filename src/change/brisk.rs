//! The way without an audience: as few commands as will do, and what stays is disturbed as little as possible.
//!
//! ```text
//! pod-f goes            ip -n node-3 link delete veth-pod-f · ip netns delete pod-f      all else of it falls with these
//! a sysctl changes      set to the new value; not back to the former one first
//! a gateway changes     the old route goes just before the new one comes
//! a rule changes        the chain's rules are replaced, in one transaction
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::chains::{self, Chains};
use super::walk::{Before, Walk, touched};
use super::{Leg, Obstacle};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::step::{Action, Finding, Step};

/// Decides all of it.
///
/// # Errors
/// When something that no step has made stands in the way.
pub fn go(walk: &mut Walk<'_>, to: u32) -> Result<(), Obstacle> {
    let Chains { mut replaced, handled } = chains::find(walk, to)?;
    let united = walk.united;
    let is_open = |number: &u32| united.is_leftover(*number) && !handled.contains(number);
    let mut leftovers: Vec<u32> = walk.in_force.iter().copied().filter(is_open).collect();
    let mut overwritten = overwritten(walk, &mut leftovers, to);
    let falls = falls(walk, &leftovers);
    let fallen: BTreeSet<u32> = falls.values().flatten().copied().collect();
    let mut late = late(walk, &leftovers, to);
    let is_late: BTreeSet<u32> = late.values().flatten().copied().collect();
    let with = |number: u32| falls.get(&number).cloned().unwrap_or_default();
    for number in leftovers.iter().rev().filter(|number| !is_late.contains(number) && !fallen.contains(number)) {
        walk.back(*number, with(*number));
    }
    walk.forth(to, |number, walk| {
        let late = late.remove(&number).unwrap_or_default();
        let back = |number: u32| {
            let step = walk.united.plan.step(number).filter(|step| step.check(&walk.net) == Finding::Present)?;
            Some(Leg { step: step.inverse(), number: Some(number), falls: with(number), comes: Vec::new() })
        };
        let legs = late.into_iter().rev().filter_map(back).chain(replaced.remove(&number)).collect();
        Before { legs, falls: overwritten.remove(&number).unwrap_or_default() }
    })
}

/// Those machines of a network that a step touches.
fn around(step: &Step, net: &Namespaces) -> Namespaces {
    let namespace = |at: MachineName| net.get(&at).cloned().map(|namespace| (at, namespace));
    touched(step, net).into_iter().filter_map(namespace).collect()
}

/// The new steps that are not in force, by machine.
fn to_come<'a>(walk: &Walk<'a>, to: u32) -> BTreeMap<&'a MachineName, Vec<(u32, &'a Step, Finding)>> {
    let mut found: BTreeMap<&MachineName, Vec<(u32, &Step, Finding)>> = BTreeMap::new();
    for (number, step) in walk.united.plan.numbered().take_while(|(number, _)| *number <= to) {
        match step.check(&walk.net) {
            Finding::Present => {}
            finding => found.entry(&step.machine).or_default().push((number, step, finding)),
        }
    }
    found
}

/// What a new step sets over need not be set back before: for each such step, which ones.
fn overwritten(walk: &Walk<'_>, leftovers: &mut Vec<u32>, to: u32) -> BTreeMap<u32, Vec<u32>> {
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let to_come = to_come(walk, to);
    leftovers.retain(|number| {
        let Some(step) = walk.united.plan.step(*number) else { return false };
        // Whoever is to be told must hear it while it is there to hear.
        if step.says_goodbye() {
            return true;
        }
        let rivals = to_come.get(&step.machine).into_iter().flatten();
        let mut rivals = rivals.filter(|(_, _, finding)| matches!(finding, Finding::Differs(_)));
        let over = rivals.find(|(_, rival, _)| {
            let mut net = around(rival, &walk.net);
            rival.effect(&mut net);
            step.check(&net) != Finding::Present && rival.check(&net) == Finding::Present
        });
        match over {
            Some((over, ..)) => found.entry(*over).or_default().push(*number),
            None => return true,
        }
        false
    });
    found
}

/// What falls when one of the leftovers is taken back, for each of them.
fn falls(walk: &Walk<'_>, leftovers: &[u32]) -> BTreeMap<u32, Vec<u32>> {
    let step = |number: u32| walk.united.plan.step(number);
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut fallen: BTreeSet<u32> = BTreeSet::new();
    // With a namespace goes all that is in it.
    let births = leftovers.iter().filter_map(|number| Some((*number, step(*number)?)));
    let births = births.filter(|(_, step)| matches!(step.action, Action::AddNamespace(_)));
    let births: BTreeMap<&MachineName, u32> = births.map(|(number, step)| (&step.machine, number)).collect();
    // But for what ends in a machine that stays: the kernel would take it away some time later.
    let goes = |step: &Step| {
        !step.says_goodbye() && touched(step, &walk.net).iter().all(|machine| births.contains_key(machine))
    };
    for number in leftovers {
        let birth = step(*number).filter(|step| goes(step)).and_then(|step| births.get(&step.machine));
        if let Some(birth) = birth.filter(|birth| *birth != number) {
            found.entry(*birth).or_default().push(*number);
            fallen.insert(*number);
        }
    }
    for number in leftovers {
        let Some(first) = step(*number).filter(|_| !fallen.contains(number)) else { continue };
        if births.get(&first.machine) == Some(number) {
            // The kernel takes what is at other ends away in its own time: these are taken back by themselves.
            continue;
        }
        let mut net = around(first, &walk.net);
        first.inverse().effect(&mut net);
        for other in leftovers.iter().filter(|other| *other > number) {
            let goes = |step: &Step| {
                !step.says_goodbye() && net.contains_key(&step.machine) && step.check(&net) != Finding::Present
            };
            if !fallen.contains(other) && step(*other).is_some_and(goes) {
                found.entry(*number).or_default().push(*other);
                fallen.insert(*other);
            }
        }
    }
    found
}

/// Those leftovers that stand in the place of a new step: they go when it comes, for each such step.
fn late(walk: &Walk<'_>, leftovers: &[u32], to: u32) -> BTreeMap<u32, Vec<u32>> {
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, rivals) in to_come(walk, to) {
        for (rival, step, _) in rivals.iter().filter(|(_, _, finding)| matches!(finding, Finding::Taken(_))) {
            let makes_room = |leftover: &&u32| {
                let Some(leftover) = walk.united.plan.step(**leftover).filter(|leftover| leftover.machine == *at)
                else {
                    return false;
                };
                let mut net = around(leftover, &walk.net);
                leftover.inverse().effect(&mut net);
                !matches!(step.check(&net), Finding::Taken(_))
            };
            // The last one: the thing itself, and not what it stands on.
            if let Some(leftover) = leftovers.iter().rev().find(makes_room) {
                found.entry(*rival).or_default().push(*leftover);
            }
        }
    }
    found
}
