//! ICMP's echo, request and reply (RFC 792, RFC 4443).
//!
//! ```text
//! type 8 or 0 (IPv6: 128 or 129) · code 0 · checksum · identifier · sequence · what is to come back
//! ```

use std::os::fd::AsFd;

use super::option;

/// The types.
pub const REQUEST: u8 = 8;
/// See there.
pub const REPLY: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;

/// The length of an echo's header: type, code, checksum, identifier, sequence.
pub const HEADER: usize = 8;

/// `ICMP_FILTER` (`include/uapi/linux/icmp.h`), which libc lacks: a bit for each type that is kept out.
const ICMP_FILTER: libc::c_int = 1;

/// What a raw socket has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo<'a> {
    /// Whether it asks, or answers.
    pub asks: bool,
    /// Its identifier.
    pub id: u16,
    /// What is behind its header.
    pub payload: &'a [u8],
}

/// A request.
pub fn request(ipv6: bool, id: u16, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(HEADER + payload.len());
    message.extend([if ipv6 { REQUEST_V6 } else { REQUEST }, 0, 0, 0]);
    message.extend(id.to_be_bytes());
    message.extend(sequence.to_be_bytes());
    message.extend(payload);
    if !ipv6 {
        // For ICMPv6 the kernel does it, as it alone knows the source address that is summed up too.
        let sum = checksum(&message);
        message.splice(2..4, sum.to_be_bytes());
    }
    message
}

impl<'a> Echo<'a> {
    /// Reads what a raw socket gives: of IPv4 with the IP header, of IPv6 without.
    pub fn read(ipv6: bool, packet: &'a [u8]) -> Option<Self> {
        let message = match ipv6 {
            true => packet,
            false => packet.get(usize::from(packet.first()? & 0xf) * 4..)?,
        };
        let asks = match (*message.first()?, ipv6) {
            (REQUEST, false) | (REQUEST_V6, true) => true,
            (REPLY, false) | (REPLY_V6, true) => false,
            _ => return None,
        };
        let id = u16::from_be_bytes(*message.get(4..)?.first_chunk()?);
        Some(Echo { asks, id, payload: message.get(HEADER..)? })
    }
}

/// Lets a raw ICMP socket of IPv4 hear these types only. One of IPv6 hears everything: it has to be sorted out.
///
/// # Errors
/// As setsockopt(2).
pub fn hear_only(socket: &impl AsFd, types: &[u8]) -> nix::Result<()> {
    let wanted: libc::c_int = types.iter().map(|kind| 1 << kind).sum();
    option::set(socket, libc::SOL_RAW, ICMP_FILTER, !wanted)
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
        assert_eq!(checksum(&request(false, 0x1234, 1, &[1, 2, 3])), 0);
    }

    #[test]
    fn what_is_written_can_be_read() {
        let written = request(true, 7, 1, b"payload");
        assert_eq!(Echo::read(true, &written), Some(Echo { asks: true, id: 7, payload: b"payload" }));
        let packet = [&[0x45; 20][..], &request(false, 7, 1, b"payload")].concat();
        assert_eq!(Echo::read(false, &packet), Some(Echo { asks: true, id: 7, payload: b"payload" }));
        for cut in 0..28 {
            assert_eq!(Echo::read(false, &packet[..cut]), None, "{cut}");
        }
    }
}
