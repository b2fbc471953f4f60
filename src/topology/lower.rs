//! The spelled-out [`Spec`], whose mistakes are ruled out, → [`Topology`]: the places are left behind.

use ipnetwork::IpNetwork;

use super::model::{Bridge, Expectation, Interface, Machine, Masquerade, Network, Node, Pod, Route, Topology};
use super::span::Spanned;
use super::spec::{
    BridgeSpec, ExpectationSpec, InterfaceSpec, MachineSpec, MasqueradeSpec, NetworkSpec, NodeSpec, PodSpec, Spec,
};

/// Lowers the whole file. Nothing comes of a file without a name.
pub fn lower(spec: Spec) -> Option<Topology> {
    Some(Topology {
        lab: spec.lab?,
        networks: spec.networks.into_iter().map(network).collect(),
        nodes: spec.nodes.into_iter().map(node).collect(),
        hosts: spec.hosts.into_iter().map(machine).collect(),
        expect: spec.expect.into_iter().map(expectation).collect(),
    })
}

fn values<T>(spanned: Vec<Spanned<T>>) -> Vec<T> {
    spanned.into_iter().map(|spanned| spanned.value).collect()
}

fn network(network: NetworkSpec) -> Network {
    Network { name: network.name.value, subnets: values(network.subnets) }
}

fn node(node: NodeSpec) -> Node {
    Node {
        machine: machine(node.machine),
        bridge: node
            .bridge
            .map(|BridgeSpec { name, addresses }| Bridge { name: name.value, addresses: values(addresses) }),
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
    };
    let masquerade = |entry: MasqueradeSpec| Masquerade { from: entry.from.value, except: values(entry.except) };
    Machine {
        name: machine.name.value,
        forwarding: machine.forwarding,
        sysctls: machine.sysctls,
        interfaces: machine.interfaces.into_iter().map(interface).collect(),
        routes: machine.routes.into_iter().map(|route| Route { to: route.to.value, via: route.via.value }).collect(),
        masquerade: machine.masquerade.unwrap_or_default().into_iter().map(masquerade).collect(),
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
