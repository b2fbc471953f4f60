//! Journeys of sightings made by hand, in the lab of two pods on a bridge, and one beyond.

use super::*;
use crate::network::{Namespace, Peer, Vxlan};
use crate::trace::frame::{Content, Frame, LinkHeader, Packet, Transport};

fn name(text: &str) -> MachineName {
    text.parse().unwrap()
}

fn veth(index: u32, link: &str, master: Option<&str>, peer: (&str, &str)) -> Link {
    let peer = Some(Peer { machine: name(peer.0), link: peer.1.into() });
    Link { index, master: master.map(str::to_owned), peer, up: true, ..Link::new(link, "veth") }
}

/// `pod-a ══ veth-a ┐ cni0 ┌ veth-b ══ pod-b`, `node vx over eth0 ══ far`
fn net() -> Namespaces {
    let vxlan = Some(Vxlan { vni: 1, port: 4789, ..Vxlan::default() });
    let node = vec![
        Link { index: 1, ..Link::new("cni0", "bridge") },
        veth(2, "veth-a", Some("cni0"), ("pod-a", "eth0")),
        veth(3, "veth-b", Some("cni0"), ("pod-b", "eth0")),
        veth(4, "eth0", None, ("far", "eth0")),
        Link { index: 5, vxlan, over: Some(4), ..Link::new("vx", "vxlan") },
    ];
    let ns = |links: Vec<Link>| Namespace { links, ..Namespace::default() };
    Namespaces::from([
        (name("node"), ns(node)),
        (name("pod-a"), ns(vec![veth(2, "eth0", None, ("node", "veth-a"))])),
        (name("pod-b"), ns(vec![veth(2, "eth0", None, ("node", "veth-b"))])),
        (name("far"), ns(vec![veth(2, "eth0", None, ("node", "eth0"))])),
    ])
}

fn packet(ttl: u8) -> Packet {
    Packet {
        source: [10, 0, 0, 1].into(),
        destination: [10, 0, 0, 2].into(),
        ttl,
        length: 84,
        dont_fragment: false,
        fragment: false,
        protocol: 1,
        transport: Transport::Other,
    }
}

/// `node veth-a <`: a sighting of a packet that comes in; `>` of one that goes out, `?` of one that came in for another.
fn seen(at: u64, text: &str) -> Sighting {
    let words: Vec<&str> = text.split(' ').collect();
    let link = Some(LinkHeader { source: Mac([2; 6]), destination: Mac([4; 6]) });
    Sighting {
        at,
        machine: name(words[0]),
        interface: words[1].into(),
        direction: if words[2] == ">" { Out } else { In },
        for_another: words[2] == "?",
        frame: Frame { link, outer: Vec::new(), content: Content::Packet(packet(64)) },
        bytes: Vec::new(),
        length: 98,
    }
}

fn told(sightings: &[Sighting], towards: Option<&str>) -> Vec<String> {
    let all: Vec<&Sighting> = sightings.iter().collect();
    let (way, _) = way(&all, &net(), towards.map(name).as_ref());
    way.iter()
        .map(|s| format!("{} {} {}", s.machine, s.interface, if s.direction == Out { ">" } else { "<" }))
        .collect()
}

fn at_times(texts: &[&str]) -> Vec<Sighting> {
    texts.iter().zip(1..).map(|(text, at)| seen(at, text)).collect()
}

#[test]
fn a_frame_goes_by_pipes_and_ports() {
    let way = ["pod-a eth0 >", "node veth-a <", "node veth-b >", "pod-b eth0 <"];
    assert_eq!(told(&at_times(&way), Some("pod-b")), way);
}

#[test]
fn a_packet_for_the_bridge_itself_is_routed_on() {
    let way = ["pod-a eth0 >", "node veth-a <", "node cni0 <", "node eth0 >", "far eth0 <"];
    assert_eq!(told(&at_times(&way), Some("far")), way);
}

#[test]
fn what_is_copied_to_others_is_no_part_of_the_way() {
    let flooded = at_times(&["pod-a eth0 >", "node veth-a <", "node veth-b >", "pod-b eth0 ?"]);
    assert_eq!(told(&flooded, Some("far")), ["pod-a eth0 >", "node veth-a <"]);
    // The copy comes first, and the way is the one that arrives.
    let both = at_times(&["pod-b eth0 >", "node veth-b <", "node veth-a >", "node cni0 <", "pod-a eth0 ?"]);
    assert_eq!(told(&both, Some("node")), ["pod-b eth0 >", "node veth-b <", "node cni0 <"]);
}

#[test]
fn a_packet_is_followed_into_the_packet_around_it() {
    let mut way = at_times(&["node cni0 <", "node vx >", "node eth0 >", "far eth0 <"]);
    for sighting in &mut way[2..] {
        let outer = crate::trace::frame::Outer { packet: packet(64), vni: Some(1), link: None };
        sighting.frame.outer.push(outer);
    }
    assert_eq!(told(&way, None), ["node cni0 <", "node vx >", "node eth0 >", "far eth0 <"]);
    let hops = hops(way);
    assert_eq!(hops[2].rewritten[0].what, "encapsulated");
    assert!(hops[1].rewritten.is_empty());
}

#[test]
fn what_is_rewritten_is_told() {
    let mut way = at_times(&["node cni0 <", "node eth0 >"]);
    way[1].frame.content = Content::Packet(Packet { source: [192, 168, 1, 11].into(), ..packet(63) });
    let hops = hops(way);
    let told: Vec<String> = hops[1].rewritten.iter().map(|r| format!("{} {} {}", r.what, r.from, r.to)).collect();
    assert_eq!(told, ["source 10.0.0.1 192.168.1.11", "ttl 64 63"]);
}

#[test]
fn nothing_seen_is_no_way() {
    assert!(told(&[], None).is_empty());
}
