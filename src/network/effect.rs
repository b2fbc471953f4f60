//! What each change does to a network, as the kernel does it: how a plan is predicted.
//!
//! ```text
//! node-1: veth-red ═ peer-red      move_link(peer-red → red, eth0)      node-1: veth-red ─┐
//!                                  ──────────────────────────────▶      red:    eth0 ─────┘  down, without addresses
//! ```
//!
//! Only what a plan can lead to is said here, with what the kernel adds by itself: the loopback and its addresses, and
//! a connected route for every address of a link that is up. What cannot be known beforehand is left out: hardware
//! addresses, indexes, and the link-local addresses that are made from them.
//!
//! A change of what is not there has no effect: whoever predicts asks first.

use ipnetwork::IpNetwork;

use super::policy_rule::PolicyRule;
use super::ruleset::{Chain, Family, Hook, Rule, Table};
use super::setting::{self, Owner, Setting};
use super::{Address, FdbEntry, Link, Namespace, Namespaces, Neighbour, Peer, PortState, Route, sysctl};
use crate::names::MachineName;

/// The addresses that the loopback gets.
const LOOPBACK_IPV4: &str = "127.0.0.1/8";
const LOOPBACK_IPV6: &str = "::1/128";

/// The loopback's name, in every namespace.
const LOOPBACK: &str = "lo";

/// Its MTU (`loopback_setup`, `drivers/net/loopback.c`).
const LOOPBACK_MTU: u32 = 65536;

/// The smallest MTU that IPv6 works with (`IPV6_MIN_MTU`), and the length of link-local prefixes.
const IPV6_MTU: u32 = 1280;
const LINK_LOCAL_LENGTH: u8 = 64;

/// The sysctls that keep it without IPv6. It is older than its machine's defaults.
const LOOPBACK_WITHOUT_IPV6: [&str; 2] = ["net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.lo.disable_ipv6"];

/// The sysctl that keeps IPv6 addresses on a link that is set down, as it stands for links to come.
const KEEP_ADDRESSES: &str = "net.ipv6.conf.default.keep_addr_on_down";

/// A namespace, with the loopback that it is born with.
pub fn add_namespace(net: &mut Namespaces, at: &MachineName) {
    let lo = Link { mtu: LOOPBACK_MTU, ..Link::new(LOOPBACK, "") };
    let policy_rules = PolicyRule::defaults();
    net.insert(at.clone(), Namespace { links: vec![lo], policy_rules, ..Namespace::default() });
}

/// No namespace, none of its links, and no other ends of its veths.
pub fn delete_namespace(net: &mut Namespaces, at: &MachineName) {
    let links: Vec<String> = net.get(at).into_iter().flat_map(|ns| &ns.links).map(|link| link.name.clone()).collect();
    for link in links {
        delete_link(net, at, &link);
    }
    net.remove(at);
}

/// A sysctl has this value.
pub fn set_sysctl(net: &mut Namespaces, at: &MachineName, key: &str, value: Option<&str>) {
    let Some(ns) = net.get_mut(at) else { return };
    match value {
        Some(value) => {
            for (other, there) in &mut ns.sysctls {
                if let Some(written) = sysctl::written_through(key, value, other) {
                    *there = written;
                }
            }
            ns.sysctls.insert(key.into(), value.into());
            switch_ipv6(net, at, key, value);
            let Some(ns) = net.get_mut(at) else { return };
            // IPv6 comes back with the loopback's address, and no others.
            let speaks_again =
                value == "0" && matches!(key, "net.ipv6.conf.all.disable_ipv6" | "net.ipv6.conf.lo.disable_ipv6");
            if speaks_again && ns.link(LOOPBACK).is_some_and(|lo| lo.up) {
                address_loopback(ns, &[LOOPBACK_IPV6]);
            }
        }
        None => _ = ns.sysctls.remove(key),
    }
}

