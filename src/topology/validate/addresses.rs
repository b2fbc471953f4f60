//! Every address is in a subnet of its segment, with that subnet's prefix length, and is given once.
//!
//! ```text
//! underlay 192.168.1.0/24      eth0 192.168.2.11/24   outside
//!                              eth0 192.168.1.11/16   wrong prefix length
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::realm::{self, Realm};
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{InterfaceSpec, MachineSpec, NodeSpec, PodSpec, Spec, VxlanSpec};
use crate::topology::subnet::is_link_local;
use crate::topology::subnet_map::SubnetMap;
use crate::topology::validate::subnets::Clashing;

/// Checks every address. Where the subnets of two segments clash, an address that both have is no news.
pub fn check(spec: &Spec, clashing: &Clashing, diagnostics: &mut Diagnostics) {
    let mut checker = Checker { networks: HashMap::new(), seen: HashMap::new(), clashing, diagnostics };
    for (segment, network) in spec.networks.iter().enumerate() {
        let mut subnets = SubnetMap::default();
        // Where a subnet could not be read, any address might be in it.
        for subnet in network.subnets.iter().filter(|_| network.intact) {
            subnets.insert(subnet.value, ());
        }
        checker.networks.insert(network.name.as_str(), (segment, subnets));
    }
    for (index, node) in spec.nodes.iter().enumerate() {
        checker.interfaces(&node.machine);
        let realm = realm::of_node(spec, node);
        checker.bridge(node, spec.networks.len() + index, realm);
        checker.devices(&node.machine, realm, Some(node));
    }
    for host in &spec.hosts {
        checker.interfaces(host);
        checker.devices(host, Realm::World, None);
    }
}

/// Who has an address.
#[derive(Clone, Copy)]
enum Owner<'s> {
    Interface(&'s MachineSpec, &'s InterfaceSpec),
    Vxlan(&'s MachineSpec, &'s VxlanSpec, Option<&'s NodeSpec>),
    Bridge(&'s NodeSpec),
    Pod(&'s PodSpec, &'s NodeSpec),
}

impl<'s> Owner<'s> {
    /// The node whose bridge, pod or device it is.
    fn node(self) -> Option<&'s NodeSpec> {
        match self {
            Owner::Interface(..) => None,
            Owner::Vxlan(_, _, node) => node,
            Owner::Bridge(node) | Owner::Pod(_, node) => Some(node),
        }
    }

    fn describe(self) -> String {
        match self {
            Owner::Interface(machine, interface) => format!("{}'s {}", machine.name.value, interface.name.value),
            Owner::Vxlan(machine, device, _) => format!("{}'s {}", machine.name.value, device.name.value),
            Owner::Bridge(node) => format!("{}'s bridge", node.machine.name.value),
            Owner::Pod(pod, _) => pod.machine.name.to_string(),
        }
    }
}

/// Where an address counts, where it is written, and whose it is.
type Given<'s> = (Realm, Span, Owner<'s>);

struct Checker<'s, 'd> {
    networks: HashMap<&'s str, (usize, SubnetMap<()>)>,
    /// Link-local addresses are told apart by their segment; all others are the lab's, or a cluster's that keeps to itself.
    seen: HashMap<(Option<usize>, IpAddr), Vec<Given<'s>>>,
    clashing: &'d Clashing,
    diagnostics: &'d mut Diagnostics,
}

