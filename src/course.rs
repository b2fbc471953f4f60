//! What the cursor moves along: a lab's plan, or, while a change is under way, the steps of that change.
//!
//! ```text
//! a plan      1 ─ 2 ─ 3 ─ … ─ 140                  all forwards
//! a change    1 ─ 2 ─ 3 ─ … ─ 13                   numbers of its own; each does a step, or takes one back
//!             36  37  38      49                   the step's number in the lab's plan
//! ```
//!
//! A change that is gone step by step has a cursor of its own. Once it is over, the lab's cursor stands at the end of the new
//! plan.

use std::collections::BTreeSet;

use crate::change::{Leg, United, preview};
use crate::error::{Error, Result};
use crate::journal::Record;
use crate::lab::Lab;
use crate::lab::change::{Goal, SavedLeg, Underway};
use crate::network::Mac;
use crate::plan::Plan;
use crate::step::{Action, KeepMac, Step, Way};

/// What the cursor moves along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its steps, numbered from 1.
    pub plan: Plan,
    /// All steps of the lab, in whose numbers its journal is written. Behind those of the plan stand steps of the change
    /// that no plan has.
    whole: Plan,
    /// How many steps of the plan the whole begins with.
    steps: u32,
    change: Option<Detour>,
}

/// A change that is gone step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Detour {
    goal: Goal,
    /// The new topology's text.
    text: String,
    /// How many steps the new plan has.
    wanted: u32,
    /// What is done, by numbers in the whole.
    legs: Vec<(u32, Way, Vec<u32>)>,
}

/// A move in the whole of a lab's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stride {
    /// The step's number there.
    pub number: u32,
    /// Forwards or backwards, as the step is meant.
    pub way: Way,
}

impl Course {
    /// The course of a lab.
    ///
    /// # Errors
    /// When its topology cannot be read, or a change was interrupted that nobody goes step by step.
    pub fn of(lab: &Lab) -> Result<Self> {
        let united = lab.united()?;
        match lab.underway()? {
            None => {
                let (plan, steps) = (united.plan, united.wanted);
                Ok(Course { whole: plan.clone(), plan, steps, change: None })
            }
            Some(Underway { legs: Some(legs), goal, to, .. }) => Ok(Self::detour(united, &legs, goal, to)),
            Some(Underway { legs: None, goal, .. }) => {
                Err(Error::usage(format!("a change of lab {} was interrupted", lab.name))
                    .help(format!("{} goes on; it cannot be gone step by step", goal.command())))
            }
        }
    }

    fn detour(united: United, saved: &[SavedLeg], goal: Goal, text: String) -> Self {
        let steps = united.plan.len();
        let mut whole = united.plan.clone();
        let mut legs = Vec::new();
        let mut shown = Vec::new();
        for leg in saved {
            let (number, way, falls) = match leg {
                SavedLeg::Do(number) => (*number, Way::Do, Vec::new()),
                SavedLeg::Undo(number, falls) => (*number, Way::Undo, falls.clone()),
                SavedLeg::Keep(machine, link, mac) => {
                    let (Ok(machine), Ok(name)) = (machine.parse(), link.parse()) else { continue };
                    let why = "those who have noted it would lose their gateway";
                    let action = Action::KeepMac(KeepMac { name, mac: Mac(*mac) });
                    whole.steps.push(Step::new(&machine, action, why));
                    (whole.len(), Way::Do, Vec::new())
                }
            };
            let Some(step) = whole.step(number) else { continue };
            let step = if way == Way::Do { step.clone() } else { step.inverse() };
            let known = Some(number).filter(|number| *number <= steps);
            shown.push(Leg { step, number: known, falls: falls.clone(), comes: Vec::new() });
            legs.push((number, way, falls));
        }
        let plan = preview(&united, &shown);
        Course { plan, whole, steps, change: Some(Detour { goal, text, wanted: united.wanted, legs }) }
    }

    /// All steps, in whose numbers [`Stride`]s and the journal are.
    pub fn whole(&self) -> &Plan {
        &self.whole
    }

