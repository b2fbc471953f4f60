//! Changing a running lab: from what there is to what a new topology wants.
//!
//! ```text
//!  running plan ─┐                        ┌─ taken back   steps that only it has, the last one first
//!                ├─ United ─┐             │
//!  new plan ─────┘          ├─ work_out ──┼─ done         steps of the new one that are not in force then, in its order
//!  what the kernel holds ───┘             │
//!                                         └─ stays        all other steps: nothing is done about them
//! ```
//!
//! Everything here is pure. What is in force is found in what was seen, so that the same can be asked again after an
//! interruption; what each step leads to is predicted, so that what falls with another thing (the routes of a deleted
//! address, the far end of a pipe) is known beforehand: it need not be taken back, and is done again where it is to stay.
//!
//! Whatever is common to both plans is left alone. There are two ways to get there:
//!
//! - [`Pace::Brisk`]: nobody watches. A machine that goes is two commands: its pipe is deleted at the end that stays, and its
//!   namespace. What can be set over is not set back first, and a chain's rules are replaced in one transaction.
//! - [`Pace::Stepwise`]: every step that goes is taken back by itself, as `netlab back` does, and then those to come are done.

mod brisk;
mod chains;
mod keep;
mod preview;
mod united;
mod walk;

use std::collections::BTreeSet;

use crate::names::MachineName;
use crate::network::Namespaces;
use crate::step::{Finding, Step, Way};

pub use preview::{Count, preview};
pub use united::United;

use walk::Walk;

/// How the steps that go are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// With as few commands as will do.
    Brisk,
    /// Each by itself.
    Stepwise,
}

/// Which steps are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that are not in force, also those that went missing before.
    All,
    /// Those that the former plans do not have, and those that fall with something on the way.
    Difference,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How many of the new plan's steps are to be in force.
    pub to: u32,
    /// How those that go are taken back.
    pub pace: Pace,
    /// Which steps are done.
    pub scope: Scope,
}

/// One thing to do on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// What is done: a step of the united plan, its undoing, or one that no plan has.
    pub step: Step,
    /// Its number in the united plan; none if no plan has it.
    pub number: Option<u32>,
    /// The numbers of other steps that are not in force any more then.
    pub falls: Vec<u32>,
    /// The numbers of other steps that are in force then.
    pub comes: Vec<u32>,
}

impl Leg {
    /// The steps that are in force once this is done, and were not.
    pub fn gained(&self) -> Vec<u32> {
        let own = self.number.filter(|_| self.step.way == Way::Do);
        self.comes.iter().copied().chain(own).collect()
    }

    /// The steps that were in force, and are not once this is done.
    pub fn lost(&self) -> Vec<u32> {
        let own = self.number.filter(|_| self.step.way == Way::Undo);
        self.falls.iter().copied().chain(own).collect()
    }
}

/// What leads from the running lab to the new topology.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is done, in order.
    pub legs: Vec<Leg>,
    /// The steps of the united plan that are in force before.
    pub in_force: BTreeSet<u32>,
    /// Those that are in force afterwards.
    pub after: BTreeSet<u32>,
    /// The network afterwards, as far as it can be predicted.
    pub net: Namespaces,
    /// How many steps are not in force any more afterwards.
    pub back: usize,
    /// How many steps of the new plan are done.
    pub done: usize,
    /// How many of its steps are in force before and stay so.
    pub stays: usize,
}

impl Change {
    /// The machines that it touches, in the network as it was seen before.
    pub fn touched(&self, before: &Namespaces) -> BTreeSet<MachineName> {
        let touched =
            |leg: &Leg| walk::touched(&leg.step, before).into_iter().chain(walk::touched(&leg.step, &self.net));
        self.legs.iter().flat_map(touched).collect()
    }
}

/// Something that is in the way of a step, and that no step of either plan has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The step's number in the united plan.
    pub number: u32,
    /// What there is.
    pub found: String,
}

/// Works out what leads to where the first `to` steps of the new plan are in force, and nothing of the former ones.
///
/// # Errors
/// When something that no step has made stands in the way.
pub fn work_out(united: &United, seen: &Namespaces, wish: Wish) -> Result<Change, Obstacle> {
    let mut in_force = present_in(united, seen);
    let to = wish.to.min(united.wanted);
    let mut walk = Walk::new(united, seen, in_force.clone());
    if wish.scope == Scope::Difference {
        walk.leave(|number| united.is_common(number) && !in_force.contains(&number));
    }
    match wish.pace {
        Pace::Brisk => brisk::go(&mut walk, to)?,
        Pace::Stepwise => {
            let leftovers: Vec<u32> = in_force.iter().copied().filter(|number| united.is_leftover(*number)).collect();
            leftovers.into_iter().rev().for_each(|number| walk.back_watching(number));
            walk.forth(to, |_, _| walk::Before::default())?;
        }
    }
    let mut after = present_in(united, &walk.net);
    // What went missing before is meant to be there, all the same.
    in_force.extend(&walk.left_alone);
    after.extend(&walk.left_alone);
    let mut legs = keep::bridges(seen, &walk.net);
    let (walked, net) = walk.end();
    legs.extend(walked);
    let done: BTreeSet<u32> = legs.iter().flat_map(Leg::gained).filter(|number| !united.is_leftover(*number)).collect();
    let stays = in_force.intersection(&after).filter(|number| !united.is_leftover(**number) && !done.contains(number));
    let back = in_force.difference(&after).filter(|number| united.is_leftover(**number));
    Ok(Change { back: back.count(), stays: stays.count(), done: done.len(), legs, in_force, after, net })
}

/// The steps that are in force in a network.
fn present_in(united: &United, net: &Namespaces) -> BTreeSet<u32> {
    let present = |(number, step): (u32, &Step)| (step.check(net) == Finding::Present).then_some(number);
    united.plan.numbered().filter_map(present).collect()
}

#[cfg(test)]
mod tests;
