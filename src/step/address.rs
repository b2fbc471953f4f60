//! `ip addr add 10.244.1.1/24 dev cni0`: a link gets an address, and the machine a route to its subnet.

use ipnetwork::IpNetwork;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Give a link an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddAddress {
    /// The link.
    pub link: LinkName,
    /// The address and its prefix length.
    pub address: IpNetwork,
}

impl Page for AddAddress {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AddAddress { link, address } = self;
        match way {
            Way::Do => format!("Give {link} the address {address}"),
            Way::Undo => format!("Take the address {address} from {link}"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("address {} on {}", self.address, self.link)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, AddAddress { link, address }) = (Ip(at), self);
        let verb = if way == Way::Do { "add" } else { "delete" };
        Some(format!("{ip} addr {verb} {address} dev {link}"))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        vec![Request::Address { link: self.link.clone(), address: self.address, add: way == Way::Do }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_address(net, at, self.link.as_str(), self.address),
            Way::Undo => effect::delete_address(net, at, self.link.as_str(), self.address),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let AddAddress { link, address } = self;
        let Some(ns) = seen.get(at) else { return Finding::Missing };
        match ns.addresses_of(link.as_str()).find(|seen| seen.address.ip() == address.ip()) {
            Some(seen) if seen.address == *address => Finding::Present,
            Some(seen) => Finding::Taken(format!("{link} has {}", seen.address)),
            None => Finding::Missing,
        }
    }
}
