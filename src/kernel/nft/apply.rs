//! A transaction: sent, and answered.
//!
//! ```text
//! apply(&socket, &changes)  ── one sendmsg ──▶  kernel
//!                           ◀── ACK of the last change: all done
//!                           ◀── errors, each with its change's number: nothing done
//! ```

use std::os::fd::AsFd;

use nix::errno::Errno;

use super::change::Change;
use super::encode::{change_of, encode};
use super::error::{Error, Result};
use super::socket::{receive, send};
use crate::kernel::netfilter::message::{ERROR, messages};

/// Makes all changes, or none. The socket (from [`super::open`]) must have no answers outstanding.
///
/// # Errors
/// The first change that cannot be encoded or that the kernel refused, with its place among the changes.
pub fn apply(socket: &impl AsFd, changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    transact(socket, &encode(changes)?, changes.len())
}

/// Sends a transaction of so many changes, the last of which asks for an acknowledgement, and fetches all answers.
pub(super) fn transact(socket: &impl AsFd, transaction: &[u8], changes: usize) -> Result<()> {
    send(socket, transaction)?;

    // An answer is 36 bytes and a line of text; one datagram holds one answer.
    let mut buffer = [0; 4096];
    let mut done = false;
    let mut refused = None;
    while let Some(datagram) = receive(socket, &mut buffer)? {
        for message in messages(datagram).filter(|message| message.kind == ERROR) {
            match message.errno() {
                0 => done |= change_of(message.sequence) == changes.checked_sub(1),
                // The kernel tries every change even after a failure; the first error is the one that counts.
                errno if refused.is_none() => {
                    let errno = Errno::from_raw(errno);
                    refused = Some(Error::Refused {
                        change: change_of(message.sequence),
                        errno,
                        detail: message.error_text(),
                    });
                }
                _ => {}
            }
        }
        // After an error, the other answers are still to be fetched, so that the socket is clean for the next one.
        if done && refused.is_none() {
            return Ok(());
        }
    }
    Err(refused.unwrap_or(Error::NoAnswer))
}
