//! The sockets with which to listen to one namespace.
//!
//! ```text
//! NETLINK_ROUTE       links, addresses, routes, rules, neighbours, forwarding
//! NETLINK_NETFILTER   nftables
//! ```

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::RcvBuf;
use nix::sys::socket::{MsgFlags, NetlinkAddr, SockProtocol, bind, recv, setsockopt};

use crate::kernel::netlink;

/// The groups of rtnetlink, `include/uapi/linux/rtnetlink.h`. Group N is bit N - 1 of a socket's address.
const ROUTE_GROUPS: [u32; 13] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_NEIGH,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
    libc::RTNLGRP_IPV4_RULE,
    libc::RTNLGRP_IPV6_RULE,
    libc::RTNLGRP_IPV4_NETCONF,
    libc::RTNLGRP_IPV6_NETCONF,
    libc::RTNLGRP_IPV6_IFINFO,
    libc::RTNLGRP_IPV6_PREFIX,
    libc::RTNLGRP_NEXTHOP,
];

/// The group of nftables, `include/uapi/linux/netfilter/nfnetlink.h`.
const NETFILTER_GROUPS: [u32; 1] = [libc::NFNLGRP_NFTABLES as u32];

/// How many bytes of news wait at most (the kernel makes it some more). That there is news is all that matters, so there
/// is no use in keeping much of it, in a thousand namespaces at that.
const NEWS: usize = 4096;

/// How many pieces of news to throw away in one go; what is left is found the next time.
const MOST: usize = 10_000;

/// The sockets that listen to one namespace.
#[derive(Debug)]
pub struct Ear(Vec<OwnedFd>);

impl Ear {
    /// Listens to the namespace that the calling thread is in. A kernel without nftables has nothing to say of them.
    pub fn open() -> nix::Result<Self> {
        let mut sockets = vec![listen(SockProtocol::NetlinkRoute, &ROUTE_GROUPS)?];
        match listen(SockProtocol::NetlinkNetFilter, &NETFILTER_GROUPS) {
            Err(Errno::EPROTONOSUPPORT) => {}
            other => sockets.push(other?),
        }
        Ok(Ear(sockets))
    }

    /// Its sockets, to wait for.
    pub fn sockets(&self) -> impl Iterator<Item = &OwnedFd> {
        self.0.iter()
    }

    /// Throws away all news. Says whether there was any.
    pub fn drain(&self) -> nix::Result<bool> {
        let mut any = false;
        for socket in &self.0 {
            any |= drain(socket)?;
        }
        Ok(any)
    }
}

/// A socket with the news of some groups, in the calling thread's namespace.
pub fn listen(protocol: SockProtocol, groups: &[u32]) -> nix::Result<OwnedFd> {
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
