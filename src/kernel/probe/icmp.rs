//! Echo requests, through a raw socket.

use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, recvfrom, sendto};

use super::{Cookie, Heard, Question, errors};
use crate::kernel::echo::{self, Echo};
use crate::kernel::mark::Mark;
use crate::kernel::option;

/// A raw socket.
#[derive(Debug)]
pub struct Prober {
    socket: OwnedFd,
    question: Question,
    cookie: Cookie,
}

impl Prober {
    pub(super) fn open(question: Question, cookie: Cookie) -> nix::Result<Self> {
        let ipv6 = question.to.is_ipv6();
        let protocol = if ipv6 { SockProtocol::IcmpV6 } else { SockProtocol::Icmp };
        let socket = question.socket(SockType::Raw, protocol)?;
        option::fragmentation(&socket, question.to.is_ipv6(), question.dont_fragment)?;
        if !ipv6 {
            // A raw socket hears everybody's ICMP: replies are enough here. Errors come by the error queue.
            echo::hear_only(&socket, &[echo::REPLY])?;
        }
        Ok(Prober { socket, question, cookie })
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        self.cookie.marks_of_payload()
    }

    pub(super) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    pub(super) fn send(&mut self, number: u32) -> Result<(), Errno> {
        let payload = self.question.payload(self.cookie, number);
        let sequence = (number as u16).wrapping_add(1);
        let message = echo::request(self.question.to.is_ipv6(), self.cookie.id(), sequence, &payload);
        loop {
            match sendto(self.socket.as_raw_fd(), &message, &self.question.address(0), MsgFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let cookie = self.cookie;
        // What was sent stands in the error queue from its ICMP header on.
        let mut heard = errors::drain(&self.socket, |sent| cookie.number_in(sent.get(echo::HEADER..)?));
        // A raw socket is told of everybody's errors between these two addresses.
        heard.retain(|heard| !matches!(heard, Heard::Error { number: None, .. }));
        let mut buffer = vec![0; 66_000];
        loop {
            match recvfrom::<SockaddrStorage>(self.socket.as_raw_fd(), &mut buffer) {
                Ok((length, from)) => {
                    let packet = buffer.get(..length).unwrap_or_default();
                    heard.extend(
                        self.answer(packet)
                            .zip(from.as_ref().and_then(address))
                            .map(|(number, from)| Heard::Answer { number, from }),
                    );
                }
                Err(Errno::EAGAIN) => return heard,
                // An error that waits is told once; the queue has had it.
                Err(_) => {}
            }
        }
    }

    /// The number of the probe that this answers.
    fn answer(&self, packet: &[u8]) -> Option<u32> {
        let echo = Echo::read(self.question.to.is_ipv6(), packet)?;
        let ours = !echo.asks && echo.id == self.cookie.id();
        ours.then(|| self.cookie.number_in(echo.payload)).flatten()
    }
}

/// The address of a socket address.
pub(in crate::kernel) fn address(from: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = from.as_sockaddr_in().map(|address| IpAddr::from(address.ip()));
    v4.or_else(|| from.as_sockaddr_in6().map(|address| IpAddr::from(address.ip())))
}
