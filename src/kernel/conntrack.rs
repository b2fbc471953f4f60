//! One connection of conntrack, looked up by its addresses and ports.
//!
//! ```no_run
//! use netlab::kernel::conntrack::{self, Tuple, TupleId};
//!
//! let socket = conntrack::open()?; // in the namespace of the calling thread
//! let tuple = Tuple {
//!     source: [10, 244, 1, 2].into(),
//!     destination: [192, 168, 1, 100].into(),
//!     protocol: 6,
//!     id: TupleId::Ports { source: 40000, destination: 80 },
//! };
//! if let Some(connection) = conntrack::find(&socket, &tuple)? {
//!     println!("{}", connection.original); // 10.244.1.2:40000 → 192.168.1.100:80
//!     println!("{}", connection.reply); // 192.168.1.100:80 → 192.168.1.11:40000: it is masqueraded
//! }
//! # Ok::<(), netlab::kernel::Refusal>(())
//! ```
//!
//! ```text
//! CT_GET { TUPLE_ORIG } + ACK  ──▶  kernel  ──▶  CT_NEW { TUPLE_ORIG, TUPLE_REPLY, STATUS, MARK }, ACK; or ENOENT
//! ```
//!
//! To look does not make conntrack begin: a namespace in which no rule asks for it has no connections.

mod tuple;

use std::os::fd::{AsFd, OwnedFd};

use netlink_packet_core::NLM_F_ACK;
use nix::errno::Errno;

use super::netfilter::attribute::{Attributes, Writer};
use super::netfilter::message::{ERROR, Head, Message, messages};
use super::netfilter::socket;
use super::refusal::{Refusal, Result};
pub use tuple::{Tuple, TupleId};

/// `IPCTNL_MSG_CT_NEW` and `IPCTNL_MSG_CT_GET` (`include/uapi/linux/netfilter/nfnetlink_conntrack.h`).
const NEW: u16 = (libc::NFNL_SUBSYS_CTNETLINK as u16) << 8;
const GET: u16 = NEW | 1;

/// `CTA_*`, ibidem.
mod attribute {
    pub const TUPLE_ORIGINAL: u16 = 1;
    pub const TUPLE_REPLY: u16 = 2;
    pub const STATUS: u16 = 3;
    pub const MARK: u16 = 8;
}

/// `IPS_*` (`include/uapi/linux/netfilter/nf_conntrack_common.h`).
mod status {
    pub const SEEN_REPLY: u32 = 1 << 1;
    pub const ASSURED: u32 = 1 << 2;
    pub const SOURCE_NAT: u32 = 1 << 4;
    pub const DESTINATION_NAT: u32 = 1 << 5;
}

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its first packet, as it came.
    pub original: Tuple,
    /// The answer that is expected, as it will come: its addresses are those after translation.
    pub reply: Tuple,
    /// `IPS_*` bits.
    pub status: u32,
    /// The mark (`ct mark`); 0 for none.
    pub mark: u32,
}

impl Connection {
    /// Whether an answer has come.
    pub fn is_answered(&self) -> bool {
        self.status & status::SEEN_REPLY != 0
    }

    /// Whether it is kept when the table is full: packets went both ways for a while, or TCP's handshake is complete.
    pub fn is_assured(&self) -> bool {
        self.status & status::ASSURED != 0
    }

    /// Whether the source is translated (SNAT, masquerading).
    pub fn is_source_translated(&self) -> bool {
        self.status & status::SOURCE_NAT != 0
    }

    /// Whether the destination is translated (DNAT).
    pub fn is_destination_translated(&self) -> bool {
        self.status & status::DESTINATION_NAT != 0
    }

    fn read(a: Attributes<'_>) -> Option<Connection> {
        Some(Connection {
            original: Tuple::read(a.nested(attribute::TUPLE_ORIGINAL)?)?,
            reply: Tuple::read(a.nested(attribute::TUPLE_REPLY)?)?,
            status: a.number(attribute::STATUS).unwrap_or(0),
            mark: a.number(attribute::MARK).unwrap_or(0),
        })
    }
}

/// Opens a socket for [`find`] in the calling thread's network namespace.
///
/// # Errors
/// As socket(2): `EMFILE`; `EPROTONOSUPPORT` where the kernel has no netfilter.
pub fn open() -> Result<OwnedFd> {
    socket::open().map_err(|errno| Refusal::new("open a socket for conntrack", errno))
}

/// The connection that this packet belongs to, in either direction; `None` when there is no such connection, or no
/// conntrack. Only the default zone is searched.
///
/// # Errors
/// The kernel's refusal (no permission), or the socket's.
pub fn find(socket: &impl AsFd, tuple: &Tuple) -> Result<Option<Connection>> {
    let refused = |errno| Refusal::new(format!("look for the connection {tuple}"), errno);
    // An address of each kind: no packet has that.
    let Some(question) = question(tuple) else { return Ok(None) };
    socket::send(socket, &question).map_err(refused)?;

    let mut found = None;
    // An answer takes about 400 bytes; with a security context, labels and helpers some more.
    let mut buffer = [0; 4096];
    while let Some(length) = socket::receive(socket, &mut buffer).map_err(refused)? {
        for message in messages(buffer.get(..length).unwrap_or_default()) {
            match message.kind {
                NEW => found = read(&message),
                // The acknowledgement.
                ERROR if message.errno() == 0 => return Ok(found),
                ERROR => match Errno::from_raw(message.errno()) {
                    // EINVAL: the kernel has no conntrack, or conntrack never keeps such packets, for example ICMP errors.
                    Errno::ENOENT | Errno::EINVAL => return Ok(None),
                    errno => return Err(refused(errno).with_detail(message.error_text())),
                },
                _ => {}
            }
        }
    }
    Err(refused(Errno::EAGAIN).with_detail(Some("the kernel did not answer in full".into())))
}

/// The request, with an acknowledgement: the answer itself is flagged as one of several, without a last one.
fn question(tuple: &Tuple) -> Option<Vec<u8>> {
    let family = tuple.family()?;
    let mut w = Writer::with_capacity(128);
    w.message(Head { kind: GET, flags: NLM_F_ACK, sequence: 1, family, resource: 0 }, |w| {
        w.nested(attribute::TUPLE_ORIGINAL, |w| tuple.put(w));
    });
    Some(w.bytes)
}

fn read(message: &Message<'_>) -> Option<Connection> {
    let (_, _, attributes) = message.netfilter()?;
    Connection::read(attributes)
}

#[cfg(test)]
mod tests;
