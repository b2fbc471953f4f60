//! One neighbour entry, and one forwarding entry of a bridge, to be set or deleted.
//!
//! ```text
//! 10.244.1.1 lladdr 02:… dev eth0 nud permanent      →  RTM_NEWNEIGH { index, NUD_PERMANENT, DST, LLADDR }
//! 02:00:00:00:00:09 dev veth-a master static sticky  →  RTM_NEWNEIGH { AF_BRIDGE, index, NTF_MASTER | NTF_STICKY, LLADDR }
//! 66:2a:00:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent
//!                                                    →  RTM_NEWNEIGH { AF_BRIDGE, index, NTF_SELF, LLADDR, DST }
//! 10.244.1.9 dev eth0                       →  RTM_DELNEIGH { index, DST }
//! proxy 10.244.1.9 dev eth0                 →  RTM_DELNEIGH { index, NTF_PROXY, DST }
//! 02:00:00:00:00:09 dev veth-a master       →  RTM_DELNEIGH { AF_BRIDGE, index, NTF_MASTER, LLADDR }
//! ```

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_APPEND, NLM_F_CREATE, NLM_F_REPLACE};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use super::{Message, family};
use crate::network::{FdbEntry, Mac, Neighbour};

/// What `bridge fdb` calls `permanent`: it never ages (`NUD_PERMANENT`), and nobody is asked (`NUD_NOARP`).
const PERMANENT: u16 = 0xc0;

fn neighbour_message(index: u32, neighbour: &Neighbour) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = family(neighbour.address);
    message.header.ifindex = index;
    message.attributes.push(NeighbourAttribute::Destination(match neighbour.address {
        IpAddr::V4(ip) => NeighbourAddress::Inet(ip),
        IpAddr::V6(ip) => NeighbourAddress::Inet6(ip),
    }));
    message
}

/// Sets a neighbour entry for good, in place of one that is there.
pub fn neighbour_set(index: u32, neighbour: &Neighbour) -> Message {
    let mut message = neighbour_message(index, neighbour);
    message.header.state = NeighbourState::Permanent;
    message.attributes.extend(neighbour.mac.map(|mac| NeighbourAttribute::LinkLayerAddress(mac.0.to_vec())));
    (RouteNetlinkMessage::NewNeighbour(message), NLM_F_CREATE | NLM_F_REPLACE)
}

/// Deletes a neighbour entry.
pub fn neighbour_delete(index: u32, neighbour: &Neighbour) -> Message {
    let mut message = neighbour_message(index, neighbour);
    if neighbour.is_proxy() {
        message.header.flags = NeighbourFlags::Proxy;
    }
    (RouteNetlinkMessage::DelNeighbour(message), 0)
}

/// Sets a forwarding entry for good: of a bridge, so that a frame that says otherwise changes nothing (`sticky`); or of
/// a VXLAN device.
pub fn fdb_set(port: u32, entry: &FdbEntry) -> Message {
    let mut message = fdb_message(port, entry);
    if entry.vtep.is_none() {
        message.header.flags = NeighbourFlags::Controller | NeighbourFlags::Sticky;
        // What `bridge fdb` calls `static`.
        message.header.state = NeighbourState::Noarp;
    }
    // There may be many for what has no entry of its own.
    let beside = if entry.mac == Mac::ZERO { NLM_F_APPEND } else { NLM_F_REPLACE };
    (RouteNetlinkMessage::NewNeighbour(message), NLM_F_CREATE | beside)
}

/// Deletes a forwarding entry: the bridge's, or the port's own.
pub fn fdb_delete(port: u32, entry: &FdbEntry) -> Message {
    let mut message = fdb_message(port, entry);
    message.attributes.extend(entry.vlan.map(NeighbourAttribute::Vlan));
    (RouteNetlinkMessage::DelNeighbour(message), 0)
}

/// What both say. Of a link's own list only permanent entries can be deleted (`ndo_dflt_fdb_del`, `net/core/rtnetlink.c`).
fn fdb_message(port: u32, entry: &FdbEntry) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Bridge;
    message.header.ifindex = port;
    message.header.flags = if entry.is_the_bridges() { NeighbourFlags::Controller } else { NeighbourFlags::Own };
    message.header.state = NeighbourState::Other(PERMANENT);
    message.attributes.push(NeighbourAttribute::LinkLayerAddress(entry.mac.0.to_vec()));
    message.attributes.extend(entry.vtep.map(|vtep| NeighbourAttribute::Destination(vtep.into())));
    let [port, vni] = entry.other;
    message.attributes.extend(port.and_then(|port| Some(NeighbourAttribute::Port(u16::try_from(port).ok()?))));
    message.attributes.extend(vni.map(NeighbourAttribute::Vni));
    message
}
