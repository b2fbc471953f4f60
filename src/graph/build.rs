//! From namespaces to a graph.

use std::collections::{BTreeMap, HashMap};

use super::homes::homes;
use super::segments::segments;
use super::trouble::Around;
use super::{Entry, Graph, Kind, Link, Machine, Role, Segment, Source};
use crate::diff;
use crate::names::MachineName;
use crate::network::ruleset::{Part, Rule, Side, Table};
use crate::network::{self, Address, Namespace, Namespaces, Peer, Route, destination};
use crate::plan::{self, Plan};

impl Graph {
    /// What these namespaces look like. The plan says what each machine is, and in which order they are drawn.
    pub fn of(plan: &Plan, net: &Namespaces, source: Source) -> Graph {
        let order = plan.predict(|_| true);
        let homes = homes(plan, net);
        let sorted = sorted(net, &order);
        let segments = segments(&sorted, &homes);
        let kinds = plan.machines.iter().map(|member| (&member.name, &member.kind)).collect();
        let build = Build { kinds, net: &sorted, homes: &homes, segments: &segments };
        let planned = plan.machines.iter().map(|member| &member.name);
        let foreign = net.keys().filter(|name| !build.kinds.contains_key(name) && !name.is_fabric());
        let all: Vec<Machine> = planned.chain(foreign).filter_map(|name| build.machine(name)).collect();
        let machines = by_home(all);
        let fabric =
            build.machine(&MachineName::fabric()).unwrap_or_else(|| nothing(MachineName::fabric(), Kind::Fabric));
        Graph { lab: plan.lab.clone(), source, segments, machines, fabric, drift: None, left_out: 0 }
    }
}

/// The machines, each that stands for itself before those that are at home in it.
fn by_home(all: Vec<Machine>) -> Vec<Machine> {
    let outer: Vec<MachineName> = all.iter().filter(|one| one.home.is_none()).map(|one| one.name.clone()).collect();
    let places: HashMap<&MachineName, usize> = outer.iter().zip(0..).collect();
    let mut machines = all;
    machines.sort_by_key(|one| {
        let place = places.get(one.home.as_ref().unwrap_or(&one.name)).copied();
        (place.unwrap_or(usize::MAX), one.home.is_some())
    });
    machines
}

/// The same with each machine's links and routes in the plan's order: the kernel numbers links in the order in which they
/// were made, which is another one when steps were fused.
fn sorted(net: &Namespaces, order: &Namespaces) -> Namespaces {
    let mut sorted = net.clone();
    for (machine, ns) in &mut sorted {
        let planned = order.get(machine).map_or(&[][..], |ns| ns.links.as_slice());
        let place = |name: &str| planned.iter().position(|link| link.name == name).unwrap_or(usize::MAX);
        ns.links.sort_by_key(|link| place(&link.name));
        ns.routes.sort_by_key(|route| (route.to.is_ipv6(), route.to.ip(), route.to.prefix(), route.metric));
        ns.addresses.sort_by_key(|address| address.address.is_ipv6());
    }
    sorted
}

fn nothing(name: MachineName, kind: Kind) -> Machine {
    let (links, routes, rules) = (Vec::new(), Vec::new(), Vec::new());
    Machine { name, kind, home: None, links, routes, rules, mark: None, marks: Vec::new() }
}

struct Build<'a> {
    kinds: HashMap<&'a MachineName, &'a plan::Kind>,
    net: &'a Namespaces,
    homes: &'a BTreeMap<MachineName, MachineName>,
    segments: &'a [Segment],
}

