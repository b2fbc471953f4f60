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
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType};

use super::error::{Error, Result};

/// Opens a socket for nftables in the calling thread's network namespace. Its errors come with the kernel's text
/// (`NETLINK_EXT_ACK`), and without a copy of the request (`NETLINK_CAP_ACK`).
///
/// # Errors
/// As socket(2) and setsockopt(2).
pub fn open() -> Result<OwnedFd> {
    let (family, protocol) = (AddressFamily::Netlink, SockProtocol::NetlinkNetFilter);
    let fd = nix::sys::socket::socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)
        .map_err(|errno| Error::Socket { doing: "open", errno })?;
    for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
        let on: libc::c_int = 1;
        // SAFETY: the value is an int that lives through the call, and its size is given.
        let done = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::SOL_NETLINK,
                option,
                (&raw const on).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
        Errno::result(done).map_err(|errno| Error::Socket { doing: "set options", errno })?;
    }
    Ok(fd)
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
