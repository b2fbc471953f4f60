//! The socket.
//!
//! ```text
//! open()  in the namespace  →  OwnedFd  →  send(&fd, …), receive(&fd, …)  from anywhere
//! ```
//!
//! A netlink socket belongs to the namespace in which it was opened. The kernel handles a message while it is being
//! sent, so all answers are there when the send returns, and no receive ever needs to wait.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockProtocol};

use crate::kernel::netlink;

/// Opens a socket for netfilter in the calling thread's network namespace. Its errors come with the kernel's text
/// (`NETLINK_EXT_ACK`), and without a copy of the request (`NETLINK_CAP_ACK`).
///
/// # Errors
/// As socket(2) and setsockopt(2).
pub fn open() -> nix::Result<OwnedFd> {
    netlink::open(SockProtocol::NetlinkNetFilter)
}

/// Sends a datagram, whole.
pub fn send(socket: &impl AsFd, datagram: &[u8]) -> nix::Result<()> {
    loop {
        match nix::sys::socket::send(socket.as_fd().as_raw_fd(), datagram, MsgFlags::empty()) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Receives a datagram that is there, and says how long it is; `None` when there is none. `ENOBUFS` says that some were
/// dropped, because there were too many at once; the others can still be received.
pub fn receive(socket: &impl AsFd, buffer: &mut [u8]) -> nix::Result<Option<usize>> {
    loop {
        match nix::sys::socket::recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => return Ok(Some(length)),
            Err(Errno::EAGAIN) => return Ok(None),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
