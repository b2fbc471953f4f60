//! A walk through a change: what was decided so far, and the network that it leads to.
//!
//! ```text
//! back 148   ip -n node-3 link delete veth-pod-f     the network without it; 149 to 155 have fallen with it
//! forth      1 is in force · 2 is in force · 3 is not: done, and its effect predicted · …
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::{Leg, Obstacle, United};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::step::{Action, Finding, Step};

/// More rounds than any change needs: what is done for one step seldom undoes another one.
const ROUNDS: usize = 4;

/// What was decided so far.
#[derive(Debug)]
pub struct Walk<'a> {
    pub united: &'a United,
    /// The network as it will be then.
    pub net: Namespaces,
    /// The steps that will be in force then.
    pub in_force: BTreeSet<u32>,
    legs: Vec<Leg>,
    by_machine: BTreeMap<&'a MachineName, Vec<u32>>,
    /// The steps that are left as they are.
    pub left_alone: BTreeSet<u32>,
}

/// What belongs before a step.
#[derive(Debug, Default)]
pub struct Before {
    /// What is done before it.
    pub legs: Vec<Leg>,
    /// The numbers of the steps that it overwrites.
    pub falls: Vec<u32>,
}

/// The machines that a step may touch: its own, the one that its undoing is sent to, and those at the other ends of the
/// pipes that it speaks of.
pub fn touched(step: &Step, net: &Namespaces) -> BTreeSet<MachineName> {
    let mut touched = BTreeSet::from([step.machine.clone(), step.sent_to().clone(), step.inverse().sent_to().clone()]);
    let is_all = matches!(step.action, Action::AddNamespace(_));
    let link = step.action.link();
    let links = net.get(&step.machine).into_iter().flat_map(|ns| &ns.links);
    let meant = links.filter(|there| is_all || link.is_some_and(|link| link.as_str() == there.name));
    touched.extend(meant.filter_map(|link| link.peer.as_ref()).map(|peer| peer.machine.clone()));
    touched
}

impl<'a> Walk<'a> {
    /// Where nothing is decided yet.
    pub fn new(united: &'a United, seen: &Namespaces, in_force: BTreeSet<u32>) -> Self {
        let (legs, by_machine, left_alone) = (Vec::new(), united.by_machine(), BTreeSet::new());
        Walk { united, net: seen.clone(), in_force, legs, by_machine, left_alone }
    }

    /// Leaves steps as they are.
    pub fn leave(&mut self, which: impl Fn(u32) -> bool) {
        self.left_alone = (1..=self.united.wanted).filter(|number| which(*number)).collect();
    }

    /// Whether a step is among the first `to`, and is done unless it is in force.
    pub fn is_wanted(&self, number: u32, to: u32) -> bool {
        number <= to && !self.left_alone.contains(&number)
    }

    /// What was decided, and the network that it leads to.
    pub fn end(self) -> (Vec<Leg>, Namespaces) {
        (self.legs, self.net)
    }

    /// The step of this number, and whether it is in force in the network so far.
    fn finding(&self, number: u32) -> Option<(&'a Step, Finding)> {
        let step = self.united.plan.step(number)?;
        Some((step, step.check(&self.net)))
    }

    /// Adds a leg, and predicts its effect.
    pub fn push(&mut self, leg: Leg) {
        leg.step.effect(&mut self.net);
        for lost in leg.lost() {
            self.in_force.remove(&lost);
        }
        self.in_force.extend(leg.gained());
        self.legs.push(leg);
    }

    /// Takes a step back; these fall with it.
    pub fn back(&mut self, number: u32, falls: Vec<u32>) {
        if let Some(step) = self.united.plan.step(number) {
            self.push(Leg { step: step.inverse(), number: Some(number), falls, comes: Vec::new() });
        }
    }

    /// Takes a step back, and finds out what falls with it.
    pub fn back_watching(&mut self, number: u32) {
        let Some((step, Finding::Present)) = self.finding(number) else {
            // It has fallen already.
            return;
        };
        let near = touched(step, &self.net);
        let numbers: Vec<u32> = near.iter().filter_map(|at| self.by_machine.get(at)).flatten().copied().collect();
        self.back(number, Vec::new());
        let fallen = |other: &u32| {
            let gone = || self.finding(*other).is_some_and(|(_, finding)| finding != Finding::Present);
            *other != number && self.in_force.contains(other) && gone()
        };
        let falls: Vec<u32> = numbers.into_iter().filter(fallen).collect();
        falls.iter().for_each(|fallen| _ = self.in_force.remove(fallen));
        if let Some(leg) = self.legs.last_mut() {
            leg.falls = falls;
        }
    }

    /// Does those of the first `to` steps that are not in force, in order. `first` says what has to be done before one,
    /// and which steps fall with it.
    ///
    /// # Errors
    /// When something that no step has made stands in the place of one.
    pub fn forth(&mut self, to: u32, mut first: impl FnMut(u32, &Walk<'a>) -> Before) -> Result<(), Obstacle> {
        for _ in 0..ROUNDS {
            let mut done = false;
            for number in 1..=to {
                if !self.is_wanted(number, to) {
                    continue;
                }
                let Before { legs, falls } = first(number, self);
                legs.into_iter().for_each(|leg| self.push(leg));
                match self.finding(number) {
                    Some((step, Finding::Missing | Finding::Differs(_))) => {
                        self.push(Leg { step: step.clone(), number: Some(number), falls, comes: Vec::new() });
                        done = true;
                    }
                    Some((_, Finding::Taken(found))) => return Err(Obstacle { number, found }),
                    Some((_, Finding::Present)) | None => {}
                }
            }
            if !done {
                break;
            }
        }
        Ok(())
    }
}
