//! A socket on which the kernel tells what changes in a namespace.
//!
//! ```text
//! subscribe(NETLINK_ROUTE, [RTNLGRP_LINK])     as `ip monitor link` does
//! poll ─▶ there is news ─▶ drain ─▶ look how it is now
//! ```
//!
//! What the news says is not read: it may be old, and some may be lost. It says when to look.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::RcvBuf;
use nix::sys::socket::{MsgFlags, NetlinkAddr, SockProtocol, bind, recv, setsockopt};

use super::netlink;

/// How many bytes of news wait at most (the kernel makes it some more). That there is news is all that matters, so there
/// is no use in keeping much of it, in a thousand namespaces at that.
const NEWS: usize = 4096;

/// How many pieces of news to throw away in one go; what is left is found the next time.
const MOST: usize = 10_000;

/// A socket with the news of some groups, in the calling thread's namespace.
pub fn subscribe(protocol: SockProtocol, groups: &[u32]) -> nix::Result<OwnedFd> {
    let socket = netlink::open(protocol)?;
    setsockopt(&socket, RcvBuf, &NEWS)?;
    let mask = groups.iter().fold(0, |mask, group| mask | 1 << (group - 1));
    bind(socket.as_raw_fd(), &NetlinkAddr::new(0, mask))?;
    Ok(socket)
}

/// Throws away the news of a socket. Says whether there was any.
pub fn drain(socket: &OwnedFd) -> nix::Result<bool> {
    // What does not fit into the buffer is thrown away with the rest of its datagram.
    let mut buffer = [0];
    for count in 0..MOST {
        match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            // ENOBUFS: there was more than fits. It is forgotten until the socket is empty, and so is all that is lost
            // up to then: who looks afterwards sees it.
            Ok(_) | Err(Errno::ENOBUFS | Errno::EINTR) => {}
            Err(Errno::EAGAIN) => return Ok(count > 0),
            Err(errno) => return Err(errno),
        }
    }
    Ok(true)
}
