//! Netlink attributes, written and read.
//!
//! ```text
//! length type  value               padding
//! 0b 00  01 00 6e 65 74 6c 61 62 00  00      NFTA_TABLE_NAME "netlab"
//! ```
//!
//! A value is bytes, or attributes again. Integers of nftables are big-endian; the length and the type are in the
//! machine's order. Reading never fails: what is cut off or out of shape ends the iteration, and whoever needs a missing
//! attribute says so.

use std::borrow::Cow;

use netlink_packet_core::{NLA_F_NESTED, NLA_HEADER_SIZE, NLA_TYPE_MASK};

/// Writes messages and attributes one behind the other into one buffer.
#[derive(Debug)]
pub struct Writer {
    /// What has been written.
    pub bytes: Vec<u8>,
    /// Whether a value did not fit the 16 bits of its length; the bytes are of no use then.
    pub overflowed: bool,
}

impl Writer {
    /// An empty buffer with room for this many bytes.
    pub fn with_capacity(room: usize) -> Self {
        Writer { bytes: Vec::with_capacity(room), overflowed: false }
    }

    /// An attribute of bytes.
    pub fn put(&mut self, kind: u16, value: &[u8]) {
        self.attribute(kind, |w| w.bytes.extend_from_slice(value));
    }

    /// An attribute of text, which ends in a zero byte.
    pub fn text(&mut self, kind: u16, value: &str) {
        self.attribute(kind, |w| {
            w.bytes.extend_from_slice(value.as_bytes());
            w.bytes.push(0);
        });
    }

    /// An attribute of a number.
    pub fn number(&mut self, kind: u16, value: u32) {
        self.put(kind, &value.to_be_bytes());
    }

    /// An attribute of a number of 64 bits.
    pub fn long(&mut self, kind: u16, value: u64) {
        self.put(kind, &value.to_be_bytes());
    }

    /// An attribute of attributes.
    pub fn nested(&mut self, kind: u16, value: impl FnOnce(&mut Self)) {
        self.attribute(kind | NLA_F_NESTED, value);
    }

    fn attribute(&mut self, kind: u16, value: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        value(self);
        match u16::try_from(self.bytes.len() - start) {
            Ok(length) => self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes()),
            Err(_) => self.overflowed = true,
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// Bytes that are attributes.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a>(pub &'a [u8]);

impl<'a> Attributes<'a> {
    /// Each type and value, in order.
    pub fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (&[l0, l1, k0, k1], _) = rest.split_first_chunk::<NLA_HEADER_SIZE>()?;
            let length = usize::from(u16::from_ne_bytes([l0, l1]));
            let value = rest.get(NLA_HEADER_SIZE..length)?;
            // The last attribute may come without its padding.
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some((u16::from_ne_bytes([k0, k1]) & NLA_TYPE_MASK, value))
        })
    }

    /// The value of the first attribute of this type.
    pub fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.iter().find_map(|(k, value)| (k == kind).then_some(value))
    }

    /// The attributes within the first attribute of this type.
    pub fn nested(self, kind: u16) -> Option<Attributes<'a>> {
        self.get(kind).map(Attributes)
    }

    /// A number of 32 bits.
    pub fn number(self, kind: u16) -> Option<u32> {
        Some(u32::from_be_bytes(self.get(kind)?.try_into().ok()?))
    }

    /// A number of 64 bits.
    pub fn long(self, kind: u16) -> Option<u64> {
        Some(u64::from_be_bytes(self.get(kind)?.try_into().ok()?))
    }

    /// A text, up to its zero byte.
    pub fn text(self, kind: u16) -> Option<Cow<'a, str>> {
        self.get(kind).map(text)
    }
}

/// Text that ends at the first zero byte, if there is one.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut w = Writer::with_capacity(0);
        w.text(1, "netlab");
        w.nested(2, |w| w.number(3, 7));
        assert_eq!(&w.bytes[..12], b"\x0b\0\x01\0netlab\0\0");
        let all = Attributes(&w.bytes);
        assert_eq!(all.text(1).as_deref(), Some("netlab"));
        assert_eq!(all.nested(2).and_then(|inner| inner.number(3)), Some(7));
        assert_eq!(all.get(4), None);
    }

    #[test]
    fn a_length_that_lies_ends_the_reading() {
        for bytes in [&b"\x03\0\x01\0"[..], b"\x09\0\x01\0abcd", b"\0\0\0\0", b"\x04\0", b""] {
            assert_eq!(Attributes(bytes).iter().count(), 0, "{bytes:?}");
        }
        assert_eq!(Attributes(b"\x05\0\x01\0a").get(1), Some(&b"a"[..]));
    }

    #[test]
    fn too_long_a_value_is_noticed() {
        let mut w = Writer::with_capacity(0);
        w.put(1, &[0; 65_536]);
        assert!(w.overflowed);
    }
}
