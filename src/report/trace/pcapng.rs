//! All frames of a trace as a file for Wireshark and tcpdump (pcapng, draft-ietf-opsawg-pcapng).
//!
//! ```text
//! section      "netlab trace: pod-a → pod-c …"
//! interface 0  pod-a/eth0              Ethernet, nanoseconds
//! interface 1  node-1/veth-pod-a
//! packet       interface 0, outbound   "there"
//! packet       interface 1, inbound    "there"
//! ```

use std::borrow::Cow;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgWriter};
use pcap_file::{DataLink, Endianness, PcapResult};

use super::headers::rewrites;
use super::headline::{between, question, result};
use crate::kernel::capture::Direction;
use crate::names::MachineName;
use crate::trace::{Outcome, Sighting};

/// The file's bytes.
pub fn pcapng(outcome: &Outcome) -> Vec<u8> {
    // Writing to memory cannot fail, and the blocks name interfaces that were described.
    try_pcapng(outcome).unwrap_or_default()
}

fn try_pcapng(outcome: &Outcome) -> PcapResult<Vec<u8>> {
    let Outcome { asked, frames, .. } = outcome;
    let comment = format!("netlab trace: {}, {}: {}", between(asked), question(asked), result(outcome));
    let section = SectionHeaderBlock {
        endianness: Endianness::native(),
        options: vec![
            SectionHeaderOption::Comment(comment.into()),
            SectionHeaderOption::UserApplication(concat!("netlab ", env!("CARGO_PKG_VERSION")).into()),
        ],
        ..Default::default()
    };
    let mut writer = PcapNgWriter::with_section_header(Vec::new(), section)?;
    let interfaces = interfaces(frames);
    for (machine, name) in &interfaces {
        writer.write_block(&interface(machine, name))?;
    }
    for (frame, number) in frames.iter().zip(numbers(frames, &interfaces)) {
        writer.write_block(&packet(outcome, frame, number))?;
    }
    Ok(writer.into_inner())
}

/// An interface: a machine, and its name there.
type Interface<'a> = (&'a MachineName, &'a str);

fn place(frame: &Sighting) -> Interface<'_> {
    (&frame.machine, &frame.interface)
}

/// The interfaces, in the order in which something was seen there.
fn interfaces(frames: &[Sighting]) -> Vec<Interface<'_>> {
    let mut found: Vec<Interface<'_>> = Vec::new();
    for frame in frames {
        if !found.contains(&place(frame)) {
            found.push(place(frame));
        }
    }
    found
}

/// The number of each frame's interface.
fn numbers(frames: &[Sighting], interfaces: &[Interface<'_>]) -> impl Iterator<Item = u32> {
    let number = |frame| interfaces.iter().position(|known| *known == place(frame)).unwrap_or(0);
    frames.iter().map(move |frame| u32::try_from(number(frame)).unwrap_or(0))
}

fn interface(machine: &MachineName, name: &str) -> Block<'static> {
    let options = vec![
        InterfaceDescriptionOption::IfName(format!("{machine}/{name}").into()),
        InterfaceDescriptionOption::IfDescription(format!("{name} in {machine}").into()),
        // Nanoseconds: 10 to the power of −9.
        InterfaceDescriptionOption::IfTsResol(9),
    ];
    InterfaceDescriptionBlock { linktype: DataLink::ETHERNET, snaplen: 0, options }.into_block()
}

fn packet<'a>(outcome: &Outcome, frame: &'a Sighting, interface_id: u32) -> Block<'a> {
    let mut options = vec![EnhancedPacketOption::Flags(flags(frame))];
    options.extend(comment(outcome, frame).map(|text| EnhancedPacketOption::Comment(text.into())));
    let added = missing_link(frame);
    if added.is_some() {
        let text = "this interface has no hardware addresses: an Ethernet header of zeros was added";
        options.push(EnhancedPacketOption::Comment(text.into()));
    }
    EnhancedPacketBlock {
        interface_id,
        timestamp: Duration::from_nanos(frame.at),
        original_len: u32::try_from(frame.length + added.map_or(0, |header| header.len())).unwrap_or(u32::MAX),
        data: match added {
            Some(header) => [&header[..], &frame.bytes].concat().into(),
            None => Cow::Borrowed(&frame.bytes),
        },
        options,
    }
    .into_block()
}

/// An Ethernet header for a packet without one, as tunnels have them: tcpdump reads no file with two kinds of link.
fn missing_link(frame: &Sighting) -> Option<[u8; 14]> {
    // What a packet begins with: its version, and the protocol's number in Ethernet (`ETH_P_IP`, `ETH_P_IPV6`).
    let [high, low] = match frame.bytes.first().filter(|_| frame.frame.link.is_none())? >> 4 {
        4 => [0x08, 0x00],
        6 => [0x86, 0xdd],
        _ => return None,
    };
    Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low])
}

/// Directions of `epb_flags`: bits 0 and 1.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
/// How it was received: bits 2 to 4.
const UNICAST: u32 = 1 << 2;
const MULTICAST: u32 = 2 << 2;
const BROADCAST: u32 = 3 << 2;
const PROMISCUOUS: u32 = 4 << 2;