impl<'s> Checker<'s, '_> {
    fn interfaces(&mut self, machine: &'s MachineSpec) {
        for interface in &machine.interfaces {
            let owner = Owner::Interface(machine, interface);
            let mut segment = None;
            if let Some((index, subnets)) = self.networks.get(interface.network.as_str()) {
                segment = Some(*index);
                let place = format!("network {}", interface.network.value);
                for address in &interface.addresses {
                    self.diagnostics.extend(outside(address, subnets, &place));
                }
            }
            for address in &interface.addresses {
                self.once(address, segment, Realm::World, owner);
            }
        }
    }

    /// A device's addresses are in no subnet that anybody looks for neighbours in.
    fn devices(&mut self, machine: &'s MachineSpec, realm: Realm, node: Option<&'s NodeSpec>) {
        for device in &machine.vxlan {
            for address in &device.addresses {
                self.once(address, None, realm, Owner::Vxlan(machine, device, node));
            }
        }
    }

    fn bridge(&mut self, node: &'s NodeSpec, segment: usize, realm: Realm) {
        let mut subnets = SubnetMap::default();
        for address in node.bridge.iter().flat_map(|bridge| &bridge.addresses) {
            if node.machine.intact {
                subnets.insert(address.value, ());
            }
            self.once(address, Some(segment), realm, Owner::Bridge(node));
        }
        let place = format!("{}'s bridge", node.machine.name.value);
        for pod in &node.pods {
            for address in &pod.addresses {
                self.diagnostics.extend(outside(address, &subnets, &place));
                self.once(address, Some(segment), realm, Owner::Pod(pod, node));
            }
            self.interfaces(&pod.machine);
        }
    }

    /// Complains if somebody has the address already.
    fn once(&mut self, address: &Spanned<IpNetwork>, segment: Option<usize>, realm: Realm, owner: Owner<'s>) {
        let ip = address.ip();
        let key = (segment.filter(|_| is_link_local(ip)), ip);
        let owners = self.seen.entry(key).or_default();
        let Some((_, first, first_owner)) = owners.iter().find(|(other, ..)| other.meets(realm)) else {
            owners.push((realm, address.span, owner));
            return;
        };
        if is_told(ip, [owner, *first_owner], self.clashing) {
            return;
        }
        let (title, help) = match (first_owner, owner) {
            (Owner::Bridge(node), Owner::Pod(..)) => (
                format!("{ip} is the gateway: {}'s bridge has it", node.machine.name.value),
                "leave the pod's `addresses` out: it gets the next free one",
            ),
            (_, Owner::Pod(..)) => {
                (format!("{ip} is given twice"), "leave the pod's `addresses` out: it gets the next free one")
            }
            _ => (format!("{ip} is given twice"), "each address belongs to one machine"),
        };
        self.diagnostics.push(
            Diagnostic::new(address.span, title)
                .label(format!("to {}", owner.describe()))
                .also(*first, format!("to {}", first_owner.describe()))
                .help(help),
        );
    }
}

/// Whether two have the same address because their subnets clash, which is told already.
fn is_told(ip: IpAddr, owners: [Owner<'_>; 2], clashing: &Clashing) -> bool {
    let clashes = |node: &NodeSpec| {
        let mut subnets = node.bridge.iter().flat_map(|bridge| &bridge.addresses);
        subnets.any(|subnet| subnet.contains(ip) && clashing.contains(&subnet.span))
    };
    let nodes = owners.map(Owner::node);
    let [one, other] = nodes.map(|node| node.map(|node| &node.machine.name.value));
    one != other && nodes.into_iter().flatten().any(clashes)
}

/// The complaint about an address that is in none of the subnets, or has another prefix length.
fn outside(address: &Spanned<IpNetwork>, subnets: &SubnetMap<()>, place: &str) -> Option<Diagnostic> {
    use crate::topology::subnet::{Family, Subnet};
    if subnets.is_empty() || is_link_local(address.ip()) || subnets.has(&address.subnet()) {
        return None;
    }
    let diagnostic = match subnets.find(address.ip()) {
        Some((subnet, ())) => {
            let title = format!("{} is in {subnet}, but has another prefix length", address.value);
            Diagnostic::new(address.span, title).label(format!("expected {}/{}", address.ip(), subnet.prefix())).help(
                format!("with /{} the machine would look for its neighbours in the wrong place", address.prefix()),
            )
        }
        None => Diagnostic::new(address.span, format!("{} is outside the subnets of {place}", address.ip()))
            .label(format!("expected an {} address in {}", Family::of(address.ip()), subnets.describe()))
            .help("correct the address, or add its subnet"),
    };
    Some(diagnostic)
}
