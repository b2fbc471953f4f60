//! No two segments share addresses: else a machine could not know where one of them is.
//!
//! ```text
//! networks      underlay 192.168.1.0/24
//! bridges       node-1 10.244.1.0/24, node-2 10.244.1.128/25   ← overlaps node-1's
//! clusterCIDR   10.244.0.0/16                                  ← overlaps no network
//! ```
//!
//! Clusters whose pods the world has no routes to may use the same addresses ([`realm`]).
//! Bridges that have VXLAN devices of one number as ports are one segment: they may share a subnet, as Weave Net's do.

use std::collections::{HashMap, HashSet};

use ipnetwork::IpNetwork;

use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::membership;
use crate::topology::realm::{self, Realm};
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{ClusterSpec, Spec};
use crate::topology::subnet::{Subnet, is_link_local};
use crate::topology::weave;

/// A subnet and whose it is.
struct Owned {
    subnet: IpNetwork,
    span: Span,
    owner: String,
    /// Where its addresses count.
    realm: Realm,
    /// Subnets of one segment are not compared with each other, unless both are declared.
    segment: usize,
    declared: bool,
    /// The place of the cluster whose pods have addresses from it.
    cluster: Option<usize>,
}

/// The places in the file of the subnets that others overlap. Of addresses in them nothing more is said.
pub type Clashing = HashSet<Span>;

/// Checks every subnet against every other.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) -> Clashing {
    let mut all = gather(spec);
    // The subnets around one come before it, the larger first; and those that end before it begins are done with.
    all.sort_by_key(|one| (one.subnet.family(), one.subnet.ends().0, one.subnet.prefix(), !one.declared, one.span));
    let mut around: Vec<&Owned> = Vec::new();
    let mut clashing = Clashing::new();
    let mut told = HashSet::new();
    for one in &all {
        around.retain(|outer| outer.subnet.overlaps(&one.subnet));
        let meets = |outer: &&&Owned| match outer.segment == one.segment {
            true => outer.declared && one.declared,
            false => outer.realm.meets(one.realm),
        };
        let clash = around.iter().find(meets);
        let Some(outer) = clash else {
            around.push(one);
            continue;
        };
        clashing.extend([one.span, outer.span]);
        match two_clusters(spec, one, outer) {
            // All of their nodes' blocks would clash: that is one mistake.
            Some((places, complaint)) => diagnostics.extend(told.insert(places).then_some(complaint)),
            None => diagnostics.push(complaint(one, outer)),
        }
    }
    cluster_and_networks(spec, diagnostics);
    clashing
}

fn gather(spec: &Spec) -> Vec<Owned> {
    let mut all = Vec::new();
    let mut segments = HashMap::new();
    for (segment, network) in spec.networks.iter().enumerate() {
        let owner = format!("network {}", network.name.value);
        for subnet in &network.subnets {
            let (subnet, span, owner, realm) = (subnet.value, subnet.span, owner.clone(), Realm::World);
            all.push(Owned { subnet, span, owner, realm, segment, declared: true, cluster: None });
        }
        segments.insert(&network.name.value, (segment, network.subnets.is_empty()));
    }
    // A network without subnets has those that its interfaces' addresses imply.
    let mut implied = HashSet::new();
    for machine in spec.machines() {
        for interface in &machine.interfaces {
            let Some((segment, true)) = segments.get(&interface.network.value) else { continue };
            for address in interface.addresses.iter().filter(|address| !is_link_local(address.ip())) {
                if implied.insert((*segment, address.subnet())) {
                    let owner = format!("{}'s {}", machine.name.value, interface.name.value);
                    let (subnet, span, realm) = (address.subnet(), address.span, Realm::World);
                    all.push(Owned { subnet, span, owner, realm, segment: *segment, declared: false, cluster: None });
                }
            }
        }
    }
    let mut joined = HashMap::new();
    let mut mine = HashSet::new();
    for (index, node) in spec.nodes.iter().enumerate() {
        let Some(bridge) = &node.bridge else { continue };
        // The bridges of a cluster whose nodes share one subnet are one segment, be they joined or not.
        let cluster = membership::of(&spec.clusters, node);
        let shared = cluster.filter(|place| spec.clusters.get(*place).is_some_and(weave::is_used));
        let mut segment = spec.networks.len() + shared.map_or(index, |place| spec.nodes.len() + place);
        for device in node.machine.vxlan.iter().filter(|device| device.master.is_some()) {
            segment = *joined.entry((shared, device.id.value, device.port)).or_insert(segment);
        }
        for address in bridge.addresses.iter().filter(|address| !is_link_local(address.ip())) {
            let subnet = address.subnet();
            // Two addresses in one subnet are legal on a bridge.
            if !mine.insert((segment, subnet)) {
                continue;
            }
            let owner = format!("{}'s bridge", node.machine.name.value);
            let realm = realm::of_node(spec, node);
            let declared = shared.is_none();
            all.push(Owned { subnet, span: address.span, owner, realm, segment, declared, cluster });
        }
    }
    all
}

