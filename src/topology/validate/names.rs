//! Names that would meet in one place.
//!
//! ```text
//! machines            one name each across nodes, pods and hosts: all are files in /run/netns
//! links of a node     lo, its interfaces, its bridge, its VXLAN devices, veth-POD and, until it is moved, peer-POD for each pod
//! links of a pod      lo, eth0, its interfaces
//! links of the fabric lo, the networks' bridges, MACHINE-INTERFACE and, until it is moved, peer-MACHINE-INTERFACE for each
//!                     interface
//! ```

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::names::{LinkName, MachineName};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::expand;
use crate::topology::span::Span;
use crate::topology::spec::{InterfaceSpec, MachineSpec, NodeSpec, Spec, VxlanSpec};

/// How many networks are compared with a name that is none of them.
const COMPARED: usize = 100;

/// Checks all names.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    machines(spec, diagnostics);
    networks(spec, diagnostics);
    fabric(spec, diagnostics);
    for node in &spec.nodes {
        node_links(node, diagnostics);
        for pod in &node.pods {
            pod_links(&pod.machine, diagnostics);
        }
    }
    for host in &spec.hosts {
        let mut links = Links::new(host.name.as_str(), host.interfaces.len());
        links.add_interfaces(&host.interfaces, diagnostics);
        links.add_devices(&host.vxlan, diagnostics);
    }
}

fn machines(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<&MachineName, (Span, Kind<'_>)> = HashMap::new();
    let nodes = spec.nodes.iter().flat_map(|node| {
        let pods = node.pods.iter().map(|pod| (&pod.machine.name, Kind::Pod(node)));
        std::iter::once((&node.machine.name, Kind::Node)).chain(pods)
    });
    for (name, kind) in nodes.chain(spec.hosts.iter().map(|host| (&host.name, Kind::Host))) {
        match seen.get(&name.value) {
            Some((first, first_kind)) => diagnostics.push(
                Diagnostic::new(name.span, format!("two machines have the name {}", name.value))
                    .label(format!("{kind} here"))
                    .also(*first, format!("{first_kind} here"))
                    .help("a machine's name is its namespace's: rename one of them"),
            ),
            None => {
                seen.insert(&name.value, (name.span, kind));
            }
        }
    }
}

/// What kind of machine has a name.
enum Kind<'s> {
    Node,
    Pod(&'s NodeSpec),
    Host,
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Node => f.write_str("a node"),
            Kind::Pod(node) => write!(f, "a pod of {}", node.machine.name.value),
            Kind::Host => f.write_str("a host"),
        }
    }
}

/// Interfaces name networks that exist.
fn networks(spec: &Spec, diagnostics: &mut Diagnostics) {
    if !spec.networks_intact {
        return;
    }
    let known: HashSet<&LinkName> = spec.networks.iter().map(|network| &network.name.value).collect();
    for interface in spec.machines().flat_map(|machine| &machine.interfaces) {
        let wanted = &interface.network;
        if known.contains(&wanted.value) {
            continue;
        }
        let diagnostic = Diagnostic::new(wanted.span, format!("there is no network {}", wanted.value));
        let names = spec.networks.iter().map(|network| network.name.as_str());
        let diagnostic = match crate::topology::fields::nearest(wanted.as_str(), names.take(COMPARED)) {
            Some(meant) => diagnostic.label(format!("did you mean {meant}?")),
            None => diagnostic.label("not under `networks`"),
        };
        diagnostics.push(diagnostic.help(format!("define it: `networks: {{ {}: {{}} }}`", wanted.value)));
    }
}

/// What bears a link's name.
#[derive(Clone, Copy)]
enum Link<'s> {
    Interface,
    Bridge,
    Vxlan,
    Network,
    NodeEnd(&'s MachineName),
    PodEnd(&'s MachineName),
    Port(&'s MachineName, &'s LinkName),
    Peer(&'s MachineName, &'s LinkName),
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Link::Interface => f.write_str("an interface"),
            Link::Bridge => f.write_str("the bridge"),
            Link::Vxlan => f.write_str("a VXLAN device"),
            Link::Network => f.write_str("a network's bridge"),
            Link::NodeEnd(pod) => write!(f, "the node's end of {pod}'s veth pipe"),
            Link::PodEnd(pod) => write!(f, "{pod}'s end of its veth pipe, before it is moved"),
            Link::Port(machine, interface) => write!(f, "the port of {machine}'s {interface}"),
            Link::Peer(machine, interface) => write!(f, "{machine}'s {interface}, before it is moved"),
        }
    }
}

