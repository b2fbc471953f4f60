//! Addresses: missing, too wide, or those that two machines have.
//!
//! ```text
//! pod-a eth0 10.244.1.2/24      missing-address            has none
//!                               wrong-prefix-length        10.244.1.2/16: all pods are believed to be on this wire
//!                               duplicate-address          has 10.244.2.2, too, which is pod-c's
//! node-1 cni0 10.244.1.1/24     missing-gateway-address    nobody is the gateway
//! ```

use ipnetwork::IpNetwork;

use super::pattern::Pattern;
use super::site::{Port, Site, Station, alone};
use super::way::Role;
use super::{Act, Aspect, Deed, Families, Kind, Strike, Wish};
use crate::names::{LinkName, MachineName};
use crate::network::sysctl;
use crate::plan;
use crate::step::{Action, AddAddress};
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "missing-address",
        does: "An address of a machine's interface is deleted.",
        causes: &[Cause::NoAddress, Cause::NoRoute, Cause::NoReturnRoute, Cause::NeighbourUnanswered],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: missing,
    },
    Kind {
        slug: "missing-gateway-address",
        does: "The address of a node's bridge is deleted, which is its pods' gateway.",
        causes: &[Cause::NoAddress, Cause::NoReturnRoute, Cause::NoRoute, Cause::TtlExceeded],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: missing_gateway,
    },
    Kind {
        slug: "wrong-prefix-length",
        does: "A pod's prefix length is too short: it takes pods of other nodes to be on its own wire.",
        causes: &[Cause::NeighbourUnanswered, Cause::NoAddress, Cause::WrongGateway],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: too_wide,
    },
    Kind {
        slug: "duplicate-address",
        does: "A pod's interface gets the address of a pod of another node, too.",
        causes: &[Cause::DuplicateAddress, Cause::MartianSource],
        spoils: Aspect::Address,
        families: Families::Ipv4,
        strikes: twice,
    },
    Kind {
        slug: "martian-source",
        does: "A pod's loopback gets the address of a pod of another node.",
        causes: &[Cause::MartianSource, Cause::DuplicateAddress],
        spoils: Aspect::Reach,
        families: Families::Ipv4,
        strikes: twice_hidden,
    },
    Kind {
        slug: "ipv6-off",
        does: "IPv6 is switched off on a pod's interface.",
        causes: &[Cause::NoAddress, Cause::NoRoute, Cause::NoReturnRoute],
        spoils: Aspect::Reach,
        families: Families::Ipv6,
        strikes: ipv6_off,
    },
];

/// What a machine's own address brings in and out: all of a pod's packets, and another machine's by that link.
fn by(at: &Station<'_>, port: &Port) -> Pattern {
    match at.kind {
        plan::Kind::Pod { .. } => Pattern::at(at.name()),
        plan::Kind::Node | plan::Kind::Host => Pattern::by(at.name(), &port.link),
    }
}

/// What is for an address of a machine and comes by another link.
fn by_another_link(at: &Station<'_>, own: IpNetwork) -> Option<Pattern> {
    let to = Some(alone(own.ip()));
    (at.cables().count() > 1).then(|| Pattern { roles: vec![Role::Delivered], to, ..Pattern::at(at.name()) })
}

fn address(at: &MachineName, port: &Port, address: IpNetwork) -> (MachineName, Action) {
    (at.clone(), Action::AddAddress(AddAddress { link: port.link.clone(), address }))
}

/// Each address of a port that is the only one of its family.
fn only(port: &Port, ipv6: bool) -> Option<IpNetwork> {
    let mut all = port.addresses(ipv6);
    all.next().filter(|_| all.next().is_none())
}

fn missing(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for at in site.stations.iter().filter(|station| wish.other.is_none() && wish.machine(station.name())) {
        for port in at.cables() {
            for own in wish.families().filter_map(|ipv6| only(port, ipv6)) {
                let (machine, action) = address(at.name(), port, own);
                // Who remembers where it is would still send there, and IPv6 would pass it on.
                let forget = site.forget(&port.segment, own.ip()).into_iter();
                let forget = forget.map(|mend| Deed { machine: mend.machine, act: Act::Mend(mend.deed) });
                let deeds = std::iter::once(Deed::undo(&machine, action)).chain(forget);
                let hits = std::iter::once(by(at, port)).chain(by_another_link(at, own));
                found.push(Strike::at(kind, at.name()).of(own.is_ipv6()).does(deeds).hits(hits));
            }
        }
    }
    found
}

fn missing_gateway(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let nodes = site.nodes().filter(|node| wish.other.is_none() && wish.machine(node.name()));
    let bridges = nodes.filter_map(|node| Some((node, node.bridge()?)));
    let addresses = bridges
        .flat_map(|(node, bridge)| wish.families().filter_map(move |ipv6| Some((node, bridge, only(bridge, ipv6)?))));
    let strike = |(node, bridge, own): (&Station<'_>, &Port, IpNetwork)| {
        let (machine, action) = address(node.name(), bridge, own);
        let roles = vec![Role::Sent, Role::Forwarded, Role::Delivered];
        let hit = Pattern { roles, ..Pattern::by(node.name(), &bridge.link) };
        Strike::at(kind, node.name()).of(own.is_ipv6()).does([Deed::undo(&machine, action)]).hits([hit])
    };
    addresses.map(strike).collect()
}

