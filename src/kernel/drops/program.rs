//! The program that the kernel runs whenever it frees a packet that went nowhere.
//!
//! ```text
//! kfree_skb(skb, location, reason, receiver)
//!   reason says it was no drop ─▶ end
//!   neither IPv4 nor IPv6 nor ARP ─▶ end
//!   copy the bytes from the network header onwards
//!   no word fits, nor is it ARP or neighbour discovery ─▶ end
//!   the interface, the namespace, the time ─▶ into the ring
//! ```
//!
//! All drops of the machine come by here. The record is made on the stack and copied into the ring only when it is
//! wanted: what is reserved in a ring and then discarded would take up room there until somebody reads.

mod filter;

use super::assembler::{Code, FRAME, If, R0, R1, R2, R3, R4, R6, R7, R8, R9, Register, Size};
use super::layout::Layout;
use super::record;
use crate::kernel::mark::Mark;

/// Functions of the kernel for programs: `BPF_FUNC_*`, `include/uapi/linux/bpf.h`.
mod helper {
    pub const KTIME_GET_NS: i32 = 5;
    pub const PROBE_READ_KERNEL: i32 = 113;
    pub const RINGBUF_OUTPUT: i32 = 130;
}

/// Where in the context the tracepoint's arguments stand.
const PACKET: i16 = 0;
const LOCATION: i16 = 8;
const REASON: i16 = 16;
const RECEIVER: i16 = 24;

/// The record's place on the stack, and below it one for a number on its way into a register.
const RECORD: i16 = -(record::RECORD as i16);
const SCRATCH: i16 = RECORD - 8;

/// Makes the program; nothing where the marks are too many or too far behind. The ring is a map's descriptor.
pub fn program(layout: &Layout, marks: &[Mark], ring: i32) -> Option<Vec<u64>> {
    let mut code = Code::default();
    let (wanted, end) = (code.label(), code.label());

    // R6 is the context, R7 the packet.
    code.copy(R6, R1);
    code.load(Size::Eight, R7, R6, PACKET);
    code.load(Size::Four, R8, R6, REASON);
    for reason in &layout.not_dropped {
        code.jump_32(If::Equal, R8, *reason, end);
    }
    fetch(&mut code, SCRATCH, 2, R7, layout.protocol);
    code.load(Size::Two, R9, FRAME, SCRATCH);
    let known = code.label();
    for protocol in [libc::ETH_P_IP, libc::ETH_P_IPV6, libc::ETH_P_ARP] {
        code.jump_32(If::Equal, R9, in_packet(protocol), known);
    }
    code.go(end);
    code.bind(known);

    for at in (RECORD..0).step_by(8) {
        code.store_number(Size::Eight, FRAME, at, 0);
    }
    code.store(Size::Four, FRAME, RECORD + record::REASON as i16, R8);
    code.store(Size::Two, FRAME, RECORD + record::PROTOCOL as i16, R9);
    copy_packet(&mut code, layout);
    if !marks.is_empty() {
        filter::filter(&mut code, marks, wanted)?;
        code.go(end);
    }
    code.bind(wanted);

    place(&mut code, layout);
    code.load(Size::Eight, R1, R6, LOCATION);
    code.store(Size::Eight, FRAME, RECORD + record::LOCATION as i16, R1);
    code.call(helper::KTIME_GET_NS);
    code.store(Size::Eight, FRAME, RECORD + record::AT as i16, R0);
    code.load_map(R1, ring);
    code.copy(R2, FRAME);
    code.add(R2, RECORD.into());
    code.set(R3, record::RECORD as i32);
    code.set(R4, 0);
    // Where the ring is full the packet is not told of: the reader sees that it was full.
    code.call(helper::RINGBUF_OUTPUT);
    code.bind(end);
    code.set(R0, 0);
    code.exit();
    code.finish()
}

/// Reads from the kernel's memory onto the stack; what cannot be read is 0.
fn fetch(code: &mut Code, to: i16, size: i32, base: Register, offset: i32) {
    code.set(R2, size);
    fetch_some(code, to, base, offset);
}

/// The same; R2 says how many bytes.
fn fetch_some(code: &mut Code, to: i16, base: Register, offset: i32) {
    code.copy(R1, FRAME);
    code.add(R1, to.into());
    code.copy(R3, base);
    code.add(R3, offset);
    code.call(helper::PROBE_READ_KERNEL);
}

