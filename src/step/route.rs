//! `ip route add 10.244.2.0/24 via 192.168.1.12`: packets to that subnet go to that gateway.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::{Namespaces, destination};

/// Add a route by way of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddRoute {
    /// Where to.
    pub to: IpNetwork,
    /// The gateway.
    pub via: IpAddr,
}

impl Page for AddRoute {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let to = match self.to.prefix() {
            0 => "default route".into(),
            _ => format!("route to {}", self.to),
        };
        match way {
            Way::Do => format!("Add the {to} via {}", self.via),
            Way::Undo => format!("Delete the {to} via {}", self.via),
        }
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let family = if self.to.is_ipv4() { "" } else { " -6" };
        let verb = if way == Way::Do { "add" } else { "delete" };
        Some(format!("{}{family} route {verb} {} via {}", Ip(at), destination(&self.to), self.via))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Route { to: self.to, via: self.via, add: way == Way::Do }]
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let Some(ns) = seen.get(at) else { return Finding::Missing };
        let mut same = ns.main_routes().filter(|route| route.to == self.to).peekable();
        match same.peek().map(|route| route.to_string()) {
            None => Finding::Missing,
            Some(_) if same.any(|route| route.via == Some(self.via)) => Finding::Present,
            Some(other) => Finding::Changed(format!("there is `{other}`")),
        }
    }
}
