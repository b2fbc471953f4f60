//! Arithmetic on subnets.
//!
//! ```text
//! 10.244.1.0/24    network 10.244.1.0 · hosts .1 to .254 · broadcast .255
//! fd00::/64        subnet-router anycast fd00:: · hosts fd00::1 to the last
//! 10.0.0.0/31      hosts .0 and .1: the two ends of a pipe (RFC 3021)
//! ```
//!
//! Addresses of both families are counted as plain numbers here, so that one piece of code serves both.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// The length of an address in bits.
    pub fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// The address with this number. Numbers beyond the family's last address wrap.
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::from(number as u32)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }

    /// The network of all addresses: a default route's destination.
    pub fn everything(self) -> IpNetwork {
        IpNetwork::new(self.address(0), 0).unwrap_or_else(|_| IpNetwork::from(self.address(0)))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Family::V4 { "IPv4" } else { "IPv6" })
    }
}

/// What is asked of a subnet, or of an address with its prefix length.
pub trait Subnet {
    /// Its family.
    fn family(&self) -> Family;
    /// Its first and last address as numbers.
    fn ends(&self) -> (u128, u128);
    /// The first and last address that a host can have, as numbers.
    fn hosts(&self) -> (u128, u128);
    /// The subnet that this address is in: its host bits cleared.
    fn subnet(&self) -> IpNetwork;
    /// Whether host bits are set, so that this is an address rather than a subnet.
    fn has_host_bits(&self) -> bool;
    /// Whether the two have an address in common.
    fn overlaps(&self, other: &IpNetwork) -> bool;
    /// Whether all of `other` is in here.
    fn encloses(&self, other: &IpNetwork) -> bool;
}

impl Subnet for IpNetwork {
    fn family(&self) -> Family {
        Family::of(self.ip())
    }

    fn ends(&self) -> (u128, u128) {
        let host_bits = u32::from(self.family().bits().saturating_sub(self.prefix()));
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
        let first = number(self.ip()) & !mask;
        (first, first | mask)
    }

    fn hosts(&self) -> (u128, u128) {
        let (first, last) = self.ends();
        match self.family() {
            _ if last - first <= 1 => (first, last),
            Family::V4 => (first + 1, last - 1),
            Family::V6 => (first + 1, last),
        }
    }

    fn subnet(&self) -> IpNetwork {
        let first = self.family().address(self.ends().0);
        IpNetwork::new(first, self.prefix()).unwrap_or(*self)
    }

    fn has_host_bits(&self) -> bool {
        number(self.ip()) != self.ends().0
    }

    fn overlaps(&self, other: &IpNetwork) -> bool {
        let ((first, last), (other_first, other_last)) = (self.ends(), other.ends());
        self.family() == other.family() && first <= other_last && other_first <= last
    }

    fn encloses(&self, other: &IpNetwork) -> bool {
        self.overlaps(other) && self.prefix() <= other.prefix()
    }
}

/// The number of an address.
pub fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

/// Whether this is an IPv6 link-local address: valid on every link, and on each one anew.
pub fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfe80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNetwork {
        text.parse().unwrap()
    }

    #[test]
    fn hosts_leave_out_what_no_host_can_have() {
        let hosts = |text: &str| {
            let (first, last) = net(text).hosts();
            let family = net(text).family();
            (family.address(first).to_string(), family.address(last).to_string())
        };
        assert_eq!(hosts("10.244.1.9/24"), ("10.244.1.1".into(), "10.244.1.254".into()));
        assert_eq!(hosts("10.0.0.0/31"), ("10.0.0.0".into(), "10.0.0.1".into()));
        assert_eq!(hosts("10.0.0.7/32"), ("10.0.0.7".into(), "10.0.0.7".into()));
        assert_eq!(hosts("fd00::/64"), ("fd00::1".into(), "fd00::ffff:ffff:ffff:ffff".into()));
        assert_eq!(hosts("fd00::/127"), ("fd00::".into(), "fd00::1".into()));
        assert_eq!(hosts("::/0").1, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    }

    #[test]
    fn subnets_nest_or_are_apart() {
        assert!(net("10.0.0.0/8").encloses(&net("10.1.0.0/16")));
        assert!(!net("10.1.0.0/16").encloses(&net("10.0.0.0/8")));
        assert!(net("10.1.0.0/16").overlaps(&net("10.0.0.0/8")));
        assert!(!net("10.1.0.0/16").overlaps(&net("10.2.0.0/16")));
        assert!(!net("0.0.0.0/0").overlaps(&net("::/0")));
        assert_eq!(net("10.1.2.3/16").subnet(), net("10.1.0.0/16"));
        assert!(net("10.1.2.3/16").has_host_bits());
    }
}
