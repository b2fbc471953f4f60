//! A UDP socket for DHCP: bound to a port of one link, and allowed to speak to everybody on it.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, recv, sendto, setsockopt, socket, sockopt,
};

use crate::kernel::refusal::{Refusal, Result};
use crate::names::LinkName;

/// An open socket. It never waits.
#[derive(Debug)]
pub struct Socket(OwnedFd);

/// The longest message that is read: what is longer than a frame is none of DHCP's.
pub const LONGEST: usize = 1500;

impl Socket {
    /// Binds a port of a link, in the calling thread's namespace. Only what goes to the address `at` is heard; everything,
    /// if that is 0.0.0.0.
    ///
    /// # Errors
    /// `EADDRINUSE` when somebody has it.
    pub fn bind(link: &LinkName, at: Ipv4Addr, port: u16) -> Result<Self> {
        let refused = |errno| Refusal::new(format!("listen at {at}, UDP port {port} of {link}"), errno);
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(AddressFamily::Inet, SockType::Datagram, flags, None).map_err(refused)?;
        setsockopt(&fd, sockopt::BindToDevice, &link.to_string().into()).map_err(refused)?;
        setsockopt(&fd, sockopt::Broadcast, &true).map_err(refused)?;
        let address = SockaddrIn::from(SocketAddrV4::new(at, port));
        bind(fd.as_raw_fd(), &address).map_err(refused)?;
        Ok(Socket(fd))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// As sendto(2).
    pub fn send(&self, bytes: &[u8], to: Ipv4Addr, port: u16) -> Result<()> {
        let address = SockaddrIn::from(SocketAddrV4::new(to, port));
        let sent = sendto(self.0.as_raw_fd(), bytes, &address, MsgFlags::empty());
        sent.map(drop).map_err(|errno| Refusal::new(format!("send to {to}, port {port}"), errno))
    }

    /// The next message, if there is one.
    pub fn receive(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; LONGEST];
        loop {
            match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => return buffer.get(..length).map(<[u8]>::to_vec),
                // What could not be delivered earlier is told here, and is no reason to stop.
                Err(Errno::EINTR | Errno::ECONNREFUSED | Errno::EHOSTUNREACH | Errno::ENETUNREACH) => {}
                Err(_) => return None,
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
