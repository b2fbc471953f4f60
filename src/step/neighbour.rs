//! `ip neigh replace 10.244.2.0 lladdr 66:… dev flannel.1 nud permanent`: whose hardware address is behind an address,
//! without asking.
//!
//! `replace`, and not `add`, as flannel does it: whoever sent to the address before has left an entry behind that waits
//! for an answer, and `add` would be refused.

use std::net::IpAddr;

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Mac, Namespaces, Neighbour, effect};

/// Write down a neighbour's hardware address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddNeighbour {
    /// The link that it is reached by.
    pub link: LinkName,
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: Mac,
}

impl AddNeighbour {
    /// The entry that is made.
    pub fn entry(&self) -> Neighbour {
        Neighbour {
            address: self.address,
            link: self.link.to_string(),
            mac: Some(self.mac),
            state: Neighbour::PERMANENT.into(),
        }
    }
}

impl Page for AddNeighbour {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AddNeighbour { link, address, mac } = self;
        match way {
            Way::Do => format!("Write down that {address} on {link} is at {mac}"),
            Way::Undo => format!("Forget who {address} on {link} is"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("neighbour {} dev {} at {}", self.address, self.link, self.mac)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, AddNeighbour { link, address, mac }) = (Ip(at), self);
        Some(match way {
            Way::Do => format!("{ip} neigh replace {address} lladdr {mac} dev {link} nud permanent"),
            Way::Undo => format!("{ip} neigh delete {address} dev {link}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let neighbour = self.entry();
        vec![match way {
            Way::Do => Request::NeighbourSet { neighbour },
            Way::Undo => Request::NeighbourDelete { neighbour },
        }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::set_neighbour(net, at, self.entry()),
            Way::Undo => effect::forget_neighbour(net, at, self.link.as_str(), self.address),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let planned = self.entry();
        let is_it = |there: &&Neighbour| there.is_of(self.link.as_str(), self.address);
        match seen.get(at).and_then(|ns| ns.neighbours.iter().find(is_it)) {
            Some(there) if *there == planned => Finding::Present,
            Some(Neighbour { mac: Some(mac), state, .. }) if planned.mac != Some(*mac) => {
                Finding::Differs(format!("{} on {} is at {mac}, {state}", self.address, self.link))
            }
            // What the kernel found out by itself it forgets again.
            Some(_) | None => Finding::Missing,
        }
    }
}
