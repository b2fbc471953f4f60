//! A VXLAN device.
//!
//! ```text
//! flannel.1 address 66:… mtu 1450 type vxlan id 1 local 192.168.1.11 dev eth0 dstport 8472 nolearning
//!     →  RTM_NEWLINK { index, ADDRESS, MTU, IFNAME, LINKINFO { KIND "vxlan", DATA { LINK, ID, LOCAL, LEARNING 0, PORT } } }
//! ```

use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoData, InfoKind, InfoVxlan, LinkAttribute, LinkInfo};

use super::{CREATE, Message, link, name};
use crate::network::{Mac, Vxlan};

/// Makes a VXLAN device with this index; `lower` is that of the link that it sends by.
pub fn vxlan_add(device: &str, index: u32, mac: Mac, mtu: u32, vxlan: &Vxlan, lower: Option<u32>) -> Message {
    let mut data: Vec<InfoVxlan> = lower.map(InfoVxlan::Link).into_iter().collect();
    data.push(InfoVxlan::Id(vxlan.vni));
    data.extend(vxlan.local.map(|local| match local {
        IpAddr::V4(ip) => InfoVxlan::Local(ip),
        IpAddr::V6(ip) => InfoVxlan::Local6(ip),
    }));
    data.push(InfoVxlan::Learning(vxlan.learning));
    data.push(InfoVxlan::Port(vxlan.port));
    let mut message = link(index);
    message.attributes = vec![
        LinkAttribute::Address(mac.0.to_vec()),
        LinkAttribute::Mtu(mtu),
        name(device),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Vxlan), LinkInfo::Data(InfoData::Vxlan(data))]),
    ];
    (RouteNetlinkMessage::NewLink(message), CREATE)
}
