//! Are the plan's links set as the kernel sets new ones, and of the MTU that the plan gives them?
//!
//! ```text
//! pod-a:  eth0 has mtu 1400, and 1500 when nobody sets it       ip -n pod-a link set dev eth0 mtu 1500
//! node-1: flannel.1 has mtu 1500, and is made with 1450         ip -n node-1 link set dev flannel.1 mtu 1450
//! ```
//!
//! An MTU that a step of its own sets is that step's matter.
//!
//! Two things follow from others and are not told by themselves: a bridge has the smallest MTU of its ports, and a port's
//! state is the kernel's to say, which takes back what somebody sets (at once, or after the forward delay).

use super::steps::is_made_anew;
use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::setting::{self, Owner, Value};
use crate::network::{Link, Namespace, Namespaces};
use crate::step::Action;

impl Expected<'_> {
    /// Settings of the plan's links that somebody set.
    pub(super) fn settings(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            for link in planned.links.iter().filter_map(|planned| Some((planned, ns.link(&planned.name)?))) {
                let (planned, link) = link;
                // What is made anew is set as new links are.
                let maker = self.maker(machine, &link.name).and_then(|number| self.plan.step(number));
                if maker.is_some_and(|step| is_made_anew(step, seen)) {
                    continue;
                }
                if let (None, Some(master)) = (&planned.master, &link.master) {
                    let deed = Deed::Detach { link: link.name.clone() };
                    found.push(Difference {
                        machine: machine.clone(),
                        sort: Sort::Changed,
                        what: format!("{} is a port of {master}, and of nothing in the plan", link.name),
                        step: self.maker(machine, &link.name),
                        follows: false,
                        mends: vec![Mend::new(machine, deed)],
                    });
                }
                for value in link.settings.iter().filter(|value| !follows(value, link, ns)) {
                    let should = match value.setting == setting::mtu() {
                        true if self.has_mtu_step(machine, &link.name) => continue,
                        true => planned.mtu.into(),
                        false => value.setting.fresh(link),
                    };
                    if value.value != should {
                        found.push(self.setting(machine, link, value, should));
                    }
                }
            }
        }
        found
    }

    /// Whether a step in force sets a link's MTU.
    fn has_mtu_step(&self, machine: &MachineName, link: &str) -> bool {
        let mut steps = self.plan.numbered().filter(|(number, _)| self.in_force.contains(number));
        steps.any(|(_, step)| match &step.action {
            Action::SetMtu(set) => step.machine == *machine && set.name.as_str() == link,
            _ => false,
        })
    }

    fn setting(&self, machine: &MachineName, link: &Link, Value { setting, value }: &Value, should: u64) -> Difference {
        let what = format!("{} has {} {}, not {}", link.name, setting.word, setting.text(*value), setting.text(should));
        let deed = Deed::Set { link: link.name.clone(), setting, value: should };
        Difference {
            machine: machine.clone(),
            sort: Sort::Changed,
            what,
            step: self.maker(machine, &link.name),
            follows: false,
            mends: vec![Mend::new(machine, deed)],
        }
    }

    /// The step that makes a link.
    pub(super) fn maker(&self, machine: &MachineName, link: &str) -> Option<u32> {
        let makes = |step: &crate::step::Step| match &step.action {
            Action::AddBridge(bridge) => step.machine == *machine && bridge.name.as_str() == link,
            Action::AddVxlan(device) => step.machine == *machine && device.name.as_str() == link,
            Action::AddVeth(pipe) => step.machine == *machine && pipe.name.as_str() == link,
            Action::MoveLink(moved) => moved.to == *machine && moved.rename.as_str() == link,
            _ => false,
        };
        self.plan.numbered().find(|(_, step)| makes(step)).map(|(number, _)| number)
    }
}

/// Whether a value is as it is because of another one.
fn follows(Value { setting, value }: &Value, link: &Link, ns: &Namespace) -> bool {
    match (setting.owner, setting.word) {
        (Owner::Link, "mtu") if link.kind == "bridge" => {
            let smallest =
                ns.links.iter().filter(|port| port.master.as_ref() == Some(&link.name)).map(|port| port.mtu).min();
            // Without ports it is Ethernet's (`br_mtu_min`, `net/bridge/br_if.c`).
            u64::from(smallest.unwrap_or(setting::ETHERNET_MTU)) == *value
        }
        (Owner::Port, "state") => true,
        _ => false,
    }
}
