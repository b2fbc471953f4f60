//! A machine of a lab as a fault sees it: where it is plugged in, what addresses it has, and what its file has it do.
//!
//! ```text
//! Station node-1 ── Port eth0 ─── Segment underlay ─── far end node-1-eth0 in the fabric
//!              ├─── Port cni0 ─── Segment cni0 of node-1
//!              └─── Tunnel flannel.1 ─── a segment of its own; or that of a bridge that it is a port of
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::site::subnet;
use crate::names::{LinkName, MachineName};
use crate::plan::Kind;
use crate::reach::Standing;
use crate::topology::model::{Interface, Machine, Node, Route, Vxlan};
use crate::topology::realm::Realm;

/// A machine.
#[derive(Debug)]
pub struct Station<'a> {
    /// What the file says of it.
    pub machine: &'a Machine,
    /// What it is.
    pub kind: Kind,
    /// What decides whom it is to reach.
    pub standing: Standing,
    /// Where the addresses of pods count, if it is one or has some.
    pub realm: Realm,
    /// Where it is plugged in: its interfaces in the file's order, and a node's bridge.
    pub ports: Vec<Port>,
    /// Its VXLAN devices, in the file's order.
    pub tunnels: Vec<Tunnel<'a>>,
}

/// A VXLAN device of a machine.
#[derive(Debug)]
pub struct Tunnel<'a> {
    /// What the file says of it.
    pub device: &'a Vxlan,
    /// The end that packets leave and enter by. It is alone on a segment of its own, or on that of the bridge that it is a
    /// port of.
    pub port: Port,
}

/// One end of a machine that packets leave and enter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The link.
    pub link: LinkName,
    /// Its addresses.
    pub addresses: Vec<IpNetwork>,
    /// What it is plugged into.
    pub segment: Segment,
    /// The largest packet that it sends, in bytes, if the file says so.
    pub mtu: Option<u32>,
    /// The other end of its pipe, which is a port of the segment's bridge; a bridge has none.
    pub far: Option<(MachineName, LinkName)>,
}

/// What machines hear each other on: one bridge; or a VXLAN device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it is: in a node, or in the fabric.
    pub machine: MachineName,
    /// Its name.
    pub bridge: LinkName,
}

pub(super) fn node_ports(node: &Node) -> Vec<Port> {
    let mut ports = cables(&node.machine);
    ports.extend(node.bridge.as_ref().map(|bridge| Port {
        link: bridge.name.clone(),
        addresses: bridge.addresses.clone(),
        mtu: bridge.mtu,
        segment: Segment { machine: node.machine.name.clone(), bridge: bridge.name.clone() },
        far: None,
    }));
    ports
}

/// The ends of cables that a machine has.
pub(super) fn cables(machine: &Machine) -> Vec<Port> {
    let port = |interface: &Interface| Port {
        link: interface.name.clone(),
        addresses: interface.addresses.clone(),
        mtu: interface.mtu,
        segment: Segment { machine: MachineName::fabric(), bridge: interface.network.clone() },
        far: Some((MachineName::fabric(), LinkName::cable_port(&machine.name, &interface.name))),
    };
    machine.interfaces.iter().map(port).collect()
}

/// The VXLAN devices that a machine has.
pub(super) fn tunnels(machine: &Machine) -> Vec<Tunnel<'_>> {
    machine.vxlan.iter().map(|device| Tunnel::of(machine, device)).collect()
}

impl<'a> Tunnel<'a> {
    fn of(machine: &Machine, device: &'a Vxlan) -> Self {
        let bridge = device.master.as_ref().unwrap_or(&device.name).clone();
        let segment = Segment { machine: machine.name.clone(), bridge };
        let (link, addresses) = (device.name.clone(), device.addresses.clone());
        Tunnel { device, port: Port { link, addresses, segment, mtu: Some(device.mtu), far: None } }
    }
}

