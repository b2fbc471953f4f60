//! One setting of a link.
//!
//! ```text
//! mtu        RTM_NEWLINK { index, IFLA_MTU 1500 }
//! stp_state  RTM_NEWLINK { index, IFLA_LINKINFO { KIND "bridge",      DATA { IFLA_BR_STP_STATE 0 } } }
//! isolated   RTM_NEWLINK { index, IFLA_LINKINFO { SLAVE_KIND "bridge", SLAVE_DATA { IFLA_BRPORT_ISOLATED 0 } } }
//! ```
//!
//! Only `RTM_NEWLINK` reads `IFLA_LINKINFO` of a link that is there already.

use netlink_packet_core::DefaultNla;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoBridge, InfoBridgePort, InfoData, InfoKind, InfoPortData, InfoPortKind, LinkAttribute, LinkFlags, LinkInfo,
};

use super::{Message, link};
use crate::network::setting::{Kept, Owner, Setting};

/// Sets a setting.
pub fn link_setting(index: u32, setting: &Setting, value: u64) -> Message {
    let mut message = link(index);
    match setting.kept {
        Kept::Flag { bit, inverted } => {
            let flag = LinkFlags::from_bits_retain(bit);
            message.header.change_mask = flag;
            message.header.flags = if (value != 0) != inverted { flag } else { LinkFlags::empty() };
        }
        Kept::Attribute { number, width } => {
            // What is observed or in the table fits; the kernel judges what it gets.
            let bytes = match width {
                1 => (value as u8).to_ne_bytes().to_vec(),
                2 => (value as u16).to_ne_bytes().to_vec(),
                _ => (value as u32).to_ne_bytes().to_vec(),
            };
            let attribute = DefaultNla::new(number, bytes);
            message.attributes.push(match setting.owner {
                Owner::Link => LinkAttribute::Other(attribute),
                Owner::Bridge => LinkAttribute::LinkInfo(vec![
                    LinkInfo::Kind(InfoKind::Bridge),
                    LinkInfo::Data(InfoData::Bridge(vec![InfoBridge::Other(attribute)])),
                ]),
                Owner::Port => LinkAttribute::LinkInfo(vec![
                    LinkInfo::PortKind(InfoPortKind::Bridge),
                    LinkInfo::PortData(InfoPortData::BridgePort(vec![InfoBridgePort::Other(attribute)])),
                ]),
            });
        }
    }
    (RouteNetlinkMessage::NewLink(message), 0)
}