/// `epb_flags`.
fn flags(frame: &Sighting) -> u32 {
    if frame.direction == Direction::Out {
        return OUTBOUND;
    }
    let received = match frame.frame.link.map(|link| link.destination.0) {
        _ if frame.for_another => PROMISCUOUS,
        Some([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) => BROADCAST,
        Some([first, ..]) if first & 1 == 1 => MULTICAST,
        Some(_) => UNICAST,
        None => 0,
    };
    INBOUND | received
}

/// On which way a frame is, and what was rewritten since the hop before: `there, ttl 64 → 63`.
fn comment(outcome: &Outcome, frame: &Sighting) -> Option<String> {
    let ways = [("there", &outcome.there), ("back", &outcome.back)];
    let (way, hop) =
        ways.into_iter().find_map(|(way, hops)| Some((way, hops.iter().find(|hop| hop.sighting == *frame)?)))?;
    Some(std::iter::once(way.to_owned()).chain(rewrites(hop)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use pcap_file::pcapng::PcapNgReader;

    use super::*;
    use crate::report::trace::samples;
    use crate::trace::frame::Frame;

    /// What a reader finds: interfaces' names, and of each packet its interface's number, time, flags, data and length.
    fn read(bytes: &[u8]) -> (Vec<String>, Vec<EnhancedPacketBlock<'static>>) {
        let mut reader = PcapNgReader::new(bytes).unwrap();
        let (mut names, mut packets) = (Vec::new(), Vec::new());
        while let Some(block) = reader.next_block() {
            match block.unwrap().into_owned() {
                Block::InterfaceDescription(interface) => {
                    assert_eq!(interface.linktype, DataLink::ETHERNET);
                    assert!(interface.options.contains(&InterfaceDescriptionOption::IfTsResol(9)));
                    names.extend(interface.options.iter().find_map(|option| match option {
                        InterfaceDescriptionOption::IfName(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                Block::EnhancedPacket(packet) => packets.push(packet),
                other => panic!("{other:?}"),
            }
        }
        (names, packets)
    }

    fn flag(packet: &EnhancedPacketBlock<'_>) -> u32 {
        let flags = packet.options.iter().find_map(|option| match option {
            EnhancedPacketOption::Flags(flags) => Some(*flags),
            _ => None,
        });
        flags.unwrap()
    }

    #[test]
    fn every_frame_is_read_back_with_its_interface_time_and_direction() {
        for (name, outcome) in samples::all() {
            let (names, packets) = read(&pcapng(&outcome));
            assert_eq!(packets.len(), outcome.frames.len(), "{name}");
            for (packet, frame) in packets.iter().zip(&outcome.frames) {
                let interface = format!("{}/{}", frame.machine, frame.interface);
                assert_eq!(names[packet.interface_id as usize], interface, "{name}");
                assert_eq!(names.iter().filter(|other| **other == interface).count(), 1, "{name}");
                assert_eq!(packet.timestamp, Duration::from_nanos(frame.at), "{name}");
                assert_eq!((packet.original_len as usize, &*packet.data), (frame.length, &*frame.bytes), "{name}");
                assert_eq!(flag(packet) & 3, if frame.direction == Direction::In { 1 } else { 2 }, "{name}");
            }
        }
    }

    #[test]
    fn a_port_takes_frames_that_are_for_another() {
        let (names, packets) = read(&pcapng(&samples::delivered()));
        let at = |name: &str| packets.iter().find(|packet| names[packet.interface_id as usize] == name).unwrap();
        assert_eq!(flag(at("node-1/veth-pod-a")), INBOUND | PROMISCUOUS);
        assert_eq!(flag(at("node-1/cni0")), INBOUND | UNICAST);
        assert_eq!(flag(at("pod-a/eth0")), OUTBOUND);
    }

    #[test]
    fn rewrites_are_told_in_comments() {
        let comments = |packet: &EnhancedPacketBlock<'_>| {
            packet.options.iter().find_map(|option| match option {
                EnhancedPacketOption::Comment(text) => Some(text.to_string()),
                _ => None,
            })
        };
        let (_, packets) = read(&pcapng(&samples::masqueraded()));
        let comments: Vec<String> = packets.iter().filter_map(comments).collect();
        assert_eq!(comments.len(), packets.len());
        assert_eq!(comments[0], "there");
        assert_eq!(comments[3], "there, source 10.244.1.2 → 192.168.1.11, ttl 64 → 63");
    }

    #[test]
    fn what_was_cut_off_is_known_and_what_has_no_link_gets_one() {
        let mut outcome = samples::delivered();
        outcome.frames.truncate(2);
        outcome.frames[0].length = 9000;
        let packet = outcome.frames[1].bytes.split_off(14);
        outcome.frames[1].frame = Frame::of_packet(&packet);
        (outcome.frames[1].length, outcome.frames[1].bytes) = (packet.len(), packet);
        let (_, packets) = read(&pcapng(&outcome));
        assert_eq!(packets[0].original_len, 9000);
        assert_eq!(packets[1].original_len as usize, packets[1].data.len());
        let frame = Frame::of_ethernet(&packets[1].data);
        assert_eq!(
            (frame.link.map(|link| link.source.0), frame.content),
            (Some([0; 6]), outcome.frames[1].frame.content.clone())
        );
    }
}
