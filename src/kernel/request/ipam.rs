//! What is asked of a node's IPAM: files are written, and programs are started and stopped.
//!
//! ```text
//! Reserve { network: cni0, address: 10.244.1.2, set: 0, holder: pod-a eth0 }     a file in /run/cni/node-1/networks/cni0
//! Serve { link: cni0, address: 10.244.1.1/24, lease_time: 3600 }                 netlab dhcp serve cni0 …
//! ```
//!
//! None of it is netlink's: it is done at once, in its place among the requests.

use std::fmt;
use std::net::IpAddr;

use ipnetwork::Ipv4Network;

use crate::names::{LinkName, MachineName};
use crate::network::ipam::Holder;

/// One thing asked of a node's IPAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ipam {
    /// Make the directory of a network's leases, or remove those of all its networks.
    LeaseDirectory {
        /// The network's name.
        network: LinkName,
        /// Make or remove.
        make: bool,
    },
    /// Reserve an address.
    Reserve {
        /// The network's name.
        network: LinkName,
        /// The address.
        address: IpAddr,
        /// The number of the range set that it is of.
        set: u8,
        /// For whom.
        holder: Holder,
    },
    /// Release an address.
    Release {
        /// The network's name.
        network: LinkName,
        /// The address.
        address: IpAddr,
    },
    /// Have the DHCP server keep an address for a client, or no more.
    KeepFor {
        /// The client's identifier.
        client: MachineName,
        /// The address.
        address: Option<IpAddr>,
    },
    /// Start a DHCP server.
    Serve {
        /// The link that it serves.
        link: LinkName,
        /// The link's address that it serves from, with the prefix length of the subnet.
        address: Ipv4Network,
        /// For how long it leases addresses, in seconds.
        lease_time: u32,
    },
    /// Stop the DHCP server.
    StopServing,
    /// Lease an address by DHCP.
    Lease {
        /// The link that gets it.
        link: LinkName,
        /// The client's identifier.
        client: MachineName,
        /// Whether to take a default route, too.
        route: bool,
    },
    /// Give the leased address back.
    ReleaseLease,
}

impl fmt::Display for Ipam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ipam::LeaseDirectory { network, make: true } => write!(f, "make the directory for leases of {network}"),
            Ipam::LeaseDirectory { network, make: false } => write!(f, "remove the leases of {network}"),
            Ipam::Reserve { address, holder, .. } => write!(f, "reserve {address} for {holder}"),
            Ipam::Release { address, .. } => write!(f, "release {address}"),
            Ipam::KeepFor { client, .. } => write!(f, "change the DHCP reservation of {client}"),
            Ipam::Serve { link, .. } => write!(f, "start a DHCP server on {link}"),
            Ipam::StopServing => write!(f, "stop the DHCP server"),
            Ipam::Lease { link, .. } => write!(f, "lease an address for {link}"),
            Ipam::ReleaseLease => write!(f, "release the leased address"),
        }
    }
}
