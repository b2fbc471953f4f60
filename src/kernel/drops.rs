//! The kernel's own word on where it dropped a packet, and why.
//!
//! ```text
//! every drop of the machine:  kfree_skb ──▶ a program of netlab's ──▶ ring ──▶ Drops::read
//!                                           (program, assembler)      (ring)
//!                                            knows the kernel's structures from its own description (btf, layout)
//!
//!   IP_RPFILTER   in namespace 4026532247, at interface 2   by ip_rcv_finish_core+0x1c8   45 00 00 54 …
//! ```
//!
//! It takes root outside of any user namespace, and Linux 5.17, since which the kernel gives reasons. Nothing of it
//! stays: the program ends with the descriptors, and so with the process, however it ends.

mod assembler;
mod btf;
mod clock;
mod layout;
mod load;
mod program;
mod record;
mod ring;
mod symbols;

use std::fmt;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;

use self::btf::Unknown;
use self::clock::Clock;
use self::layout::{BTF, REASONS, Reasons};
use self::record::Record;
use self::ring::Ring;
pub use self::symbols::symbols;
use super::mark::Mark;
use super::refusal::{Refusal, Result};

/// How many bytes of a packet are told at most, from its network header onwards.
pub const MOST_BYTES: usize = record::MOST_BYTES;

/// One packet that the kernel dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// When, in ns of `CLOCK_REALTIME`, as the timestamps of packet sockets.
    pub at: u64,
    /// Where: the inode number of the network namespace, 0 where it is not known. It is the interface's; of a packet that
    /// has none, the namespace of the socket that sent it or was to receive it.
    pub namespace: u32,
    /// The index of the interface that the packet came in by or was to leave by, 0 where it has none.
    pub interface: u32,
    /// The protocol, as in an Ethernet header: `ETH_P_IP`, `ETH_P_IPV6` or `ETH_P_ARP`.
    pub protocol: u16,
    /// Why: a name of `enum skb_drop_reason` without its prefix (`NETFILTER_DROP`, `IP_RPFILTER`), of a subsystem as it
    /// is, and the number where it has no name.
    pub reason: String,
    /// The address of the code that dropped it; [`symbols()`] knows its name.
    pub location: u64,
    /// The packet from its network header onwards: what is in the linear part of the buffer, [`MOST_BYTES`] at most. Of a
    /// packet that was wrapped up (VXLAN) that begins with the outer header.
    pub bytes: Vec<u8>,
}

/// Why nothing is told of drops here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// This process may not load programs: an ordinary user, or root of a user namespace only.
    Forbidden,
    /// The kernel cannot do it; what it lacks.
    Kernel(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unavailable::Forbidden => write!(f, "only root may ask the kernel why it drops packets"),
            Unavailable::Kernel(lack) => write!(f, "this kernel does not tell why it drops packets: {lack}"),
        }
    }
}

/// Somebody who is told of every packet that is dropped, until this is dropped too.
#[derive(Debug)]
pub struct Drops {
    // It comes first: nothing is to be written into a ring that nobody reads.
    _link: OwnedFd,
    ring: Ring,
    reasons: Reasons,
    full: bool,
}

impl Drops {
    /// Begins to listen, to the drops of all namespaces.
    ///
    /// With marks, only to those of packets that have one of them. ARP and IPv6's neighbour discovery are told of in any
    /// case. Without a mark, all of IPv4, IPv6 and ARP are.
    ///
    /// The inner result says why the kernel tells nothing here, which is no fault.
    ///
    /// # Errors
    /// `EINVAL` where a mark is not within the first [`MOST_BYTES`] bytes; what is unexpected otherwise.
    pub fn attach(marks: &[Mark]) -> Result<std::result::Result<Self, Unavailable>> {
        if let Some(mark) = marks.iter().find(|mark| usize::from(mark.offset) + mark.bytes.len() > MOST_BYTES) {
            return Err(Refusal::new(format!("compare byte {} of dropped packets", mark.offset), Errno::EINVAL));
        }
        match attach(marks) {
            Ok(drops) => Ok(Ok(drops)),
            Err(Failed::Unavailable(why)) => Ok(Err(why)),
            Err(Failed::Refused(refusal)) => Err(refusal),
        }
    }

