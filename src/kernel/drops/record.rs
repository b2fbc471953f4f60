//! What the program in the kernel writes about one dropped packet, and how it is read.
//!
//! ```text
//! 0        8          16      20         24         28      30        32
//! at       location   reason  namespace  interface  length  protocol  bytes …       256 bytes in all
//! ```
//!
//! All in the machine's byte order but for the protocol, which is as it stands in the packet, and the packet itself.

/// Where each field begins.
pub const AT: usize = 0;
pub const LOCATION: usize = 8;
pub const REASON: usize = 16;
pub const NAMESPACE: usize = 20;
pub const INTERFACE: usize = 24;
pub const LENGTH: usize = 28;
pub const PROTOCOL: usize = 30;
pub const BYTES: usize = 32;

/// How many bytes of the packet there are at most.
pub const MOST_BYTES: usize = 224;
/// How long a record is. It is made on the program's stack, which has 512 bytes.
pub const RECORD: usize = BYTES + MOST_BYTES;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `CLOCK_MONOTONIC` in ns.
    pub at: u64,
    pub location: u64,
    pub reason: u32,
    pub namespace: u32,
    pub interface: u32,
    pub protocol: u16,
    pub bytes: Vec<u8>,
}

impl Record {
    /// Reads a record; nothing where it is too short to be one.
    pub fn read(record: &[u8]) -> Option<Self> {
        let length = usize::from(u16::from_ne_bytes(part(record, LENGTH)?));
        let bytes = record.get(BYTES..)?;
        Some(Record {
            at: u64::from_ne_bytes(part(record, AT)?),
            location: u64::from_ne_bytes(part(record, LOCATION)?),
            reason: u32::from_ne_bytes(part(record, REASON)?),
            namespace: u32::from_ne_bytes(part(record, NAMESPACE)?),
            interface: u32::from_ne_bytes(part(record, INTERFACE)?),
            protocol: u16::from_be_bytes(part(record, PROTOCOL)?),
            bytes: bytes.get(..length).unwrap_or(bytes).to_vec(),
        })
    }
}

fn part<const SIZE: usize>(record: &[u8], at: usize) -> Option<[u8; SIZE]> {
    record.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut record = [0_u8; RECORD];
        record[AT..LOCATION].copy_from_slice(&7_u64.to_ne_bytes());
        record[LOCATION..REASON].copy_from_slice(&0xffff_ffff_8100_0000_u64.to_ne_bytes());
        record[REASON..NAMESPACE].copy_from_slice(&3_u32.to_ne_bytes());
        record[NAMESPACE..INTERFACE].copy_from_slice(&4_026_532_000_u32.to_ne_bytes());
        record[INTERFACE..LENGTH].copy_from_slice(&2_u32.to_ne_bytes());
        record[LENGTH..PROTOCOL].copy_from_slice(&4_u16.to_ne_bytes());
        record[PROTOCOL..BYTES].copy_from_slice(&[0x08, 0x00]);
        record[BYTES..BYTES + 4].copy_from_slice(b"\x45\0\0\x1c");
        let read = Record::read(&record).unwrap();
        assert_eq!((read.at, read.reason, read.interface, read.protocol), (7, 3, 2, 0x0800));
        assert_eq!((read.location, read.namespace), (0xffff_ffff_8100_0000, 4_026_532_000));
        assert_eq!(read.bytes, b"\x45\0\0\x1c");
    }

    #[test]
    fn a_length_that_lies_reads_what_there_is() {
        let mut record = [0_u8; RECORD];
        record[LENGTH..PROTOCOL].copy_from_slice(&u16::MAX.to_ne_bytes());
        assert_eq!(Record::read(&record).unwrap().bytes.len(), MOST_BYTES);
        assert_eq!(Record::read(&record[..BYTES - 1]), None);
        assert_eq!(Record::read(&[]), None);
    }
}
