//! Is every step that should be in force in force?
//!
//! ```text
//! step 41: route 10.244.2.0/24 via 192.168.1.12     nothing of it         missing    do step 41
//! step 2:  net.ipv4.ip_forward = 1                  it is 0               changed    do step 2
//! step 16: address 10.244.1.2/24 on eth0            10.244.1.2/16 there   changed    take that away, do step 16
//! ```

use std::collections::BTreeSet;

use super::kernel_made::speaks_ipv6;
use super::{Deed, Difference, Expected, Mend, Sort, Thing};
use crate::names::MachineName;
use crate::network::ruleset::Hook;
use crate::network::{Namespaces, Peer};
use crate::step::{Action, AddChain, AddVeth, Finding, Step};

impl Expected<'_> {
    /// What the steps miss.
    pub(super) fn steps(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found: Vec<Difference> = Vec::new();
        // Links that another one stands in for: what is on them follows.
        let mut taken: BTreeSet<(&MachineName, &str)> = BTreeSet::new();
        for (number, step) in self.plan.numbered().filter(|(number, _)| self.in_force.contains(number)) {
            let (sort, what) = match step.check(seen) {
                Finding::Present => continue,
                Finding::Missing => (Sort::Missing, step.thing()),
                Finding::Differs(what) | Finding::Taken(what) => {
                    (Sort::Changed, format!("{what}; the plan says {}", step.thing()))
                }
            };
            if sort == Sort::Changed {
                taken.extend(made_by(step));
            }
            let on_another = builds_on(step).iter().any(|name| taken.contains(&(&step.machine, name)));
            let to_nowhere = matches!(&step.action, Action::AddVeth(pipe) if self.leads_nowhere(step, pipe, seen));
            let follows =
                sort == Sort::Missing && (!step.has_ground(seen) || on_another || to_nowhere || is_mute(step, seen));
            let mends = mends(number, step, seen);
            found.push(Difference { machine: step.machine.clone(), sort, what, step: Some(number), follows, mends });
        }
        found
    }
}

impl Expected<'_> {
    /// Whether the other end of a pipe was in a namespace that is missing: the pipe went with it.
    fn leads_nowhere(&self, laid: &Step, pipe: &AddVeth, seen: &Namespaces) -> bool {
        self.plan.steps.iter().any(|step| match &step.action {
            Action::MoveLink(moved) => {
                step.machine == laid.machine && moved.near == pipe.name && !seen.contains_key(&moved.to)
            }
            _ => false,
        })
    }
}

/// The links and the chain that a step builds on.
fn builds_on(step: &Step) -> Vec<&str> {
    match &step.action {
        Action::AttachPort(port) => vec![port.name.as_str(), port.bridge.as_str()],
        Action::AddVxlan(device) => vec![device.name.as_str(), device.dev.as_str()],
        Action::AddRoute(route) => route.dev.iter().map(|dev| dev.as_str()).collect(),
        Action::AddRule(rule) => vec![&rule.chain],
        action => action.link().map(|link| link.as_str()).into_iter().collect(),
    }
}

/// The link, or the chain, that a step makes.
fn made_by(step: &Step) -> Option<(&MachineName, &str)> {
    match &step.action {
        Action::AddBridge(bridge) => Some((&step.machine, bridge.name.as_str())),
        Action::AddVeth(pipe) => Some((&step.machine, pipe.name.as_str())),
        Action::AddVxlan(device) => Some((&step.machine, device.name.as_str())),
        Action::MoveLink(moved) => Some((&moved.to, moved.rename.as_str())),
        Action::AddChain(chain) => Some((&step.machine, &chain.name)),
        _ => None,
    }
}

