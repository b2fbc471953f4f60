//! `bridge fdb replace 66:… dev flannel.1 dst 192.168.1.12 self permanent`: to which machine a VXLAN device sends what
//! is for a hardware address; and of all zeros, what has no entry of its own.
//!
//! ```text
//! 66:2a:00:00:00:02 dst 192.168.1.12       replace: it may have been learned already
//! 00:00:00:00:00:00 dst 192.168.1.12       append: there may be many, and each gets a copy
//! 00:00:00:00:00:00 dst 192.168.1.13
//! ```

use std::net::IpAddr;

use super::{Bridge, Finding, Page, Way};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::{FdbEntry, Mac, Namespaces, effect};

/// Write down where a VXLAN device sends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddFdbEntry {
    /// The VXLAN device.
    pub link: LinkName,
    /// The hardware address that frames are for; [`Mac::ZERO`] for all that have no entry.
    pub mac: Mac,
    /// The machine that they are sent to, by its address on the underlay.
    pub vtep: IpAddr,
}

impl AddFdbEntry {
    /// The entry that is made.
    pub fn entry(&self) -> FdbEntry {
        let AddFdbEntry { link, mac, vtep } = self;
        FdbEntry {
            mac: *mac,
            port: link.to_string(),
            bridge: None,
            permanent: true,
            vlan: None,
            vtep: Some(*vtep),
            other: [None; 2],
            by_hand: true,
        }
    }

    fn floods(&self) -> bool {
        self.mac == Mac::ZERO
    }
}

impl Page for AddFdbEntry {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AddFdbEntry { link, mac, vtep } = self;
        match (way, self.floods()) {
            (Way::Do, false) => format!("Write down that {link} reaches {mac} by way of {vtep}"),
            (Way::Undo, false) => format!("Forget by way of whom {link} reaches {mac}"),
            (Way::Do, true) => format!("Have {link} send what is for everybody to {vtep}"),
            (Way::Undo, true) => format!("Have {link} send what is for everybody to {vtep} no more"),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("forwarding entry {}", self.entry())
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let (bridge, AddFdbEntry { link, mac, vtep }) = (Bridge(at), self);
        let verb = match (way, self.floods()) {
            (Way::Do, false) => "replace",
            (Way::Do, true) => "append",
            (Way::Undo, _) => "delete",
        };
        Some(format!("{bridge} fdb {verb} {mac} dev {link} dst {vtep} self permanent"))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        let entry = self.entry();
        vec![match way {
            Way::Do => Request::FdbSet { entry },
            Way::Undo => Request::FdbDelete { entry },
        }]
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::set_forwarding_entry(net, at, self.entry()),
            Way::Undo => effect::delete_forwarding_entry(net, at, &self.entry()),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let AddFdbEntry { link, mac, .. } = self;
        let planned = self.entry();
        let entries = seen.get(at).into_iter().flat_map(|ns| &ns.fdb);
        let mut of_mac =
            entries.filter(|there| there.port == link.as_str() && there.mac == *mac && there.vtep.is_some());
        match of_mac.clone().find(|there| there.is_the_same_as(&planned) && there.by_hand) {
            Some(_) => Finding::Present,
            None if self.floods() => Finding::Missing,
            None => match of_mac.find(|there| there.by_hand) {
                Some(other) => Finding::Differs(format!("there is {other}")),
                // What it learned it forgets again.
                None => Finding::Missing,
            },
        }
    }
}
