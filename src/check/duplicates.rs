//! Addresses that two machines have.
//!
//! ```text
//! 10.244.1.2   pod-a eth0, pod-b eth0            a duplicate
//! 10.244.1.1   node-1 veth-pod-a, veth-pod-b     none: links of one machine may share an address
//! ```
//!
//! Addresses that reach no further than their link, and the loopback's, may be everywhere. Clusters that keep to themselves
//! may use the same ones ([`Realms`]).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::names::MachineName;
use crate::network::Namespaces;
use crate::topology::realm::{Realm, Realms};

/// An address that several machines have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The address.
    pub address: IpAddr,
    /// Who has it, and on which link. All links of a machine that has it are listed.
    pub owners: Vec<(MachineName, String)>,
}

/// Who has an address, on which link, and where it counts there.
type Owner = (Realm, MachineName, String);

/// How many addresses there are, and those that several machines have where both count.
pub fn find(seen: &Namespaces, realms: &Realms) -> (usize, Vec<Duplicate>) {
    let mut owners: BTreeMap<IpAddr, Vec<Owner>> = BTreeMap::new();
    for (machine, ns) in seen {
        for address in
            ns.addresses.iter().filter(|address| address.link != "lo" && !is_link_local(address.address.ip()))
        {
            let realm = realms.of_link(machine, &address.link);
            owners.entry(address.address.ip()).or_default().push((realm, machine.clone(), address.link.clone()));
        }
    }
    let spaces = |owners: &[Owner]| owners.iter().map(|(realm, ..)| *realm).collect::<BTreeSet<Realm>>().len();
    let count = owners.values().map(|owners| spaces(owners)).sum();
    (count, owners.into_iter().flat_map(|(address, owners)| duplicates(address, &owners)).collect())
}

/// The machines that are in each other's way by this address. What one of them has on several of its links is its own
/// affair.
fn duplicates(address: IpAddr, owners: &[Owner]) -> Vec<Duplicate> {
    let mut left: Vec<&Owner> = owners.iter().collect();
    let mut found = Vec::new();
    while let Some(first) = left.first().copied() {
        // An address of the world is in everybody's way.
        let world = left.iter().find(|(realm, ..)| *realm == Realm::World).copied().unwrap_or(first);
        let (met, rest): (Vec<&Owner>, Vec<&Owner>) = left.iter().partition(|(realm, ..)| realm.meets(world.0));
        left = rest;
        if met.iter().any(|(_, machine, _)| *machine != world.1) {
            let owners = met.into_iter().map(|(_, machine, link)| (machine.clone(), link.clone()));
            found.push(Duplicate { address, owners: owners.collect() });
        }
    }
    found
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
