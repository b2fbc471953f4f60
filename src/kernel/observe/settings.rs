//! The settings of a link, read by the table in [`crate::network::setting`].
//!
//! ```text
//! IFLA_LINKINFO { IFLA_INFO_DATA { IFLA_BR_STP_STATE 1 } }  →  stp_state 1
//! ```
//!
//! rtnetlink parses some attributes into types of its own and leaves others as bytes. The table speaks of numbers and
//! widths, so all of them are taken as bytes here.

use netlink_packet_core::Nla;
use netlink_packet_route::link::{InfoData, InfoPortData, LinkAttribute, LinkInfo, LinkMessage};

use crate::network::setting::{Kept, Owner, SETTINGS, Setting, Value};

/// The settings that a link has. One that this kernel does not know is left out.
pub fn of(message: &LinkMessage) -> Vec<Value> {
    let infos = message.attributes.iter().filter_map(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => Some(infos),
        _ => None,
    });
    let (mut bridge, mut port) = (None, None);
    for info in infos.flatten() {
        match info {
            LinkInfo::Data(InfoData::Bridge(attributes)) => bridge = Some(attributes),
            LinkInfo::PortData(InfoPortData::BridgePort(attributes)) => port = Some(attributes),
            _ => {}
        }
    }
    let value = |setting: &Setting| match (setting.kept, setting.owner) {
        (Kept::Flag { bit, inverted }, _) => Some(u64::from((message.header.flags.bits() & bit != 0) != inverted)),
        (Kept::Attribute { number, .. }, Owner::Link) => read(&message.attributes, number),
        (Kept::Attribute { number, .. }, Owner::Bridge) => read(bridge?, number),
        (Kept::Attribute { number, .. }, Owner::Port) => read(port?, number),
    };
    SETTINGS.iter().filter_map(|setting| Some(Value { setting, value: value(setting)? })).collect()
}

/// A number of up to eight bytes in the machine's order.
fn read(attributes: &[impl Nla], number: u16) -> Option<u64> {
    let attribute = attributes.iter().find(|attribute| attribute.kind() == number)?;
    let mut bytes = [0; 8];
    let length = attribute.value_len();
    attribute.emit_value(bytes.get_mut(..length)?);
    match length {
        1 => Some(bytes[0].into()),
        2 => Some(u16::from_ne_bytes([bytes[0], bytes[1]]).into()),
        4 => Some(u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into()),
        8 => Some(u64::from_ne_bytes(bytes)),
        _ => None,
    }
}
