//! How many nodes and pods a topology has addresses for.
//!
//! ```text
//! clusterCIDR 10.244.0.0/16, blocks of /24     256 blocks, 3 in use
//! node-1's 10.244.1.0/24                       254 addresses: the bridge's and those of 253 pods, 2 in use
//! ```

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::{IpNetwork, Ipv4Network};

use super::model::{Cluster, Ipam, Node, Range, Topology};
use super::subnet::Subnet;
use super::weave::{self, Ring};
use crate::names::{ClusterName, MachineName};

/// What there is room for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capacity {
    /// The clusters' ranges, in file order.
    pub ranges: Vec<RangeRoom>,
    /// The ranges that the nodes of a cluster share out among themselves.
    pub shared: Vec<SharedRoom>,
    /// The nodes' blocks, in file order.
    pub blocks: Vec<BlockRoom>,
}

/// A range that is one subnet for all nodes of a cluster (`ipam: weave`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedRoom {
    /// The cluster's name, if it has one.
    pub cluster: Option<ClusterName>,
    /// The range.
    pub cidr: Ipv4Network,
    /// How many addresses can be given out.
    pub addresses: u64,
    /// The nodes, in file order.
    pub parts: Vec<PartRoom>,
}

/// A node's part of such a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRoom {
    /// The node.
    pub node: MachineName,
    /// The first and the last address of the part that it began with; none, where there are more nodes than addresses.
    pub part: Option<(Ipv4Addr, Ipv4Addr)>,
    /// How many addresses its bridge and pods have.
    pub used: usize,
}

/// A cluster's range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeRoom {
    /// The cluster's name, if it has one.
    pub cluster: Option<ClusterName>,
    /// The range and how it is cut.
    pub range: Range,
    /// How many blocks it holds.
    pub blocks: u128,
    /// How many of them nodes have, or overlap with what nodes have.
    pub used: u128,
}

/// A node's block: a subnet of its bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRoom {
    /// The node.
    pub node: MachineName,
    /// The subnet.
    pub subnet: IpNetwork,
    /// How many addresses hosts can have in it.
    pub addresses: u128,
    /// How many of them the bridge has: one, as a rule.
    pub bridge: u128,
    /// How many are left for pods.
    pub pods: u128,
    /// How many of those pods have.
    pub used: u128,
}

impl Capacity {
    /// The capacity of a topology.
    pub fn of(topology: &Topology) -> Capacity {
        let shares = |name: &Option<ClusterName>| {
            let mut clusters = topology.clusters.iter();
            clusters.any(|cluster| cluster.name == *name && cluster.ipam == Some(Ipam::Weave))
        };
        let (shared, others): (Vec<&Cluster>, Vec<&Cluster>) =
            topology.clusters.iter().partition(|cluster| cluster.ipam == Some(Ipam::Weave));
        let ranges = others.into_iter().flat_map(|cluster| {
            let nodes: Vec<&Node> = topology.nodes.iter().filter(|node| node.cluster == cluster.name).collect();
            cluster.ranges.iter().map(move |range| RangeRoom {
                cluster: cluster.name.clone(),
                range: *range,
                blocks: 1 << (range.node_mask - range.cidr.prefix()).min(127),
                used: used_blocks(*range, &nodes),
            })
        });
        let apart = topology.nodes.iter().filter(|node| !shares(&node.cluster));
        Capacity {
            ranges: ranges.collect(),
            shared: shared.into_iter().flat_map(|cluster| parts(cluster, topology)).collect(),
            blocks: apart.flat_map(blocks).collect(),
        }
    }
}

/// How the nodes of a cluster share its range out.
fn parts(cluster: &Cluster, topology: &Topology) -> Option<SharedRoom> {
    let cidr = cluster.ranges.iter().find_map(|range| match range.cidr {
        IpNetwork::V4(network) => Some(network),
        IpNetwork::V6(_) => None,
    })?;
    let ring = Ring::of(cidr, cluster, topology);
    let nodes = topology.nodes.iter().filter(|node| node.cluster == cluster.name);
    let part = |(peer, node): (usize, &Node)| PartRoom {
        node: node.machine.name.clone(),
        part: ring.parts(peer).first().copied(),
        used: weave::addresses_of(node).count(),
    };
    let parts = nodes.enumerate().map(part).collect();
    Some(SharedRoom { cluster: cluster.name.clone(), cidr, addresses: Ring::addresses(cidr), parts })
}

