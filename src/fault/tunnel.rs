//! Who is behind a VXLAN device, and which two devices a frame to there passes.
//!
//! ```text
//! node-1 flannel.1 ─ neighbour 10.244.2.0 is 66:…:02 ─ FDB: 66:…:02 dst 192.168.1.12 ─▶ node-2 flannel.1     written down
//! node-1 vxlan42 ─ who has 10.244.2.0? ─ flood: 192.168.1.12 ─▶ node-2 vxlan42 ─ it is here                  asked for
//! node-1 cni0 ─ vxlan42 is a port of it ─ who has 10.244.0.3? ─▶ node-2 vxlan42 ─ cni0 ─ pod-c               the same
//! ```
//!
//! As the file has it. Where somebody could be found by what was learned before, and not by asking, nothing is said.

use std::net::IpAddr;

use super::site::{Port, Segment, Site, Station, Tunnel};
use crate::topology::model::{Route, Vxlan};

/// A machine, and a VXLAN device of it.
pub type End<'s, 'a> = (&'s Station<'a>, &'s Tunnel<'a>);

/// Between neighbours who hear each other over VXLAN.
#[derive(Debug)]
pub struct Crossing<'s, 'a> {
    /// The device that the frame is given to.
    pub near: End<'s, 'a>,
    /// The device that it comes out of.
    pub far: End<'s, 'a>,
    /// Who is there.
    pub neighbour: (&'s Station<'a>, &'s Port),
}

/// How one who speaks on a segment reaches this address over a VXLAN device, if it does.
pub fn beyond<'s, 'a>(site: &'s Site<'a>, segment: &Segment, address: IpAddr) -> Option<Crossing<'s, 'a>> {
    // A device is a machine's own, and so is a node's bridge.
    let near = site.station(segment.machine.as_str())?;
    let nears = near.tunnels.iter().filter(|tunnel| tunnel.port.segment == *segment);
    nears.flat_map(|tunnel| ends(site, (near, tunnel), address)).next()
}

/// The machine that a route leads by way of.
pub fn gateway<'s, 'a>(site: &'s Site<'a>, at: &Station<'_>, route: &Route) -> Option<&'s Station<'a>> {
    let segment = &at.egress(route)?.segment;
    let near = site.neighbour(segment, route.via).map(|(gateway, _)| gateway);
    near.or_else(|| beyond(site, segment, route.via).map(|crossing| crossing.neighbour.0))
}

/// The ends of a device's peers behind which somebody has this address.
fn ends<'s, 'a>(
    site: &'s Site<'a>,
    near: End<'s, 'a>,
    address: IpAddr,
) -> impl Iterator<Item = Crossing<'s, 'a>> + use<'s, 'a> {
    peers(site, near).filter_map(move |far| {
        let (station, tunnel) = far;
        let neighbour = match tunnel.device.master {
            None => (tunnel.port.addresses.iter().any(|own| own.ip() == address)).then_some((station, &tunnel.port)),
            Some(_) => site.neighbour(&tunnel.port.segment, address),
        }?;
        finds(near.1.device, tunnel.device, address).then_some(Crossing { near, far, neighbour })
    })
}

/// The devices of other machines that take what this one sends, if it is sent to them.
pub fn peers<'s, 'a>(
    site: &'s Site<'a>,
    (station, tunnel): End<'s, 'a>,
) -> impl Iterator<Item = End<'s, 'a>> + use<'s, 'a> {
    let own = tunnel.device;
    let others = site.stations.iter().filter(move |other| other.name() != station.name());
    let all = others.flat_map(|other| other.tunnels.iter().map(move |tunnel| (other, tunnel)));
    all.filter(move |(_, tunnel)| {
        let device = tunnel.device;
        (device.id, device.port, device.local.is_ipv6()) == (own.id, own.port, own.local.is_ipv6())
    })
}

/// Where a device sends what is for this hardware address's owner, as it is written down.
pub fn written(device: &Vxlan, peer: &Vxlan) -> Option<IpAddr> {
    // The last one that is written replaces those before.
    device.peers.iter().rev().find(|one| one.mac == peer.mac).map(|one| one.vtep)
}

/// Whether a device sends what is for an address behind another one to there.
fn finds(near: &Vxlan, far: &Vxlan, address: IpAddr) -> bool {
    let known = near.peers.iter().rev().find(|peer| peer.addresses.contains(&address));
    match known {
        Some(known) => known.mac == far.mac && written(near, far) == Some(far.local),
        // It is asked for, and the answer has to find back.
        None => {
            let answers = far.learning || far.flood.contains(&near.local) || written(far, near) == Some(near.local);
            near.flood.contains(&far.local) && answers
        }
    }
}
