//! `ip route add 10.244.2.0/24 via 192.168.1.12`: packets to that subnet go to that gateway.
//!
//! With `dev flannel.1 onlink` the gateway is taken to be behind that link, whatever subnets there are: over a VXLAN
//! device it is the other node's device, by an address that no subnet holds.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespace, Namespaces, Route, destination, effect};

/// Add a route by way of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddRoute {
    /// Where to.
    pub to: IpNetwork,
    /// The gateway.
    pub via: IpAddr,
    /// The link that leads to it; the kernel finds the one on whose subnet it is if `None`.
    pub dev: Option<LinkName>,
    /// Whether the gateway is behind that link although no subnet there holds it.
    pub onlink: bool,
}

impl AddRoute {
    /// By way of a neighbour, the link to which the kernel finds.
    pub fn by_way_of(to: IpNetwork, via: IpAddr) -> Self {
        AddRoute { to, via, dev: None, onlink: false }
    }

    /// The route that is made; `found` is the link that the kernel finds where none is said.
    pub fn route(&self, found: Option<String>) -> Route {
        let dev = self.dev.as_ref().map(ToString::to_string).or(found);
        Route { onlink: self.onlink, ..Route::by_way_of(self.to, self.via, dev) }
    }

    /// What is typed behind `ip route add`.
    fn text(&self) -> String {
        let dev = self.dev.as_ref().map(|dev| format!(" dev {dev}")).unwrap_or_default();
        let onlink = if self.onlink { " onlink" } else { "" };
        format!("{} via {}{dev}{onlink}", destination(&self.to), self.via)
    }

    /// The routes that are there already in its place. Those of other metrics may stand beside it: the kernel prefers
    /// the lowest.
    pub fn rivals<'a>(&self, ns: &'a Namespace) -> impl Iterator<Item = &'a Route> {
        let planned = self.route(None);
        ns.main_routes().filter(move |route| route.to == planned.to && route.metric == planned.metric)
    }
}

impl Page for AddRoute {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let to = match self.to.prefix() {
            0 => "default route".into(),
            _ => format!("route to {}", self.to),
        };
        let over = self.dev.as_ref().map(|dev| format!(" over {dev}")).unwrap_or_default();
        match way {
            Way::Do => format!("Add the {to} via {}{over}", self.via),
            Way::Undo => format!("Delete the {to} via {}{over}", self.via),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("route {}", self.text())
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let family = if self.to.is_ipv4() { "" } else { " -6" };
        let verb = if way == Way::Do { "add" } else { "delete" };
        Some(format!("{}{family} route {verb} {}", Ip(at), self.text()))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let AddRoute { to, via, dev, onlink } = self.clone();
        vec![Request::Route { to, via, dev, onlink, add: way == Way::Do }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_route(net, at, self.route(None)),
            Way::Undo => effect::delete_route(net, at, &self.route(None)),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let Some(ns) = seen.get(at) else { return Finding::Missing };
        let rivals: Vec<&Route> = self.rivals(ns).collect();
        let is_planned = |route: &&Route| route.does_the_same_as(&self.route(route.dev.clone()));
        match rivals.first() {
            None => Finding::Missing,
            Some(_) if rivals.iter().any(is_planned) => Finding::Present,
            Some(other) => Finding::Taken(format!("there is `{}`", other.in_full())),
        }
    }
}
