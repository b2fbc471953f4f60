//! Switches of the kernel that decide whether a packet is passed on, and for how long it lives.
//!
//! ```text
//! net.ipv4.ip_forward = 0                   forwarding-off
//! net.ipv4.conf.cni0.forwarding = 0         interface-forwarding-off: and ip_forward still says 1
//! net.ipv4.conf.eth0.rp_filter = 1          rp-filter: if the answer would go elsewhere
//! net.ipv4.ip_default_ttl = 1               short-ttl
//! ```

use super::pattern::Pattern;
use super::site::{Site, Station, alone};
use super::tunnel;
use super::way::Role;
use super::{Aspect, Deed, Families, Kind, Strike, Wish};
use crate::feature::routes;
use crate::network::sysctl;
use crate::step::Action;
use crate::topology::model::Route;
use crate::topology::realm::Realm;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "forwarding-off",
        does: "A node no longer forwards packets.",
        causes: &[Cause::ForwardingOff],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: off,
    },
    Kind {
        slug: "interface-forwarding-off",
        does: "A node no longer forwards what comes in by one of its links; ip_forward still says 1.",
        causes: &[Cause::ForwardingOff],
        spoils: Aspect::Reach,
        families: Families::Ipv4,
        strikes: off_on_a_link,
    },
    Kind {
        slug: "rp-filter",
        does: "A node's rp_filter is set to strict, and its route to another node's pods is deleted.",
        causes: &[Cause::RpFilter, Cause::NoRoute],
        spoils: Aspect::Reach,
        families: Families::Ipv4,
        strikes: reverse_path,
    },
    Kind {
        slug: "short-ttl",
        does: "What a pod sends may pass no router.",
        causes: &[Cause::TtlExceeded],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: short_ttl,
    },
];

fn routers<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish, ipv6: bool) -> impl Iterator<Item = &'s Station<'a>> {
    let has = move |station: &&Station<'_>| station.forwards(ipv6) && station.address(ipv6).is_some();
    site.stations.iter().filter(has).filter(|station| wish.other.is_none() && wish.machine(station.name()))
}

fn off(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let of = |ipv6: bool| {
        let key = if ipv6 { "net.ipv6.conf.all.forwarding" } else { "net.ipv4.ip_forward" };
        routers(site, wish, ipv6).map(move |at| {
            let strike = Strike::at(kind, at.name()).of(ipv6);
            strike.does([Deed::sysctl(at.name(), key, "0")]).hits([Pattern::forwarded(at.name())])
        })
    };
    wish.families().flat_map(of).collect()
}

fn off_on_a_link(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let of = |at: &Station<'_>| {
        let with_address = at.ends().filter(|port| port.addresses(false).next().is_some());
        let strike = |port: &super::site::Port| {
            let deed = Deed::sysctl(at.name(), &sysctl::of_link("ipv4", port.link.as_str(), "forwarding"), "0");
            let hit = Pattern { enters: Some(port.link.clone()), ..Pattern::forwarded(at.name()) };
            Strike::at(kind, at.name()).of(false).does([deed]).hits([hit])
        };
        with_address.map(strike).collect::<Vec<_>>()
    };
    let ipv4 = wish.families().any(|ipv6| !ipv6);
    routers(site, wish, false).filter(|_| ipv4).flat_map(of).collect()
}

fn reverse_path(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |at: &Station<'_>, route: &Route| {
        let (others, from) = (at.machine.routes.iter().filter(|other| *other != route), route.to);
        // Another route to there would do for the filter.
        let is_only = !others.clone().any(|other| other.to.contains(from.ip()));
        let (port, gateway) = (at.egress(route)?, tunnel::gateway(site, at, route)?);
        let is_wanted = is_only && from.is_ipv4() && from.prefix() > 0 && wish.other(gateway.name());
        let filter = Deed::sysctl(at.name(), &sysctl::of_link("ipv4", port.link.as_str(), "rp_filter"), "1");
        let undo = Deed::undo(at.name(), Action::AddRoute(routes::route(route)));
        let there = Pattern { to: Some(from), via: Some(route.via), ..Pattern::routed(at.name()) };
        let back = Pattern { from: Some(from), enters: Some(port.link.clone()), ..Pattern::at(at.name()) };
        let strike = Strike::at(kind, at.name()).to(gateway.name()).of(false);
        is_wanted.then(|| strike.does([filter, undo]).hits([there, back]))
    };
    let ipv4 = wish.families().any(|ipv6| !ipv6);
    let nodes = site.nodes().filter(|node| ipv4 && wish.machine(node.name()));
    nodes.flat_map(|at| at.machine.routes.iter().filter_map(move |route| strike(at, route))).collect()
}

fn short_ttl(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let of = |ipv6: bool| {
        let pods = site.pods().filter(|pod| wish.other.is_none() && wish.machine(pod.name()));
        pods.filter_map(move |pod| {
            let key = match ipv6 {
                true => sysctl::of_link("ipv6", "eth0", "hop_limit"),
                false => "net.ipv4.ip_default_ttl".to_owned(),
            };
            // A pod of another cluster may have the same address.
            let machine = (pod.realm != Realm::World).then(|| pod.home().clone());
            let from = Some(alone(pod.address(ipv6)?));
            let hit = Pattern { roles: vec![Role::Forwarded], from, machine, ..Pattern::default() };
            Some(Strike::at(kind, pod.name()).of(ipv6).does([Deed::sysctl(pod.name(), &key, "1")]).hits([hit]))
        })
    };
    wish.families().flat_map(of).collect()
}
