//! Sees what arrives in a machine, behind its last rule: a raw socket, which is given a copy of every segment and datagram.

use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, recvfrom, socket};

use crate::kernel::probe::{Cookie, icmp};
use crate::kernel::refusal::{Refusal, Result};

/// The longest IPv4 header, and a TCP header with its options.
const ENOUGH: usize = 120;

/// One raw socket.
#[derive(Debug)]
pub struct Ear {
    /// In which machine: its place in the list.
    pub at: usize,
    tcp: bool,
    ipv6: bool,
    socket: OwnedFd,
}

/// A segment or a datagram.
#[derive(Debug)]
pub struct Packet {
    /// Its source address.
    pub from: IpAddr,
    tcp: bool,
    transport: Vec<u8>,
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Ear {
    /// One for each of these kinds: whether TCP or UDP, and whether of IPv6; in the calling thread's namespace.
    pub fn open(at: usize, kinds: &[(bool, bool)]) -> Result<Vec<Self>> {
        let open = |(tcp, ipv6): &(bool, bool)| {
            let family = if *ipv6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
            let protocol = if *tcp { SockProtocol::Tcp } else { SockProtocol::Udp };
            let socket = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, protocol);
            let socket = socket.map_err(|errno| Refusal::new("open a raw socket", errno))?;
            Ok(Ear { at, tcp: *tcp, ipv6: *ipv6, socket })
        };
        kinds.iter().map(open).collect()
    }

    /// All that came since the last call.
    pub fn read(&self) -> Vec<Packet> {
        let mut packets = Vec::new();
        let mut buffer = [0; ENOUGH];
        loop {
            let (length, from) = match recvfrom::<SockaddrStorage>(self.socket.as_raw_fd(), &mut buffer) {
                Ok(received) => received,
                Err(Errno::EAGAIN) => return packets,
                Err(_) => continue,
            };
            let packet = buffer.get(..length).unwrap_or(&buffer);
            // IPv4 hands out the IP header too, IPv6 does not.
            let header = if self.ipv6 { 0 } else { packet.first().map_or(0, |byte| usize::from(byte & 0xf) * 4) };
            if let (Some(transport), Some(from)) = (packet.get(header..), from.as_ref().and_then(icmp::address)) {
                packets.push(Packet { from, tcp: self.tcp, transport: transport.to_vec() });
            }
        }
    }
}

impl Packet {
    /// Whether it is the first packet of the call with this cookie.
    pub fn is_of(&self, cookie: Cookie) -> bool {
        if self.tcp { is_syn(&self.transport, cookie) } else { is_datagram(&self.transport, cookie) }
    }
}

/// Where the flags stand in a TCP header, and SYN without ACK (RFC 9293, section 3.1).
const FLAGS: usize = 13;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn is_syn(segment: &[u8], cookie: Cookie) -> bool {
    let sequence = segment.get(4..).and_then(|rest| rest.first_chunk()).map(|bytes| u32::from_be_bytes(*bytes));
    let begins = segment.get(FLAGS).is_some_and(|flags| flags & (SYN | ACK) == SYN);
    begins && sequence.and_then(|sequence| cookie.number_of_sequence(sequence)) == Some(0)
}

fn is_datagram(datagram: &[u8], cookie: Cookie) -> bool {
    datagram.get(8..).and_then(|payload| cookie.number_in(payload)).is_some()
}
