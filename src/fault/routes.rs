//! Routes of nodes and hosts, and of pods to single places: missing, wrong, too special, or never asked.
//!
//! ```text
//! node-1: 10.244.2.0/24 via 192.168.1.12      missing-route      is not there
//!                                             wrong-gateway      leads by way of an address that nobody has
//!                                             blackhole-route    10.244.2.2 is thrown away
//!                                             policy-rule        is there, and is not looked at
//! ```

use std::net::IpAddr;

use super::pattern::Pattern;
use super::site::{Port, Site, Station, alone};
use super::tunnel;
use super::{Deed, Families, Kind, Strike, Wish};
use crate::feature;
use crate::names::MachineName;
use crate::network::Route;
use crate::network::policy_rule::{Action, PolicyRule};
use crate::plan;
use crate::step;
use crate::topology::model;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind::cutting(
        Families::Either,
        "missing-route",
        "A node's route to another node's pods is deleted.",
        &[Cause::NoRoute, Cause::NoReturnRoute],
        missing,
    ),
    Kind::cutting(
        Families::Either,
        "wrong-gateway",
        "A node's route to another node's pods leads by way of an address that nobody has.",
        &[Cause::WrongGateway],
        wrong_gateway,
    ),
    Kind::cutting(
        Families::Either,
        "blackhole-route",
        "A node gets a route that throws away what is for one pod of another node.",
        &[Cause::BlackholeRoute],
        blackhole,
    ),
    Kind::cutting(
        Families::Either,
        "specific-route",
        "A node gets a more specific route to one pod, by way of an address that nobody has.",
        &[Cause::WrongGateway],
        specific,
    ),
    Kind::cutting(
        Families::Either,
        "route-loop",
        "A node sends what is for one of its own pods back to another node, which returns it.",
        &[Cause::TtlExceeded, Cause::WrongGateway, Cause::MartianSource],
        turned_back,
    ),
    Kind::cutting(
        Families::Either,
        "prohibit-route",
        "A pod gets a route that forbids the subnet of another node's pods.",
        &[Cause::BlackholeRoute],
        prohibit,
    ),
    Kind::cutting(
        Families::Either,
        "policy-rule",
        "A node looks up another node's pods in a table of its own, in which they are unreachable.",
        &[Cause::BlackholeRoute],
        policy,
    ),
];

/// Each route of a node or host that leads to another machine's subnet: where it is, the route, and to whom it leads.
fn routes<'s, 'a>(
    site: &'s Site<'a>,
    wish: &'s Wish,
) -> impl Iterator<Item = (&'s Station<'a>, &'a model::Route, &'s MachineName)> {
    let machines = site.stations.iter().filter(|station| !matches!(station.kind, plan::Kind::Pod { .. }));
    let machines = machines.filter(|station| wish.machine(station.name()));
    let of = move |station: &'s Station<'a>| {
        station.machine.routes.iter().filter_map(move |route| {
            let gateway = tunnel::gateway(site, station, route)?;
            Some((station, route, owner(site, station, route).unwrap_or(gateway.name())))
        })
    };
    let all = machines.flat_map(of);
    all.filter(|(_, route, to)| wish.other(to) && wish.families().any(|ipv6| ipv6 == route.to.is_ipv6()))
}

/// The node whose pods a route leads to.
fn owner<'s>(site: &'s Site<'_>, at: &Station<'_>, route: &model::Route) -> Option<&'s MachineName> {
    let has = |bridge: &Port| bridge.subnets(route.to.is_ipv6()).any(|subnet| subnet == route.to);
    let owns = |station: &&Station<'_>| site.meet(at, station) && station.bridge().is_some_and(has);
    site.nodes().find(owns).map(Station::name)
}

fn undo(at: &Station<'_>, route: &model::Route) -> Deed {
    Deed::undo(at.name(), step::Action::AddRoute(feature::routes::route(route)))
}

