//! Frames made by etherparse, and bytes made by nobody.

use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::*;

const A: [u8; 4] = [10, 244, 1, 2];
const B: [u8; 4] = [10, 244, 2, 2];

/// An echo request of IPv4 in Ethernet.
fn echo(payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]).ipv4(A, B, 63);
    let builder = builder.icmpv4_echo_request(7, 9);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).unwrap();
    bytes
}

/// A datagram around bytes.
fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 3], [2, 0, 0, 0, 0, 4]);
    let builder = builder.ipv4([192, 168, 1, 11], [192, 168, 1, 12], 64).udp(40_000, port);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, payload).unwrap();
    bytes
}

#[test]
fn an_echo_has_its_headers() {
    let frame = Frame::of_ethernet(&echo(b"payload!"));
    let packet = frame.packet().unwrap();
    assert_eq!((packet.source, packet.destination, packet.ttl, packet.length), (A.into(), B.into(), 63, 36));
    let expected = Transport::Echo { reply: false, id: 7, sequence: 9, payload: b"payload!".to_vec() };
    assert_eq!(packet.transport, expected);
    assert_eq!(frame.link.unwrap().destination, Mac([2, 0, 0, 0, 0, 2]));
    assert_eq!(frame.outermost(), frame.packet());
}

#[test]
fn a_packet_within_a_vxlan_packet_is_the_one_that_counts() {
    let within = echo(b"x");
    for (port, vni) in [(4789, 1_u32), (8472, 0x00ab_cdef), (14_789, 42)] {
        let header = [&[8, 0, 0, 0][..], &(vni << 8).to_be_bytes()].concat();
        let frame = Frame::of_ethernet(&datagram(port, &[&header[..], &within].concat()));
        assert_eq!(frame.packet(), Frame::of_ethernet(&within).packet());
        let outer = &frame.outer[0];
        assert_eq!((outer.vni, outer.packet.destination), (Some(vni), [192, 168, 1, 12].into()));
        assert_eq!(outer.link, Frame::of_ethernet(&within).link);
        assert_eq!(outer.packet.ports(), Some((40_000, port)));
    }
}

#[test]
fn a_datagram_of_that_port_without_a_vni_is_a_datagram() {
    let frame = Frame::of_ethernet(&datagram(4789, &[0; 40]));
    assert!(frame.outer.is_empty());
    assert!(matches!(frame.packet().unwrap().transport, Transport::Udp { ports: (40_000, 4789), .. }));
}

#[test]
fn a_datagram_of_another_port_that_might_be_anything_is_a_datagram() {
    let header = [&[8, 0, 0, 0][..], &(42_u32 << 8).to_be_bytes()].concat();
    let mut odd = header.clone();
    odd[7] = 1;
    for payload in [[&header[..], &[0; 40]].concat(), [&odd[..], &echo(b"x")].concat(), header] {
        assert!(Frame::of_ethernet(&datagram(9, &payload)).outer.is_empty());
    }
}

#[test]
fn an_error_quotes_the_packet_that_it_is_about_also_cut_off() {
    let about = &echo(b"12345678")[14..];
    for length in [28, about.len()] {
        let mut bytes = Vec::new();
        let quoted = [&[3_u8, 4, 0, 0, 0, 0, 5, 0][..], &about[..length]].concat();
        let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(B, A, 64).icmpv4_raw(3, 4, [0, 0, 5, 0]);
        builder.write(&mut bytes, &quoted[8..]).unwrap();
        let frame = Frame::of_ethernet(&bytes);
        let Transport::Error { icmp, mtu, about } = &frame.packet().unwrap().transport else { panic!("{frame:?}") };
        assert_eq!((*icmp, *mtu), ((3, 4), 1280));
        assert_eq!(about.packet().unwrap().destination, IpAddr::from(B));
        assert!(matches!(about.packet().unwrap().transport, Transport::Echo { id: 7, .. }));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        Frame::of_ethernet(&bytes);
        Frame::of_packet(&bytes);
    }

    /// A frame that is cut off, or of which a byte is another one, is more likely to come far.
    #[test]
    fn no_mistake_in_a_frame_makes_it_fail(length in 0_usize..200, place in 0_usize..200, value in any::<u8>()) {
        let header = [8, 0, 0, 0, 0, 0, 1, 0];
        let mut bytes = datagram(4789, &[&header[..], &echo(&[7; 60])].concat());
        if let Some(byte) = bytes.get_mut(place) {
            *byte = value;
        }
        bytes.truncate(length);
        Frame::of_ethernet(&bytes);
    }
}
