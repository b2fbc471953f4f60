//! A node and a router: at which addresses they hand each other packets.
//!
//! ```text
//! node-1  eth0 172.16.0.11/24 on management               router  eth0 192.168.1.1/24 on data
//!         eth1 192.168.1.11/24 on data   ◀─ underlay.autodetect
//!
//!         default via 192.168.1.1                         10.244.1.0/24 via 192.168.1.11
//! ```

use std::net::IpAddr;

use crate::topology::autodetect::{self, Underlay};
use crate::topology::diagnostic::Diagnostic;
use crate::topology::neighbours;
use crate::topology::spec::{Autodetect, ClusterSpec, MachineSpec, NodeSpec};
use crate::topology::subnet::Family;

/// A node that is to have a router for a neighbour.
pub struct Near<'n> {
    node: &'n NodeSpec,
    underlay: Underlay<'n>,
    method: &'n Autodetect,
}

impl<'n> Near<'n> {
    /// A node of a cluster.
    pub fn of(node: &'n NodeSpec, cluster: &'n ClusterSpec) -> Self {
        let method = &cluster.autodetect;
        Near { node, underlay: Underlay::of(node, method), method }
    }

    /// The router's address, as the node sees it.
    pub fn router_address(&self, router: &MachineSpec, family: Family) -> Option<IpAddr> {
        neighbours::of_router(self.node, &self.underlay, router, self.method, family)
    }

    /// The node's address, as the router sees it.
    pub fn node_address(&self, router: &MachineSpec, family: Family) -> Option<IpAddr> {
        neighbours::of_node(router, self.node, &self.underlay, self.method, family)
    }

    /// The complaint about two that do not reach each other.
    pub fn complaint(&self, cluster: &ClusterSpec, router: &MachineSpec, family: Family) -> Diagnostic {
        let nowhere = autodetect::fails_on(self.node, &self.underlay, self.method, family);
        nowhere.unwrap_or_else(|| apart(cluster, &self.node.machine, router, family))
    }
}

fn apart(cluster: &ClusterSpec, node: &MachineSpec, router: &MachineSpec, family: Family) -> Diagnostic {
    let (name, router_name) = (&node.name.value, &router.name.value);
    let title = format!("{name} and the router {router_name} share no {family} subnet");
    let diagnostic = Diagnostic::new(node.name.span, title).label(format!("no neighbour of {router_name}'s"));
    let diagnostic = match router.name.span == cluster.span || router.name.span == cluster.routing.span {
        true => diagnostic,
        false => diagnostic.also(router.name.span, format!("{router_name} is here")),
    };
    diagnostic.help(format!("give both an {family} address on one network: the router hands packets to nodes directly"))
}
