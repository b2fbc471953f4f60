//! Who reaches whom directly, and at which address: on a network and in a subnet that both are on.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24 on underlay
//! router eth0 192.168.1.1/24  on underlay, eth1 192.168.2.1/24 on rack-2     → 192.168.1.1
//! ```
//!
//! With unequal prefix lengths one may see a neighbour in who does not see one in it. Of a node with several interfaces the
//! address counts that carries traffic between nodes ([`super::autodetect`]). Unless the file says how it is found, any
//! other one will do where that one is not within reach.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::autodetect::Underlay;
use super::spec::{Autodetect, InterfaceSpec, MachineSpec, NodeSpec};
use super::subnet::Family;

/// The first address of `other` that `machine` reaches directly.
fn address(machine: &MachineSpec, other: &MachineSpec, family: Family) -> Option<IpAddr> {
    address_of(machine, &other.interfaces, family)
}

/// The first address of these interfaces of another machine that `machine` reaches directly.
pub fn address_of(machine: &MachineSpec, others: &[InterfaceSpec], family: Family) -> Option<IpAddr> {
    others.iter().find_map(|theirs| {
        let shared = machine.interfaces.iter().filter(|mine| mine.network.value == theirs.network.value);
        let subnets: Vec<IpNetwork> = shared.flat_map(|mine| &mine.addresses).map(|address| address.value).collect();
        let mut addresses = theirs.addresses.iter().map(|address| address.ip());
        addresses.find(|ip| Family::of(*ip) == family && subnets.iter().any(|subnet| subnet.contains(*ip)))
    })
}

/// The address at which `machine` hands a node what is for its pods.
pub fn of_node(
    machine: &MachineSpec,
    node: &NodeSpec,
    underlay: &Underlay<'_>,
    method: &Autodetect,
    family: Family,
) -> Option<IpAddr> {
    let found = underlay.carrier(family).filter(|found| {
        let network = &found.interface.network.value;
        let mut shared = machine.interfaces.iter().filter(|mine| mine.network.value == *network);
        shared.any(|mine| mine.addresses.iter().any(|address| address.contains(found.ip())))
    });
    let found = found.map(|found| found.ip());
    match method {
        Autodetect::FirstFound => found.or_else(|| address(machine, &node.machine, family)),
        _ => found,
    }
}

/// The address at which a node hands a router what is for pods of others.
pub fn of_router(
    node: &NodeSpec,
    underlay: &Underlay<'_>,
    router: &MachineSpec,
    method: &Autodetect,
    family: Family,
) -> Option<IpAddr> {
    let found = underlay.carrier(family).and_then(|mine| {
        let shared = router.interfaces.iter().filter(|one| one.network.value == mine.interface.network.value);
        shared.flat_map(|one| &one.addresses).map(|address| address.ip()).find(|ip| mine.address.contains(*ip))
    });
    match method {
        Autodetect::FirstFound => found.or_else(|| address(&node.machine, router, family)),
        _ => found,
    }
}
