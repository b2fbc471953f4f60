//! Is what the kernel adds by itself still there?
//!
//! ```text
//! 10.244.1.1/24 on cni0, up  ──▶  10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1      table main
//!                                 local 10.244.1.1 dev cni0 proto kernel scope host src 10.244.1.1   table local
//! ```
//!
//! It can be deleted by hand, and then the kernel does not add it again.

use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::policy_rule::PolicyRule;
use crate::network::{Namespace, Namespaces, Route};

impl Expected<'_> {
    /// What the kernel has added and somebody deleted.
    pub(super) fn kernel_made(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            let stands = |address: &crate::network::Address| {
                ns.link(&address.link).is_some_and(|link| link.up)
                    && ns.addresses_of(&address.link).any(|there| there.address == address.address)
            };
            for address in planned.addresses.iter().filter(|address| stands(address)) {
                let made = Route::made_for(address.address, &address.link);
                for route in made.into_iter().filter(|route| !has(ns, route)) {
                    found.push(missing(machine, format!("route {route}"), Deed::Restore(route)));
                }
            }
            for rule in PolicyRule::defaults().into_iter().filter(|rule| !ns.policy_rules.contains(rule)) {
                found.push(missing(machine, format!("policy rule {rule}"), Deed::RestoreRule(rule)));
            }
            for address in planned.addresses_of("lo").filter(|_| ns.link("lo").is_some_and(|lo| lo.up)) {
                if !ns.addresses_of("lo").any(|there| there.address == address.address) {
                    let deed = Deed::RestoreLoopback(address.address);
                    found.push(missing(machine, format!("address {} on lo", address.address), deed));
                }
            }
        }
        found
    }
}

fn missing(machine: &MachineName, what: String, deed: Deed) -> Difference {
    let mends = vec![Mend::new(machine, deed)];
    Difference { machine: machine.clone(), sort: Sort::Missing, what, step: None, follows: false, mends }
}

/// Whether there is a route that does the same.
fn has(ns: &Namespace, route: &Route) -> bool {
    let same = |other: &&Route| {
        (&other.to, &other.dev, &other.kind, other.table) == (&route.to, &route.dev, &route.kind, route.table)
    };
    ns.routes.iter().any(|other| same(&other))
}
