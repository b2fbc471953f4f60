//! Rules of nftables that throw packets away: on a node's way through, at a pod, on a bridge, and by size.
//!
//! ```text
//! node-1  table ip filter { chain forward { …; iifname != "cni0" drop } }              forward-drop
//! pod-a   table ip filter { chain input   { …; iifname != "lo" ct state new drop } }   ingress-drop
//! cni0    table bridge filter { chain forward { …; ip saddr … ip daddr … drop } }      bridge-drop
//! ```
//!
//! Rules of a node say which link they mean: where br_netfilter is on, its IP hooks see what its bridge carries, too.

use std::net::IpAddr;

use super::pattern::Pattern;
use super::site::{Port, Site, Station, alone};
use super::way::Role;
use super::{Act, Aspect, Deed, Families, Kind, Strike, Wish};
use crate::kernel::nft::Change;
use crate::names::{LinkName, MachineName};
use crate::network::ruleset::{Family, Handle, Hook, Part, Rule, Side};
use crate::trace::cause::Cause;

const fn kind(
    slug: &'static str,
    does: &'static str,
    spoils: Aspect,
    strikes: fn(&'static Kind, &Site<'_>, &Wish) -> Vec<Strike>,
) -> Kind {
    Kind { slug, does, causes: &[Cause::Firewall], spoils, families: Families::Either, strikes }
}

/// Rules that throw away answers of IPv6 about who is where, too (NDP): `netlab trace` may come to that first.
const OR_NEIGHBOUR: &[Cause] = &[Cause::Firewall, Cause::NeighbourUnanswered];

pub(super) static KINDS: &[Kind] = &[
    kind(
        "forward-drop",
        "A rule in a node throws away what comes in from outside for its pods.",
        Aspect::Reach,
        forward_drop,
    ),
    kind(
        "forward-reject",
        "A rule in a node rejects what is for one pod of another node.",
        Aspect::Reach,
        forward_reject,
    ),
    Kind {
        causes: OR_NEIGHBOUR,
        ..kind(
            "uplink-drop",
            "A rule in a node throws away all that comes in by one of its interfaces, before it is routed.",
            Aspect::Reach,
            uplink_drop,
        )
    },
    kind("ingress-drop", "A rule in a pod throws away what others begin to ask it.", Aspect::Reach, ingress_drop),
    kind("egress-drop", "A rule in a pod throws away what it begins to ask others.", Aspect::Reach, egress_drop),
    Kind {
        causes: OR_NEIGHBOUR,
        ..kind(
            "bridge-drop",
            "A rule of a bridge throws away what one pod sends to another one.",
            Aspect::Reach,
            bridge_drop,
        )
    },
    kind(
        "large-drop",
        "A rule in a node throws away large packets that come in from outside for its pods.",
        Aspect::Size,
        large_drop,
    ),
];

/// The table that the rules of faults stand in.
const TABLE: &str = "filter";

/// Larger than a ping and what opens a connection, smaller than what any link takes.
const LARGE: u32 = 1200;

/// A rule at a hook, with the table and the chain that it takes, as far as they are not there yet.
pub(super) fn rule_at(
    site: &Site<'_>,
    at: &MachineName,
    family: Family,
    hook: Hook,
    parts: Option<Vec<Part>>,
) -> Vec<Deed> {
    let nft = |change| Deed { machine: at.clone(), act: Act::Nft(change) };
    let chain = hook.hook.clone();
    let there = |table: &str| site.seen.get(at).and_then(|ns| ns.table(family, table));
    let stands = |table: &str| there(table).and_then(|there| there.chains.iter().find(|other| other.name == chain));
    // A chain of that name that is hooked in elsewhere, or nowhere, is somebody else's.
    let is_free = |table: &String| stands(table).is_none_or(|chain| chain.hook.as_ref() == Some(&hook));
    let mut tables = (1..).map(|number| if number == 1 { TABLE.to_owned() } else { format!("{TABLE}{number}") });
    let table = tables.find(is_free).unwrap_or_default();
    let mut deeds = Vec::new();
    if there(&table).is_none() {
        deeds.push(nft(Change::AddTable { family, table: table.clone(), comment: None }));
    }
    if stands(&table).is_none() {
        deeds.push(nft(Change::AddChain {
            family,
            table: table.clone(),
            chain: chain.clone(),
            hook: Some(hook.clone()),
        }));
    }
    let rule = |parts| Rule { parts, comment: None, handle: Handle::default() };
    deeds.extend(parts.map(|parts| nft(Change::AddRule { family, table, chain, rule: rule(parts) })));
    deeds
}

