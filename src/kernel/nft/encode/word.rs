//! The few of nft's words that netlab writes itself, beside addresses and `masquerade`: those of its faults.
//!
//! ```text
//! iifname != "cni0"      [ meta load iifname => reg 1 ] [ cmp neq reg 1 "cni0" ]
//! ct state new           [ ct load state => reg 1 ] [ bitwise reg 1 = ( reg 1 & 0x8 ) ^ 0 ] [ cmp neq reg 1 0 ]
//! udp dport 8472         [ meta load l4proto => reg 1 ] [ cmp eq reg 1 17 ] [ payload load 2b @ transport header + 2 … ]
//! meta length > 1200     [ meta load len => reg 1 ] [ byteorder reg 1 = hton(reg 1, 4, 4) ] [ cmp gt reg 1 1200 ]
//! drop                   [ immediate reg 0 drop ]
//! reject                 [ reject type 0 code 3 ]
//! ```
//!
//! What is written here is read back in the same words by `kernel/nft/expression`.

use super::super::uapi;
use super::rule::{REGISTER, compare, expression, load_meta};
use crate::kernel::netfilter::attribute::Writer;
use crate::names::LINK_NAME_MAX;
use crate::network::ruleset::Family;

/// A part of a rule that netlab can put into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// `drop` or `accept`.
    Verdict(libc::c_int),
    /// `reject`: the sender is told that the port is unreachable.
    Reject {
        /// ICMP's or ICMPv6's number for that.
        code: u8,
    },
    /// `ct state new`.
    New,
    /// `iifname "eth0"`, `oifname != "cni0"`.
    Link {
        /// `NFT_META_IIFNAME` or `NFT_META_OIFNAME`.
        key: libc::c_int,
        /// Whether any other link matches instead.
        not: bool,
        /// Its name.
        name: &'a str,
    },
    /// `meta length > 1200`.
    LongerThan(u32),
    /// `udp dport 8472`.
    UdpTo(u16),
}

impl<'a> Word<'a> {
    /// Reads a part of a rule in a table of this family, if it is one of these.
    pub fn parse(family: Family, text: &'a str) -> Option<Self> {
        if let Some((key, rest)) = text.split_once(' ').and_then(|(word, rest)| Some((link_key(word)?, rest))) {
            let (not, name) = rest.strip_prefix("!= ").map_or((false, rest), |name| (true, name));
            let name = name.strip_prefix('"')?.strip_suffix('"')?;
            let plain = !name.is_empty() && name.len() <= LINK_NAME_MAX && !name.contains(['"', '*', '\0']);
            return plain.then_some(Word::Link { key, not, name });
        }
        if let Some(length) = text.strip_prefix("meta length > ") {
            return length.parse().ok().map(Word::LongerThan);
        }
        if let Some(port) = text.strip_prefix("udp dport ") {
            let has_ports = matches!(family, Family::Ip | Family::Ip6 | Family::Inet);
            return port.parse().ok().filter(|_| has_ports).map(Word::UdpTo);
        }
        match (text, family) {
            ("drop", _) => Some(Word::Verdict(libc::NF_DROP)),
            ("accept", _) => Some(Word::Verdict(libc::NF_ACCEPT)),
            // ICMP_PORT_UNREACH, ICMPV6_PORT_UNREACH: what nft takes when nothing is said.
            ("reject", Family::Ip) => Some(Word::Reject { code: 3 }),
            ("reject", Family::Ip6) => Some(Word::Reject { code: 4 }),
            ("ct state new", Family::Ip | Family::Ip6 | Family::Inet) => Some(Word::New),
            _ => None,
        }
    }

