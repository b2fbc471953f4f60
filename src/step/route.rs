//! `ip route add 10.244.2.0/24 via 192.168.1.12`: packets to that subnet go to that gateway.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::{Namespace, Namespaces, Route, destination, effect};

/// Add a route by way of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddRoute {
    /// Where to.
    pub to: IpNetwork,
    /// The gateway.
    pub via: IpAddr,
}

impl AddRoute {
    /// The routes that are there already in its place. Those of other metrics may stand beside it: the kernel prefers
    /// the lowest.
    pub fn rivals<'a>(&self, ns: &'a Namespace) -> impl Iterator<Item = &'a Route> {
        let planned = Route::by_way_of(self.to, self.via, None);
        ns.main_routes().filter(move |route| route.to == planned.to && route.metric == planned.metric)
    }
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

    fn thing(&self, _at: &MachineName) -> String {
        format!("route {} via {}", destination(&self.to), self.via)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let family = if self.to.is_ipv4() { "" } else { " -6" };
        let verb = if way == Way::Do { "add" } else { "delete" };
        Some(format!("{}{family} route {verb} {} via {}", Ip(at), destination(&self.to), self.via))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Route { to: self.to, via: self.via, add: way == Way::Do }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_route(net, at, self.to, self.via),
            Way::Undo => effect::delete_route(net, at, self.to, self.via),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let Some(ns) = seen.get(at) else { return Finding::Missing };
        let rivals: Vec<&Route> = self.rivals(ns).collect();
        let is_planned =
            |route: &&Route| route.does_the_same_as(&Route::by_way_of(self.to, self.via, route.dev.clone()));
        match rivals.first() {
            None => Finding::Missing,
            Some(_) if rivals.iter().any(is_planned) => Finding::Present,
            Some(other) => Finding::Taken(format!("there is `{}`", other.in_full())),
        }
    }
}
