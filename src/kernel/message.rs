//! Requests as rtnetlink messages.
//!
//! ```text
//! Request::LinkUp { cni0 }  →  RTM_NEWLINK { index: 2, flags: IFF_UP, change: IFF_UP }
//! ```
//!
//! Pure: names have been looked up already. The layouts are those that iproute2 sends, but for things that only affect
//! speed. Every link that is made has a fixed index, so that later requests of the same bundle can speak of it. And of a
//! fused veth both ends have one queue, and the near end is born where it belongs, as a port of its bridge.

use std::net::IpAddr;
use std::os::fd::RawFd;

use ipnetwork::IpNetwork;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope, CacheInfo};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo,
    LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::network::Mac;

mod neighbour;
mod policy_rule;
mod route;
mod setting;
mod vxlan;

pub use neighbour::{fdb_delete, fdb_set, neighbour_delete, neighbour_set};
pub use policy_rule::policy_rule;
pub use route::exact_route;
pub use setting::link_setting;
pub use vxlan::vxlan_add;

/// A message and its flags.
pub type Message = (RouteNetlinkMessage, u16);

const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;

fn link(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
}

fn name(text: &str) -> LinkAttribute {
    LinkAttribute::IfName(text.into())
}

/// Makes a bridge with this index.
pub fn bridge_add(bridge: &str, index: u32) -> Message {
    let mut message = link(index);
    message.attributes = vec![name(bridge), LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)])];
    (RouteNetlinkMessage::NewLink(message), CREATE)
}

/// One end of a veth pipe that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its index in its namespace; 0 leaves the choice to the kernel.
    pub index: u32,
    /// Its MTU in bytes; 1500 unless it is said.
    pub mtu: Option<u32>,
}

/// Where a fused veth's near end is born.
#[derive(Debug, Clone, Copy)]
pub struct Birthplace {
    /// The namespace.
    pub ns: RawFd,
    /// The index of the bridge there.
    pub master: Option<u32>,
}

/// Makes a veth pipe: `far` in the socket's namespace, `near` there too or in its birthplace.
pub fn veth_add(near: End<'_>, far: End<'_>, birthplace: Option<Birthplace>) -> Message {
    let mut message = link(near.index);
    let mut peer = link(far.index);
    message.attributes.push(name(near.name));
    peer.attributes.push(name(far.name));
    message.attributes.extend(near.mtu.map(LinkAttribute::Mtu));
    peer.attributes.extend(far.mtu.map(LinkAttribute::Mtu));
    if let Some(Birthplace { ns, master }) = birthplace {
        // One queue: left alone, the kernel makes one per CPU and shrinks them to one, waiting for RCU.
        let one_queue = [LinkAttribute::NumTxQueues(1), LinkAttribute::NumRxQueues(1)];
        message.attributes.extend(one_queue.clone());
        peer.attributes.extend(one_queue);
        message.attributes.push(LinkAttribute::NetNsFd(ns));
        message.attributes.extend(master.map(LinkAttribute::Controller));
    }
    message.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
    ]));
    (RouteNetlinkMessage::NewLink(message), CREATE)
}

/// Deletes a link.
pub fn link_delete(index: u32) -> Message {
    (RouteNetlinkMessage::DelLink(link(index)), 0)
}

/// Moves a link to another namespace under another name.
pub fn link_move(index: u32, to: RawFd, rename: &str) -> Message {
    let mut message = link(index);
    message.attributes = vec![LinkAttribute::NetNsFd(to), name(rename)];
    (RouteNetlinkMessage::NewLink(message), 0)
}

/// Makes a link a port of a bridge; 0 makes it a port of none.
pub fn link_master(index: u32, master: u32) -> Message {
    let mut message = link(index);
    message.attributes = vec![LinkAttribute::Controller(master)];
    (RouteNetlinkMessage::SetLink(message), 0)
}

/// Sets a link up or down.
pub fn link_up(index: u32, up: bool) -> Message {
    let mut message = link(index);
    message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
    message.header.change_mask = LinkFlags::Up;
    (RouteNetlinkMessage::SetLink(message), 0)
}

/// Gives a link another hardware address.
pub fn link_mac(index: u32, mac: Mac) -> Message {
    let mut message = link(index);
    message.attributes = vec![LinkAttribute::Address(mac.0.to_vec())];
    (RouteNetlinkMessage::SetLink(message), 0)
}

