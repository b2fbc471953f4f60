//! How many nodes and pods there are addresses for, as text and as a document.
//!
//! ```text
//! clusterCIDR 10.244.0.0/16 holds 256 blocks of /24, 3 in use; each holds 254 addresses: the bridge's and those of 253
//! pods, of which node-1 uses 2, node-2 2, node-3 2.
//! ```

use std::collections::BTreeMap;

use serde::Serialize;

use crate::names::{ClusterName, MachineName};
use crate::topology::capacity::{BlockRoom, Capacity, PartRoom, RangeRoom, SharedRoom};

/// How many nodes are named; of more, the fullest one is.
const NAMED: usize = 6;

/// From how many addresses on they are told as a power of two.
const COUNTED: u128 = 1 << 32;

/// What is said about it, a sentence for each range, and one for all blocks of a size that are of none.
pub fn sentences(capacity: &Capacity) -> Vec<String> {
    let mut told: Vec<String> = capacity.ranges.iter().map(|range| of_range(range, capacity)).collect();
    let told_with = |block: &&BlockRoom| capacity.ranges.iter().any(|range| is_of(block, range));
    let mut others: BTreeMap<(bool, u8, u128), Vec<&BlockRoom>> = BTreeMap::new();
    for block in capacity.blocks.iter().filter(|block| !told_with(block)) {
        others.entry((block.subnet.is_ipv6(), block.subnet.prefix(), block.pods)).or_default().push(block);
    }
    told.extend(capacity.shared.iter().map(of_shared));
    told.extend(others.values().filter_map(|blocks| of_blocks(blocks)));
    told
}

/// Whether a block is one of those that the range is cut into.
fn is_of(block: &BlockRoom, range: &RangeRoom) -> bool {
    let cidr = range.range.cidr;
    block.subnet.prefix() == range.range.node_mask
        && cidr.is_ipv4() == block.subnet.is_ipv4()
        && cidr.contains(block.subnet.ip())
}

fn of_range(range: &RangeRoom, capacity: &Capacity) -> String {
    let RangeRoom { range: cut, blocks, used, cluster } = range;
    let whose = cluster.as_ref().map(|name| format!("{name}'s ")).unwrap_or_default();
    let blocks = count(*blocks, "block");
    let all = format!("{whose}clusterCIDR {} holds {blocks} of /{}, {used} in use", cut.cidr, cut.node_mask);
    let its: Vec<&BlockRoom> = capacity.blocks.iter().filter(|block| is_of(block, range)).collect();
    let Some(first) = its.first() else { return format!("{all}.") };
    format!("{all}; each holds {}, of which {}.", room(first), uses(&its))
}

/// Blocks of one size that are cut from no range.
fn of_blocks(blocks: &[&BlockRoom]) -> Option<String> {
    let first = blocks.first()?;
    Some(match blocks.len() {
        1 => format!("{}'s {} holds {}, {} in use.", first.node, first.subnet, room(first), first.used),
        several => {
            let length = first.subnet.prefix();
            format!("{several} blocks of /{length} are written; each holds {}, of which {}.", room(first), uses(blocks))
        }
    })
}

/// A range that is one subnet for all nodes.
fn of_shared(room: &SharedRoom) -> String {
    let SharedRoom { cluster, cidr, addresses, parts } = room;
    let whose = cluster.as_ref().map(|name| format!("{name}'s ")).unwrap_or_default();
    let used: usize = parts.iter().map(|part| part.used).sum();
    let all = format!("{whose}clusterCIDR {cidr} is one subnet of {addresses} addresses, {used} in use");
    let part = |part: &PartRoom| match part.part {
        Some((first, last)) => format!("{} from {first} to {last}, {} in use", part.node, part.used),
        None => format!("{} none", part.node),
    };
    match parts.len() {
        few if few <= NAMED => {
            let parts: Vec<String> = parts.iter().map(part).collect();
            format!("{all}; of these have at first: {}.", parts.join("; "))
        }
        many => format!("{all}; {many} nodes share it out among themselves."),
    }
}

/// `node-1 uses 2, node-2 3`
fn uses(blocks: &[&BlockRoom]) -> String {
    let most = blocks.iter().map(|block| block.used).max().unwrap_or(0);
    if blocks.len() > NAMED {
        return format!("no node uses more than {most}");
    }
    let each = blocks.iter().enumerate().map(|(place, block)| {
        let verb = if place == 0 { "uses " } else { "" };
        format!("{} {verb}{}", block.node, block.used)
    });
    each.collect::<Vec<_>>().join(", ")
}

