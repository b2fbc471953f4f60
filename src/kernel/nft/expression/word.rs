//! Values in nft's words.
//!
//! ```text
//! 06 as a protocol → tcp       06 as bits of ct state → established,related       00 50 as a port → 80
//! ```

use std::fmt::Write;

use super::super::address::address;
use crate::kernel::netfilter::attribute::text;

/// The order of a number's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As on the wire.
    Network,
    /// As in this machine.
    Host,
}

/// Numbers with names.
pub type Names = &'static [(u32, &'static str)];

/// What a value is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// An IPv4 or IPv6 address.
    Address,
    /// A hardware address.
    Mac,
    /// An interface's name.
    Name,
    /// A decimal number.
    Number(Order),
    /// A mark: all its hexadecimal digits.
    Mark,
    /// A traffic class, `1:2`.
    Class,
    /// One of these; else a decimal number.
    Words(Order, Names),
    /// One of these; else a hexadecimal number.
    HexWords(Order, Names),
    /// Several of these.
    Bits(Names),
    /// Bytes of a packet.
    Raw,
}

/// A value in nft's words.
pub fn word(kind: Kind, bytes: &[u8]) -> String {
    let known = match kind {
        Kind::Address => address(bytes).map(|address| address.to_string()),
        Kind::Mac => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")),
        Kind::Name => Some(interface(bytes)),
        Kind::Number(order) => number(bytes, order).map(|n| n.to_string()),
        Kind::Mark => number(bytes, Order::Host).map(|n| format!("{n:#010x}")),
        Kind::Class => number(bytes, Order::Host).map(|n| format!("{:x}:{:x}", n >> 16, n & 0xffff)),
        Kind::Words(order, names) => {
            number(bytes, order).map(|n| name(names, n).map_or_else(|| n.to_string(), str::to_owned))
        }
        Kind::HexWords(order, names) => {
            number(bytes, order).map(|n| name(names, n).map_or_else(|| format!("{n:#06x}"), str::to_owned))
        }
        Kind::Bits(names) => number(bytes, Order::Host).and_then(|n| bits(names, n)),
        Kind::Raw => None,
    };
    known.unwrap_or_else(|| hex(bytes))
}

/// A number of up to 8 bytes.
pub fn number(bytes: &[u8], order: Order) -> Option<u64> {
    let mut wide = [0; 8];
    let start = wide.len().checked_sub(bytes.len())?;
    wide[start..].copy_from_slice(bytes);
    if order == Order::Host && cfg!(target_endian = "little") {
        wide[start..].reverse();
    }
    Some(u64::from_be_bytes(wide))
}

fn name(names: Names, number: u64) -> Option<&'static str> {
    names.iter().find(|(n, _)| u64::from(*n) == number).map(|(_, name)| *name)
}

/// The names of all bits that are set; `None` when there are none, or one without a name.
fn bits(names: Names, number: u64) -> Option<String> {
    let all = names.iter().fold(0, |all, (bit, _)| all | u64::from(*bit));
    if number == 0 || number & !all != 0 {
        return None;
    }
    let set: Vec<_> = names.iter().filter(|(bit, _)| number & u64::from(*bit) != 0).map(|(_, name)| *name).collect();
    Some(set.join(","))
}

