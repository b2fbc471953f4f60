//! What nftables does with packets that bear a mark, told by the kernel itself (nftrace).
//!
//! ```text
//! open(&[Mark { offset: 28, bytes: cookie }])      one transaction, one socket
//!
//! table inet netlab-trace {                        also: table bridge netlab-trace
//!     flags owner                                  the kernel takes it away when the socket closes
//!     chain prerouting-early {
//!         type filter hook prerouting priority -350; policy accept;
//!         @nh,224,64 0x1122334455667788 meta nftrace set 1
//!     }
//!     …
//!     chain forward-late {                         empty: its event says that the packet got there, and how it looked
//!         type filter hook forward priority 2147483647; policy accept;
//!     }
//! }
//!
//! read() ─▶ inet netlab-trace prerouting-early rule 8 (continue), …, ip filter forward rule 3 (drop)
//! ```
//!
//! A mark does not cross into another namespace: each has a `Watch` of its own. Nothing here makes conntrack look at a
//! packet that it would not have looked at. The error that a rule sends back (`reject`) is a packet of its own, which is
//! told before the end of the one that caused it; it is marked where it quotes those bytes, at another offset.
//!
//! A packet without a mark is slowed down by some 0.6 µs on its way through a machine, a marked one by 15 µs.

mod event;
mod table;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use nix::sys::socket::{NetlinkAddr, bind, getsockname, setsockopt};

pub use self::event::{Event, Kind, Verdict};
pub(super) use self::table::is_a_watch;
pub use self::table::{Breadcrumb, Hook, TABLE};
use super::apply::transact;
use super::change::Change;
use super::encode::encode;
use super::error::{Error, Result};
use super::socket;
use super::uapi::message_type;
pub use crate::kernel::mark::Mark;
use crate::kernel::netfilter::message::messages;
use crate::kernel::netfilter::socket::receive;
use crate::network::ruleset::Family;

/// The kernel's group for what it tells of packets (`include/uapi/linux/netfilter/nfnetlink.h`). Group N is bit N - 1 of
/// a socket's address.
const GROUP: u32 = 1 << (libc::NFNLGRP_NFTRACE - 1);

/// How many bytes of events may wait. One takes about 1 KiB, and a packet causes some 20 in each namespace.
const EVENTS: usize = 4 << 20;

/// A temporary ruleset that marks packets for nftrace, and the ear for what the kernel tells about them.
#[derive(Debug)]
pub struct Watch {
    socket: OwnedFd,
    families: &'static [Family],
    table: String,
}

impl Watch {
    /// Begins to watch packets with any of these marks in the calling thread's network namespace. The tables vanish with
    /// the socket, also when the process is killed (`NFT_TABLE_F_OWNER`).
    ///
    /// # Errors
    /// A mark of no byte or of more than 16; the kernel's refusal: no permission, or a Linux before 5.12.
    pub fn open(marks: &[Mark]) -> Result<Watch> {
        let socket = socket::open()?;
        let failed = |doing| move |errno| Error::Socket { doing, errno };
        // Only root may go beyond net.core.rmem_max; others get that much.
        if setsockopt(&socket, RcvBufForce, &EVENTS).is_err() {
            setsockopt(&socket, RcvBuf, &EVENTS).map_err(failed("size"))?;
        }
        let (families, table) = make(&socket, marks)?;
        // Only now, so that no event stands between the transaction and its answer.
        let address: NetlinkAddr = getsockname(socket.as_raw_fd()).map_err(failed("name"))?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(address.pid(), GROUP)).map_err(failed("listen"))?;
        Ok(Watch { socket, families, table })
    }

    /// What the kernel has told since the last call, in its order; never waits. It tells of every packet in the namespace
    /// that is marked for nftrace, whoever marked it: [`Event::marks`] says which are this one's. The second value says
    /// whether events were lost because too many came at once (`ENOBUFS`).
    ///
    /// # Errors
    /// When the socket fails.
    pub fn read(&self) -> Result<(Vec<Event>, bool)> {
        let (mut events, mut lost) = (Vec::new(), false);
        // Three names of at most 255 bytes and 80 bytes of packet: less than a page.
        let mut buffer = [0; 4096];
        loop {
            let length = match receive(&self.socket, &mut buffer) {
                Ok(Some(length)) => length,
                Ok(None) => return Ok((events, lost)),
                Err(Errno::ENOBUFS) => {
                    lost = true;
                    continue;
                }
                Err(errno) => return Err(Error::Socket { doing: "receive", errno }),
            };
            let datagram = buffer.get(..length).unwrap_or_default();
            let told = messages(datagram).filter(|message| message.kind == message_type(libc::NFT_MSG_TRACE));
            let told = told.filter_map(|message| message.netfilter());
            let told = told.filter_map(|(family, _, attributes)| Event::read(family, attributes));
            // Of netlab's own chains the first event says it all; somebody else's trace leaves crumbs of its own.
            events.extend(told.filter(|event| !event.is_ours() || event.table == self.table && event.is_first()));
        }
    }

    /// Takes the tables away; what has been told up to now can still be read. It is never necessary: closing the socket
    /// does it as well, but waits until no processor is at work on them any more (about 12 ms). So in many namespaces
    /// `stop` all first (40 µs each) and then drop all: the kernel waits for all of them at the same time. Until it has,
    /// closing any socket of netfilter in such a namespace waits too, so whatever else is to be asked there is asked
    /// before.
    pub fn stop(&self) {
        let delete = |family: &Family| Change::DeleteTable { family: *family, table: self.table.clone() };
        let changes: Vec<_> = self.families.iter().map(delete).collect();
        // Failing is no harm: the tables are then there until the socket closes. The kernel's answer is passed over when
        // events are read, among which it stands.
        if let Ok(transaction) = encode(&changes) {
            let _ = socket::send(&self.socket, &transaction);
        }
    }
}

/// There is something to read when the socket can be read.
impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Makes the tables; says of which families they are, and their name.
fn make(socket: &OwnedFd, marks: &[Mark]) -> Result<(&'static [Family], String)> {
    let mut families: &[Family] = &[Family::Inet, Family::Bridge];
    let mut name = TABLE.to_owned();
    loop {
        let request = table::encode(&name, families, marks)?;
        let Err(error) = transact(socket, &request.bytes, request.changes) else { return Ok((families, name)) };
        let Error::Refused { change: Some(change), errno, detail } = error else { return Err(error) };
        match errno {
            // Somebody else watches here too (EPERM), or has a table of that name; the socket's number is nobody else's.
            // Who may do nothing at all learns that of the transaction, not of a change.
            Errno::EPERM | Errno::EEXIST if name == TABLE => {
                let address: NetlinkAddr =
                    getsockname(socket.as_raw_fd()).map_err(|errno| Error::Socket { doing: "name", errno })?;
                name = format!("{TABLE}-{}", address.pid());
            }
            // A kernel without nftables for bridges.
            Errno::EOPNOTSUPP | Errno::EAFNOSUPPORT | Errno::ENOENT if change >= request.optional => {
                families = &[Family::Inet];
            }
            Errno::EINVAL if change == 0 && detail.is_none() => {
                let detail = Some("a table that vanishes with its owner takes Linux 5.12".into());
                return Err(Error::Refused { change: Some(change), errno, detail });
            }
            _ => return Err(Error::Refused { change: Some(change), errno, detail }),
        }
    }
}

#[cfg(test)]
mod tests;
