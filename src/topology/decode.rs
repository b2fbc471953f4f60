//! Tree → [`Spec`]: the file's shape, key by key.
//!
//! ```yaml
//! node-1: { address: 192.168.1.11, pods: { pod-a: {}, pod-b: } }   # `{}` or nothing: all defaults
//! ```
//!
//! Each function reads one kind of mapping. What cannot be read is reported and left out, and what is around it is read
//! on, so that one run reports all mistakes; `intact` remembers where something was left out.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::fields::Fields;
use super::keys;
use super::span::{Span, Spanned};
use super::spec::{
    BridgeSpec, ClusterSpec, InterfaceSpec, MachineSpec, MasqueradeSpec, NetworkSpec, NodeSpec, PodSpec, RouteSpec,
    Spec,
};
use super::subnet::Family;
use super::tree::{Key, Tree, Value};
use super::{cluster, expectation, sysctl, values, vxlan};
use crate::names::{LinkName, MachineName};

/// The name of a node's bridge, unless the file says otherwise: the CNI plugins' own default.
const BRIDGE: &str = "cni0";

/// How many addresses a bridge may have.
const MOST_ADDRESSES: usize = 64;

/// Reads the whole file. `owner` is where to point if a required key is absent.
pub fn file(tree: &Tree<'_>, owner: Span, diagnostics: &mut Diagnostics) -> Option<Spec> {
    let fields = Fields::open(tree, &keys::FILE, owner, diagnostics)?;
    let lab = fields.get("lab").and_then(|tree| values::name(tree, "the name of a lab", diagnostics));
    let before = diagnostics.count();
    let networks = map(fields.get("networks"), "networks", diagnostics, network);
    let networks_intact = diagnostics.count() == before;
    let clusters = clusters(&fields, diagnostics);
    let nodes = map(fields.get("nodes"), "nodes", diagnostics, node);
    let hosts = map(fields.get("hosts"), "hosts", diagnostics, host);
    let expect = list(fields.get("expect"), "expectations", diagnostics, expectation::decode);
    Some(Spec { lab: lab.map(|lab| lab.value), networks, networks_intact, clusters, nodes, hosts, expect })
}

/// `cluster`, or `clusters`.
fn clusters(fields: &Fields<'_, '_>, diagnostics: &mut Diagnostics) -> Vec<ClusterSpec> {
    let mut all = map(fields.get("clusters"), "clusters", diagnostics, |key, tree, diagnostics| {
        let name = values::parse_name(&Spanned::new(&*key.value, key.span), "the name of a cluster", diagnostics);
        cluster::decode(Some(name?), tree, key.span, diagnostics)
    });
    let Some(tree) = fields.present("cluster") else { return all };
    let owner = fields.key_span("cluster").unwrap_or(tree.span);
    if let Some(several) = fields.key_span("clusters") {
        diagnostics.push(
            Diagnostic::new(owner, "there are both `cluster` and `clusters`")
                .label("this one has no name")
                .also(several, "these have names")
                .help("move it there, and say `cluster: NAME` at its nodes"),
        );
    }
    all.extend(cluster::decode(None, tree, owner, diagnostics));
    all
}

