//! The socket, with the errors of nftables.
//!
//! ```text
//! open()  in the namespace  →  OwnedFd  →  apply(&fd, …), dump(&fd)  from anywhere
//! ```

use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::error::{Error, Result};
use crate::kernel::netfilter::socket;

/// Opens a socket for nftables in the calling thread's network namespace. Its errors come with the kernel's text
/// (`NETLINK_EXT_ACK`), and without a copy of the request (`NETLINK_CAP_ACK`).
///
/// # Errors
/// As socket(2) and setsockopt(2).
pub fn open() -> Result<OwnedFd> {
    socket::open().map_err(|errno| Error::Socket { doing: "open", errno })
}

/// Sends a datagram, whole.
pub(super) fn send(socket: &impl AsFd, datagram: &[u8]) -> Result<()> {
    socket::send(socket, datagram).map_err(|errno| Error::Socket { doing: "send", errno })
}

/// Receives a datagram that is there; `None` when there is none.
pub(super) fn receive<'a>(socket: &impl AsFd, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>> {
    loop {
        match socket::receive(socket, buffer) {
            Ok(length) => return Ok(length.and_then(|length| buffer.get(..length))),
            // ENOBUFS: so many errors at once that some were dropped. The first ones are there.
            Err(Errno::ENOBUFS) => {}
            Err(errno) => return Err(Error::Socket { doing: "receive", errno }),
        }
    }
}
