//! To send a probe from a machine, as a program there would, and to hear what comes of it.
//!
//! ```text
//! Prober::open(question, cookie)   in the machine's namespace     an ordinary socket of the kernel's
//! prober.send(0)    ─▶ Ok, or the errno with which the kernel refuses
//! prober.hear()     ─▶ [Answer { number: 0, … }]  [Refused { … }]  [Error { EHOSTUNREACH, ICMP 3/1 from 10.244.1.1 }]
//! ```
//!
//! Routing, the choice of a source address, fragmentation and the TCP handshake are the kernel's own: a probe goes the way
//! of any other packet. ICMP goes through a raw socket, UDP through a connected one, and TCP through connect(2).

mod cookie;
pub(super) mod errors;
pub(super) mod icmp;
mod tcp;
mod udp;

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, socket};

use super::mark::Mark;
use super::option;
use super::refusal::{Refusal, Result};
pub use cookie::{Cookie, HIGHEST, draw};

/// What kind of packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// An echo request, of IPv4 or IPv6.
    Icmp,
    /// A SYN to this port.
    Tcp(u16),
    /// A datagram to this port.
    Udp(u16),
}

impl Protocol {
    /// Its number in an IP header (`IPPROTO_*`).
    pub fn number(self, ipv6: bool) -> u8 {
        let number = match self {
            Protocol::Icmp if ipv6 => libc::IPPROTO_ICMPV6,
            Protocol::Icmp => libc::IPPROTO_ICMP,
            Protocol::Tcp(_) => libc::IPPROTO_TCP,
            Protocol::Udp(_) => libc::IPPROTO_UDP,
        };
        number as u8
    }

    /// The port that it is for.
    pub fn port(self) -> Option<u16> {
        match self {
            Protocol::Icmp => None,
            Protocol::Tcp(port) | Protocol::Udp(port) => Some(port),
        }
    }
}

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// What kind of packet.
    pub protocol: Protocol,
    /// Where to.
    pub to: IpAddr,
    /// For a link-local address of IPv6 the index of the interface.
    pub scope: u32,
    /// Bytes of payload (not for TCP, whose SYN has none); at least those of the cookie.
    pub size: usize,
    /// How many routers it may pass, if not the kernel's default.
    pub ttl: Option<u8>,
    /// Whether it must not be fragmented.
    pub dont_fragment: bool,
}

/// What came of a probe, as the program that sent it learns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was answered.
    Answer {
        /// Which probe.
        number: u32,
        /// By whom.
        from: IpAddr,
    },
    /// Nobody listens on that port: a TCP RST came back.
    Refused {
        /// Which probe.
        number: u32,
    },
    /// An ICMP error came back, or the kernel itself gave up.
    Error {
        /// Which probe, if the error says so.
        number: Option<u32>,
        /// What a program is told.
        errno: Errno,
        /// ICMP type and code, if it was an ICMP message.
        icmp: Option<(u8, u8)>,
        /// Who sent that message.
        from: Option<IpAddr>,
        /// With `EMSGSIZE`, the MTU that is said to fit.
        mtu: u32,
    },
}

/// Sockets that send probes and hear of them. They belong to the namespace in which they were opened.
#[derive(Debug)]
pub enum Prober {
    /// With ICMP.
    Icmp(icmp::Prober),
    /// With UDP.
    Udp(udp::Prober),
    /// With TCP.
    Tcp(tcp::Prober),
}

impl Prober {
    /// Opens what is needed, in the calling thread's namespace.
    ///
    /// # Errors
    /// When the kernel gives no such socket. That there is no way to the destination is said by [`Prober::send`].
    pub fn open(question: Question, cookie: Cookie) -> Result<Self> {
        let opened = match question.protocol {
            Protocol::Icmp => icmp::Prober::open(question, cookie).map(Prober::Icmp),
            Protocol::Udp(port) => udp::Prober::open(question, port, cookie).map(Prober::Udp),
            Protocol::Tcp(port) => Ok(Prober::Tcp(tcp::Prober::new(question, port, cookie)?)),
        };
        opened.map_err(|errno| Refusal::new("open a socket for the probe", errno))
    }

    /// The marks by which its probes and their answers are known.
    pub fn marks(&self) -> Vec<Mark> {
        match self {
            Prober::Icmp(prober) => prober.marks(),
            Prober::Udp(prober) => prober.marks(),
            Prober::Tcp(prober) => prober.marks(),
        }
    }

    /// Sends a probe of this number (at most [`HIGHEST`]). Call it in the namespace: a TCP probe makes its socket then.
    ///
    /// # Errors
    /// What the kernel tells the program: `ENETUNREACH`, `EPERM`, `EMSGSIZE` … — the probe was not sent.
    pub fn send(&mut self, number: u32) -> std::result::Result<(), Errno> {
        match self {
            Prober::Icmp(prober) => prober.send(number),
            Prober::Udp(prober) => prober.send(number),
            Prober::Tcp(prober) => prober.send(number),
        }
    }

    /// What has come of the probes since the last call; never waits.
    pub fn hear(&mut self) -> Vec<Heard> {
        match self {
            Prober::Icmp(prober) => prober.hear(),
            Prober::Udp(prober) => prober.hear(),
            Prober::Tcp(prober) => prober.hear(),
        }
    }

    /// What to wait on: an event there means that there is something to hear.
    pub fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Prober::Icmp(prober) => vec![prober.socket().as_fd()],
            Prober::Udp(prober) => vec![prober.socket().as_fd()],
            Prober::Tcp(prober) => prober.sockets(),
        }
    }

    /// The port that it sends from, where all probes are sent from one.
    pub fn port(&self) -> Option<u16> {
        match self {
            Prober::Udp(prober) => Some(prober.port()),
            Prober::Icmp(_) | Prober::Tcp(_) => None,
        }
    }
}

impl Question {
    fn address(&self, port: u16) -> SockaddrStorage {
        let address = match SocketAddr::new(self.to, port) {
            SocketAddr::V6(mut address) => {
                address.set_scope_id(self.scope);
                SocketAddr::V6(address)
            }
            v4 @ SocketAddr::V4(_) => v4,
        };
        address.into()
    }

    /// The payload of a probe: the cookie, and zeroes.
    fn payload(&self, cookie: Cookie, number: u32) -> Vec<u8> {
        let mut payload = cookie.payload(number).to_vec();
        payload.resize(self.size.max(payload.len()), 0);
        payload
    }

    /// A socket that has the question's time to live and never waits.
    fn socket(&self, kind: SockType, protocol: impl Into<Option<SockProtocol>>) -> nix::Result<OwnedFd> {
        let ipv6 = self.to.is_ipv6();
        let family = if ipv6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
        let socket = socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, protocol)?;
        let (level, hops, errors) = match ipv6 {
            true => (libc::SOL_IPV6, libc::IPV6_UNICAST_HOPS, libc::IPV6_RECVERR),
            false => (libc::SOL_IP, libc::IP_TTL, libc::IP_RECVERR),
        };
        if let Some(ttl) = self.ttl {
            option::set(&socket, level, hops, ttl.into())?;
        }
        option::set(&socket, level, errors, 1)?;
        Ok(socket)
    }
}
