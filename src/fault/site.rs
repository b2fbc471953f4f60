//! A lab as a fault sees it: who stands where, by its spelled-out file, and what the kernel holds at this moment.
//!
//! ```text
//! Station node-1 ── Port eth0 ─── Segment underlay ─── far end node-1-eth0 in the fabric
//!              └─── Port cni0 ─── Segment cni0 of node-1
//! Station pod-a ─── Port eth0 ─── Segment cni0 of node-1 ─── far end veth-pod-a in node-1
//! ```

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

use crate::diff::{self, Mend};
use crate::names::{LinkName, MachineName};
use crate::network::{Mac, Namespaces, Neighbour};
use crate::plan::Kind;
use crate::reach::{self, Rule, Standing, Standings};
use crate::topology::model::{Expectation, Family, Machine, Node, Party, Route, Topology};
use crate::topology::realm::{Realm, Realms};

/// A lab: what its file says, and what the kernel holds.
#[derive(Debug)]
pub struct Site<'a> {
    /// What was seen of it.
    pub seen: &'a Namespaces,
    /// What its file expects beside the network model.
    pub expect: &'a [Expectation],
    /// Its machines: each node before its pods, then the hosts.
    pub stations: Vec<Station<'a>>,
    places: HashMap<&'a str, usize>,
    /// Who has an address: the places of the station and of its port.
    owners: HashMap<IpAddr, Vec<(usize, usize)>>,
}

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
    /// The other end of its pipe, which is a port of the segment's bridge; a bridge has none.
    pub far: Option<(MachineName, LinkName)>,
}

/// What machines hear each other on: one bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where the bridge is: in a node, or in the fabric.
    pub machine: MachineName,
    /// Its name.
    pub bridge: LinkName,
}

