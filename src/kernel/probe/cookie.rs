//! What makes a probe recognizable wherever it is seen, whatever is rewritten around it.
//!
//! ```text
//! ICMP, UDP   payload          [ the cookie, 4 bytes ][ the probe's number, 4 bytes ] 0 0 0 …
//! TCP         sequence number  [ the cookie, 3 bytes ][ the number, 1 byte ]     answered by an ACK of one more
//! ```
//!
//! NAT rewrites addresses and ports, an encapsulation puts headers in front, an ICMP error quotes: the cookie stays, and
//! stands at one of a few distances from the network header.

use std::fs::File;
use std::io::Read;

use crate::kernel::mark::Mark;
use crate::kernel::refusal::{Refusal, Result};

/// What the probes of one run have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie(u32);

/// The highest number of a probe: that of a TCP probe is one byte of its sequence number, and its answer has one more.
pub const HIGHEST: u32 = 254;

/// The bits of a sequence number that are the cookie's.
const OF_SEQUENCE: u32 = 0xffff_ff00;

/// Where a transport header can begin, in bytes from the network header: behind the IPv4 header (20 bytes, without options)
/// or IPv6's (40); behind those of a tunnel's outer packet, with VXLAN's UDP, VXLAN and Ethernet headers (8 + 8 + 14) or
/// with none; behind those of an ICMP error (20 + 8, 40 + 8) that quotes any of them.
const TRANSPORT: [u8; 14] = [20, 40, 48, 60, 68, 70, 80, 88, 90, 98, 110, 118, 138, 158];

/// Where things stand in a transport header (RFC 792, RFC 768, RFC 9293).
const PORTS: u8 = 0;
const SEQUENCE: u8 = 4;
const ACKNOWLEDGEMENT: u8 = 8;
const PAYLOAD: u8 = 8;

impl Cookie {
    /// Draws one by lot.
    ///
    /// # Errors
    /// When the kernel has no random numbers to give.
    pub fn draw() -> Result<Self> {
        draw().map(Cookie)
    }

    /// The identifier of an ICMP echo: never 0, which the kernel takes for none.
    pub fn id(self) -> u16 {
        (self.0 >> 16) as u16 | 1
    }

    /// The first bytes of the payload of this probe.
    pub fn payload(self, number: u32) -> [u8; 8] {
        ((u64::from(self.0) << 32) | u64::from(number)).to_be_bytes()
    }

    /// The number of the probe that begins with this payload, if it is one of this run.
    pub fn number_in(self, payload: &[u8]) -> Option<u32> {
        let word = u64::from_be_bytes(*payload.first_chunk::<8>()?);
        let number = word as u32;
        ((word >> 32) as u32 == self.0 && number <= HIGHEST).then_some(number)
    }

    /// The sequence number with which a TCP probe begins.
    pub fn sequence(self, number: u32) -> u32 {
        (self.0 & OF_SEQUENCE) | number
    }

    /// The number of the TCP probe that begins with this sequence number.
    pub fn number_of_sequence(self, sequence: u32) -> Option<u32> {
        (sequence & OF_SEQUENCE == self.0 & OF_SEQUENCE).then_some(sequence & !OF_SEQUENCE)
    }

    /// The marks by which ICMP and UDP probes, and what answers with their payload, are known.
    pub fn marks_of_payload(self) -> Vec<Mark> {
        TRANSPORT.map(|at| Mark { offset: at + PAYLOAD, bytes: self.0.to_be_bytes().into() }).into()
    }

    /// The marks by which TCP probes and their answers are known.
    pub fn marks_of_sequence(self) -> Vec<Mark> {
        let [a, b, c, _] = self.0.to_be_bytes();
        let mark = |offset| Mark { offset, bytes: vec![a, b, c] };
        TRANSPORT.into_iter().flat_map(|at| [mark(at + SEQUENCE), mark(at + ACKNOWLEDGEMENT)]).collect()
    }
}

/// A random number.
///
/// # Errors
/// When the kernel has none to give.
pub fn draw() -> Result<u32> {
    let mut bytes = [0; 4];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|e| Refusal::from_io("draw a random number", &e))?;
    Ok(u32::from_be_bytes(bytes))
}

/// The marks by which answers to a port are known; from which port they come may be translated on the way.
pub fn marks_of_port(destination: u16) -> Vec<Mark> {
    TRANSPORT.map(|at| Mark { offset: at + PORTS + 2, bytes: destination.to_be_bytes().into() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: Cookie = Cookie(0xdead_beef);

    #[test]
    fn a_probe_is_known_by_its_payload() {
        assert_eq!(COOKIE.payload(7), [0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 7]);
        assert_eq!(COOKIE.number_in(&[&COOKIE.payload(7)[..], b"more"].concat()), Some(7));
        assert_eq!(Cookie(1).number_in(&COOKIE.payload(7)), None);
        assert_eq!(COOKIE.number_in(b"short"), None);
    }

    #[test]
    fn a_tcp_probe_and_its_answer_are_known_by_their_numbers() {
        let sequence = COOKIE.sequence(HIGHEST);
        assert_eq!(COOKIE.number_of_sequence(sequence), Some(HIGHEST));
        assert_eq!(COOKIE.number_of_sequence(sequence + 1), Some(HIGHEST + 1));
        assert_eq!(COOKIE.number_of_sequence(sequence ^ 0x100), None);
    }
}
