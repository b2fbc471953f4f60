//! The filter of a packet socket: classic BPF, run by the kernel for every frame before it is copied.
//!
//! ```text
//!   ldh [-16384 … protocol]   ARP?                                  ─▶ take
//!   ldb [network + 6]         IPv6 whose next header is ICMPv6,
//!   ldb [network + 40]        of type 133 to 137?                   ─▶ take
//!   len ≥ offset + 4, ld [network + offset], and mask, jeq value?   ─▶ take        one such for each mark
//!   ret 0
//! ```
//!
//! Offsets count from the network header (`SKF_NET_OFF`), so links with and without a link header are alike. A load beyond
//! a packet's end would end the program, so the length is asked first.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;

use crate::kernel::mark::Mark;

/// Take the whole frame.
const ALL: u32 = u32::MAX;

/// Offsets that are negative ask for something beside the packet (`SKF_AD_OFF`), or count from the network header
/// (`SKF_NET_OFF`, `include/uapi/linux/filter.h`).
const PROTOCOL: u32 = libc::SKF_AD_OFF.wrapping_add(libc::SKF_AD_PROTOCOL).cast_unsigned();
const NETWORK: u32 = libc::SKF_NET_OFF.cast_unsigned();

const LOAD_HALF: u32 = libc::BPF_LD | libc::BPF_H | libc::BPF_ABS;
const LOAD_BYTE: u32 = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
const LOAD_WORD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const LOAD_LENGTH: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_LEN;
const AND: u32 = libc::BPF_ALU | libc::BPF_AND | libc::BPF_K;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_AT_LEAST: u32 = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// The longest link header of what a lab is made of: Ethernet's. A frame this much longer than the offset has the word.
const LINK_HEADER: u32 = 14;

/// The program.
fn program(marks: &[Mark]) -> Vec<libc::sock_filter> {
    let mut code = Vec::new();
    let mut step = |operation: u32, jump: (u8, u8), k: u32| {
        code.push(libc::sock_filter { code: operation as u16, jt: jump.0, jf: jump.1, k });
    };
    step(LOAD_HALF, (0, 0), PROTOCOL);
    step(IF_EQUAL, (0, 1), libc::ETH_P_ARP as u32);
    step(RETURN, (0, 0), ALL);
    step(IF_EQUAL, (0, 6), libc::ETH_P_IPV6 as u32);
    step(LOAD_BYTE, (0, 0), NETWORK + 6);
    step(IF_EQUAL, (0, 4), libc::IPPROTO_ICMPV6 as u32);
    step(LOAD_BYTE, (0, 0), NETWORK + 40);
    step(IF_AT_LEAST, (0, 2), ROUTER_SOLICITATION);
    step(IF_AT_LEAST, (1, 0), REDIRECT + 1);
    step(RETURN, (0, 0), ALL);
    for mark in marks {
        let offset = u32::from(mark.offset);
        let (value, mask) = mark.word();
        step(LOAD_LENGTH, (0, 0), 0);
        step(IF_AT_LEAST, (0, 4), LINK_HEADER + offset + 4);
        step(LOAD_WORD, (0, 0), NETWORK + offset);
        step(AND, (0, 0), mask);
        step(IF_EQUAL, (0, 1), value);
        step(RETURN, (0, 0), ALL);
    }
    step(RETURN, (0, 0), 0);
    code
}

/// ICMPv6 types of neighbour discovery, first and last (RFC 4861, section 4).
const ROUTER_SOLICITATION: u32 = 133;
const REDIRECT: u32 = 137;

/// Puts the filter on a socket.
pub(super) fn attach(socket: &OwnedFd, marks: &[Mark]) -> nix::Result<()> {
    let mut code = program(marks);
    let length = u16::try_from(code.len()).map_err(|_| Errno::EINVAL)?;
    let program = libc::sock_fprog { len: length, filter: code.as_mut_ptr() };
    // SAFETY: the program and its instructions live through the call, and their number is right.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of_val(&program) as libc::socklen_t,
        )
    };
    Errno::result(done).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_stay_within_the_program_and_it_ends() {
        let marks = [Mark { offset: 28, bytes: vec![0, 0, 0, 7] }, Mark { offset: 48, bytes: vec![1, 2, 3] }];
        let code = program(&marks);
        for (place, step) in code.iter().enumerate() {
            let farthest = place + 1 + usize::from(step.jt.max(step.jf));
            assert!(u32::from(step.code) == RETURN || farthest < code.len(), "{place}");
        }
        assert_eq!(code.last().map(|step| (u32::from(step.code), step.k)), Some((RETURN, 0)));
    }
}
