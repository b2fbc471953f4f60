//! `routing: vxlan`: every node gets a VXLAN device, and by it a way to every other node's pods.
//!
//! ```text
//! node-1: flannel.1  10.244.1.0/32, 66:91:…, local 192.168.1.11 dev eth0
//!         route      10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink     node-2's block, by node-2's device
//!         neighbour  10.244.2.0 lladdr 66:5e:…                             which has this hardware address
//!         FDB        66:5e:… dst 192.168.1.12                              and is behind this VTEP
//! ```
//!
//! These are the entries that flannel writes (`pkg/backend/vxlan`). With `learning`, nothing is known beforehand: what is
//! asked for is sent to all (`flood`), and the devices learn from what comes in. With `crossSubnet`, nodes that share a
//! subnet have routes by way of each other's own addresses, and only others are reached by the tunnel. Flannel and Calico
//! have each node decide by its own prefix length. Here both have to see the other in their subnet: else one would send
//! directly and the other by the tunnel, which rp_filter takes for a forgery. With `ipam: weave` the devices are ports of the
//! nodes' bridges, and there is nothing to route: see [`super::weave`].

mod mac;
mod reach;
mod tunnel;

use std::collections::HashSet;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::autodetect::Underlay;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::span::Spanned;
use super::spec::{ClusterSpec, MachineSpec, NodeSpec, RouteSpec, VxlanPeerSpec, VxlanSpec};
use super::subnet::{Family, Subnet};
use super::{vxlan, weave};
use crate::network::Mac;
pub use mac::Macs;
use tunnel::Tunnel;

/// The network identifier, unless it is written: flannel's.
const ID: u32 = 1;

/// How many nodes an overlay has at most: each has entries for each other one.
const MOST: usize = super::validate::ports::MOST;

/// A device of a node, as the other nodes know it.
struct End {
    local: IpAddr,
    mac: Mac,
    mtu: u32,
}

/// What one node gets.
#[derive(Default)]
struct Given {
    devices: Vec<VxlanSpec>,
    routes: Vec<RouteSpec>,
    mtu: Option<u32>,
}

/// Gives every node its devices, its entries, and its routes to each other node's blocks. `hosts` are those that may be
/// routers between them.
pub fn give(
    cluster: &ClusterSpec,
    nodes: &mut [&mut NodeSpec],
    hosts: &[MachineSpec],
    macs: &mut Macs,
    diagnostics: &mut Diagnostics,
) {
    if let Some(first) = nodes.get(MOST) {
        let title = format!("an overlay cannot join {} nodes", nodes.len());
        diagnostics.push(
            Diagnostic::new(first.span(), title)
                .label(format!("expected at most {MOST}, and this is one more"))
                .help("every node has a route, a neighbour and an FDB entry for every other one"),
        );
        return;
    }
    let before = diagnostics.count();
    let underlays: Vec<Underlay<'_>> = nodes.iter().map(|node| Underlay::of(node, &cluster.autodetect)).collect();
    let Some(tunnels) = tunnel::plan(cluster, nodes, &underlays, diagnostics) else { return };
    check(nodes, &underlays, &tunnels, hosts, diagnostics);
    if diagnostics.count() > before {
        return;
    }
    let ends: Vec<Vec<End>> = tunnels.iter().map(|tunnel| ends(nodes, &underlays, tunnel, macs)).collect();
    let overlay = Overlay { cluster, nodes, underlays: &underlays };
    let mut given: Vec<Given> = nodes.iter().map(|_| Given::default()).collect();
    for (tunnel, ends) in tunnels.iter().zip(&ends) {
        for (index, given) in given.iter_mut().enumerate() {
            overlay.give(tunnel, ends, index, given);
        }
    }
    for (node, given) in nodes.iter_mut().zip(given) {
        node.machine.vxlan.extend(given.devices);
        node.machine.routes.extend(given.routes);
        if let Some(bridge) = &mut node.bridge {
            bridge.mtu = bridge.mtu.or(given.mtu);
        }
    }
}

/// Whether every block has an address for its device, and every node a way to every other one's.
fn check(
    nodes: &[&mut NodeSpec],
    underlays: &[Underlay<'_>],
    tunnels: &[Tunnel],
    hosts: &[MachineSpec],
    diagnostics: &mut Diagnostics,
) {
    for block in nodes.iter().flat_map(|node| &node.pod_cidr) {
        let last = block.family().bits() - 2;
        if block.prefix() > last {
            diagnostics.push(
                Diagnostic::new(block.span, format!("{} has no address for a VXLAN device", block.value))
                    .label(format!("expected a block of /{last} or larger"))
                    .help("a device bears the block's first address, which in so small a block is a host's"),
            );
        }
    }
    let all: Vec<(&NodeSpec, Underlay<'_>)> = nodes.iter().map(|node| &**node).zip(underlays.iter().copied()).collect();
    for tunnel in tunnels {
        for (node, underlay) in &all {
            diagnostics.extend(reach::complaint(node, underlay, &all, tunnel.outer, hosts));
        }
    }
}

/// The device of each node in a tunnel: the one of this name that is written, or one that is made.
fn ends(nodes: &[&mut NodeSpec], underlays: &[Underlay<'_>], tunnel: &Tunnel, macs: &mut Macs) -> Vec<End> {
    let of = |(node, underlay): (&&mut NodeSpec, &Underlay<'_>)| {
        if let Some(device) = written(node, tunnel) {
            return Some(End { local: device.local.value, mac: device.mac, mtu: device.mtu });
        }
        let local = underlay.carrier(tunnel.outer)?.ip();
        Some(End { local, mac: macs.give(&node.machine.name.value, &tunnel.name), mtu: tunnel.mtu })
    };
    nodes.iter().zip(underlays).filter_map(of).collect()
}

fn written<'n>(node: &'n NodeSpec, tunnel: &Tunnel) -> Option<&'n VxlanSpec> {
    node.machine.vxlan.iter().find(|device| device.name.value == tunnel.name)
}

/// A cluster whose nodes are to be joined.
struct Overlay<'o> {
    cluster: &'o ClusterSpec,
    nodes: &'o [&'o mut NodeSpec],
    underlays: &'o [Underlay<'o>],
}

