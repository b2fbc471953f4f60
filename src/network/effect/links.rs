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

/// A link that is made with more than a name.
pub fn add_made_link(net: &mut Namespaces, at: &MachineName, link: Link) {
    if let Some(ns) = net.get_mut(at) {
        ns.links.push(link);
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

/// Takes a link out of a namespace, and what hangs on it. VXLAN devices that sent by it go with it
/// (`vxlan_handle_lowerdev_unregister`, `drivers/net/vxlan/vxlan_core.c`).
fn take_link(net: &mut Namespaces, at: &MachineName, name: &str) -> Option<Link> {
    let link = take_alone(net, at, name)?;
    let sent_by = |link: &&Link| link.vxlan.as_ref().is_some_and(|vxlan| vxlan.dev.as_deref() == Some(name));
    let stacked: Vec<String> =
        net.get(at).into_iter().flat_map(|ns| &ns.links).filter(sent_by).map(|link| link.name.clone()).collect();
    stacked.iter().for_each(|name| drop(take_alone(net, at, name)));
    Some(link)
}

fn take_alone(net: &mut Namespaces, at: &MachineName, name: &str) -> Option<Link> {
    let ns = net.get_mut(at)?;
    let place = ns.links.iter().position(|link| link.name == name)?;
    let link = ns.links.remove(place);
    ipam::end_client_of(ns, name);
    ns.addresses.retain(|address| address.link != name);
    ipam::end_server(ns);
    ns.routes.retain(|route| route.dev.as_deref() != Some(name));
    ns.neighbours.retain(|neighbour| neighbour.link != name);
    ns.fdb.retain(|entry| entry.port != name && entry.bridge.as_deref() != Some(name));
    for port in ns.links.iter_mut().filter(|port| port.master.as_deref() == Some(name)) {
        (port.master, port.port) = (None, None);
    }
    if let Some(master) = &link.master {
        follow_ports(net, at, master);
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
    let Some(link) = find_link(net, at, name) else { return };
    let former = std::mem::replace(&mut link.master, master.map(str::to_owned));
    link.port = master.map(|_| PortState::Disabled);
    // A new port is set as new ports are.
    link.settings.retain(|value| value.setting.owner != Owner::Port);
    for bridge in former.as_deref().into_iter().chain(master) {
        follow_ports(net, at, bridge);
    }
}

/// A bridge has the MTU of its smallest port, and of none that of Ethernet (`br_mtu_auto_adjust`, `net/bridge/br_if.c`).
fn follow_ports(net: &mut Namespaces, at: &MachineName, bridge: &str) {
    let Some(ns) = net.get(at) else { return };
    let ports = ns.links.iter().filter(|port| port.master.as_deref() == Some(bridge));
    let smallest = ports.map(|port| port.mtu).min().unwrap_or(setting::ETHERNET_MTU);
    if ns.link(bridge).is_some_and(|bridge| bridge.mtu != smallest) {
        set_mtu(net, at, bridge, smallest);
    }
}

/// A link has this hardware address; who was known behind it is known no more (`neigh_changeaddr`, `net/core/neighbour.c`).
pub fn set_mac(net: &mut Namespaces, at: &MachineName, name: &str, mac: Mac) {
    let Some(link) = find_link(net, at, name) else { return };
    link.mac = Some(mac);
    if let Some(ns) = net.get_mut(at) {
        ns.neighbours.retain(|neighbour| neighbour.link != name);
    }
}

/// A link is up, with connected routes for its addresses; or down, without any route or neighbour.
pub fn set_up(net: &mut Namespaces, at: &MachineName, name: &str, up: bool) {
    let Some(link) = find_link(net, at, name) else { return };
    link.up = up;
    let Some(ns) = net.get_mut(at) else { return };
    if up && name == LOOPBACK {
        address_loopback(ns, &[LOOPBACK_IPV4, LOOPBACK_IPV6]);
    }
    if up {
        let made: Vec<Route> = ns.addresses_of(name).flat_map(|address| addresses::routes_of(ns, address)).collect();
        made.into_iter().for_each(|route| add(&mut ns.routes, route));
    } else {
        let keeps = ns.sysctls.get(KEEP_ADDRESSES).is_some_and(|value| value == "1");
        ns.routes.retain(|route| route.dev.as_deref() != Some(name));
        ns.neighbours.retain(|neighbour| neighbour.link != name);
        ns.addresses.retain(|address| address.link != name || address.address.is_ipv4() || keeps);
    }
}

/// A link has this setting. Who was known by a link is forgotten when it begins or ceases to ask (`arp_netdev_event`,
/// `net/ipv4/arp.c`).
pub fn set(net: &mut Namespaces, at: &MachineName, name: &str, setting: &'static Setting, value: u64) {
    if setting == setting::mtu() {
        return set_mtu(net, at, name, u32::try_from(value).unwrap_or(u32::MAX));
    }
    if let Some(link) = find_link(net, at, name) {
        link.settings.retain(|there| there.setting != setting);
        link.settings.push(setting::Value { setting, value });
    }
    if setting.word == "arp"
        && let Some(ns) = net.get_mut(at)
    {
        ns.neighbours.retain(|neighbour| neighbour.link != name);
    }
}

/// A link has this MTU. A bridge's follows its ports'.
pub fn set_mtu(net: &mut Namespaces, at: &MachineName, name: &str, mtu: u32) {
    let Some(link) = find_link(net, at, name) else { return };
    let setting = setting::mtu();
    // A network that is predicted has no settings to keep.
    for value in link.settings.iter_mut().filter(|there| there.setting == setting) {
        value.value = mtu.into();
    }
    let before = std::mem::replace(&mut link.mtu, mtu);
    let (after, master) = (link.mtu, link.master.clone());
    // With too small an MTU the kernel forgets all about IPv6 on the link, also that it should be quiet.
    if before < setting::IPV6_MIN_MTU && after >= setting::IPV6_MIN_MTU {
        add_link_local(net, at, name);
    }
    if let Some(master) = master {
        follow_ports(net, at, &master);
    }
}
