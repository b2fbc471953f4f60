//! What a program in the background stands on: its link, and of a server the address that it serves from.
//!
//! ```text
//! ip -n node-1 link del cni0 ──▶ RTM_DELADDR 10.244.1.1/24 ──▶ is 10.244.1.1/24 on cni0 (index 5) still? ──▶ it ends
//! ```
//!
//! A socket that is bound to a link goes on being open when the link has gone, and is deaf: another link of that name has
//! another number. And a server whose link has another address now would give addresses that lead nowhere.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ipnetwork::Ipv4Network;
use nix::errno::Errno;
use nix::sys::socket::SockProtocol;

use super::interface::Interface;
use crate::kernel::news;
use crate::kernel::refusal::{Refusal, Result};

/// A link, and an address of it, that there is news of when they go.
#[derive(Debug)]
pub struct Ground {
    interface: Interface,
    address: Option<Ipv4Network>,
    news: OwnedFd,
}

impl Ground {
    /// Begins to watch a link, and an address if that has to be on it.
    ///
    /// # Errors
    /// `ENODEV` when they are gone already.
    pub fn watch(interface: &Interface, address: Option<Ipv4Network>) -> Result<Self> {
        let doing = || format!("watch the link {}", interface.name);
        // Of a link that goes the addresses are taken away before, one by one.
        let group = if address.is_some() { libc::RTNLGRP_IPV4_IFADDR } else { libc::RTNLGRP_LINK };
        let news =
            news::subscribe(SockProtocol::NetlinkRoute, &[group]).map_err(|errno| Refusal::new(doing(), errno))?;
        let ground = Ground { interface: interface.clone(), address, news };
        // Listen first, then look.
        if ground.is_gone() { Err(Refusal::new(doing(), Errno::ENODEV)) } else { Ok(ground) }
    }

    /// Whether it has gone; the news is read.
    pub fn is_gone(&self) -> bool {
        let _ = news::drain(&self.news);
        match (self.interface.addresses(), self.address) {
            (Err(refusal), _) => refusal.errno == Errno::ENODEV,
            (Ok(there), Some(address)) => !there.contains(&address),
            (Ok(_), None) => false,
        }
    }
}

/// There is news when it can be read.
impl AsFd for Ground {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.news.as_fd()
    }
}
