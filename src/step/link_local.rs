//! `ip link set eth0 addrgenmode none`: the kernel gives this link no IPv6 address of its own invention.
//!
//! Left alone, every link gets a link-local address (`fe80::…`) as soon as it is up, looks for duplicates of it, asks
//! for routers and joins multicast groups. Where nobody speaks IPv6 that is noise, on the wire and in `ip addr`.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Keep a link without a link-local address. It must come before the link is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietLink {
    /// The link.
    pub name: LinkName,
}

impl Page for QuietLink {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Let {} have no IPv6 link-local address", self.name),
            Way::Undo => format!("Let {} have an IPv6 link-local address again", self.name),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} without a link-local address", self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let mode = if way == Way::Do { "none" } else { "eui64" };
        Some(format!("{} link set {} addrgenmode {mode}", Ip(at), self.name))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::LinkLocal { name: self.name.clone(), generate: way == Way::Undo }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::set_link_local(net, at, self.name.as_str(), way == Way::Undo);
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let link = seen.get(at).and_then(|ns| ns.link(self.name.as_str()));
        Finding::from_presence(link.is_some_and(|link| !link.generates_link_local))
    }
}
