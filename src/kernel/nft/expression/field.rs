//! Fields of headers by their place.
//!
//! ```text
//! network header + 12, 4 bytes, in an IPv4 packet    → ip saddr
//! transport header + 2, 2 bytes, in a TCP segment    → tcp dport
//! transport header + 2, 2 bytes, in who knows what   → th dport
//! ```

use super::super::address::{IPV4, IPV6};
use super::reading::{Layer, Reading, Selector};
use super::word::{self, Kind, Order};
use crate::network::ruleset::Side;

/// A field of a header.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    layer: Layer,
    /// The protocol of that layer; the field is there in all, if none is said.
    protocol: Option<u16>,
    offset: u32,
    /// In bytes.
    pub length: u32,
    text: &'static str,
    kind: Kind,
    tells: Option<Layer>,
}

const NUMBER: Kind = Kind::Number(Order::Network);
const PROTOCOL: Kind = Kind::Words(Order::Network, word::PROTOCOLS);

const fn field(header: (Layer, i32), offset: u32, length: u32, text: &'static str, kind: Kind) -> Field {
    let protocol = if header.1 < 0 { None } else { Some(header.1 as u16) };
    Field { layer: header.0, protocol, offset, length, text, kind, tells: None }
}

impl Field {
    const fn telling(self, layer: Layer) -> Self {
        Field { tells: Some(layer), ..self }
    }
}

const ETHER: (Layer, i32) = (Layer::Link, libc::ARPHRD_ETHER as i32);
const ARP: (Layer, i32) = (Layer::Network, libc::ETH_P_ARP);
const IP: (Layer, i32) = (Layer::Network, libc::ETH_P_IP);
const IP6: (Layer, i32) = (Layer::Network, libc::ETH_P_IPV6);
const TCP: (Layer, i32) = (Layer::Transport, libc::IPPROTO_TCP);
const UDP: (Layer, i32) = (Layer::Transport, libc::IPPROTO_UDP);
const UDPLITE: (Layer, i32) = (Layer::Transport, libc::IPPROTO_UDPLITE);
const SCTP: (Layer, i32) = (Layer::Transport, libc::IPPROTO_SCTP);
const DCCP: (Layer, i32) = (Layer::Transport, libc::IPPROTO_DCCP);
const ICMP: (Layer, i32) = (Layer::Transport, libc::IPPROTO_ICMP);
const ICMPV6: (Layer, i32) = (Layer::Transport, libc::IPPROTO_ICMPV6);
/// Any transport.
const TH: (Layer, i32) = (Layer::Transport, -1);

const FIELDS: &[Field] = &[
    field(ETHER, 0, 6, "ether daddr", Kind::Mac),
    field(ETHER, 6, 6, "ether saddr", Kind::Mac),
    field(ETHER, 12, 2, "ether type", Kind::HexWords(Order::Network, word::ETHER_TYPES)).telling(Layer::Network),
    field(ARP, 6, 2, "arp operation", Kind::Words(Order::Network, word::ARP_OPERATIONS)),
    field(ARP, 8, 6, "arp saddr ether", Kind::Mac),
    field(ARP, 14, 4, "arp saddr ip", Kind::Address),
    field(ARP, 18, 6, "arp daddr ether", Kind::Mac),
    field(ARP, 24, 4, "arp daddr ip", Kind::Address),
    field(IP, 2, 2, "ip length", NUMBER),
    field(IP, 4, 2, "ip id", NUMBER),
    field(IP, 8, 1, "ip ttl", NUMBER),
    field(IP, 9, 1, "ip protocol", PROTOCOL).telling(Layer::Transport),
    field(IP, IPV4.offset(Side::Source), 4, "ip saddr", Kind::Address),
    field(IP, IPV4.offset(Side::Destination), 4, "ip daddr", Kind::Address),
    field(IP6, 4, 2, "ip6 length", NUMBER),
    field(IP6, 6, 1, "ip6 nexthdr", PROTOCOL).telling(Layer::Transport),
    field(IP6, 7, 1, "ip6 hoplimit", NUMBER),
    field(IP6, IPV6.offset(Side::Source), 16, "ip6 saddr", Kind::Address),
    field(IP6, IPV6.offset(Side::Destination), 16, "ip6 daddr", Kind::Address),
    field(TCP, 0, 2, "tcp sport", NUMBER),
    field(TCP, 2, 2, "tcp dport", NUMBER),
    field(TCP, 4, 4, "tcp sequence", NUMBER),
    field(TCP, 8, 4, "tcp ackseq", NUMBER),
    field(TCP, 13, 1, "tcp flags", Kind::Bits(word::TCP_FLAGS)),
    field(TCP, 14, 2, "tcp window", NUMBER),
    field(UDP, 0, 2, "udp sport", NUMBER),
    field(UDP, 2, 2, "udp dport", NUMBER),
    field(UDP, 4, 2, "udp length", NUMBER),
    field(UDPLITE, 0, 2, "udplite sport", NUMBER),
    field(UDPLITE, 2, 2, "udplite dport", NUMBER),
    field(SCTP, 0, 2, "sctp sport", NUMBER),
    field(SCTP, 2, 2, "sctp dport", NUMBER),
    field(DCCP, 0, 2, "dccp sport", NUMBER),
    field(DCCP, 2, 2, "dccp dport", NUMBER),
    field(ICMP, 0, 1, "icmp type", Kind::Words(Order::Network, word::ICMP_TYPES)),
    field(ICMP, 1, 1, "icmp code", Kind::Words(Order::Network, word::ICMP_CODES)),
    field(ICMP, 4, 2, "icmp id", NUMBER),
    field(ICMP, 6, 2, "icmp sequence", NUMBER),
    field(ICMPV6, 0, 1, "icmpv6 type", Kind::Words(Order::Network, word::ICMPV6_TYPES)),
    field(ICMPV6, 1, 1, "icmpv6 code", Kind::Words(Order::Network, word::ICMPV6_CODES)),
    field(ICMPV6, 4, 2, "icmpv6 id", NUMBER),
    field(ICMPV6, 6, 2, "icmpv6 sequence", NUMBER),
    field(TH, 0, 2, "th sport", NUMBER),
    field(TH, 2, 2, "th dport", NUMBER),
];

/// The field that a load of so many bytes begins with: all of it, or of an address the first bytes.
pub fn at(r: &Reading, base: u32, offset: u32, length: u32) -> Option<&'static Field> {
    let layer = match base.cast_signed() {
        libc::NFT_PAYLOAD_LL_HEADER => Layer::Link,
        libc::NFT_PAYLOAD_NETWORK_HEADER => Layer::Network,
        libc::NFT_PAYLOAD_TRANSPORT_HEADER => Layer::Transport,
        _ => return None,
    };
    FIELDS.iter().find(|field| {
        field.layer == layer
            && field.offset == offset
            && (field.length <= length || matches!(field.kind, Kind::Address) && length > 0)
            && (field.protocol.is_none() || field.protocol == r.protocol(layer))
    })
}

impl Field {
    /// The field, now that a rule speaks of it: what its name implies need not be said before it.
    pub fn mention(&self, r: &mut Reading, length: u32) -> Selector {
        if self.protocol.is_some() {
            r.implied(self.layer);
        }
        if matches!((self.layer, self.protocol), (Layer::Transport, Some(p)) if [ICMP.1, ICMPV6.1].contains(&p.into()))
        {
            // Each belongs to one family.
            r.implied(Layer::Network);
        }
        Selector {
            text: self.text.into(),
            kind: self.kind,
            length: length.min(self.length) as usize,
            tells: self.tells,
        }
    }
}
