//! Who is there by the plan, as numbers: a matrix of a thousand pods has a million pairs.
//!
//! ```text
//! 0 node-1   node   192.168.1.11, 10.244.1.1
//! 1 pod-a    pod of 0   10.244.1.2
//! …
//! 9 outside  host   192.168.1.100
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::names::{LinkName, MachineName};
use crate::reach::{Standing, Standings, common};
use crate::topology::model::{Family, Machine, Masquerade, Topology};
use crate::topology::realm::{Realm, Realms};

/// A machine's number: its place among all.
pub type Number = usize;

/// Everybody.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// The machines: each node before its pods, then the hosts.
    pub people: Vec<Person>,
    numbers: HashMap<MachineName, Number>,
    standings: Standings,
    realms: Realms,
}

/// One machine.
#[derive(Debug, Clone)]
pub struct Person {
    /// Its name.
    pub name: MachineName,
    /// What it is.
    pub role: Role,
    /// All its addresses. Those of a node's bridge come last.
    pub addresses: Vec<IpAddr>,
    /// How many of them are of interfaces on networks, or of a pod's eth0: those that others see.
    pub outward: usize,
    /// What it masquerades.
    pub masquerade: Vec<Masquerade>,
    /// What decides whom it is to reach.
    pub standing: Standing,
    /// Where the addresses of pods count, if it is one or has some.
    pub realm: Realm,
    /// The addresses of its interfaces, and on which networks they are.
    networks: Vec<(LinkName, IpNetwork)>,
    /// Its routes: where to, and by way of whom.
    routes: Vec<(IpNetwork, IpAddr)>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A node.
    Node,
    /// A pod, and its node's number.
    Pod(Number),
    /// A host.
    Host,
}

impl Person {
    /// The address that others send to, of this family.
    pub fn address(&self, family: Family) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|ip| Family::of(*ip) == family)
    }

    /// Those of this family that others see.
    pub fn outward(&self, family: Family) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().take(self.outward).copied().filter(move |ip| Family::of(*ip) == family)
    }

    /// The addresses that a packet between these may get when it leaves this machine; none if it keeps its own.
    pub fn translates(&self, from: IpAddr, to: IpAddr) -> Option<Vec<IpAddr>> {
        let applies =
            |entry: &&Masquerade| entry.from.contains(from) && !entry.except.iter().any(|net| net.contains(to));
        let entry = self.masquerade.iter().find(applies)?;
        let family = Family::of(to);
        Some(match entry.to {
            Some(address) => vec![address],
            None => self.exit(to).unwrap_or_else(|| self.outward(family).collect()),
        })
    }

    /// The addresses of the interface by which a packet to there leaves, by the routes in the file; nothing if they do not
    /// say.
    fn exit(&self, to: IpAddr) -> Option<Vec<IpAddr>> {
        let family = Family::of(to);
        let near = |ip: IpAddr| self.networks.iter().find(|(_, own)| own.contains(ip));
        let direct = near(to).map(|(network, own)| (own.prefix(), network));
        let routes = self.routes.iter().filter(|(net, _)| net.contains(to));
        let routes = routes.filter_map(|(net, via)| Some((net.prefix(), &near(*via)?.0)));
        let (_, network) = routes.chain(direct).max_by_key(|(prefix, _)| *prefix)?;
        let addresses = self.on_networks(family).filter(|(own, _)| *own == network);
        Some(addresses.map(|(_, address)| address.ip()).collect())
    }

    /// The address that a host sends to, of this family: one that is on a network with it, if there is one.
    pub fn address_near(&self, other: &Person, family: Family) -> Option<IpAddr> {
        let near = common(other.on_networks(family), self.on_networks(family)).map(|address| address.ip());
        near.or_else(|| self.address(family))
    }

    fn on_networks(&self, family: Family) -> impl Iterator<Item = (&LinkName, IpNetwork)> + Clone {
        let all = self.networks.iter().map(|(network, address)| (network, *address));
        all.filter(move |(_, address)| Family::of(address.ip()) == family)
    }
}