/// Whether it is an IPv6 address, a neighbour or a way by one, or what keeps a link from making one, of a link where IPv6
/// is switched off.
fn is_mute(step: &Step, seen: &Namespaces) -> bool {
    let link = match &step.action {
        Action::AddRoute(route) => route.dev.as_ref().filter(|_| route.to.is_ipv6()),
        Action::AddAddress(address) => Some(&address.link).filter(|_| address.address.is_ipv6()),
        Action::AddNeighbour(neighbour) => Some(&neighbour.link).filter(|_| neighbour.address.is_ipv6()),
        Action::QuietLink(quiet) => Some(&quiet.name),
        _ => None,
    };
    let ns = seen.get(&step.machine);
    link.zip(ns).is_some_and(|(link, ns)| ns.link(link.as_str()).is_some() && !speaks_ipv6(ns, link.as_str()))
}

/// What puts a step in force that is not.
fn mends(number: u32, step: &Step, seen: &Namespaces) -> Vec<Mend> {
    if let Some(mend) = policy_alone(step, seen).or_else(|| mac_alone(step, seen)) {
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

/// Whether a step makes a VXLAN device, and something else is there that is to go first.
pub(super) fn is_made_anew(step: &Step, seen: &Namespaces) -> bool {
    let is_vxlan = matches!(step.action, Action::AddVxlan(_));
    is_vxlan && matches!(step.check(seen), Finding::Taken(_)) && mac_alone(step, seen).is_none()
}

/// A VXLAN device of which nothing but the hardware address was changed is not made anew.
fn mac_alone(step: &Step, seen: &Namespaces) -> Option<Mend> {
    let Action::AddVxlan(planned) = &step.action else { return None };
    let there = seen.get(&step.machine)?.link(planned.name.as_str())?;
    let differs = there.vxlan.as_ref() == Some(&planned.encapsulation()) && there.mac != Some(planned.mac);
    let deed = Deed::SetMac { link: planned.name.to_string(), mac: planned.mac };
    differs.then(|| Mend::new(&step.machine, deed))
}

/// What has to go before the step can be done.
fn in_the_way(step: &Step, seen: &Namespaces) -> Option<Mend> {
    let at = &step.machine;
    match (step.check(seen), &step.action) {
        (Finding::Taken(_), _) => {}
        // The end that stayed leads to where nobody can see: nothing is left to be moved.
        (Finding::Missing, Action::MoveLink(pipe)) => {
            let near = seen.get(at)?.link(pipe.near.as_str())?;
            let here = Peer { machine: at.clone(), link: pipe.name.to_string() };
            let lost = near.kind == "veth" && near.peer.as_ref() != Some(&here);
            return lost.then(|| Mend::remove(at, Thing::Link(pipe.near.to_string())));
        }
        _ => return None,
    }
    let (at, thing) = match &step.action {
        Action::AddBridge(bridge) => (&step.machine, Thing::Link(bridge.name.to_string())),
        Action::AddVeth(pipe) => (&step.machine, Thing::Link(pipe.name.to_string())),
        Action::AddVxlan(device) => (&step.machine, Thing::Link(device.name.to_string())),
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
        Action::ReserveAddress(lease) => {
            let holder = seen.get(at)?.ipam.networks.get(lease.network.as_str())?.held.get(&lease.address)?;
            let (network, address) = (lease.network.to_string(), lease.address);
            (&step.machine, Thing::Lease { network, address, holder: holder.clone() })
        }
        Action::AddChain(AddChain { family, table, name, .. }) => {
            (&step.machine, Thing::Chain { family: *family, table: table.clone(), name: name.clone() })
        }
        Action::AddNamespace(_)
        | Action::SetSysctl(_)
        | Action::AttachPort(_)
        | Action::QuietLink(_)
        | Action::SetUp(_)
        | Action::SetMtu(_)
        | Action::AddNeighbour(_)
        | Action::AddFdbEntry(_)
        | Action::AddTable(_)
        | Action::AddRule(_)
        | Action::KeepMac(_)
        | Action::ReplaceRules(_)
        | Action::MakeLeaseDirectory(_)
        | Action::StartDhcpServer(_)
        | Action::ReserveHost(_)
        | Action::LeaseAddress(_) => return None,
    };
    Some(Mend::remove(at, thing))
}
