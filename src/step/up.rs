//! `ip link set eth0 up`: a link begins to carry packets.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Set a link up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// The link.
    pub name: LinkName,
}

impl Page for SetUp {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        format!("Set {} {}", self.name, if way == Way::Do { "up" } else { "down" })
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} up", self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(format!("{} link set {} {}", Ip(at), self.name, if way == Way::Do { "up" } else { "down" }))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::LinkUp { name: self.name.clone(), up: way == Way::Do }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::set_up(net, at, self.name.as_str(), way == Way::Do);
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let link = seen.get(at).and_then(|ns| ns.link(self.name.as_str()));
        Finding::from_presence(link.is_some_and(|link| link.up))
    }
}