    /// What the change is for, if it is one.
    pub fn goal(&self) -> Option<&Goal> {
        self.change.as_ref().map(|change| &change.goal)
    }

    /// The new topology's text and the number of its steps, if it is a change.
    pub fn end(&self) -> Option<(&str, u32)> {
        self.change.as_ref().map(|change| (change.text.as_str(), change.wanted))
    }

    /// Which of the whole steps are in force, as far as netlab knows.
    ///
    /// # Errors
    /// As [`Lab::record`].
    pub fn whole_record(&self, lab: &Lab) -> Result<Record> {
        lab.record(&self.whole)
    }

    /// Which of its steps are in force, as far as netlab knows.
    ///
    /// # Errors
    /// As [`Lab::record`].
    pub fn record(&self, lab: &Lab) -> Result<Record> {
        let Some(change) = &self.change else { return self.whole_record(lab) };
        if lab.underway()?.is_none() {
            // Since it was looked at, it is over, or was called off.
            let last = if lab.base_text()? == change.text { self.plan.len() } else { 0 };
            return Ok(Record { done: (1..=last).collect(), ..Record::default() });
        }
        let record = self.whole_record(lab)?;
        let is_made = |(number, way, _): &&(u32, Way, Vec<u32>)| record.done.contains(number) == (*way == Way::Do);
        let made = change.legs.iter().take_while(is_made).count();
        let place = |number: &u32| {
            let place = change.legs.iter().position(|(leg, ..)| leg == number)?;
            u32::try_from(place + 1).ok()
        };
        // Forwards on this course may be backwards in the plan: what was begun either way is told as begun.
        let places = |numbers: &BTreeSet<u32>| numbers.iter().filter_map(place).collect::<BTreeSet<u32>>();
        Ok(Record {
            done: (1..=u32::try_from(made).unwrap_or(u32::MAX)).collect(),
            begun: if record.is_unfinished() { places(&record.begun) } else { BTreeSet::new() },
            undoing: BTreeSet::new(),
            failed: record.failed.as_ref().and_then(|(number, why)| Some((place(number)?, why.clone()))),
        })
    }

    /// What a move along the course, forwards or backwards, is in the whole.
    pub fn strides(&self, number: u32, way: Way) -> Vec<Stride> {
        let Some(change) = &self.change else { return vec![Stride { number, way }] };
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let Some((number, meant, falls)) = place.and_then(|place| change.legs.get(place)) else { return Vec::new() };
        match (meant, way) {
            (Way::Do, way) => vec![Stride { number: *number, way }],
            (Way::Undo, Way::Do) => vec![Stride { number: *number, way: Way::Undo }],
            (Way::Undo, Way::Undo) => {
                let mut again: Vec<u32> = falls.iter().copied().chain([*number]).collect();
                again.sort_unstable();
                again.into_iter().map(|number| Stride { number, way: Way::Do }).collect()
            }
        }
    }

    /// The steps that fall with a move along the course, by their numbers in the whole.
    pub fn falls(&self, number: u32, way: Way) -> &[u32] {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let leg = self.change.as_ref().zip(place).and_then(|(change, place)| change.legs.get(place));
        match leg {
            Some((_, Way::Undo, falls)) if way == Way::Do => falls,
            _ => &[],
        }
    }

    /// Whether a number is of a step that no plan has.
    pub fn is_extra(&self, number: u32) -> bool {
        number > self.steps
    }
}

impl Goal {
    /// What is typed to get there.
    pub fn command(&self) -> String {
        match self {
            Goal::File => "`netlab up FILE`".into(),
            Goal::AddPod(pod) => format!("`netlab pod add {pod}`"),
            Goal::DeletePod(pod) => format!("`netlab pod delete {pod}`"),
        }
    }

    /// What it is, as the beginning of a sentence.
    pub fn what(&self) -> String {
        match self {
            Goal::File => "the change".into(),
            Goal::AddPod(pod) => format!("adding pod {pod}"),
            Goal::DeletePod(pod) => format!("deleting pod {pod}"),
        }
    }
}
