//! TODO
use crate::graph::Graph;
/// x
pub fn terminal(_graph: &Graph, _w: usize, _c: bool) -> String { String::new() }