/// What follows from a sysctl of IPv6 on a link, or on all: its addresses go, or those come that the kernel makes.
fn switch_ipv6(net: &mut Namespaces, at: &MachineName, key: &str, value: &str) {
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
fn address_loopback(ns: &mut Namespace, addresses: &[&str]) {
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

/// A link of this kind.
pub fn add_link(net: &mut Namespaces, at: &MachineName, name: &str, kind: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.links.push(Link::new(name, kind));
    }
}

/// A veth pipe, both ends of which are here.
pub fn add_veth(net: &mut Namespaces, at: &MachineName, name: &str, peer: &str) {
    let Some(ns) = net.get_mut(at) else { return };
    for (name, peer) in [(name, peer), (peer, name)] {
        let peer = Some(Peer { machine: at.clone(), link: peer.into() });
        ns.links.push(Link { peer, ..Link::new(name, "veth") });
    }
}

/// No such link; of a veth, no other end either, and a bridge leaves its ports behind.
pub fn delete_link(net: &mut Namespaces, at: &MachineName, name: &str) {
    let Some(link) = take_link(net, at, name) else { return };
    if let Some(peer) = link.peer {
        take_link(net, &peer.machine, &peer.link);
    }
}

/// Takes a link out of a namespace, and what hangs on it.
fn take_link(net: &mut Namespaces, at: &MachineName, name: &str) -> Option<Link> {
    let ns = net.get_mut(at)?;
    let place = ns.links.iter().position(|link| link.name == name)?;
    let link = ns.links.remove(place);
    ns.addresses.retain(|address| address.link != name);
    ns.routes.retain(|route| route.dev.as_deref() != Some(name));
    ns.neighbours.retain(|neighbour| neighbour.link != name);
    ns.fdb.retain(|entry| entry.port != name && entry.bridge.as_deref() != Some(name));
    for port in ns.links.iter_mut().filter(|port| port.master.as_deref() == Some(name)) {
        (port.master, port.port) = (None, None);
    }
    Some(link)
}

/// A link in another namespace under another name: down, a port of nothing, without addresses.
pub fn move_link(net: &mut Namespaces, at: &MachineName, name: &str, to: &MachineName, rename: &str) {
    if !net.contains_key(to) {
        return;
    }
    let Some(link) = take_link(net, at, name) else { return };
    if let Some(peer) = &link.peer
        && let Some(other) = find_link(net, &peer.machine, &peer.link)
    {
        other.peer = Some(Peer { machine: to.clone(), link: rename.into() });
    }
    let moved = Link { name: rename.into(), up: false, master: None, port: None, ..link };
    if let Some(ns) = net.get_mut(to) {
        ns.links.push(moved);
    }
}

fn find_link<'a>(net: &'a mut Namespaces, at: &MachineName, name: &str) -> Option<&'a mut Link> {
    net.get_mut(at)?.links.iter_mut().find(|link| link.name == name)
}

/// A link is a port of this bridge, or of none.
pub fn set_master(net: &mut Namespaces, at: &MachineName, name: &str, master: Option<&str>) {
    if let Some(link) = find_link(net, at, name) {
        link.master = master.map(str::to_owned);
        link.port = master.map(|_| PortState::Disabled);
        // A new port is set as new ports are.
        link.settings.retain(|value| value.setting.owner != Owner::Port);
    }
}

/// Whether the kernel gives a link an IPv6 link-local address by itself.
pub fn set_link_local(net: &mut Namespaces, at: &MachineName, name: &str, generates: bool) {
    if let Some(link) = find_link(net, at, name) {
        link.generates_link_local = generates;
    }
}

/// A link is up, with connected routes for its addresses; or down, without any route.
pub fn set_up(net: &mut Namespaces, at: &MachineName, name: &str, up: bool) {
    let Some(link) = find_link(net, at, name) else { return };
    link.up = up;
    let Some(ns) = net.get_mut(at) else { return };
    if up && name == LOOPBACK {
        address_loopback(ns, &[LOOPBACK_IPV4, LOOPBACK_IPV6]);
    }
    if up {
        let made: Vec<Route> = ns.addresses_of(name).flat_map(|a| Route::made_for(a.address, name)).collect();
        made.into_iter().for_each(|route| add(&mut ns.routes, route));
    } else {
        let keeps = ns.sysctls.get(KEEP_ADDRESSES).is_some_and(|value| value == "1");
        ns.routes.retain(|route| route.dev.as_deref() != Some(name));
        ns.addresses.retain(|address| address.link != name || address.address.is_ipv4() || keeps);
    }
}

fn add(routes: &mut Vec<Route>, route: Route) {
    if !routes.contains(&route) {
        routes.push(route);
    }
}

/// A link bears this address.
pub fn add_address(net: &mut Namespaces, at: &MachineName, link: &str, address: IpNetwork) {
    let Some(ns) = net.get_mut(at) else { return };
    let Some(up) = ns.link(link).map(|link| link.up) else { return };
    if up {
        Route::made_for(address, link).into_iter().for_each(|route| add(&mut ns.routes, route));
    }
    ns.addresses.push(Address::new(link, address));
}

/// A link bears this address no more. With the last one of IPv4, its routes go too (`fib_disable_ip`,
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

