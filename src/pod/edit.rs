//! A topology with one pod more, or one less.
//!
//! ```text
//! node-1: { pods: { pod-a, pod-b } }  ── with pod-g ──▶  node-1: { pods: { pod-a, pod-b, pod-g: { addresses: [10.244.1.4/24] } } }
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::address;
use crate::error::{Error, Result};
use crate::lab::change::Last;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::topology::model::{Expectation, Identity, Ipam, Machine, Node, Party, Pod, Topology};
use crate::topology::nearest;
use crate::topology::subnet::{Family, Subnet, number};
use crate::topology::weave;

/// A pod that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Its name.
    pub name: MachineName,
    /// The node that hosts it; may be left out where there is only one.
    pub node: Option<MachineName>,
    /// Its addresses; none means the next ones.
    pub addresses: Vec<Wish>,
}

/// An address that is asked for, with the length of its prefix or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The address.
    pub ip: IpAddr,
    /// The length of its prefix.
    pub prefix: Option<u8>,
}

impl std::str::FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let expected = || format!("{text:?} is not an address: one like 10.244.1.9 or fd00::9 was expected");
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix.parse().map_err(|_| expected())?)),
            None => (text, None),
        };
        Ok(Wish { ip: ip.parse().map_err(|_| expected())?, prefix })
    }
}

/// The topology with one pod more; the node that hosts it, and its addresses.
///
/// # Errors
/// When the name or an address is taken, there is no such node, it has no bridge, or its subnet is full.
pub fn with(
    topology: &Topology,
    pod: &Newcomer,
    last: &Last,
    kept: &Namespaces,
) -> Result<(Topology, MachineName, Vec<IpNetwork>)> {
    let name = &pod.name;
    if let Some(what) = owner(topology, name) {
        return Err(Error::usage(format!("there is {what} {name} already")).help("give the pod another name"));
    }
    let place = home(topology, pod.node.as_ref())?;
    let Some(node) = topology.nodes.get(place) else { return Err(Error::usage("the lab has no node")) };
    let at = &node.machine.name;
    let Some(bridge) = node.bridge.as_ref().filter(|bridge| !bridge.addresses.is_empty()) else {
        let able = topology.nodes.iter().filter(|node| node.bridge.is_some()).map(|node| node.machine.name.as_str());
        let able: Vec<&str> = able.collect();
        let help = match able[..] {
            [] => "give the node a `podCIDR` in the file, and `netlab up` changes the lab".to_owned(),
            _ => format!("nodes with one: {}", able.join(", ")),
        };
        return Err(
            Error::usage(format!("{at} has no bridge with addresses that a pod could be plugged into")).help(help)
        );
    };
    let addresses = match pod.addresses.is_empty() {
        true => {
            let kept = kept.get(at).map(|ns| ns.ipam.kept(bridge.name.as_str()));
            let next = |gateway| match shared(topology, node) {
                true => weave::next(topology, node, address::given_last(node, gateway, last)),
                false => address::next(&topology.nodes, node, gateway, last, kept.as_ref()),
            };
            let next = |gateway| next(gateway).ok_or_else(|| full(node, gateway));
            address::subnets(node).iter().map(next).collect::<Result<Vec<_>>>()?
        }
        false => pod.addresses.iter().map(|wish| asked_for(topology, node, wish)).collect::<Result<Vec<_>>>()?,
    };
    for (place, address) in addresses.iter().enumerate() {
        if addresses.iter().take(place).any(|other| other.ip() == address.ip()) {
            return Err(Error::usage(format!("{} is asked for twice", address.ip())).help("leave one of them away"));
        }
    }
    let machine = bare(name);
    let mut wanted = topology.clone();
    if let Some(node) = wanted.nodes.get_mut(place) {
        // A node forwards for its pods; the CNI bridge plugin sees to it when the first one comes.
        if node.pods.is_empty() && node.machine.forwarding == Some(false) {
            node.machine.forwarding = Some(true);
        }
        node.pods.push(Pod { machine, addresses: addresses.clone() });
    }
    Ok((wanted, at.clone(), addresses))
}

/// The topology with one pod less, and the node that hosted it.
///
/// # Errors
/// When there is no such pod.
pub fn without(topology: &Topology, name: &MachineName) -> Result<(Topology, MachineName)> {
    let mut wanted = topology.clone();
    let is_it = |pod: &Pod| pod.machine.name == *name;
    let Some(node) = wanted.nodes.iter_mut().find(|node| node.pods.iter().any(is_it)) else {
        let error = match owner(topology, name) {
            Some(what) => Error::usage(format!("{name} is {what}, and no pod")),
            None => Error::usage(format!("lab {} has no pod {name}", topology.lab)),
        };
        let pods = || topology.nodes.iter().flat_map(|node| &node.pods).map(|pod| pod.machine.name.as_str());
        return Err(match (nearest(name.as_str(), pods()), pods().count()) {
            (_, 0) => error.help("it has no pods at all; `netlab pod add NAME` adds one"),
            (Some(meant), _) => error.help(format!("did you mean {meant}? `netlab status` shows them all")),
            (None, _) => {
                let names: Vec<&str> = pods().take(12).collect();
                error.help(format!("its pods are {}{}", names.join(", "), if pods().count() > 12 { ", …" } else { "" }))
            }
        });
    };
    let at = node.machine.name.clone();
    node.pods.retain(|pod| !is_it(pod));
    wanted.expect.retain_mut(|expectation| forget(expectation, name));
    Ok((wanted, at))
}

