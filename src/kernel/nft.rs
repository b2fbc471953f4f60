//! nftables over netlink, without the `nft` program.
//!
//! ```no_run
//! use netlab::kernel::nft::{self, Change};
//! use netlab::network::ruleset::Family;
//!
//! let socket = nft::open()?; // in the namespace of the calling thread
//! let add = Change::AddTable { family: Family::Ip, table: "netlab".into(), comment: None };
//! assert_eq!(nft::command(&add), "nft add table ip netlab"); // what a person types
//! nft::apply(&socket, &[add])?; // the same, sent
//! for table in nft::dump(&socket)? {
//!     println!("{table}"); // what the kernel has
//! }
//! # Ok::<(), nft::Error>(())
//! ```
//!
//! ```text
//! Change ──command──▶ text
//!        ──encode──▶ bytes ──apply──▶ kernel ──dump──▶ bytes ──decode──▶ Table
//! ```
//!
//! # Why not with `netlink-packet-netfilter`
//!
//! Its types lack masquerading, NAT, counters, verdict maps and user data of tables, so most of a rule would go through
//! its `Other`; each expression costs several allocations; and one attribute that it cannot parse fails the whole
//! message, where a reader of foreign rulesets must go on. An attribute is four bytes and a value: `attribute` writes
//! and reads them in a page. The constants are those of `netlink-packet-core` and `libc`, and `uapi` for what they lack.

mod address;
mod apply;
mod change;
mod command;
mod comment;
mod decode;
mod dump;
mod encode;
mod error;
mod expression;
mod hook;
mod socket;
mod uapi;
pub mod watch;

pub use apply::apply;
pub use change::{Change, Place};
pub use command::command;
pub use dump::dump;
pub use encode::{Unencodable, encode};
pub use error::{Error, Result};
pub use socket::open;
pub use watch::Watch;