pub(super) fn hook(name: &str, priority: i32, policy: &str) -> Hook {
    Hook { kind: "filter".into(), hook: name.into(), priority, policy: policy.into() }
}

/// A chain that throws away all ARP that a machine hears.
pub(super) fn arp_chain(site: &Site<'_>, at: &MachineName) -> Vec<Deed> {
    rule_at(site, at, Family::Arp, hook("input", 0, "drop"), None)
}

pub(super) fn family(ipv6: bool) -> Family {
    if ipv6 { Family::Ip6 } else { Family::Ip }
}

fn word(text: impl Into<String>) -> Part {
    Part::Other(text.into())
}

fn link(key: &str, not: bool, name: &LinkName) -> Part {
    word(format!("{key} {}\"{name}\"", if not { "!= " } else { "" }))
}

fn address(side: Side, ip: IpAddr) -> Part {
    Part::Address { side, not: false, network: alone(ip) }
}

/// Nodes with a bridge and addresses of a family.
fn nodes<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish) -> impl Iterator<Item = (&'s Station<'a>, &'s Port, bool)> {
    let nodes = site.nodes().filter(|node| wish.machine(node.name()));
    let bridges = nodes.filter_map(|node| Some((node, node.bridge()?)));
    bridges.flat_map(|(node, bridge)| {
        let families = wish.families().filter(move |ipv6| bridge.addresses(*ipv6).next().is_some());
        families.map(move |ipv6| (node, bridge, ipv6))
    })
}

/// What is forwarded at a node and comes in by one of its cables or VXLAN devices.
fn inwards(node: &Station<'_>) -> Vec<Pattern> {
    let by = |port: &Port| Pattern { enters: Some(port.link.clone()), ..Pattern::forwarded(node.name()) };
    node.ends().filter(|port| node.bridge() != Some(port)).map(by).collect()
}

fn forward_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, bridge, ipv6): (&Station<'_>, &Port, bool)| {
        let parts = vec![link("iifname", true, &bridge.link), word("drop")];
        let deeds = rule_at(site, node.name(), family(ipv6), hook("forward", 0, "accept"), Some(parts));
        Strike::at(kind, node.name()).of(ipv6).does(deeds).hits(inwards(node))
    };
    let outward = |(node, ..): &(&Station<'_>, &Port, bool)| node.cables().next().is_some() && wish.other.is_none();
    nodes(site, wish).filter(outward).map(strike).collect()
}

fn large_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, bridge, ipv6): (&Station<'_>, &Port, bool)| {
        let longer = word(format!("meta length > {LARGE}"));
        let parts = vec![link("iifname", true, &bridge.link), longer, word("drop")];
        let deeds = rule_at(site, node.name(), family(ipv6), hook("forward", 0, "accept"), Some(parts));
        Strike::at(kind, node.name()).of(ipv6).does(deeds).hits(inwards(node))
    };
    let outward = |(node, ..): &(&Station<'_>, &Port, bool)| node.cables().next().is_some() && wish.other.is_none();
    nodes(site, wish).filter(outward).map(strike).collect()
}

