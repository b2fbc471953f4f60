//! What becomes of addresses, and of IPv6 on a link.
//!
//! ```text
//! add_address(cni0, 10.244.1.1/24)     10.244.1.0/24 dev cni0, local 10.244.1.1 …
//! renew_ipv6(eth0)                     fe80::… again, and nothing else
//! ```

use super::*;

/// What follows from a sysctl of IPv6 on a link, or on all: its addresses go, or those come that the kernel makes.
pub(super) fn switch_ipv6(net: &mut Namespaces, at: &MachineName, key: &str, value: &str) {
    let Some((link, name)) = key.strip_prefix("net.ipv6.conf.").and_then(|rest| rest.rsplit_once('.')) else { return };
    let all = net.get(at).into_iter().flat_map(|ns| &ns.links).map(|link| link.name.clone());
    let links: Vec<String> = all.filter(|name| link == "all" || link.replace('/', ".") == *name).collect();
    for link in &links {
        match (name, value) {
            ("disable_ipv6", "0") => add_link_local(net, at, link),
            ("disable_ipv6", _) => silence_ipv6(net, at, link),
            ("addr_gen_mode", "0") => {
                set_link_local(net, at, link, true);
                add_link_local(net, at, link);
            }
            _ => {}
        }
    }
}

/// The loopback's own addresses: when it is set up, both; when IPv6 comes back, its.
pub(super) fn address_loopback(ns: &mut Namespace, addresses: &[&str]) {
    let off = |key: &str| ns.sysctls.get(key).is_some_and(|value| value == "1");
    let ipv6 = !LOOPBACK_WITHOUT_IPV6.into_iter().any(off);
    for text in addresses.iter().filter(|text| ipv6 || **text != LOOPBACK_IPV6) {
        let Ok(address) = text.parse() else { continue };
        if !ns.addresses_of(LOOPBACK).any(|there| there.address == address) {
            ns.addresses.push(Address::new(LOOPBACK, address));
            Route::made_for(address, LOOPBACK).into_iter().for_each(|route| add(&mut ns.routes, route));
        }
    }
}

/// Whether the kernel gives a link an IPv6 link-local address by itself.
pub fn set_link_local(net: &mut Namespaces, at: &MachineName, name: &str, generates: bool) {
    if let Some(link) = find_link(net, at, name) {
        link.generates_link_local = generates;
    }
}

/// A link bears this address. Where it has another one of the same IPv4 subnet, this is a secondary one
/// (`__inet_insert_ifa`, `net/ipv4/devinet.c`).
pub fn add_address(net: &mut Namespaces, at: &MachineName, link: &str, address: IpNetwork) {
    let Some(ns) = net.get_mut(at) else { return };
    let Some(up) = ns.link(link).map(|link| link.up) else { return };
    let new = Address { secondary: primary(ns, link, address).is_some(), ..Address::new(link, address) };
    if up {
        routes_of(ns, &new).into_iter().for_each(|route| add(&mut ns.routes, route));
    }
    ns.addresses.push(new);
}

/// The first address of a link in the subnet of this one, if that is another one of IPv4.
fn primary(ns: &Namespace, link: &str, address: IpNetwork) -> Option<IpNetwork> {
    let mut all = ns.addresses_of(link).filter(|other| !other.secondary && other.address != address);
    let fits = |other: &&Address| other.address.prefix() == address.prefix() && other.address.contains(address.ip());
    all.find(|other| address.is_ipv4() && fits(other)).map(|other| other.address)
}

/// The routes that the kernel makes for an address of a link that is up.
pub(super) fn routes_of(ns: &Namespace, address: &Address) -> Vec<Route> {
    match primary(ns, &address.link, address.address).filter(|_| address.secondary) {
        Some(primary) => Route::made_for_secondary(address.address, primary, &address.link),
        None => Route::made_for(address.address, &address.link),
    }
}

