//! `ip link set veth-pod-a master cni0`: a link becomes a port of a bridge.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, effect};

/// Make a link a port of a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachPort {
    /// The link.
    pub name: LinkName,
    /// The bridge.
    pub bridge: LinkName,
}

impl Page for AttachPort {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AttachPort { name, bridge } = self;
        match way {
            Way::Do => format!("Attach {name} to the bridge {bridge}"),
            Way::Undo => format!("Detach {name} from the bridge {bridge}"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} as a port of {}", self.name, self.bridge)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (ip, AttachPort { name, bridge }) = (Ip(at), self);
        Some(match way {
            Way::Do => format!("{ip} link set {name} master {bridge}"),
            Way::Undo => format!("{ip} link set {name} nomaster"),
        })
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let AttachPort { name, bridge } = self.clone();
        vec![Request::LinkMaster { name, master: (way == Way::Do).then_some(bridge) }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        let master = (way == Way::Do).then_some(self.bridge.as_str());
        effect::set_master(net, at, self.name.as_str(), master);
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let AttachPort { name, bridge } = self;
        match seen.get(at).and_then(|ns| ns.link(name.as_str())).map(|link| link.master.as_deref()) {
            Some(Some(master)) if master == bridge.as_str() => Finding::Present,
            Some(Some(master)) => Finding::Differs(format!("{name} is a port of {master}")),
            Some(None) | None => Finding::Missing,
        }
    }
}