impl Overlay<'_> {
    /// What the node of this number gets in a tunnel.
    fn give(&self, tunnel: &Tunnel, ends: &[End], index: usize, given: &mut Given) {
        let Some((node, mine)) = self.nodes.get(index).zip(ends.get(index)) else { return };
        let span = node.span();
        let written_routes: HashSet<IpNetwork> = node.machine.routes.iter().map(|route| route.to.value).collect();
        let (mut peers, mut flood) = (Vec::new(), Vec::new());
        for (number, (other, end)) in self.nodes.iter().zip(ends).enumerate().filter(|(number, _)| *number != index) {
            let mut addresses = Vec::new();
            for block in other.pod_cidr.iter().filter(|block| tunnel.inner.contains(&block.family())) {
                let direct = self.direct(index, number, block.family());
                if direct.is_none() {
                    addresses.push(Spanned::new(block.subnet().ip(), span));
                }
                // Who shares a subnet with the others needs no route to them.
                if !self.bridged() && !written_routes.contains(&block.value) {
                    let over = || (block.subnet().ip(), Some(Spanned::new(tunnel.name.clone(), span)));
                    let (via, dev) = direct.map_or_else(over, |via| (via, None));
                    let (to, via, onlink) = (Spanned::new(block.value, span), Spanned::new(via, span), dev.is_some());
                    given.routes.push(RouteSpec { to, via, dev, onlink });
                }
            }
            let vtep = Spanned::new(end.local, span);
            match (addresses.is_empty(), self.cluster.vxlan.learns()) {
                (true, _) => {}
                (false, true) => flood.push(vtep),
                (false, false) => peers.push(VxlanPeerSpec { vtep, mac: end.mac, addresses }),
            }
        }
        given.mtu = given.mtu.into_iter().chain([mine.mtu]).min();
        if written(node, tunnel).is_none() {
            given.devices.extend(self.device(tunnel, mine, index, peers, flood));
        }
    }

    /// The address by which a node reaches another one's pods without the tunnel.
    fn direct(&self, index: usize, other: usize, family: Family) -> Option<IpAddr> {
        let carrier = |index: usize| self.underlays.get(index)?.carrier(family);
        let (mine, theirs) = (carrier(index)?, carrier(other)?);
        let share = || reach::sees(mine, theirs) && reach::sees(theirs, mine);
        (self.cluster.vxlan.cross_subnet && share()).then_some(theirs.ip())
    }

    /// Whether the devices join the nodes' bridges to one segment, as ports of them.
    fn bridged(&self) -> bool {
        weave::is_used(self.cluster)
    }

    fn device(
        &self,
        tunnel: &Tunnel,
        mine: &End,
        index: usize,
        peers: Vec<VxlanPeerSpec>,
        flood: Vec<Spanned<IpAddr>>,
    ) -> Option<VxlanSpec> {
        let (node, options) = (self.nodes.get(index)?, &self.cluster.vxlan);
        let span = node.span();
        let own = |block: &Spanned<IpNetwork>| {
            let address = IpNetwork::new(block.subnet().ip(), block.family().bits()).ok()?;
            Some(Spanned::new(address, span))
        };
        let blocks = node.pod_cidr.iter().filter(|block| tunnel.inner.contains(&block.family()) && !self.bridged());
        let bridge = node.bridge.as_ref().filter(|_| self.bridged());
        Some(VxlanSpec {
            name: Spanned::new(tunnel.name.clone(), span),
            id: Spanned::new(options.id.as_ref().map_or(ID, |id| id.value), span),
            port: options.port.as_ref().map_or(vxlan::PORT, |port| port.value),
            local: Spanned::new(mine.local, span),
            dev: Spanned::new(self.underlays.get(index)?.carrier(tunnel.outer)?.interface.name.value.clone(), span),
            mac: mine.mac,
            mtu: mine.mtu,
            learning: options.learns(),
            master: bridge.map(|bridge| Spanned::new(bridge.name.value.clone(), span)),
            addresses: blocks.filter_map(own).collect(),
            peers,
            flood,
        })
    }
}