/// A link bears this address no more. With the last one of IPv4, its routes and neighbours go too (`fib_disable_ip`,
/// `net/ipv4/fib_frontend.c`).
pub fn delete_address(net: &mut Namespaces, at: &MachineName, link: &str, address: IpNetwork) {
    let Some(ns) = net.get_mut(at) else { return };
    let is_it = |there: &Address| there.link == link && there.address == address;
    let was_first = !ns.addresses.iter().any(|there| is_it(there) && there.secondary);
    ns.addresses.retain(|there| !is_it(there));
    let made = Route::made_for(address, link);
    let own = |route: &Route| route.kind == "local" && route.is_the_kernels() && route.to == address.ip().into();
    let here = |route: &Route| route.dev.as_deref() == Some(link);
    ns.routes.retain(|route| !(made.contains(route) || own(route) && here(route)));
    let of_subnet = |other: &Address| {
        other.link == link && other.address.prefix() == address.prefix() && other.address.contains(address.network())
    };
    // With the first address of an IPv4 subnet the others go, or one of them takes its place.
    let key = |at: &str| sysctl::of_link("ipv4", at, "promote_secondaries");
    let promotes = |at: &str| ns.sysctls.get(&key(at)).is_none_or(|value| value != "0");
    if was_first && address.is_ipv4() && !promotes("all") && !promotes(link) {
        ns.addresses.retain(|other| !of_subnet(other) || !other.secondary);
    }
    ipam::end_server(ns);
    if was_first && let Some(next) = ns.addresses.iter_mut().find(|other| of_subnet(other)) {
        next.secondary = false;
    }
    let kept: Vec<Route> = ns
        .addresses_of(link)
        .filter(|other| !other.secondary)
        .flat_map(|other| Route::made_for(other.address, link))
        .collect();
    let stays = |route: &Route| made.iter().any(|gone| gone.to == route.to && gone.kind == route.kind);
    if was_first && ns.link(link).is_some_and(|link| link.up) {
        kept.into_iter().filter(stays).for_each(|route| add(&mut ns.routes, route));
    }
    if address.is_ipv4() && !ns.addresses_of(link).any(|other| other.address.is_ipv4()) {
        ns.routes.retain(|route| route.dev.as_deref() != Some(link) || !route.to.is_ipv4());
        ns.neighbours.retain(|neighbour| neighbour.link != link || !neighbour.address.is_ipv4());
    }
}

/// A link has the link-local address that is made from its hardware address.
pub fn add_link_local(net: &mut Namespaces, at: &MachineName, name: &str) {
    let address = find_link(net, at, name).filter(|link| link.up && link.generates_link_local);
    let address = address.and_then(|link| IpNetwork::new(link.mac?.link_local(), LINK_LOCAL_LENGTH).ok());
    let Some(address) = address else { return };
    if !net.get(at).is_some_and(|ns| ns.addresses_of(name).any(|there| there.address == address)) {
        add_address(net, at, name, address);
    }
}

/// IPv6 is switched off on a link, and on again: none of its addresses and routes stays but what the kernel makes.
pub fn renew_ipv6(net: &mut Namespaces, at: &MachineName, name: &str) {
    silence_ipv6(net, at, name);
    let Some(ns) = net.get_mut(at) else { return };
    if !ns.link(name).is_some_and(|link| link.up) {
        return;
    }
    match name {
        LOOPBACK => address_loopback(ns, &[LOOPBACK_IPV6]),
        _ => {
            Route::to_groups(name).into_iter().for_each(|route| add(&mut ns.routes, route));
            add_link_local(net, at, name);
        }
    }
}

/// A link has no IPv6 addresses, routes or neighbours.
fn silence_ipv6(net: &mut Namespaces, at: &MachineName, name: &str) {
    let Some(ns) = net.get_mut(at) else { return };
    ns.addresses.retain(|address| address.link != name || address.address.is_ipv4());
    ns.routes.retain(|route| route.dev.as_deref() != Some(name) || route.to.is_ipv4());
    ns.neighbours.retain(|neighbour| neighbour.link != name || neighbour.address.is_ipv4());
}
