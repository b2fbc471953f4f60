//! `ip link set eth0 mtu 1450`: the largest packet that a link sends, and for a veth end also the largest that it takes.
//!
//! A bridge is never set: its MTU is that of its smallest port, for as long as nobody sets it by hand. From then on it
//! never follows again, so there would be no going back.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::setting;
use crate::network::{Namespaces, effect};

/// Set a link's MTU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMtu {
    /// The link.
    pub name: LinkName,
    /// To how many bytes.
    pub mtu: u32,
    /// What it is born with, in bytes.
    pub former: u32,
}

impl SetMtu {
    fn target(&self, way: Way) -> u32 {
        match way {
            Way::Do => self.mtu,
            Way::Undo => self.former,
        }
    }
}

impl Page for SetMtu {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let SetMtu { name, mtu, former } = self;
        match way {
            Way::Do => format!("Set the MTU of {name} to {mtu}"),
            Way::Undo => format!("Set the MTU of {name} back to {former}"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("MTU {} on {}", self.mtu, self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(format!("{} link set {} mtu {}", Ip(at), self.name, self.target(way)))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let value = u64::from(self.target(way));
        vec![Request::LinkSetting { link: self.name.clone(), setting: setting::mtu(), value }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::set_mtu(net, at, self.name.as_str(), self.target(way));
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        match seen.get(at).and_then(|ns| ns.link(self.name.as_str())).map(|link| link.mtu) {
            Some(mtu) if mtu == self.mtu => Finding::Present,
            Some(mtu) if mtu != self.former => Finding::Differs(format!("{} has MTU {mtu}", self.name)),
            Some(_) | None => Finding::Missing,
        }
    }
}
