//! Which cluster each node belongs to.
//!
//! ```yaml
//! clusters: { east: { … }, west: { … } }
//! nodes:
//!   node-1: { cluster: east }
//!   node-2: { cluster: west }
//! ```
//!
//! Where there is one `cluster` without a name, all nodes are its.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::fields::nearest;
use super::spec::{ClusterSpec, NodeSpec};

/// Each cluster with its nodes, in file order, and last those that belong to none.
pub fn sort<'s>(
    clusters: &'s [ClusterSpec],
    nodes: &'s mut [NodeSpec],
    diagnostics: &mut Diagnostics,
) -> Vec<(Option<&'s ClusterSpec>, Vec<&'s mut NodeSpec>)> {
    let mut sorted: Vec<(Option<&ClusterSpec>, Vec<&mut NodeSpec>)> =
        clusters.iter().map(|cluster| (Some(cluster), Vec::new())).collect();
    sorted.push((None, Vec::new()));
    let alone = clusters.len();
    for node in nodes {
        let place = of(clusters, node);
        if place.is_none() && !(clusters.is_empty() && node.cluster.is_none()) {
            diagnostics.push(stray(clusters, node));
        }
        if let Some((_, members)) = sorted.get_mut(place.unwrap_or(alone)) {
            members.push(node);
        }
    }
    sorted
}

/// The place of a node's cluster among all.
pub fn of(clusters: &[ClusterSpec], node: &NodeSpec) -> Option<usize> {
    clusters.iter().position(|cluster| {
        cluster.name.as_ref().map(|name| &name.value) == node.cluster.as_ref().map(|name| &name.value)
    })
}

/// A node that says no cluster where there are several, or one that is not there.
fn stray(clusters: &[ClusterSpec], node: &NodeSpec) -> Diagnostic {
    let names: Vec<&str> = clusters.iter().filter_map(|cluster| Some(cluster.name.as_ref()?.as_str())).collect();
    let Some(wanted) = &node.cluster else {
        let title = format!("{} does not say which cluster it belongs to", node.machine.name.value);
        return Diagnostic::new(node.span(), title)
            .label(format!("expected `cluster: {}`", names.first().unwrap_or(&"NAME")))
            .help(format!("the clusters are {}", names.join(", ")));
    };
    let diagnostic = Diagnostic::new(wanted.span, format!("there is no cluster {}", wanted.value));
    let diagnostic = match nearest(wanted.as_str(), names.iter().copied()) {
        Some(meant) => diagnostic.label(format!("did you mean {meant}?")),
        None => diagnostic.label("not under `clusters`"),
    };
    diagnostic.help(match names.is_empty() {
        true => format!("define it: `clusters: {{ {}: {{ clusterCIDR: 10.244.0.0/16 }} }}`", wanted.value),
        false => format!("the clusters are {}", names.join(", ")),
    })
}
