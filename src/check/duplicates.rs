//! Addresses that two machines have.
//!
//! ```text
//! 10.244.1.2   pod-a eth0, pod-b eth0            a duplicate
//! 10.244.1.1   node-1 veth-pod-a, veth-pod-b     none: links of one machine may share an address
//! ```
//!
//! Addresses that reach no further than their link, and the loopback's, may be everywhere.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::names::MachineName;
use crate::network::Namespaces;

/// An address that several machines have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The address.
    pub address: IpAddr,
    /// Who has it, and on which link. All links of a machine that has it are listed.
    pub owners: Vec<(MachineName, String)>,
}

/// How many addresses there are, and those that several machines have.
pub fn find(seen: &Namespaces) -> (usize, Vec<Duplicate>) {
    let mut owners: BTreeMap<IpAddr, Vec<(MachineName, String)>> = BTreeMap::new();
    for (machine, ns) in seen {
        for address in
            ns.addresses.iter().filter(|address| address.link != "lo" && !is_link_local(address.address.ip()))
        {
            owners.entry(address.address.ip()).or_default().push((machine.clone(), address.link.clone()));
        }
    }
    let count = owners.len();
    // Those that one machine has on several of its links are its own affair.
    let are_several = |owners: &[(MachineName, String)]| {
        owners.iter().any(|(name, _)| Some(name) != owners.first().map(|(first, _)| first))
    };
    let twice = owners.into_iter().filter(|(_, owners)| are_several(owners));
    (count, twice.map(|(address, owners)| Duplicate { address, owners }).collect())
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
