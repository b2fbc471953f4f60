//! A frame's bytes as the headers that a reader asks for.
//!
//! ```text
//! 02:…:0b ← 02:…:0a │ 192.168.1.11 → 192.168.1.12 ttl 64 │ UDP → 4789 │ VNI 1 │ 02:…:02 ← 02:…:01 │ 10.244.1.2 → 10.244.2.2 │ echo …
//! └── link ────────┘ └────────────────────── outer ─────────────────┘ └─────── link within ───┘ └──── packet ──────────────┘
//! ```
//!
//! What is cut off is left out, and nothing that a packet says can make this fail.

use std::net::IpAddr;

use etherparse::{LaxNetSlice, LaxSlicedPacket, LinkSlice};

use crate::network::Mac;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its hardware addresses, if its link has any.
    pub link: Option<LinkHeader>,
    /// The outer packets of encapsulations, outermost first.
    pub outer: Vec<Outer>,
    /// What it carries.
    pub content: Content,
}

/// Hardware addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkHeader {
    /// Whose interface sent it.
    pub source: Mac,
    /// Whose interface is to take it.
    pub destination: Mac,
}

/// An outer packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outer {
    /// Its header.
    pub packet: Packet,
    /// The VXLAN network identifier; none for other encapsulations.
    pub vni: Option<u32>,
    /// The hardware addresses within, for VXLAN.
    pub link: Option<LinkHeader>,
}

/// What a frame carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A packet.
    Packet(Packet),
    /// ARP: a question or an answer.
    Arp(Arp),
    /// Anything else.
    Other,
}

/// An ARP message (RFC 826).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// Whether it asks (else it answers).
    pub asks: bool,
    /// Who says so.
    pub sender: (Mac, IpAddr),
    /// Of whom: the address that is asked for, or the one who is answered.
    pub target: (Mac, IpAddr),
}

/// An IP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its source address.
    pub source: IpAddr,
    /// Its destination address.
    pub destination: IpAddr,
    /// Its time to live (IPv6: hop limit).
    pub ttl: u8,
    /// Its length in bytes with its header, as the header says.
    pub length: usize,
    /// Whether no router may cut it up; of IPv6, always.
    pub dont_fragment: bool,
    /// Whether it is a piece of a larger one.
    pub fragment: bool,
    /// Its protocol's number (`IPPROTO_*`).
    pub protocol: u8,
    /// What it carries.
    pub transport: Transport,
}

/// What a packet carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// An ICMP echo.
    Echo {
        /// Whether it is a reply.
        reply: bool,
        /// Identifier.
        id: u16,
        /// Sequence number.
        sequence: u16,
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A TCP segment.
    Tcp {
        /// Source and destination port.
        ports: (u16, u16),
        /// Sequence and acknowledgement number.
        numbers: (u32, u32),
        /// `SYN`, `ACK`, `RST`, `FIN` as in the header.
        flags: u8,
    },
    /// A datagram.
    Udp {
        /// Source and destination port.
        ports: (u16, u16),
        /// Its payload.
        payload: Vec<u8>,
    },
    /// An ICMP error, which quotes the packet that it is about.
    Error {
        /// Type and code.
        icmp: (u8, u8),
        /// The MTU that would fit, for those that say so.
        mtu: u32,
        /// The packet that it is about, with outer packets where it was encapsulated.
        about: Box<Frame>,
    },
    /// ICMPv6: who has this address?
    Solicitation {
        /// The address.
        target: IpAddr,
    },
    /// ICMPv6: I have this address.
    Advertisement {
        /// The address.
        target: IpAddr,
        /// At which hardware address.
        mac: Option<Mac>,
    },
    /// Anything else.
    Other,
}

/// Flags of TCP (RFC 9293, section 3.1).
pub const SYN: u8 = 0x02;
/// See there.
pub const RST: u8 = 0x04;
/// See there.
pub const ACK: u8 = 0x10;

/// The UDP port of VXLAN (RFC 7348), and the one that Linux took before there was an RFC (flannel still does).
const VXLAN_PORTS: [u16; 2] = [4789, 8472];

/// How deep encapsulations and quotes are followed.
const DEPTH: usize = 4;