/// An address on a station's subnet that nobody has, for a gateway that leads nowhere.
pub(super) fn nobody(site: &Site<'_>, at: &Station<'_>, near: IpAddr) -> Option<IpAddr> {
    let port = at.on(near)?;
    let subnet = port.subnets(near.is_ipv6()).find(|subnet| subnet.contains(near))?;
    site.unused(&port.segment, subnet)
}

/// Whether others may lead there, too, if this route is missing: somebody who forwards, and knows a way.
pub(super) fn is_spare(site: &Site<'_>, at: &Station<'_>, route: &model::Route) -> bool {
    let to = route.to.ip();
    let Some((port, via)) = at.route_without(to, Some(route)) else { return false };
    let Some(via) = via else { return true };
    let passes_on = |gateway: &Station<'_>| {
        let onward = gateway.route(to).is_some_and(|(_, via)| via.is_none_or(|via| !at.has(via)));
        gateway.forwards(to.is_ipv6()) && onward
    };
    site.neighbour(&port.segment, via).is_some_and(|(gateway, _)| passes_on(gateway))
}

fn missing(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, route, to): (&Station<'_>, &model::Route, &MachineName)| {
        let hit = Pattern { to: Some(route.to), via: Some(route.via), ..Pattern::routed(at.name()) };
        Strike::at(kind, at.name()).to(to).of(route.to.is_ipv6()).does([undo(at, route)]).hits([hit])
    };
    routes(site, wish).filter(|(at, route, _)| !is_spare(site, at, route)).map(strike).collect()
}

fn wrong_gateway(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, route, to): (&Station<'_>, &model::Route, &MachineName)| {
        let via = nobody(site, at, route.via)?;
        let wrong =
            Deed::step(at.name(), step::Action::AddRoute(step::AddRoute { via, ..feature::routes::route(route) }));
        let hit = Pattern { to: Some(route.to), via: Some(route.via), ..Pattern::routed(at.name()) };
        let strike = Strike::at(kind, at.name()).to(to).of(route.to.is_ipv6());
        Some(strike.does([undo(at, route), wrong]).hits([hit]))
    };
    routes(site, wish).filter_map(strike).collect()
}

/// Each node with each pod of other nodes that it has a route to: the node, the pod, its address, and the gateway.
fn far_pods<'s, 'a>(
    site: &'s Site<'a>,
    wish: &'s Wish,
) -> impl Iterator<Item = (&'s Station<'a>, &'s Station<'a>, IpAddr, IpAddr)> {
    let nodes = site.nodes().filter(|node| wish.machine(node.name()));
    let pods = move |node: &'s Station<'a>| {
        let others = site.pods().filter(move |pod| pod.home() != node.name() && site.meet(node, pod));
        let pods = others.filter(|pod| wish.other(pod.name()));
        pods.flat_map(move |pod| {
            let addresses = wish.families().filter_map(move |ipv6| pod.address(ipv6));
            addresses.filter_map(move |address| Some((node, pod, address, node.route(address)?.1?)))
        })
    };
    nodes.flat_map(pods)
}

fn blackhole(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, pod, address, _): (&Station<'_>, &Station<'_>, IpAddr, IpAddr)| {
        let route = Route { kind: "blackhole".into(), ..Route::to(alone(address)) };
        let hit = Pattern { to: Some(alone(address)), ..Pattern::routed(node.name()) };
        let strike = Strike::at(kind, node.name()).to(pod.name()).of(address.is_ipv6());
        strike.does([Deed::route(node.name(), route)]).hits([hit])
    };
    far_pods(site, wish).map(strike).collect()
}