/// The addresses of a machine's VXLAN devices, from which it speaks to those behind them.
fn tunnelled(machine: &Machine) -> impl Iterator<Item = &IpNetwork> {
    machine.vxlan.iter().flat_map(|device| &device.addresses)
}

impl Census {
    /// Counts everybody in a topology.
    pub fn of(topology: &Topology) -> Self {
        let mut census =
            Census { standings: Standings::of(topology), realms: Realms::of(topology), ..Census::default() };
        for node in &topology.nodes {
            let bridge = node.bridge.iter().flat_map(|bridge| &bridge.addresses);
            let number = census.add(&node.machine, Role::Node, &[], bridge.chain(tunnelled(&node.machine)));
            for pod in &node.pods {
                census.add(&pod.machine, Role::Pod(number), &pod.addresses, std::iter::empty());
            }
        }
        for host in &topology.hosts {
            census.add(host, Role::Host, &[], tunnelled(host));
        }
        census
    }

    fn add<'a>(
        &mut self,
        machine: &Machine,
        role: Role,
        first: &[IpNetwork],
        last: impl Iterator<Item = &'a IpNetwork>,
    ) -> Number {
        let interfaces = machine.interfaces.iter().flat_map(|interface| &interface.addresses);
        let mut addresses: Vec<IpAddr> = first.iter().chain(interfaces).map(IpNetwork::ip).collect();
        let outward = addresses.len();
        addresses.extend(last.map(IpNetwork::ip));
        let number = self.people.len();
        self.numbers.insert(machine.name.clone(), number);
        let networks = machine
            .interfaces
            .iter()
            .flat_map(|one| one.addresses.iter().map(|address| (one.network.clone(), *address)));
        self.people.push(Person {
            name: machine.name.clone(),
            role,
            addresses,
            outward,
            masquerade: machine.masquerade.clone(),
            standing: self.standings.get(&machine.name),
            realm: self.realms.of_machine(&machine.name),
            networks: networks.collect(),
            routes: machine.routes.iter().map(|route| (route.to, route.via)).collect(),
        });
        number
    }

    /// A machine's number.
    pub fn number(&self, name: &MachineName) -> Option<Number> {
        self.numbers.get(name).copied()
    }

    /// A machine.
    pub fn person(&self, number: Number) -> Option<&Person> {
        self.people.get(number)
    }

    /// Its name; a number that is nobody's has none.
    pub fn name(&self, number: Number) -> &str {
        self.person(number).map_or("?", |person| person.name.as_str())
    }

    /// The numbers of all of a kind.
    pub fn all(&self, is: impl Fn(Role) -> bool) -> Vec<Number> {
        self.people.iter().enumerate().filter(|(_, person)| is(person.role)).map(|(number, _)| number).collect()
    }

    /// The node that it is or stands on; a host stands for itself.
    pub fn node_of(&self, number: Number) -> Number {
        match self.person(number).map(|person| person.role) {
            Some(Role::Pod(node)) => node,
            _ => number,
        }
    }

    /// Whose address it is, by the plan, for this machine: where several clusters use it, that of its own cluster.
    pub fn owner(&self, address: IpAddr, seen_from: Number) -> Option<Number> {
        let realm = self.person(seen_from).map_or(Realm::World, |person| person.realm);
        let owners = || self.people.iter().enumerate().filter(|(_, person)| person.addresses.contains(&address));
        let near = owners().find(|(_, person)| person.realm == realm);
        near.or_else(|| owners().next()).map(|(number, _)| number)
    }

    /// Whether this machine has the address, too, by the plan.
    pub fn shares(&self, name: &MachineName, address: IpAddr) -> bool {
        let person = self.number(name).and_then(|number| self.person(number));
        person.is_some_and(|person| person.addresses.contains(&address))
    }
}
