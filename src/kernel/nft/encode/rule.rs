//! A rule as the kernel's expressions.
//!
//! ```text
//! ip saddr 10.244.1.0/24     [ payload load 3b @ network header + 12 => reg 1 ]
//!                            [ cmp eq reg 1 0x0a 0xf4 0x01 ]
//! ip daddr != 10.240.0.0/12  [ payload load 4b @ network header + 16 => reg 1 ]
//!                            [ bitwise reg 1 = ( reg 1 & 0xff 0xf0 0x00 0x00 ) ^ 0 ]
//!                            [ cmp neq reg 1 0x0a 0xf0 0x00 0x00 ]
//! masquerade                 [ masq ]
//! snat to 198.51.100.7       [ immediate reg 1 0xc6 0x33 0x64 0x07 ] [ nat snat ip addr_min reg 1 ]
//! ```
//!
//! As `nft` does it: a prefix of whole bytes is a shorter load, any other one is masked.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::super::address::{Addressing, address_bytes};
use super::super::uapi;
use super::word::Word;
use crate::kernel::netfilter::attribute::Writer;
use crate::network::ruleset::{Family, Part, Rule, Side};

/// The one register that is used.
pub(super) const REGISTER: u32 = libc::NFT_REG_1 as u32;

/// Whether a rule can be put into bytes in a table of this family.
pub fn check(family: Family, rule: &Rule) -> Result<(), String> {
    let mut seen: Option<&IpNetwork> = None;
    for part in &rule.parts {
        match part {
            Part::Masquerade => {}
            Part::Snat(address) if (family, address.is_ipv4()) == (Family::Ip, true) => {}
            Part::Snat(address) if (family, address.is_ipv4()) == (Family::Ip6, false) => {}
            Part::Snat(address) => return Err(format!("a table of family {family} cannot translate to {address}")),
            Part::Other(text) if Word::parse(family, text).is_some() => {}
            Part::Other(text) => return Err(format!("netlab knows `{text}` in nft's words only")),
            Part::Address { network, .. } => {
                let fits = match family {
                    Family::Ip => network.is_ipv4(),
                    Family::Ip6 => network.is_ipv6(),
                    Family::Inet | Family::Bridge | Family::Netdev => true,
                    Family::Arp => false,
                };
                if !fits {
                    return Err(format!("a table of family {family} cannot match {network}"));
                }
                if seen.is_some_and(|other| other.is_ipv4() != network.is_ipv4()) {
                    return Err("one rule cannot match both IPv4 and IPv6 addresses".into());
                }
                seen = Some(network);
            }
        }
    }
    Ok(())
}

/// Writes the expressions of a rule that passed [`check`].
pub fn put(w: &mut Writer, family: Family, rule: &Rule) {
    let mut guarded = matches!(family, Family::Ip | Family::Ip6);
    for part in &rule.parts {
        match part {
            Part::Address { side, not, network } => {
                if !guarded {
                    guard(w, family, network);
                    guarded = true;
                }
                address(w, *side, *not, network);
            }
            Part::Masquerade => expression(w, "masq", |_| ()),
            Part::Snat(to) => snat(w, *to),
            Part::Other(text) => {
                if let Some(word) = Word::parse(family, text) {
                    word.put(w);
                }
            }
        }
    }
}

/// Where packets of both families pass, an address means something only once the family is known.
fn guard(w: &mut Writer, family: Family, network: &IpNetwork) {
    let addressing = Addressing::of(network);
    if family == Family::Inet {
        load_meta(w, libc::NFT_META_NFPROTO);
        compare(w, libc::NFT_CMP_EQ, &[addressing.protocol]);
    } else {
        load_meta(w, libc::NFT_META_PROTOCOL);
        compare(w, libc::NFT_CMP_EQ, &addressing.ether_type.to_be_bytes());
    }
}

fn address(w: &mut Writer, side: Side, not: bool, network: &IpNetwork) {
    let addressing = Addressing::of(network);
    let prefix = usize::from(network.prefix());
    let whole_bytes = prefix > 0 && prefix.is_multiple_of(8);
    let length = if whole_bytes { prefix / 8 } else { addressing.length };

    expression(w, "payload", |w| {
        w.number(uapi::payload::TO, REGISTER);
        w.number(uapi::payload::BASE, libc::NFT_PAYLOAD_NETWORK_HEADER as u32);
        w.number(uapi::payload::OFFSET, addressing.offset(side));
        w.number(uapi::payload::LENGTH, length as u32);
    });
    if !whole_bytes {
        let (mask, size) = address_bytes(network.mask());
        expression(w, "bitwise", |w| {
            w.number(uapi::bitwise::FROM, REGISTER);
            w.number(uapi::bitwise::TO, REGISTER);
            w.number(uapi::bitwise::LENGTH, size as u32);
            w.nested(uapi::bitwise::MASK, |w| w.put(uapi::data::VALUE, &mask[..size]));
            w.nested(uapi::bitwise::XOR, |w| w.put(uapi::data::VALUE, &[0; 16][..size]));
        });
    }
    // The network's own address: 10.244.1.5/24 means 10.244.1.0/24.
    let (bytes, _) = address_bytes(network.network());
    compare(w, if not { libc::NFT_CMP_NEQ } else { libc::NFT_CMP_EQ }, &bytes[..length]);
}

/// `[ immediate reg 1 198.51.100.7 ] [ nat snat ip addr_min reg 1 ]`
fn snat(w: &mut Writer, to: IpAddr) {
    let (bytes, length) = address_bytes(to);
    expression(w, "immediate", |w| {
        w.number(uapi::immediate::TO, REGISTER);
        w.nested(uapi::immediate::DATA, |w| w.put(uapi::data::VALUE, &bytes[..length]));
    });
    expression(w, "nat", |w| {
        w.number(uapi::nat::TYPE, libc::NFT_NAT_SNAT as u32);
        w.number(uapi::nat::FAMILY, u32::from(Addressing::of(&to.into()).protocol));
        w.number(uapi::nat::ADDRESS_LOW, REGISTER);
    });
}

pub(super) fn load_meta(w: &mut Writer, key: libc::c_int) {
    expression(w, "meta", |w| {
        w.number(uapi::meta::TO, REGISTER);
        w.number(uapi::meta::KEY, key as u32);
    });
}

/// `[ cmp eq reg 1 0x0a 0xf4 0x01 ]`
pub fn compare(w: &mut Writer, op: libc::c_int, with: &[u8]) {
    expression(w, "cmp", |w| {
        w.number(uapi::cmp::FROM, REGISTER);
        w.number(uapi::cmp::OP, op as u32);
        w.nested(uapi::cmp::DATA, |w| w.put(uapi::data::VALUE, with));
    });
}

/// An expression of this name.
pub fn expression(w: &mut Writer, name: &str, attributes: impl FnOnce(&mut Writer)) {
    w.nested(uapi::list::ELEMENT, |w| {
        w.text(uapi::expression::NAME, name);
        w.nested(uapi::expression::DATA, attributes);
    });
}
