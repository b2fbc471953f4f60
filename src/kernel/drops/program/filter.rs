//! Which packets are wanted: the part of the program that compares marks.
//!
//! ```text
//! mark a1b2c3d4 at 50:  r1 = 2 bytes at 50,  if r1 != a1b2 the next mark
//!                       r1 = 2 bytes at 52,  if r1 == c3d4 wanted
//! ```

use super::{RECORD, in_packet};
use crate::kernel::drops::assembler::{Code, FRAME, If, Label, R1, R9, Size};
use crate::kernel::drops::record;
use crate::kernel::mark::Mark;

/// In IPv6's header and behind it: `include/uapi/linux/ipv6.h`, and RFC 4861 for the types.
const NEXT_HEADER: u16 = 6;
const ICMPV6_TYPE: u16 = 40;
const NEIGHBOUR_DISCOVERY: (u32, u32) = (133, 137);

/// Goes to `wanted` with a packet that has one of the marks, and with ARP and neighbour discovery in any case: when these
/// are dropped nothing else is sent. R9 is lost.
pub fn filter(code: &mut Code, marks: &[Mark], wanted: Label) -> Option<()> {
    code.load(Size::Two, R9, FRAME, RECORD + record::PROTOCOL as i16);
    code.jump_32(If::Equal, R9, in_packet(libc::ETH_P_ARP), wanted);
    for mark in marks {
        let other = code.label();
        let mut rest: &[u8] = &mark.bytes;
        let mut at = u16::from(mark.offset);
        // The stack can only be read in pieces that stand at multiples of their size.
        while !rest.is_empty() {
            let (size, length, value) = match rest {
                [a, b, c, d] if at.is_multiple_of(4) => (Size::Four, 4, u32::from_ne_bytes([*a, *b, *c, *d])),
                [a, b, ..] if at.is_multiple_of(2) => (Size::Two, 2, u16::from_ne_bytes([*a, *b]).into()),
                _ => (Size::One, 1, u32::from(*rest.first()?)),
            };
            load_packet(code, size, at)?;
            rest = rest.get(length..)?;
            at = at.checked_add(length as u16)?;
            let (condition, target) = if rest.is_empty() { (If::Equal, wanted) } else { (If::NotEqual, other) };
            code.jump_32(condition, R1, value, target);
        }
        code.bind(other);
    }
    let other = code.label();
    code.jump_32(If::NotEqual, R9, in_packet(libc::ETH_P_IPV6), other);
    load_packet(code, Size::One, NEXT_HEADER)?;
    code.jump_32(If::NotEqual, R1, libc::IPPROTO_ICMPV6 as u32, other);
    load_packet(code, Size::One, ICMPV6_TYPE)?;
    code.jump_32(If::Above, R1, NEIGHBOUR_DISCOVERY.1, other);
    code.jump_32(If::Above, R1, NEIGHBOUR_DISCOVERY.0 - 1, wanted);
    code.bind(other);
    Some(())
}

/// `r1 =` what the packet has there; nothing where that is behind what is copied of it.
fn load_packet(code: &mut Code, size: Size, at: u16) -> Option<()> {
    let length = match size {
        Size::One => 1,
        Size::Two => 2,
        Size::Four => 4,
        Size::Eight => 8,
    };
    (usize::from(at) + length <= record::MOST_BYTES).then_some(())?;
    code.load(size, R1, FRAME, RECORD + record::BYTES as i16 + at as i16);
    Some(())
}
