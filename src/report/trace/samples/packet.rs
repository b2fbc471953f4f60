//! Packets as bytes.
//!
//! ```text
//! Traveller::new(Load::Syn, "10.244.1.2:41234", "10.96.0.10:80").between(("pod-a", "eth0"), ("node-1", "cni0")).bytes(true)
//! ```

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};

use super::{mac, mac_of};
use crate::network::Mac;

/// A packet that is on its way, as it is now.
#[derive(Clone)]
pub(super) struct Traveller {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub ttl: u8,
    pub macs: (Mac, Mac),
    pub load: Load,
    /// Outer addresses, VNI, and the hardware addresses within.
    pub vxlan: Option<(IpAddr, IpAddr, u32, (Mac, Mac))>,
}

/// What it carries.
#[derive(Clone)]
pub(super) enum Load {
    Echo {
        reply: bool,
    },
    Syn,
    Rst,
    Datagram,
    /// An ICMP error with this type and code, about a packet.
    Error((u8, u8), Box<Traveller>),
}

impl Traveller {
    pub fn new(load: Load, from: &str, to: &str) -> Self {
        let socket = |text: &str| text.parse().unwrap_or_else(|_| SocketAddr::new(text.parse().unwrap(), 0));
        Traveller { from: socket(from), to: socket(to), ttl: 64, macs: (mac(0), mac(0)), load, vxlan: None }
    }

    pub fn between(self, from: (&str, &str), to: (&str, &str)) -> Self {
        Traveller { macs: (mac_of(from.0, from.1), mac_of(to.0, to.1)), ..self }
    }

    /// The frame's bytes; without hardware addresses, the packet's.
    pub fn bytes(&self, with_link: bool) -> Vec<u8> {
        if let Some((from, to, vni, inner)) = self.vxlan {
            let within = Traveller { vxlan: None, macs: inner, ..self.clone() }.bytes(true);
            let header = [8, 0, 0, 0].into_iter().chain((vni << 8).to_be_bytes());
            let payload: Vec<u8> = header.chain(within).collect();
            return built(with_link.then_some(self.macs), from, to, 64, |step| {
                let mut bytes = Vec::new();
                step.udp(51_000, 4789).write(&mut bytes, &payload).unwrap();
                bytes
            });
        }
        let (from, to) = (self.from.ip(), self.to.ip());
        built(with_link.then_some(self.macs), from, to, self.ttl, |step| {
            let mut bytes = Vec::new();
            let payload: Vec<u8> = (0..56).collect();
            let ports = (self.from.port(), self.to.port());
            match &self.load {
                Load::Echo { reply } => {
                    let step = match (from.is_ipv4(), *reply) {
                        (true, false) => step.icmpv4_echo_request(77, 0).write(&mut bytes, &payload),
                        (true, true) => step.icmpv4_echo_reply(77, 0).write(&mut bytes, &payload),
                        (false, false) => step.icmpv6_echo_request(77, 0).write(&mut bytes, &payload),
                        (false, true) => step.icmpv6_echo_reply(77, 0).write(&mut bytes, &payload),
                    };
                    step.unwrap();
                }
                Load::Syn => step.tcp(ports.0, ports.1, 1000, 64_240).syn().write(&mut bytes, &[]).unwrap(),
                Load::Rst => step.tcp(ports.0, ports.1, 0, 0).rst().ack(1001).write(&mut bytes, &[]).unwrap(),
                Load::Datagram => step.udp(ports.0, ports.1).write(&mut bytes, &payload).unwrap(),
                Load::Error((kind, code), about) => {
                    let quoted = about.bytes(false);
                    step.icmpv4_raw(*kind, *code, [0; 4]).write(&mut bytes, &quoted).unwrap();
                }
            }
            bytes
        })
    }
}

/// A packet's headers, and what `rest` puts behind them.
fn built(
    macs: Option<(Mac, Mac)>,
    from: IpAddr,
    to: IpAddr,
    ttl: u8,
    rest: impl FnOnce(PacketBuilderStep<IpHeaders>) -> Vec<u8>,
) -> Vec<u8> {
    // Without a link there is one all the same while it is built.
    let (source, destination) = macs.unwrap_or((mac(0), mac(0)));
    let link = PacketBuilder::ethernet2(source.0, destination.0);
    let step = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => link.ipv4(from.octets(), to.octets(), ttl),
        (IpAddr::V6(from), IpAddr::V6(to)) => link.ipv6(from.octets(), to.octets(), ttl),
        _ => panic!("{from} and {to} are of two families"),
    };
    let mut bytes = rest(step);
    if macs.is_none() {
        bytes.drain(..14);
    }
    bytes
}
