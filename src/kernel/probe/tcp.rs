//! SYNs, by connect(2): each probe is a socket of its own.
//!
//! ```text
//! TCP_REPAIR on · TCP_QUEUE_SEQ = the cookie's sequence number · TCP_REPAIR off · connect ─▶ SYN
//! SYN, ACK ─▶ connected      RST ─▶ ECONNREFUSED      ICMP ─▶ the error queue
//! ```
//!
//! The kernel answers a SYN-ACK that nobody asked for with a RST. Here the kernel itself has asked, so it does what it
//! does for every program: only the first sequence number is ours (`tcp_v4_connect`, `net/ipv4/tcp_ipv4.c`, draws one
//! if there is none). A connection that came about is reset when its socket is closed, so that the other side does not
//! wait for more.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{SockType, connect, getsockopt, setsockopt, sockopt};

use super::{Cookie, Heard, Question, errors};
use crate::kernel::mark::Mark;
use crate::kernel::netns::Netns;
use crate::kernel::option;

/// `TCP_SEND_QUEUE` (`include/uapi/linux/tcp.h`), which libc lacks.
const SEND_QUEUE: libc::c_int = 2;

/// The sockets of the probes.
#[derive(Debug)]
pub struct Prober {
    home: Netns,
    question: Question,
    port: u16,
    cookie: Cookie,
    /// Those of which nothing was heard yet, and those that are done with.
    open: Vec<(u32, OwnedFd)>,
    done: Vec<OwnedFd>,
}

impl Prober {
    pub(super) fn new(question: Question, port: u16, cookie: Cookie) -> crate::kernel::refusal::Result<Self> {
        Ok(Prober { home: Netns::current()?, question, port, cookie, open: Vec::new(), done: Vec::new() })
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        self.cookie.marks_of_sequence()
    }

    pub(super) fn sockets(&self) -> Vec<BorrowedFd<'_>> {
        self.open.iter().map(|(_, socket)| socket.as_fd()).collect()
    }

    pub(super) fn send(&mut self, number: u32) -> Result<(), Errno> {
        let socket = self.at_home(|prober| prober.question.socket(SockType::Stream, None))?;
        setsockopt(&socket, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
        let sequence = self.cookie.sequence(number).cast_signed();
        for (name, value) in [
            (libc::TCP_REPAIR, 1),
            (libc::TCP_REPAIR_QUEUE, SEND_QUEUE),
            (libc::TCP_QUEUE_SEQ, sequence),
            (libc::TCP_REPAIR, 0),
        ] {
            option::set(&socket, libc::SOL_TCP, name, value)?;
        }
        match connect(socket.as_raw_fd(), &self.question.address(self.port)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {
                self.open.push((number, socket));
                Ok(())
            }
            Err(errno) => Err(errno),
        }
    }

    /// Makes a socket in the prober's namespace, wherever the thread is.
    fn at_home<T>(&self, make: impl FnOnce(&Self) -> nix::Result<T>) -> nix::Result<T> {
        let here = Netns::current().map_err(|refusal| refusal.errno)?;
        self.home.enter().map_err(|refusal| refusal.errno)?;
        let made = make(self);
        here.enter().map_err(|refusal| refusal.errno)?;
        made
    }

    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        let from = self.question.to;
        for (number, socket) in std::mem::take(&mut self.open) {
            let told = errors::drain(&socket, |_| Some(number));
            let error = getsockopt(&socket, sockopt::SocketError).unwrap_or(0);
            let came = match error {
                // The error queue says who said so.
                _ if !told.is_empty() => told,
                libc::ECONNREFUSED => vec![Heard::Refused { number }],
                0 if is_connected(&socket) => vec![Heard::Answer { number, from }],
                0 => {
                    self.open.push((number, socket));
                    continue;
                }
                errno => {
                    let errno = Errno::from_raw(errno);
                    vec![Heard::Error { number: Some(number), errno, icmp: None, from: None, mtu: 0 }]
                }
            };
            heard.extend(came);
            // A connection is kept until the end: to reset it now would be seen among the probe's own packets.
            self.done.push(socket);
        }
        heard
    }
}

/// Whether the handshake is over.
fn is_connected(socket: &OwnedFd) -> bool {
    nix::sys::socket::getpeername::<nix::sys::socket::SockaddrStorage>(socket.as_raw_fd()).is_ok()
}
