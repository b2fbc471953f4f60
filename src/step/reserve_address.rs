//! `printf 'pod-a\r\neth0' > …/10.244.1.2`: the node's host-local IPAM gives an address to a pod, and writes it down.

use std::net::IpAddr;

use super::{Finding, Page, Way, quoted};
use crate::kernel::request::{Ipam, Request};
use crate::names::{LinkName, MachineName};
use crate::network::ipam::{self, Holder};
use crate::network::{Namespaces, effect};

/// Reserve an address for a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveAddress {
    /// The network's name: that of the bridge.
    pub network: LinkName,
    /// The address.
    pub address: IpAddr,
    /// The number of the range set that it is of.
    pub set: u8,
    /// The pod, whose name stands for its container's id.
    pub pod: MachineName,
    /// The pod's interface.
    pub interface: LinkName,
}

impl ReserveAddress {
    fn holder(&self) -> Holder {
        Holder { container: self.pod.to_string(), interface: self.interface.to_string() }
    }
}

impl Page for ReserveAddress {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let ReserveAddress { address, pod, .. } = self;
        match way {
            Way::Do => format!("Reserve {address} for {pod}"),
            Way::Undo => format!("Release {address}, which {pod} had"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("lease {} of {} {}", self.address, self.pod, self.interface)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let ReserveAddress { network, address, set, pod, interface } = self;
        let directory = ipam::network_directory(at, network.as_str());
        let lease = quoted(&format!("{directory}/{address}"));
        Some(match way {
            Way::Do => format!(
                r"printf '{pod}\r\n{interface}' > {lease} && printf {address} > {}",
                quoted(&format!("{directory}/last_reserved_ip.{set}"))
            ),
            Way::Undo => format!("rm {lease}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let (network, address) = (self.network.clone(), self.address);
        vec![Request::Ipam(match way {
            Way::Do => Ipam::Reserve { network, address, set: self.set, holder: self.holder() },
            Way::Undo => Ipam::Release { network, address },
        })]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        let (network, address) = (self.network.as_str(), self.address);
        match way {
            Way::Do => effect::reserve_address(net, at, network, address, self.set, self.holder()),
            Way::Undo => effect::release_address(net, at, network, address),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let leases = seen.get(at).and_then(|ns| ns.ipam.networks.get(self.network.as_str()));
        match leases.and_then(|leases| leases.held.get(&self.address)) {
            None => Finding::Missing,
            Some(holder) if *holder == self.holder() => Finding::Present,
            Some(holder) => Finding::Taken(format!("{} is the lease of {holder}", self.address)),
        }
    }
}
