//! What a step builds on.
//!
//! ```text
//! ip -n red addr add 10.244.1.2/24 dev eth0        the namespace red, and eth0 in it
//! ip -n red route add default via 10.244.1.1       … and the route to the subnet in which 10.244.1.1 is
//! ```

use super::{Action, AddRoute, Step};
use crate::names::{LinkName, MachineName};
use crate::network::Namespaces;

impl Step {
    /// Whether what the step builds on is there: without it, it cannot be in force, and cannot be done.
    pub fn has_ground(&self, net: &Namespaces) -> bool {
        let at = &self.machine;
        let has = |at: &MachineName, link: &LinkName| net.get(at).is_some_and(|ns| ns.link(link.as_str()).is_some());
        let Some(ns) = net.get(at) else { return matches!(self.action, Action::AddNamespace(_)) };
        match &self.action {
            Action::AddNamespace(_)
            | Action::AddBridge(_)
            | Action::AddVeth(_)
            | Action::AddTable(_)
            | Action::MakeLeaseDirectory(_) => true,
            Action::SetSysctl(sysctl) => sysctl.link().is_none_or(|link| ns.link(&link).is_some()),
            Action::AddVxlan(device) => has(at, &device.dev),
            Action::MoveLink(pipe) => has(at, &pipe.near) && net.contains_key(&pipe.to),
            Action::AttachPort(port) => has(at, &port.name) && has(at, &port.bridge),
            Action::SetMtu(_)
            | Action::QuietLink(_)
            | Action::SetUp(_)
            | Action::AddAddress(_)
            | Action::KeepMac(_)
            | Action::AddNeighbour(_)
            | Action::AddFdbEntry(_) => self.action.link().is_some_and(|link| has(at, link)),
            Action::AddRoute(AddRoute { dev: Some(dev), onlink: true, .. }) => {
                ns.link(dev.as_str()).is_some_and(|link| link.up)
            }
            Action::AddRoute(route) => ns.main_routes().any(|there| {
                let at_hand = there.via.is_none() && there.kind.is_empty() && there.hops.is_empty();
                let by_it = route.dev.as_ref().is_none_or(|dev| there.dev.as_deref() == Some(dev.as_str()));
                at_hand && by_it && there.to.prefix() > 0 && there.to.contains(route.via)
            }),
            Action::AddChain(chain) => ns.table(chain.family, &chain.table).is_some(),
            Action::AddRule(rule) => ns.chain(rule.family, &rule.table, &rule.chain).is_some(),
            Action::ReplaceRules(rules) => ns.chain(rules.family, &rules.table, &rules.chain).is_some(),
            Action::ReserveAddress(lease) => ns.ipam.networks.contains_key(lease.network.as_str()),
            // Without an address of its own it has nothing to give.
            Action::StartDhcpServer(server) => server.has_address(ns),
            Action::ReserveHost(_) => ns.ipam.server.is_some(),
            Action::LeaseAddress(lease) => ns.link(lease.link.as_str()).is_some_and(|link| link.up),
        }
    }
}
