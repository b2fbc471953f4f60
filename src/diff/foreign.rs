//! Is there anything that no step explains?
//!
//! ```text
//! node-1: link dummy0            nobody's step makes it      ip -n node-1 link delete dummy0
//! pod-a:  default via 10.244.1.9 nor this                    ip -n pod-a route delete default via 10.244.1.9 …
//! ```
//!
//! What the kernel makes by itself is no foreigner: loopbacks, link-local addresses, connected routes, and the fallback
//! devices of tunnels that some hosts put into every new namespace.

use std::collections::BTreeSet;

use super::{Deed, Difference, Expected, Mend, Sort, Thing};
use crate::names::MachineName;
use crate::network::policy_rule::PolicyRule;
use crate::network::ruleset::{Chain, Rule, Table};
use crate::network::{Address, FdbEntry, Link, Mac, Namespace, Namespaces, Neighbour, Peer, Route};
use crate::step::{Action, Step, rules_in_order};

/// Devices that modules for tunnels put into every namespace (`net.core.fb_tunnels_only_for_init_net`).
const FALLBACKS: [&str; 9] =
    ["tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"];

/// Whether it is such a device, at rest.
pub fn is_fallback(link: &Link) -> bool {
    !link.up && FALLBACKS.contains(&link.name.as_str())
}

impl Expected<'_> {
    /// What the plan does not know.
    pub(super) fn foreign(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, ns) in seen {
            let Some(planned) = self.net.get(machine) else {
                found.push(self.stranger(machine, Thing::Namespace, seen));
                continue;
            };
            let things = links(planned, ns)
                .chain(addresses(planned, ns))
                .chain(routes(planned, ns))
                .chain(neighbours(planned, ns))
                .chain(policy_rules(ns))
                .chain(tables(planned, ns))
                .chain(leases(planned, ns))
                .filter(|thing| !self.is_on_its_way(machine, thing, ns));
            found.extend(things.map(|thing| self.stranger(machine, thing, seen)));
            let asleep =
                ns.tables.iter().filter(|table| table.dormant && planned.table(table.family, &table.name).is_some());
            found.extend(asleep.map(|table| sleeper(machine, table)));
        }
        found
    }

    /// What it is, and if a step makes it that the cursor has not reached, that too.
    fn describe(&self, machine: &MachineName, thing: &Thing, seen: &Namespaces) -> String {
        let link = |name: &str| seen.get(machine).and_then(|ns| ns.link(name));
        match thing {
            Thing::Namespace => format!("namespace {machine}"),
            Thing::Link(name) => match link(name) {
                Some(Link { peer: Some(Peer { machine: there, link }), .. }) if there == machine => {
                    format!("link {name}, the other end of {link}")
                }
                Some(Link { peer: Some(Peer { machine: there, link }), .. }) => {
                    format!("link {name}, the other end of {link} in {there}")
                }
                Some(Link { kind, .. }) if !kind.is_empty() => format!("link {name}, a {kind}"),
                _ => thing.to_string(),
            },
            _ => thing.to_string(),
        }
    }

    /// The step that makes it, which the cursor has not reached.
    fn to_come(&self, machine: &MachineName, thing: &Thing) -> Option<u32> {
        let makes = |step: &Step| match thing {
            Thing::Namespace => matches!(step.action, Action::AddNamespace(_)) && step.machine == *machine,
            Thing::Link(_) => false,
            _ => step.machine == *machine && thing.to_string().starts_with(&step.thing()),
        };
        let made = self.plan.numbered().find(|(_, step)| makes(step)).map(|(number, _)| number);
        let made = match thing {
            Thing::Link(name) => self.makers.maker(machine, name),
            _ => made,
        };
        made.filter(|number| !self.in_force.contains(number))
    }

    fn stranger(&self, machine: &MachineName, thing: Thing, seen: &Namespaces) -> Difference {
        let what = self.describe(machine, &thing, seen);
        let step = self.to_come(machine, &thing);
        let what = if step.is_some() { format!("{what}: the cursor has not come to it") } else { what };
        let mends = vec![Mend::remove(machine, thing)];
        Difference { machine: machine.clone(), sort: Sort::Foreign, what, step, follows: false, mends }
    }

    /// Whether it is the end of a pipe that still is where it was made, under the name that it was made with.
    fn is_on_its_way(&self, machine: &MachineName, thing: &Thing, ns: &Namespace) -> bool {
        let Thing::Link(name) = thing else { return false };
        let Some(link) = ns.link(name) else { return false };
        self.plan.numbered().filter(|(number, _)| self.in_force.contains(number)).any(|(_, step)| match &step.action {
            Action::MoveLink(pipe) => {
                let of_the_pipe =
                    link.peer.as_ref().is_none_or(|p| p.machine == *machine && p.link == pipe.near.as_str());
                step.machine == *machine && pipe.name.as_str() == name && link.kind == "veth" && of_the_pipe
            }
            _ => false,
        })
    }
}

