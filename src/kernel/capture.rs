//! Frames at every interface of a namespace, as tcpdump sees them: one packet socket, filtered in the kernel.
//!
//! ```text
//! Capture::open(marks)  in the namespace   AF_PACKET, every interface, nanoseconds, a filter (`filter`)
//! capture.read()        from anywhere      [Captured { at, interface 16, In, bytes }, Captured { …, Out, … }]
//! ```
//!
//! The order within a socket is the order in which the kernel saw the frames, and the time is the kernel's. Nothing is
//! held up: a packet socket gets a copy.

mod filter;

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, recvmsg, setsockopt, sockopt};

use super::mark::Mark;
use super::refusal::{Refusal, Result};

/// Whether a frame came in or went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// It came in.
    In,
    /// It went out.
    Out,
}

/// One frame at one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// When the kernel saw it, in nanoseconds of the real-time clock.
    pub at: u64,
    /// The interface's index.
    pub interface: u32,
    /// In or out.
    pub direction: Direction,
    /// Whether it came in although its hardware address is another interface's (`PACKET_OTHERHOST`).
    pub for_another: bool,
    /// How long it is, in bytes.
    pub length: usize,
    /// The frame from its link header on.
    pub bytes: Vec<u8>,
}

/// An open packet socket. It belongs to the namespace in which it was opened, wherever it is read.
#[derive(Debug)]
pub struct Capture(OwnedFd);

/// How much may wait to be read: the filter lets little through.
const BUFFER: usize = 4 << 20;

/// The longest frame that is read: a GSO packet with its headers.
const LONGEST: usize = 66 * 1024;

impl Capture {
    /// Opens a socket in the calling thread's namespace. It hears frames that have one of these marks, and what
    /// neighbours ask one another (ARP, ICMPv6 neighbour discovery).
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW`, `EMFILE` …
    pub fn open(marks: &[Mark]) -> Result<Self> {
        Self::try_open(marks).map_err(|errno| Refusal::new("listen at the interfaces (AF_PACKET)", errno))
    }

    fn try_open(marks: &[Mark]) -> nix::Result<Self> {
        // Protocol 0 hears nothing yet: bound at the end, it never hears a frame that the filter has not seen.
        // SAFETY: socket(2) with plain numbers.
        let fd = Errno::result(unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) })?;
        // SAFETY: the descriptor was just made, and is ours.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        filter::attach(&fd, marks)?;
        setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
        // More than an ordinary user may ask for, where the machine lets us; else as much as it gives.
        if setsockopt(&fd, sockopt::RcvBufForce, &BUFFER).is_err() {
            setsockopt(&fd, sockopt::RcvBuf, &BUFFER)?;
        }
        // SAFETY: all fields of the address are plain numbers, for which zero is a value.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        let size = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the address lives through the call, and its size is given.
        Errno::result(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), size) })?;
        Ok(Capture(fd))
    }

    /// The frames that came since the last call, in order; never waits.
    ///
    /// # Errors
    /// As recvmsg(2).
    pub fn read(&self) -> Result<Vec<Captured>> {
        let mut buffer = vec![0; LONGEST];
        let mut found = Vec::new();
        loop {
            match self.next(&mut buffer) {
                Ok(Some(captured)) => found.push(captured),
                // The interface went down while it was listened at: the rest go on.
                Ok(None) | Err(Errno::EINTR | Errno::ENETDOWN) => {}
                Err(Errno::EAGAIN) => return Ok(found),
                Err(errno) => return Err(Refusal::new("read captured frames", errno)),
            }
        }
    }

    fn next(&self, buffer: &mut [u8]) -> nix::Result<Option<Captured>> {
        let mut control = nix::cmsg_space!(libc::timespec);
        let mut parts = [IoSliceMut::new(buffer)];
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_TRUNC;
        let message = recvmsg::<LinkAddr>(self.0.as_raw_fd(), &mut parts, Some(&mut control), flags)?;
        let time = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(time) => Some(time),
            _ => None,
        });
        let (Some(time), Some(from)) = (time, message.address) else { return Ok(None) };
        let length = message.bytes;
        let kind = from.pkttype();
        Ok(Some(Captured {
            at: time.tv_sec().cast_unsigned().saturating_mul(1_000_000_000) + time.tv_nsec().cast_unsigned(),
            interface: from.ifindex() as u32,
            direction: if kind == libc::PACKET_OUTGOING { Direction::Out } else { Direction::In },
            for_another: kind == libc::PACKET_OTHERHOST,
            length,
            bytes: buffer.get(..length.min(buffer.len())).unwrap_or_default().to_vec(),
        }))
    }

    /// How many frames were lost because nobody read them in time.
    pub fn overflowed(&self) -> u32 {
        let mut counts = [0_u32; 2];
        let mut size = size_of_val(&counts) as libc::socklen_t;
        // SAFETY: `struct tpacket_stats` is two 32-bit numbers (packets, drops), and its size is given.
        let asked = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                counts.as_mut_ptr().cast(),
                &raw mut size,
            )
        };
        if asked == 0 { counts[1] } else { 0 }
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Closes many at once. Each waits in the kernel until no processor can see it any more (`synchronize_net`, about 10 ms),
/// and they wait together when each has a thread.
pub fn close_all<T: Send>(sockets: Vec<T>) {
    std::thread::scope(|scope| {
        for socket in sockets {
            // Where no thread can be had, closing here only takes longer.
            let _ = std::thread::Builder::new().spawn_scoped(scope, || drop(socket));
        }
    });
}
