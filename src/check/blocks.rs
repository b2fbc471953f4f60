//! Demands in blocks that the kernel's neighbour tables can hold.
//!
//! ```text
//! [node-1's pods → node-1's pods] [node-1's → node-2's] …     each: send, listen, forget who was met
//! ```
//!
//! All namespaces together may have 1,024 neighbours of a family (`net.ipv4.neigh.default.gc_thresh3`), and new ones are
//! refused for five seconds (`neigh_forced_gc`, `net/core/neighbour.c`): a full matrix of pods on one node would meet many
//! more. So only so many are met at a time.

use std::collections::HashSet;
use std::ops::Range;

use super::census::{Census, Number};
use super::demand::Demand;

/// How many neighbours a block may meet: enough for speed, and with room for everybody else's.
const MOST: usize = 400;

/// How many machines in a row are taken together: among so many pods of one node, a block has as many pairs as it may,
/// and as few machines that must be asked whom they have met.
const TILE: usize = 14;

/// Sorts the demands by the nodes that they go between, and cuts them into blocks.
pub fn cut(census: &Census, demands: &mut [Demand]) -> Vec<Range<usize>> {
    demands.sort_by_key(|demand| {
        let nodes = (census.node_of(demand.from), demand.to.map(|to| census.node_of(to)));
        (nodes, demand.from / TILE, demand.to.map(|to| to / TILE), demand.from)
    });
    let mut blocks = Vec::new();
    let mut met = Met::default();
    let mut start = 0;
    for (place, demand) in demands.iter().enumerate() {
        met.add(census, demand);
        if met.count() > MOST {
            blocks.push(start..place);
            start = place;
            met = Met::default();
            met.add(census, demand);
        }
    }
    blocks.push(start..demands.len());
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Who meets whom: an estimate of the neighbour entries that come of it.
#[derive(Default)]
struct Met {
    /// Each and its gateway, which know one another.
    machines: HashSet<Number>,
    /// Two on the same bridge know one another.
    pairs: HashSet<(Number, Number)>,
}

impl Met {
    fn add(&mut self, census: &Census, demand: &Demand) {
        self.machines.insert(demand.from);
        if let Some(to) = demand.to {
            self.machines.insert(to);
            if census.node_of(to) == census.node_of(demand.from) && to != demand.from {
                self.pairs.insert((demand.from.min(to), demand.from.max(to)));
            }
        }
    }

    fn count(&self) -> usize {
        2 * (self.machines.len() + self.pairs.len())
    }
}
