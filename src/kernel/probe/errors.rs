//! What a socket's error queue tells (`IP_RECVERR`, `IPV6_RECVERR`; ip(7)).
//!
//! ```text
//! recvmsg(MSG_ERRQUEUE) ─▶ errno EHOSTUNREACH, ICMP type 3 code 1, offender 10.244.1.1, and the payload that was sent
//! ```

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};

use super::Heard;

/// `SO_EE_ORIGIN_LOCAL` (`include/uapi/linux/errqueue.h`): the kernel itself, and no message.
const LOCAL: u8 = 1;

/// Everything in the queue. `number` finds the probe's number in the payload that the error is about.
pub fn drain(socket: &impl AsFd, number: impl Fn(&[u8]) -> Option<u32>) -> Vec<Heard> {
    let mut found = Vec::new();
    each(socket, &mut |heard, sent| {
        found.push(match heard {
            Heard::Error { errno, icmp, from, mtu, .. } => {
                Heard::Error { number: number(sent), errno, icmp, from, mtu }
            }
            other => other,
        });
    });
    found
}

/// Tells of everything in the queue: the error, without a number, and the payload that it is about.
pub fn each(socket: &impl AsFd, tell: &mut dyn FnMut(Heard, &[u8])) {
    let mut buffer = [0; 2048];
    loop {
        let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message =
            match recvmsg::<SockaddrStorage>(socket.as_fd().as_raw_fd(), &mut parts, Some(&mut control), flags) {
                Ok(message) => message,
                Err(Errno::EINTR) => continue,
                Err(_) => return,
            };
        let length = message.bytes;
        let Ok(controls) = message.cmsgs() else { continue };
        let error = controls.into_iter().find_map(|control| match control {
            ControlMessageOwned::Ipv4RecvErr(error, from) => {
                Some((error, from.map(|from| IpAddr::from(Ipv4Addr::from(from.sin_addr.s_addr.to_ne_bytes())))))
            }
            ControlMessageOwned::Ipv6RecvErr(error, from) => {
                Some((error, from.map(|from| IpAddr::from(Ipv6Addr::from(from.sin6_addr.s6_addr)))))
            }
            _ => None,
        });
        let Some((error, from)) = error else { continue };
        let by_message = error.ee_origin != LOCAL;
        let heard = Heard::Error {
            number: None,
            errno: Errno::from_raw(error.ee_errno.cast_signed()),
            icmp: by_message.then_some((error.ee_type, error.ee_code)),
            from: from.filter(|from| by_message && !from.is_unspecified()),
            mtu: error.ee_info,
        };
        tell(heard, buffer.get(..length).unwrap_or_default());
    }
}