fn network(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<NetworkSpec> {
    let before = diagnostics.count();
    let name = link_name(key, "the name of a network, whose bridge is a link", diagnostics);
    let fields = Fields::open(tree, &keys::NETWORK, key.span, diagnostics)?;
    let subnets = one_or_many(fields.get("subnets"), diagnostics, values::subnet);
    let mtu = mtu(&fields, diagnostics);
    Some(NetworkSpec { name: name?, subnets, mtu, intact: diagnostics.count() == before })
}

fn node(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<NodeSpec> {
    let before = diagnostics.count();
    let name = machine_name(key, "the name of a node", diagnostics);
    let fields = Fields::open(tree, &keys::NODE, key.span, diagnostics)?;
    let cluster = fields.present("cluster");
    let cluster = cluster.and_then(|tree| values::name(tree, "the name of a cluster", diagnostics));
    let nat_address = one_or_many(fields.get("natOutgoingAddress"), diagnostics, values::address);
    let address = one_or_many(fields.get("address"), diagnostics, values::address);
    let pod_cidr = one_or_many(fields.get("podCIDR"), diagnostics, values::subnet);
    let bridge = fields.get("bridge").and_then(|tree| {
        let owner = fields.key_span("bridge").unwrap_or(tree.span);
        bridge(tree, owner, diagnostics)
    });
    let machine = machine(name, &fields, before, diagnostics);
    // A mistake in a pod does not spoil what is known about its node.
    let pods = map(fields.get("pods"), "pods", diagnostics, pod);
    Some(NodeSpec { machine: machine?, cluster, nat_address, address, pod_cidr, bridge, pods })
}

fn pod(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<PodSpec> {
    let before = diagnostics.count();
    let name = machine_name(key, "the name of a pod", diagnostics);
    let fields = Fields::open(tree, &keys::POD, key.span, diagnostics)?;
    let addresses = one_or_many(fields.get("addresses"), diagnostics, values::interface);
    Some(PodSpec { machine: machine(name, &fields, before, diagnostics)?, addresses })
}

fn host(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<MachineSpec> {
    let before = diagnostics.count();
    let name = machine_name(key, "the name of a host", diagnostics);
    let fields = Fields::open(tree, &keys::HOST, key.span, diagnostics)?;
    machine(name, &fields, before, diagnostics)
}

/// What nodes, pods and hosts have in common.
fn machine(
    name: Option<Spanned<MachineName>>,
    fields: &Fields<'_, '_>,
    before: usize,
    diagnostics: &mut Diagnostics,
) -> Option<MachineSpec> {
    let interfaces = map(fields.get("interfaces"), "interfaces", diagnostics, interface);
    let routes = list(fields.get("routes"), "routes", diagnostics, route);
    // Pods have no such key.
    let masquerade = fields
        .get_if_known("masquerade")
        .filter(|tree| !tree.is_null())
        .map(|tree| list(Some(tree), "masquerade entries", diagnostics, masquerade));
    let vxlan = fields.get_if_known("vxlan");
    let vxlan = map(vxlan, "VXLAN devices", diagnostics, vxlan::device);
    let forwarding = fields.present("forwarding");
    let forwarding = forwarding.and_then(|tree| values::boolean(tree, diagnostics)).map(|switch| switch.value);
    let sysctls = map(fields.get("sysctls"), "sysctls", diagnostics, sysctl::decode);
    let intact = diagnostics.count() == before;
    Some(MachineSpec { name: name?, forwarding, sysctls, interfaces, routes, masquerade, vxlan, intact })
}

fn interface(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<InterfaceSpec> {
    let name = link_name(key, "the name of an interface, which is a link", diagnostics);
    let fields = Fields::open(tree, &keys::INTERFACE, key.span, diagnostics)?;
    let network = fields
        .get("network")
        .and_then(|tree| values::name::<LinkName>(tree, "the name of a network, whose bridge is a link", diagnostics));
    let addresses = one_or_many(fields.get("addresses"), diagnostics, values::interface);
    let mtu = mtu(&fields, diagnostics);
    Some(InterfaceSpec { name: name?, network: network?, addresses, mtu })
}

fn bridge(tree: &Tree<'_>, owner: Span, diagnostics: &mut Diagnostics) -> Option<BridgeSpec> {
    let fields = Fields::open(tree, &keys::BRIDGE, owner, diagnostics)?;
    let addresses = one_or_many(fields.get("addresses"), diagnostics, values::interface);
    if let Some(too_many) = addresses.get(MOST_ADDRESSES) {
        // Each pod gets an address of each subnet: without a limit, a small file could ask for any amount of memory.
        let title = format!("a bridge has {} addresses, and {MOST_ADDRESSES} are enough", addresses.len());
        diagnostics.push(Diagnostic::new(too_many.span, title).label(format!("this is number {}", MOST_ADDRESSES + 1)));
    }
    let name = match fields.get("name") {
        Some(tree) => values::name(tree, "the name of a bridge, which is a link", diagnostics)?,
        None => default_bridge(owner)?,
    };
    let mtu = mtu(&fields, diagnostics);
    Some(BridgeSpec { name, addresses, mtu })
}

fn mtu(fields: &Fields<'_, '_>, diagnostics: &mut Diagnostics) -> Option<u32> {
    let tree = fields.present("mtu")?;
    values::mtu(tree, diagnostics).map(|mtu| mtu.value)
}

/// The name of a bridge that nobody named.
pub fn default_bridge(span: Span) -> Option<Spanned<LinkName>> {
    BRIDGE.parse().ok().map(|name| Spanned::new(name, span))
}

fn route(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<RouteSpec> {
    let fields = Fields::open(tree, &keys::ROUTE, tree.span, diagnostics)?;
    let via = fields.get("via").and_then(|tree| values::address(tree, diagnostics));
    let family = via.as_ref().map(|via| Family::of(via.value));
    let to = fields.get("to").and_then(|tree| values::destination(tree, family, diagnostics));
    let dev = fields.present("dev");
    let dev = dev.and_then(|tree| values::name(tree, "the name of a link", diagnostics));
    let onlink = fields.present("onlink");
    let onlink = onlink.and_then(|tree| values::boolean(tree, diagnostics)).is_some_and(|on| on.value);
    Some(RouteSpec { to: to?, via: via?, dev, onlink })
}

fn masquerade(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<MasqueradeSpec> {
    let fields = Fields::open(tree, &keys::MASQUERADE, tree.span, diagnostics)?;
    let from = fields.get("from").and_then(|tree| values::range(tree, diagnostics));
    let except = one_or_many(fields.get("except"), diagnostics, values::range);
    let to = fields.present("to").and_then(|tree| values::address(tree, diagnostics));
    Some(MasqueradeSpec { from: from?, except, to })
}

fn machine_name(key: &Key<'_>, noun: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<MachineName>> {
    values::parse_name(&Spanned::new(&*key.value, key.span), noun, diagnostics)
}

pub(crate) fn link_name(key: &Key<'_>, noun: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<LinkName>> {
    values::parse_name(&Spanned::new(&*key.value, key.span), noun, diagnostics)
}

/// Reads a mapping from names to things of one kind.
fn map<'t, T>(
    tree: Option<&Tree<'t>>,
    plural: &str,
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Key<'t>, &Tree<'t>, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    match tree {
        Some(Tree { value: Value::Map(entries), .. }) => {
            entries.iter().filter_map(|(key, tree)| read(key, tree, diagnostics)).collect()
        }
        Some(tree) if !tree.is_null() => {
            let title = format!("expected {plural} by their names, found {}", tree.describe());
            let diagnostic = Diagnostic::new(tree.span, title).label("expected a mapping, such as `{ name: {} }`");
            diagnostics.push(match tree.value {
                Value::List(_) => diagnostic.help("write `name: …` instead of `- …`"),
                _ => diagnostic,
            });
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Reads a list, of which what cannot be read is left out.
pub(crate) fn list<'t, T>(
    tree: Option<&Tree<'t>>,
    plural: &str,
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Tree<'t>, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    match tree {
        Some(Tree { value: Value::List(items), .. }) => {
            items.iter().filter_map(|tree| read(tree, diagnostics)).collect()
        }
        Some(tree) if !tree.is_null() => {
            let title = format!("expected a list of {plural}, found {}", tree.describe());
            diagnostics.push(Diagnostic::new(tree.span, title).label("expected a list, such as `[{ … }]` or `- …`"));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Reads a list whose only item may stand without it.
pub fn one_or_many<'t, T>(
    tree: Option<&Tree<'t>>,
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Tree<'t>, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    match tree {
        Some(Tree { value: Value::List(items), .. }) => {
            items.iter().filter_map(|tree| read(tree, diagnostics)).collect()
        }
        Some(tree) if !tree.is_null() => read(tree, diagnostics).into_iter().collect(),
        _ => Vec::new(),
    }
}
