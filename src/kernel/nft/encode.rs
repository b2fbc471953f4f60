//! Changes as the bytes of one transaction: all of them happen, or none.
//!
//! ```text
//! BATCH_BEGIN │ NEWTABLE netlab │ NEWCHAIN postrouting │ NEWRULE … + ACK │ BATCH_END
//! sequence  0          1                   2                    3               4
//! ```
//!
//! The kernel answers errors unasked, so only the last change asks for an acknowledgement: its arrival means that all
//! went well. What is created must not exist (`NLM_F_EXCL`); `nft add` would take an existing table as it is, whoever
//! made it.

use std::fmt;

use netlink_packet_core::{NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};

use super::change::{Change, Place};
use super::comment;
use super::hook::{family_number, hook_number};
use super::uapi::{self, message_type};
use crate::kernel::netfilter::attribute::Writer;
use crate::kernel::netfilter::message::Head;
use crate::network::ruleset::{Family, Hook, Rule};

mod batch;
mod rule;
mod word;

pub(super) use batch::{begin, change_of, end, sequence};
pub(super) use rule::{compare, expression};

/// A change that cannot be put into bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unencodable {
    /// Its place among the changes, from 0.
    pub change: usize,
    /// Why.
    pub why: String,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unencodable {}

/// The bytes of one transaction.
///
/// # Errors
/// The first change that has no bytes, and why: a part in nft's words only, a comment too long, an address of the wrong
/// family … What only the kernel can judge is left to it.
pub fn encode(changes: &[Change]) -> Result<Vec<u8>, Unencodable> {
    // A masquerade rule with an exception takes about 340 bytes.
    let mut w = Writer::with_capacity(64 + 384 * changes.len());
    begin(&mut w);
    for (i, change) in changes.iter().enumerate() {
        let ack = if i + 1 == changes.len() { NLM_F_ACK } else { 0 };
        put(&mut w, change, sequence(i), ack).map_err(|why| Unencodable { change: i, why })?;
        if w.overflowed {
            return Err(Unencodable { change: i, why: "it is longer than a netlink attribute can be".into() });
        }
    }
    end(&mut w, changes.len());
    Ok(w.bytes)
}

/// One change within a transaction, or why it has no bytes.
pub(super) fn put(w: &mut Writer, change: &Change, sequence: u32, ack: u16) -> Result<(), String> {
    const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;
    let head = |message, family: Family, flags| Head {
        kind: message_type(message),
        flags: flags | ack,
        sequence,
        family: family_number(family),
        resource: 0,
    };
    match change {
        Change::AddTable { family, table, comment } => {
            check_names(&[table])?;
            let comment = comment.as_deref().map(comment::encode).transpose()?;
            w.message(head(libc::NFT_MSG_NEWTABLE, *family, CREATE), |w| {
                w.text(uapi::table::NAME, table);
                if let Some(comment) = comment {
                    w.put(uapi::table::USERDATA, &comment);
                }
            });
        }
        Change::DeleteTable { family, table } => {
            check_names(&[table])?;
            w.message(head(libc::NFT_MSG_DELTABLE, *family, 0), |w| w.text(uapi::table::NAME, table));
        }
        Change::AddChain { family, table, chain, hook } => {
            check_names(&[table, chain])?;
            let hook = hook.as_ref().map(|hook| numbers(*family, hook)).transpose()?;
            w.message(head(libc::NFT_MSG_NEWCHAIN, *family, CREATE), |w| {
                w.text(uapi::chain::TABLE, table);
                w.text(uapi::chain::NAME, chain);
                if let Some(hook) = hook {
                    put_hook(w, &hook);
                }
            });
        }
        Change::DeleteChain { family, table, chain } => {
            check_names(&[table, chain])?;
            w.message(head(libc::NFT_MSG_DELCHAIN, *family, 0), |w| {
                w.text(uapi::chain::TABLE, table);
                w.text(uapi::chain::NAME, chain);
            });
        }
        Change::AddRule { family, table, chain, rule } => {
            // A rule has no name, so there is nothing to be exclusive about; APPEND puts it last.
            let head = head(libc::NFT_MSG_NEWRULE, *family, NLM_F_CREATE | NLM_F_APPEND);
            put_rule(w, head, (*family, table, chain), rule, None)?;
        }
        // With a position APPEND means behind it, and without APPEND a rule comes before it, or before all.
        Change::InsertRule { family, table, chain, place, rule } => {
            let (append, position) = match place {
                Place::First => (0, None),
                Place::Before(handle) => (0, Some(*handle)),
                Place::After(handle) => (NLM_F_APPEND, Some(*handle)),
            };
            let head = head(libc::NFT_MSG_NEWRULE, *family, NLM_F_CREATE | append);
            put_rule(w, head, (*family, table, chain), rule, position)?;
        }
        Change::DeleteRule { family, table, chain, handle } => {
            check_names(&[table, chain])?;
            w.message(head(libc::NFT_MSG_DELRULE, *family, 0), |w| {
                w.text(uapi::rule::TABLE, table);
                w.text(uapi::rule::CHAIN, chain);
                w.long(uapi::rule::HANDLE, *handle);
            });
        }
        // What is there is changed by NEW… without CREATE, and only in what the message mentions.
        Change::SetPolicy { family, table, chain, policy } => {
            check_names(&[table, chain])?;
            let policy = policy_number(policy)?;
            w.message(head(libc::NFT_MSG_NEWCHAIN, *family, 0), |w| {
                w.text(uapi::chain::TABLE, table);
                w.text(uapi::chain::NAME, chain);
                w.number(uapi::chain::POLICY, policy);
            });
        }
        Change::WakeTable { family, table } => {
            check_names(&[table])?;
            w.message(head(libc::NFT_MSG_NEWTABLE, *family, 0), |w| {
                w.text(uapi::table::NAME, table);
                w.number(uapi::table::FLAGS, 0);
            });
        }
        // A DELRULE that names no rule deletes all of the chain.
        Change::FlushChain { family, table, chain } => {
            check_names(&[table, chain])?;
            w.message(head(libc::NFT_MSG_DELRULE, *family, 0), |w| {
                w.text(uapi::rule::TABLE, table);
                w.text(uapi::rule::CHAIN, chain);
            });
        }
    }
    Ok(())
}

