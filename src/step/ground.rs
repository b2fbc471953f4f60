//! What a step builds on.
//!
//! ```text
//! ip -n red addr add 10.244.1.2/24 dev eth0        the namespace red, and eth0 in it
//! ip -n red route add default via 10.244.1.1       … and the route to the subnet in which 10.244.1.1 is
//! ```

use super::{Action, Step};
use crate::names::{LinkName, MachineName};
use crate::network::Namespaces;

impl Step {
    /// Whether what the step builds on is there: without it, it cannot be in force, and cannot be done.
    pub fn has_ground(&self, net: &Namespaces) -> bool {
        let at = &self.machine;
        let has = |at: &MachineName, link: &LinkName| net.get(at).is_some_and(|ns| ns.link(link.as_str()).is_some());
        let Some(ns) = net.get(at) else { return matches!(self.action, Action::AddNamespace(_)) };
        match &self.action {
            Action::AddNamespace(_) | Action::AddBridge(_) | Action::AddVeth(_) | Action::AddTable(_) => true,
            Action::SetSysctl(sysctl) => sysctl.link().is_none_or(|link| ns.link(&link).is_some()),
            Action::MoveLink(pipe) => has(at, &pipe.near) && net.contains_key(&pipe.to),
            Action::AttachPort(port) => has(at, &port.name) && has(at, &port.bridge),
            Action::QuietLink(_) | Action::SetUp(_) | Action::AddAddress(_) | Action::KeepMac(_) => {
                self.action.link().is_some_and(|link| has(at, link))
            }
            Action::AddRoute(route) => ns.main_routes().any(|there| {
                let at_hand = there.via.is_none() && there.kind.is_empty() && there.hops.is_empty();
                at_hand && there.to.prefix() > 0 && there.to.contains(route.via)
            }),
            Action::AddChain(chain) => ns.table(chain.family, &chain.table).is_some(),
            Action::AddRule(rule) => ns.chain(rule.family, &rule.table, &rule.chain).is_some(),
            Action::ReplaceRules(rules) => ns.chain(rules.family, &rules.table, &rules.chain).is_some(),
        }
    }
}
