//! A netlink socket that sends many requests at once and says which of them failed, and why.
//!
//! ```text
//! Bundle  [ NEWLINK cni0 ][ NEWLINK up ][ NEWADDR ][ NEWROUTE + ACK ]  ── one sendmsg ──▶ kernel
//!                                                                     ◀── ACK of the last, or errors by number
//! ```
//!
//! The kernel handles the requests of one message in order, and reports each failure by itself; only the last request
//! asks for an acknowledgement. So a pod costs one system call there and one back.

use std::os::fd::{AsRawFd, OwnedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload, NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

use super::option;

/// The largest datagram that the kernel makes for a dump (`netlink_dump`, `net/netlink/af_netlink.c`).
const DATAGRAM: usize = 32 * 1024;

/// An open rtnetlink socket. It belongs to the namespace in which it was opened, wherever it is used.
#[derive(Debug)]
pub struct Socket(OwnedFd);

/// A request that failed: which one of the bundle, and what the kernel said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its place in the bundle, from 0.
    pub index: usize,
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended error text.
    pub detail: Option<String>,
}

impl Socket {
    /// Opens a socket in the calling thread's network namespace.
    ///
    /// # Errors
    /// `EMFILE`, `ENOMEM`, … as socket(2).
    pub fn open() -> nix::Result<Self> {
        open(SockProtocol::NetlinkRoute).map(Socket)
    }

    /// Asks one question and waits for its one answer.
    ///
    /// # Errors
    /// What the kernel answers instead.
    pub fn ask(&self, question: RouteNetlinkMessage) -> nix::Result<Option<RouteNetlinkMessage>> {
        let mut bundle = Bundle::default();
        bundle.push(question, 0);
        send(self.0.as_raw_fd(), &bundle.bytes, MsgFlags::empty())?;
        let mut buffer = [0_u8; 8192];
        let n = loop {
            match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Err(Errno::EINTR) => {}
                received => break received?,
            }
        };
        match NetlinkMessage::<RouteNetlinkMessage>::deserialize(&buffer[..n]) {
            Ok(NetlinkMessage { payload: NetlinkPayload::InnerMessage(answer), .. }) => Ok(Some(answer)),
            Ok(NetlinkMessage { payload: NetlinkPayload::Error(error), .. }) => {
                error.code.map_or(Ok(None), |code| Err(Errno::from_raw(code.get().saturating_neg())))
            }
            _ => Ok(None),
        }
    }

    /// Asks for all that there is of something.
    ///
    /// # Errors
    /// What the kernel answers instead.
    pub fn dump(&self, question: RouteNetlinkMessage) -> nix::Result<Vec<RouteNetlinkMessage>> {
        let mut bundle = Bundle::default();
        bundle.push(question, NLM_F_DUMP);
        send(self.0.as_raw_fd(), &bundle.bytes, MsgFlags::empty())?;
        let mut found = Vec::new();
        let mut buffer = vec![0_u8; DATAGRAM];
        loop {
            let n = match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Err(Errno::EINTR) => continue,
                received => received?,
            };
            for message in messages(buffer.get(..n).unwrap_or_default()) {
                match message.payload {
                    NetlinkPayload::InnerMessage(answer) => found.push(answer),
                    NetlinkPayload::Done(_) => return Ok(found),
                    NetlinkPayload::Error(error) => {
                        return Err(error.code.map_or(Errno::EPROTO, |c| Errno::from_raw(c.get().saturating_neg())));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Sends a bundle and waits until all of it is answered.
    ///
    /// # Errors
    /// The first request that the kernel refused. Those after it were handled all the same.
    pub fn send(&self, bundle: &mut Bundle) -> Result<(), Failed> {
        let Some(last) = bundle.starts.len().checked_sub(1) else { return Ok(()) };
        bundle.ask_for_ack(last);
        let sent = send(self.0.as_raw_fd(), &bundle.bytes, MsgFlags::empty());
        sent.map_err(|errno| Failed { index: 0, errno, detail: None })?;
        let mut first: Option<Failed> = None;
        let mut buffer = [0_u8; 8192];
        loop {
            let n = match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(n) => n,
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(Failed { index: last, errno, detail: None }),
            };
            for (index, errno, detail) in answers(&buffer[..n]) {
                if errno != 0 && first.as_ref().is_none_or(|f| index < f.index) {
                    first = Some(Failed { index, errno: Errno::from_raw(errno), detail });
                }
                if index == last {
                    return first.map_or(Ok(()), Err);
                }
            }
        }
    }
}

/// Opens a netlink socket in the calling thread's network namespace. Its errors come with the kernel's text
/// (`NETLINK_EXT_ACK`), and without a copy of the request (`NETLINK_CAP_ACK`).
///
/// # Errors
/// As socket(2) and setsockopt(2).
pub fn open(protocol: SockProtocol) -> nix::Result<OwnedFd> {
    let fd = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
    for number in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
        option::set(&fd, libc::SOL_NETLINK, number, 1)?;
    }
    Ok(fd)
}

/// Requests that go out in one message.
#[derive(Debug, Default)]
pub struct Bundle {
    bytes: Vec<u8>,
    /// Where each request begins.
    starts: Vec<usize>,
}

/// Where the flags stand in `struct nlmsghdr`.
const FLAGS_OFFSET: usize = 6;

impl Bundle {
    /// Adds a request; `flags` beside `NLM_F_REQUEST`.
    pub fn push(&mut self, message: RouteNetlinkMessage, flags: u16) {
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.starts.len() as u32;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
        message.finalize();
        let start = self.bytes.len();
        self.starts.push(start);
        self.bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(&mut self.bytes[start..]);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// How many bytes they are.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    fn ask_for_ack(&mut self, index: usize) {
        let at = self.starts[index] + FLAGS_OFFSET;
        let flags = u16::from_ne_bytes([self.bytes[at], self.bytes[at + 1]]) | NLM_F_ACK;
        self.bytes[at..at + 2].copy_from_slice(&flags.to_ne_bytes());
    }
}

/// The answers in a datagram: the request's place in the bundle, errno (0 for an acknowledgement), error text.
fn answers(bytes: &[u8]) -> Vec<(usize, i32, Option<String>)> {
    let mut found = Vec::new();
    for message in messages(bytes) {
        if let NetlinkPayload::Error(error) = &message.payload {
            let errno = error.code.map_or(0, |code| code.get().saturating_neg());
            found.push((message.header.sequence_number as usize, errno, error_text(&error.header)));
        }
    }
    found
}

/// The messages in a datagram, up to one that cannot be read.
fn messages(mut bytes: &[u8]) -> Vec<NetlinkMessage<RouteNetlinkMessage>> {
    let mut found = Vec::new();
    while let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes) {
        let length = (message.header.length as usize).next_multiple_of(4);
        found.push(message);
        match bytes.get(length..) {
            Some(rest) if length > 0 => bytes = rest,
            _ => break,
        }
    }
    found
}

/// The length of `struct nlmsghdr`, after which an error's attributes follow.
const HEADER_LEN: usize = 16;
/// `NLMSGERR_ATTR_MSG`, `include/uapi/linux/netlink.h`.
const ERROR_TEXT: u16 = 1;

/// The extended error text behind the header that an error message quotes.
fn error_text(quoted: &[u8]) -> Option<String> {
    let attributes = quoted.get(HEADER_LEN..)?;
    NlasIterator::new(attributes).flatten().find(|nla| nla.kind() == ERROR_TEXT).map(|nla| {
        let text = nla.value();
        String::from_utf8_lossy(text.strip_suffix(&[0]).unwrap_or(text)).into_owned()
    })
}
