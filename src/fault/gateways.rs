//! A pod's way out: its default route.
//!
//! ```text
//! pod-a: default via 10.244.1.1      missing-default-route      is not there
//!                                    wrong-default-gateway      leads by way of an address that nobody has
//! ```

use super::pattern::Pattern;
use super::routes::nobody;
use super::site::{Site, Station};
use super::{Aspect, Deed, Families, Kind, Strike, Wish};
use crate::feature;
use crate::step::{Action, AddRoute};
use crate::topology::model::Route;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "missing-default-route",
        does: "A pod's default route is deleted.",
        causes: &[Cause::NoRoute, Cause::NoReturnRoute],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: missing,
    },
    Kind {
        slug: "wrong-default-gateway",
        does: "A pod's default route leads by way of an address that nobody has.",
        causes: &[Cause::WrongGateway],
        spoils: Aspect::Reach,
        families: Families::Either,
        strikes: wrong,
    },
];

/// Pods with their default routes.
fn pods<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish) -> impl Iterator<Item = (&'s Station<'a>, &'a Route)> {
    let pods = site.pods().filter(|pod| wish.machine(pod.name()));
    let defaults = |pod: &'s Station<'a>| {
        let defaults = pod.machine.routes.iter().filter(|route| route.to.prefix() == 0);
        defaults.map(move |route| (pod, route))
    };
    let all = pods.flat_map(defaults);
    all.filter(|(_, route)| wish.other.is_none() && wish.families().any(|ipv6| ipv6 == route.to.is_ipv6()))
}

fn action(route: &Route) -> Action {
    Action::AddRoute(feature::routes::route(route))
}

fn missing(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(pod, route): (&Station<'_>, &Route)| {
        let hit = Pattern { via: Some(route.via), ..Pattern::routed(pod.name()) };
        let strike = Strike::at(kind, pod.name()).of(route.to.is_ipv6());
        strike.does([Deed::undo(pod.name(), action(route))]).hits([hit])
    };
    pods(site, wish).map(strike).collect()
}

fn wrong(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(pod, route): (&Station<'_>, &Route)| {
        let via = nobody(site, pod, route.via)?;
        let hit = Pattern { via: Some(route.via), ..Pattern::routed(pod.name()) };
        let wrong = Action::AddRoute(AddRoute { via, ..feature::routes::route(route) });
        let strike = Strike::at(kind, pod.name()).of(route.to.is_ipv6());
        Some(strike.does([Deed::undo(pod.name(), action(route)), Deed::step(pod.name(), wrong)]).hits([hit]))
    };
    pods(site, wish).filter_map(strike).collect()
}
