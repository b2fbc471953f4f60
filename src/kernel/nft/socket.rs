//! The socket.
//!
//! ```text
//! open()  in the namespace  →  OwnedFd  →  apply(&fd, …), dump(&fd)  from anywhere
//! ```
//!
//! A netlink socket belongs to the namespace in which it was opened. The kernel handles a message while it is being
//! sent, so all answers are there when the send returns, and no receive ever needs to wait.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockProtocol};

use super::error::{Error, Result};
use crate::kernel::netlink;

/// Opens a socket for nftables in the calling thread's network namespace. Its errors come with the kernel's text
/// (`NETLINK_EXT_ACK`), and without a copy of the request (`NETLINK_CAP_ACK`).
///
/// # Errors
/// As socket(2) and setsockopt(2).
pub fn open() -> Result<OwnedFd> {
    netlink::open(SockProtocol::NetlinkNetFilter).map_err(|errno| Error::Socket { doing: "open", errno })
}

/// Sends a datagram, whole.
pub(super) fn send(socket: &impl AsFd, datagram: &[u8]) -> Result<()> {
    loop {
        match nix::sys::socket::send(socket.as_fd().as_raw_fd(), datagram, MsgFlags::empty()) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::Socket { doing: "send", errno }),
        }
    }
}

/// Receives a datagram that is there; `None` when there is none.
pub(super) fn receive<'a>(socket: &impl AsFd, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>> {
    loop {
        match nix::sys::socket::recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => return Ok(buffer.get(..length)),
            Err(Errno::EAGAIN) => return Ok(None),
            // ENOBUFS: so many errors at once that some were dropped. The first ones are there.
            Err(Errno::EINTR | Errno::ENOBUFS) => {}
            Err(errno) => return Err(Error::Socket { doing: "receive", errno }),
        }
    }
}