impl Station<'_> {
    /// Its name.
    pub fn name(&self) -> &MachineName {
        &self.machine.name
    }

    /// The node that it belongs to: a pod's own, else itself.
    pub fn home(&self) -> &MachineName {
        match &self.kind {
            Kind::Pod { node } => node,
            Kind::Node | Kind::Host => self.name(),
        }
    }

    /// Its first address of a family: the one that it is spoken to by.
    pub fn address(&self, ipv6: bool) -> Option<IpAddr> {
        let all = self.ports.iter().flat_map(|port| &port.addresses);
        all.map(IpNetwork::ip).find(|ip| ip.is_ipv6() == ipv6)
    }

    /// Whether it has this address.
    pub fn has(&self, address: IpAddr) -> bool {
        self.ends().flat_map(|port| &port.addresses).any(|own| own.ip() == address)
    }

    /// All that packets leave and enter by: its ports, and its VXLAN devices.
    pub fn ends(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().chain(self.tunnels.iter().map(|tunnel| &tunnel.port))
    }

    /// Whether it passes packets of this family on.
    pub fn forwards(&self, ipv6: bool) -> bool {
        let key = if ipv6 { "net.ipv6.conf.all.forwarding" } else { "net.ipv4.ip_forward" };
        let written = self.machine.sysctls.iter().rev().find(|(other, _)| other == key);
        written.map_or(self.machine.forwarding == Some(true), |(_, value)| value.trim() != "0")
    }

    /// The subnets on it of a family.
    pub fn subnets(&self, ipv6: bool) -> impl Iterator<Item = (&Port, IpNetwork)> {
        let of = move |port| Port::subnets(port, ipv6).map(move |subnet| (port, subnet));
        self.ends().flat_map(of)
    }

    /// A node's bridge.
    pub fn bridge(&self) -> Option<&Port> {
        self.ports.iter().find(|port| port.far.is_none())
    }

    /// Its ends of cables, without the bridge.
    pub fn cables(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|port| port.far.is_some())
    }

    /// Where a packet to an address goes: out of which port, by way of whom, if of anybody, as the file has it.
    pub fn route(&self, to: IpAddr) -> Option<(&Port, Option<IpAddr>)> {
        self.route_without(to, None)
    }

    /// The same, if this route were missing.
    pub fn route_without(&self, to: IpAddr, missing: Option<&Route>) -> Option<(&Port, Option<IpAddr>)> {
        let direct = self.subnets(to.is_ipv6()).filter(|(_, subnet)| subnet.contains(to));
        let direct = direct.map(|(port, subnet)| (subnet.prefix(), port, None));
        let routes = self.machine.routes.iter().filter(|route| route.to.contains(to) && Some(*route) != missing);
        let routes = routes.filter_map(|route| Some((route.to.prefix(), self.egress(route)?, Some(route.via))));
        // The kernel's own come first among equals; `max_by_key` takes the last of them.
        routes.chain(direct).max_by_key(|(prefix, ..)| *prefix).map(|(_, port, via)| (port, via))
    }

    /// The port that a route leads out of.
    pub fn egress(&self, route: &Route) -> Option<&Port> {
        match &route.dev {
            Some(dev) => self.ends().find(|port| port.link == *dev),
            None => self.on(route.via),
        }
    }

    /// The port on whose subnet an address is.
    pub fn on(&self, address: IpAddr) -> Option<&Port> {
        self.subnets(address.is_ipv6()).find(|(_, subnet)| subnet.contains(address)).map(|(port, _)| port)
    }
}

impl Port {
    /// Its addresses of a family.
    pub fn addresses(&self, ipv6: bool) -> impl Iterator<Item = IpNetwork> {
        self.addresses.iter().copied().filter(move |address| address.is_ipv6() == ipv6)
    }

    /// The subnets of its addresses.
    pub fn subnets(&self, ipv6: bool) -> impl Iterator<Item = IpNetwork> {
        self.addresses(ipv6).map(subnet)
    }
}
