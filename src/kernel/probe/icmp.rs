//! Echo requests, through a raw socket.
//!
//! ```text
//! type 8 (IPv6: 128) · code 0 · checksum · identifier · sequence · cookie · zeroes
//! ```

use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, recvfrom, sendto};

use super::{Cookie, Heard, Question, errors};
use crate::kernel::mark::Mark;
use crate::kernel::option;

/// Types of echo request and reply (RFC 792, RFC 4443).
const REQUEST: u8 = 8;
const REPLY: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;

/// The length of an echo's header: type, code, checksum, identifier, sequence.
const HEADER: usize = 8;

/// `ICMP_FILTER` (`include/uapi/linux/icmp.h`), which libc lacks: a bit for each type that is kept out.
const ICMP_FILTER: libc::c_int = 1;

/// A raw socket.
#[derive(Debug)]
pub struct Prober {
    socket: OwnedFd,
    question: Question,
    cookie: Cookie,
}

impl Prober {
    pub(super) fn open(question: Question, cookie: Cookie) -> nix::Result<Self> {
        let ipv6 = question.to.is_ipv6();
        let protocol = if ipv6 { SockProtocol::IcmpV6 } else { SockProtocol::Icmp };
        let socket = question.socket(SockType::Raw, protocol)?;
        question.set_fragmentation(&socket)?;
        if !ipv6 {
            // A raw socket hears everybody's ICMP: replies are enough here. Errors come by the error queue.
            option::set(&socket, libc::SOL_RAW, ICMP_FILTER, !(1 << REPLY))?;
        }
        Ok(Prober { socket, question, cookie })
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        self.cookie.marks_of_payload()
    }

    pub(super) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    pub(super) fn send(&mut self, number: u32) -> Result<(), Errno> {
        let kind = if self.question.to.is_ipv6() { REQUEST_V6 } else { REQUEST };
        let sequence = (number as u16).wrapping_add(1);
        let mut message = vec![kind, 0, 0, 0];
        message.extend(self.cookie.id().to_be_bytes());
        message.extend(sequence.to_be_bytes());
        message.extend(self.question.payload(self.cookie, number));
        if self.question.to.is_ipv4() {
            // For ICMPv6 the kernel does it, as it alone knows the source address that is summed up too.
            let sum = checksum(&message);
            message.splice(2..4, sum.to_be_bytes());
        }
        loop {
            match sendto(self.socket.as_raw_fd(), &message, &self.question.address(0), MsgFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let cookie = self.cookie;
        // What was sent stands in the error queue from its ICMP header on.
        let mut heard = errors::drain(&self.socket, |sent| cookie.number_in(sent.get(HEADER..)?));
        // A raw socket is told of everybody's errors between these two addresses.
        heard.retain(|heard| !matches!(heard, Heard::Error { number: None, .. }));
        let mut buffer = vec![0; 66_000];
        loop {
            match recvfrom::<SockaddrStorage>(self.socket.as_raw_fd(), &mut buffer) {
                Ok((length, from)) => {
                    let packet = buffer.get(..length).unwrap_or_default();
                    heard.extend(
                        self.answer(packet)
                            .zip(from.as_ref().and_then(address))
                            .map(|(number, from)| Heard::Answer { number, from }),
                    );
                }
                Err(Errno::EAGAIN) => return heard,
                // An error that waits is told once; the queue has had it.
                Err(_) => {}
            }
        }
    }

    /// The number of the probe that this answers. IPv4 hands out the IP header too, IPv6 does not.
    fn answer(&self, packet: &[u8]) -> Option<u32> {
        let (message, reply) = match self.question.to.is_ipv6() {
            true => (packet, REPLY_V6),
            false => (packet.get(usize::from(packet.first()? & 0xf) * 4..)?, REPLY),
        };
        let ours = *message.first()? == reply && message.get(4..6)? == self.cookie.id().to_be_bytes();
        ours.then(|| self.cookie.number_in(message.get(HEADER..)?)).flatten()
    }
}

/// The address of a socket address.
pub(super) fn address(from: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = from.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
    v4.or_else(|| from.as_sockaddr_in6().map(|address| IpAddr::from(address.ip())))
}

/// The checksum of the internet protocols (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_a_message_with_its_checksum_is_zero() {
        let mut message = vec![8, 0, 0, 0, 0x12, 0x34, 0, 1, 1, 2, 3];
        let sum = checksum(&message);
        message.splice(2..4, sum.to_be_bytes());
        assert_eq!(checksum(&message), 0);
    }
}