/// The smallest subnet that holds both.
fn around(one: IpNetwork, other: IpNetwork) -> Option<IpNetwork> {
    let holds = |prefix: &u8| {
        let wide = IpNetwork::new(one.ip(), *prefix);
        wide.is_ok_and(|wide| wide.contains(other.ip()))
    };
    let longest = (1..one.prefix()).rev().find(holds)?;
    IpNetwork::new(one.ip(), longest).ok()
}

/// The subnet that holds this pod's address and those of all pods of other nodes.
fn span(site: &Site<'_>, pod: &Station<'_>, own: IpNetwork) -> Option<IpNetwork> {
    let others =
        site.nodes().filter(|node| node.name() != pod.home() && site.meet(pod, node)).filter_map(Station::bridge);
    let mut others = others.flat_map(|bridge| bridge.subnets(own.is_ipv6()));
    let first = around(own, others.next()?)?;
    others.try_fold(first, |wide, other| if wide.contains(other.ip()) { Some(wide) } else { around(wide, other) })
}

fn too_wide(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for pod in site.pods().filter(|pod| wish.other.is_none() && wish.machine(pod.name())) {
        let Some(eth0) = pod.ports.first().filter(|eth0| !site.is_extended(&eth0.segment)) else { continue };
        for own in wish.families().filter_map(|ipv6| only(eth0, ipv6)) {
            let Some(wide) = span(site, pod, own) else { continue };
            let (machine, right) = address(pod.name(), eth0, own);
            let (_, wrong) = address(pod.name(), eth0, wide);
            let (add, delete) = (Deed::step(&machine, wrong), Deed::undo(&machine, right));
            // The routes of IPv4 go with a link's last address; IPv6 has the same one only once.
            let deeds = if own.is_ipv6() { [delete, add] } else { [add, delete] };
            let hit =
                Pattern { to: Some(super::site::subnet(wide)), roles: vec![Role::Sent], ..Pattern::at(pod.name()) };
            let gateways =
                pod.machine.routes.iter().map(|route| route.via).filter(|via| via.is_ipv6() == own.is_ipv6());
            let hits = gateways.map(|via| Pattern { via: Some(via), ..hit.clone() });
            found.push(Strike::at(kind, pod.name()).of(own.is_ipv6()).does(deeds).hits(hits));
        }
    }
    found
}

/// A pod that has another one's address on this link, too: what it sends to that one it keeps, and what comes from it
/// cannot be true. Others are led by their routes, and never ask it. (IPv6 would begin to send from that address.)
fn has_address_of(kind: &'static Kind, site: &Site<'_>, wish: &Wish, link: &LinkName) -> Vec<Strike> {
    let is_wanted = |pod: &&Station<'_>| {
        let others_ask = pod.ports.first().is_none_or(|eth0| site.is_extended(&eth0.segment));
        !others_ask && wish.families().any(|ipv6| !ipv6)
    };
    let pods: Vec<&Station<'_>> = site.pods().filter(is_wanted).collect();
    let mut found = Vec::new();
    for (place, at) in pods.iter().enumerate().filter(|(_, at)| wish.machine(at.name())) {
        // The next ones in the file's order; all of them would be as many as there are pairs.
        let others = pods
            .iter()
            .cycle()
            .skip(place + 1)
            .take(pods.len())
            .filter(|other| other.home() != at.home() && site.meet(at, other));
        let wanted = others.filter(|other| wish.other(other.name())).take(2);
        let addressed = wanted.filter_map(|other| Some((other, other.address(false)?)));
        // Who must not reach a third one that has it, too, would have it answered.
        for (other, address) in addressed.filter(|(_, ip)| site.is_once(*ip)).map(|(other, ip)| (other, alone(ip))) {
            let action = Action::AddAddress(AddAddress { link: link.clone(), address });
            let there = Pattern { roles: vec![Role::Sent], to: Some(address), ..Pattern::at(at.name()) };
            let back = Pattern { roles: vec![Role::Delivered], from: Some(address), ..Pattern::at(at.name()) };
            let strike = Strike::at(kind, at.name()).to(other.name()).of(false);
            found.push(strike.does([Deed::step(at.name(), action)]).hits([there, back]));
        }
    }
    found
}

fn twice(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    has_address_of(kind, site, wish, &LinkName::of_pod())
}

fn twice_hidden(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    has_address_of(kind, site, wish, &LinkName::loopback())
}

fn ipv6_off(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let ipv6 = wish.families().any(|ipv6| ipv6);
    let pods = site.pods().filter(|pod| ipv6 && wish.other.is_none() && wish.machine(pod.name()));
    let strike = |pod: &Station<'_>| {
        let key = sysctl::of_link("ipv6", pod.ports.first()?.link.as_str(), "disable_ipv6");
        let strike = Strike::at(kind, pod.name()).of(true).does([Deed::sysctl(pod.name(), &key, "1")]);
        pod.address(true).map(|_| strike.hits([Pattern::at(pod.name())]))
    };
    pods.filter_map(strike).collect()
}
