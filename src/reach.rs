//! Who is to reach whom: the Kubernetes network model, and what the kinds of clusters add to it.
//!
//! ```text
//!                    → pod of the same   → pod of another  → pod of an island or  → node      → host
//!                      cluster             that is flat      isolated cluster
//! pod                  yes, own            yes               no                   –           yes
//!  … of an isolated    yes, own            no                no                   –           no
//! node                 yes, own            yes, own          no                   –           –
//! host                                     yes               no                   yes         –
//! ```
//!
//! The model (<https://kubernetes.io/docs/concepts/services-networking/>): pods communicate with all other pods on any
//! node without NAT, and agents on a node can communicate with all pods. That pods reach the hosts of the lab is what
//! masquerading is for; a file whose pods do not says so in `expect`. Of a cluster that does not say its kind nothing is
//! demanded but this. A cluster's router is no stranger to its pods, as it has the routes to them.
//!
//! `check` tries it with packets, and `fault` says which of it a fault spoils.

use std::collections::HashMap;

use ipnetwork::IpNetwork;

use crate::names::{ClusterName, LinkName, MachineName};
use crate::topology::model::{ClusterKind, Machine, Party, Topology};

/// What a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A node.
    Node,
    /// A pod.
    Pod,
    /// A host.
    Host,
}

/// What decides whom a machine is to reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Standing {
    /// What it is.
    pub role: Role,
    /// The place of its cluster in the file: of a node or a pod, where there are clusters.
    pub cluster: Option<usize>,
    /// That cluster's name, if it has one.
    pub name: Option<ClusterName>,
    /// That cluster's kind, if it says one.
    pub kind: Option<ClusterKind>,
    /// The clusters whose router it is.
    pub routes: Vec<usize>,
}

/// Who demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A pod reaches itself by its own address.
    PodToItself,
    /// A pod reaches every other pod of its cluster without NAT.
    PodToPod,
    /// A node reaches every pod of its cluster without NAT.
    NodeToPod,
    /// A pod reaches a host, under its node's address if that masquerades it.
    PodToHost,
    /// A pod of an isolated cluster does not.
    PodNotToHost,
    /// A host reaches every node of a cluster that says its kind.
    HostToNode,
    /// A host reaches every pod of a flat cluster.
    HostToPod,
    /// A host reaches no pod of an island or isolated cluster.
    HostNotToPod,
    /// Nodes and pods reach every pod of another cluster that is flat.
    ToOtherCluster,
    /// They reach no pod of another cluster that keeps to itself, and those of an isolated one reach no other's.
    NotToOtherCluster,
    /// The file.
    Expected,
}

impl Rule {
    /// All of them, in the order in which they are told of.
    pub const ALL: [Rule; 11] = [
        Rule::PodToItself,
        Rule::PodToPod,
        Rule::NodeToPod,
        Rule::PodToHost,
        Rule::PodNotToHost,
        Rule::HostToNode,
        Rule::HostToPod,
        Rule::HostNotToPod,
        Rule::ToOtherCluster,
        Rule::NotToOtherCluster,
        Rule::Expected,
    ];

    /// Its slug, for programs.
    pub fn slug(self) -> &'static str {
        match self {
            Rule::PodToItself => "pod-to-itself",
            Rule::PodToPod => "pod-to-pod",
            Rule::NodeToPod => "node-to-pod",
            Rule::PodToHost => "pod-to-host",
            Rule::PodNotToHost => "pod-not-to-host",
            Rule::HostToNode => "host-to-node",
            Rule::HostToPod => "host-to-pod",
            Rule::HostNotToPod => "host-not-to-pod",
            Rule::ToOtherCluster => "to-other-cluster",
            Rule::NotToOtherCluster => "not-to-other-cluster",
            Rule::Expected => "expected",
        }
    }

    /// Whether it demands that something is answered; what the file expects may be either.
    pub fn is_reachable(self) -> bool {
        !matches!(self, Rule::PodNotToHost | Rule::HostNotToPod | Rule::NotToOtherCluster)
    }
}

