//! `ip netns add node-1`: a network stack of its own, with links, addresses and routes of its own.

use super::{Finding, Page, Way};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::{Namespaces, effect};

/// Make the machine's network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddNamespace;

impl Page for AddNamespace {
    fn what(&self, at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Create the network namespace {at}"),
            Way::Undo => format!("Delete the network namespace {at}"),
        }
    }

    fn thing(&self, at: &MachineName) -> String {
        format!("namespace {at}")
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(match way {
            Way::Do => format!("ip netns add {at}"),
            Way::Undo => format!("ip netns delete {at}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        match way {
            Way::Do => vec![Request::NetnsAdd],
            Way::Undo => vec![Request::NetnsDelete],
        }
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_namespace(net, at),
            Way::Undo => effect::delete_namespace(net, at),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        Finding::from_presence(seen.contains_key(at))
    }
}