impl<'a> Site<'a> {
    /// The lab of this file, of which this was seen.
    pub fn new(topology: &'a Topology, seen: &'a Namespaces) -> Self {
        let mut stations = Vec::new();
        let (standings, realms) = (Standings::of(topology), Realms::of(topology));
        let station = |machine: &'a Machine, kind, ports| Station {
            machine,
            kind,
            standing: standings.get(&machine.name),
            realm: realms.of_machine(&machine.name),
            ports,
        };
        for node in &topology.nodes {
            stations.push(station(&node.machine, Kind::Node, node_ports(node)));
            let Some(bridge) = &node.bridge else { continue };
            for pod in &node.pods {
                let name = &pod.machine.name;
                let eth0 = Port {
                    link: LinkName::of_pod(),
                    addresses: pod.addresses.clone(),
                    segment: Segment { machine: node.machine.name.clone(), bridge: bridge.name.clone() },
                    far: Some((node.machine.name.clone(), LinkName::pod_port(name))),
                };
                let ports = std::iter::once(eth0).chain(cables(&pod.machine)).collect();
                let kind = Kind::Pod { node: node.machine.name.clone() };
                stations.push(station(&pod.machine, kind, ports));
            }
        }
        let hosts = topology.hosts.iter();
        stations.extend(hosts.map(|host| station(host, Kind::Host, cables(host))));
        let mut places = HashMap::new();
        let mut owners: HashMap<IpAddr, Vec<(usize, usize)>> = HashMap::new();
        for (place, station) in stations.iter().enumerate() {
            places.insert(station.machine.name.as_str(), place);
            for (number, port) in station.ports.iter().enumerate() {
                for address in &port.addresses {
                    owners.entry(address.ip()).or_default().push((place, number));
                }
            }
        }
        Site { seen, expect: &topology.expect, stations, places, owners }
    }

    /// Whether a `netlab check` tries whether one reaches the other ([`reach::rule`]), or the file expects it to; without those
    /// whom the file expects not to.
    pub fn is_tried(&self, from: &Station<'_>, to: &Station<'_>, ipv6: bool) -> bool {
        let by_the_model = reach::rule(&from.standing, &to.standing, from.name() == to.name());
        let meant = |station: &Station<'_>, parties: &[Party]| {
            parties.iter().any(|party| match party {
                Party::Address(ip) => station.address(ipv6) == Some(*ip) && self.is_near(from, station, *ip),
                _ => reach::is_meant(party, station.name(), &station.standing),
            })
        };
        let family = if ipv6 { Family::V6 } else { Family::V4 };
        let is_of = |one: &Expectation| one.family.is_none_or(|only| only == family);
        let expects = |one: &&Expectation| {
            // Everybody on both sides does not mean each to itself.
            is_of(one) && meant(from, &one.from) && meant(to, &one.to) && from.name() != to.name()
        };
        // What the file says of a ping goes before what the model says.
        let forbids = |one: &Expectation| !one.reachable && one.port.is_none();
        let mut expected = self.expect.iter().filter(expects);
        match expected.clone().any(forbids) {
            true => false,
            false => by_the_model.is_some_and(Rule::is_reachable) || expected.any(|one| one.reachable),
        }
    }

    /// Whether an address is this machine's for the one that sends: where several clusters use it, that of its own cluster.
    fn is_near(&self, from: &Station<'_>, to: &Station<'_>, address: IpAddr) -> bool {
        let mut owners = self.owners.get(&address).into_iter().flatten();
        let same = |(place, _): &(usize, usize)| self.stations.get(*place).is_some_and(|one| one.realm == from.realm);
        to.realm == from.realm || !owners.any(same)
    }

    /// The address at which one speaks to another.
    pub fn target(&self, from: &Station<'_>, to: &Station<'_>, ipv6: bool) -> Option<IpAddr> {
        let near = || {
            let common = reach::common(reach::on_networks(from.machine, ipv6), reach::on_networks(to.machine, ipv6));
            common.map(|address| address.ip())
        };
        match reach::rule(&from.standing, &to.standing, from.name() == to.name()) {
            Some(Rule::HostToNode) => near().or_else(|| to.address(ipv6)),
            _ => to.address(ipv6),
        }
    }

    /// The machine of this name.
    pub fn station(&self, name: &str) -> Option<&Station<'a>> {
        self.places.get(name).and_then(|place| self.stations.get(*place))
    }

    /// All pods, in the file's order.
    pub fn pods(&self) -> impl Iterator<Item = &Station<'a>> + Clone {
        self.stations.iter().filter(|station| matches!(station.kind, Kind::Pod { .. }))
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Station<'a>> + Clone {
        self.stations.iter().filter(|station| station.kind == Kind::Node)
    }

    /// The pods whose `eth0` is a port of this bridge, and who else is plugged into it.
    pub fn plugged_into<'s>(&'s self, segment: &'s Segment) -> impl Iterator<Item = (&'s Station<'a>, &'s Port)> {
        let ports = self.stations.iter().flat_map(|station| station.ports.iter().map(move |port| (station, port)));
        ports.filter(move |(_, port)| port.segment == *segment)
    }

    /// Who has this address on this segment.
    pub fn neighbour(&self, segment: &Segment, address: IpAddr) -> Option<(&Station<'a>, &Port)> {
        let of = |(place, number): &(usize, usize)| {
            let station = self.stations.get(*place)?;
            Some((station, station.ports.get(*number)?))
        };
        self.owners.get(&address)?.iter().filter_map(of).find(|(_, port)| port.segment == *segment)
    }

    /// The hardware address that a link has at this moment.
    pub fn mac(&self, machine: &MachineName, link: &LinkName) -> Option<Mac> {
        self.seen.get(machine)?.link(link.as_str())?.mac
    }

    /// An address of a subnet that nobody has: the last one that is free.
    pub fn unused(&self, segment: &Segment, subnet: IpNetwork) -> Option<IpAddr> {
        let taken = |ip: &IpAddr| self.neighbour(segment, *ip).is_some();
        from_the_end(subnet).find(|ip| !taken(ip))
    }

    /// Has everybody on a segment forget where an address is, who remembers it.
    pub fn forget(&self, segment: &Segment, address: IpAddr) -> Vec<Mend> {
        let remembers = |(station, port): (&Station<'a>, &Port)| {
            let ns = self.seen.get(&station.machine.name)?;
            let fits = |one: &&Neighbour| one.address == address && one.link == port.link.as_str() && !one.by_hand();
            let entry = ns.neighbours.iter().find(fits)?;
            Some(Mend { machine: station.machine.name.clone(), deed: diff::Deed::Forget(entry.clone()) })
        };
        self.plugged_into(segment).filter_map(remembers).collect()
    }
}

