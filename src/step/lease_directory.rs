//! `mkdir -p /run/cni/node-1/networks/cni0`: where the node's host-local IPAM writes down which addresses it has given out.

use super::{Finding, Page, Way, quoted};
use crate::kernel::request::{Ipam, Request};
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect, ipam};

/// Make the directory of a network's leases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeLeaseDirectory {
    /// The network's name: that of the bridge.
    pub network: LinkName,
}

impl Page for MakeLeaseDirectory {
    fn what(&self, at: &MachineName, way: Way) -> String {
        let directory = ipam::network_directory(at, self.network.as_str());
        match way {
            Way::Do => format!("Make the directory {directory}"),
            Way::Undo => format!("Remove the directory {} with all that is in it", ipam::directory(at)),
        }
    }

    fn thing(&self, at: &MachineName) -> String {
        format!("directory {}", ipam::network_directory(at, self.network.as_str()))
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let directory = ipam::network_directory(at, self.network.as_str());
        Some(match way {
            Way::Do => format!("mkdir -p {0} && touch {0}/lock", quoted(&directory)),
            Way::Undo => format!("rm -r {}", quoted(&ipam::directory(at))),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Ipam(Ipam::LeaseDirectory { network: self.network.clone(), make: way == Way::Do })]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::make_lease_directory(net, at, self.network.as_str()),
            Way::Undo => effect::remove_lease_directories(net, at),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let there = seen.get(at).is_some_and(|ns| ns.ipam.networks.contains_key(self.network.as_str()));
        Finding::from_presence(there)
    }
}
