//! One neighbour entry, and one forwarding entry of a bridge, to be deleted.
//!
//! ```text
//! 10.244.1.9 dev eth0                       →  RTM_DELNEIGH { index, DST }
//! proxy 10.244.1.9 dev eth0                 →  RTM_DELNEIGH { index, NTF_PROXY, DST }
//! 02:00:00:00:00:09 dev veth-a master       →  RTM_DELNEIGH { AF_BRIDGE, index, NTF_MASTER, LLADDR }
//! ```

use std::net::IpAddr;

use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Message, family};
use crate::network::{FdbEntry, Neighbour};

/// Deletes a neighbour entry.
pub fn neighbour_delete(index: u32, neighbour: &Neighbour) -> Message {
    let mut message = NeighbourMessage::default();
    message.header.family = family(neighbour.address);
    message.header.ifindex = index;
    if neighbour.is_proxy() {
        message.header.flags = NeighbourFlags::Proxy;
    }
    message.attributes.push(NeighbourAttribute::Destination(match neighbour.address {
        IpAddr::V4(ip) => NeighbourAddress::Inet(ip),
        IpAddr::V6(ip) => NeighbourAddress::Inet6(ip),
    }));
    (RouteNetlinkMessage::DelNeighbour(message), 0)
}

/// Deletes a forwarding entry: the bridge's, or the port's own.
pub fn fdb_delete(port: u32, entry: &FdbEntry) -> Message {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Bridge;
    message.header.ifindex = port;
    message.header.flags = if entry.is_the_bridges() { NeighbourFlags::Controller } else { NeighbourFlags::Own };
    // Of a link's own list only permanent entries can be deleted (`ndo_dflt_fdb_del`, `net/core/rtnetlink.c`).
    message.header.state = NeighbourState::Permanent;
    message.attributes.push(NeighbourAttribute::LinkLayerAddress(entry.mac.0.to_vec()));
    message.attributes.extend(entry.vlan.map(NeighbourAttribute::Vlan));
    (RouteNetlinkMessage::DelNeighbour(message), 0)
}