/// An interface's name in quotes; one that is compared without its end is a beginning.
fn interface(bytes: &[u8]) -> String {
    let rest = if bytes.contains(&0) { "" } else { "*" };
    format!("\"{}{rest}\"", text(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

/// `IPPROTO_*` by the names of `/etc/protocols`.
pub const PROTOCOLS: Names = &[
    (libc::IPPROTO_ICMP as u32, "icmp"),
    (libc::IPPROTO_IGMP as u32, "igmp"),
    (libc::IPPROTO_IPIP as u32, "ipencap"),
    (libc::IPPROTO_TCP as u32, "tcp"),
    (libc::IPPROTO_UDP as u32, "udp"),
    (libc::IPPROTO_DCCP as u32, "dccp"),
    (libc::IPPROTO_IPV6 as u32, "ipv6"),
    (libc::IPPROTO_GRE as u32, "gre"),
    (libc::IPPROTO_ESP as u32, "esp"),
    (libc::IPPROTO_AH as u32, "ah"),
    (libc::IPPROTO_ICMPV6 as u32, "ipv6-icmp"),
    (libc::IPPROTO_SCTP as u32, "sctp"),
    (libc::IPPROTO_UDPLITE as u32, "udplite"),
];

/// `NFPROTO_*`.
pub const NETWORK_PROTOCOLS: Names = &[(libc::NFPROTO_IPV4 as u32, "ipv4"), (libc::NFPROTO_IPV6 as u32, "ipv6")];

/// `ETH_P_*` (`include/uapi/linux/if_ether.h`).
pub const ETHER_TYPES: Names = &[
    (libc::ETH_P_IP as u32, "ip"),
    (libc::ETH_P_ARP as u32, "arp"),
    (libc::ETH_P_IPV6 as u32, "ip6"),
    (libc::ETH_P_8021Q as u32, "8021q"),
    (libc::ETH_P_8021AD as u32, "8021ad"),
];

/// `ARPHRD_*`.
pub const LINK_TYPES: Names = &[(libc::ARPHRD_ETHER as u32, "ether"), (libc::ARPHRD_PPP as u32, "ppp")];

/// `PACKET_*` (`include/uapi/linux/if_packet.h`).
pub const PACKET_TYPES: Names = &[(0, "host"), (1, "broadcast"), (2, "multicast"), (3, "other")];

/// `RTN_*` (`include/uapi/linux/rtnetlink.h`).
pub const ROUTE_TYPES: Names = &[
    (0, "unspec"),
    (1, "unicast"),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
];

/// Whether something is there.
pub const PRESENCE: Names = &[(0, "missing"), (1, "exists")];

/// Bits of a connection's state (`NF_CT_STATE_BIT`, `include/uapi/linux/netfilter/nf_conntrack_common.h`).
pub const CT_STATES: Names = &[(1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];

/// `IPS_*` (the same file).
pub const CT_STATUS: Names =
    &[(1, "expected"), (2, "seen-reply"), (4, "assured"), (8, "confirmed"), (16, "snat"), (32, "dnat"), (512, "dying")];

/// `IP_CT_DIR_*`.
pub const CT_DIRECTIONS: Names = &[(0, "original"), (1, "reply")];

/// TCP's flags.
pub const TCP_FLAGS: Names =
    &[(1, "fin"), (2, "syn"), (4, "rst"), (8, "psh"), (16, "ack"), (32, "urg"), (64, "ecn"), (128, "cwr")];

/// `ICMP_*` (`include/uapi/linux/icmp.h`).
pub const ICMP_TYPES: Names = &[
    (0, "echo-reply"),
    (3, "destination-unreachable"),
    (4, "source-quench"),
    (5, "redirect"),
    (8, "echo-request"),
    (9, "router-advertisement"),
    (10, "router-solicitation"),
    (11, "time-exceeded"),
    (12, "parameter-problem"),
    (13, "timestamp-request"),
    (14, "timestamp-reply"),
    (15, "info-request"),
    (16, "info-reply"),
    (17, "address-mask-request"),
    (18, "address-mask-reply"),
];

/// `ICMPV6_*` (`include/uapi/linux/icmpv6.h`), neighbour discovery, and multicast listeners.
pub const ICMPV6_TYPES: Names = &[
    (1, "destination-unreachable"),
    (2, "packet-too-big"),
    (3, "time-exceeded"),
    (4, "parameter-problem"),
    (128, "echo-request"),
    (129, "echo-reply"),
    (130, "mld-listener-query"),
    (131, "mld-listener-report"),
    (132, "mld-listener-done"),
    (133, "nd-router-solicit"),
    (134, "nd-router-advert"),
    (135, "nd-neighbor-solicit"),
    (136, "nd-neighbor-advert"),
    (137, "nd-redirect"),
    (143, "mld2-listener-report"),
];

/// Codes of ICMP's "destination unreachable", as far as nft names them.
pub const ICMP_CODES: Names = &[
    (0, "net-unreachable"),
    (1, "host-unreachable"),
    (2, "prot-unreachable"),
    (3, "port-unreachable"),
    (9, "net-prohibited"),
    (10, "host-prohibited"),
    (13, "admin-prohibited"),
];

/// The same of ICMPv6.
pub const ICMPV6_CODES: Names = &[
    (0, "no-route"),
    (1, "admin-prohibited"),
    (3, "addr-unreachable"),
    (4, "port-unreachable"),
    (5, "policy-fail"),
    (6, "reject-route"),
];

/// `NFT_REJECT_ICMPX_*`: what means the same in both.
pub const ICMPX_CODES: Names =
    &[(0, "no-route"), (1, "port-unreachable"), (2, "host-unreachable"), (3, "admin-prohibited")];

/// `ARPOP_*`.
pub const ARP_OPERATIONS: Names =
    &[(1, "request"), (2, "reply"), (3, "rrequest"), (4, "rreply"), (8, "inrequest"), (9, "inreply"), (10, "nak")];
