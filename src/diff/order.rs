//! All mends in the order in which they are made, known beforehand.
//!
//! ```text
//! seen ──▶ differences ──▶ remove what is foreign, last made first
//!   ▲                      do steps again, in the plan's order
//!   │                      set what is set otherwise, restore what the kernel made
//!   └──── predicted ◀──────┘                    … until nothing differs
//! ```
//!
//! A mend may undo more than what it is for: with a foreign veth that was once a pod's `eth0` goes its other end, too,
//! a step's work. The next round finds that in the predicted network, and has the step done again.

use crate::step::{Action, Finding};

use super::{Deed, Difference, Expected, Mend, Thing};
use crate::network::setting::{self, Owner};
use crate::network::{Namespaces, effect};

/// More rounds than any lab needs: the longest chain is a link taken away, its steps done again, and what the kernel
/// added restored.
const ROUNDS: usize = 8;

impl Expected<'_> {
    /// Everything that is to be done, in order.
    pub fn mends(&self, seen: &Namespaces) -> Vec<Mend> {
        let mut net = seen.clone();
        let mut order = Vec::new();
        for round in 0..ROUNDS {
            // What only follows may come right by itself, but for steps and neighbours.
            let roots = |found: Difference| {
                let follows = found.follows;
                found.mends.into_iter().filter(move |mend| !follows || mend.cannot_come_right_by_itself())
            };
            let found = if round == 0 { self.differences(&net) } else { self.predictable(&net) };
            let mut todo: Vec<Mend> = found.into_iter().flat_map(roots).collect();
            if todo.is_empty() {
                break;
            }
            todo.sort_by_key(|mend| self.turn(mend, &net));
            let before = order.len();
            for mend in todo {
                if mend.is_needed(&net) && !order[before..].contains(&mend) {
                    mend.effect(&mut net);
                    effect::settle(&mut net);
                    order.push(mend);
                }
            }
        }
        order
    }
}

impl Expected<'_> {
    /// When a mend has its turn within a round.
    fn turn(&self, mend: &Mend, net: &Namespaces) -> (u8, u32) {
        match &mend.deed {
            // Its MTU must have room on the link that it sends by, which a step may set.
            Deed::Set { link, setting, .. } if *setting == setting::mtu() && is_vxlan(mend, link, net) => {
                (20, self.makers.maker(&mend.machine, link).unwrap_or(0))
            }
            Deed::SetMac { link, .. } => (20, self.makers.maker(&mend.machine, link).unwrap_or(0)),
            _ => turn(mend),
        }
    }
}

fn is_vxlan(mend: &Mend, link: &str, net: &Namespaces) -> bool {
    net.get(&mend.machine).and_then(|ns| ns.link(link)).is_some_and(|link| link.vxlan.is_some())
}

/// When the others have theirs.
fn turn(mend: &Mend) -> (u8, u32) {
    match &mend.deed {
        // When nobody needs the old entry any more.
        Deed::Forget(_) => (31, 0),
        Deed::Remove(thing) => (thing.rank(), 0),
        Deed::Redo { number, .. } => (20, *number),
        Deed::Set { setting, .. } if setting.owner == Owner::Bridge => (22, 0),
        // Before the steps: there is no addressing a link that does without IPv6, or takes small packets only.
        Deed::SetSysctl { .. } => (10, 0),
        Deed::Set { setting, .. } if setting.owner == Owner::Link => (11, 0),
        Deed::Renew { .. } | Deed::Detach { .. } | Deed::Generate { .. } => (12, 0),
        Deed::Readdress { .. } => (13, 0),
        Deed::Set { .. } | Deed::SetMac { .. } | Deed::SetPolicy { .. } | Deed::Wake { .. } => (21, 0),
        // A gateway is looked up by the rules.
        Deed::RestoreRule(_) => (9, 0),
        Deed::Restore(_) | Deed::RestoreLoopback(_) => (30, 0),
    }
}

impl Mend {
    /// Whether there is anything to do for it: what was removed with something else need not be removed again, and what
    /// stands on nothing waits for the next round.
    fn is_needed(&self, net: &Namespaces) -> bool {
        let at = &self.machine;
        let has_link = |name: &str| net.get(at).is_some_and(|ns| ns.link(name).is_some());
        match &self.deed {
            Deed::Remove(thing) => thing.is_there(at, net),
            Deed::Forget(neighbour) => Thing::Neighbour(neighbour.clone()).is_there(at, net),
            Deed::Redo { step, .. } => {
                // What is to be moved must be where it is moved from.
                let is_here = !matches!(&step.action, Action::MoveLink(pipe) if !has_link(pipe.name.as_str()));
                step.check(net) != Finding::Present && step.has_ground(net) && is_here
            }
            Deed::Renew { link } | Deed::Readdress { link } | Deed::Detach { link } | Deed::Generate { link } => {
                has_link(link)
            }
            Deed::Restore(route) => {
                route.dev.as_deref().is_none_or(has_link) && !Thing::Route(route.clone()).is_there(at, net)
            }
            Deed::RestoreRule(rule) => !Thing::PolicyRule(rule.clone()).is_there(at, net),
            Deed::RestoreLoopback(address) => {
                has_link("lo") && !Thing::Address { link: "lo".into(), address: *address }.is_there(at, net)
            }
            Deed::Set { link, setting, value } => net
                .get(at)
                .and_then(|ns| ns.link(link))
                .is_some_and(|link| link.settings.iter().any(|v| v.setting == *setting && v.value != *value)),
            Deed::SetMac { link, mac } => {
                net.get(at).and_then(|ns| ns.link(link)).is_some_and(|link| link.mac != Some(*mac))
            }
            Deed::SetSysctl { key, value } => {
                net.get(at).is_some_and(|ns| ns.sysctls.get(key).is_some_and(|v| v != value))
            }
            Deed::SetPolicy { .. } | Deed::Wake { .. } => net.contains_key(at),
        }
    }
}
