//! What becomes of links.
//!
//! ```text
//! delete_link(veth-red)      and its other end, with all that hangs on both
//! set_up(eth0)               connected routes for its addresses
//! ```

use super::*;

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

pub(super) fn find_link<'a>(net: &'a mut Namespaces, at: &MachineName, name: &str) -> Option<&'a mut Link> {
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

/// A link has this hardware address.
pub fn set_mac(net: &mut Namespaces, at: &MachineName, name: &str, mac: Mac) {
    if let Some(link) = find_link(net, at, name) {
        link.mac = Some(mac);
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
