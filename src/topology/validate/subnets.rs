//! No two segments share addresses: else a machine could not know where one of them is.
//!
//! ```text
//! networks      underlay 192.168.1.0/24
//! bridges       node-1 10.244.1.0/24, node-2 10.244.1.128/25   ← overlaps node-1's
//! clusterCIDR   10.244.0.0/16                                  ← overlaps no network
//! ```

use std::collections::{HashMap, HashSet};

use ipnetwork::IpNetwork;

use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::Spec;
use crate::topology::subnet::{Subnet, is_link_local};

/// A subnet and whose it is.
struct Owned {
    subnet: IpNetwork,
    span: Span,
    owner: String,
    /// Subnets of one segment are not compared with each other, unless both are declared.
    segment: usize,
    declared: bool,
}

/// Checks every subnet against every other.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut all = gather(spec);
    // The subnets around one come before it, the larger first; and those that end before it begins are done with.
    all.sort_by_key(|one| (one.subnet.family(), one.subnet.ends().0, one.subnet.prefix(), !one.declared, one.span));
    let mut around: Vec<&Owned> = Vec::new();
    for one in &all {
        around.retain(|outer| outer.subnet.overlaps(&one.subnet));
        let clash = around
            .iter()
            .find(|outer| if outer.segment == one.segment { outer.declared && one.declared } else { true });
        match clash {
            Some(outer) => diagnostics.push(complaint(one, outer)),
            None => around.push(one),
        }
    }
    cluster_and_networks(spec, diagnostics);
}

fn gather(spec: &Spec) -> Vec<Owned> {
    let mut all = Vec::new();
    let mut segments = HashMap::new();
    for (segment, network) in spec.networks.iter().enumerate() {
        let owner = format!("network {}", network.name.value);
        for subnet in &network.subnets {
            all.push(Owned { subnet: subnet.value, span: subnet.span, owner: owner.clone(), segment, declared: true });
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
                    let subnet = address.subnet();
                    all.push(Owned { subnet, span: address.span, owner, segment: *segment, declared: false });
                }
            }
        }
    }
    for (index, node) in spec.nodes.iter().enumerate() {
        let Some(bridge) = &node.bridge else { continue };
        let mut mine = HashSet::new();
        for address in bridge.addresses.iter().filter(|address| !is_link_local(address.ip())) {
            let subnet = address.subnet();
            // Two addresses in one subnet are legal on a bridge.
            if !mine.insert(subnet) {
                continue;
            }
            let owner = format!("{}'s bridge", node.machine.name.value);
            let segment = spec.networks.len() + index;
            all.push(Owned { subnet, span: address.span, owner, segment, declared: true });
        }
    }
    all
}

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
        .help("each network and each node's bridge needs a subnet of its own")
}

fn cluster_and_networks(spec: &Spec, diagnostics: &mut Diagnostics) {
    for range in spec.clusters.iter().flat_map(|cluster| &cluster.cidrs) {
        for network in &spec.networks {
            for subnet in network.subnets.iter().filter(|subnet| range.cidr.overlaps(&subnet.value)) {
                diagnostics.push(overlap(&range.cidr, subnet, network.name.as_str()));
            }
        }
    }
}

fn overlap(range: &Spanned<IpNetwork>, subnet: &Spanned<IpNetwork>, network: &str) -> Diagnostic {
    let title = format!("clusterCIDR {} overlaps {} of network {network}", range.value, subnet.value);
    Diagnostic::new(range.span, title)
        .label("pods' addresses")
        .also(subnet.span, "the network's addresses")
        .help("pods need a range of their own, such as 10.244.0.0/16")
}
