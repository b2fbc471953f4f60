//! One policy rule.
//!
//! ```text
//! pref 100 from 10.244.1.0/24 lookup 100
//!     →  RTM_NEWRULE { src_len 24, action FR_ACT_TO_TBL, table 100, SRC, PRIORITY }
//! ```

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::rule::{RuleAttribute, RuleFlags, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;

use super::Message;
use crate::kernel::refusal::{Refusal, Result};
use crate::network::policy_rule::{Action, PolicyRule};
use crate::network::words;

/// `FR_ACT_TO_TBL`, `include/uapi/linux/fib_rules.h`.
const TO_TABLE: u8 = 1;

/// Adds or deletes a rule.
///
/// # Errors
/// When its maker is a word that the kernel has no number for.
pub fn policy_rule(rule: &PolicyRule, add: bool) -> Result<Message> {
    let mut message = RuleMessage::default();
    let header = &mut message.header;
    header.family = if rule.ipv6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
    header.src_len = rule.from.map_or(0, |network| network.prefix());
    header.dst_len = rule.to.map_or(0, |network| network.prefix());
    header.tos = rule.tos;
    if rule.not {
        header.flags |= RuleFlags::Invert;
    }
    let attributes = &mut message.attributes;
    match rule.action {
        Action::Lookup(table) => {
            header.action = TO_TABLE.into();
            match u8::try_from(table) {
                Ok(table) => header.table = table,
                Err(_) => attributes.push(RuleAttribute::Table(table)),
            }
        }
        Action::Other(action) => header.action = action.into(),
    }
    attributes.push(RuleAttribute::Priority(rule.preference));
    attributes.extend(rule.from.map(|network| RuleAttribute::Source(network.network())));
    attributes.extend(rule.to.map(|network| RuleAttribute::Destination(network.network())));
    let protocol = words::protocol_number(&rule.protocol);
    let unknown = || Refusal::new(format!("find the number of `{}`", rule.protocol), Errno::EINVAL);
    attributes.push(RuleAttribute::Protocol(protocol.ok_or_else(unknown)?.into()));
    let rest = rule.rest.iter().map(|one| RuleAttribute::Other(DefaultNla::new(one.number, one.bytes.clone())));
    attributes.extend(rest);
    Ok(match add {
        true => (RouteNetlinkMessage::NewRule(message), NLM_F_CREATE | NLM_F_EXCL),
        false => (RouteNetlinkMessage::DelRule(message), 0),
    })
}
