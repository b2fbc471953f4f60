//! `netlab dhcp client eth0`: the pod asks for an address, and goes on asking before the lease is over.

use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::Ipv4Network;

use super::{Finding, Inside, Page, Way};
use crate::kernel::request::{Ipam, Request};
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Lease an address by DHCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseAddress {
    /// The pod's interface.
    pub link: LinkName,
    /// The address that the server keeps for the pod, with the subnet's prefix length.
    pub address: Ipv4Network,
    /// The gateway that the server names, if the pod takes its default route from it.
    pub gateway: Option<Ipv4Addr>,
}

impl Page for LeaseAddress {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Lease an address for {} by DHCP", self.link),
            Way::Undo => format!("Release the address that {} has by DHCP", self.link),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("address {} on {}, by DHCP", self.address, self.link)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (inside, link) = (Inside(at), &self.link);
        let no_route = if self.gateway.is_none() { " --no-route" } else { "" };
        Some(match way {
            Way::Do => format!("{inside}netlab dhcp client {link} --id {at}{no_route}"),
            Way::Undo => format!("{inside}netlab dhcp release"),
        })
    }

    fn requests(&self, at: &MachineName, way: Way) -> Vec<Request> {
        let (link, route) = (self.link.clone(), self.gateway.is_some());
        vec![Request::Ipam(match way {
            Way::Do => Ipam::Lease { link, client: at.clone(), route },
            Way::Undo => Ipam::ReleaseLease,
        })]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::lease_address(net, at, self.link.as_str(), self.address, self.gateway),
            Way::Undo => effect::release_lease(net, at, self.link.as_str(), self.address),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let LeaseAddress { link, address, .. } = self;
        // With the link its client ends.
        let Some(ns) = seen.get(at).filter(|ns| ns.link(link.as_str()).is_some()) else { return Finding::Missing };
        let has = ns.addresses_of(link.as_str()).any(|there| there.address == (*address).into());
        let leads = |gateway| {
            let mut routes = ns.main_routes().filter(|route| route.to.prefix() == 0 && route.to.is_ipv4());
            routes.any(|route| route.via == Some(IpAddr::V4(gateway)) && route.dev.as_deref() == Some(link.as_str()))
        };
        match (ns.ipam.client, has) {
            (true, true) => match self.gateway {
                Some(gateway) if !leads(gateway) => {
                    Finding::Differs(format!("the default route via {gateway} that came with {address} is gone"))
                }
                _ => Finding::Present,
            },
            (false, false) => Finding::Missing,
            (false, true) => Finding::Differs(format!("{link} has {address}, and no DHCP client renews it")),
            (true, false) => {
                let others = ns.addresses_of(link.as_str()).filter(|there| there.address.is_ipv4());
                let others: Vec<String> = others.map(|there| there.address.to_string()).collect();
                let there = if others.is_empty() { "none".into() } else { others.join(", ") };
                Finding::Differs(format!("a DHCP client runs, and the IPv4 address of {link} is {there}"))
            }
        }
    }
}