/// What is said once of two clusters whose ranges overlap, and their places.
fn two_clusters(spec: &Spec, one: &Owned, outer: &Owned) -> Option<([usize; 2], Diagnostic)> {
    let mut places = [one.cluster?, outer.cluster?];
    places.sort_unstable();
    let [first, second] = places.map(|place| spec.clusters.get(place));
    let (first, second) = first.zip(second).filter(|_| places[0] != places[1])?;
    let ranges = |cluster: &ClusterSpec| cluster.cidrs.iter().map(|range| range.cidr.clone()).collect::<Vec<_>>();
    let (earlier, later) = (ranges(first), ranges(second));
    let (range, other) =
        later.iter().find_map(|range| Some((range, earlier.iter().find(|one| one.overlaps(range))?)))?;
    let [name, other_name] = [second, first].map(|cluster| cluster.name.as_ref().map_or("", |name| name.as_str()));
    let title = format!("clusterCIDR {} of {name} overlaps {} of {other_name}", range.value, other.value);
    let complaint = Diagnostic::new(range.span, title)
        .label("a pod here")
        .also(other.span, "and a pod here would have the same address")
        .help(format!("give {name} a clusterCIDR of its own; {TO_THEMSELVES}"));
    Some((places, complaint))
}

/// Whose addresses may be the same.
const TO_THEMSELVES: &str = "only clusters that all keep to themselves (`kind: island` or `isolated`) may use the same \
                             addresses";

fn complaint(one: &Owned, outer: &Owned) -> Diagnostic {
    // Blame whatever comes later in the file.
    let (first, second) = if one.span < outer.span { (one, outer) } else { (outer, one) };
    let same = first.subnet == second.subnet;
    let title = if same {
        format!("the subnet {} is used twice", second.subnet)
    } else {
        format!("the subnets {} and {} overlap", second.subnet, first.subnet)
    };
    Diagnostic::new(second.span, title)
        .label(format!("of {}", second.owner))
        .also(first.span, format!("of {}", first.owner))
        .help(match first.realm == second.realm || one.segment == outer.segment {
            true => "each network and each node's bridge needs a subnet of its own".to_owned(),
            // One is a cluster's that keeps to itself.
            false => format!("{TO_THEMSELVES}, and never those of a network"),
        })
}

fn cluster_and_networks(spec: &Spec, diagnostics: &mut Diagnostics) {
    let ranges = spec.clusters.iter().flat_map(|cluster| cluster.cidrs.iter().map(move |range| (cluster, &range.cidr)));
    // A pool that is disabled may be a network, to spare it from NAT.
    let pools = spec.clusters.iter().flat_map(|cluster| cluster.pools.iter().map(move |pool| (cluster, pool)));
    let in_use = pools.filter(|(_, pool)| !pool.disabled).map(|(cluster, pool)| (cluster, &pool.cidr));
    let mut seen = HashSet::new();
    for (cluster, range) in ranges.chain(in_use).filter(|(_, range)| seen.insert(range.span)) {
        let noun =
            if cluster.pools.iter().any(|pool| pool.cidr.span == range.span) { "the pool" } else { "clusterCIDR" };
        for network in &spec.networks {
            for subnet in network.subnets.iter().filter(|subnet| range.overlaps(&subnet.value)) {
                diagnostics.push(overlap(noun, range, subnet, network.name.as_str()));
            }
        }
    }
}

fn overlap(noun: &str, range: &Spanned<IpNetwork>, subnet: &Spanned<IpNetwork>, network: &str) -> Diagnostic {
    let title = format!("{noun} {} overlaps {} of network {network}", range.value, subnet.value);
    Diagnostic::new(range.span, title)
        .label("pods' addresses")
        .also(subnet.span, "the network's addresses")
        .help("pods need a range of their own, such as 10.244.0.0/16")
}
