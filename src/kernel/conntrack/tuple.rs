//! What tells the packets of one connection from those of all others.
//!
//! ```text
//! TUPLE_IP    { IP_V4_SRC 10.244.1.2, IP_V4_DST 192.168.1.100 }
//! TUPLE_PROTO { PROTO_NUM 6, PROTO_SRC_PORT 40000, PROTO_DST_PORT 80 }      10.244.1.2:40000 → 192.168.1.100:80
//! ```

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::kernel::netfilter::attribute::{Attributes, Writer};

/// `CTA_TUPLE_*` (`include/uapi/linux/netfilter/nfnetlink_conntrack.h`).
mod part {
    pub const IP: u16 = 1;
    pub const PROTOCOL: u16 = 2;
}

/// `CTA_IP_*`.
mod ip {
    pub const V4_SOURCE: u16 = 1;
    pub const V4_DESTINATION: u16 = 2;
    pub const V6_SOURCE: u16 = 3;
    pub const V6_DESTINATION: u16 = 4;
}

/// `CTA_PROTO_*`. ICMPv6 has its own three.
mod protocol {
    pub const NUMBER: u16 = 1;
    pub const SOURCE_PORT: u16 = 2;
    pub const DESTINATION_PORT: u16 = 3;
    /// Id, type, code.
    pub const ICMP: [u16; 3] = [4, 5, 6];
    pub const ICMPV6: [u16; 3] = [7, 8, 9];
}

/// One direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tuple {
    /// Where its packets come from.
    pub source: IpAddr,
    /// Where they go to.
    pub destination: IpAddr,
    /// `IPPROTO_*`: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6.
    pub protocol: u8,
    /// What the protocol adds.
    pub id: TupleId,
}

/// What tells connections between the same two addresses apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TupleId {
    /// TCP, UDP and the like.
    Ports {
        /// The port that its packets come from.
        source: u16,
        /// The port that they go to.
        destination: u16,
    },
    /// ICMP and ICMPv6.
    Icmp {
        /// The type: 8 for an echo request, 0 for its reply; 128 and 129 in ICMPv6.
        kind: u8,
        /// The code.
        code: u8,
        /// The identifier of who asks.
        id: u16,
    },
    /// Nothing: other protocols.
    None,
}

impl Tuple {
    /// `NFPROTO_*`; `None` when the addresses are of different families.
    pub(super) fn family(&self) -> Option<u8> {
        match (self.source, self.destination) {
            (IpAddr::V4(_), IpAddr::V4(_)) => Some(libc::NFPROTO_IPV4 as u8),
            (IpAddr::V6(_), IpAddr::V6(_)) => Some(libc::NFPROTO_IPV6 as u8),
            _ => None,
        }
    }

    /// Writes its attributes.
    pub(super) fn put(&self, w: &mut Writer) {
        w.nested(part::IP, |w| {
            put_address(w, self.source, [ip::V4_SOURCE, ip::V6_SOURCE]);
            put_address(w, self.destination, [ip::V4_DESTINATION, ip::V6_DESTINATION]);
        });
        w.nested(part::PROTOCOL, |w| {
            w.put(protocol::NUMBER, &[self.protocol]);
            match self.id {
                TupleId::Ports { source, destination } => {
                    w.put(protocol::SOURCE_PORT, &source.to_be_bytes());
                    w.put(protocol::DESTINATION_PORT, &destination.to_be_bytes());
                }
                TupleId::Icmp { kind, code, id } => {
                    let [at_id, at_kind, at_code] =
                        if self.source.is_ipv4() { protocol::ICMP } else { protocol::ICMPV6 };
                    w.put(at_id, &id.to_be_bytes());
                    w.put(at_kind, &[kind]);
                    w.put(at_code, &[code]);
                }
                TupleId::None => {}
            }
        });
    }

    /// Reads its attributes; `None` when some are missing.
    pub(super) fn read(a: Attributes<'_>) -> Option<Tuple> {
        let (ip, protocol) = (a.nested(part::IP)?, a.nested(part::PROTOCOL)?);
        Some(Tuple {
            source: address(ip, [ip::V4_SOURCE, ip::V6_SOURCE])?,
            destination: address(ip, [ip::V4_DESTINATION, ip::V6_DESTINATION])?,
            protocol: byte(protocol, protocol::NUMBER)?,
            id: ports(protocol)
                .or_else(|| icmp(protocol, protocol::ICMP))
                .or_else(|| icmp(protocol, protocol::ICMPV6))
                .unwrap_or(TupleId::None),
        })
    }
}

fn put_address(w: &mut Writer, address: IpAddr, [v4, v6]: [u16; 2]) {
    match address {
        IpAddr::V4(address) => w.put(v4, &address.octets()),
        IpAddr::V6(address) => w.put(v6, &address.octets()),
    }
}

fn address(a: Attributes<'_>, [v4, v6]: [u16; 2]) -> Option<IpAddr> {
    match a.get(v4) {
        Some(bytes) => Some(<[u8; 4]>::try_from(bytes).ok()?.into()),
        None => Some(<[u8; 16]>::try_from(a.get(v6)?).ok()?.into()),
    }
}

fn ports(a: Attributes<'_>) -> Option<TupleId> {
    Some(TupleId::Ports {
        source: short(a, protocol::SOURCE_PORT)?,
        destination: short(a, protocol::DESTINATION_PORT)?,
    })
}

fn icmp(a: Attributes<'_>, [id, kind, code]: [u16; 3]) -> Option<TupleId> {
    Some(TupleId::Icmp { kind: byte(a, kind)?, code: byte(a, code)?, id: short(a, id)? })
}

fn short(a: Attributes<'_>, kind: u16) -> Option<u16> {
    Some(u16::from_be_bytes(a.get(kind)?.try_into().ok()?))
}

fn byte(a: Attributes<'_>, kind: u16) -> Option<u8> {
    a.get(kind)?.first().copied()
}

/// `10.244.1.2:40000 → 192.168.1.100:80`, `10.244.1.2 → 10.244.2.2 type=8 code=0 id=77` (as conntrack(8) writes it).
impl fmt::Display for Tuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tuple { source: from, destination: to, .. } = *self;
        match self.id {
            TupleId::Ports { source, destination } => {
                write!(f, "{} → {}", SocketAddr::new(from, source), SocketAddr::new(to, destination))
            }
            TupleId::Icmp { kind, code, id } => write!(f, "{from} → {to} type={kind} code={code} id={id}"),
            TupleId::None => write!(f, "{from} → {to}"),
        }
    }
}
