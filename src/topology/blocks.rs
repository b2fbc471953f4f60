//! Which block of pod addresses each node has.
//!
//! ```text
//! clusterCIDR 10.244.0.0/16, blocks of /24:
//!   10.244.0.0/24   10.244.1.0/24   10.244.2.0/24   …  256 of them
//!   node-1          written: node-7  node-2
//! ```
//!
//! As kube-controller-manager's RangeAllocator does it: in file order, the first block that is free, from the first
//! one on; blocks that are written (by `podCIDR`, or as the subnet of a bridge) are taken from the start, and one that is
//! larger or smaller takes all that it overlaps with. A node that writes a block gets no other one, of no family. The n-th
//! block of a node is of the n-th range. A range of IPv6 is cut into 65,536 blocks at most: the allocator has a bit for
//! each. Where `allocateNodeCIDRs` is false, or the allocator the cloud's, every block has to be written.

use std::collections::BTreeMap;

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::span::Spanned;
use super::spec::{ClusterCidr, ClusterSpec, NodeSpec};
use super::subnet::{Family, Subnet};

/// Gives every node its `pod_cidr`. Returns whether every node has got what it needs.
pub fn assign(cluster: Option<&ClusterSpec>, nodes: &mut [&mut NodeSpec], diagnostics: &mut Diagnostics) -> bool {
    let before = diagnostics.count();
    let mut derive = Vec::new();
    for (index, node) in nodes.iter_mut().enumerate() {
        let bridged = written_by_bridge(node, diagnostics);
        if node.pod_cidr.is_empty() {
            node.pod_cidr = bridged;
        }
        let of_each_family = check_families(node, diagnostics);
        match cluster {
            Some(cluster) if node.pod_cidr.is_empty() && cluster.allocate && !cluster.cidrs.is_empty() => {
                derive.push(index)
            }
            _ if node.pod_cidr.is_empty() => {
                diagnostics.extend((!node.pods.is_empty()).then(|| no_block(node, cluster)));
            }
            Some(cluster) => {
                check_within(node, cluster, diagnostics);
                if of_each_family {
                    check_order(node, cluster, diagnostics);
                }
            }
            None => {}
        }
    }
    let allocating = cluster.filter(|cluster| cluster.allocate);
    for range in allocating.iter().flat_map(|cluster| &cluster.cidrs) {
        if let Some(complaint) = too_many_blocks(range) {
            diagnostics.push(complaint);
            continue;
        }
        let mut free = Free::new(range, nodes.iter().flat_map(|node| &node.pod_cidr));
        for (count, index) in derive.iter().enumerate() {
            let Some(node) = nodes.get_mut(*index) else { continue };
            let Some(block) = free.next() else {
                diagnostics.push(exhausted(range, node, count, derive.len()));
                break;
            };
            node.pod_cidr.push(Spanned::new(block, node.machine.name.span));
        }
    }
    diagnostics.count() == before
}

/// The subnets of a bridge's addresses, if those are written. They must agree with a `podCIDR` that is written too.
fn written_by_bridge(node: &NodeSpec, diagnostics: &mut Diagnostics) -> Vec<Spanned<IpNetwork>> {
    let Some(bridge) = &node.bridge else { return Vec::new() };
    let mut subnets: Vec<Spanned<IpNetwork>> = Vec::new();
    for address in &bridge.addresses {
        let subnet = address.subnet();
        if !node.pod_cidr.is_empty() && !node.pod_cidr.iter().any(|block| block.value == subnet) {
            let title = format!("the bridge's address {} is not of the node's podCIDR", address.value);
            diagnostics.push(
                Diagnostic::new(address.span, title)
                    .label(format!("this is in {subnet}"))
                    .also(node.pod_cidr.first().map_or(address.span, |block| block.span), "podCIDR is written here")
                    .help("leave one of the two out: each derives from the other"),
            );
        }
        if !subnets.iter().any(|earlier| earlier.value == subnet) {
            subnets.push(Spanned::new(subnet, address.span));
        }
    }
    subnets
}

/// A `podCIDR` has at most one block of each family; a bridge that is written may have more subnets. Returns whether it is so.
fn check_families(node: &NodeSpec, diagnostics: &mut Diagnostics) -> bool {
    let before = diagnostics.count();
    if node.bridge.as_ref().is_some_and(|bridge| !bridge.addresses.is_empty()) {
        return true;
    }
    for family in [Family::V4, Family::V6] {
        let mut blocks = node.pod_cidr.iter().filter(|block| block.family() == family);
        if let (Some(first), Some(second)) = (blocks.next(), blocks.next()) {
            diagnostics.push(
                Diagnostic::new(second.span, format!("podCIDR has two {family} blocks"))
                    .label("expected at most one of each family")
                    .also(first.span, "the first")
                    .help("for several subnets, write the bridge's addresses"),
            );
        }
    }
    diagnostics.count() == before
}

fn check_within(node: &NodeSpec, cluster: &ClusterSpec, diagnostics: &mut Diagnostics) {
    // Where there are pools, they say where pods belong.
    for block in node.pod_cidr.iter().filter(|_| cluster.pools.is_empty()) {
        let Some(range) = cluster.cidrs.iter().find(|range| range.cidr.family() == block.family()) else { continue };
        if !range.cidr.encloses(&block.value) {
            diagnostics.push(
                Diagnostic::new(block.span, format!("{} is not a part of clusterCIDR", block.value))
                    .label(format!("expected a part of {}", range.cidr.value))
                    .also(range.cidr.span, "clusterCIDR is written here")
                    .help("what is in clusterCIDR is routed without masquerading: all pods belong there"),
            );
        }
    }
}