/// What is demanded of two machines, other than by the file's `expect`; nothing if either will do. `same` says that they
/// are one.
pub fn rule(from: &Standing, to: &Standing, same: bool) -> Option<Rule> {
    use ClusterKind::{Flat, Island, Isolated};
    match (from.role, to.role) {
        (Role::Pod, Role::Pod) if same => Some(Rule::PodToItself),
        (Role::Pod, Role::Pod) if from.cluster == to.cluster => Some(Rule::PodToPod),
        (Role::Node, Role::Pod) if from.cluster == to.cluster => Some(Rule::NodeToPod),
        (Role::Pod | Role::Node, Role::Pod) => match (from.role, from.kind, to.kind) {
            (.., Some(Island | Isolated)) => Some(Rule::NotToOtherCluster),
            (Role::Pod, Some(Isolated), Some(Flat)) => Some(Rule::NotToOtherCluster),
            (Role::Pod, Some(Flat | Island), Some(Flat)) | (Role::Node, _, Some(Flat)) => Some(Rule::ToOtherCluster),
            _ => None,
        },
        (Role::Pod, Role::Host) => match from.kind {
            Some(Isolated) if is_router(to, from) => None,
            Some(Isolated) => Some(Rule::PodNotToHost),
            _ => Some(Rule::PodToHost),
        },
        (Role::Host, Role::Pod) => match to.kind {
            Some(Flat) => Some(Rule::HostToPod),
            Some(Island | Isolated) if !is_router(from, to) => Some(Rule::HostNotToPod),
            _ => None,
        },
        (Role::Host, Role::Node) => to.kind.map(|_| Rule::HostToNode),
        (Role::Node, Role::Node | Role::Host) | (Role::Pod, Role::Node) | (Role::Host, Role::Host) => None,
    }
}

fn is_router(host: &Standing, of: &Standing) -> bool {
    of.cluster.is_some_and(|cluster| host.routes.contains(&cluster))
}

/// Whether a machine is meant by this; an address means whoever has it, which is not known here.
pub fn is_meant(party: &Party, name: &MachineName, standing: &Standing) -> bool {
    let of = |role: Role, cluster: &ClusterName| standing.role == role && standing.name.as_ref() == Some(cluster);
    match party {
        Party::Pods => standing.role == Role::Pod,
        Party::Nodes => standing.role == Role::Node,
        Party::Hosts => standing.role == Role::Host,
        Party::PodsOf(cluster) => of(Role::Pod, cluster),
        Party::NodesOf(cluster) => of(Role::Node, cluster),
        Party::Machine(wanted) => wanted == name,
        Party::Address(_) => false,
    }
}