impl Frame {
    /// Reads an Ethernet frame.
    pub fn of_ethernet(bytes: &[u8]) -> Frame {
        ethernet(bytes, DEPTH)
    }

    /// Reads what begins with a network header of IPv4 or IPv6.
    pub fn of_packet(bytes: &[u8]) -> Frame {
        match LaxSlicedPacket::from_ip(bytes) {
            Ok(sliced) => of_sliced(&sliced, None, DEPTH),
            Err(_) => Frame { link: None, outer: Vec::new(), content: Content::Other },
        }
    }

    /// The innermost packet.
    pub fn packet(&self) -> Option<&Packet> {
        match &self.content {
            Content::Packet(packet) => Some(packet),
            _ => None,
        }
    }

    /// The hardware addresses that belong to the innermost packet.
    pub fn inner_link(&self) -> Option<LinkHeader> {
        match self.outer.last() {
            Some(outer) => outer.link,
            None => self.link,
        }
    }

    /// The packet that the frame's own link carries: the outermost.
    pub fn outermost(&self) -> Option<&Packet> {
        self.outer.first().map(|outer| &outer.packet).or_else(|| self.packet())
    }
}

impl Packet {
    /// Its ports, if it has any.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self.transport {
            Transport::Tcp { ports, .. } | Transport::Udp { ports, .. } => Some(ports),
            _ => None,
        }
    }
}

fn ethernet(bytes: &[u8], depth: usize) -> Frame {
    let nothing = Frame { link: None, outer: Vec::new(), content: Content::Other };
    let Ok(sliced) = LaxSlicedPacket::from_ethernet(bytes) else { return nothing };
    let link = match &sliced.link {
        Some(LinkSlice::Ethernet2(ethernet)) => {
            Some(LinkHeader { source: Mac(ethernet.source()), destination: Mac(ethernet.destination()) })
        }
        _ => None,
    };
    of_sliced(&sliced, link, depth)
}

fn of_sliced(sliced: &LaxSlicedPacket<'_>, link: Option<LinkHeader>, depth: usize) -> Frame {
    let frame = |content| Frame { link, outer: Vec::new(), content };
    let (mut packet, body) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let packet = Packet {
                source: header.source_addr().into(),
                destination: header.destination_addr().into(),
                ttl: header.ttl(),
                length: header.total_len().into(),
                dont_fragment: header.dont_fragment(),
                fragment: header.is_fragmenting_payload(),
                protocol: header.protocol().0,
                transport: Transport::Other,
            };
            let first = header.fragments_offset().value() == 0;
            (packet, if first { ip.payload().payload } else { &[] })
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let payload = ip.payload();
            let packet = Packet {
                source: header.source_addr().into(),
                destination: header.destination_addr().into(),
                ttl: header.hop_limit(),
                length: usize::from(header.payload_length()) + IPV6_HEADER,
                dont_fragment: true,
                fragment: payload.fragmented,
                protocol: payload.ip_number.0,
                transport: Transport::Other,
            };
            (packet, payload.payload)
        }
        Some(LaxNetSlice::Arp(arp)) => return frame(arp_content(arp)),
        None => return frame(Content::Other),
    };
    let ipv6 = packet.source.is_ipv6();
    if depth > 0
        && let Some(within) = encapsulated(&packet, body, depth)
    {
        let (vni, mut inner) = within;
        let mut outer = vec![Outer { packet, vni, link: inner.link }];
        outer.append(&mut inner.outer);
        return Frame { link, outer, content: inner.content };
    }
    packet.transport = match packet.protocol {
        ICMP if !ipv6 => icmp(body, false, depth),
        ICMPV6 if ipv6 => icmp(body, true, depth),
        TCP => tcp(body),
        UDP => udp(body),
        _ => None,
    }
    .unwrap_or(Transport::Other);
    frame(Content::Packet(packet))
}

/// Protocol numbers (`IPPROTO_*`, `include/uapi/linux/in.h`).
const ICMP: u8 = 1;
const IPIP: u8 = 4;
const TCP: u8 = 6;
const UDP: u8 = 17;
const IPV6_IN: u8 = 41;
const ICMPV6: u8 = 58;

