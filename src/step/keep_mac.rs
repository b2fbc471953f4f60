//! `ip link set cni0 address 7e:0c:…`: a bridge keeps the hardware address that it has.
//!
//! ```text
//! cni0 7e:0c:…  ── left alone it takes the lowest of its ports' addresses, another one whenever ports come and go
//!   ├ veth-red   7e:0c:…     blue has noted 7e:0c:… for its gateway: without red, its packets would go nowhere
//!   └ veth-blue  9a:41:…
//! ```
//!
//! The CNI bridge plugin does the same whenever it plugs a pod in. No plan has this step: at first there is nobody who
//! could have noted the address. It is a step of changes ([`crate::change`]).

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Mac, Namespaces, effect};

/// Let a bridge keep its hardware address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepMac {
    /// The bridge.
    pub name: LinkName,
    /// The address that it has.
    pub mac: Mac,
}

impl Page for KeepMac {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Let {} keep its hardware address {}", self.name, self.mac),
            Way::Undo => format!("Leave the hardware address of {} as it is", self.name),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} with the hardware address {}", self.name, self.mac)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        // An address that was once set stays set: there is no way back to one that follows the ports.
        (way == Way::Do).then(|| format!("{} link set {} address {}", Ip(at), self.name, self.mac))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let request = || Request::LinkMac { name: self.name.clone(), mac: self.mac };
        (way == Way::Do).then(request).into_iter().collect()
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        if way == Way::Do {
            effect::set_mac(net, at, self.name.as_str(), self.mac);
        }
    }

    fn check(&self, _at: &MachineName, _seen: &Namespaces) -> Finding {
        // Whether an address was set or is a port's, the kernel does not tell over netlink; to set it again is no harm.
        Finding::Missing
    }
}
