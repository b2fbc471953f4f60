//! To forget which path MTUs were learned, as `ip route flush cache` does.
//!
//! ```text
//! 10.244.2.2 via 10.244.1.1 dev eth0 cache expires 573sec mtu 1400     a router's ICMP error said so, ten minutes ago at most
//! ```
//!
//! Who has learned a smaller MTU sends smaller packets, and asks its peer by TCP for smaller ones too (`ipv4_default_advmss`,
//! `net/ipv4/route.c`): what one stream has learned would help the next one, in either direction.

use netlink_packet_route::route::{RouteFlags, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;

use super::netlink::{Bundle, Socket};
use super::refusal::{Refusal, Result};
use super::sysctl;

/// Forgets those of one family that the calling thread's namespace has learned.
///
/// # Errors
/// When the machine refuses.
pub fn forget(ipv6: bool) -> Result<()> {
    match ipv6 {
        false => sysctl::write("net.ipv4.route.flush", "1"),
        // Its sysctl passes over what has a time to live, and a user namespace has none.
        true => forget_ipv6().map_err(|errno| Refusal::new("forget the learned path MTUs", errno)),
    }
}

fn forget_ipv6() -> std::result::Result<(), Errno> {
    let socket = Socket::open()?;
    let mut question = RouteMessage::default();
    question.header.address_family = AddressFamily::Inet6;
    question.header.flags = RouteFlags::Cloned;
    let mut bundle = Bundle::default();
    for answer in socket.dump(RouteNetlinkMessage::GetRoute(question))? {
        match answer {
            // A kernel may answer with all that there is.
            RouteNetlinkMessage::NewRoute(route) if route.header.flags.contains(RouteFlags::Cloned) => {
                bundle.push(RouteNetlinkMessage::DelRoute(route), 0);
            }
            _ => {}
        }
    }
    match socket.send(&mut bundle) {
        // It has expired meanwhile.
        Err(failed) if failed.errno != Errno::ESRCH => Err(failed.errno),
        _ => Ok(()),
    }
}