/// Whether a node shares one subnet with the others of its cluster.
fn shared(topology: &Topology, node: &Node) -> bool {
    topology.cluster_of(node).is_some_and(|cluster| cluster.ipam == Some(Ipam::Weave))
}

/// Takes a machine out of an expectation; whether anything of it is left.
fn forget(expectation: &mut Expectation, name: &MachineName) -> bool {
    let is_it = |party: &Party| matches!(party, Party::Machine(machine) if machine == name);
    expectation.from.retain(|party| !is_it(party));
    expectation.to.retain(|party| !is_it(party));
    let about_it =
        expectation.seen_as.iter().any(|as_whom| matches!(as_whom, Identity::Machine(machine) if machine == name));
    !expectation.from.is_empty() && !expectation.to.is_empty() && !about_it
}

/// What bears this name already.
fn owner(topology: &Topology, name: &MachineName) -> Option<&'static str> {
    let is_pod = topology.nodes.iter().flat_map(|node| &node.pods).any(|pod| pod.machine.name == *name);
    let is_node = topology.nodes.iter().any(|node| node.machine.name == *name);
    let is_host = topology.hosts.iter().any(|host| host.name == *name);
    [(is_pod, "a pod"), (is_node, "a node"), (is_host, "a host")].into_iter().find(|(is, _)| *is).map(|(_, what)| what)
}

/// The place of the node that is meant.
fn home(topology: &Topology, named: Option<&MachineName>) -> Result<usize> {
    let names = || topology.nodes.iter().map(|node| node.machine.name.as_str());
    let list = || names().take(12).collect::<Vec<_>>().join(", ");
    let Some(named) = named else {
        return match topology.nodes.len() {
            1 => Ok(0),
            0 => Err(Error::usage("the lab has no node that a pod could be on")),
            _ => Err(Error::usage("on which node? There are several").help(format!("--node NAME says it: {}", list()))),
        };
    };
    topology.nodes.iter().position(|node| node.machine.name == *named).ok_or_else(|| {
        let error = match owner(topology, named) {
            Some(what) => Error::usage(format!("{named} is {what}: pods are on nodes")),
            None => Error::usage(format!("lab {} has no node {named}", topology.lab)),
        };
        match nearest(named.as_str(), names()) {
            Some(meant) => error.help(format!("did you mean {meant}? The nodes are {}", list())),
            None => error.help(format!("the nodes are {}", list())),
        }
    })
}

fn full(node: &Node, gateway: &IpNetwork) -> Error {
    let (low, high) = gateway.hosts();
    let name = &node.machine.name;
    Error::usage(format!(
        "no address is free in {}: all {} are in use",
        gateway.subnet(),
        (high - low).saturating_add(1)
    ))
    .help(format!(
        "delete a pod of {name} (`netlab pod delete NAME`), or add this one to another node; `netlab diff` lists \
         addresses that are held for nobody"
    ))
}

/// An address that is asked for by itself.
fn asked_for(topology: &Topology, node: &Node, wish: &Wish) -> Result<IpNetwork> {
    let Wish { ip, prefix } = wish;
    let name = &node.machine.name;
    let subnets = address::subnets(node);
    let Some(gateway) = subnets.iter().find(|gateway| gateway.contains(*ip)) else {
        let list: Vec<String> = subnets.iter().map(|gateway| gateway.subnet().to_string()).collect();
        return Err(Error::usage(format!("{ip} is not in a subnet of {name}'s pods"))
            .help(format!("they are in {}; without --address the pod gets the next free one", list.join(" and "))));
    };
    if let Some(prefix) = prefix.filter(|prefix| *prefix != gateway.prefix()) {
        return Err(Error::usage(format!("{ip}/{prefix} does not fit: {name}'s pods are in {}", gateway.subnet()))
            .help(format!("leave the length away, or write /{}", gateway.prefix())));
    }
    let (low, high) = gateway.hosts();
    if !(low..=high).contains(&number(*ip)) {
        let family = Family::of(*ip);
        return Err(Error::usage(format!("{ip} is no host's address in {}", gateway.subnet())).help(format!(
            "hosts have {} to {}",
            family.address(low),
            family.address(high)
        )));
    }
    let here = topology.nodes.iter().flat_map(address::taken);
    if let Some((_, who)) = here.into_iter().find(|(taken, _)| taken == ip) {
        return Err(Error::usage(format!("{ip} is in use: {who} has it"))
            .help("take another one; without --address the pod gets the next free one"));
    }
    IpNetwork::new(*ip, gateway.prefix()).map_err(|why| Error::usage(format!("{ip}/{}: {why}", gateway.prefix())))
}

/// A machine with nothing but its name.
fn bare(name: &MachineName) -> Machine {
    Machine {
        name: name.clone(),
        forwarding: None,
        sysctls: Vec::new(),
        interfaces: Vec::new(),
        routes: Vec::new(),
        masquerade: Vec::new(),
        vxlan: Vec::new(),
    }
}
