//! Which way a namespace sends a packet, asked of its own route tables: what `ip route get` asks.
//!
//! ```text
//! ip route get 10.244.2.2 from 10.244.1.2 iif cni0            what becomes of it:  via 192.168.1.12 dev eth0
//! ip route get fibmatch 10.244.2.2 from 10.244.1.2 iif cni0   why:                 10.244.2.0/24 via 192.168.1.12 dev eth0
//! ```
//!
//! With `iif` the kernel answers as for a packet that came in there, with every check that it makes then: the reverse path,
//! martian addresses, whether it forwards at all (`inet_rtm_getroute`, `net/ipv4/route.c`). IPv6's answer knows the
//! routes alone.

use std::net::IpAddr;

use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;

use super::netlink::Socket;
use super::observe::routes;
use crate::network::{Link, Route};

/// A packet that looks for its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traveller {
    /// Where to.
    pub to: IpAddr,
    /// Where from; none while the kernel is still to choose a source address.
    pub from: Option<IpAddr>,
    /// The index of the interface that it came in by; none for a packet that is made here.
    pub came_in: Option<u32>,
    /// The index of the interface that it must leave by; none where it is free.
    pub must_leave: Option<u32>,
    /// Its protocol, which policy rules may ask for.
    pub protocol: u8,
    /// Its ports, which policy rules may ask for.
    pub ports: Option<(u16, u16)>,
    /// Its mark.
    pub mark: u32,
}

/// The way that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The route that matched, as it stands in its table.
    pub route: Option<Route>,
    /// What becomes of the packet: empty for one that goes on, `local` for one that has arrived, `blackhole` …
    pub kind: String,
    /// By way of which gateway.
    pub via: Option<IpAddr>,
    /// Out of which link.
    pub dev: Option<String>,
    /// The source address that a packet from here gets.
    pub source: Option<IpAddr>,
}

/// Asks for the way, in the namespace in which the socket was opened.
///
/// # Errors
/// Why there is none: `ENETUNREACH` for no route, `EHOSTUNREACH` for an unreachable one or where nothing is forwarded,
/// `EINVAL` for a blackhole, a martian address or a wrong reverse path, `EACCES` for a prohibited one.
pub fn way(socket: &Socket, links: &[Link], traveller: &Traveller) -> Result<Way, Errno> {
    let resolved = ask(socket, traveller, RouteFlags::LookupTable)?;
    let mut way = Way { route: None, kind: kind(resolved.header.kind), via: None, dev: None, source: None };
    for attribute in &resolved.attributes {
        match attribute {
            RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => way.via = routes::gateway(attribute),
            RouteAttribute::Oif(index) => way.dev = links.iter().find(|l| l.index == *index).map(|l| l.name.clone()),
            RouteAttribute::PrefSource(address) => way.source = routes::ip(address),
            _ => {}
        }
    }
    // A kernel that cannot say which entry matched says at least what becomes of the packet.
    way.route = ask(socket, traveller, RouteFlags::FibMatch).ok().and_then(|message| routes::route(&message, links));
    Ok(way)
}

fn kind(kind: RouteType) -> String {
    crate::network::words::kind(kind.into())
}

fn ask(socket: &Socket, traveller: &Traveller, flags: RouteFlags) -> Result<RouteMessage, Errno> {
    let mut message = RouteMessage::default();
    let header = &mut message.header;
    header.flags = flags;
    let wrap = |address: IpAddr| match address {
        IpAddr::V4(ip) => (RouteAddress::Inet(ip), 32),
        IpAddr::V6(ip) => (RouteAddress::Inet6(ip), 128),
    };
    header.address_family = if traveller.to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let (to, length) = wrap(traveller.to);
    header.destination_prefix_length = length;
    message.attributes.push(RouteAttribute::Destination(to));
    if let Some((from, length)) = traveller.from.map(wrap) {
        message.header.source_prefix_length = length;
        message.attributes.push(RouteAttribute::Source(from));
    }
    message.attributes.extend(traveller.came_in.map(RouteAttribute::Iif));
    message.attributes.extend(traveller.must_leave.map(RouteAttribute::Oif));
    if traveller.mark != 0 {
        message.attributes.push(RouteAttribute::Mark(traveller.mark));
    }
    // The kernel takes a protocol only where it knows ports for it, and ICMP.
    message.attributes.push(RouteAttribute::IpProto(traveller.protocol));
    if let Some((source, destination)) = traveller.ports {
        message.attributes.extend([RouteAttribute::Sport(source), RouteAttribute::Dport(destination)]);
    }
    match socket.ask(RouteNetlinkMessage::GetRoute(message))? {
        Some(RouteNetlinkMessage::NewRoute(answer)) => Ok(answer),
        _ => Err(Errno::EPROTO),
    }
}
