//! What in a running lab differs from its plan, and what mends it.
//!
//! ```text
//! plan, steps in force ──predict──▶ Expected ┐
//!                                            ├──▶ [Difference { missing | changed | foreign, step, mends }]
//! kernel ──observe──▶ Namespaces (seen) ─────┘              └──▶ all mends in the order in which they are made
//! ```
//!
//! Three questions are asked of what was seen. Is every step that should be in force in force? (`steps`) Is what the
//! kernel adds to them by itself still there, and are links and sysctls set as the kernel sets new ones? (`settings`,
//! `sysctls`, `kernel_made`) And is there anything that no step explains, or that is out of date? (`foreign`,
//! `stale`)
//!
//! What a mend does to the network is predicted, too (`order`): to delete a veth deletes its other end, so what hung on
//! that has to be made again. So all commands are known beforehand.

mod foreign;
mod kernel_made;
mod makers;
mod mend;
mod order;
mod settings;
mod stale;
mod steps;
mod sysctls;
mod thing;

use std::collections::{BTreeMap, BTreeSet};

use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;

use makers::Makers;

pub use foreign::is_fallback;
pub use mend::{Deed, Mend};
pub use stale::forget_the_gone;
pub use thing::Thing;

/// What there should be.
#[derive(Debug)]
pub struct Expected<'a> {
    plan: &'a Plan,
    /// The steps that should be in force.
    in_force: &'a BTreeSet<u32>,
    /// Which of its steps make links.
    makers: Makers<'a>,
    /// The network that they make.
    net: Namespaces,
    /// The sysctls of a new namespace.
    fresh: BTreeMap<String, String>,
}

/// One thing that is not as the plan says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub machine: MachineName,
    /// In what way.
    pub sort: Sort,
    /// What: the missing or foreign thing, or what is and what should be.
    pub what: String,
    /// The step of the plan that it belongs to.
    pub step: Option<u32>,
    /// Whether it only follows from another difference: the address of a link that is missing.
    pub follows: bool,
    /// What mends it.
    pub mends: Vec<Mend>,
}

/// In what way something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// The plan has it, and it is not there.
    Missing,
    /// It is there, and is not as the plan has it.
    Changed,
    /// It is there, and the plan does not have it.
    Foreign,
}

impl Sort {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Missing => "missing",
            Sort::Changed => "changed",
            Sort::Foreign => "foreign",
        }
    }
}

impl<'a> Expected<'a> {
    /// What there should be when these steps are in force. `fresh` has the sysctls of a new namespace.
    pub fn new(plan: &'a Plan, in_force: &'a BTreeSet<u32>, fresh: BTreeMap<String, String>) -> Self {
        let net = plan.predict(|number| in_force.contains(&number));
        Expected { plan, in_force, makers: Makers::of(plan, in_force), net, fresh }
    }

    /// What differs: by machine in the plan's order, what is missing first.
    pub fn differences(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = self.predictable(seen);
        found.extend(self.kernel_made_for_links(seen));
        self.sort(&mut found);
        found
    }

    /// The same, but for what only a look at the kernel shows.
    fn predictable(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = self.steps(seen);
        found.extend(self.settings(seen));
        found.extend(self.sysctls(seen));
        found.extend(self.kernel_made(seen));
        found.extend(self.foreign(seen));
        found.extend(self.stale(seen));
        // What stands in a step's place is told once, with the step.
        let taken: Vec<(MachineName, Thing)> = found.iter().flat_map(Difference::removes_for_a_step).collect();
        found.retain(|difference| match &difference.mends[..] {
            [Mend { machine, deed: Deed::Remove(thing), .. }] if difference.sort == Sort::Foreign => {
                !taken.iter().any(|(at, taken)| at == machine && taken == thing)
            }
            _ => true,
        });
        // What is on such a link goes with it.
        let gone = |machine: &MachineName, link: &str| {
            taken.iter().any(|(at, thing)| at == machine && matches!(thing, Thing::Link(name) if name == link))
        };
        found.retain(|difference| match &difference.mends[..] {
            [mend] if difference.step.is_none() => !mend.link().is_some_and(|link| gone(&mend.machine, link)),
            _ => true,
        });
        self.sort(&mut found);
        found
    }

    fn sort(&self, found: &mut [Difference]) {
        let place = |machine: &MachineName| match self.plan.machines.iter().position(|member| member.name == *machine) {
            Some(place) => (1, place),
            None if machine.is_fabric() => (0, 0),
            None => (2, 0),
        };
        found.sort_by_key(|difference| {
            (place(&difference.machine), difference.machine.clone(), difference.sort, difference.step)
        });
    }
}

impl Difference {
    /// The things that have to go so that the step can be done.
    fn removes_for_a_step(&self) -> Vec<(MachineName, Thing)> {
        let removed = |mend: &Mend| match &mend.deed {
            Deed::Remove(thing) if self.sort != Sort::Foreign => Some((mend.machine.clone(), thing.clone())),
            _ => None,
        };
        self.mends.iter().filter_map(removed).collect()
    }
}
