//! What keeps a link from carrying anything, in a word or two.
//!
//! ```text
//! eth0 ══ veth-pod-a ─ cni0
//!  │          │ └ port blocking · in no bridge
//!  └ down     └ other end down
//! ```

use std::collections::BTreeMap;

use crate::names::MachineName;
use crate::network::{Address, Link, Namespace, Namespaces, PortState};

/// Where a link is looked for: the namespaces, and who is drawn within whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub net: &'a Namespaces,
    pub homes: &'a BTreeMap<MachineName, MachineName>,
}

impl Around<'_> {
    /// What is wrong with a link, if anything is.
    pub fn trouble(self, machine: &MachineName, ns: &Namespace, link: &Link) -> Option<String> {
        if !link.up {
            return Some("down".into());
        }
        if let Some(word) = port_trouble(ns, link) {
            return Some(word);
        }
        if link.kind != "veth" {
            return None;
        }
        let Some(peer) = &link.peer else { return Some("other end gone".into()) };
        let there = self.net.get(&peer.machine)?;
        let end = there.link(&peer.link)?;
        // Only an end that should be in a bridge is wrong to be in none.
        let (mine, theirs) =
            (self.is_a_switch_for(machine, &peer.machine), self.is_a_switch_for(&peer.machine, machine));
        match end {
            end if !end.up => Some("other end down".into()),
            _ if !link.carrier => Some("no carrier".into()),
            _ if mine && is_loose(ns, link) || theirs && is_loose(there, end) => Some("in no bridge".into()),
            end => port_trouble(there, end),
        }
    }

    fn is_a_switch_for(self, machine: &MachineName, other: &MachineName) -> bool {
        machine.is_fabric() || self.homes.get(other) == Some(machine)
    }
}

fn port_trouble(ns: &Namespace, link: &Link) -> Option<String> {
    let bridge = link.master.as_ref()?;
    if ns.link(bridge).is_some_and(|bridge| !bridge.up) {
        return Some(format!("{bridge} down"));
    }
    link.port.filter(|state| *state != PortState::Forwarding).map(|state| format!("port {state}"))
}

/// Whether the end of a pipe leads nowhere: it is no port, bears no address, and no route leads out of it.
fn is_loose(ns: &Namespace, end: &Link) -> bool {
    let given = |address: &Address| !address.is_link_local();
    let routed = || ns.main_routes().any(|route| route.dev.as_ref() == Some(&end.name) && !route.is_the_kernels());
    end.master.is_none() && !ns.addresses_of(&end.name).any(given) && !routed()
}
