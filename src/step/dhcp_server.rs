//! `netlab dhcp serve cni0`: a DHCP server in the node gives the addresses of its block to whoever asks on the bridge.

use super::{Finding, Inside, Page, Way, quoted};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect, ipam};

/// Start the node's DHCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartDhcpServer {
    /// The bridge that it serves, and whose IPv4 subnet it gives addresses of.
    pub bridge: LinkName,
    /// For how long, in seconds.
    pub lease_time: u32,
}

impl Page for StartDhcpServer {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Start a DHCP server on {}", self.bridge),
            Way::Undo => format!("Stop the DHCP server on {}", self.bridge),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("DHCP server on {}", self.bridge)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (inside, StartDhcpServer { bridge, lease_time }) = (Inside(at), self);
        Some(match way {
            Way::Do => {
                let files = quoted(&ipam::dhcp_directory(at));
                format!("{inside}netlab dhcp serve {bridge} --files {files} --lease-time {lease_time}")
            }
            Way::Undo => format!("{inside}netlab dhcp stop"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![match way {
            Way::Do => Request::DhcpServe { link: self.bridge.clone(), lease_time: self.lease_time },
            Way::Undo => Request::DhcpStop,
        }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::serve_dhcp(net, at, way == Way::Do);
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        Finding::from_presence(seen.get(at).is_some_and(|ns| ns.ipam.server))
    }
}
