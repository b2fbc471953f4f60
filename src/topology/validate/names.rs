//! Names that would meet in one place.
//!
//! ```text
//! machines            one name each across nodes, pods and hosts: all are files in /run/netns
//! links of a node     lo, its interfaces, its bridge, veth-POD and, until it is moved, peer-POD for each pod
//! links of a pod      lo, eth0, its interfaces
//! links of the fabric lo, the networks' bridges, MACHINE-INTERFACE for each interface
//! ```

use std::collections::HashMap;

use crate::names::{LinkName, MachineName};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::expand;
use crate::topology::span::Span;
use crate::topology::spec::{InterfaceSpec, MachineSpec, NodeSpec, Spec};

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
        let mut links = Links::new(host.name.to_string());
        interfaces(&mut links, &host.interfaces, diagnostics);
    }
}

fn machines(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<&MachineName, (Span, String)> = HashMap::new();
    let nodes = spec.nodes.iter().flat_map(|node| {
        let pods = node.pods.iter().map(|pod| (&pod.machine.name, format!("a pod of {}", node.machine.name.value)));
        std::iter::once((&node.machine.name, "a node".to_owned())).chain(pods)
    });
    for (name, kind) in nodes.chain(spec.hosts.iter().map(|host| (&host.name, "a host".to_owned()))) {
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

/// Interfaces name networks that exist.
fn networks(spec: &Spec, diagnostics: &mut Diagnostics) {
    if !spec.networks_intact {
        return;
    }
    let known: HashMap<&LinkName, ()> = spec.networks.iter().map(|network| (&network.name.value, ())).collect();
    for interface in spec.machines().flat_map(|machine| &machine.interfaces) {
        let wanted = &interface.network;
        if known.contains_key(&wanted.value) {
            continue;
        }
        let diagnostic = Diagnostic::new(wanted.span, format!("there is no network {}", wanted.value));
        let names = spec.networks.iter().map(|network| network.name.as_str());
        let diagnostic = match crate::topology::fields::nearest(wanted.as_str(), names) {
            Some(meant) => diagnostic.label(format!("did you mean {meant}?")),
            None => diagnostic.label("not under `networks`"),
        };
        diagnostics.push(diagnostic.help(format!("define it: `networks: {{ {}: {{}} }}`", wanted.value)));
    }
}

/// The links of one namespace by their names.
struct Links {
    place: String,
    seen: HashMap<LinkName, (Span, String)>,
}

impl Links {
    fn new(place: String) -> Self {
        Links { place, seen: HashMap::new() }
    }

    /// Adds a link; `what` says what it is when another has its name.
    fn add(&mut self, name: &LinkName, span: Span, what: impl FnOnce() -> String, diagnostics: &mut Diagnostics) {
        if *name == LinkName::loopback() {
            diagnostics.push(
                Diagnostic::new(span, "`lo` is the loopback link, which every namespace is born with")
                    .label("expected another name, such as eth0"),
            );
            return;
        }
        match self.seen.get(name) {
            Some((first, first_what)) if *first != span => diagnostics.push(
                Diagnostic::new(span, format!("two links in {} would have the name {name}", self.place))
                    .label(what())
                    .also(*first, first_what.clone())
                    .help("rename one of them"),
            ),
            Some(_) => {}
            None => {
                self.seen.insert(name.clone(), (span, what()));
            }
        }
    }
}

fn interfaces(links: &mut Links, interfaces: &[InterfaceSpec], diagnostics: &mut Diagnostics) {
    for interface in interfaces {
        links.add(&interface.name.value, interface.name.span, || "an interface".into(), diagnostics);
    }
}

fn node_links(node: &NodeSpec, diagnostics: &mut Diagnostics) {
    let mut links = Links::new(node.machine.name.to_string());
    interfaces(&mut links, &node.machine.interfaces, diagnostics);
    if let Some(bridge) = &node.bridge {
        links.add(&bridge.name.value, bridge.name.span, || "the bridge".into(), diagnostics);
    }
    for pod in &node.pods {
        let name = &pod.machine.name;
        for (prefix, what) in
            [("veth-", "the node's end of its veth pipe"), ("peer-", "its own end, before it is moved")]
        {
            let link = LinkName::derived(prefix, name.as_str());
            links.add(&link, name.span, || format!("{}: {what}", name.value), diagnostics);
        }
    }
}

fn pod_links(pod: &MachineSpec, diagnostics: &mut Diagnostics) {
    let mut links = Links::new(pod.name.to_string());
    for interface in &pod.interfaces {
        if interface.name.as_str() == expand::INTERFACE {
            diagnostics.push(
                Diagnostic::new(interface.name.span, "a pod's eth0 is on its node's bridge, not on a network")
                    .label("expected another name, such as eth1")
                    .help("eth0 is there already; its addresses are the pod's own `addresses`"),
            );
        } else {
            links.add(&interface.name.value, interface.name.span, || "an interface".into(), diagnostics);
        }
    }
}

fn fabric(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut links = Links::new("the fabric".to_owned());
    for network in &spec.networks {
        links.add(&network.name.value, network.name.span, || "a network's bridge".into(), diagnostics);
    }
    for machine in spec.machines() {
        for interface in &machine.interfaces {
            let plain = format!("{}-{}", machine.name.value, interface.name.value);
            let port = LinkName::derived("", &plain);
            let what = || format!("the port of {}'s {}", machine.name.value, interface.name.value);
            links.add(&port, interface.name.span, what, diagnostics);
        }
    }
}