/// Follows a pointer in the kernel's memory.
fn follow(code: &mut Code, to: Register, base: Register, offset: i32) {
    fetch(code, SCRATCH, 8, base, offset);
    code.load(Size::Eight, to, FRAME, SCRATCH);
}

/// Copies the packet from its network header to the end of its linear part, or as much of it as a record has room for.
fn copy_packet(code: &mut Code, layout: &Layout) {
    fetch(code, SCRATCH, 2, R7, layout.network_header);
    code.load(Size::Two, R9, FRAME, SCRATCH);
    follow(code, R8, R7, layout.head);
    code.add_register(R8, R9);
    fetch(code, SCRATCH, 4, R7, layout.tail);
    code.load(Size::Four, R2, FRAME, SCRATCH);
    code.subtract_register(R2, R9);
    let (some, few) = (code.label(), code.label());
    code.jump(If::SignedAbove, R2, 0, some);
    // The network header is not set, or behind the end.
    code.set(R2, 0);
    code.bind(some);
    code.jump(If::SignedBelow, R2, record::MOST_BYTES as i32, few);
    code.set(R2, record::MOST_BYTES as i32);
    code.bind(few);
    code.store(Size::Two, FRAME, RECORD + record::LENGTH as i16, R2);
    fetch_some(code, RECORD + record::BYTES as i16, R8, 0);
}

/// Where it was: the interface and its namespace; without an interface the namespace of the socket that sent the packet
/// or was to receive it.
fn place(code: &mut Code, layout: &Layout) {
    let (net, known) = (code.label(), code.label());
    let namespace = RECORD + record::NAMESPACE as i16;
    follow(code, R8, R7, layout.device);
    let without = code.label();
    code.jump(If::Equal, R8, 0, without);
    fetch(code, RECORD + record::INTERFACE as i16, 4, R8, layout.interface);
    follow(code, R8, R8, layout.device_net);
    // A packet in a socket's queue has something else in the interface's place (`dev_scratch`): that leads nowhere.
    code.jump(If::NotEqual, R8, 0, net);
    code.bind(without);
    follow(code, R8, R7, layout.socket);
    if layout.tells_receiver {
        let sent = code.label();
        code.jump(If::NotEqual, R8, 0, sent);
        code.load(Size::Eight, R8, R6, RECEIVER);
        code.bind(sent);
    }
    code.jump(If::Equal, R8, 0, known);
    follow(code, R8, R8, layout.socket_net);
    code.bind(net);
    fetch(code, namespace, 4, R8, layout.inode);
    code.bind(known);
}

/// A protocol as the machine reads it from a packet.
fn in_packet(protocol: libc::c_int) -> u32 {
    (protocol as u16).to_be().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout {
            protocol: 176,
            head: 192,
            tail: 184,
            network_header: 180,
            device: 16,
            socket: 24,
            interface: 224,
            device_net: 280,
            socket_net: 48,
            inode: 136,
            tells_receiver: true,
            not_dropped: vec![0, 1],
        }
    }

    fn mark(offset: u8) -> Mark {
        Mark { offset, bytes: vec![0, 0, 0, 7] }
    }

    /// What the kernel's verifier says of it is found out in `tests/drops.rs`.
    #[test]
    fn a_word_is_compared_in_pieces_that_stand_where_they_may() {
        let length = |offsets: &[u8]| {
            let marks: Vec<Mark> = offsets.iter().copied().map(mark).collect();
            program(&layout(), &marks, 3).unwrap().len()
        };
        let one = length(&[28]);
        assert_eq!(length(&[28, 32]), one + 2, "4");
        assert_eq!(length(&[28, 50]), one + 4, "2, 2");
        assert_eq!(length(&[28, 51]), one + 6, "1, 2, 1");
        assert_eq!(length(&[28, 49]), one + 6, "1, 2, 1");
    }

    #[test]
    fn a_word_behind_what_is_copied_is_none() {
        let last = record::MOST_BYTES as u8 - 4;
        assert!(program(&layout(), &[mark(last)], 3).is_some());
        for at in [last + 1, last + 4, u8::MAX] {
            assert_eq!(program(&layout(), &[mark(at)], 3), None, "{at}");
        }
    }
}