/// The subnets of a node's bridge, each once.
fn subnets(node: &Node) -> Vec<IpNetwork> {
    let mut found: Vec<IpNetwork> = Vec::new();
    for address in node.bridge.iter().flat_map(|bridge| &bridge.addresses) {
        let subnet = address.subnet();
        if !found.contains(&subnet) {
            found.push(subnet);
        }
    }
    found
}

/// How many of a range's blocks are taken: a subnet that is larger than a block takes several, and two small ones may share
/// one.
fn used_blocks(range: Range, nodes: &[&Node]) -> u128 {
    let family = range.cidr.family();
    let size = 1_u128 << (family.bits() - range.node_mask).min(127);
    let (begin, _) = range.cidr.ends();
    let taken = nodes.iter().flat_map(|node| subnets(node)).filter(|subnet| range.cidr.overlaps(subnet));
    let mut runs: Vec<(u128, u128)> = taken
        .map(|subnet| {
            let (first, last) = subnet.ends();
            (first.saturating_sub(begin) / size, last.saturating_sub(begin) / size)
        })
        .collect();
    runs.sort_unstable();
    let mut behind = 0;
    let mut used = 0;
    for (first, last) in runs {
        let first = first.max(behind);
        if last >= first {
            used += last - first + 1;
            behind = last + 1;
        }
    }
    used
}

fn blocks(node: &Node) -> Vec<BlockRoom> {
    let own: BTreeSet<IpAddr> =
        node.bridge.iter().flat_map(|bridge| &bridge.addresses).map(|address| address.ip()).collect();
    let theirs: BTreeSet<IpAddr> =
        node.pods.iter().flat_map(|pod| &pod.addresses).map(|address| address.ip()).collect();
    let room = |subnet: IpNetwork| {
        let (first, last) = subnet.hosts();
        let inside = |addresses: &BTreeSet<IpAddr>| addresses.iter().filter(|ip| subnet.contains(**ip)).count() as u128;
        let addresses = (last - first).saturating_add(1);
        let (bridge, used) = (inside(&own), inside(&theirs));
        BlockRoom { node: node.machine.name.clone(), subnet, addresses, bridge, pods: addresses - bridge, used }
    };
    subnets(node).into_iter().map(room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity(text: &str) -> Capacity {
        Capacity::of(&crate::topology::parse("x", text).unwrap())
    }

    #[test]
    fn a_block_holds_what_its_length_says() {
        for (length, addresses) in [(24, 254), (26, 62), (27, 30), (30, 2)] {
            let file = format!("lab: x\nnodes: {{ n: {{ podCIDR: 10.0.0.0/{length}, pods: {{ a: }} }} }}\n");
            let block = capacity(&file).blocks.remove(0);
            assert_eq!((block.addresses, block.bridge, block.pods, block.used), (addresses, 1, addresses - 1, 1));
        }
    }

    #[test]
    fn a_range_holds_as_many_blocks_as_fit() {
        let of = |range: &str, masks: &str, nodes: &str| {
            let file =
                format!("lab: x\ncluster: {{ clusterCIDR: {range}, routing: none{masks} }}\nnodes: {{ {nodes} }}\n");
            let room = capacity(&file).ranges.remove(0);
            (room.blocks, room.used)
        };
        assert_eq!(of("10.10.0.0/16", "", "a: , b: "), (256, 2));
        assert_eq!(of("10.10.0.0/16", ", nodeCIDRMaskSize: 27", "a: "), (2048, 1));
        assert_eq!(of("10.10.0.0/16", "", "a: { podCIDR: 10.10.4.0/22 }, b: "), (256, 5), "a large block takes four");
        assert_eq!(of("10.10.0.0/16", "", "a: { podCIDR: 10.10.4.0/26 }, b: { podCIDR: 10.10.4.64/26 }"), (256, 1));
        assert_eq!(of("'fd00::/56'", "", "a: "), (256, 1));
    }
}
