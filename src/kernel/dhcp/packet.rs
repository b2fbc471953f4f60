//! A packet socket for a client that has no address: what it sends comes from 0.0.0.0 and goes to everybody, and what it
//! hears would be thrown away by a machine without addresses (`ip_route_input_slow`, `net/ipv4/route.c`, where rp_filter
//! is on).

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use super::interface::Interface;
use super::socket::LONGEST;
use crate::dhcp::{CLIENT, SERVER};
use crate::kernel::refusal::{Refusal, Result};

const EVERYBODY: [u8; 4] = [255; 4];
const NOBODY: [u8; 4] = [0; 4];
const TIME_TO_LIVE: u8 = 64;

/// An open packet socket. It never waits.
#[derive(Debug)]
pub struct Packets {
    fd: OwnedFd,
    index: u32,
}

impl Packets {
    /// Opens one at a link, in the calling thread's namespace.
    ///
    /// # Errors
    /// `EPERM` without `CAP_NET_RAW`.
    pub fn open(interface: &Interface) -> Result<Self> {
        let refused = |errno| Refusal::new(format!("listen at {} (AF_PACKET)", interface.name), errno);
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: socket(2) with plain numbers.
        let fd = Errno::result(unsafe { libc::socket(libc::AF_PACKET, kind, 0) }).map_err(refused)?;
        // SAFETY: the descriptor was just made, and is ours.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let packets = Packets { fd, index: interface.index };
        let (address, size) = packets.address(None);
        // SAFETY: the address lives through the call, and its size is given.
        Errno::result(unsafe { libc::bind(packets.fd.as_raw_fd(), (&raw const address).cast(), size) })
            .map_err(refused)?;
        Ok(packets)
    }

    /// IPv4 at the link: all of it, or what goes to a hardware address.
    fn address(&self, to: Option<[u8; 6]>) -> (libc::sockaddr_ll, libc::socklen_t) {
        // SAFETY: all fields of the address are plain numbers, for which zero is a value.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_IP as u16).to_be();
        address.sll_ifindex = self.index as i32;
        if let Some(to) = to {
            address.sll_halen = to.len() as u8;
            address.sll_addr[..to.len()].copy_from_slice(&to);
        }
        (address, size_of::<libc::sockaddr_ll>() as libc::socklen_t)
    }

    /// Shouts a message to every server.
    ///
    /// # Errors
    /// `ENETDOWN` when the link is down.
    pub fn shout(&self, payload: &[u8]) -> Result<()> {
        let refused = |errno| Refusal::new("send to everybody on the link", errno);
        let packet = PacketBuilder::ipv4(NOBODY, EVERYBODY, TIME_TO_LIVE).udp(CLIENT, SERVER);
        let mut bytes = Vec::with_capacity(packet.size(payload.len()));
        packet.write(&mut bytes, payload).map_err(|_| refused(Errno::EMSGSIZE))?;
        let (address, size) = self.address(Some([255; 6]));
        // SAFETY: the bytes and the address live through the call, and their sizes are given.
        let sent = unsafe {
            libc::sendto(self.fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0, (&raw const address).cast(), size)
        };
        Errno::result(sent).map(drop).map_err(refused)
    }

    /// The next message to a client, if there is one.
    pub fn receive(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; LONGEST];
        loop {
            match recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => {
                    let message = buffer.get(..length).and_then(payload);
                    if message.is_some() {
                        return message;
                    }
                }
                Err(Errno::EINTR | Errno::ENETDOWN) => {}
                Err(_) => return None,
            }
        }
    }
}

/// What a server sends to a client in this packet. Checksums are not looked at: between two ends of a veth nobody fills
/// them in.
fn payload(packet: &[u8]) -> Option<Vec<u8>> {
    let sliced = SlicedPacket::from_ip(packet).ok()?;
    let (Some(NetSlice::Ipv4(_)), Some(TransportSlice::Udp(udp))) = (&sliced.net, &sliced.transport) else {
        return None;
    };
    (udp.destination_port() == CLIENT && udp.source_port() == SERVER).then(|| udp.payload().to_vec())
}

impl AsFd for Packets {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
