//! A mark by which a packet is known: some bytes, so many bytes behind its network header.
//!
//! ```text
//! Mark { offset: 28, bytes: a1 b2 c3 d4 }
//!   packet socket  ld [network + 28], jeq 0xa1b2c3d4        nft   @nh,224,32 0xa1b2c3d4
//!   eBPF           two loads, two comparisons
//! ```

/// Bytes that a packet has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where, in bytes from the network header.
    pub offset: u8,
    /// What: one to sixteen bytes, of which a packet socket compares the first four.
    pub bytes: Vec<u8>,
}

impl Mark {
    /// The bytes as the first ones of a number of 32 bits in network byte order, and the bits of it that count.
    pub fn word(&self) -> (u32, u32) {
        let mut value = [0; 4];
        let mut mask = [0; 4];
        for (place, byte) in self.bytes.iter().enumerate().take(4) {
            (value[place], mask[place]) = (*byte, u8::MAX);
        }
        (u32::from_be_bytes(value), u32::from_be_bytes(mask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_bytes_are_a_masked_word() {
        let word = |bytes: &[u8]| Mark { offset: 0, bytes: bytes.to_vec() }.word();
        assert_eq!(word(&[1, 2, 3, 4]), (0x0102_0304, u32::MAX));
        assert_eq!(word(&[1, 2, 3]), (0x0102_0300, 0xffff_ff00));
    }
}
