//! One thing that the kernel tells about a packet.
//!
//! ```text
//! NFT_MSG_TRACE  family 1 (inet) · TABLE "filter" · CHAIN "forward" · TYPE rule · RULE_HANDLE 3 · VERDICT drop
//!                ID · MARK · and of the first event in each base chain: IIF · OIF · the packet's headers
//! ```
//!
//! `nft monitor trace` shows the same.

use std::fmt;

use super::table::{Breadcrumb, is_a_watch};
use crate::kernel::netfilter::attribute::Attributes;
use crate::kernel::nft::hook;
use crate::kernel::nft::uapi::{self, trace};
use crate::network::ruleset::Family;

/// What happened to a packet at one place of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which packet it is: the same number from hook to hook, as long as the kernel goes on with the same buffer. A copy
    /// (at a bridge that floods) has another one, and later packets may get the same.
    pub id: u32,
    /// The table's family.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// What the event is about.
    pub kind: Kind,
    /// What becomes of the packet.
    pub verdict: Verdict,
    /// The index of the link that it came by; like all that follows only in the first event of each base chain.
    pub iif: Option<u32>,
    /// The index of the link that it leaves by.
    pub oif: Option<u32>,
    /// Its mark (`meta mark`), if that is not 0; in every event.
    pub mark: Option<u32>,
    /// The first 40 bytes of its network header, or fewer.
    pub network_header: Vec<u8>,
    /// The first 20 bytes behind that header, or fewer.
    pub transport_header: Vec<u8>,
    /// The first 20 bytes of its link header, or fewer; empty where it has none yet.
    pub link_header: Vec<u8>,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The rule of this handle, all of whose conditions held.
    Rule(u64),
    /// The end of a chain: back to where it was jumped to from, or to the policy.
    Return,
    /// The policy of a base chain.
    Policy,
}

/// What becomes of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on to the next chain.
    Accept,
    /// It is dropped.
    Drop,
    /// On to the next rule.
    Continue,
    /// On to the next rule, because a condition did not hold.
    Break,
    /// To this chain, and back afterwards.
    Jump(String),
    /// To this chain, not back.
    Goto(String),
    /// Back to where the chain was jumped to from.
    Return,
    /// To a program.
    Queue,
    /// Somebody else goes on with it.
    Stolen,
    /// The hook once more.
    Repeat,
    /// A code that netlab does not know.
    Other(i32),
}

impl Event {
    /// The event that a message tells; `None` when it tells none that netlab knows.
    pub(super) fn read(family: u8, a: Attributes<'_>) -> Option<Event> {
        let text = |kind| a.text(kind).map(|text| text.into_owned());
        let bytes = |kind| a.get(kind).unwrap_or_default().to_vec();
        let verdict = || a.nested(trace::VERDICT).and_then(Verdict::read).unwrap_or(Verdict::Continue);
        let (kind, verdict) = match a.number(trace::TYPE)?.cast_signed() {
            // Newer kernels tell the end of a chain as a rule that there is not.
            libc::NFT_TRACETYPE_RULE => (a.long(trace::RULE_HANDLE).map_or(Kind::Return, Kind::Rule), verdict()),
            libc::NFT_TRACETYPE_RETURN => (Kind::Return, verdict()),
            libc::NFT_TRACETYPE_POLICY => (Kind::Policy, Verdict::of(a.number(trace::POLICY)?.cast_signed(), None)),
            _ => return None,
        };
        Some(Event {
            id: a.number(trace::ID)?,
            family: hook::family(family)?,
            table: text(trace::TABLE)?,
            chain: text(trace::CHAIN)?,
            kind,
            verdict,
            iif: a.number(trace::IIF),
            oif: a.number(trace::OIF),
            mark: a.number(trace::MARK),
            network_header: bytes(trace::NETWORK_HEADER),
            transport_header: bytes(trace::TRANSPORT_HEADER),
            link_header: bytes(trace::LINK_HEADER),
        })
    }

    /// Whether it is about netlab's own temporary table: it says only that the packet got there, and what it looked like.
    pub fn is_ours(&self) -> bool {
        is_a_watch(&self.table)
    }

    /// Which place of the kernel's path the packet has reached, for an event about netlab's own table. There is one for
    /// each place, and it has the packet's headers.
    pub fn breadcrumb(&self) -> Option<Breadcrumb> {
        if self.is_ours() { Breadcrumb::of(&self.chain) } else { None }
    }

    /// Whether the packet was found to bear one of the watch's marks here: what is told of its id from here on is about
    /// such a packet. Of a packet that bore a mark in another hook before, this is told once more.
    pub fn marks(&self) -> bool {
        self.is_ours() && matches!(self.kind, Kind::Rule(_))
    }

    /// Whether it is the first event of a base chain, which has the headers.
    pub(super) fn is_first(&self) -> bool {
        self.iif.is_some() || self.oif.is_some() || !self.network_header.is_empty()
    }
}

impl Verdict {
    fn read(a: Attributes<'_>) -> Option<Verdict> {
        let code = a.number(uapi::verdict::CODE)?.cast_signed();
        Some(Verdict::of(code, a.text(uapi::verdict::CHAIN).map(|chain| chain.into_owned())))
    }

    fn of(code: i32, chain: Option<String>) -> Verdict {
        /// What a code that is not negative means without the number of a queue or an errno (`NF_VERDICT_MASK`).
        const MASK: i32 = 0xff;
        match (code, chain) {
            (libc::NFT_CONTINUE, _) => Verdict::Continue,
            (libc::NFT_BREAK, _) => Verdict::Break,
            (libc::NFT_RETURN, _) => Verdict::Return,
            (libc::NFT_JUMP, Some(chain)) => Verdict::Jump(chain),
            (libc::NFT_GOTO, Some(chain)) => Verdict::Goto(chain),
            (code @ 0.., _) => match code & MASK {
                libc::NF_ACCEPT => Verdict::Accept,
                libc::NF_DROP => Verdict::Drop,
                libc::NF_STOLEN => Verdict::Stolen,
                libc::NF_QUEUE => Verdict::Queue,
                libc::NF_REPEAT => Verdict::Repeat,
                _ => Verdict::Other(code),
            },
            _ => Verdict::Other(code),
        }
    }
}

/// As nft writes it.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Accept => f.pad("accept"),
            Verdict::Drop => f.pad("drop"),
            Verdict::Continue => f.pad("continue"),
            Verdict::Break => f.pad("break"),
            Verdict::Jump(chain) => write!(f, "jump {chain}"),
            Verdict::Goto(chain) => write!(f, "goto {chain}"),
            Verdict::Return => f.pad("return"),
            Verdict::Queue => f.pad("queue"),
            Verdict::Stolen => f.pad("stolen"),
            Verdict::Repeat => f.pad("repeat"),
            Verdict::Other(code) => write!(f, "[{code}]"),
        }
    }
}