fn sleeper(machine: &MachineName, table: &Table) -> Difference {
    let deed = Deed::Wake { family: table.family, table: table.name.clone() };
    Difference {
        machine: machine.clone(),
        sort: Sort::Changed,
        what: format!("table {} {} is dormant: no packet passes its chains", table.family, table.name),
        step: None,
        follows: false,
        mends: vec![Mend::new(machine, deed)],
    }
}

fn links<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    let foreign = ns.links.iter().filter(move |link| planned.link(&link.name).is_none() && !is_fallback(link));
    foreign.map(|link| Thing::Link(link.name.clone()))
}

/// Those on foreign links go with them.
fn addresses<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    let is_planned =
        move |address: &Address| planned.addresses_of(&address.link).any(|there| there.address == address.address);
    // Made from the link's hardware address, where the plan lets the kernel do so.
    let by_itself = move |address: &Address| {
        let wanted = planned.link(&address.link).is_some_and(|planned| planned.generates_link_local);
        wanted && address.is_made_by_itself() && address.link != "lo"
    };
    let foreign =
        ns.addresses.iter().filter(move |a| planned.link(&a.link).is_some() && !is_planned(a) && !by_itself(a));
    // The kernel lists the first of a subnet first, with which the others may go.
    foreign.rev().map(|a| Thing::Address { link: a.link.clone(), address: a.address })
}

/// Those by way of foreign links go with them, and the kernel's own with the addresses that they are for.
fn routes<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    let is_planned = move |route: &Route| planned.routes.iter().any(|planned| planned.does_the_same_as(route));
    let on_foreign_link = |route: &Route| route.dev.as_ref().is_some_and(|dev| planned.link(dev).is_none());
    let made: Vec<Route> = ns.addresses.iter().flat_map(|a| Route::made_for(a.address, &a.link)).collect();
    // What an unusual address brings with it goes with it.
    let unusual: BTreeSet<&str> =
        ns.addresses.iter().filter(|a| !a.unusual.is_empty()).map(|a| a.link.as_str()).collect();
    let by_itself = move |route: &Route| {
        let group = matches!(route.kind.as_str(), "broadcast" | "anycast" | "multicast");
        let with_address = route.dev.as_deref().is_some_and(|dev| unusual.contains(dev));
        // That of a subnet's second address has the first one as its source.
        let own =
            route.kind == "local" && made.iter().any(|made| Route { source: route.source, ..made.clone() } == *route);
        route.is_the_kernels() && (group || with_address || own || made.contains(route))
    };
    let foreign =
        ns.routes.iter().filter(move |route| !is_planned(route) && !by_itself(route) && !on_foreign_link(route));
    foreign.map(|route| Thing::Route(route.clone()))
}

