//! A frame's bytes as the headers that a reader asks for.
//!
//! ```text
//! 02:…:0b ← 02:…:0a │ 192.168.1.11 → 192.168.1.12 ttl 64 │ UDP → 4789 │ VNI 1 │ 02:…:02 ← 02:…:01 │ 10.244.1.2 → 10.244.2.2 │ echo …
//! └── link ────────┘ └────────────────────── outer ─────────────────┘ └─────── link within ───┘ └──── packet ──────────────┘
//! ```
//!
//! What is cut off is left out, and nothing that a packet says can make this fail.

mod read;

use std::net::IpAddr;

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

impl Frame {
    /// Reads an Ethernet frame.
    pub fn of_ethernet(bytes: &[u8]) -> Frame {
        read::ethernet(bytes)
    }

    /// Reads what begins with a network header of IPv4 or IPv6.
    pub fn of_packet(bytes: &[u8]) -> Frame {
        read::packet(bytes)
    }

    /// The innermost packet.
    pub fn packet(&self) -> Option<&Packet> {
        match &self.content {
            Content::Packet(packet) => Some(packet),
            _ => None,
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

#[cfg(test)]
mod tests;