/// Whether a link gets an IPv6 link-local address by itself. It must come before `up`, in a message of its own: within
/// one message the kernel sets the flags first (`do_setlink`, `net/core/rtnetlink.c`).
pub fn link_local(index: u32, generate: bool) -> Message {
    let mode = if generate { In6AddrGenMode::Eui64 } else { In6AddrGenMode::None };
    let mut message = link(index);
    message.attributes =
        vec![LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(mode)])])];
    (RouteNetlinkMessage::SetLink(message), 0)
}

fn family(ip: IpAddr) -> AddressFamily {
    if ip.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 }
}

/// Adds or deletes an address. No broadcast address is set, as with a plain `ip addr add`.
pub fn address(index: u32, address: IpNetwork, add: bool) -> Message {
    let mut message = AddressMessage::default();
    message.header.family = family(address.ip());
    message.header.prefix_len = address.prefix();
    message.header.index = index;
    // As iproute2 has it: an address of the loopback reaches no further than this machine.
    let own = address.ip().is_loopback();
    message.header.scope = if own { AddressScope::Host } else { AddressScope::Universe };
    message.attributes = vec![AddressAttribute::Local(address.ip()), AddressAttribute::Address(address.ip())];
    match add {
        true => (RouteNetlinkMessage::NewAddress(message), CREATE),
        false => (RouteNetlinkMessage::DelAddress(message), 0),
    }
}

/// Sets an address for a number of seconds, after which the kernel takes it away; `u32::MAX` is for ever. One that is there
/// gets the new time, if the request replaces.
pub fn address_for(index: u32, own: IpNetwork, seconds: u32) -> Message {
    let (mut message, flags) = address(index, own, true);
    if let RouteNetlinkMessage::NewAddress(message) = &mut message {
        let mut life = CacheInfo::default();
        (life.ifa_preferred, life.ifa_valid) = (seconds, seconds);
        message.attributes.push(AddressAttribute::CacheInfo(life));
    }
    (message, flags)
}

/// Asks for all IPv4 routes.
pub fn routes_question() -> RouteNetlinkMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = AddressFamily::Inet;
    RouteNetlinkMessage::GetRoute(message)
}

/// Whether this is a default route by way of a gateway and out of a link.
pub fn is_default_route(message: &RouteNetlinkMessage, via: IpAddr, link: u32) -> bool {
    let RouteNetlinkMessage::NewRoute(route) = message else { return false };
    let has = |wanted: RouteAttribute| route.attributes.contains(&wanted);
    route.header.destination_prefix_length == 0
        && has(RouteAttribute::Gateway(route_address(via)))
        && has(RouteAttribute::Oif(link))
}

fn route_address(ip: IpAddr) -> RouteAddress {
    match ip {
        IpAddr::V4(ip) => RouteAddress::Inet(ip),
        IpAddr::V6(ip) => RouteAddress::Inet6(ip),
    }
}

/// A route by way of a gateway.
#[derive(Debug, Clone, Copy)]
pub struct Hop {
    /// The gateway.
    pub via: IpAddr,
    /// The index of the link that leads to it; the kernel finds it if `None`.
    pub dev: Option<u32>,
    /// Whether the gateway is behind that link although no subnet there holds it.
    pub onlink: bool,
}

/// Adds or deletes a route by way of a gateway.
pub fn route(to: IpNetwork, Hop { via, dev, onlink }: Hop, add: bool) -> Message {
    let mut message = RouteMessage::default();
    message.header.address_family = family(via);
    message.header.destination_prefix_length = to.prefix();
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.scope = RouteScope::Universe;
    if add {
        message.header.protocol = RouteProtocol::Boot;
        message.header.kind = RouteType::Unicast;
    }
    if to.prefix() > 0 {
        message.attributes.push(RouteAttribute::Destination(route_address(to.network())));
    }
    message.attributes.push(RouteAttribute::Gateway(route_address(via)));
    message.attributes.extend(dev.map(RouteAttribute::Oif));
    if onlink {
        message.header.flags |= RouteFlags::Onlink;
    }
    match add {
        true => (RouteNetlinkMessage::NewRoute(message), CREATE),
        false => (RouteNetlinkMessage::DelRoute(message), 0),
    }
}
