//! Datagrams, through a connected socket: answers are known by their ports, whatever their payload.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockType, SockaddrStorage, bind, connect, getsockname, recv, send};

use super::cookie::marks_of_port;
use super::{Cookie, Heard, Question, errors};
use crate::kernel::mark::Mark;
use crate::kernel::option;

/// A socket that is bound to a port of its own.
#[derive(Debug)]
pub struct Prober {
    socket: OwnedFd,
    question: Question,
    destination: u16,
    port: u16,
    cookie: Cookie,
    connected: bool,
    /// The probe that was sent last: an answer need not say which one it is for.
    last: u32,
}

impl Prober {
    pub(super) fn open(question: Question, destination: u16, cookie: Cookie) -> nix::Result<Self> {
        let socket = question.socket(SockType::Datagram, None)?;
        option::fragmentation(&socket, question.to.is_ipv6(), question.dont_fragment)?;
        let any: SockaddrStorage = match question.to.is_ipv6() {
            true => std::net::SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 0)).into(),
            false => std::net::SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, 0)).into(),
        };
        bind(socket.as_raw_fd(), &any)?;
        let bound: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        let port = bound.as_sockaddr_in().map(|a| a.port()).or(bound.as_sockaddr_in6().map(|a| a.port()));
        let port = port.ok_or(Errno::EAFNOSUPPORT)?;
        Ok(Prober { socket, question, destination, port, cookie, connected: false, last: 0 })
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        let mut marks = self.cookie.marks_of_payload();
        marks.extend(marks_of_port(self.port));
        marks
    }

    pub(super) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn send(&mut self, number: u32) -> Result<(), Errno> {
        // Only now: connect(2) looks for a route, and that there is none is the probe's finding.
        if !self.connected {
            connect(self.socket.as_raw_fd(), &self.question.address(self.destination))?;
            self.connected = true;
        }
        self.last = number;
        let payload = self.question.payload(self.cookie, number);
        loop {
            match send(self.socket.as_raw_fd(), &payload, MsgFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let (cookie, last) = (self.cookie, self.last);
        let mut heard = errors::drain(&self.socket, |sent| cookie.number_in(sent));
        let mut buffer = vec![0; 66_000];
        loop {
            match recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => {
                    let number = cookie.number_in(buffer.get(..length).unwrap_or_default()).unwrap_or(last);
                    heard.push(Heard::Answer { number, from: self.question.to });
                }
                Err(Errno::EAGAIN) => return heard,
                Err(_) => {}
            }
        }
    }
}