fn node_ports(node: &Node) -> Vec<Port> {
    let mut ports = cables(&node.machine);
    ports.extend(node.bridge.as_ref().map(|bridge| Port {
        link: bridge.name.clone(),
        addresses: bridge.addresses.clone(),
        segment: Segment { machine: node.machine.name.clone(), bridge: bridge.name.clone() },
        far: None,
    }));
    ports
}

/// The ends of cables that a machine has.
fn cables(machine: &Machine) -> Vec<Port> {
    let port = |interface: &crate::topology::model::Interface| Port {
        link: interface.name.clone(),
        addresses: interface.addresses.clone(),
        segment: Segment { machine: MachineName::fabric(), bridge: interface.network.clone() },
        far: Some((MachineName::fabric(), LinkName::cable_port(&machine.name, &interface.name))),
    };
    machine.interfaces.iter().map(port).collect()
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
        self.ports.iter().flat_map(|port| &port.addresses).any(|own| own.ip() == address)
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
        self.ports.iter().flat_map(of)
    }

    /// A node's bridge.
    pub fn bridge(&self) -> Option<&Port> {
        self.ports.iter().find(|port| port.far.is_none())
    }

    /// Its ends of cables, without the bridge.
    pub fn cables(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(|port| port.far.is_some())
    }

    /// Where a packet to an address goes: out of which port, by way of whom, if of anybody, as the file has it. None where
    /// that is no port: over a VXLAN device.
    pub fn route(&self, to: IpAddr) -> Option<(&Port, Option<IpAddr>)> {
        let direct = self.subnets(to.is_ipv6()).filter(|(_, subnet)| subnet.contains(to));
        let direct = direct.map(|(port, subnet)| (subnet.prefix(), Some(port), None));
        let routes = self.machine.routes.iter().filter(|route| route.to.contains(to));
        let routes = routes.map(|route| (route.to.prefix(), self.way_out(route), Some(route.via)));
        // The kernel's own come first among equals; `max_by_key` takes the last of them.
        let (_, port, via) = routes.chain(direct).max_by_key(|(prefix, ..)| *prefix)?;
        Some((port?, via))
    }

    /// The port that a route of the machine's leads out of; none where that is a VXLAN device.
    pub fn way_out(&self, route: &Route) -> Option<&Port> {
        match &route.dev {
            Some(dev) => self.ports.iter().find(|port| port.link == *dev),
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

/// The subnet of an address: 10.244.1.0/24 for 10.244.1.2/24.
pub fn subnet(address: IpNetwork) -> IpNetwork {
    match address {
        IpNetwork::V4(v4) => Ipv4Network::new(v4.network(), v4.prefix()).map_or(address, IpNetwork::V4),
        IpNetwork::V6(v6) => Ipv6Network::new(v6.network(), v6.prefix()).map_or(address, IpNetwork::V6),
    }
}

/// An address alone: 10.244.1.2/32.
pub fn alone(address: IpAddr) -> IpNetwork {
    IpNetwork::from(address)
}

/// Addresses of a subnet from its end, without the last one, which for IPv4 means everybody.
fn from_the_end(subnet: IpNetwork) -> impl Iterator<Item = IpAddr> {
    /// More than a bridge has ports.
    const MANY: u32 = 2048;
    let (first, last, ipv6) = match subnet {
        IpNetwork::V4(v4) => (u128::from(u32::from(v4.network())), u128::from(u32::from(v4.broadcast())), false),
        IpNetwork::V6(v6) => {
            // By names that people can read: from fd00:10:244::fe down.
            let first = u128::from(v6.network());
            (first, u128::from(v6.broadcast()).min(first + 0xff), true)
        }
    };
    let address = move |number: u128| match ipv6 {
        true => IpAddr::V6(Ipv6Addr::from(number)),
        false => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(0))),
    };
    let down = (1..=u128::from(MANY)).map_while(move |back| last.checked_sub(back));
    down.take_while(move |number| *number > first).map(address)
}
