//! Netlink messages of netfilter, written and read.
//!
//! ```text
//! nlmsghdr   length 60, type 0x0a00 (nftables, NEWTABLE), flags, sequence, port
//! nfgenmsg   family 2 (IPv4), version 0, resource
//! attributes NFTA_TABLE_NAME "netlab" …
//! ```

use netlink_packet_core::NLM_F_REQUEST;

use super::attribute::{Attributes, Writer};

/// `NLMSG_ERROR` (`include/uapi/linux/netlink.h`), which also acknowledges.
pub const ERROR: u16 = libc::NLMSG_ERROR as u16;
/// `NLMSG_DONE`: the end of a dump.
pub const DONE: u16 = libc::NLMSG_DONE as u16;

/// The length of `struct nlmsghdr` (`include/uapi/linux/netlink.h`).
const HEADER: usize = 16;
/// The length of `struct nfgenmsg` (`include/uapi/linux/netfilter/nfnetlink.h`).
const NETFILTER_HEADER: usize = 4;
/// `NLMSGERR_ATTR_MSG` (`include/uapi/linux/netlink.h`): an error in words.
const ERROR_TEXT: u16 = 1;

/// What stands in front of a message's attributes.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// The type: subsystem and message.
    pub kind: u16,
    /// Flags beside `NLM_F_REQUEST`.
    pub flags: u16,
    /// The number that its answer will bear.
    pub sequence: u32,
    /// `NFPROTO_*`.
    pub family: u8,
    /// For a batch the subsystem; in a dump the low bits of the ruleset's generation.
    pub resource: u16,
}

impl Writer {
    /// A message around these attributes.
    pub fn message(&mut self, head: Head, attributes: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&head.kind.to_ne_bytes());
        self.bytes.extend_from_slice(&(head.flags | NLM_F_REQUEST).to_ne_bytes());
        self.bytes.extend_from_slice(&head.sequence.to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&[head.family, 0]);
        self.bytes.extend_from_slice(&head.resource.to_be_bytes());
        attributes(self);
        match u32::try_from(self.bytes.len() - start) {
            Ok(length) => self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes()),
            Err(_) => self.overflowed = true,
        }
    }
}

/// A message as received.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The type.
    pub kind: u16,
    /// The flags.
    pub flags: u16,
    /// The number of the request that it answers.
    pub sequence: u32,
    body: &'a [u8],
}

/// The messages of a datagram, in order.
pub fn messages(datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let length = usize::try_from(number(rest, 0)?).ok()?;
        let body = rest.get(HEADER..length)?;
        let (kind, flags) = (short(rest, 4)?, short(rest, 6)?);
        let sequence = number(rest, 8)?;
        rest = rest.get(length.checked_next_multiple_of(4)?..).unwrap_or_default();
        Some(Message { kind, flags, sequence, body })
    })
}

impl<'a> Message<'a> {
    /// The family, the resource, and the attributes of a message of netfilter.
    pub fn netfilter(&self) -> Option<(u8, u16, Attributes<'a>)> {
        let (&[family, _version, r0, r1], rest) = self.body.split_first_chunk::<NETFILTER_HEADER>()?;
        Some((family, u16::from_be_bytes([r0, r1]), Attributes(rest)))
    }

    /// The errno in an `NLMSG_ERROR` or `NLMSG_DONE`, 0 for none.
    pub fn errno(&self) -> i32 {
        number(self.body, 0).map_or(0, |code| code.cast_signed().saturating_neg())
    }

    /// What the kernel says about an error in words. It stands behind a copy of the request, or behind just its header
    /// when the socket asked for capped errors.
    pub fn error_text(&self) -> Option<String> {
        if i32::from(self.flags) & libc::NLM_F_ACK_TLVS == 0 {
            return None;
        }
        let request = self.body.get(4..)?;
        let copied = match i32::from(self.flags) & libc::NLM_F_CAPPED {
            0 => usize::try_from(number(request, 0)?).ok()?.checked_next_multiple_of(4)?,
            _ => HEADER,
        };
        Attributes(request.get(copied..)?).text(ERROR_TEXT).map(|text| text.into_owned())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head { kind: 0x0a00, flags: 0, sequence: 9, family: 2, resource: 0x1234 };

    #[test]
    fn what_is_written_is_read() {
        let mut w = Writer::with_capacity(0);
        w.message(HEAD, |w| w.text(1, "netlab"));
        w.message(Head { sequence: 10, ..HEAD }, |_| ());
        let found: Vec<_> = messages(&w.bytes).collect();
        assert_eq!(
            found.iter().map(|m| (m.kind, m.flags, m.sequence)).collect::<Vec<_>>(),
            [(0x0a00, NLM_F_REQUEST, 9), (0x0a00, NLM_F_REQUEST, 10)]
        );
        let (family, resource, attributes) = found[0].netfilter().unwrap();
        assert_eq!((family, resource, attributes.text(1).as_deref()), (2, 0x1234, Some("netlab")));
    }

    #[test]
    fn an_error_speaks() {
        let mut w = Writer::with_capacity(0);
        w.text(ERROR_TEXT, "no such thing");
        let request_header = [&20_u32.to_ne_bytes()[..], &[0; 12]].concat();
        let flags = (libc::NLM_F_ACK_TLVS | libc::NLM_F_CAPPED) as u16;
        let body = [&(-17_i32).to_ne_bytes()[..], &request_header, &w.bytes].concat();
        let capped = Message { kind: 2, flags, sequence: 0, body: &body };
        assert_eq!((capped.errno(), capped.error_text().as_deref()), (17, Some("no such thing")));

        let body = [&(-17_i32).to_ne_bytes()[..], &request_header, &[0; 4], &w.bytes].concat();
        let whole = Message { kind: 2, flags: libc::NLM_F_ACK_TLVS as u16, sequence: 0, body: &body };
        assert_eq!(whole.error_text().as_deref(), Some("no such thing"));
        assert_eq!(Message { flags: 0, ..whole }.error_text(), None);
    }
}