    /// What was dropped since the last time, in the kernel's order. It never waits.
    pub fn read(&mut self) -> Vec<Dropped> {
        let (mut dropped, clock, reasons) = (Vec::new(), Clock::now(), &mut self.reasons);
        let full = self.ring.read(record::RECORD, |bytes| {
            let Some(record) = Record::read(bytes) else { return };
            dropped.push(Dropped {
                at: clock.real(record.at),
                namespace: record.namespace,
                interface: record.interface,
                protocol: record.protocol,
                reason: reasons.name(record.reason),
                location: record.location,
                bytes: record.bytes,
            });
        });
        self.full |= full;
        dropped
    }

    /// Whether there was no more room at some time, so that packets may have been dropped which nobody was told of. There
    /// is room for about 4,000 between two calls of [`Drops::read`].
    pub fn overflowed(&self) -> bool {
        self.full
    }
}

/// It can be read (`POLLIN`) when something was dropped.
impl AsFd for Drops {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

/// What older kernels lack.
const NO_REASONS: &str = "it gives no reasons (Linux 5.17)";

/// Why it did not work.
enum Failed {
    Unavailable(Unavailable),
    Refused(Refusal),
}

fn attach(marks: &[Mark]) -> std::result::Result<Drops, Failed> {
    let doing = "have the kernel tell of dropped packets";
    let lacks = |what: &str| Failed::Unavailable(Unavailable::Kernel(what.to_owned()));
    let failed = |errno| match errno {
        // Before Linux 5.11 it may also mean that the ring is more memory than may be locked.
        Errno::EPERM if release().is_some_and(|release| release < (5, 11)) => lacks(NO_REASONS),
        Errno::EPERM | Errno::EACCES => Failed::Unavailable(Unavailable::Forbidden),
        Errno::ENOSYS => lacks("it has no bpf(2)"),
        _ => Failed::Refused(Refusal::new(doing, errno)),
    };
    if cfg!(not(target_pointer_width = "64")) {
        return Err(lacks("netlab knows those of 64 bits only"));
    }
    // First what is refused soonest.
    let ring = Ring::new().map_err(|errno| match errno {
        Errno::EINVAL => lacks("it has no ring buffers for programs (Linux 5.8)"),
        _ => failed(errno),
    })?;
    let description = layout::read().map_err(|e| lacks(&format!("{BTF}: {e}")))?;
    let (layout, reasons) = layout::learn(&description).map_err(|unknown| match unknown {
        Unknown::Missing(name) if name == REASONS => lacks(NO_REASONS),
        unknown => lacks(&format!("{BTF}: {unknown}")),
    })?;
    let program = program::program(&layout, marks, ring.as_fd().as_raw_fd());
    let program = program.ok_or_else(|| Failed::Refused(Refusal::new(doing, Errno::E2BIG)))?;
    let program = load::program(&program).map_err(|(errno, said)| match errno {
        // Where it is locked down the verifier knows no such function.
        _ if said.contains("bpf_probe_read_kernel") && errno == Errno::EINVAL => {
            lacks("programs may not read its memory (kernel_lockdown(7))")
        }
        Errno::EPERM => failed(errno),
        _ => Failed::Refused(Refusal::new(doing, errno).with_detail(last_lines(&said))),
    })?;
    let link = load::attach(c"kfree_skb", program.as_fd()).map_err(failed)?;
    Ok(Drops { _link: link, ring, reasons, full: false })
}

/// The kernel's version: 6.18.
fn release() -> Option<(u32, u32)> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// Where the verifier says what it dislikes: at the end.
fn last_lines(said: &str) -> Option<String> {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(3)..)?;
    (!last.is_empty()).then(|| last.join(", "))
}