    /// Writes its expressions.
    pub fn put(self, w: &mut Writer) {
        match self {
            Word::Verdict(verdict) => expression(w, "immediate", |w| {
                w.number(uapi::immediate::TO, libc::NFT_REG_VERDICT as u32);
                w.nested(uapi::immediate::DATA, |w| {
                    w.nested(uapi::data::VERDICT, |w| w.number(uapi::verdict::CODE, verdict.cast_unsigned()));
                });
            }),
            Word::Reject { code } => expression(w, "reject", |w| {
                w.number(uapi::reject::TYPE, libc::NFT_REJECT_ICMP_UNREACH as u32);
                w.put(uapi::reject::CODE, &[code]);
            }),
            Word::New => {
                /// `NF_CT_STATE_BIT(IP_CT_NEW)` (`include/uapi/linux/netfilter/nf_conntrack_common.h`).
                const NEW: u32 = 1 << 3;
                expression(w, "ct", |w| {
                    w.number(uapi::ct::TO, REGISTER);
                    w.number(uapi::ct::KEY, libc::NFT_CT_STATE as u32);
                });
                expression(w, "bitwise", |w| {
                    w.number(uapi::bitwise::FROM, REGISTER);
                    w.number(uapi::bitwise::TO, REGISTER);
                    w.number(uapi::bitwise::LENGTH, 4);
                    w.nested(uapi::bitwise::MASK, |w| w.put(uapi::data::VALUE, &NEW.to_ne_bytes()));
                    w.nested(uapi::bitwise::XOR, |w| w.put(uapi::data::VALUE, &[0; 4]));
                });
                compare(w, libc::NFT_CMP_NEQ, &[0; 4]);
            }
            Word::Link { key, not, name } => {
                // IFNAMSIZ bytes, filled with zeros.
                let mut bytes = [0; LINK_NAME_MAX + 1];
                bytes.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
                load_meta(w, key);
                compare(w, if not { libc::NFT_CMP_NEQ } else { libc::NFT_CMP_EQ }, &bytes);
            }
            Word::LongerThan(length) => {
                load_meta(w, libc::NFT_META_LEN);
                // Larger and smaller are told byte by byte, so the largest byte has to come first.
                expression(w, "byteorder", |w| {
                    w.number(uapi::byteorder::FROM, REGISTER);
                    w.number(uapi::byteorder::TO, REGISTER);
                    w.number(uapi::byteorder::OP, libc::NFT_BYTEORDER_HTON as u32);
                    w.number(uapi::byteorder::LENGTH, 4);
                    w.number(uapi::byteorder::SIZE, 4);
                });
                compare(w, libc::NFT_CMP_GT, &length.to_be_bytes());
            }
            Word::UdpTo(port) => {
                /// Where a UDP header has the port that it is for, and that field's length, in bytes (RFC 768).
                const PORT: (u32, u32) = (2, 2);
                load_meta(w, libc::NFT_META_L4PROTO);
                compare(w, libc::NFT_CMP_EQ, &[libc::IPPROTO_UDP as u8]);
                expression(w, "payload", |w| {
                    w.number(uapi::payload::TO, REGISTER);
                    w.number(uapi::payload::BASE, libc::NFT_PAYLOAD_TRANSPORT_HEADER as u32);
                    w.number(uapi::payload::OFFSET, PORT.0);
                    w.number(uapi::payload::LENGTH, PORT.1);
                });
                compare(w, libc::NFT_CMP_EQ, &port.to_be_bytes());
            }
        }
    }
}

fn link_key(word: &str) -> Option<libc::c_int> {
    match word {
        "iifname" => Some(libc::NFT_META_IIFNAME),
        "oifname" => Some(libc::NFT_META_OIFNAME),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        let word = |text| Word::parse(Family::Ip, text);
        assert_eq!(
            word("iifname != \"cni0\""),
            Some(Word::Link { key: libc::NFT_META_IIFNAME, not: true, name: "cni0" })
        );
        assert_eq!(
            word("oifname \"eth0\""),
            Some(Word::Link { key: libc::NFT_META_OIFNAME, not: false, name: "eth0" })
        );
        assert_eq!(word("meta length > 1200"), Some(Word::LongerThan(1200)));
        assert_eq!(
            (word("reject"), word("drop")),
            (Some(Word::Reject { code: 3 }), Some(Word::Verdict(libc::NF_DROP)))
        );
        assert_eq!((word("udp dport 8472"), word("udp dport vxlan")), (Some(Word::UdpTo(8472)), None));
        assert_eq!(Word::parse(Family::Ip6, "reject"), Some(Word::Reject { code: 4 }));
        for other in ["iifname eth0", "iifname \"a*\"", "iifname \"a-name-that-is-too-long\"", "meta length > x", "log"]
        {
            assert_eq!(word(other), None, "{other}");
        }
        assert_eq!((Word::parse(Family::Inet, "reject"), Word::parse(Family::Bridge, "ct state new")), (None, None));
    }
}
