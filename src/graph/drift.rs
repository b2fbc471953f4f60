//! What differs from the plan, marked where it is.
//!
//! ```text
//! seen:     node-1 { cni0, eth0, dummy0 }        to be drawn:  cni0
//! planned:  node-1 { cni0, eth0, veth-pod-a }                  eth0
//!                                                              dummy0       foreign
//!                                                              veth-pod-a   missing: as it should be
//! ```
//!
//! What is missing has to be drawn too, so it is put back first, and marked.

use super::{Entry, Graph, Kind, Mark, Source, build};
use crate::diff::{Deed, Difference, Mend, Sort, Thing};
use crate::names::MachineName;
use crate::network::{Namespace, Namespaces, Peer, destination};
use crate::plan::Plan;
use crate::step::Action;

impl Graph {
    /// What was seen, with what should be there according to `planned`, and what differs.
    pub fn of_drift(plan: &Plan, seen: &Namespaces, planned: &Namespaces, differences: &[Difference]) -> Graph {
        let mut graph = Graph::of(plan, &whole(seen, planned), Source::Kernel);
        graph.mark_what_is_missing(seen, planned);
        let mut marks = Vec::new();
        for difference in differences.iter().filter(|difference| !difference.follows) {
            let number = marks.len() + 1;
            graph.mark(difference, number);
            marks.push(Mark {
                number,
                machine: difference.machine.clone(),
                sort: difference.sort,
                what: difference.what.clone(),
                mends: difference.mends.iter().map(Mend::command).collect(),
            });
        }
        graph.drift = Some(marks);
        graph
    }

    fn mark_what_is_missing(&mut self, seen: &Namespaces, planned: &Namespaces) {
        for machine in self.machines.iter_mut().chain([&mut self.fabric]) {
            let Some(plan) = planned.get(&machine.name) else {
                continue;
            };
            let Some(ns) = seen.get(&machine.name) else {
                machine.mark = Some(Sort::Missing);
                machine.links.iter_mut().for_each(|link| link.mark = Some(Sort::Missing));
                continue;
            };
            for link in &mut machine.links {
                if ns.link(&link.name).is_none() {
                    // Its addresses went with it.
                    link.mark = Some(Sort::Missing);
                    continue;
                }
                let there: Vec<String> = ns.addresses_of(&link.name).map(ToString::to_string).collect();
                link.addresses.iter_mut().filter(|entry| !there.contains(&entry.text)).for_each(Entry::is_missing);
            }
            let there: Vec<Entry> = ns.main_routes().map(build::route).collect();
            machine.routes.iter_mut().filter(|entry| !there.contains(entry)).for_each(Entry::is_missing);
            let there: Vec<Entry> = ns.tables.iter().flat_map(build::rules).collect();
            machine.rules.iter_mut().filter(|entry| !there.contains(entry)).for_each(Entry::is_missing);
            // A rule that is there as often as it should be is where it belongs.
            let expected: Vec<Entry> = plan.tables.iter().flat_map(build::rules).collect();
            let missing =
                expected.into_iter().filter(|rule| !machine.rules.iter().any(|known| known.text == rule.text));
            let missing: Vec<Entry> = missing.map(|rule| Entry { mark: Some(Sort::Missing), ..rule }).collect();
            machine.rules.extend(missing);
        }
        let gone = |end: &Peer| seen.get(&end.machine).and_then(|ns| ns.link(&end.link)).is_none();
        let fabric = &self.fabric;
        for segment in &mut self.segments {
            let missing = fabric.link(&segment.name).is_some_and(|link| link.mark == Some(Sort::Missing));
            if missing || (segment.medium != super::Medium::Network && segment.ends.iter().any(gone)) {
                segment.mark = Some(Sort::Missing);
            }
        }
    }

    fn mark(&mut self, difference: &Difference, number: usize) {
        let Graph { machines, fabric, segments, .. } = self;
        let Some(machine) = machines.iter_mut().chain([fabric]).find(|m| m.name == difference.machine) else { return };
        machine.marks.push(number);
        let sort = difference.sort;
        let things = difference.mends.iter().filter_map(|mend| match &mend.deed {
            Deed::Remove(thing) if sort == Sort::Foreign => Some(thing),
            _ => None,
        });
        for thing in things {
            machine.mark_thing(thing, sort);
        }
        if sort == Sort::Changed {
            let links: Vec<String> = difference.mends.iter().filter_map(link_of).collect();
            for to in difference.mends.iter().filter_map(destination_of) {
                machine.is_changed(&to);
            }
            for name in links {
                if let Some(link) = machine.links.iter_mut().find(|link| link.name == name) {
                    link.mark = link.mark.or(Some(sort));
                }
            }
        }
        if machine.kind == Kind::Fabric {
            for segment in segments.iter_mut() {
                let bridge = machine.link(&segment.name);
                segment.mark = segment.mark.or(bridge.and_then(|link| link.mark));
            }
        }
    }
}