/// A new rule, at a position or at one of the ends.
fn put_rule(
    w: &mut Writer,
    head: Head,
    (family, table, chain): (Family, &str, &str),
    rule: &Rule,
    position: Option<u64>,
) -> Result<(), String> {
    check_names(&[table, chain])?;
    rule::check(family, rule)?;
    let comment = rule.comment.as_deref().map(comment::encode).transpose()?;
    w.message(head, |w| {
        w.text(uapi::rule::TABLE, table);
        w.text(uapi::rule::CHAIN, chain);
        w.nested(uapi::rule::EXPRESSIONS, |w| rule::put(w, family, rule));
        if let Some(position) = position {
            w.long(uapi::rule::POSITION, position);
        }
        if let Some(comment) = comment {
            w.put(uapi::rule::USERDATA, &comment);
        }
    });
    Ok(())
}

/// Names end at their first zero byte: one inside would name something else.
fn check_names(names: &[&str]) -> Result<(), String> {
    match names.iter().find(|name| name.contains('\0')) {
        Some(name) => Err(format!("the name {name:?} contains a zero byte")),
        None => Ok(()),
    }
}

/// A hook in the kernel's numbers.
struct Numbers<'a> {
    kind: &'a str,
    number: u32,
    priority: i32,
    policy: u32,
}

fn numbers(family: Family, hook: &Hook) -> Result<Numbers<'_>, String> {
    let Some(number) = hook_number(family, &hook.hook) else {
        return Err(format!("a table of family {family} has no hook {} that netlab can use", hook.hook));
    };
    let policy = policy_number(&hook.policy)?;
    Ok(Numbers { kind: &hook.kind, number, priority: hook.priority, policy })
}

/// `NF_*` (`include/uapi/linux/netfilter.h`).
fn policy_number(policy: &str) -> Result<u32, String> {
    match policy {
        "accept" => Ok(libc::NF_ACCEPT as u32),
        "drop" => Ok(libc::NF_DROP as u32),
        other => Err(format!("a chain's policy is accept or drop, not {other}")),
    }
}

fn put_hook(w: &mut Writer, hook: &Numbers<'_>) {
    w.nested(uapi::chain::HOOK, |w| {
        w.number(uapi::hook::NUMBER, hook.number);
        w.number(uapi::hook::PRIORITY, hook.priority.cast_unsigned());
    });
    w.number(uapi::chain::POLICY, hook.policy);
    w.text(uapi::chain::TYPE, hook.kind);
}

#[cfg(test)]
mod tests;
