//! Two plans, or more, as one: the steps of the new one, and behind them those that only the former ones have.
//!
//! ```text
//! new      1 a   2 b   3 d
//! former         a     b     c
//! united   1 a   2 b   3 d   4 c          4 is left over
//! ```
//!
//! So the numbers of the new plan hold from the beginning of a change to its end. Steps are the same when they do the same
//! in the same machine; why they are done makes no difference.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::names::MachineName;
use crate::plan::{Chapter, Plan};
use crate::step::{Action, SetSysctl, Step};

/// A new plan, and what is left over from former ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct United {
    /// All steps.
    pub plan: Plan,
    /// How many of them are the new plan's.
    pub wanted: u32,
    /// Those of the new plan that a former one has, too.
    common: BTreeSet<u32>,
}

/// What a step does, and where.
fn identity(step: &Step) -> (MachineName, String) {
    let action = match &step.action {
        // What a sysctl was before, and what rules a rule was added to, is not told apart by any step's own doing; but
        // a rule behind other rules than before is another one.
        Action::SetSysctl(sysctl) => Action::SetSysctl(SetSysctl { former: None, ..sysctl.clone() }),
        other => other.clone(),
    };
    (step.machine.clone(), format!("{action:?}"))
}

impl United {
    /// Unites plans of one lab.
    pub fn of(new: Plan, former: &[Plan]) -> Self {
        let wanted = new.len();
        let before: HashSet<_> = former.iter().flat_map(|plan| &plan.steps).map(identity).collect();
        let is_common = |(number, step): (u32, &Step)| before.contains(&identity(step)).then_some(number);
        let common = new.numbered().filter_map(is_common).collect();
        let mut known: HashSet<(MachineName, String)> = new.steps.iter().map(identity).collect();
        let mut plan = new;
        for former in former {
            let strangers = former.machines.iter().filter(|member| plan.member(member.name.as_str()).is_none());
            let strangers: Vec<_> = strangers.cloned().collect();
            plan.machines.extend(strangers);
            for chapter in &former.chapters {
                let steps = former.steps.get(chapter.steps.clone()).unwrap_or_default();
                let start = plan.steps.len();
                plan.steps.extend(steps.iter().filter(|step| known.insert(identity(step))).cloned());
                if plan.steps.len() > start {
                    plan.chapters.push(Chapter { title: chapter.title.clone(), steps: start..plan.steps.len() });
                }
            }
        }
        United { plan, wanted, common }
    }

    /// Puts in the place of a step the same one of which more is known.
    pub fn know(&mut self, number: u32, known: Step) {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        if let Some(step) = place.and_then(|place| self.plan.steps.get_mut(place)) {
            *step = known;
        }
    }

    /// Whether a step is left over from a former plan.
    pub fn is_leftover(&self, number: u32) -> bool {
        number > self.wanted
    }

    /// Whether a step of the new plan is one of a former plan's, too.
    pub fn is_common(&self, number: u32) -> bool {
        self.common.contains(&number)
    }

    /// Whether a machine is left over.
    pub fn is_leftover_machine(&self, machine: &MachineName) -> bool {
        let births = self.plan.numbered().filter(|(_, step)| step.machine == *machine);
        let mut births = births.filter(|(_, step)| matches!(step.action, Action::AddNamespace(_)));
        births.next().is_some_and(|(number, _)| self.is_leftover(number))
    }

    /// The steps' numbers by machine.
    pub fn by_machine(&self) -> BTreeMap<&MachineName, Vec<u32>> {
        let mut numbers: BTreeMap<&MachineName, Vec<u32>> = BTreeMap::new();
        for (number, step) in self.plan.numbered() {
            numbers.entry(&step.machine).or_default().push(number);
        }
        numbers
    }
}
