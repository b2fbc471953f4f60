//! A running lab is changed: what `netlab up FILE` does with an edited file, and `netlab pod`.
//!
//! ```text
//! prepare ── what is known of the lab, and what is seen of it ──▶ a change, worked out ([`crate::change`])
//!    ├─ shown, and nothing done       --dry-run
//!    ├─ carry_out                     write down what it is to be ─▶ all of it ─▶ it is
//!    └─ begin                         write down what it is to be, and what is done on the way: the cursor goes it
//! ```
//!
//! From the moment it begins until it is over, the new topology and the former ones are kept side by side
//! ([`crate::lab::change`]): whoever is killed meanwhile leaves a lab that can be led to any topology.

mod carry;
mod trail;

use std::collections::BTreeSet;

use crate::change::{self, Change, Count, Obstacle, Pace, United, preview, work_out};
use crate::cursor::with_former;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::lab::change::{Goal, SavedLeg, Underway};
use crate::lab::{Lab, Lock};
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::step::{Action, Finding, Way};
use crate::topology::model::Topology;
use crate::{repair, run};

pub use crate::change::Scope;
pub use carry::carry_out;
pub use trail::Trail;

/// What a lab is to become.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What for.
    pub goal: &'a Goal,
    /// The new topology's text.
    pub text: &'a str,
    /// What it says.
    pub topology: &'a Topology,
    /// As far as which step; none means the last one.
    pub to: Option<u32>,
    /// How the steps that go are taken back.
    pub pace: Pace,
    /// Which steps are done.
    pub scope: Scope,
}

/// A change that was worked out.
#[derive(Debug)]
pub struct Prepared {
    /// The new plan, and what is left over.
    pub united: United,
    /// What is to be done.
    pub change: Change,
    /// What is left to be set right then.
    pub trail: Vec<Trail>,
    goal: Goal,
    text: String,
    /// The texts of the topologies that the lab comes from.
    from: Vec<String>,
    /// See [`Underway::drift`].
    drift: Vec<String>,
    /// See [`Underway::touched`].
    touched: BTreeSet<String>,
}

impl Prepared {
    /// What is done, as a plan of its own.
    pub fn plan(&self) -> Plan {
        preview(&self.united, &self.change.legs)
    }

    /// How many steps it concerns, and the commands for them and for what is set right then.
    pub fn count(&self) -> Count {
        let count = self.change.count();
        Count { commands: count.commands + self.trail.len(), ..count }
    }

    /// How the file of the lab's state says it.
    fn underway(&self, legs: Option<Vec<SavedLeg>>) -> Underway {
        let Prepared { goal, text, from, drift, touched, .. } = self;
        let (goal, to, from) = (goal.clone(), text.clone(), from.clone());
        Underway { goal, to, from, drift: drift.clone(), touched: touched.clone(), legs }
    }

    fn in_force(&self) -> Vec<u32> {
        self.change.in_force.iter().copied().collect()
    }
}

/// Whether a running lab is what this plan says, or is to become something else first.
///
/// # Errors
/// When its topology cannot be read.
pub fn is_another(lab: &Lab, plan: &Plan) -> Result<bool> {
    Ok(lab.underway()?.is_some() || !lab.plan()?.does_the_same_as(plan))
}

