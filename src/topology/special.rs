//! Addresses that mean something of their own and so cannot be given to a machine.
//!
//! ```text
//! 127.0.0.0/8 ::1        loopback          0.0.0.0 ::              unspecified
//! 224.0.0.0/4 ff00::/8   multicast         ::ffff:0:0/96           IPv4 in IPv6's clothes
//! 10.244.1.0/24          the subnet itself 10.244.1.255/24         its broadcast address
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

use super::diagnostic::Diagnostic;
use super::span::Span;
use super::subnet::{Family, Subnet, number};

/// Why no machine can have this address.
pub fn address(ip: IpAddr) -> Option<&'static str> {
    match ip {
        _ if ip.is_unspecified() => Some("this is the unspecified address, which stands for none"),
        _ if ip.is_loopback() => Some("this is a loopback address, which never leaves its machine"),
        _ if ip.is_multicast() => Some("this is a multicast address, which stands for a group"),
        IpAddr::V4(ip) if ip.is_broadcast() => Some("this is the broadcast address of every link"),
        IpAddr::V4(ip) if ip.octets()[0] == 0 => Some("addresses in 0.0.0.0/8 stand for \"this network\""),
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => Some("this is an IPv4 address: write it as one"),
        _ => None,
    }
}

/// Why machines cannot have addresses in this subnet.
pub fn subnet(subnet: IpNetwork) -> Option<&'static str> {
    let overlaps = |first: IpAddr, length: u8| IpNetwork::new(first, length).is_ok_and(|odd| odd.overlaps(&subnet));
    match subnet.family() {
        _ if subnet.prefix() == 0 => Some("this is every address there is"),
        Family::V4 if overlaps([127, 0, 0, 0].into(), 8) => Some("this overlaps the loopback addresses"),
        Family::V4 if overlaps([224, 0, 0, 0].into(), 4) => Some("this overlaps the multicast addresses"),
        Family::V4 if overlaps([0, 0, 0, 0].into(), 8) => Some("addresses in 0.0.0.0/8 stand for \"this network\""),
        Family::V6 if overlaps([0xff00, 0, 0, 0, 0, 0, 0, 0].into(), 8) => {
            Some("this overlaps the multicast addresses")
        }
        Family::V6 if overlaps([0, 0, 0, 0, 0, 0, 0, 0].into(), 96) => Some("this overlaps ::1, the loopback address"),
        _ => address(subnet.ip()).filter(|_| subnet.prefix() >= 96),
    }
}

/// The ranges that are nobody's in particular (RFC 1918, RFC 4193), of which networks and pods are.
const PRIVATE: [(IpAddr, u8); 4] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
];

/// The subnet that is probably meant by an address with a prefix length: the one that the length says, unless that has
/// public addresses beside a private one. Then it is the largest that begins with the address, /24 or /64 at most.
///
/// ```text
/// 10.244.1.0/16 → 10.244.0.0/16      192.168.1.0/8 → 192.168.1.0/24, not 192.0.0.0/8
/// ```
pub fn fitting_subnet(written: IpNetwork) -> IpNetwork {
    let mut private = PRIVATE.into_iter().filter_map(|(first, length)| IpNetwork::new(first, length).ok());
    let Some(range) = private.find(|range| range.contains(written.ip())) else { return written.subnet() };
    if range.encloses(&written) {
        return written.subnet();
    }
    let family = written.family();
    let usual = if family == Family::V4 { 24 } else { 64 };
    let zeros = number(written.ip()).trailing_zeros().min(family.bits().into());
    let whole = u8::try_from(u32::from(family.bits()) - zeros).unwrap_or(usual);
    IpNetwork::new(written.ip(), whole.clamp(range.prefix(), usual)).map_or(written, |subnet| subnet.subnet())
}

/// The complaint about an address that is its subnet's first or last, where those are not for hosts.
pub fn ends_of_subnet(interface: IpNetwork, span: Span) -> Option<Diagnostic> {
    let family = interface.family();
    let (first, last) = interface.hosts();
    let ip = number(interface.ip());
    if interface.prefix() == 0 {
        let diagnostic = Diagnostic::new(span, format!("{interface} would put every address on one link"));
        return Some(diagnostic.label("expected a longer prefix length, such as /24"));
    }
    if (first..=last).contains(&ip) {
        return None;
    }
    let (ip, subnet) = (interface.ip(), interface.subnet());
    let title = match family {
        Family::V4 if ip == subnet.ip() => format!("{ip} is the network address of {subnet}"),
        Family::V4 => format!("{ip} is the broadcast address of {subnet}"),
        Family::V6 => format!("{ip} is the subnet-router anycast address of {subnet}"),
    };
    let (first, last) = (family.address(first), family.address(last));
    Some(Diagnostic::new(span, title).label("no host can have it").help(format!("hosts are {first} to {last}")))
}
