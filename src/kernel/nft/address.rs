//! Where addresses stand in packets.
//!
//! ```text
//! IPv4  … 12 source      16 destination        IPv6  … 8 source (16 bytes)      24 destination (16 bytes)
//! ```
//!
//! Shared by the encoder and the decoder, so that they agree.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

use crate::network::ruleset::Side;

/// The layout of one family's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressing {
    /// `NFPROTO_*`.
    pub protocol: u8,
    /// `ETH_P_*`.
    pub ether_type: u16,
    /// How many bytes an address has.
    pub length: usize,
    source: u32,
}

/// IPv4 (`struct iphdr`).
pub const IPV4: Addressing =
    Addressing { protocol: libc::NFPROTO_IPV4 as u8, ether_type: libc::ETH_P_IP as u16, length: 4, source: 12 };
/// IPv6 (`struct ipv6hdr`).
pub const IPV6: Addressing =
    Addressing { protocol: libc::NFPROTO_IPV6 as u8, ether_type: libc::ETH_P_IPV6 as u16, length: 16, source: 8 };

impl Addressing {
    /// The layout of this network's addresses.
    pub fn of(network: &IpNetwork) -> Self {
        if network.is_ipv4() { IPV4 } else { IPV6 }
    }

    /// Where an address begins, counted from the network header.
    pub const fn offset(&self, side: Side) -> u32 {
        match side {
            Side::Source => self.source,
            // The destination follows at once.
            Side::Destination => self.source + self.length as u32,
        }
    }
}

/// An address's bytes, and how many of them count.
pub fn address_bytes(address: IpAddr) -> ([u8; 16], usize) {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (bytes, 4)
        }
        IpAddr::V6(address) => (address.octets(), 16),
    }
}

/// The address of 4 or 16 bytes.
pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into()),
        16 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).into()),
        _ => None,
    }
}

/// The network that `address & mask == value` means; `None` when it is no network: a mask with holes, or a value that
/// the mask can never leave over.
pub fn network(value: &[u8], mask: &[u8]) -> Option<IpNetwork> {
    if value.len() != mask.len() {
        return None;
    }
    let network = IpNetwork::with_netmask(address(value)?, address(mask)?).ok()?;
    (network.network() == network.ip()).then_some(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let found = network(&[10, 240, 0, 0], &[255, 240, 0, 0]).map(|network| network.to_string());
        assert_eq!(found.as_deref(), Some("10.240.0.0/12"));
        assert_eq!(network(&[10, 0, 0, 0], &[255, 0, 255, 0]), None);
        assert_eq!(network(&[10, 0, 0, 1], &[255, 0, 0, 0]), None);
        assert_eq!(network(&[0; 4], &[0; 4]).map(|network| network.prefix()), Some(0));
        assert_eq!(network(&[0; 16], &[0; 4]), None);
    }
}
