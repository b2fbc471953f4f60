//! A change as a plan of its own: what is done on the way, numbered from 1, in chapters.
//!
//! ```text
//! pod-f: veth pipe
//!   1  Delete the veth pipe veth-pod-f.
//!      ip -n node-3 link delete veth-pod-f
//! pod-f: namespace
//!   2  Delete the network namespace pod-f.
//! ```

use super::{Change, Leg, United};
use crate::plan::{Chapter, Plan};

/// How many steps are taken back, done, and stay, and how many commands that takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Steps of former plans that are not in force any more afterwards.
    pub back: usize,
    /// Steps of the new plan that are done.
    pub done: usize,
    /// Steps of the new plan that are in force, and stay so.
    pub stays: usize,
    /// What is typed for it: fewer commands than steps where some fall with others, or are done together with them; and
    /// some of them are no steps of any plan.
    pub commands: usize,
}

impl Change {
    /// How many steps it concerns, and the commands for them.
    pub fn count(&self) -> Count {
        let commands = self.legs.iter().filter(|leg| leg.step.command().is_some()).count();
        Count { back: self.back, done: self.done, stays: self.stays, commands }
    }
}

/// What is done on the way, as a plan.
pub fn preview(united: &United, legs: &[Leg]) -> Plan {
    let title = |leg: &Leg| {
        let number = leg.number.or(leg.comes.first().copied());
        let chapter = number.and_then(|number| united.plan.chapter_of(number));
        chapter.map_or_else(|| format!("{}: what stays", leg.step.machine), |chapter| chapter.title.clone())
    };
    let mut chapters: Vec<Chapter> = Vec::new();
    for (place, leg) in legs.iter().enumerate() {
        let title = title(leg);
        match chapters.last_mut() {
            Some(last) if last.title == title => last.steps.end = place + 1,
            _ => chapters.push(Chapter { title, steps: place..place + 1 }),
        }
    }
    let steps = legs.iter().map(|leg| leg.step.clone()).collect();
    Plan { steps, chapters, ..united.plan.clone() }
}
