//! Is every step that should be in force in force?
//!
//! ```text
//! step 41: route 10.244.2.0/24 via 192.168.1.12     nothing of it         missing    do step 41
//! step 2:  net.ipv4.ip_forward = 1                  it is 0               changed    do step 2
//! step 16: address 10.244.1.2/24 on eth0            10.244.1.2/16 there   changed    take that away, do step 16
//! ```

use super::{Deed, Difference, Expected, Mend, Sort, Thing};
use crate::network::Namespaces;
use crate::network::ruleset::Hook;
use crate::step::{Action, AddChain, Finding, Step};

impl Expected<'_> {
    /// What the steps miss.
    pub(super) fn steps(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (number, step) in self.plan.numbered().filter(|(number, _)| self.in_force.contains(number)) {
            let (sort, what) = match step.check(seen) {
                Finding::Present => continue,
                Finding::Missing => (Sort::Missing, step.thing()),
                Finding::Differs(what) | Finding::Taken(what) => {
                    (Sort::Changed, format!("{what}; the plan says {}", step.thing()))
                }
            };
            let follows = sort == Sort::Missing && !step.has_ground(seen);
            let mends = mends(number, step, seen);
            found.push(Difference { machine: step.machine.clone(), sort, what, step: Some(number), follows, mends });
        }
        found
    }
}

/// What puts a step in force that is not.
fn mends(number: u32, step: &Step, seen: &Namespaces) -> Vec<Mend> {
    if let Some(mend) = policy_alone(step, seen) {
        return vec![mend];
    }
    in_the_way(step, seen).into_iter().chain([Mend::redo(number, step)]).collect()
}

/// A chain of which nothing but the policy was changed is not made anew.
fn policy_alone(step: &Step, seen: &Namespaces) -> Option<Mend> {
    let Action::AddChain(AddChain { family, table, name, hook }) = &step.action else { return None };
    let there = seen.get(&step.machine)?.chain(*family, table, name)?.hook.as_ref()?;
    let differs = there != hook && Hook { policy: hook.policy.clone(), ..there.clone() } == *hook;
    let (table, chain, policy) = (table.clone(), name.clone(), hook.policy.clone());
    differs.then(|| Mend::new(&step.machine, Deed::SetPolicy { family: *family, table, chain, policy }))
}

/// What has to go before the step can be done.
fn in_the_way(step: &Step, seen: &Namespaces) -> Option<Mend> {
    let Finding::Taken(_) = step.check(seen) else { return None };
    let (at, thing) = match &step.action {
        Action::AddBridge(bridge) => (&step.machine, Thing::Link(bridge.name.to_string())),
        Action::AddVeth(pipe) => (&step.machine, Thing::Link(pipe.name.to_string())),
        Action::MoveLink(moved) => (&moved.to, Thing::Link(moved.rename.to_string())),
        Action::AddAddress(planned) => {
            let ns = seen.get(&step.machine)?;
            let rival = ns.addresses_of(planned.link.as_str()).find(|a| a.address.ip() == planned.address.ip())?;
            (&step.machine, Thing::Address { link: rival.link.clone(), address: rival.address })
        }
        Action::AddRoute(route) => {
            let rival = route.rivals(seen.get(&step.machine)?).next()?;
            (&step.machine, Thing::Route(rival.clone()))
        }
        Action::AddChain(AddChain { family, table, name, .. }) => {
            (&step.machine, Thing::Chain { family: *family, table: table.clone(), name: name.clone() })
        }
        Action::AddNamespace(_)
        | Action::SetSysctl(_)
        | Action::AttachPort(_)
        | Action::QuietLink(_)
        | Action::SetUp(_)
        | Action::AddTable(_)
        | Action::AddRule(_) => return None,
    };
    Some(Mend::remove(at, thing))
}
