//! A machine's raw ICMP sockets, one for each family.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, recvfrom, sendto, socket,
};

use super::{Shot, Told};
use crate::kernel::echo::{self, Echo};
use crate::kernel::netns::within;
use crate::kernel::option;
use crate::kernel::probe::{Heard, errors, icmp};
use crate::kernel::refusal::{Refusal, Result};
use crate::names::MachineName;

/// How large a socket's buffer may become, where that is allowed.
const BUFFER: libc::c_int = 4 << 20;

/// The longest IPv4 header, an echo's header, and what a shot is known by.
const ENOUGH: usize = 60 + echo::HEADER + 8;

/// The sockets.
#[derive(Debug)]
pub struct Ear {
    v4: OwnedFd,
    v6: OwnedFd,
}

/// What is heard.
#[derive(Debug, Clone, Copy)]
pub enum Sound<'a> {
    /// A request that arrived here.
    Request {
        /// Its source address.
        from: IpAddr,
        /// What it carries.
        payload: &'a [u8],
    },
    /// A reply.
    Reply {
        /// What it carries.
        payload: &'a [u8],
    },
    /// An error.
    Error {
        /// Which.
        told: Told,
        /// What was sent.
        payload: &'a [u8],
    },
}

impl<'a> Sound<'a> {
    /// What the request carried.
    pub fn payload(&self) -> &'a [u8] {
        match self {
            Sound::Request { payload, .. } | Sound::Reply { payload } | Sound::Error { payload, .. } => payload,
        }
    }
}

impl Ear {
    /// Opens them in a machine; the calling thread is at home afterwards.
    pub fn open(machine: &MachineName) -> Result<Self> {
        let open = |ipv6| open(ipv6).map_err(|e| Refusal::new("open a raw socket", e));
        within(machine, || Ok(Ear { v4: open(false)?, v6: open(true)? }))
    }

    /// Both, and whether it is of IPv6.
    pub fn sockets(&self) -> impl Iterator<Item = (bool, &OwnedFd)> {
        [(false, &self.v4), (true, &self.v6)].into_iter()
    }

    /// Sends a request.
    pub fn send(&self, shot: &Shot, id: u16, payload: &[u8]) -> std::result::Result<(), Errno> {
        let ipv6 = shot.to.is_ipv6();
        let socket = if ipv6 { &self.v6 } else { &self.v4 };
        option::fragmentation(socket, ipv6, shot.dont_fragment)?;
        let message = echo::request(ipv6, id, 1, payload);
        let to = SockaddrStorage::from(SocketAddr::new(shot.to, 0));
        loop {
            match sendto(socket.as_raw_fd(), &message, &to, MsgFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

fn open(ipv6: bool) -> nix::Result<OwnedFd> {
    let (family, protocol, level, errors) = match ipv6 {
        true => (AddressFamily::Inet6, SockProtocol::IcmpV6, libc::SOL_IPV6, libc::IPV6_RECVERR),
        false => (AddressFamily::Inet, SockProtocol::Icmp, libc::SOL_IP, libc::IP_RECVERR),
    };
    let socket = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, protocol)?;
    option::set(&socket, level, errors, 1)?;
    if !ipv6 {
        echo::hear_only(&socket, &[echo::REQUEST, echo::REPLY])?;
    }
    // Only root of the whole machine may have more than `net.core.rmem_max`; less is enough, and slower.
    if option::set(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, BUFFER).is_err() {
        option::set(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, BUFFER)?;
    }
    Ok(socket)
}

/// Tells of all echoes that wait.
pub fn read(ipv6: bool, socket: &OwnedFd, hear: &mut dyn FnMut(Sound<'_>)) {
    let mut buffer = [0; ENOUGH];
    loop {
        match recvfrom::<SockaddrStorage>(socket.as_raw_fd(), &mut buffer) {
            Ok((length, from)) => {
                let packet = buffer.get(..length).unwrap_or(&buffer);
                let from = from.as_ref().and_then(icmp::address);
                if let (Some(Echo { asks, payload, .. }), Some(from)) = (Echo::read(ipv6, packet), from) {
                    hear(if asks { Sound::Request { from, payload } } else { Sound::Reply { payload } });
                }
            }
            Err(Errno::EAGAIN) => return,
            // An error that waits is told once; the error queue has it.
            Err(_) => {}
        }
    }
}

/// Tells of all errors that wait.
pub fn errors(socket: &OwnedFd, hear: &mut dyn FnMut(Sound<'_>)) {
    errors::each(socket, &mut |heard, sent| {
        if let (Heard::Error { errno, from, mtu, .. }, Some(payload)) = (heard, sent.get(echo::HEADER..)) {
            hear(Sound::Error { told: Told { errno, from, mtu }, payload });
        }
    });
}
