//! `netlab dhcp serve cni0 --address 10.244.1.1/24`: a DHCP server in the node gives the addresses of its block to whoever
//! asks on the bridge.

use ipnetwork::Ipv4Network;

use super::{Finding, Inside, Page, Way, quoted};
use crate::kernel::request::{Ipam, Request};
use crate::names::{LinkName, MachineName};
use crate::network::{Namespace, Namespaces, effect, ipam};

/// Start the node's DHCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartDhcpServer {
    /// The bridge that it serves.
    pub bridge: LinkName,
    /// The bridge's address that it serves from, with the prefix length of the subnet whose addresses it gives.
    pub gateway: Ipv4Network,
    /// For how long, in seconds.
    pub lease_time: u32,
}

impl StartDhcpServer {
    /// Whether the bridge has the address that it serves from.
    pub(super) fn has_address(&self, ns: &Namespace) -> bool {
        ns.addresses_of(self.bridge.as_str()).any(|there| there.address == self.gateway.into())
    }
}

impl Page for StartDhcpServer {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Start a DHCP server on {} for {}", self.bridge, subnet(self.gateway)),
            Way::Undo => format!("Stop the DHCP server on {}", self.bridge),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("DHCP server on {} for {}", self.bridge, subnet(self.gateway))
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (inside, StartDhcpServer { bridge, gateway, lease_time }) = (Inside(at), self);
        Some(match way {
            Way::Do => {
                let files = quoted(&ipam::dhcp_directory(at));
                let from = format!("{bridge} --address {gateway}");
                format!("{inside}netlab dhcp serve {from} --files {files} --lease-time {lease_time}")
            }
            Way::Undo => format!("{inside}netlab dhcp stop"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Ipam(match way {
            Way::Do => Ipam::Serve { link: self.bridge.clone(), address: self.gateway, lease_time: self.lease_time },
            Way::Undo => Ipam::StopServing,
        })]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::serve_dhcp(net, at, (way == Way::Do).then_some(self.gateway.ip()));
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        match seen.get(at).and_then(|ns| Some((ns, ns.dhcp_server()?))) {
            None => Finding::Missing,
            Some((ns, at)) if at == self.gateway.ip() => Finding::from_presence(self.has_address(ns)),
            Some((_, at)) => Finding::Differs(format!("a DHCP server serves from {at}")),
        }
    }
}

/// The subnet that an address is of, as people write it.
fn subnet(address: Ipv4Network) -> String {
    format!("{}/{}", address.network(), address.prefix())
}
