//! Who puts whose address on what leaves a node: nobody, or somebody on too much.
//!
//! ```text
//! ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade      missing-masquerade    is not there
//! ip saddr 10.244.1.0/24 oifname != "cni0" masquerade              masquerade-pods       is there, too: for pods as well
//! ```
//!
//! The second loses no packet. A pod that asks another one is taken for its node, which no policy and no log expects.

use super::pattern::Pattern;
use super::site::{Site, Station};
use super::way::Role;
use super::{Act, Aspect, Deed, Families, Kind, Strike, Wish};
use crate::feature::masquerade::{CHAIN, TABLE};
use crate::kernel::nft::{Change, Place};
use crate::network::ruleset::{Family, Handle, Part, Rule, Side};
use crate::topology::model::Masquerade;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "missing-masquerade",
        does: "A node's rules that masquerade are deleted.",
        causes: &[Cause::NoMasquerade, Cause::NoReturnRoute],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: missing,
    },
    Kind {
        slug: "masquerade-pods",
        does: "A node masquerades what its pods send to other pods, too. No packet is lost; the source is wrong.",
        causes: &[],
        spoils: Aspect::Source,
        families: Families::Either,
        strikes: too_much,
    },
];

/// Nodes with what they masquerade of a family.
fn nodes<'s, 'a>(
    site: &'s Site<'a>,
    wish: &'s Wish,
) -> impl Iterator<Item = (&'s Station<'a>, bool, Vec<&'a Masquerade>)> {
    let nodes = site.nodes().filter(|node| wish.other.is_none() && wish.machine(node.name()));
    nodes.flat_map(|node| {
        wish.families().filter_map(move |ipv6| {
            let of: Vec<&Masquerade> =
                node.machine.masquerade.iter().filter(|entry| entry.from.is_ipv6() == ipv6).collect();
            (!of.is_empty()).then_some((node, ipv6, of))
        })
    })
}

fn family(ipv6: bool) -> Family {
    if ipv6 { Family::Ip6 } else { Family::Ip }
}

fn missing(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, ipv6, _): (&Station<'_>, bool, Vec<&Masquerade>)| {
        let flush = Change::FlushChain { family: family(ipv6), table: TABLE.into(), chain: CHAIN.into() };
        let deed = Deed { machine: node.name().clone(), act: Act::Nft(flush) };
        let hit = Pattern { translated: Some(true), ..Pattern::routed(node.name()) };
        Strike::at(kind, node.name()).of(ipv6).does([deed]).hits([hit])
    };
    nodes(site, wish).map(strike).collect()
}

fn too_much(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, ipv6, entries): (&Station<'_>, bool, Vec<&Masquerade>)| {
        let bridge = node.bridge()?;
        // Who has no address on a link that leads to pods would give them that of another one, or none.
        let mut ways = node.machine.routes.iter().filter(|route| route.to.is_ipv6() == ipv6);
        if ways.any(|way| node.egress(way).is_some_and(|port| port.addresses(ipv6).next().is_none())) {
            return None;
        }
        let from = entries.iter().find(|entry| !entry.except.is_empty())?.from;
        let parts = vec![
            Part::Address { side: Side::Source, not: false, network: from },
            Part::Other(format!("oifname != \"{}\"", bridge.link)),
            Part::Masquerade,
        ];
        let change = Change::InsertRule {
            family: family(ipv6),
            table: TABLE.into(),
            chain: CHAIN.into(),
            place: Place::First,
            rule: Rule { parts, comment: None, handle: Handle::default() },
        };
        let deed = Deed { machine: node.name().clone(), act: Act::Nft(change) };
        let hit = Pattern {
            roles: vec![Role::Forwarded],
            enters: Some(bridge.link.clone()),
            from: Some(from),
            translated: Some(false),
            answer: Some(false),
            ..Pattern::at(node.name())
        };
        // Nothing leaves a node that has no cable.
        node.cables().next().map(|_| Strike::at(kind, node.name()).of(ipv6).does([deed]).hits([hit]))
    };
    nodes(site, wish).filter_map(strike).collect()
}
