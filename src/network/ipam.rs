//! Which addresses a node has given out, as its IPAM keeps them: files that anybody can read.
//!
//! ```text
//! /run/cni/node-1/networks/cni0/10.244.1.2            pod-a␍␊eth0         host-local: who has it
//! /run/cni/node-1/networks/cni0/last_reserved_ip.0    10.244.1.3          where it goes on
//! /run/cni/node-1/networks/cni0/lock                                      held while something changes
//! /run/cni/node-1/dhcp/hosts/pod-a                    id:pod-a,10.244.1.2 dhcp: who is to have it
//! /run/cni/node-1/dhcp/leases                         1795000000 0a:58:… 10.244.1.2 pod-a 00:70:…
//! ```
//!
//! The first three are the reference plugin's own (<https://www.cni.dev/plugins/current/ipam/host-local/>), with
//! `/run/cni/node-1/networks` for its `dataDir`; the others are as dnsmasq keeps them (`dhcp-hostsdir`, `dhcp-leasefile`).

mod next;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::Mac;
use crate::names::MachineName;

/// Where the files of all nodes are. A lab has a `/run` of its own.
const DIRECTORY: &str = "/run/cni";

/// Who has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The container's id: here, the pod's name.
    pub container: String,
    /// The interface that bears the address.
    pub interface: String,
}

/// What `host-local` keeps of one network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leases {
    /// Who has which address.
    pub held: BTreeMap<IpAddr, Holder>,
    /// The address that was given out last, by the number of the range set: 0, and 1 with two families.
    pub last: BTreeMap<u8, IpAddr>,
}

/// What a DHCP server has granted to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The hardware address that it asked from.
    pub mac: Mac,
    /// Until when, in seconds since 1970.
    pub until: u64,
    /// Whether it has declined it, as somebody else uses the address: so long nobody gets it.
    pub declined: bool,
}

/// What a machine's IPAM is seen to have done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ipam {
    /// By network, what `host-local` keeps.
    pub networks: BTreeMap<String, Leases>,
    /// Which addresses the DHCP server keeps, by the client's identifier.
    pub reserved: BTreeMap<String, Ipv4Addr>,
    /// What the DHCP server has granted, by the address.
    pub granted: BTreeMap<Ipv4Addr, Granted>,
    /// At which address a DHCP server listens (UDP port 67): netlab's at the one that it serves from, others' mostly at
    /// 0.0.0.0.
    pub server: Option<Ipv4Addr>,
    /// Whether a DHCP client listens (UDP port 68).
    pub client: bool,
}

impl Ipam {
    /// Who has which address of a network: as host-local has written it down, or as the DHCP server has granted it.
    pub fn kept(&self, network: &str) -> Leases {
        let mut kept = self.networks.get(network).cloned().unwrap_or_default();
        let granted = self.granted.iter().map(|(address, lease)| {
            let container = lease.name.clone().unwrap_or_else(|| lease.mac.to_string());
            (IpAddr::from(*address), Holder { container, interface: String::new() })
        });
        kept.held.extend(granted);
        kept
    }
}

/// Where the files of a node are.
pub fn directory(node: &MachineName) -> String {
    format!("{DIRECTORY}/{node}")
}

/// Where `host-local` keeps those of all networks: its `dataDir`.
pub fn data_directory(node: &MachineName) -> String {
    format!("{}/networks", directory(node))
}

/// Where `host-local` keeps those of one network.
pub fn network_directory(node: &MachineName, network: &str) -> String {
    format!("{}/{network}", data_directory(node))
}

/// The file in which the DHCP server writes down what it has granted.
pub fn leases_file(node: &MachineName) -> String {
    format!("{}/leases", dhcp_directory(node))
}

/// Where the DHCP server keeps its files.
pub fn dhcp_directory(node: &MachineName) -> String {
    format!("{}/dhcp", directory(node))
}

/// The file that reserves an address for a client of the DHCP server.
pub fn host_file(node: &MachineName, client: &str) -> String {
    format!("{}/hosts/{client}", dhcp_directory(node))
}

impl Holder {
    /// From what a lease's file says: the container's id, CRLF, the interface. (Old ones have no interface.)
    pub fn read(text: &str) -> Self {
        let mut lines = text.trim().lines().map(|line| line.trim().to_owned());
        Holder { container: lines.next().unwrap_or_default(), interface: lines.next().unwrap_or_default() }
    }

    /// What stands in a lease's file.
    pub fn text(&self) -> String {
        format!("{}\r\n{}", self.container, self.interface)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.container, self.interface)
    }
}
