//! How many routes it takes that pods of different nodes reach each other, and how many `nodeRoutes` would take.
//!
//! ```text
//! nodeRoutes   n − 1 on each of n nodes                  n · (n − 1) in all
//! router       1 on each of n nodes, n on the router     n + n
//! ```
//!
//! Counted are those in force at this moment that a packet to another node's pods would go by. What a node has beside them,
//! for other purposes, does not grow with the cluster.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnetwork::IpNetwork;
use serde::Serialize;

use crate::names::MachineName;
use crate::network::{Namespace, Namespaces, Route};
use crate::topology::model::{Node, Topology};

/// The routes of all nodes and routers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Growth<'a> {
    /// Each node, then each router.
    machines: Vec<Count<'a>>,
    /// How many there are in all.
    routes: usize,
    /// How many `nodeRoutes` would take.
    node_routes: usize,
}

/// The routes of one machine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count<'a> {
    machine: &'a MachineName,
    routes: usize,
    node_routes: usize,
}

/// The hosts that are a cluster's router.
pub fn routers(topology: &Topology) -> impl Iterator<Item = &MachineName> {
    let is_router = |name: &&MachineName| topology.clusters.iter().any(|cluster| cluster.router.as_ref() == Some(name));
    topology.hosts.iter().map(|host| &host.name).filter(is_router)
}

/// Counts; nothing where no two nodes have pods to reach.
pub fn count<'a>(topology: &'a Topology, seen: &Namespaces) -> Option<Growth<'a>> {
    let of = |machine: &'a MachineName, blocks: &[IpNetwork], node_routes| {
        let routes = seen.get(machine).map_or(0, |ns| used(ns, blocks));
        Count { machine, routes, node_routes }
    };
    let mut machines: Vec<Count<'a>> = Vec::new();
    for node in &topology.nodes {
        let others = topology.nodes.iter().filter(|one| one.cluster == node.cluster);
        let others = others.filter(|one| one.machine.name != node.machine.name);
        let blocks: Vec<IpNetwork> = others.flat_map(blocks).collect();
        machines.push(of(&node.machine.name, &blocks, blocks.len()));
    }
    for router in routers(topology) {
        let clusters = topology.clusters.iter().filter(|cluster| cluster.router.as_ref() == Some(router));
        let nodes = clusters.flat_map(|cluster| topology.nodes.iter().filter(|node| node.cluster == cluster.name));
        machines.push(of(router, &nodes.flat_map(blocks).collect::<Vec<_>>(), 0));
    }
    let (routes, node_routes) =
        machines.iter().fold((0, 0), |(routes, others), one| (routes + one.routes, others + one.node_routes));
    (node_routes > 0).then_some(Growth { machines, routes, node_routes })
}

/// The subnets of a node's pods.
fn blocks(node: &Node) -> Vec<IpNetwork> {
    let addresses = node.bridge.iter().flat_map(|bridge| &bridge.addresses);
    let subnets = addresses.filter_map(|one| IpNetwork::new(one.network(), one.prefix()).ok());
    subnets.collect::<BTreeSet<_>>().into_iter().collect()
}

/// How many routes lead to these blocks, without what the kernel adds for a machine's own subnets.
fn used(ns: &Namespace, blocks: &[IpNetwork]) -> usize {
    let best = |block: &IpNetwork| {
        let fitting = ns.main_routes().filter(|route| route.to.contains(block.network()));
        fitting.min_by_key(|route| (u8::MAX - route.to.prefix(), route.metric))
    };
    type Key<'r> = (IpNetwork, Option<IpAddr>, Option<&'r str>);
    fn key(route: &Route) -> Key<'_> {
        (route.to, route.via, route.dev.as_deref())
    }
    let routes = blocks.iter().filter_map(best).filter(|route| route.via.is_some() || route.protocol != "kernel");
    routes.map(key).collect::<BTreeSet<Key<'_>>>().len()
}

impl Growth<'_> {
    /// In one line: `routes to other nodes' pods: 1 on each node, 30 on router: 60 in all; with nodeRoutes …`.
    pub fn line(&self) -> String {
        let nodes = || self.machines.iter().filter(|one| one.node_routes > 0);
        let idle = self.machines.iter().filter(|one| one.node_routes == 0 && one.routes > 0);
        let mut parts = vec![range(nodes().map(|one| one.routes))];
        parts.extend(idle.map(|one| format!("{} on {}", one.routes, one.machine)));
        let same = nodes().all(|one| one.routes == one.node_routes) && parts.len() == 1;
        let found = format!("routes to other nodes' pods: {}, {} in all", parts.join(", "), self.routes);
        match same {
            true => format!("{found}, as nodeRoutes has them"),
            false => {
                let would = range(nodes().map(|one| one.node_routes));
                format!("{found}; nodeRoutes would take {would}, {} in all", self.node_routes)
            }
        }
    }
}

/// `2 on each node`, or `1 to 3 on each node`.
fn range(counts: impl Iterator<Item = usize> + Clone) -> String {
    let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    match least == most {
        true => format!("{least} on each node"),
        false => format!("{least} to {most} on each node"),
    }
}
