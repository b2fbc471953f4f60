//! Graphs for tests: of the topologies that come with netlab, and of odd ones.

use crate::graph::{Graph, Source};
use crate::plan::Plan;
use crate::topology::parse;

/// The graph of a topology.
pub fn planned(text: &str) -> Graph {
    let plan = Plan::of(&parse("test.yaml", text).unwrap());
    Graph::of(&plan, &plan.predict(|_| true), Source::Plan)
}