/// A link has this setting. A bridge's MTU follows its ports'.
pub fn set(net: &mut Namespaces, at: &MachineName, name: &str, setting: &'static Setting, value: u64) {
    let Some(link) = find_link(net, at, name) else { return };
    link.settings.retain(|there| there.setting != setting);
    link.settings.push(setting::Value { setting, value });
    if (setting.owner, setting.word) != (Owner::Link, "mtu") {
        return;
    }
    let before = std::mem::replace(&mut link.mtu, u32::try_from(value).unwrap_or(u32::MAX));
    let (after, master) = (link.mtu, link.master.clone());
    // With too small an MTU the kernel forgets all about IPv6 on the link, also that it should be quiet.
    if before < IPV6_MTU && after >= IPV6_MTU {
        add_link_local(net, at, name);
    }
    let Some(master) = master else { return };
    let Some(ns) = net.get(at) else { return };
    let smallest = ns.links.iter().filter(|port| port.master.as_ref() == Some(&master)).map(|port| port.mtu).min();
    if let Some(smallest) = smallest {
        set(net, at, &master, setting, smallest.into());
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

/// A link has no IPv6 addresses, and no IPv6 routes.
fn silence_ipv6(net: &mut Namespaces, at: &MachineName, name: &str) {
    let Some(ns) = net.get_mut(at) else { return };
    ns.addresses.retain(|address| address.link != name || address.address.is_ipv4());
    ns.routes.retain(|route| route.dev.as_deref() != Some(name) || route.to.is_ipv4());
}

/// An nftables table.
pub fn add_table(net: &mut Namespaces, at: &MachineName, family: Family, name: &str, comment: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.tables.push(Table {
            family,
            name: name.into(),
            comment: Some(comment.into()),
            dormant: false,
            chains: Vec::new(),
        });
    }
}

/// No such table.
pub fn delete_table(net: &mut Namespaces, at: &MachineName, family: Family, name: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.tables.retain(|table| table.family != family || table.name != name);
    }
}

fn find_table<'a>(net: &'a mut Namespaces, at: &MachineName, family: Family, name: &str) -> Option<&'a mut Table> {
    net.get_mut(at)?.tables.iter_mut().find(|table| table.family == family && table.name == name)
}

fn find_chain<'a>(
    net: &'a mut Namespaces,
    at: &MachineName,
    family: Family,
    table: &str,
    name: &str,
) -> Option<&'a mut Chain> {
    find_table(net, at, family, table)?.chains.iter_mut().find(|chain| chain.name == name)
}

/// A chain in a table.
pub fn add_chain(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, name: &str, hook: &Hook) {
    if let Some(table) = find_table(net, at, family, table) {
        table.chains.push(Chain { name: name.into(), hook: Some(hook.clone()), rules: Vec::new() });
    }
}

/// No such chain.
pub fn delete_chain(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, name: &str) {
    if let Some(table) = find_table(net, at, family, table) {
        table.chains.retain(|chain| chain.name != name);
    }
}

/// A chain has one more rule, behind the others.
pub fn add_rule(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, rule: &Rule) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules.push(rule.clone());
    }
}

/// A chain has not the rule of this number.
pub fn delete_rule(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, handle: u64) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules.retain(|rule| rule.handle.0 != Some(handle));
    }
}

/// A base chain has this policy.
pub fn set_policy(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, policy: &str) {
    if let Some(Chain { hook: Some(hook), .. }) = find_chain(net, at, family, table, chain) {
        hook.policy = policy.into();
    }
}

/// A table does not sleep.
pub fn wake_table(net: &mut Namespaces, at: &MachineName, family: Family, table: &str) {
    if let Some(table) = find_table(net, at, family, table) {
        table.dormant = false;
    }
}

/// A chain has these rules.
pub fn set_rules(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, rules: Vec<Rule>) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules = rules;
    }
}

/// Works out what follows from all the rest: which links have a carrier, and which ports forward.
pub fn settle(net: &mut Namespaces) {
    let is_up = |net: &Namespaces, peer: &Peer| {
        net.get(&peer.machine).and_then(|ns| ns.link(&peer.link)).is_some_and(|link| link.up)
    };
    let machines: Vec<MachineName> = net.keys().cloned().collect();
    // Pipes first: a bridge has a carrier when one of its ports has, and as long as it never had a port.
    for bridges in [false, true] {
        for at in &machines {
            let carriers: Vec<bool> = net[at]
                .links
                .iter()
                .map(|link| match (link.kind.as_str(), &link.peer) {
                    ("bridge", _) => {
                        let ports = || net[at].links.iter().filter(|port| port.master.as_ref() == Some(&link.name));
                        link.up && (ports().next().is_none() || ports().any(|port| port.carrier))
                    }
                    (_, Some(peer)) => link.up && is_up(net, peer),
                    (_, None) => link.up,
                })
                .collect();
            let Some(ns) = net.get_mut(at) else { continue };
            for (link, carrier) in
                ns.links.iter_mut().zip(carriers).filter(|(link, _)| bridges == (link.kind == "bridge"))
            {
                (link.carrier, link.operational) = (carrier, carrier);
            }
        }
    }
    for ns in net.values_mut() {
        let bridges_up: Vec<String> =
            ns.links.iter().filter(|l| l.up && l.kind == "bridge").map(|l| l.name.clone()).collect();
        for link in &mut ns.links {
            if let Some(master) = &link.master {
                let forwards = link.carrier && bridges_up.contains(master);
                link.port = Some(if forwards { PortState::Forwarding } else { PortState::Disabled });
            }
        }
    }
}
