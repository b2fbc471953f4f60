//! Who is where on the wire: hardware addresses that are wrong, or that nobody tells.
//!
//! ```text
//! pod-a: who has 10.244.1.1?      arp-off              pod-a neither asks nor answers
//!                                 arp-drop             a rule throws away what it hears of ARP
//!        10.244.1.1 is at 02:…    wrong-neighbour      it believes this for good, and nobody has that address
//! ```

use std::net::IpAddr;

use super::pattern::Pattern;
use super::site::{Port, Site, Station};
use super::{Act, Aspect, Deed, Families, Kind, Strike, Wish, firewall};
use crate::diff;
use crate::network::setting::Owner;
use crate::network::{Mac, Neighbour};
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "arp-off",
        does: "A machine's link asks for no neighbour, and tells no neighbour where it is.",
        causes: &[Cause::NeighbourUnanswered, Cause::Hairpin],
        spoils: Aspect::Reach,
        families: Families::All,
        strikes: arp_off,
    },
    Kind {
        slug: "arp-drop",
        does: "A rule in a pod throws away all ARP that it hears.",
        causes: &[Cause::Firewall, Cause::NeighbourUnanswered],
        spoils: Aspect::Reach,
        families: Families::Ipv4,
        strikes: arp_drop,
    },
    Kind {
        slug: "wrong-neighbour",
        does: "A machine has a lasting entry with a wrong hardware address for its gateway.",
        causes: &[Cause::NeighbourUnanswered],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: wrong,
    },
];

/// A hardware address that nobody has: of those that anybody may give (the second bit of its first byte).
const NOBODY: Mac = Mac([2, 0, 0, 0, 0, 0x99]);

fn arp_off(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let stations = site.stations.iter().filter(|station| wish.other.is_none() && wish.machine(station.name()));
    let ends = stations.flat_map(|station| station.cables().map(move |port| (station, port)));
    let strike = |(at, port): (&Station<'_>, &Port)| {
        let deed = Deed::setting(at.name(), Owner::Link, "arp", &port.link, 0)?;
        Some(Strike::at(kind, at.name()).does([deed]).hits([Pattern::by(at.name(), &port.link)]))
    };
    ends.filter_map(strike).collect()
}

fn arp_drop(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let ipv4 = wish.families().any(|ipv6| !ipv6);
    let pods = site.pods().filter(|pod| ipv4 && wish.other.is_none() && wish.machine(pod.name()));
    let strike = |pod: &Station<'_>| {
        let eth0 = pod.ports.first().filter(|_| pod.address(false).is_some())?;
        // Whom it remembers it would not ask for.
        let known = site.seen.get(pod.name()).into_iter().flat_map(|ns| &ns.neighbours);
        let known = known.filter(|one| one.address.is_ipv4() && one.link == eth0.link.as_str() && !one.by_hand());
        let forget =
            known.map(|one| Deed { machine: pod.name().clone(), act: Act::Mend(diff::Deed::Forget(one.clone())) });
        let deeds = firewall::arp_chain(site, pod.name()).into_iter().chain(forget);
        let strike = Strike::at(kind, pod.name()).of(false).does(deeds);
        Some(strike.hits([Pattern::by(pod.name(), &eth0.link)]))
    };
    pods.filter_map(strike).collect()
}

/// The gateways of a machine, each with its port.
fn gateways<'s>(at: &'s Station<'_>, ipv6: bool) -> Vec<(&'s Port, IpAddr)> {
    let routes = at.machine.routes.iter().filter(|route| route.via.is_ipv6() == ipv6);
    let mut found: Vec<(&Port, IpAddr)> = routes.filter_map(|route| Some((at.on(route.via)?, route.via))).collect();
    found.sort_by_key(|(_, via)| *via);
    found.dedup_by_key(|(_, via)| *via);
    found
}

fn wrong(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for at in site.stations.iter().filter(|station| wish.machine(station.name())) {
        for (port, via) in wish.families().flat_map(|ipv6| gateways(at, ipv6)) {
            let Some((gateway, _)) = site.neighbour(&port.segment, via).filter(|(one, _)| wish.other(one.name()))
            else {
                continue;
            };
            let neighbour =
                Neighbour { address: via, link: port.link.to_string(), mac: Some(NOBODY), state: "permanent".into() };
            let deed = Deed { machine: at.name().clone(), act: Act::Neighbour(neighbour) };
            let hit = Pattern { next: Some(via), ..Pattern::routed(at.name()) };
            found.push(Strike::at(kind, at.name()).to(gateway.name()).of(via.is_ipv6()).does([deed]).hits([hit]));
        }
    }
    found
}
