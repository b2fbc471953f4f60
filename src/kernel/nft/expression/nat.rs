//! Expressions that translate addresses.
//!
//! ```text
//! [ immediate reg 1 10.0.0.1 ] [ immediate reg 2 8080 ] [ nat dnat ip addr_min reg 1 proto_min reg 2 ]
//!                                                              → dnat to 10.0.0.1:8080
//! [ masq ]                                                     → masquerade
//! [ immediate reg 1 8080 ] [ redir proto_min reg 1 ]           → redirect to :8080
//! ```

use std::net::IpAddr;

use super::super::address::{address, address_bytes, network};
use super::super::uapi;
use super::reading::Reading;
use crate::kernel::netfilter::attribute::Attributes;
use crate::network::ruleset::{Family, Part};

/// `NF_NAT_RANGE_*` that have words (`include/uapi/linux/netfilter/nf_nat.h`).
const FLAGS: [(u32, &str); 3] = [(1 << 2, "random"), (1 << 4, "fully-random"), (1 << 3, "persistent")];
/// `NF_NAT_RANGE_NETMAP`: the range is a network, and hosts keep their place in it.
const NETMAP: u32 = 1 << 6;

/// `snat`, `dnat`.
pub fn nat(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::nat::{ADDRESS_HIGH, ADDRESS_LOW, FAMILY, FLAGS, PORT_HIGH, PORT_LOW, TYPE};
    let kind = match a.number(TYPE)?.cast_signed() {
        libc::NFT_NAT_SNAT => "snat",
        libc::NFT_NAT_DNAT => "dnat",
        _ => return None,
    };
    let family = match (r.family, a.number(FAMILY)?.cast_signed()) {
        // Elsewhere the table's family says it.
        (Family::Inet, libc::NFPROTO_IPV4) => " ip",
        (Family::Inet, libc::NFPROTO_IPV6) => " ip6",
        _ => "",
    };
    let flags = a.number(FLAGS).unwrap_or(0);
    let low = bound(r, a, ADDRESS_LOW, address)?;
    let high = bound(r, a, ADDRESS_HIGH, address)?;
    let ports = ports(r, a, PORT_LOW, PORT_HIGH)?;
    if let (Some(to), true) = (low, high.is_none() || high == low) {
        let plain = ports.is_empty() && words(flags).is_empty() && flags & NETMAP == 0;
        if kind == "snat" && plain && matches!(r.family, Family::Ip | Family::Ip6) {
            r.action(Part::Snat(to));
            return Some(());
        }
    }
    let target = match (low, high) {
        (Some(low), Some(high)) if flags & NETMAP != 0 => {
            return r.say(format!("{kind}{family} prefix to {}{}", spanned(low, high)?, words(flags)));
        }
        (Some(low), high) => {
            // A port's colon would be lost among those of an IPv6 address.
            let host = |host: IpAddr| match host {
                IpAddr::V6(host) if !ports.is_empty() => format!("[{host}]"),
                host => host.to_string(),
            };
            let high = high.filter(|high| *high != low).map(|high| format!("-{}", host(high)));
            format!("{}{}{ports}", host(low), high.unwrap_or_default())
        }
        (None, _) => ports,
    };
    r.say(format!("{kind}{family} to {target}{}", words(flags)))
}

/// `masquerade`
pub fn masquerade(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::masquerade::{FLAGS, PORT_HIGH, PORT_LOW};
    let ports = ports(r, a, PORT_LOW, PORT_HIGH)?;
    let details = to(&ports) + &words(a.number(FLAGS).unwrap_or(0));
    if details.is_empty() {
        r.action(Part::Masquerade);
        return Some(());
    }
    r.say(format!("masquerade{details}"))
}

/// `redirect`: `dnat` to this machine.
pub fn redirect(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::redirect::{FLAGS, PORT_HIGH, PORT_LOW};
    let ports = ports(r, a, PORT_LOW, PORT_HIGH)?;
    r.say(format!("redirect{}{}", to(&ports), words(a.number(FLAGS).unwrap_or(0))))
}

fn to(ports: &str) -> String {
    if ports.is_empty() { String::new() } else { format!(" to {ports}") }
}

/// `:8080`, `:1000-2000` or nothing; `None` when a register does not hold a port.
fn ports(r: &Reading, a: Attributes<'_>, low: u16, high: u16) -> Option<String> {
    let port = |bytes: &[u8]| bytes.try_into().ok().map(u16::from_be_bytes);
    Some(match (bound(r, a, low, port)?, bound(r, a, high, port)?) {
        (None, _) => String::new(),
        (Some(low), Some(high)) if low != high => format!(":{low}-{high}"),
        (Some(low), _) => format!(":{low}"),
    })
}

/// The constant in the register that an attribute names, if it names one; `None` when there is no such constant.
fn bound<T>(r: &Reading, a: Attributes<'_>, kind: u16, read: impl Fn(&[u8]) -> Option<T>) -> Option<Option<T>> {
    match a.number(kind) {
        None => Some(None),
        Some(register) => read(r.constant(register)?).map(Some),
    }
}

/// The network from its first to its last address.
fn spanned(low: IpAddr, high: IpAddr) -> Option<ipnetwork::IpNetwork> {
    let ((first, length), (last, same)) = (address_bytes(low), address_bytes(high));
    if length != same {
        return None;
    }
    let mask: Vec<u8> = first.iter().zip(last).map(|(first, last)| !(first ^ last)).collect();
    network(&first[..length], &mask[..length])
}

fn words(flags: u32) -> String {
    let words: Vec<_> = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, word)| *word).collect();
    if words.is_empty() { String::new() } else { format!(" {}", words.join(",")) }
}
