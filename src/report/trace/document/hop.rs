//! One interface that was crossed, for programs.
//!
//! ```json
//! {"leg": "there", "machine": "node-1", "interface": "eth0", "direction": "out", "src": "10.244.1.2", "dst": "10.244.2.2",
//!  "ttl": 63, "length": 98, "srcMac": "…", "dstMac": "…", "srcName": "pod-a's eth0", "dstName": "pod-c's eth0", …}
//! ```
//!
//! Addresses, ports and TTL are the innermost packet's; hardware addresses are those on the wire.

use std::net::IpAddr;

use serde::Serialize;

use super::{FactDocument, fact, nanoseconds, word};
use crate::kernel::capture::Direction;
use crate::names::MachineName;
use crate::network::Mac;
use crate::report::trace::headers::icmp;
use crate::trace::frame::Packet;
use crate::trace::{Evidence, Hop, Leg, Names};

/// One interface that was crossed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HopDocument<'a> {
    /// `there` or `back`.
    leg: &'static str,
    machine: &'a MachineName,
    interface: &'a str,
    /// `in` or `out`.
    direction: &'static str,
    #[serde(flatten)]
    packet: Option<PacketDocument>,
    /// Bytes of the frame.
    length: usize,
    #[serde(flatten)]
    macs: Option<Macs>,
    #[serde(flatten)]
    owners: Owners,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp: Option<Icmp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outer: Vec<OuterDocument>,
    evidence: &'static str,
    /// Nanoseconds since the hop before.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_ns: Option<u64>,
    /// When, in nanoseconds of the real-time clock.
    at: u64,
    rewritten: Vec<RewriteDocument<'a>>,
    facts: Vec<FactDocument<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PacketDocument {
    src: IpAddr,
    dst: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port: Option<u16>,
    ttl: u8,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Macs {
    src_mac: String,
    dst_mac: String,
}

/// Whose the addresses are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Owners {
    #[serde(skip_serializing_if = "Option::is_none")]
    src_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_mac_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_mac_name: Option<String>,
}

#[derive(Debug, Serialize)]
struct Icmp {
    r#type: u8,
    code: u8,
}

/// An outer packet, outermost first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OuterDocument {
    src: IpAddr,
    dst: IpAddr,
    ttl: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port: Option<u16>,
    /// As its header says.
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    vni: Option<u32>,
    /// The hardware addresses of the frame within.
    #[serde(skip_serializing_if = "Option::is_none")]
    inner_src_mac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inner_dst_mac: Option<String>,
}

#[derive(Debug, Serialize)]
struct RewriteDocument<'a> {
    what: &'a str,
    from: &'a str,
    to: &'a str,
}

/// A hop on this way.
pub(super) fn document<'a>(leg: Leg, hop: &'a Hop, names: &Names) -> HopDocument<'a> {
    let frame = &hop.sighting.frame;
    let outer = frame.outer.iter().map(|outer| OuterDocument {
        src: outer.packet.source,
        dst: outer.packet.destination,
        ttl: outer.packet.ttl,
        src_port: outer.packet.ports().map(|(source, _)| source),
        dst_port: outer.packet.ports().map(|(_, destination)| destination),
        length: outer.packet.length,
        vni: outer.vni,
        inner_src_mac: outer.link.map(|link| link.source.to_string()),
        inner_dst_mac: outer.link.map(|link| link.destination.to_string()),
    });
    let address = |address: fn(&Packet) -> IpAddr| frame.packet().and_then(|packet| names.address(address(packet)));
    // All zero are the loopback's in every machine.
    let mac = |mac: Option<Mac>| mac.filter(|mac| mac.0 != [0; 6]).and_then(|mac| names.mac(mac));
    let rewritten = hop.rewritten.iter();
    HopDocument {
        leg: word(leg),
        machine: &hop.sighting.machine,
        interface: &hop.sighting.interface,
        direction: match hop.sighting.direction {
            Direction::In => "in",
            Direction::Out => "out",
        },
        packet: frame.packet().map(packet),
        length: hop.sighting.length,
        macs: frame.link.map(|link| Macs { src_mac: link.source.to_string(), dst_mac: link.destination.to_string() }),
        owners: Owners {
            src_name: address(|packet| packet.source),
            dst_name: address(|packet| packet.destination),
            src_mac_name: mac(frame.link.map(|link| link.source)),
            dst_mac_name: mac(frame.link.map(|link| link.destination)),
        },
        icmp: frame.packet().and_then(icmp).map(|(kind, code)| Icmp { r#type: kind, code }),
        outer: outer.collect(),
        evidence: Evidence::Observed.word(),
        since_ns: hop.since.map(nanoseconds),
        at: hop.sighting.at,
        rewritten: rewritten.map(|one| RewriteDocument { what: one.what, from: &one.from, to: &one.to }).collect(),
        facts: hop.facts.iter().map(fact).collect(),
    }
}

fn packet(packet: &Packet) -> PacketDocument {
    let (src_port, dst_port) = packet.ports().unzip();
    PacketDocument { src: packet.source, dst: packet.destination, src_port, dst_port, ttl: packet.ttl }
}