impl Build<'_> {
    fn machine(&self, name: &MachineName) -> Option<Machine> {
        let ns = self.net.get(name)?;
        let kind = match self.kinds.get(name) {
            Some(plan::Kind::Node) => Kind::Node,
            Some(plan::Kind::Host) => Kind::Host,
            Some(plan::Kind::Pod { .. }) => Kind::Pod,
            None if name.is_fabric() => Kind::Fabric,
            None => Kind::Foreign,
        };
        let shown = |link: &&network::Link| link.name != "lo" && !diff::is_fallback(link);
        Some(Machine {
            home: self.homes.get(name).cloned(),
            links: ns.links.iter().filter(shown).map(|link| self.link(name, ns, link)).collect(),
            routes: ns.main_routes().map(route).collect(),
            rules: ns.tables.iter().flat_map(rules).collect(),
            ..nothing(name.clone(), kind)
        })
    }

    fn link(&self, machine: &MachineName, ns: &Namespace, link: &network::Link) -> Link {
        let (own, given): (Vec<&Address>, Vec<&Address>) =
            ns.addresses_of(&link.name).partition(|address| address.is_made_by_itself());
        Link {
            name: link.name.clone(),
            kind: link.kind.clone(),
            role: self.role(machine, link),
            addresses: given.into_iter().map(address).collect(),
            own_addresses: own.into_iter().map(ToString::to_string).collect(),
            mtu: link.mtu,
            mac: link.mac.map(|mac| mac.to_string()),
            up: link.up,
            master: link.master.clone(),
            peer: link.peer.clone(),
            vxlan: link.vxlan.clone(),
            trouble: Around { net: self.net, homes: self.homes }.trouble(machine, ns, link),
            mark: None,
        }
    }

    fn role(&self, machine: &MachineName, link: &network::Link) -> Role {
        if link.kind == "bridge" {
            return Role::Bridge;
        }
        let here = Peer { machine: machine.clone(), link: link.name.clone() };
        match &link.peer {
            Some(peer) if self.homes.get(&peer.machine) == Some(machine) => Role::Socket(peer.clone()),
            Some(peer) if self.homes.get(machine) == Some(&peer.machine) => Role::Pin(peer.clone()),
            _ => self.segments.iter().position(|s| s.ends.contains(&here)).map_or(Role::Alone, Role::Plug),
        }
    }
}

fn address(address: &Address) -> Entry {
    let text = address.to_string();
    let tentative = if address.tentative { " tentative" } else { "" };
    Entry { brief: Some(format!("{text}{tentative}")), text, mark: None }
}

/// A route; in brief `10.244.2.0/24 via 192.168.1.12`.
pub(super) fn route(route: &Route) -> Entry {
    let text = route.in_full();
    let to = destination(&route.to);
    let kind = if route.kind.is_empty() { String::new() } else { format!("{} ", route.kind) };
    let way = match (route.via, &route.dev) {
        (Some(via), _) => format!(" via {via}"),
        (None, Some(dev)) => format!(" dev {dev}"),
        (None, None) => String::new(),
    };
    let brief = (!route.is_the_kernels()).then(|| format!("{kind}{to}{way}"));
    Entry { text, brief, mark: None }
}

/// The rules of a table, and the chains that drop what no rule decides.
pub(super) fn rules(table: &Table) -> Vec<Entry> {
    let asleep = if table.dormant { " (dormant)" } else { "" };
    let mut found = Vec::new();
    for chain in &table.chains {
        let place = format!("{} {} {}{asleep}", table.family, table.name, chain.name);
        for rule in &chain.rules {
            found.push(Entry { text: format!("{place}: {rule}"), brief: Some(brief(rule)), mark: None });
        }
        if let Some(hook) = chain.hook.as_ref().filter(|hook| hook.policy != "accept") {
            let brief = format!("{}: policy {}", chain.name, hook.policy);
            found.push(Entry { text: format!("{place}: policy {}", hook.policy), brief: Some(brief), mark: None });
        }
    }
    found
}

/// `masquerade 10.244.1.0/24 except 10.244.0.0/16`, `snat 10.244.1.0/24 to 198.51.100.7`; other rules as they are,
/// without their comment.
fn brief(rule: &Rule) -> String {
    let (mut network, mut to) = ([None, None], None);
    for part in &rule.parts {
        match part {
            Part::Address { side: Side::Source, not: false, network: from } => network[0] = Some(from),
            Part::Address { side: Side::Destination, not: true, network: except } => network[1] = Some(except),
            Part::Masquerade => to = Some(("masquerade", String::new())),
            Part::Snat(address) => to = Some(("snat", format!(" to {address}"))),
            _ => return plain(rule),
        }
    }
    match (network, to) {
        ([Some(from), Some(except)], Some((verb, to))) => format!("{verb} {from} except {except}{to}"),
        ([Some(from), None], Some((verb, to))) => format!("{verb} {from}{to}"),
        _ => plain(rule),
    }
}

fn plain(rule: &Rule) -> String {
    Rule { comment: None, ..rule.clone() }.to_string()
}
