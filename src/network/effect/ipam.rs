//! What becomes of leases, and of an address that is leased.
//!
//! ```text
//! reserve_address(cni0, 10.244.1.2, pod-a eth0)    a lease, and the last one of its range set
//! lease_address(eth0, 10.244.1.2/24, 10.244.1.1)   the address for a while, default via 10.244.1.1 proto dhcp, a client
//! ```

use std::net::Ipv4Addr;

use ipnetwork::Ipv4Network;

use super::*;
use crate::network::FOR_A_WHILE;
use crate::network::ipam::Holder;

/// There is a directory for the leases of a network.
pub fn make_lease_directory(net: &mut Namespaces, at: &MachineName, network: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.ipam.networks.entry(network.into()).or_default();
    }
}

/// The node's directory is gone, with all that was in it.
pub fn remove_lease_directories(net: &mut Namespaces, at: &MachineName) {
    if let Some(ns) = net.get_mut(at) {
        ns.ipam.networks.clear();
        ns.ipam.reserved.clear();
    }
}

/// An address is somebody's.
pub fn reserve_address(
    net: &mut Namespaces,
    at: &MachineName,
    network: &str,
    address: IpAddr,
    set: u8,
    holder: Holder,
) {
    let leases = net.get_mut(at).and_then(|ns| ns.ipam.networks.get_mut(network));
    if let Some(leases) = leases {
        leases.held.insert(address, holder);
        leases.last.insert(set, address);
    }
}

/// An address is nobody's any more. That it was the last one stays known.
pub fn release_address(net: &mut Namespaces, at: &MachineName, network: &str, address: IpAddr) {
    let leases = net.get_mut(at).and_then(|ns| ns.ipam.networks.get_mut(network));
    if let Some(leases) = leases {
        leases.held.remove(&address);
    }
}

/// The DHCP server keeps an address for a client, or no more.
pub fn reserve_host(net: &mut Namespaces, at: &MachineName, client: &str, address: Option<Ipv4Addr>) {
    let Some(ns) = net.get_mut(at) else { return };
    match address {
        Some(address) => _ = ns.ipam.reserved.insert(client.into(), address),
        None => _ = ns.ipam.reserved.remove(client),
    }
}

/// A DHCP server serves from this address, or there is none any more.
pub fn serve_dhcp(net: &mut Namespaces, at: &MachineName, address: Option<Ipv4Addr>) {
    if let Some(ns) = net.get_mut(at) {
        ns.ipam.server = address;
    }
}

/// A DHCP client ends with its link: the one that has an address for a while.
pub(super) fn end_client_of(ns: &mut Namespace, link: &str) {
    if ns.addresses_of(link).any(is_leased) {
        ns.ipam.client = false;
    }
}

/// A DHCP server ends when the machine has not the address any more that it serves from.
pub(super) fn end_server(ns: &mut Namespace) {
    ns.ipam.server = ns.dhcp_server();
}

/// A DHCP client has this address for a link, and the default route that came with it.
pub fn lease_address(
    net: &mut Namespaces,
    at: &MachineName,
    link: &str,
    address: Ipv4Network,
    gateway: Option<Ipv4Addr>,
) {
    // A client that runs makes way, and its address goes with it; an address that was left behind gets its time.
    if net.get(at).is_some_and(|ns| ns.ipam.client) {
        release_lease(net, at, link, address);
    }
    if !net.get(at).is_some_and(|ns| ns.addresses_of(link).any(|there| there.address == address.into())) {
        add_address(net, at, link, address.into());
    }
    let Some(ns) = net.get_mut(at) else { return };
    ns.ipam.client = true;
    for there in ns.addresses.iter_mut().filter(|there| there.link == link && there.address == address.into()) {
        there.unusual = vec![FOR_A_WHILE.into()];
    }
    if let (Some(gateway), Ok(everywhere)) = (gateway, IpNetwork::new(Ipv4Addr::UNSPECIFIED.into(), 0)) {
        let route = Route::by_way_of(everywhere, gateway.into(), Some(link.into()));
        add(&mut ns.routes, Route { protocol: "dhcp".into(), ..route });
    }
}

/// The client has given the address back, and is gone: this address, or another one that it has for a while.
pub fn release_lease(net: &mut Namespaces, at: &MachineName, link: &str, address: Ipv4Network) {
    let Some(ns) = net.get_mut(at) else { return };
    ns.ipam.client = false;
    ns.routes.retain(|route| route.protocol != "dhcp");
    let its = |there: &&Address| there.address == address.into() || is_leased(there);
    let its: Vec<IpNetwork> = ns.addresses_of(link).filter(its).map(|there| there.address).collect();
    its.into_iter().for_each(|address| delete_address(net, at, link, address));
}

fn is_leased(address: &Address) -> bool {
    address.address.is_ipv4() && address.unusual.iter().any(|unusual| unusual == FOR_A_WHILE)
}
