//! `echo id:pod-a,10.244.1.2 > …/hosts/pod-a`: the node's DHCP server keeps an address for a pod.

use std::net::Ipv4Addr;

use super::{Finding, Page, Way, quoted};
use crate::kernel::request::{Ipam, Request};
use crate::names::MachineName;
use crate::network::{Namespaces, effect, ipam};

/// Have the DHCP server keep an address for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveHost {
    /// The pod, whose name is its client identifier.
    pub pod: MachineName,
    /// The address.
    pub address: Ipv4Addr,
}

impl Page for ReserveHost {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let ReserveHost { pod, address } = self;
        match way {
            Way::Do => format!("Have the DHCP server keep {address} for {pod}"),
            Way::Undo => format!("Have the DHCP server keep {address} for {pod} no more"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("DHCP reservation of {} for {}", self.address, self.pod)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let ReserveHost { pod, address } = self;
        let file = quoted(&ipam::host_file(at, pod.as_str()));
        Some(match way {
            Way::Do => format!("echo id:{pod},{address} > {file}"),
            Way::Undo => format!("rm {file}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let address = (way == Way::Do).then_some(self.address.into());
        vec![Request::Ipam(Ipam::KeepFor { client: self.pod.clone(), address })]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::reserve_host(net, at, self.pod.as_str(), (way == Way::Do).then_some(self.address));
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        match seen.get(at).and_then(|ns| ns.ipam.reserved.get(self.pod.as_str())) {
            None => Finding::Missing,
            Some(address) if *address == self.address => Finding::Present,
            Some(address) => Finding::Differs(format!("{address} is kept for {}", self.pod)),
        }
    }
}
