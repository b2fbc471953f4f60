//! Are the plan's links set as the kernel sets new ones?
//!
//! ```text
//! pod-a: eth0 has mtu 1400, and 1500 when nobody sets it       ip -n pod-a link set dev eth0 mtu 1500
//! ```
//!
//! Two things follow from others and are not told by themselves: a bridge has the smallest MTU of its ports, and a port's
//! state is the kernel's to say, which takes back what somebody sets (at once, or after the forward delay).

use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::setting::{Owner, Value};
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
                let set = link.settings.iter().filter(|value| value.value != value.setting.fresh(link));
                for value in set.filter(|value| !follows(value, link, ns)) {
                    found.push(self.setting(machine, link, value));
                }
            }
        }
        found
    }

    fn setting(&self, machine: &MachineName, link: &Link, Value { setting, value }: &Value) -> Difference {
        let fresh = setting.fresh(link);
        let what = format!("{} has {} {}, not {}", link.name, setting.word, setting.text(*value), setting.text(fresh));
        let deed = Deed::Set { link: link.name.clone(), setting, value: fresh };
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
            smallest.map(u64::from) == Some(*value)
        }
        (Owner::Port, "state") => true,
        _ => false,
    }
}
