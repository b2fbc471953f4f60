//! A lab as a fault sees it: who stands where, by its spelled-out file, and what the kernel holds at this moment.
//!
//! ```text
//! Station node-1 ── Port eth0 ─── Segment underlay ─── far end node-1-eth0 in the fabric
//!              └─── Port cni0 ─── Segment cni0 of node-1
//! Station pod-a ─── Port eth0 ─── Segment cni0 of node-1 ─── far end veth-pod-a in node-1
//! ```
//!
//! What a station is made of is in [`super::station`]; who is behind a VXLAN device, in [`super::tunnel`].

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};

pub use super::station::{Port, Segment, Station, Tunnel};
use super::station::{cables, node_ports, tunnels};
use crate::diff::{self, Mend};
use crate::names::{LinkName, MachineName};
use crate::network::{Mac, Namespaces, Neighbour};
use crate::plan::Kind;
use crate::reach::{self, Rule, Standings};
use crate::topology::model::{Expectation, Family, Machine, Party, Topology};
use crate::topology::realm::Realms;

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
            tunnels: tunnels(machine),
        };
        for node in &topology.nodes {
            stations.push(station(&node.machine, Kind::Node, node_ports(node)));
            let Some(bridge) = &node.bridge else { continue };
            for pod in &node.pods {
                let name = &pod.machine.name;
                let eth0 = Port {
                    link: LinkName::of_pod(),
                    addresses: pod.addresses.clone(),
                    mtu: bridge.mtu,
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

    /// Whether the addresses of two machines' pods count in the same place: of two clusters that keep theirs to themselves,
    /// one cannot mean the other's.
    pub fn meet(&self, one: &Station<'_>, other: &Station<'_>) -> bool {
        one.realm.meets(other.realm)
    }

    /// Whether a VXLAN device is a port of a bridge: its wire is that of other nodes, too.
    pub fn is_extended(&self, segment: &Segment) -> bool {
        let near = self.station(segment.machine.as_str());
        near.is_some_and(|near| near.tunnels.iter().any(|tunnel| tunnel.port.segment == *segment))
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

    /// Whether one machine alone has an address.
    pub fn is_once(&self, address: IpAddr) -> bool {
        self.owners.get(&address).is_some_and(|owners| owners.len() == 1)
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