/// The address among those of one machine's interfaces at which another one speaks to it: the first one that is in a
/// subnet of the other's on the same network, as the kernel of the other sees it. `None` leaves the choice to whoever asks.
pub fn common<'a>(
    mine: impl Iterator<Item = (&'a LinkName, IpNetwork)> + Clone,
    mut theirs: impl Iterator<Item = (&'a LinkName, IpNetwork)>,
) -> Option<IpNetwork> {
    let near = |network: &LinkName, address: IpNetwork| {
        mine.clone().any(|(other, own)| other == network && own.contains(address.ip()))
    };
    theirs.find(|(network, address)| near(network, *address)).map(|(_, address)| address)
}

/// The addresses of a machine's interfaces of one family, with their networks.
pub fn on_networks(machine: &Machine, ipv6: bool) -> impl Iterator<Item = (&LinkName, IpNetwork)> + Clone {
    let all =
        machine.interfaces.iter().flat_map(|one| one.addresses.iter().map(move |address| (&one.network, *address)));
    all.filter(move |(_, address)| address.is_ipv6() == ipv6)
}

/// What everybody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings(HashMap<MachineName, Standing>);

impl Standings {
    /// Of all machines of a topology.
    pub fn of(topology: &Topology) -> Self {
        let mut all = HashMap::new();
        for node in &topology.nodes {
            let cluster = topology.clusters.iter().enumerate().find(|(_, cluster)| cluster.name == node.cluster);
            // The only cluster, of which nothing is said, is as good as none.
            let told = cluster.filter(|(_, cluster)| cluster.name.is_some() || cluster.kind.is_some());
            let (place, kind) = (told.map(|(place, _)| place), told.and_then(|(_, cluster)| cluster.kind));
            let standing =
                Standing { role: Role::Node, cluster: place, name: node.cluster.clone(), kind, routes: Vec::new() };
            let pod = Standing { role: Role::Pod, ..standing.clone() };
            all.insert(node.machine.name.clone(), standing);
            all.extend(node.pods.iter().map(|one| (one.machine.name.clone(), pod.clone())));
        }
        for host in &topology.hosts {
            let clusters = topology.clusters.iter().enumerate();
            let routes =
                clusters.filter(|(_, cluster)| cluster.kind.is_some() && cluster.router.as_ref() == Some(&host.name));
            let routes = routes.map(|(place, _)| place).collect();
            all.insert(host.name.clone(), Standing { role: Role::Host, cluster: None, name: None, kind: None, routes });
        }
        Standings(all)
    }

    /// What a machine is. One that the topology does not have stands outside.
    pub fn get(&self, machine: &MachineName) -> Standing {
        let stranger = Standing { role: Role::Host, cluster: None, name: None, kind: None, routes: Vec::new() };
        self.0.get(machine).cloned().unwrap_or(stranger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: Role, cluster: usize, kind: Option<ClusterKind>) -> Standing {
        Standing { role, cluster: Some(cluster), name: None, kind, routes: Vec::new() }
    }

    /// The table at the top of this file.
    #[test]
    fn kinds_of_clusters_decide_who_reaches_whom() {
        use ClusterKind::{Flat, Island, Isolated};
        use Rule::{HostNotToPod, HostToNode, HostToPod, NotToOtherCluster, PodNotToHost, PodToHost, ToOtherCluster};
        let host = Standing { role: Role::Host, cluster: None, name: None, kind: None, routes: vec![7] };
        let kinds = [None, Some(Flat), Some(Island), Some(Isolated)];
        let hosts = |kind| {
            let (pod, node) = (of(Role::Pod, 0, kind), of(Role::Node, 0, kind));
            [rule(&pod, &host, false), rule(&host, &pod, false), rule(&host, &node, false), rule(&node, &host, false)]
        };
        let expected = [
            [Some(PodToHost), None, None, None],
            [Some(PodToHost), Some(HostToPod), Some(HostToNode), None],
            [Some(PodToHost), Some(HostNotToPod), Some(HostToNode), None],
            [Some(PodNotToHost), Some(HostNotToPod), Some(HostToNode), None],
        ];
        assert_eq!(kinds.map(hosts), expected);
        let others =
            |role: Role| kinds.map(|from| kinds.map(|to| rule(&of(role, 0, from), &of(Role::Pod, 1, to), false)));
        let (no, yes) = (Some(NotToOtherCluster), Some(ToOtherCluster));
        let pods = [[None, None, no, no], [None, yes, no, no], [None, yes, no, no], [None, no, no, no]];
        assert_eq!(others(Role::Pod), pods);
        assert_eq!(others(Role::Node), [[None, yes, no, no]; 4]);
    }

    #[test]
    fn a_router_is_no_stranger_to_the_pods_that_it_has_routes_to() {
        let router = Standing { role: Role::Host, cluster: None, name: None, kind: None, routes: vec![0] };
        let pod = |cluster| of(Role::Pod, cluster, Some(ClusterKind::Isolated));
        assert_eq!((rule(&router, &pod(0), false), rule(&pod(0), &router, false)), (None, None));
        assert_eq!(rule(&router, &pod(1), false), Some(Rule::HostNotToPod));
        assert_eq!(rule(&pod(1), &router, false), Some(Rule::PodNotToHost));
    }
}