/// The length of an IPv6 header, and of UDP's and VXLAN's.
const IPV6_HEADER: usize = 40;
const UDP_HEADER: usize = 8;
const VXLAN_HEADER: usize = 8;

/// What a packet encapsulates, with its VNI if it is VXLAN.
fn encapsulated(packet: &Packet, body: &[u8], depth: usize) -> Option<(Option<u32>, Frame)> {
    match packet.protocol {
        IPIP | IPV6_IN => {
            let sliced = LaxSlicedPacket::from_ip(body).ok()?;
            Some((None, of_sliced(&sliced, None, depth - 1)))
        }
        UDP if VXLAN_PORTS.contains(&short(body, 2)?) => {
            let header = body.get(UDP_HEADER..)?;
            // The one flag that says that there is a VNI (RFC 7348, section 5).
            let has_vni = *header.first()? & 0x08 != 0;
            let vni = long(header, 4)? >> 8;
            has_vni.then(|| (Some(vni), ethernet(header.get(VXLAN_HEADER..).unwrap_or_default(), depth - 1)))
        }
        _ => None,
    }
}

fn arp_content(arp: &etherparse::ArpPacketSlice<'_>) -> Content {
    let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
    let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let read = || {
        Some(Arp {
            asks: arp.operation() == etherparse::ArpOperation::REQUEST,
            sender: (mac(arp.sender_hw_addr())?, ip(arp.sender_protocol_addr())?),
            target: (mac(arp.target_hw_addr())?, ip(arp.target_protocol_addr())?),
        })
    };
    read().map_or(Content::Other, Content::Arp)
}

fn icmp(body: &[u8], ipv6: bool, depth: usize) -> Option<Transport> {
    let (kind, code) = (*body.first()?, *body.get(1)?);
    let rest = body.get(8..)?;
    let target = || Some(IpAddr::from(<[u8; 16]>::try_from(rest.get(..16)?).ok()?));
    Some(match (ipv6, kind) {
        (false, 8 | 0) | (true, 128 | 129) => Transport::Echo {
            reply: matches!(kind, 0 | 129),
            id: short(body, 4)?,
            sequence: short(body, 6)?,
            payload: rest.to_vec(),
        },
        // Destination unreachable, time exceeded, parameter problem; of IPv6 packet too big, too.
        (false, 3 | 11 | 12) | (true, 1..=4) => {
            let mtu = if ipv6 { long(body, 4)? } else { short(body, 6)?.into() };
            let about = match depth {
                0 => Frame { link: None, outer: Vec::new(), content: Content::Other },
                _ => LaxSlicedPacket::from_ip(rest).map_or_else(
                    |_| Frame { link: None, outer: Vec::new(), content: Content::Other },
                    |sliced| of_sliced(&sliced, None, depth - 1),
                ),
            };
            Transport::Error { icmp: (kind, code), mtu, about: Box::new(about) }
        }
        (true, 135) => Transport::Solicitation { target: target()? },
        (true, 136) => Transport::Advertisement { target: target()?, mac: target_link_address(rest.get(16..)?) },
        _ => Transport::Other,
    })
}

/// The target link-layer address among the options of an advertisement (RFC 4861, section 4.6.1).
fn target_link_address(mut options: &[u8]) -> Option<Mac> {
    loop {
        let (kind, length) = (*options.first()?, usize::from(*options.get(1)?) * 8);
        if kind == 2 {
            return options.get(2..8)?.try_into().ok().map(Mac);
        }
        options = options.get(length.max(8)..)?;
    }
}

fn tcp(body: &[u8]) -> Option<Transport> {
    // An ICMP error may quote no more than the first eight bytes.
    let numbers = (long(body, 4)?, long(body, 8).unwrap_or(0));
    let flags = body.get(13).copied().unwrap_or(SYN);
    Some(Transport::Tcp { ports: (short(body, 0)?, short(body, 2)?), numbers, flags })
}

fn udp(body: &[u8]) -> Option<Transport> {
    let payload = body.get(UDP_HEADER..).unwrap_or_default().to_vec();
    Some(Transport::Udp { ports: (short(body, 0)?, short(body, 2)?), payload })
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
