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

use crate::names::MachineName;
use crate::topology::model::{Family, Machine, Masquerade, Topology};

/// A machine's number: its place among all.
pub type Number = usize;

/// Everybody.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// The machines: each node before its pods, then the hosts.
    pub people: Vec<Person>,
    numbers: HashMap<MachineName, Number>,
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

    /// Whether a packet between these addresses gets an address of this machine when it leaves it.
    pub fn masquerades(&self, from: IpAddr, to: IpAddr) -> bool {
        let applies =
            |entry: &Masquerade| entry.from.contains(from) && !entry.except.iter().any(|net| net.contains(to));
        self.masquerade.iter().any(applies)
    }
}

/// The addresses of a machine's VXLAN devices, from which it speaks to those behind them.
fn tunnelled(machine: &Machine) -> impl Iterator<Item = &IpNetwork> {
    machine.vxlan.iter().flat_map(|device| &device.addresses)
}

impl Census {
    /// Counts everybody in a topology.
    pub fn of(topology: &Topology) -> Self {
        let mut census = Census::default();
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
        let masquerade = machine.masquerade.clone();
        self.people.push(Person { name: machine.name.clone(), role, addresses, outward, masquerade });
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

    /// Every pod.
    pub fn pods(&self) -> Vec<Number> {
        self.all(|role| matches!(role, Role::Pod(_)))
    }

    /// The node that it is or stands on; a host stands for itself.
    pub fn node_of(&self, number: Number) -> Number {
        match self.person(number).map(|person| person.role) {
            Some(Role::Pod(node)) => node,
            _ => number,
        }
    }

    /// Whose address it is, by the plan.
    pub fn owner(&self, address: IpAddr) -> Option<Number> {
        self.people.iter().position(|person| person.addresses.contains(&address))
    }
}