/// Works out what leads a running lab to what is wanted.
///
/// # Errors
/// When the lab cannot be looked at, or something that no step has made stands in the way.
pub fn prepare(kernel: &Kernel, lab: &Lab, wanted: Wanted<'_>) -> Result<Prepared> {
    let Wanted { goal, text, topology, to, pace, scope } = wanted;
    let new = Plan::of(topology);
    let (known, before) = match lab.underway()? {
        Some(Underway { from, to, drift, touched, .. }) => {
            (from.into_iter().chain([to]).collect(), Some((drift, touched)))
        }
        None => (vec![lab.base_text()?], None),
    };
    let (from, former) = former(lab, known, &new)?;
    let mut united = United::of(new.clone(), &former);
    // A pod leaves nothing behind but neighbours, so the rest need not be looked at: that takes its time in a large lab.
    let mut seen = match scope {
        Scope::All => repair::look_quickly(kernel, &united.plan)?,
        Scope::Difference => run::look(kernel, &united.plan, true)?,
    };
    for number in united.wanted + 1..=united.plan.len() {
        let Some(step) = united.plan.step(number) else { continue };
        let goes_alone = matches!(step.action, Action::SetSysctl(_)) && !united.is_leftover_machine(&step.machine);
        if goes_alone && step.check(&seen) == Finding::Present {
            let known = with_former(kernel, &united.plan, number, step)?;
            united.know(number, known);
        }
    }
    let wish = change::Wish { to: to.unwrap_or(united.wanted), pace, scope };
    let leading_there =
        |seen: &Namespaces| work_out(&united, seen, wish).map_err(|obstacle| in_the_way(lab, &new, &obstacle));
    let mut change = leading_there(&seen)?;
    let goes_on = before.is_some();
    let (mut drift, touched_before) = before.unwrap_or_default();
    let mut touched = touched_before.clone();
    touched.extend(change.touched(&seen).iter().map(ToString::to_string));
    if scope == Scope::All {
        // Sysctls follow from a change where it touches something; to look at those of all machines takes seconds.
        repair::look_at_sysctls(kernel, |machine| touched.contains(machine.as_str()), &mut seen)?;
        change = leading_there(&seen)?;
    }
    let trail = match scope {
        Scope::Difference => {
            if !goes_on {
                drift = trail::gone(&seen);
            }
            trail::neighbours(&change.net, &drift)
        }
        Scope::All => {
            let fresh = repair::fresh(kernel, &seen)?;
            // Where an interrupted change has touched nothing, all that differs is somebody's, also now.
            let base = lab.base_plan()?;
            drift.extend(trail::drift(&base, &lab.record(&base)?, &seen, &fresh, &touched_before));
            trail::find(&united, &change, &fresh, &drift)
        }
    };
    Ok(Prepared { united, change, trail, goal: goal.clone(), text: text.to_owned(), from, drift, touched })
}

/// The texts and plans that a lab may come from: those of these that differ from each other and from the new one.
fn former(lab: &Lab, known: Vec<String>, new: &Plan) -> Result<(Vec<String>, Vec<Plan>)> {
    let (mut from, mut former) = (Vec::new(), Vec::<Plan>::new());
    for known in known {
        let plan = Plan::of(&lab.parse(&known)?);
        if !plan.does_the_same_as(new) && !former.iter().any(|other| other.does_the_same_as(&plan)) {
            former.push(plan);
            from.push(known);
        }
    }
    Ok((from, former))
}

fn in_the_way(lab: &Lab, new: &Plan, Obstacle { number, found }: &Obstacle) -> Error {
    match new.step(*number) {
        Some(step) => run::taken(new, *number, step, found).help(format!("nothing was done to lab {}", lab.name)),
        None => Error::refused(format!("step {number} cannot be done: {found}")),
    }
}

/// Writes down what a lab is to become and what is done on the way, under its lock: the cursor can go it then.
///
/// # Errors
/// When it cannot be written.
pub fn begin(lab: &Lab, lock: &Lock, prepared: &Prepared) -> Result<()> {
    let legs = prepared.change.legs.iter().filter_map(|leg| match (&leg.step.action, leg.number, leg.step.way) {
        (_, Some(number), Way::Do) => Some(SavedLeg::Do(number)),
        (_, Some(number), Way::Undo) => Some(SavedLeg::Undo(number, leg.falls.clone())),
        (Action::KeepMac(keep), None, _) => {
            Some(SavedLeg::Keep(leg.step.machine.to_string(), keep.name.to_string(), keep.mac.0))
        }
        // Only the brisk way has others.
        (_, None, _) => None,
    });
    lab.begin_change(lock, &prepared.underway(Some(legs.collect())), &prepared.in_force())
}
