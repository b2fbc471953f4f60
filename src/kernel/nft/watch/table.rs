//! The temporary tables: their names, and the bytes that make them.
//!
//! ```text
//! BATCH_BEGIN │ NEWTABLE inet │ NEWCHAIN ×10 │ NEWRULE per mark, in prerouting and in output │ the same for bridge │ …
//! ```
//!
//! `prerouting-early` comes before what users customarily hook there, `prerouting-late` after it.

use std::fmt;

use netlink_packet_core::{NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};

use crate::kernel::mark::Mark;
use crate::kernel::netfilter::attribute::Writer;
use crate::kernel::netfilter::message::Head;
use crate::kernel::nft::change::Change;
use crate::kernel::nft::encode::{self, Unencodable, compare, expression};
use crate::kernel::nft::hook::family_number;
use crate::kernel::nft::uapi::{self, message_type};
use crate::network::ruleset::{self, Family};

/// The tables' name. Where it is taken, the socket's number follows: `netlab-trace-4711`.
pub const TABLE: &str = "netlab-trace";

/// Before `raw` (-300), and before a bridge's `dstnat` (-300); behind the putting together of fragments (-400), so that
/// the bytes are where they should be.
const EARLY: i32 = -350;
/// Behind everything, also behind conntrack's confirmation, which may drop a packet too.
const LATE: i32 = i32::MAX;

/// The one register that is used.
const REGISTER: u32 = libc::NFT_REG_1 as u32;

/// Where in the kernel's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// Before routing; at a bridge, before its choice of ports.
    Prerouting,
    /// On the way to this machine.
    Input,
    /// Through this machine; at a bridge, from port to port.
    Forward,
    /// From this machine.
    Output,
    /// Before it leaves.
    Postrouting,
}

impl Hook {
    /// All of them, in the order of `NF_INET_*`.
    pub const ALL: [Hook; 5] = [Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting];

    /// nft's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Hook::Prerouting => "prerouting",
            Hook::Input => "input",
            Hook::Forward => "forward",
            Hook::Output => "output",
            Hook::Postrouting => "postrouting",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How far a packet has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Breadcrumb {
    /// In this hook,
    pub hook: Hook,
    /// behind all rules, or else before them.
    pub late: bool,
}

/// The name of its chain.
impl fmt::Display for Breadcrumb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.hook, if self.late { "late" } else { "early" })
    }
}

impl Breadcrumb {
    /// Each hook's early one, then its late one.
    fn all() -> impl Iterator<Item = Breadcrumb> {
        Hook::ALL.into_iter().flat_map(|hook| [false, true].map(|late| Breadcrumb { hook, late }))
    }

    /// Which one has this chain.
    pub(super) fn of(chain: &str) -> Option<Breadcrumb> {
        let (hook, when) = chain.split_once('-')?;
        let hook = Hook::ALL.into_iter().find(|known| known.word() == hook)?;
        match when {
            "early" => Some(Breadcrumb { hook, late: false }),
            "late" => Some(Breadcrumb { hook, late: true }),
            _ => None,
        }
    }

    /// Whether packets are marked here: where they enter the machine, and where it makes them.
    fn marks(self) -> bool {
        !self.late && matches!(self.hook, Hook::Prerouting | Hook::Output)
    }

    fn chain(self, family: Family, table: &str) -> Change {
        let priority = if self.late { LATE } else { EARLY };
        let hook =
            ruleset::Hook { kind: "filter".into(), hook: self.hook.word().into(), priority, policy: "accept".into() };
        Change::AddChain { family, table: table.to_owned(), chain: self.to_string(), hook: Some(hook) }
    }
}

/// Whether a table of this name belongs to a watch, if it has an owner.
pub fn is_a_watch(table: &str) -> bool {
    table.strip_prefix(TABLE).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// A transaction.
#[derive(Debug)]
pub struct Request {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many changes it has.
    pub changes: usize,
    /// The first change of the families behind the first one.
    pub optional: usize,
}

/// The transaction that makes the tables of these families.
pub fn encode(table: &str, families: &[Family], marks: &[Mark]) -> Result<Request, Unencodable> {
    if let Some(change) = marks.iter().position(|mark| !(1..=16).contains(&mark.bytes.len())) {
        return Err(Unencodable { change, why: "a mark has 1 to 16 bytes".into() });
    }
    let crumbs: Vec<_> = Breadcrumb::all().collect();
    let rules = marks.len() * crumbs.iter().filter(|crumb| crumb.marks()).count();
    let each = 1 + crumbs.len() + rules;
    let last = each * families.len() - 1;
    let mut w = Writer::with_capacity(64 + families.len() * (64 + 128 * crumbs.len() + 320 * rules));
    let mut change = 0;
    encode::begin(&mut w);
    for &family in families {
        let number = |change| encode::sequence(change);
        let ack = |change| if change == last { NLM_F_ACK } else { 0 };
        put_table(&mut w, family, table, number(change));
        change += 1;
        for crumb in &crumbs {
            encode::put(&mut w, &crumb.chain(family, table), number(change), ack(change))
                .map_err(|why| Unencodable { change, why })?;
            change += 1;
        }
        for crumb in crumbs.iter().filter(|crumb| crumb.marks()) {
            for mark in marks {
                put_rule(&mut w, family, (table, *crumb), mark, (number(change), ack(change)));
                change += 1;
            }
        }
    }
    encode::end(&mut w, change);
    Ok(Request { bytes: w.bytes, changes: change, optional: each })
}

fn put_table(w: &mut Writer, family: Family, table: &str, sequence: u32) {
    let kind = message_type(libc::NFT_MSG_NEWTABLE);
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    w.message(Head { kind, flags, sequence, family: family_number(family), resource: 0 }, |w| {
        w.text(uapi::table::NAME, table);
        w.number(uapi::table::FLAGS, uapi::table::OWNER);
    });
}

/// `@nh,224,64 0x1122334455667788 meta nftrace set 1`
fn put_rule(w: &mut Writer, family: Family, at: (&str, Breadcrumb), mark: &Mark, (sequence, ack): (u32, u16)) {
    let kind = message_type(libc::NFT_MSG_NEWRULE);
    let flags = NLM_F_CREATE | NLM_F_APPEND | ack;
    w.message(Head { kind, flags, sequence, family: family_number(family), resource: 0 }, |w| {
        w.text(uapi::rule::TABLE, at.0);
        w.text(uapi::rule::CHAIN, &at.1.to_string());
        w.nested(uapi::rule::EXPRESSIONS, |w| {
            expression(w, "payload", |w| {
                w.number(uapi::payload::TO, REGISTER);
                w.number(uapi::payload::BASE, libc::NFT_PAYLOAD_NETWORK_HEADER as u32);
                w.number(uapi::payload::OFFSET, u32::from(mark.offset));
                w.number(uapi::payload::LENGTH, mark.bytes.len() as u32);
            });
            compare(w, libc::NFT_CMP_EQ, &mark.bytes);
            expression(w, "immediate", |w| {
                w.number(uapi::immediate::TO, REGISTER);
                w.nested(uapi::immediate::DATA, |w| w.put(uapi::data::VALUE, &[1]));
            });
            expression(w, "meta", |w| {
                w.number(uapi::meta::KEY, libc::NFT_META_NFTRACE as u32);
                w.number(uapi::meta::FROM, REGISTER);
            });
        });
    });
}
