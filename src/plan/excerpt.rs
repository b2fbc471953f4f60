//! The part of a plan that concerns some machines: a large lab need not be looked at as a whole.
//!
//! ```text
//! plan of 1,000 pods ──excerpt(node-1, pod-a)──▶ the steps of these two; the pipes to other pods are left out
//! ```

use std::collections::BTreeSet;

use super::Plan;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::step::Action;

/// A part of a plan.
#[derive(Debug)]
pub struct Excerpt {
    /// Its steps, which have other numbers here.
    pub plan: Plan,
    /// Those of them that should be in force.
    pub in_force: BTreeSet<u32>,
    /// The ends of pipes, in these machines, that lead to others.
    left_out: BTreeSet<(MachineName, String)>,
}

impl Plan {
    /// The steps that concern these machines alone. `in_force` are the numbers, in the whole plan, that should be.
    pub fn excerpt(&self, machines: &BTreeSet<MachineName>, in_force: &BTreeSet<u32>) -> Excerpt {
        let left_out: BTreeSet<(MachineName, String)> = self
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::MoveLink(pipe) if !machines.contains(&pipe.to) => Some((step.machine.clone(), pipe)),
                _ => None,
            })
            .flat_map(|(machine, pipe)| [(machine.clone(), pipe.near.to_string()), (machine, pipe.name.to_string())])
            .collect();
        let stays = |machine: &MachineName, action: &Action| {
            let link = action.link().map(ToString::to_string);
            machines.contains(machine) && link.is_none_or(|link| !left_out.contains(&(machine.clone(), link)))
        };
        let (mut steps, mut numbers) = (Vec::new(), BTreeSet::new());
        for (number, step) in self.numbered().filter(|(_, step)| stays(&step.machine, &step.action)) {
            steps.push(step.clone());
            if in_force.contains(&number) {
                numbers.insert(u32::try_from(steps.len()).unwrap_or(u32::MAX));
            }
        }
        let members = self.machines.iter().filter(|member| machines.contains(&member.name)).cloned().collect();
        let plan = Plan {
            lab: self.lab.clone(),
            machines: members,
            realms: self.realms.clone(),
            standings: self.standings.clone(),
            steps,
            chapters: Vec::new(),
        };
        Excerpt { plan, in_force: numbers, left_out }
    }
}

impl Excerpt {
    /// What was seen, without the ends of pipes that lead to other machines.
    pub fn of(&self, seen: &Namespaces) -> Namespaces {
        let mut seen = seen.clone();
        for (machine, ns) in &mut seen {
            let out: BTreeSet<&str> =
                self.left_out.iter().filter(|(at, _)| at == machine).map(|(_, link)| link.as_str()).collect();
            if out.is_empty() {
                continue;
            }
            let stays = |link: &str| !out.contains(link);
            ns.links.retain(|there| stays(&there.name));
            ns.addresses.retain(|address| stays(&address.link));
            ns.fdb.retain(|entry| stays(&entry.port));
            ns.neighbours.retain(|entry| stays(&entry.link));
            ns.sysctls.retain(|key, _| crate::network::sysctl::link_of(key).is_none_or(|link| stays(&link)));
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{generate, parse};

    #[test]
    fn an_excerpt_of_all_machines_is_the_plan() {
        let plan = Plan::of(&parse("test.yaml", &generate(2, 2)).unwrap());
        let mut machines: BTreeSet<MachineName> = plan.machines.iter().map(|member| member.name.clone()).collect();
        machines.insert(MachineName::fabric());
        let all = (1..=plan.len()).collect();
        let excerpt = plan.excerpt(&machines, &all);
        assert_eq!((&excerpt.plan.steps, excerpt.in_force), (&plan.steps, all));
    }

    #[test]
    fn pipes_to_other_machines_are_left_out() {
        let plan = Plan::of(&parse("test.yaml", &generate(1, 2)).unwrap());
        let node = plan.machines[0].name.clone();
        let pod = plan.machines[1].name.clone();
        let machines = BTreeSet::from([node.clone(), pod, MachineName::fabric()]);
        let excerpt = plan.excerpt(&machines, &(1..=plan.len()).collect());
        let net = excerpt.plan.predict(|_| true);
        let veths = net[&node].links.iter().filter(|link| link.kind == "veth" && link.master.is_some()).count();
        assert_eq!(veths, 1);
        let whole = plan.predict(|_| true);
        assert_eq!(excerpt.of(&whole)[&node].links.len(), net[&node].links.len());
    }
}