/// The link that a mend is about.
fn link_of(mend: &Mend) -> Option<String> {
    match &mend.deed {
        Deed::Redo { step, .. } => step.action.link().map(ToString::to_string),
        // What hangs on a link is not the link.
        Deed::Remove(_) | Deed::Restore(_) => None,
        _ => mend.link().map(str::to_owned),
    }
}

/// Where the route leads that a mend makes again.
fn destination_of(mend: &Mend) -> Option<String> {
    match &mend.deed {
        Deed::Redo { step, .. } => match &step.action {
            Action::AddRoute(route) => Some(destination(&route.to)),
            _ => None,
        },
        _ => None,
    }
}

impl super::Machine {
    /// The route to a destination is there, but is another one than planned.
    fn is_changed(&mut self, to: &str) {
        let leads_there = |entry: &Entry| entry.text.split(' ').next() == Some(to);
        let missing = |entry: &Entry| entry.mark == Some(Sort::Missing);
        if self.routes.iter().any(|entry| leads_there(entry) && !missing(entry)) {
            self.routes.retain(|entry| !(leads_there(entry) && missing(entry)));
            self.routes
                .iter_mut()
                .filter(|entry| leads_there(entry))
                .for_each(|entry| entry.mark = Some(Sort::Changed));
        }
    }

    fn mark_thing(&mut self, thing: &Thing, sort: Sort) {
        let entry = |entries: &mut Vec<Entry>, matches: &dyn Fn(&str) -> bool| {
            entries.iter_mut().filter(|entry| matches(&entry.text)).for_each(|entry| entry.mark = Some(sort));
        };
        match thing {
            Thing::Namespace => self.mark = Some(sort),
            Thing::Link(name) => {
                self.links.iter_mut().filter(|link| link.name == *name).for_each(|link| link.mark = Some(sort));
            }
            Thing::Address { link, address } => {
                let links = self.links.iter_mut().filter(|there| there.name == *link);
                let address = address.to_string();
                links.for_each(|link| entry(&mut link.addresses, &|text| text.split(' ').next() == Some(&address)));
            }
            Thing::Route(route) => entry(&mut self.routes, &|text| text == route.in_full()),
            Thing::Table { family, name } => {
                entry(&mut self.rules, &|text| is_in(text, &format!("{family} {name}")));
            }
            Thing::Chain { family, table, name } => {
                entry(&mut self.rules, &|text| is_in(text, &format!("{family} {table} {name}")));
            }
            Thing::Rule { family, table, chain, text, .. } => {
                let is_it = |there: &str| there.split_once(": ").is_some_and(|(_, rule)| rule == text);
                entry(&mut self.rules, &|there| is_in(there, &format!("{family} {table} {chain}")) && is_it(there));
            }
            Thing::Neighbour(_) | Thing::Fdb(_) | Thing::PolicyRule(_) | Thing::Lease { .. } => {}
        }
    }
}

/// Whether a rule's text says that it is in this table or chain: no other name that begins like that.
fn is_in(text: &str, place: &str) -> bool {
    text.strip_prefix(place).is_some_and(|rest| rest.starts_with([' ', ':']))
}

impl Entry {
    fn is_missing(&mut self) {
        self.mark = Some(Sort::Missing);
    }
}

/// What was seen, with all links, addresses and routes that should be there too.
fn whole(seen: &Namespaces, planned: &Namespaces) -> Namespaces {
    let mut whole = seen.clone();
    for (machine, planned) in planned {
        let Some(ns) = whole.get_mut(machine) else {
            whole.insert(machine.clone(), planned.clone());
            continue;
        };
        add_missing(ns, planned);
    }
    mend_pipes(&mut whole, planned);
    whole
}

fn add_missing(ns: &mut Namespace, planned: &Namespace) {
    let links: Vec<_> = planned.links.iter().filter(|link| ns.link(&link.name).is_none()).cloned().collect();
    ns.links.extend(links);
    let there = |ns: &Namespace, link: &str, address| ns.addresses_of(link).any(|known| known.address == address);
    let addresses = planned.addresses.iter().filter(|a| !there(ns, &a.link, a.address)).cloned();
    let addresses: Vec<_> = addresses.collect();
    ns.addresses.extend(addresses);
    let routes = planned.routes.iter().filter(|route| !route.is_the_kernels());
    let routes = routes.filter(|route| !ns.routes.iter().any(|known| known.does_the_same_as(route))).cloned();
    let routes: Vec<_> = routes.collect();
    ns.routes.extend(routes);
}

/// An end whose other end was put back is plugged into it again, unless it has found another one.
fn mend_pipes(whole: &mut Namespaces, planned: &Namespaces) {
    let ends: Vec<(MachineName, String, Peer)> = planned
        .iter()
        .flat_map(|(machine, ns)| ns.links.iter().map(move |link| (machine, link)))
        .filter_map(|(machine, link)| Some((machine.clone(), link.name.clone(), link.peer.clone()?)))
        .collect();
    for (machine, name, peer) in ends {
        let link = whole.get_mut(&machine).and_then(|ns| ns.links.iter_mut().find(|link| link.name == name));
        if let Some(link) = link.filter(|link| link.peer.is_none()) {
            link.peer = Some(peer);
        }
    }
}
