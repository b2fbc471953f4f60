//! `ip link set peer-pod-a netns pod-a name eth0`: one end of a pipe goes into another namespace.

use super::{Finding, Ip, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{Namespaces, Peer, effect};

/// Move a link to another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveLink {
    /// Its name here.
    pub name: LinkName,
    /// The machine that receives it.
    pub to: MachineName,
    /// Its name there.
    pub rename: LinkName,
    /// The other end of the pipe, which stays here.
    pub near: LinkName,
}

impl Page for MoveLink {
    fn what(&self, at: &MachineName, way: Way) -> String {
        let MoveLink { name, to, rename, .. } = self;
        match way {
            Way::Do => format!("Move {name} into {to}, where it is called {rename}"),
            Way::Undo => format!("Move {rename} from {to} back to {at} as {name}"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} in {}, the other end of {}", self.rename, self.to, self.near)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let MoveLink { name, to, rename, .. } = self;
        Some(match way {
            Way::Do => format!("{} link set {name} netns {to} name {rename}", Ip(at)),
            // The fabric has no name under /run/netns: it is the namespace of the pause process, which every
            // command typed in the lab's shell shares.
            Way::Undo if at.is_fabric() => format!("ip -n {to} link set {rename} netns $$ name {name}"),
            Way::Undo => format!("ip -n {to} link set {rename} netns {at} name {name}"),
        })
    }

    fn requests(&self, at: &MachineName, way: Way) -> Vec<Request> {
        let MoveLink { name, to, rename, .. } = self.clone();
        match way {
            Way::Do => vec![Request::LinkMove { name, to, rename }],
            Way::Undo => vec![Request::LinkMove { name: rename, to: at.clone(), rename: name }],
        }
    }

    fn sent_to<'a>(&'a self, at: &'a MachineName, way: Way) -> &'a MachineName {
        match way {
            Way::Do => at,
            Way::Undo => &self.to,
        }
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        let MoveLink { name, to, rename, .. } = self;
        match way {
            Way::Do => effect::move_link(net, at, name.as_str(), to, rename.as_str()),
            Way::Undo => effect::move_link(net, to, rename.as_str(), at, name.as_str()),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let MoveLink { to, rename, near, .. } = self;
        let peer = seen.get(to).and_then(|ns| ns.link(rename.as_str())?.peer.as_ref());
        match super::veth::check_kind(to, seen, rename, "veth") {
            Finding::Present => match peer {
                Some(Peer { machine, link }) if machine != at || link != near.as_str() => {
                    Finding::Taken(format!("{rename} is the other end of {link} in {machine}, not of {near} in {at}"))
                }
                _ => Finding::Present,
            },
            other => other,
        }
    }
}
