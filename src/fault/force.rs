//! Whether a deed is in force in what was seen of a lab, and whether it could be done there.
//!
//! ```text
//!                                           in force          possible         changes
//! ip -n node-1 route delete 10.244.2.0/24
//!   the route is there                      no                yes              yes
//!   the route is gone, by whatever          yes                                no
//!   there is no node-1 yet                  no                no               no
//! ip -n node-1 route add 10.244.2.2 via …
//!   another route to there                  no                no: EEXIST       no
//! ```

use super::{Act, Deed};
use crate::diff;
use crate::kernel::nft::Change;
use crate::network::setting::Owner;
use crate::network::{FdbEntry, Namespace, Namespaces, Neighbour, sysctl};
use crate::step::{Action, AddAddress, Finding, Step, Way};

impl Deed {
    /// Whether it would change something in a network like this one: what is to go is there, what is to come is not, and
    /// there is what it needs.
    pub fn changes(&self, seen: &Namespaces) -> bool {
        !self.is_in_force(seen) && self.is_possible(seen)
    }

    /// Whether a network is as this deed leaves it. What only makes room for another deed, or is forgotten in a moment
    /// anyhow, never is: nothing is broken by it.
    pub fn is_in_force(&self, seen: &Namespaces) -> bool {
        let Some(ns) = seen.get(&self.machine) else { return false };
        match &self.act {
            Act::Step(step) => is_present(step, seen) == (step.way == Way::Do),
            Act::Mend(diff::Deed::Set { link, setting, value }) => ns
                .link(link)
                .is_some_and(|link| link.settings.iter().any(|set| set.setting == *setting && set.value == *value)),
            Act::Mend(diff::Deed::SetSysctl { key, value }) => {
                ns.sysctls.get(key).is_some_and(|found| found.trim() == value)
            }
            Act::Mend(diff::Deed::Restore(route)) => ns
                .routes
                .iter()
                .any(|there| (there.to, there.table, &there.kind) == (route.to, route.table, &route.kind)),
            Act::Mend(diff::Deed::RestoreRule(rule)) => ns.policy_rules.contains(rule),
            Act::Neighbour(wanted) => by_hand(ns, wanted).any(|one| one.mac == wanted.mac),
            Act::Fdb(wanted) => {
                ns.fdb.iter().any(|entry| (entry.mac, &entry.port, entry.by_hand) == (wanted.mac, &wanted.port, true))
            }
            Act::Nft(
                Change::InsertRule { family, table, chain, rule, .. } | Change::AddRule { family, table, chain, rule },
            ) => ns
                .chain(*family, table, chain)
                .is_some_and(|chain| chain.rules.iter().any(|there| there.parts == rule.parts)),
            Act::Nft(Change::FlushChain { family, table, chain }) => {
                ns.chain(*family, table, chain).is_none_or(|chain| chain.rules.is_empty())
            }
            // A chain that lets everything pass is there for its rules.
            Act::Nft(Change::AddChain { family, table, chain, hook: Some(hook) }) if hook.policy == "drop" => {
                ns.chain(*family, table, chain).is_some_and(|chain| chain.hook.as_ref() == Some(hook))
            }
            Act::Mend(_) | Act::Nft(_) => false,
        }
    }

    /// Whether the kernel would take it, as far as can be seen, if it is not in force.
    fn is_possible(&self, seen: &Namespaces) -> bool {
        let Some(ns) = seen.get(&self.machine) else { return false };
        match &self.act {
            Act::Step(step) if step.way == Way::Undo => is_present(step, seen),
            Act::Step(step) => {
                // A link may have an address of IPv4 with two prefix lengths.
                let is_new =
                    |new: &AddAddress| !ns.addresses_of(new.link.as_str()).any(|one| one.address == new.address);
                let is_twice = matches!(&step.action, Action::AddAddress(new) if new.address.is_ipv4() && is_new(new));
                step.has_ground(seen) && (is_twice || !matches!(step.check(seen), Finding::Taken(_)))
            }
            Act::Mend(diff::Deed::Set { link, setting, .. }) => {
                ns.link(link).is_some_and(|link| setting.owner != Owner::Port || link.master.is_some())
            }
            Act::Mend(diff::Deed::SetSysctl { key, .. }) => {
                sysctl::link_of(key).is_none_or(|link| ns.link(&link).is_some())
            }
            Act::Mend(diff::Deed::Restore(route)) => {
                !ns.routes.iter().any(|there| there.to == route.to && there.table == route.table)
            }
            Act::Neighbour(wanted) => ns.link(&wanted.link).is_some() && by_hand(ns, wanted).next().is_none(),
            Act::Fdb(wanted) => {
                let same = |entry: &FdbEntry| entry.mac == wanted.mac && entry.by_hand;
                let is_port = ns.link(&wanted.port).is_some_and(|port| port.master == wanted.bridge);
                is_port && !ns.fdb.iter().any(same)
            }
            Act::Nft(
                Change::InsertRule { family, table, chain, .. }
                | Change::AddRule { family, table, chain, .. }
                | Change::FlushChain { family, table, chain },
            ) => ns.chain(*family, table, chain).is_some(),
            Act::Mend(_) | Act::Nft(_) => true,
        }
    }
}

fn is_present(step: &Step, seen: &Namespaces) -> bool {
    Step { way: Way::Do, ..step.clone() }.check(seen) == Finding::Present
}

/// What a machine was told to believe of this neighbour.
fn by_hand<'n>(ns: &'n Namespace, wanted: &'n Neighbour) -> impl Iterator<Item = &'n Neighbour> {
    ns.neighbours.iter().filter(|one| one.address == wanted.address && one.link == wanted.link && one.by_hand())
}
