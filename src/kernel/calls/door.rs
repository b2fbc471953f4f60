//! Somebody who listens, where nobody does.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use crate::kernel::listeners;
use crate::kernel::probe::Protocol;

/// A port that is listened on.
#[derive(Debug)]
pub struct Door {
    /// In which machine: its place in the list.
    pub at: usize,
    /// Which port.
    pub protocol: Protocol,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    /// The kernel completes the handshake by itself.
    Tcp(#[allow(dead_code)] TcpListener),
    /// What comes is sent back.
    Udp(UdpSocket),
}

impl Door {
    /// Listens on the port in the calling thread's namespace, for both families; not where somebody does already, and not
    /// where it is refused: what calls there finds out.
    pub fn open(at: usize, protocol: Protocol) -> Vec<Self> {
        let Some(port) = protocol.port().filter(|_| listeners::of(protocol).is_empty()) else { return Vec::new() };
        // The first one takes IPv4 too, unless a sysctl says otherwise; then the second one does.
        let addresses =
            [SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))];
        let sockets = addresses.into_iter().filter_map(|address| Socket::bind(protocol, address));
        sockets.map(|socket| Door { at, protocol, socket }).collect()
    }

    /// What is to be waited for: somebody has to answer.
    pub fn answers(&self) -> Option<BorrowedFd<'_>> {
        match &self.socket {
            Socket::Tcp(_) => None,
            Socket::Udp(socket) => Some(socket.as_fd()),
        }
    }

    /// Sends back what came.
    pub fn answer(&self) {
        let Socket::Udp(socket) = &self.socket else { return };
        let mut buffer = [0; 64];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // What cannot be sent back is an answer that is lost: the caller will notice.
            let _ = socket.send_to(buffer.get(..length).unwrap_or(&buffer), from);
        }
    }
}

impl Socket {
    fn bind(protocol: Protocol, address: SocketAddr) -> Option<Self> {
        match protocol {
            Protocol::Tcp(_) => TcpListener::bind(address).ok().map(Socket::Tcp),
            Protocol::Udp(_) => {
                let socket = UdpSocket::bind(address).ok()?;
                socket.set_nonblocking(true).ok()?;
                Some(Socket::Udp(socket))
            }
            Protocol::Icmp => None,
        }
    }
}
