//! Which segments are drawn below which row of machines.
//!
//! ```text
//! row 0   n1 n2 n3     below it: underlay ┐
//! row 1   n4 outside   below it: underlay ┘ of more than one row: joined by a spine
//! ```

use crate::graph::{Graph, Medium};

/// What is drawn below each row.
#[derive(Debug, Default)]
pub struct Standing {
    /// The segments below each row, by their numbers.
    pub rows: Vec<Vec<usize>>,
    /// Those that are below more than one.
    pub spines: Vec<usize>,
}

impl Standing {
    /// Of rows of which it is known what their machines are plugged into. A network that nobody is plugged into is below
    /// the last one, unless it may be that those who are were left out.
    pub fn of(graph: &Graph, plugged: &[Vec<usize>]) -> Standing {
        let all = 0..graph.segments.len();
        let mut rows: Vec<Vec<usize>> =
            plugged.iter().map(|row| all.clone().filter(|segment| row.contains(segment)).collect()).collect();
        let is_network = |segment: &usize| graph.segments.get(*segment).is_some_and(|s| s.medium == Medium::Network);
        let is_used = |segment: &usize| plugged.iter().any(|row| row.contains(segment));
        let unused = all.clone().filter(|segment| graph.left_out == 0 && is_network(segment) && !is_used(segment));
        let unused: Vec<usize> = unused.collect();
        match rows.last_mut() {
            Some(last) => last.extend(unused),
            None => rows.push(unused),
        }
        let spines = all.filter(|segment| rows.iter().filter(|row| row.contains(segment)).count() > 1).collect();
        Standing { rows, spines }
    }

    /// Which of the spines is this segment's.
    pub fn spine(&self, segment: usize) -> Option<usize> {
        self.spines.iter().position(|spine| *spine == segment)
    }
}
