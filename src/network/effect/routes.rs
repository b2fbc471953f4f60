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

/// A route by way of a gateway; the kernel finds the link on whose subnet that is.
pub fn add_route(net: &mut Namespaces, at: &MachineName, to: IpNetwork, via: std::net::IpAddr) {
    let Some(ns) = net.get_mut(at) else { return };
    let dev = ns.routes.iter().filter(|route| route.is_connected() && route.to.contains(via));
    let dev = dev.max_by_key(|route| route.to.prefix()).and_then(|route| route.dev.clone());
    add(&mut ns.routes, Route::by_way_of(to, via, dev));
}

/// No such route.
pub fn delete_route(net: &mut Namespaces, at: &MachineName, to: IpNetwork, via: std::net::IpAddr) {
    if let Some(ns) = net.get_mut(at) {
        ns.routes.retain(|route| route.to != to || route.via != Some(via));
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

/// Not this neighbour entry.
pub fn delete_neighbour(net: &mut Namespaces, at: &MachineName, neighbour: &Neighbour) {
    if let Some(ns) = net.get_mut(at) {
        ns.neighbours.retain(|there| there != neighbour);
    }
}

/// Not this forwarding entry.
pub fn delete_forwarding_entry(net: &mut Namespaces, at: &MachineName, entry: &FdbEntry) {
    if let Some(ns) = net.get_mut(at) {
        ns.fdb.retain(|there| there != entry);
    }
}
