//! Is what the kernel adds by itself still there?
//!
//! ```text
//! 10.244.1.1/24 on cni0, up  ──▶  10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1      table main
//!                                 local 10.244.1.1 dev cni0 proto kernel scope host src 10.244.1.1   table local
//! eth0 up, with IPv6         ──▶  fe80::…/64 on eth0, without which it cannot ask for neighbours
//! ```
//!
//! It can be deleted by hand, and then the kernel does not add it again. What cannot be typed as the kernel makes it (an
//! IPv6 `local` route of metric 0, a link-local address) it makes anew when IPv6 is switched off on the link and on again.

use super::{Deed, Difference, Expected, Mend, Sort, Thing};
use crate::names::MachineName;
use crate::network::policy_rule::PolicyRule;
use crate::network::{Address, Namespace, Namespaces, Route, sysctl};

impl Expected<'_> {
    /// What the kernel has added and somebody deleted.
    pub(super) fn kernel_made(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            let is_planned = |there: &&Address| {
                planned.addresses_of(&there.link).any(|address| address.address == there.address)
                    || (there.is_link_local() && planned.link(&there.link).is_some())
            };
            let stands = |there: &&Address| {
                there.unusual.is_empty()
                    && !there.secondary
                    && !there.tentative
                    && ns.link(&there.link).is_some_and(|l| l.up)
            };
            for address in ns.addresses.iter().filter(is_planned).filter(stands) {
                let made = Route::made_for(address.address, &address.link);
                for route in made.into_iter().filter(|route| !ns.routes.contains(route)) {
                    found.push(lost(machine, ns, route, &address.link));
                }
            }
            for rule in PolicyRule::defaults().into_iter().filter(|rule| !ns.policy_rules.contains(rule)) {
                found.push(missing(machine, format!("policy rule {rule}"), Deed::RestoreRule(rule)));
            }
            for address in planned.addresses_of("lo").filter(|_| ns.link("lo").is_some_and(|lo| lo.up)) {
                let speaks = address.address.is_ipv4() || speaks_ipv6(ns, "lo");
                if speaks && !ns.addresses_of("lo").any(|there| there.address == address.address) {
                    let deed = match address.address.is_ipv4() {
                        true => Deed::RestoreLoopback(address.address),
                        false => Deed::Renew { link: "lo".into() },
                    };
                    found.push(missing(machine, format!("address {} on lo", address.address), deed));
                }
            }
        }
        found
    }

    /// The same of what is made from a hardware address, or when a link is set up: it can be seen, and not predicted.
    pub(super) fn kernel_made_for_links(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            for link in ns.links.iter().filter(|link| {
                let asked_for = planned.link(&link.name).is_some_and(|planned| planned.generates_link_local);
                let ready = link.up && link.operational && link.generates_link_local && !link.kind.is_empty();
                asked_for && ready && link.master.is_none() && speaks_ipv6(ns, &link.name)
            }) {
                let deed = || Deed::Renew { link: link.name.clone() };
                if !ns.addresses_of(&link.name).any(Address::is_made_by_itself) {
                    let what = format!("the link-local address on {}: without it, IPv6 finds no neighbours", link.name);
                    found.push(missing(machine, what, Deed::Readdress { link: link.name.clone() }));
                } else if let Some(route) = Route::to_groups(&link.name).filter(|route| !ns.routes.contains(route)) {
                    found.push(missing(machine, format!("route {route}"), deed()));
                }
            }
        }
        found
    }
}

/// What puts a route back that the kernel had made. Another one may stand in its place; and an IPv6 `local` route would
/// get a metric when it is typed, so that the kernel has to make it.
fn lost(machine: &MachineName, ns: &Namespace, route: Route, link: &str) -> Difference {
    let key = |route: &Route| (route.to, route.dev.clone(), route.kind.clone(), route.table, route.metric, route.tos);
    let rival = ns.routes.iter().find(|there| key(there) == key(&route));
    let what = format!("route {route}");
    match rival {
        Some(rival) => {
            let what = format!("there is `{}`; the kernel made {what}", rival.in_full());
            let difference = missing(machine, what, Deed::Restore(route));
            let first = Mend::remove(machine, Thing::Route(rival.clone()));
            let mends = std::iter::once(first).chain(difference.mends).collect();
            Difference { sort: Sort::Changed, mends, ..difference }
        }
        None if route.to.is_ipv6() && !route.kind.is_empty() => {
            missing(machine, what, Deed::Renew { link: link.into() })
        }
        None => missing(machine, what, Deed::Restore(route)),
    }
}

fn missing(machine: &MachineName, what: String, deed: Deed) -> Difference {
    let mends = vec![Mend::new(machine, deed)];
    Difference { machine: machine.clone(), sort: Sort::Missing, what, step: None, follows: false, mends }
}

/// Whether IPv6 is switched on, and the link takes packets that are large enough for it.
pub(super) fn speaks_ipv6(ns: &Namespace, link: &str) -> bool {
    ns.sysctls.get(&sysctl::of_link("ipv6", link, "disable_ipv6")).is_some_and(|value| value == "0")
}