/// The allocator takes the n-th block of a node for one of the n-th range, and gives up where it is not.
fn check_order(node: &NodeSpec, cluster: &ClusterSpec, diagnostics: &mut Diagnostics) {
    let by_hand = node.bridge.as_ref().is_some_and(|bridge| !bridge.addresses.is_empty());
    if !cluster.allocate || cluster.cidrs.is_empty() || by_hand {
        return;
    }
    for (place, block) in node.pod_cidr.iter().enumerate() {
        let family = block.family();
        let diagnostic = match cluster.cidrs.get(place) {
            Some(range) if range.cidr.family() == family => continue,
            Some(range) => {
                let title = format!("{} stands where a block of {} is expected", block.value, range.cidr.value);
                Diagnostic::new(block.span, title)
                    .label(format!("expected {}", range.cidr.family()))
                    .also(range.cidr.span, "the ranges are in this order")
                    .help("the RangeAllocator takes the first podCIDR for a block of the first range, and the second for one of the second")
            }
            None => {
                let title = format!("{} is a block of a range that clusterCIDR does not have", block.value);
                let first = cluster.cidrs.first().map_or(block.span, |range| range.cidr.span);
                Diagnostic::new(block.span, title)
                    .label(format!("clusterCIDR has no {family} range"))
                    .also(first, "clusterCIDR is written here")
                    .help("add a range to clusterCIDR, or write `allocateNodeCIDRs: false`")
            }
        };
        diagnostics.push(diagnostic);
        return;
    }
}

/// By how many bits a block of IPv6 may be longer than its range (`clusterSubnetMaxDiff` of Kubernetes' cidrset).
const MOST_BITS: u8 = 16;

/// The allocator refuses a range of IPv6 with more blocks than it can count.
fn too_many_blocks(range: &ClusterCidr) -> Option<Diagnostic> {
    let (length, longest) = (range.cidr.prefix(), range.cidr.prefix().saturating_add(MOST_BITS));
    if range.cidr.family() != Family::V6 || range.node_mask <= longest {
        return None;
    }
    let title = format!("{} has more blocks of /{} than the RangeAllocator counts", range.cidr.value, range.node_mask);
    let diagnostic = Diagnostic::new(range.cidr.span, title);
    Some(
        diagnostic
            .label(format!("expected blocks of /{longest} at the longest, {MOST_BITS} bits more than /{length}"))
            .help(format!(
                "take a clusterCIDR of /{} or longer, or write nodeCIDRMaskSizeIPv6: {longest}",
                range.node_mask - MOST_BITS
            )),
    )
}

fn no_block(node: &NodeSpec, cluster: Option<&ClusterSpec>) -> Diagnostic {
    let title = format!("{} has pods, but no addresses for them", node.machine.name.value);
    if cluster.is_some_and(|cluster| !cluster.allocate) {
        return Diagnostic::new(node.machine.name.span, title)
            .label("expected a podCIDR, or a bridge with addresses")
            .help(
                "nobody cuts blocks from clusterCIDR here: allocateNodeCIDRs is false, or the allocator is the cloud's",
            );
    }
    Diagnostic::new(node.machine.name.span, title).label("expected a bridge with addresses, or a podCIDR").help(
        "write `bridge: { addresses: [10.244.1.1/24] }`, or `cluster: { clusterCIDR: 10.244.0.0/16 }` for all nodes",
    )
}

fn exhausted(range: &ClusterCidr, node: &NodeSpec, holds: usize, nodes: usize) -> Diagnostic {
    let free = if holds == 1 { "1 free block".to_owned() } else { format!("{holds} free blocks") };
    let title = format!("{} has {free} of /{} for {nodes} nodes", range.cidr.value, range.node_mask);
    let all = 1_u128 << (range.node_mask - range.cidr.prefix()).min(127);
    let diagnostic = Diagnostic::new(node.machine.name.span, title);
    let family = range.cidr.family();
    diagnostic
        .label(format!("from {} on there is no block left", node.machine.name.value))
        .also(range.cidr.span, format!("it holds {all} blocks of /{}, with those that are written", range.node_mask))
        .help(format!(
            "take a larger clusterCIDR, or smaller blocks (nodeCIDRMaskSize{family}); in Kubernetes such a node says \
             CIDRNotAvailable"
        ))
}

/// Walks through the blocks of a range, over those that are taken.
struct Free {
    family: Family,
    length: u8,
    last: u128,
    size: u128,
    next: Option<u128>,
    /// The first and last number of each block that is written.
    taken: BTreeMap<u128, u128>,
}

impl Free {
    fn new<'a>(range: &ClusterCidr, written: impl Iterator<Item = &'a Spanned<IpNetwork>>) -> Self {
        let family = range.cidr.family();
        let (first, last) = range.cidr.ends();
        let size = 1_u128 << (family.bits() - range.node_mask).min(127);
        let taken = written.filter(|block| block.family() == family).map(|block| block.ends()).collect();
        Free { family, length: range.node_mask, last, size, next: Some(first), taken }
    }

    fn next(&mut self) -> Option<IpNetwork> {
        loop {
            let first = self.next.filter(|first| *first <= self.last)?;
            let last = first + (self.size - 1);
            let in_the_way = self.taken.range(..=last).next_back().map(|(_, end)| *end).filter(|end| *end >= first);
            // Blocks begin at multiples of their size, so the next one begins after both this one and what is taken.
            let behind = in_the_way.map_or(last, |end| end.max(last));
            self.next = behind.checked_add(1).and_then(|next| next.div_ceil(self.size).checked_mul(self.size));
            if in_the_way.is_none() {
                return IpNetwork::new(self.family.address(first), self.length).ok();
            }
        }
    }
}
