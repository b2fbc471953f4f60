//! A namespace's whole ruleset.
//!
//! ```text
//! GETGEN ─▶ 7   GETTABLE ─▶ tables   GETCHAIN ─▶ chains   GETRULE ─▶ rules   GETGEN ─▶ 7, or all of it once more
//! ```
//!
//! Three dumps are three moments. The kernel counts a generation with every transaction, so the number before and after
//! tells whether they were one; and it marks a dump that a transaction cut in two (`NLM_F_DUMP_INTR`).

use std::os::fd::AsFd;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_DUMP_INTR};
use nix::errno::Errno;

use super::decode::Ruleset;
use super::error::{Error, Result};
use super::socket::{receive, send};
use super::uapi::message_type;
use crate::kernel::netfilter::attribute::{Attributes, Writer};
use crate::kernel::netfilter::message::{DONE, ERROR, Head, messages};
use crate::network::ruleset::Table;

/// `NFTA_GEN_ID` (`include/uapi/linux/netfilter/nf_tables.h`).
const GENERATION_ID: u16 = 1;

/// How often a dump is begun again before it is given up.
const TRIES: usize = 100;

/// The largest datagram that the kernel makes for a dump (`netlink_dump`, `net/netlink/af_netlink.c`).
const LARGEST: usize = 32 * 1024;

/// All tables of the socket's namespace, with their chains and rules. What netlab cannot put into nft's words is a name
/// in brackets; nothing is left out silently but sets, maps, objects and flow tables, and the temporary tables of a
/// [`Watch`](super::Watch).
///
/// # Errors
/// The kernel's refusal (no permission), or the socket's.
pub fn dump(socket: &impl AsFd) -> Result<Vec<Table>> {
    for _ in 0..TRIES {
        if let Some(ruleset) = read_all(socket)? {
            return Ok(ruleset.into_tables());
        }
    }
    Err(Error::Restless)
}

/// One attempt; `None` when the ruleset changed meanwhile.
fn read_all(socket: &impl AsFd) -> Result<Option<Ruleset>> {
    let mut ruleset = Ruleset::default();
    let mut buffer = vec![0; LARGEST];
    let before = generation(socket, &mut buffer)?;
    let mut steady =
        read(socket, libc::NFT_MSG_GETTABLE, &mut buffer, |family, attributes| ruleset.table(family, attributes))?;
    steady &=
        read(socket, libc::NFT_MSG_GETCHAIN, &mut buffer, |family, attributes| ruleset.chain(family, attributes))?;
    steady &= read(socket, libc::NFT_MSG_GETRULE, &mut buffer, |family, attributes| ruleset.rule(family, attributes))?;
    let same = before == generation(socket, &mut buffer)?;
    Ok((steady && same).then_some(ruleset))
}

/// The number of the last transaction.
fn generation(socket: &impl AsFd, buffer: &mut [u8]) -> Result<Vec<u8>> {
    let kind = message_type(libc::NFT_MSG_GETGEN);
    let mut w = Writer::with_capacity(32);
    w.message(Head { kind, flags: 0, sequence: u32::from(kind), family: 0, resource: 0 }, |_| ());
    send(socket, &w.bytes)?;

    let mut found = None;
    while let Some(datagram) = receive(socket, buffer)? {
        for message in messages(datagram) {
            if message.kind == ERROR && message.errno() != 0 {
                let (errno, detail) = (Errno::from_raw(message.errno()), message.error_text());
                return Err(Error::Refused { change: None, errno, detail });
            }
            if let Some((_, _, attributes)) = message.netfilter() {
                found = attributes.get(GENERATION_ID).map(<[u8]>::to_vec);
            }
        }
    }
    found.ok_or(Error::NoAnswer)
}

/// One dump; false when a transaction cut it in two.
fn read(
    socket: &impl AsFd,
    message: libc::c_int,
    buffer: &mut [u8],
    mut each: impl FnMut(u8, Attributes<'_>),
) -> Result<bool> {
    let kind = message_type(message);
    let mut w = Writer::with_capacity(32);
    w.message(Head { kind, flags: NLM_F_DUMP, sequence: u32::from(kind), family: 0, resource: 0 }, |_| ());
    send(socket, &w.bytes)?;

    let mut steady = true;
    while let Some(datagram) = receive(socket, buffer)? {
        for message in messages(datagram) {
            steady &= message.flags & NLM_F_DUMP_INTR == 0;
            match message.kind {
                ERROR | DONE if message.errno() != 0 => {
                    let (errno, detail) = (Errno::from_raw(message.errno()), message.error_text());
                    return Err(Error::Refused { change: None, errno, detail });
                }
                ERROR => {}
                DONE => return Ok(steady),
                _ => {
                    if let Some((family, _, attributes)) = message.netfilter() {
                        each(family, attributes);
                    }
                }
            }
        }
    }
    Err(Error::NoAnswer)
}
