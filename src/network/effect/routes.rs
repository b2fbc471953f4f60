//! What becomes of routes, policy rules, neighbours and forwarding entries.
//!
//! ```text
//! add_route(10.244.2.0/24 via 192.168.1.12)     … dev eth0, on whose subnet the gateway is
//! ```

use super::*;

pub(super) fn add(routes: &mut Vec<Route>, route: Route) {
    if !routes.contains(&route) {
        routes.push(route);
    }
}

/// A route by way of a gateway; where no link is said, the kernel finds the one on whose subnet that is.
pub fn add_route(net: &mut Namespaces, at: &MachineName, route: Route) {
    let Some(ns) = net.get_mut(at) else { return };
    let holds = |there: &&Route| there.is_connected() && route.via.is_some_and(|via| there.to.contains(via));
    let found = ns.routes.iter().filter(holds).max_by_key(|there| there.to.prefix());
    let dev = route.dev.clone().or_else(|| found.and_then(|there| there.dev.clone()));
    add(&mut ns.routes, Route { dev, ..route });
}

/// No route to there by way of that gateway.
pub fn delete_route(net: &mut Namespaces, at: &MachineName, route: &Route) {
    if let Some(ns) = net.get_mut(at) {
        ns.routes.retain(|there| there.to != route.to || there.via != route.via);
    }
}

/// Exactly this route.
pub fn add_exact_route(net: &mut Namespaces, at: &MachineName, route: &Route) {
    if let Some(ns) = net.get_mut(at) {
        add(&mut ns.routes, route.clone());
    }
}

/// Not this route.
pub fn delete_exact_route(net: &mut Namespaces, at: &MachineName, route: &Route) {
    if let Some(ns) = net.get_mut(at) {
        ns.routes.retain(|there| there != route);
    }
}

/// This policy rule.
pub fn add_policy_rule(net: &mut Namespaces, at: &MachineName, rule: &PolicyRule) {
    if let Some(ns) = net.get_mut(at) {
        ns.policy_rules.push(rule.clone());
    }
}

/// Not this policy rule.
pub fn delete_policy_rule(net: &mut Namespaces, at: &MachineName, rule: &PolicyRule) {
    if let Some(ns) = net.get_mut(at) {
        ns.policy_rules.retain(|there| there != rule);
    }
}

/// This neighbour entry, in place of what there is of its address.
pub fn set_neighbour(net: &mut Namespaces, at: &MachineName, neighbour: Neighbour) {
    forget_neighbour(net, at, &neighbour.link, neighbour.address);
    if let Some(ns) = net.get_mut(at).filter(|ns| ns.link(&neighbour.link).is_some()) {
        ns.neighbours.push(neighbour);
    }
}

/// No neighbour entry of this address.
pub fn forget_neighbour(net: &mut Namespaces, at: &MachineName, link: &str, address: std::net::IpAddr) {
    if let Some(ns) = net.get_mut(at) {
        ns.neighbours.retain(|there| !there.is_of(link, address));
    }
}

/// Not this neighbour entry.
pub fn delete_neighbour(net: &mut Namespaces, at: &MachineName, neighbour: &Neighbour) {
    if let Some(ns) = net.get_mut(at) {
        ns.neighbours.retain(|there| there != neighbour);
    }
}

/// This forwarding entry: of those for all that have none of their own there may be many, of others one.
pub fn set_forwarding_entry(net: &mut Namespaces, at: &MachineName, entry: FdbEntry) {
    let Some(ns) = net.get_mut(at).filter(|ns| ns.link(&entry.port).is_some()) else { return };
    let rival = |there: &FdbEntry| {
        let same = there.mac == entry.mac && there.port == entry.port && there.bridge == entry.bridge;
        same && (entry.mac != Mac::ZERO || there.is_the_same_as(&entry))
    };
    ns.fdb.retain(|there| !rival(there));
    ns.fdb.push(entry);
}

/// Not this forwarding entry.
pub fn delete_forwarding_entry(net: &mut Namespaces, at: &MachineName, entry: &FdbEntry) {
    if let Some(ns) = net.get_mut(at) {
        ns.fdb.retain(|there| !there.is_the_same_as(entry));
    }
}
