//! `ip link add veth-pod-a type veth peer name peer-pod-a`: a pipe with a network card at each end.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Create a veth pipe, both of whose ends are here at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddVeth {
    /// The end that stays.
    pub name: LinkName,
    /// The end that will be moved.
    pub peer: LinkName,
}

impl Page for AddVeth {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Create a veth pipe with the ends {} and {}", self.name, self.peer),
            Way::Undo => format!("Delete the veth pipe {}", self.name),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("veth pipe {}", self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, AddVeth { name, peer }) = (Ip(at), self);
        Some(match way {
            Way::Do => format!("{ip} link add {name} type veth peer name {peer}"),
            Way::Undo => format!("{ip} link delete {name}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let AddVeth { name, peer } = self.clone();
        match way {
            Way::Do => vec![Request::VethAdd { name, peer, home: None }],
            Way::Undo => vec![Request::LinkDelete { name }],
        }
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_veth(net, at, self.name.as_str(), self.peer.as_str()),
            Way::Undo => effect::delete_link(net, at, self.name.as_str()),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        check_kind(at, seen, &self.name, "veth")
    }
}

/// Whether a machine has a link of this name and kind.
pub(super) fn check_kind(at: &MachineName, seen: &Namespaces, name: &LinkName, kind: &str) -> Finding {
    match seen.get(at).and_then(|ns| ns.link(name.as_str())) {
        None => Finding::Missing,
        Some(link) if link.kind == kind => Finding::Present,
        Some(link) if link.kind.is_empty() => Finding::Taken(format!("{name} is there, and is no {kind}")),
        Some(link) => Finding::Taken(format!("{name} is a {}", link.kind)),
    }
}
