//! Which step makes a link, and whether a step sets its MTU. It is asked of every link, so it is looked up.
//!
//! ```text
//! node-1 veth-pod-a   step 31, which creates the pipe
//! pod-a  eth0         step 32, which moves its other end; its MTU is step 33's matter
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::names::MachineName;
use crate::plan::Plan;
use crate::step::Action;

/// A link: its machine and its name.
type Place<'a> = (&'a MachineName, &'a str);

/// The steps that have to do with links.
#[derive(Debug)]
pub struct Makers<'a> {
    made: HashMap<Place<'a>, u32>,
    sized: HashSet<Place<'a>>,
}

impl<'a> Makers<'a> {
    /// Those of a plan; an MTU is only set by the steps that are in force.
    pub fn of(plan: &'a Plan, in_force: &BTreeSet<u32>) -> Self {
        let mut makers = Makers { made: HashMap::new(), sized: HashSet::new() };
        for (number, step) in plan.numbered() {
            let made = match &step.action {
                Action::AddBridge(bridge) => (&step.machine, bridge.name.as_str()),
                Action::AddVxlan(device) => (&step.machine, device.name.as_str()),
                Action::AddVeth(pipe) => (&step.machine, pipe.name.as_str()),
                Action::MoveLink(moved) => (&moved.to, moved.rename.as_str()),
                Action::SetMtu(set) if in_force.contains(&number) => {
                    makers.sized.insert((&step.machine, set.name.as_str()));
                    continue;
                }
                _ => continue,
            };
            makers.made.entry(made).or_insert(number);
        }
        makers
    }

    /// The step that makes a link.
    pub fn maker(&self, machine: &MachineName, link: &str) -> Option<u32> {
        self.made.get(&(machine, link)).copied()
    }

    /// Whether a step in force sets a link's MTU.
    pub fn is_sized(&self, machine: &MachineName, link: &str) -> bool {
        self.sized.contains(&(machine, link))
    }
}
