//! Headers in words.
//!
//! ```text
//! 10.244.1.2:41234 → 10.244.2.2:80   SYN   time exceeded   …:2f:01 node-1's cni0
//! ```

use std::net::SocketAddr;

use crate::network::Mac;
use crate::trace::frame::{ACK, Frame, LinkHeader, Outer, Packet, RST, SYN, Transport};
use crate::trace::icmp::in_words;
use crate::trace::{Hop, Names, Rewrite};

/// `10.244.1.2 → 10.244.2.2`, with ports where there are any.
pub(super) fn addresses(packet: &Packet) -> String {
    match packet.ports() {
        Some((source, destination)) => {
            format!("{} → {}", SocketAddr::new(packet.source, source), SocketAddr::new(packet.destination, destination))
        }
        None => format!("{} → {}", packet.source, packet.destination),
    }
}

/// What kind of packet it is, if that is worth a word.
pub(super) fn kind(packet: &Packet) -> Option<String> {
    match &packet.transport {
        Transport::Echo { reply: false, .. } => Some("echo request".into()),
        Transport::Echo { reply: true, .. } => Some("echo reply".into()),
        Transport::Tcp { flags, .. } => {
            let names = [(SYN, "SYN"), (RST, "RST"), (0x01, "FIN"), (ACK, "ACK")];
            let set = names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name);
            Some(set.collect::<Vec<_>>().join("+")).filter(|words| !words.is_empty())
        }
        Transport::Error { icmp, mtu, .. } => {
            Some(format!("ICMP error: {}", in_words(packet.source.is_ipv6(), *icmp, *mtu)))
        }
        Transport::Solicitation { target } => Some(format!("who has {target}?")),
        Transport::Advertisement { target, .. } => Some(format!("I have {target}")),
        Transport::Udp { .. } | Transport::Other => None,
    }
}

/// ICMP type and code.
pub(super) fn icmp(packet: &Packet) -> Option<(u8, u8)> {
    let v6 = packet.source.is_ipv6();
    match &packet.transport {
        Transport::Echo { reply, .. } => Some(match (v6, reply) {
            (false, false) => (8, 0),
            (false, true) => (0, 0),
            (true, false) => (128, 0),
            (true, true) => (129, 0),
        }),
        Transport::Error { icmp, .. } => Some(*icmp),
        Transport::Solicitation { .. } => Some((135, 0)),
        Transport::Advertisement { .. } => Some((136, 0)),
        _ => None,
    }
}

/// `VXLAN 1` or `IP in IP`
pub(super) fn encapsulation(outer: &Outer) -> String {
    outer.vni.map_or("IP in IP".into(), |vni| format!("VXLAN {vni}"))
}

/// How many bytes a VXLAN's headers are, and which: `50 bytes of headers: IPv4 20, UDP 8, VXLAN 8, Ethernet 14`. Of other
/// encapsulations there is only the outer packet's own, and of packets that were cut off nothing is known.
pub(super) fn wrapped(frame: &Frame) -> Option<String> {
    let ([outer], Some(inner)) = (&frame.outer[..], frame.packet()) else { return None };
    let whole = outer.packet.length.checked_sub(inner.length)?;
    let (family, ip) = if outer.packet.source.is_ipv6() { ("IPv6", 40) } else { ("IPv4", 20) };
    // Options would make it more, which nobody sends here, and then the parts are not told.
    (outer.vni.is_some() && whole == ip + 8 + 8 + 14)
        .then(|| format!("{whole} bytes of headers: {family} {ip}, UDP 8, VXLAN 8, Ethernet 14"))
}

/// A frame's packets, a line each: `VXLAN 1: 192.168.1.11 → 192.168.1.12`, `10.244.1.2 → 10.244.2.2 ttl 63 echo request`.
pub(super) fn whole(frame: &Frame) -> Vec<String> {
    let ends = |packet: &Packet| format!("{} → {}", packet.source, packet.destination);
    let outer = frame.outer.iter().map(|outer| format!("{}: {}", encapsulation(outer), ends(&outer.packet)));
    let inner = frame.packet().map(|packet| {
        let kind = kind(packet).map(|kind| format!(" {kind}")).unwrap_or_default();
        format!("{} ttl {}{kind}", addresses(packet), packet.ttl)
    });
    outer.chain(inner).collect()
}

/// What became of what: `64 → 63`; where there was nothing before, or is nothing now, the other one.
pub(super) fn became(rewrite: &Rewrite) -> String {
    let Rewrite { from, to, .. } = rewrite;
    if from.is_empty() || to.is_empty() { format!("{from}{to}") } else { format!("{from} → {to}") }
}

/// The rewrites of a hop that are worth a word where hardware addresses are not: these change at every router.
pub(super) fn rewrites(hop: &Hop) -> impl Iterator<Item = String> {
    let told = hop.rewritten.iter().filter(|rewrite| !rewrite.what.ends_with("MAC"));
    told.map(|rewrite| format!("{} {}", rewrite.what, became(rewrite)))
}

/// Hardware addresses with their names, in full and shorter: `…:2f:a2 pod-a's eth0 → …:2f:01 node-1's cni0`. None for
/// the loopback's, which are all zero.
pub(super) fn macs(link: LinkHeader, names: &Names) -> Option<[String; 2]> {
    let LinkHeader { source, destination } = link;
    let full = |mac: Mac| names.mac(mac).map_or(mac.to_string(), |name| format!("{mac} {name}"));
    let short = |mac: Mac| names.mac(mac).map_or(mac.to_string(), |name| format!("{} {name}", end(mac)));
    let written = |mac: &dyn Fn(Mac) -> String| format!("{} → {}", mac(source), mac(destination));
    (source.0 != [0; 6] || destination.0 != [0; 6]).then(|| [written(&full), written(&short)])
}

/// `…:2f:01`: the end of an address is its own, while those of a lab's VXLAN devices all begin with 66.
fn end(Mac([.., before, last]): Mac) -> String {
    format!("…:{before:02x}:{last:02x}")
}
