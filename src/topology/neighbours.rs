//! Who reaches whom directly: on a network and in a subnet that both are on.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24 on underlay
//! router eth0 192.168.1.1/24  on underlay, eth1 192.168.2.1/24 on rack-2     → 192.168.1.1
//! ```

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::spec::{InterfaceSpec, MachineSpec};
use super::subnet::Family;

/// The first address of `other` that `machine` reaches directly.
pub fn address(machine: &MachineSpec, other: &MachineSpec, family: Family) -> Option<IpAddr> {
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
