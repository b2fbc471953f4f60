//! The spelled-out [`Spec`], whose mistakes are ruled out, → [`Topology`]: the places are left behind.

use ipnetwork::IpNetwork;

use super::model::{
    Bridge, Cluster, Expectation, Interface, Machine, Masquerade, Network, Node, Pod, Pool, Range, Route, Topology,
    Vxlan, VxlanPeer,
};
use super::span::Spanned;
use super::spec::{
    BridgeSpec, ClusterSpec, ExpectationSpec, InterfaceSpec, MachineSpec, MasqueradeSpec, NetworkSpec, NodeSpec,
    PodSpec, RouteSpec, Spec, VxlanPeerSpec, VxlanSpec,
};

/// Lowers the whole file. Nothing comes of a file without a name.
pub fn lower(spec: Spec) -> Option<Topology> {
    Some(Topology {
        lab: spec.lab?,
        networks: spec.networks.into_iter().map(network).collect(),
        clusters: spec.clusters.into_iter().map(cluster).collect(),
        nodes: spec.nodes.into_iter().map(node).collect(),
        hosts: spec.hosts.into_iter().map(machine).collect(),
        expect: spec.expect.into_iter().map(expectation).collect(),
    })
}

fn values<T>(spanned: Vec<Spanned<T>>) -> Vec<T> {
    spanned.into_iter().map(|spanned| spanned.value).collect()
}

fn network(network: NetworkSpec) -> Network {
    Network { name: network.name.value, subnets: values(network.subnets), mtu: network.mtu }
}

fn cluster(cluster: ClusterSpec) -> Cluster {
    let range = |range: super::spec::ClusterCidr| Range { cidr: range.cidr.value, node_mask: range.node_mask };
    Cluster {
        name: cluster.name.map(|name| name.value),
        kind: cluster.kind.map(|kind| kind.value),
        ranges: cluster.cidrs.into_iter().map(range).collect(),
        pools: cluster.pools.iter().map(|pool| Pool { cidr: pool.cidr.value, disabled: pool.disabled }).collect(),
        router: cluster.router.map(|name| name.value),
        ipam: cluster.ipam.map(|ipam| ipam.value),
        lease_time: cluster.lease_time.map(|time| time.value),
    }
}

fn node(node: NodeSpec) -> Node {
    Node {
        machine: machine(node.machine),
        cluster: node.cluster.map(|name| name.value),
        bridge: node.bridge.map(|BridgeSpec { name, addresses, mtu }| Bridge {
            name: name.value,
            addresses: values(addresses),
            mtu,
        }),
        pods: node.pods.into_iter().map(pod).collect(),
    }
}

fn pod(pod: PodSpec) -> Pod {
    let addresses: Vec<IpNetwork> = values(pod.addresses);
    Pod { machine: machine(pod.machine), addresses }
}

fn machine(machine: MachineSpec) -> Machine {
    let interface = |interface: InterfaceSpec| Interface {
        name: interface.name.value,
        network: interface.network.value,
        addresses: values(interface.addresses),
        mtu: interface.mtu,
    };
    let masquerade = |entry: MasqueradeSpec| Masquerade {
        from: entry.from.value,
        except: values(entry.except),
        to: entry.to.map(|to| to.value),
    };
    let route = |route: RouteSpec| Route {
        to: route.to.value,
        via: route.via.value,
        dev: route.dev.map(|dev| dev.value),
        onlink: route.onlink,
    };
    Machine {
        name: machine.name.value,
        forwarding: machine.forwarding,
        sysctls: machine.sysctls,
        interfaces: machine.interfaces.into_iter().map(interface).collect(),
        routes: machine.routes.into_iter().map(route).collect(),
        masquerade: machine.masquerade.unwrap_or_default().into_iter().map(masquerade).collect(),
        vxlan: machine.vxlan.into_iter().map(vxlan).collect(),
    }
}

fn vxlan(device: VxlanSpec) -> Vxlan {
    let peer =
        |peer: VxlanPeerSpec| VxlanPeer { vtep: peer.vtep.value, mac: peer.mac, addresses: values(peer.addresses) };
    Vxlan {
        name: device.name.value,
        id: device.id.value,
        port: device.port,
        local: device.local.value,
        dev: device.dev.value,
        mac: device.mac,
        mtu: device.mtu,
        learning: device.learning,
        master: device.master.map(|master| master.value),
        addresses: values(device.addresses),
        peers: device.peers.into_iter().map(peer).collect(),
        flood: values(device.flood),
    }
}

fn expectation(expectation: ExpectationSpec) -> Expectation {
    Expectation {
        from: values(expectation.from),
        to: values(expectation.to),
        reachable: expectation.reachable,
        seen_as: values(expectation.seen_as),
        port: expectation.port,
        family: expectation.family.map(|family| family.value),
    }
}