/// `254 addresses: the bridge's and those of 253 pods`
fn room(block: &BlockRoom) -> String {
    let bridge = if block.bridge == 1 { "the bridge's".to_owned() } else { format!("{} of the bridge", block.bridge) };
    let those = if block.pods == 1 { "that of" } else { "those of" };
    format!("{}: {bridge} and {those} {}", count(block.addresses, "address"), count(block.pods, "pod"))
}

/// `1 pod`, `253 pods`, `about 2^64 pods`
fn count(number: u128, noun: &str) -> String {
    let plural = if noun.ends_with('s') { format!("{noun}es") } else { format!("{noun}s") };
    match number {
        1 => format!("1 {noun}"),
        few if few < COUNTED => format!("{few} {plural}"),
        many => format!("about 2^{} {plural}", 128 - (many - 1).leading_zeros()),
    }
}

/// The capacity for programs. Numbers that are too large are 2^64 - 1.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    ranges: Vec<RangeDocument<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shared: Vec<SharedDocument<'a>>,
    blocks: Vec<BlockDocument<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RangeDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ClusterName>,
    cidr: String,
    node_mask: u8,
    blocks: u64,
    used: u64,
}

#[derive(Debug, Serialize)]
struct SharedDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ClusterName>,
    cidr: String,
    addresses: u64,
    parts: Vec<PartDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct PartDocument<'a> {
    node: &'a MachineName,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    used: usize,
}

#[derive(Debug, Serialize)]
struct BlockDocument<'a> {
    node: &'a MachineName,
    subnet: String,
    addresses: u64,
    pods: u64,
    used: u64,
}

/// The document.
pub fn document(capacity: &Capacity) -> Document<'_> {
    let number = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
    let ranges = capacity.ranges.iter().map(|room| RangeDocument {
        cluster: room.cluster.as_ref(),
        cidr: room.range.cidr.to_string(),
        node_mask: room.range.node_mask,
        blocks: number(room.blocks),
        used: number(room.used),
    });
    let blocks = capacity.blocks.iter().map(|room| BlockDocument {
        node: &room.node,
        subnet: room.subnet.to_string(),
        addresses: number(room.addresses),
        pods: number(room.pods),
        used: number(room.used),
    });
    let part = |room: &PartRoom| {
        let (first, last) = room.part.map(|(first, last)| (first.to_string(), last.to_string())).unzip();
        (first, last, room.used)
    };
    let shared = capacity.shared.iter().map(|room| SharedDocument {
        cluster: room.cluster.as_ref(),
        cidr: room.cidr.to_string(),
        addresses: room.addresses,
        parts: room
            .parts
            .iter()
            .map(|one| {
                let (first, last, used) = part(one);
                PartDocument { node: &one.node, first, last, used }
            })
            .collect(),
    });
    Document { ranges: ranges.collect(), shared: shared.collect(), blocks: blocks.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        sentences(&Capacity::of(&crate::topology::parse("x", text).unwrap()))
    }

    #[test]
    fn ranges_are_told_with_their_blocks_and_other_blocks_by_themselves() {
        let file = "lab: x\ncluster: { clusterCIDR: [10.244.0.0/16, 'fd00::/56'], routing: none }\n\
                    nodes: { a: { pods: { p: , q: } }, b: }\n";
        assert_eq!(
            told(file),
            [
                "clusterCIDR 10.244.0.0/16 holds 256 blocks of /24, 2 in use; each holds 254 addresses: the bridge's and \
                 those of 253 pods, of which a uses 2, b 0.",
                "clusterCIDR fd00::/56 holds 256 blocks of /64, 2 in use; each holds about 2^64 addresses: the bridge's and \
                 those of about 2^64 pods, of which a uses 2, b 0.",
            ]
        );
        assert_eq!(
            told("lab: x\nnodes: { n: { podCIDR: 10.0.0.0/30, pods: { a: } } }\n"),
            ["n's 10.0.0.0/30 holds 2 addresses: the bridge's and that of 1 pod, 1 in use."]
        );
    }

    #[test]
    fn of_many_nodes_only_the_fullest_is_told() {
        let told = told(&crate::topology::generate(7, 3));
        assert!(told[0].ends_with("of which no node uses more than 3."), "{told:?}");
    }
}