/// Those on foreign links go with them, and another one in the place of a planned one is its step's matter.
fn neighbours<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    let is_planned =
        |there: &Neighbour| !there.is_proxy() && planned.neighbours.iter().any(|n| n.is_of(&there.link, there.address));
    let neighbours = ns.neighbours.iter().filter(|there| there.by_hand() && planned.link(&there.link).is_some());
    let neighbours = neighbours.filter(move |there| !is_planned(there));
    let is_planned = |there: &FdbEntry| {
        let of_mac = planned.fdb.iter().filter(|entry| entry.mac == there.mac && entry.port == there.port);
        let mut alike = of_mac.filter(|entry| entry.is_the_bridges() == there.is_the_bridges());
        alike.any(|entry| there.mac != Mac::ZERO || entry.is_the_same_as(there))
    };
    let entries = ns.fdb.iter().filter(|entry| entry.by_hand && planned.link(&entry.port).is_some());
    let entries = entries.filter(move |entry| !is_planned(entry));
    let neighbours = neighbours.map(|neighbour| Thing::Neighbour(neighbour.clone()));
    neighbours.chain(entries.map(|entry| Thing::Fdb(entry.clone())))
}

fn policy_rules(ns: &Namespace) -> impl Iterator<Item = Thing> + '_ {
    let defaults = PolicyRule::defaults();
    let foreign = ns.policy_rules.iter().filter(move |rule| !defaults.contains(rule));
    foreign.map(|rule| Thing::PolicyRule(rule.clone()))
}

/// Those of networks that the plan does not have are others' business.
fn leases<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    planned.ipam.networks.iter().flat_map(|(network, planned)| {
        let held = ns.ipam.networks.get(network).into_iter().flat_map(|leases| &leases.held);
        let foreign = held.filter(|(address, _)| !planned.held.contains_key(*address));
        foreign.map(|(address, holder)| Thing::Lease {
            network: network.clone(),
            address: *address,
            holder: holder.clone(),
        })
    })
}

fn tables<'a>(planned: &'a Namespace, ns: &'a Namespace) -> impl Iterator<Item = Thing> + 'a {
    ns.tables.iter().flat_map(|table| match planned.table(table.family, &table.name) {
        None => vec![Thing::Table { family: table.family, name: table.name.clone() }],
        Some(planned) => last_first(&table.chains).flat_map(|chain| chains(table, planned, chain)).collect(),
    })
}

/// Chains so that each comes before those that it jumps to: no chain can be deleted that is jumped to. There are no
/// circles, nftables refuses them.
fn last_first(chains: &[Chain]) -> impl Iterator<Item = &Chain> {
    let jumps_to = |chain: &Chain, other: &Chain| {
        let verdicts = ["jump", "goto"].map(|verb| format!("{verb} {}", other.name));
        chain.rules.iter().flat_map(|rule| &rule.parts).any(|part| verdicts.contains(&part.to_string()))
    };
    let mut order: Vec<&Chain> = Vec::new();
    let mut left: Vec<&Chain> = chains.iter().collect();
    while !left.is_empty() {
        let free = left.iter().position(|chain| !left.iter().any(|other| jumps_to(other, chain))).unwrap_or(0);
        order.push(left.remove(free));
    }
    order.into_iter()
}

/// A foreign chain, or the foreign rules of a chain of the plan's.
fn chains(table: &Table, planned: &Table, chain: &Chain) -> Vec<Thing> {
    let Table { family, name, .. } = table;
    let Some(planned) = planned.chains.iter().find(|there| there.name == chain.name) else {
        return vec![Thing::Chain { family: *family, table: name.clone(), name: chain.name.clone() }];
    };
    let planned: Vec<&Rule> = planned.rules.iter().collect();
    let kept = rules_in_order(&planned, &chain.rules);
    let foreign = chain.rules.iter().enumerate().filter(|(place, _)| !kept.contains(place));
    let thing = |rule: &Rule| {
        let (family, table, chain) = (*family, name.clone(), chain.name.clone());
        Some(Thing::Rule { family, table, chain, handle: rule.handle.0?, text: rule.to_string() })
    };
    foreign.filter_map(|(_, rule)| thing(rule)).collect()
}
