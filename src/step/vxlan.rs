//! `ip link add flannel.1 … type vxlan id 1 local 192.168.1.11 dev eth0 dstport 8472 nolearning`: a network card whose
//! wire is UDP.
//!
//! ```text
//! flannel.1: Ethernet frame ──▶ UDP, port 8472 ──▶ IP, from 192.168.1.11 ──▶ eth0
//! ```

use std::net::IpAddr;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Link, Mac, Namespaces, Vxlan, effect};

/// Create a VXLAN device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddVxlan {
    /// Its name.
    pub name: LinkName,
    /// The network identifier (VNI).
    pub id: u32,
    /// The UDP port that it listens on and sends to.
    pub port: u16,
    /// The address that it sends from.
    pub local: IpAddr,
    /// The link that it sends by.
    pub dev: LinkName,
    /// Whether it learns who is where.
    pub learning: bool,
    /// Its hardware address.
    pub mac: Mac,
    /// The largest packet that it takes, in bytes.
    pub mtu: u32,
}

impl AddVxlan {
    /// What the kernel keeps of it beside what every link has.
    pub fn encapsulation(&self) -> Vxlan {
        let AddVxlan { id, port, local, dev, learning, .. } = self;
        Vxlan { vni: *id, port: *port, local: Some(*local), dev: Some(dev.to_string()), learning: *learning }
    }

    /// The link that is made.
    pub fn link(&self) -> Link {
        let (mac, vxlan) = (Some(self.mac), Some(self.encapsulation()));
        Link { mac, mtu: self.mtu, vxlan, ..Link::new(self.name.as_str(), "vxlan") }
    }
}

impl Page for AddVxlan {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Create the VXLAN device {} over {}", self.name, self.dev),
            Way::Undo => format!("Delete the VXLAN device {}", self.name),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("VXLAN device {}, {}", self.name, self.encapsulation())
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, AddVxlan { name, mac, mtu, .. }) = (Ip(at), self);
        Some(match way {
            Way::Do => {
                format!("{ip} link add {name} address {mac} mtu {mtu} type vxlan {}", self.encapsulation())
            }
            Way::Undo => format!("{ip} link delete {name}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        match way {
            Way::Do => {
                let AddVxlan { name, mac, mtu, .. } = self.clone();
                vec![Request::VxlanAdd { name, mac, mtu, vxlan: self.encapsulation() }]
            }
            Way::Undo => vec![Request::LinkDelete { name: self.name.clone() }],
        }
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_made_link(net, at, self.link()),
            Way::Undo => effect::delete_link(net, at, self.name.as_str()),
        }
    }

    /// Whether it is there, sends as it should, and has its hardware address. Its MTU is a setting, as any link's.
    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let kind = super::veth::check_kind(at, seen, &self.name, "vxlan");
        let Some(link) = seen.get(at).and_then(|ns| ns.link(self.name.as_str())) else { return kind };
        let there = link.vxlan.clone().unwrap_or_default();
        match kind {
            Finding::Present if there != self.encapsulation() => {
                Finding::Taken(format!("{} is a VXLAN device, {there}", self.name))
            }
            Finding::Present if link.mac != Some(self.mac) => {
                let mac = link.mac.map_or_else(|| "no hardware address".into(), |mac| mac.to_string());
                Finding::Taken(format!("{} has the hardware address {mac}, not {}", self.name, self.mac))
            }
            other => other,
        }
    }
}
