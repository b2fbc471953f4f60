//! The kernel's numbers for attributes of nftables, as in `include/uapi/linux/netfilter/nf_tables.h`.
//!
//! ```text
//! NFTA_CMP_OP  →  cmp::OP
//! ```
//!
//! Messages, operators, keys and hooks are in `libc` (`NFT_MSG_NEWTABLE`, `NFT_CMP_EQ`, `NFT_META_L4PROTO` …); the
//! attributes are not.

#![allow(missing_docs, reason = "each is the kernel's NFTA_… of its module and name, described there")]

/// The type of a message of nftables: the subsystem, then `NFT_MSG_*` (`include/uapi/linux/netfilter/nfnetlink.h`).
pub const fn message_type(message: libc::c_int) -> u16 {
    ((libc::NFNL_SUBSYS_NFTABLES as u16) << 8) | message as u16
}

/// Messages about a table.
pub mod table {
    pub const NAME: u16 = 1;
    pub const FLAGS: u16 = 2;
    pub const USERDATA: u16 = 6;
    /// `NFT_TABLE_F_DORMANT`
    pub const DORMANT: u32 = 1;
    /// `NFT_TABLE_F_OWNER`
    pub const OWNER: u32 = 2;
}

/// Messages about a chain.
pub mod chain {
    pub const TABLE: u16 = 1;
    pub const NAME: u16 = 3;
    pub const HOOK: u16 = 4;
    pub const POLICY: u16 = 5;
    pub const TYPE: u16 = 7;
}

/// Where a base chain hooks.
pub mod hook {
    pub const NUMBER: u16 = 1;
    pub const PRIORITY: u16 = 2;
    pub const DEVICE: u16 = 3;
    pub const DEVICES: u16 = 4;
}

/// Messages about a rule.
pub mod rule {
    pub const TABLE: u16 = 1;
    pub const CHAIN: u16 = 2;
    pub const HANDLE: u16 = 3;
    pub const EXPRESSIONS: u16 = 4;
    pub const POSITION: u16 = 6;
    pub const USERDATA: u16 = 7;
}

/// Messages about what happens to a packet.
pub mod trace {
    pub const TABLE: u16 = 1;
    pub const CHAIN: u16 = 2;
    pub const RULE_HANDLE: u16 = 3;
    pub const TYPE: u16 = 4;
    pub const VERDICT: u16 = 5;
    pub const ID: u16 = 6;
    pub const LINK_HEADER: u16 = 7;
    pub const NETWORK_HEADER: u16 = 8;
    pub const TRANSPORT_HEADER: u16 = 9;
    pub const IIF: u16 = 10;
    pub const OIF: u16 = 12;
    pub const MARK: u16 = 14;
    pub const POLICY: u16 = 16;
}

/// A list.
pub mod list {
    pub const ELEMENT: u16 = 1;
}

/// An expression: its name and its own attributes.
pub mod expression {
    pub const NAME: u16 = 1;
    pub const DATA: u16 = 2;
}

/// A constant.
pub mod data {
    pub const VALUE: u16 = 1;
    pub const VERDICT: u16 = 2;
}

/// What becomes of a packet.
pub mod verdict {
    pub const CODE: u16 = 1;
    pub const CHAIN: u16 = 2;
}

pub mod immediate {
    pub const TO: u16 = 1;
    pub const DATA: u16 = 2;
}

pub mod payload {
    pub const TO: u16 = 1;
    pub const BASE: u16 = 2;
    pub const OFFSET: u16 = 3;
    pub const LENGTH: u16 = 4;
}

pub mod meta {
    pub const TO: u16 = 1;
    pub const KEY: u16 = 2;
    pub const FROM: u16 = 3;
}

pub mod ct {
    pub const TO: u16 = 1;
    pub const KEY: u16 = 2;
    pub const DIRECTION: u16 = 3;
    pub const FROM: u16 = 4;
}

pub mod fib {
    pub const TO: u16 = 1;
    pub const RESULT: u16 = 2;
    pub const FLAGS: u16 = 3;
}

pub mod bitwise {
    pub const FROM: u16 = 1;
    pub const TO: u16 = 2;
    pub const LENGTH: u16 = 3;
    pub const MASK: u16 = 4;
    pub const XOR: u16 = 5;
    pub const OP: u16 = 6;
}

pub mod byteorder {
    pub const FROM: u16 = 1;
    pub const TO: u16 = 2;
    pub const OP: u16 = 3;
    pub const LENGTH: u16 = 4;
    pub const SIZE: u16 = 5;
}

pub mod cmp {
    pub const FROM: u16 = 1;
    pub const OP: u16 = 2;
    pub const DATA: u16 = 3;
}

pub mod range {
    pub const FROM: u16 = 1;
    pub const OP: u16 = 2;
    pub const LOW: u16 = 3;
    pub const HIGH: u16 = 4;
}

pub mod lookup {
    pub const SET: u16 = 1;
    pub const FROM: u16 = 2;
    pub const TO: u16 = 3;
    pub const FLAGS: u16 = 5;
}

pub mod counter {
    pub const BYTES: u16 = 1;
    pub const PACKETS: u16 = 2;
}

pub mod object {
    pub const TYPE: u16 = 1;
    pub const NAME: u16 = 2;
}

pub mod limit {
    pub const RATE: u16 = 1;
    pub const UNIT: u16 = 2;
    pub const BURST: u16 = 3;
    pub const TYPE: u16 = 4;
    pub const FLAGS: u16 = 5;
}

pub mod log {
    pub const GROUP: u16 = 1;
    pub const PREFIX: u16 = 2;
    pub const SNAPLEN: u16 = 3;
    pub const THRESHOLD: u16 = 4;
    pub const LEVEL: u16 = 5;
    pub const FLAGS: u16 = 6;
}

pub mod reject {
    pub const TYPE: u16 = 1;
    pub const CODE: u16 = 2;
}

pub mod nat {
    pub const TYPE: u16 = 1;
    pub const FAMILY: u16 = 2;
    pub const ADDRESS_LOW: u16 = 3;
    pub const ADDRESS_HIGH: u16 = 4;
    pub const PORT_LOW: u16 = 5;
    pub const PORT_HIGH: u16 = 6;
    pub const FLAGS: u16 = 7;
}

pub mod masquerade {
    pub const FLAGS: u16 = 1;
    pub const PORT_LOW: u16 = 2;
    pub const PORT_HIGH: u16 = 3;
}

pub mod redirect {
    pub const PORT_LOW: u16 = 1;
    pub const PORT_HIGH: u16 = 2;
    pub const FLAGS: u16 = 3;
}