fn forward_reject(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for (node, _, ipv6) in nodes(site, wish) {
        let others = site.pods().filter(|pod| pod.home() != node.name() && site.meet(node, pod));
        let pods = others.filter(|pod| wish.other(pod.name()));
        let reached = pods.filter_map(|pod| Some((pod, pod.address(ipv6)?)));
        for (pod, ip) in reached.filter(|(_, ip)| node.route(*ip).is_some_and(|(_, via)| via.is_some())) {
            let parts = vec![address(Side::Destination, ip), word("reject")];
            let deeds = rule_at(site, node.name(), family(ipv6), hook("forward", 0, "accept"), Some(parts));
            let hit = Pattern { to: Some(alone(ip)), ..Pattern::forwarded(node.name()) };
            found.push(Strike::at(kind, node.name()).to(pod.name()).of(ipv6).does(deeds).hits([hit]));
        }
    }
    found
}

fn uplink_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for (node, _, ipv6) in nodes(site, wish).filter(|_| wish.other.is_none()) {
        for port in node.cables().filter(|port| port.addresses(ipv6).next().is_some()) {
            let parts = vec![link("iifname", false, &port.link), word("drop")];
            let deeds = rule_at(site, node.name(), family(ipv6), hook("prerouting", -300, "accept"), Some(parts));
            let hit = Pattern::by(node.name(), &port.link);
            found.push(Strike::at(kind, node.name()).of(ipv6).does(deeds).hits([hit]));
        }
    }
    found
}

fn pods<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish) -> impl Iterator<Item = (&'s Station<'a>, bool)> {
    let pods = site.pods().filter(|pod| wish.other.is_none() && wish.machine(pod.name()));
    pods.flat_map(|pod| wish.families().filter(|ipv6| pod.address(*ipv6).is_some()).map(move |ipv6| (pod, ipv6)))
}

/// What is new to connection tracking begins something; who is where (NDP) is not tracked.
fn new_from_or_to_others(key: &str) -> Vec<Part> {
    vec![link(key, true, &LinkName::loopback()), word("ct state new"), word("drop")]
}

fn ingress_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(pod, ipv6): (&Station<'_>, bool)| {
        let parts = new_from_or_to_others("iifname");
        let deeds = rule_at(site, pod.name(), family(ipv6), hook("input", 0, "accept"), Some(parts));
        let hit = Pattern { roles: vec![Role::Delivered], answer: Some(false), ..Pattern::at(pod.name()) };
        Strike::at(kind, pod.name()).of(ipv6).does(deeds).hits([hit])
    };
    pods(site, wish).map(strike).collect()
}

fn egress_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(pod, ipv6): (&Station<'_>, bool)| {
        let parts = new_from_or_to_others("oifname");
        let deeds = rule_at(site, pod.name(), family(ipv6), hook("output", 0, "accept"), Some(parts));
        let hit = Pattern { roles: vec![Role::Sent], answer: Some(false), ..Pattern::at(pod.name()) };
        Strike::at(kind, pod.name()).of(ipv6).does(deeds).hits([hit])
    };
    pods(site, wish).map(strike).collect()
}

fn bridge_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for pod in site.pods().filter(|pod| wish.machine(pod.name())) {
        let Some(port) = pod.ports.first() else { continue };
        let beside =
            site.plugged_into(&port.segment).filter(|(other, at)| at.far.is_some() && other.name() != pod.name());
        let beside: Vec<&Station<'_>> =
            beside.map(|(other, _)| other).filter(|other| wish.other(other.name())).collect();
        // One of many is enough, unless it is asked for one.
        for other in beside.iter().take(if wish.other.is_some() { usize::MAX } else { 2 }) {
            for (from, to) in wish.families().filter_map(|ipv6| pod.address(ipv6).zip(other.address(ipv6))) {
                let parts = vec![address(Side::Source, from), address(Side::Destination, to), word("drop")];
                let at = &port.segment.machine;
                let deeds = rule_at(site, at, Family::Bridge, hook("forward", -200, "accept"), Some(parts));
                let roles = vec![Role::Bridged];
                let hit = Pattern { roles, from: Some(alone(from)), to: Some(alone(to)), ..Pattern::at(at) };
                let strike = Strike::at(kind, pod.name()).to(other.name()).of(from.is_ipv6());
                found.push(strike.does(deeds).hits([hit]));
            }
        }
    }
    found
}
