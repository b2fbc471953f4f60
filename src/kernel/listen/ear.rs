//! The sockets with which to listen to one namespace.
//!
//! ```text
//! NETLINK_ROUTE       links, addresses, routes, rules, neighbours, forwarding
//! NETLINK_NETFILTER   nftables
//! ```

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::socket::SockProtocol;

use crate::kernel::news;

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

/// The sockets that listen to one namespace.
#[derive(Debug)]
pub struct Ear(Vec<OwnedFd>);

impl Ear {
    /// Listens to the namespace that the calling thread is in. A kernel without nftables has nothing to say of them.
    pub fn open() -> nix::Result<Self> {
        let mut sockets = vec![news::subscribe(SockProtocol::NetlinkRoute, &ROUTE_GROUPS)?];
        match news::subscribe(SockProtocol::NetlinkNetFilter, &NETFILTER_GROUPS) {
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
            any |= news::drain(socket)?;
        }
        Ok(any)
    }
}