/// The links of one namespace by their names.
struct Links<'s> {
    place: &'s str,
    seen: HashMap<LinkName, (Span, Link<'s>)>,
}

impl<'s> Links<'s> {
    fn new(place: &'s str, expected: usize) -> Self {
        Links { place, seen: HashMap::with_capacity(expected) }
    }

    /// Adds a link; `link` says what it is when another has its name.
    fn add(&mut self, name: LinkName, span: Span, link: Link<'s>, diagnostics: &mut Diagnostics) {
        if name.as_str() == "lo" {
            diagnostics.push(
                Diagnostic::new(span, "`lo` is the loopback link, which every namespace is born with")
                    .label("expected another name, such as eth0"),
            );
            return;
        }
        match self.seen.entry(name) {
            Entry::Vacant(free) => {
                free.insert((span, link));
            }
            Entry::Occupied(taken) => {
                let (first, first_link) = taken.get();
                let title = format!("two links in {} would have the name {}", self.place, taken.key());
                diagnostics.push(
                    Diagnostic::new(span, title)
                        .label(link.to_string())
                        .also(*first, first_link.to_string())
                        .help("rename one of them"),
                );
            }
        }
    }

    fn add_interfaces(&mut self, interfaces: &[InterfaceSpec], diagnostics: &mut Diagnostics) {
        for interface in interfaces {
            self.add(interface.name.value.clone(), interface.name.span, Link::Interface, diagnostics);
        }
    }

    fn add_devices(&mut self, devices: &[VxlanSpec], diagnostics: &mut Diagnostics) {
        for device in devices {
            self.add(device.name.value.clone(), device.name.span, Link::Vxlan, diagnostics);
        }
    }
}

fn node_links(node: &NodeSpec, diagnostics: &mut Diagnostics) {
    let mut links = Links::new(node.machine.name.as_str(), 2 * node.pods.len() + 2);
    links.add_interfaces(&node.machine.interfaces, diagnostics);
    if let Some(bridge) = &node.bridge {
        links.add(bridge.name.value.clone(), bridge.name.span, Link::Bridge, diagnostics);
    }
    links.add_devices(&node.machine.vxlan, diagnostics);
    for pod in &node.pods {
        let name = &pod.machine.name;
        links.add(LinkName::pod_port(&name.value), name.span, Link::NodeEnd(name), diagnostics);
        links.add(LinkName::pod_peer(&name.value), name.span, Link::PodEnd(name), diagnostics);
    }
}

fn pod_links(pod: &MachineSpec, diagnostics: &mut Diagnostics) {
    if pod.interfaces.is_empty() {
        return;
    }
    let mut links = Links::new(pod.name.as_str(), pod.interfaces.len());
    let eth0 = |interface: &&InterfaceSpec| interface.name.as_str() == expand::INTERFACE;
    for interface in pod.interfaces.iter().filter(eth0) {
        diagnostics.push(
            Diagnostic::new(interface.name.span, "a pod's eth0 is on its node's bridge, not on a network")
                .label("expected another name, such as eth1")
                .help("eth0 is there already; its addresses are the pod's own `addresses`"),
        );
    }
    links.add_interfaces(&pod.interfaces, diagnostics);
}

fn fabric(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut links = Links::new("the fabric", spec.networks.len() + spec.nodes.len());
    for network in &spec.networks {
        links.add(network.name.value.clone(), network.name.span, Link::Network, diagnostics);
    }
    for machine in spec.machines() {
        for interface in &machine.interfaces {
            let (machine, name) = (&machine.name.value, &interface.name.value);
            let port = LinkName::cable_port(machine, name);
            let peer = LinkName::cable_peer(machine, name);
            links.add(port, interface.name.span, Link::Port(machine, name), diagnostics);
            links.add(peer, interface.name.span, Link::Peer(machine, name), diagnostics);
        }
    }
}
