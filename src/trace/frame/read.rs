//! From bytes to headers: what is cut off is left out, and nothing that a packet says can make this fail.
//!
//! ```text
//! Ethernet ─▶ ARP
//!          └▶ IPv4, IPv6 ─▶ ICMP echo, TCP, UDP
//!                        ├▶ an ICMP error ─▶ the packet that it is about          (the same once more)
//!                        └▶ VXLAN, IP in IP ─▶ the packet within                  (the same once more)
//! ```

use std::net::IpAddr;

use etherparse::{ArpOperation, ArpPacketSlice, LaxNetSlice, LaxSlicedPacket, LinkSlice};

use super::{Arp, Content, Frame, LinkHeader, Outer, Packet, SYN, Transport};
use crate::network::Mac;

/// The UDP port of VXLAN (RFC 7348), and the one that Linux took before there was an RFC (flannel still does). At any
/// other port it is VXLAN if nothing speaks against it.
const VXLAN_PORTS: [u16; 2] = [4789, 8472];

/// How deep encapsulations and quotes are followed.
const DEPTH: usize = 4;

/// What could not be read.
const NOTHING: Frame = Frame { link: None, outer: Vec::new(), content: Content::Other };

/// Reads an Ethernet frame.
pub(super) fn ethernet(bytes: &[u8]) -> Frame {
    ethernet_within(bytes, DEPTH)
}

/// Reads what begins with a network header.
pub(super) fn packet(bytes: &[u8]) -> Frame {
    packet_within(bytes, DEPTH)
}

fn packet_within(bytes: &[u8], depth: usize) -> Frame {
    LaxSlicedPacket::from_ip(bytes).map_or(NOTHING, |sliced| of_sliced(&sliced, None, depth))
}

fn ethernet_within(bytes: &[u8], depth: usize) -> Frame {
    let Ok(sliced) = LaxSlicedPacket::from_ethernet(bytes) else { return NOTHING };
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
        if packet.protocol == UDP {
            let (source, destination) = (short(body, 0).unwrap_or_default(), short(body, 2).unwrap_or_default());
            packet.transport = Transport::Udp { ports: (source, destination), payload: Vec::new() };
        }
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

/// What a frame of a lab carries: IPv4, ARP or IPv6 (`ETH_P_*`).
const ETHER_TYPES: [u16; 3] = [0x0800, 0x0806, 0x86dd];

/// What a packet encapsulates, with its VNI if it is VXLAN.
fn encapsulated(packet: &Packet, body: &[u8], depth: usize) -> Option<(Option<u32>, Frame)> {
    match packet.protocol {
        IPIP | IPV6_IN => {
            let sliced = LaxSlicedPacket::from_ip(body).ok()?;
            Some((None, of_sliced(&sliced, None, depth - 1)))
        }
        UDP => {
            let header = body.get(UDP_HEADER..)?;
            // The one flag that says that there is a VNI (RFC 7348, section 5).
            let has_vni = *header.first()? & 0x08 != 0;
            let vni = long(header, 4)? >> 8;
            let within = || ethernet_within(header.get(VXLAN_HEADER..).unwrap_or_default(), depth - 1);
            let is_vxlan = has_vni && (VXLAN_PORTS.contains(&short(body, 2)?) || is_plain_vxlan(header)?);
            is_vxlan.then(|| (Some(vni), within()))
        }
        _ => None,
    }
}

/// Whether these can only be a VXLAN header and a frame: all that is reserved is zero, and the frame carries IP or ARP.
fn is_plain_vxlan(header: &[u8]) -> Option<bool> {
    let (flags, reserved, kind) = (long(header, 0)?, *header.get(7)?, short(header, VXLAN_HEADER + 12)?);
    Some(flags == 0x0800_0000 && reserved == 0 && ETHER_TYPES.contains(&kind))
}

fn arp_content(arp: &ArpPacketSlice<'_>) -> Content {
    let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
    let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let read = || {
        Some(Arp {
            asks: arp.operation() == ArpOperation::REQUEST,
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
            let about = if depth == 0 { NOTHING } else { packet_within(rest, depth - 1) };
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
