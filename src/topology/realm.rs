//! Where an address counts: in the whole lab, or in one cluster alone.
//!
//! ```text
//! east (isolated)   pod-a 10.244.0.2     ┐ the same address twice, and nobody can mistake one for the other:
//! west (isolated)   pod-x 10.244.0.2     ┘ no route leads to either from outside
//! world             node-1 192.168.1.11, outside 192.168.1.100, and pods of all other clusters
//! ```
//!
//! An island and an isolated cluster keep the addresses of their pods, bridges and overlay to themselves. What is plugged
//! into a network is everybody's.

use std::collections::HashMap;

use super::membership;
use super::model::{Cluster, Machine, Topology};
use super::spec::{NodeSpec, Spec};
use crate::names::{ClusterName, LinkName, MachineName};

/// Where an address counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Realm {
    /// Everywhere.
    #[default]
    World,
    /// In the cluster with this place in the file.
    Cluster(usize),
}

impl Realm {
    /// Whether an address of one is in the way of the same address of the other.
    pub fn meets(self, other: Realm) -> bool {
        self == other || self == Realm::World || other == Realm::World
    }
}

/// The realms of a lab.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Realms {
    /// The nodes and pods of clusters that keep to themselves, with those of their links that are on networks.
    apart: HashMap<MachineName, (Realm, Vec<LinkName>)>,
}

impl Realms {
    /// Those of a topology.
    pub fn of(topology: &Topology) -> Self {
        let mut apart = HashMap::new();
        for node in &topology.nodes {
            let realm = cluster(&topology.clusters, node.cluster.as_ref());
            if realm == Realm::World {
                continue;
            }
            for machine in std::iter::once(&node.machine).chain(node.pods.iter().map(|pod| &pod.machine)) {
                apart.insert(machine.name.clone(), (realm, plugged(machine)));
            }
        }
        Realms { apart }
    }

    /// Where the addresses of a link count.
    pub fn of_link(&self, machine: &MachineName, link: &str) -> Realm {
        match self.apart.get(machine) {
            Some((realm, plugged)) if !plugged.iter().any(|one| one.as_str() == link) => *realm,
            _ => Realm::World,
        }
    }

    /// Where the addresses of a machine's own pods, or of a pod, count.
    pub fn of_machine(&self, machine: &MachineName) -> Realm {
        self.apart.get(machine).map_or(Realm::World, |(realm, _)| *realm)
    }
}

/// Where the addresses of a node's bridge and pods count, in a file.
pub(super) fn of_node(spec: &Spec, node: &NodeSpec) -> Realm {
    let place = membership::of(&spec.clusters, node);
    let kind = place.and_then(|place| spec.clusters.get(place)).and_then(|cluster| cluster.kind.as_ref());
    match (place, kind) {
        (Some(place), Some(kind)) if kind.value.is_apart() => Realm::Cluster(place),
        _ => Realm::World,
    }
}

fn plugged(machine: &Machine) -> Vec<LinkName> {
    machine.interfaces.iter().map(|interface| interface.name.clone()).collect()
}

/// That of the pods of a node that says this of its cluster.
fn cluster(clusters: &[Cluster], name: Option<&ClusterName>) -> Realm {
    let place = clusters.iter().position(|cluster| cluster.name.as_ref() == name);
    let kind = place.and_then(|place| clusters.get(place)).and_then(|cluster| cluster.kind);
    match (place, kind) {
        (Some(place), Some(kind)) if kind.is_apart() => Realm::Cluster(place),
        _ => Realm::World,
    }
}