fn specific(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(node, pod, address, gateway): (&Station<'_>, &Station<'_>, IpAddr, IpAddr)| {
        let via = nobody(site, node, gateway)?;
        let route = step::Action::AddRoute(step::AddRoute::by_way_of(alone(address), via));
        let hit = Pattern { to: Some(alone(address)), ..Pattern::routed(node.name()) };
        let strike = Strike::at(kind, node.name()).to(pod.name()).of(address.is_ipv6());
        Some(strike.does([Deed::step(node.name(), route)]).hits([hit]))
    };
    far_pods(site, wish).filter_map(strike).collect()
}

/// The node that a pod is on sends it to one that sends it back.
fn turned_back(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let swapped = Wish { machine: None, other: None, ipv6: wish.ipv6 };
    let strike = |(away, pod, address, gateway): (&Station<'_>, &Station<'_>, IpAddr, IpAddr)| {
        let home = site.station(pod.home().as_str())?;
        let segment = &away.on(gateway)?.segment;
        let (_, port) = site.neighbour(segment, gateway).filter(|(station, _)| station.name() == home.name())?;
        let via = away.cables().filter(|cable| cable.segment == port.segment);
        let via = via.flat_map(|cable| cable.addresses(address.is_ipv6())).next()?.ip();
        let is_wanted = wish.machine(home.name()) && wish.other(pod.name());
        let route = step::Action::AddRoute(step::AddRoute::by_way_of(alone(address), via));
        let hit = Pattern { to: Some(alone(address)), ..Pattern::routed(home.name()) };
        let strike = Strike::at(kind, home.name()).to(pod.name()).of(address.is_ipv6());
        is_wanted.then(|| strike.does([Deed::step(home.name(), route)]).hits([hit]))
    };
    let mut all: Vec<Strike> = far_pods(site, &swapped).filter_map(strike).collect();
    // By way of one other node is enough.
    all.sort_by(|a, b| (&a.other, a.ipv6).cmp(&(&b.other, b.ipv6)));
    all.dedup_by(|a, b| (&a.other, a.ipv6) == (&b.other, b.ipv6));
    all
}

fn prohibit(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for pod in site.pods().filter(|pod| wish.machine(pod.name())) {
        let others = site.nodes().filter(|node| node.name() != pod.home() && site.meet(pod, node));
        for node in others.filter(|node| wish.other(node.name())) {
            for ipv6 in wish.families().filter(|ipv6| pod.address(*ipv6).is_some()) {
                for subnet in node.bridge().into_iter().flat_map(|bridge| bridge.subnets(ipv6)) {
                    let route = Route { kind: "prohibit".into(), ..Route::to(subnet) };
                    let hit = Pattern { to: Some(subnet), ..Pattern::routed(pod.name()) };
                    let strike = Strike::at(kind, pod.name()).to(node.name()).of(ipv6);
                    found.push(strike.does([Deed::route(pod.name(), route)]).hits([hit]));
                }
            }
        }
    }
    found
}

/// The table that nobody looks into.
const TABLE: u32 = 100;

fn policy(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, route, to): (&Station<'_>, &model::Route, &MachineName)| {
        let ipv6 = route.to.is_ipv6();
        let default: ipnetwork::IpNetwork = if ipv6 { "::/0" } else { "0.0.0.0/0" }.parse().ok()?;
        let route_there = Route { kind: "unreachable".into(), table: TABLE, ..Route::to(default) };
        let rule = PolicyRule {
            ipv6,
            preference: TABLE,
            not: false,
            from: None,
            to: Some(route.to),
            tos: 0,
            rest: Vec::new(),
            action: Action::Lookup(TABLE),
            protocol: "unspec".into(),
        };
        let hit = Pattern { to: Some(route.to), via: Some(route.via), ..Pattern::routed(at.name()) };
        let deeds = [Deed::route(at.name(), route_there), Deed::policy_rule(at.name(), rule)];
        Some(Strike::at(kind, at.name()).to(to).of(ipv6).does(deeds).hits([hit]))
    };
    let nodes = routes(site, wish).filter(|(_, route, _)| route.to.prefix() > 0);
    nodes.filter_map(strike).collect()
}
