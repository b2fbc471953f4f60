//! Policy rules from rtnetlink's messages.
//!
//! ```text
//! RuleMessage { src_len: 24, action: ToTable, attributes: [Source(10.244.1.0), Table(100), Priority(100)] }
//!     → PolicyRule { pref 100 from 10.244.1.0/24 lookup 100 }
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;
use netlink_packet_core::Nla;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage};

use crate::network::policy_rule::{Action, Attribute, PolicyRule};
use crate::network::words;

/// A rule. What has no field of its own is kept as it came.
pub fn policy_rule(message: &RuleMessage) -> PolicyRule {
    let header = &message.header;
    let mut table = u32::from(header.table);
    let mut rule = PolicyRule {
        ipv6: header.family == AddressFamily::Inet6,
        preference: 0,
        not: header.flags.contains(RuleFlags::Invert),
        from: None,
        to: None,
        tos: header.tos,
        rest: Vec::new(),
        action: Action::Other(header.action.into()),
        protocol: words::protocol(0),
    };
    let network = |ip: &IpAddr, length| IpNetwork::new(*ip, length).ok();
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Priority(preference) => rule.preference = *preference,
            RuleAttribute::Table(number) => table = *number,
            RuleAttribute::Source(ip) => rule.from = network(ip, header.src_len),
            RuleAttribute::Destination(ip) => rule.to = network(ip, header.dst_len),
            RuleAttribute::Protocol(protocol) => rule.protocol = words::protocol((*protocol).into()),
            // None, which the kernel says of every rule.
            RuleAttribute::SuppressPrefixLen(u32::MAX) | RuleAttribute::SuppressIfGroup(u32::MAX) => {}
            other => {
                let mut bytes = vec![0; other.value_len()];
                other.emit_value(&mut bytes);
                rule.rest.push(Attribute { number: other.kind(), bytes });
            }
        }
    }
    if header.action == RuleAction::ToTable {
        rule.action = Action::Lookup(table);
    }
    rule
}
