//! `ip link add cni0 type bridge`: a layer-2 switch in software.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Create a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddBridge {
    /// Its name.
    pub name: LinkName,
}

impl Page for AddBridge {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        match way {
            Way::Do => format!("Create the bridge {}", self.name),
            Way::Undo => format!("Delete the bridge {}", self.name),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("bridge {}", self.name)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, name) = (Ip(at), &self.name);
        Some(match way {
            Way::Do => format!("{ip} link add {name} type bridge"),
            Way::Undo => format!("{ip} link delete {name}"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let name = self.name.clone();
        match way {
            Way::Do => vec![Request::BridgeAdd { name }],
            Way::Undo => vec![Request::LinkDelete { name }],
        }
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_link(net, at, self.name.as_str(), "bridge"),
            Way::Undo => effect::delete_link(net, at, self.name.as_str()),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        super::veth::check_kind(at, seen, &self.name, "bridge")
    }
}
