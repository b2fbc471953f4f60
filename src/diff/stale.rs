//! Does a machine still believe in a hardware address that is gone?
//!
//! ```text
//! node-2: eth0 deleted and made again: 3e:91:… is now 7a:02:…
//! node-1: neighbour 192.168.1.12 at 3e:91:…, which no link has      ip -n node-1 neigh flush to 192.168.1.12 …
//! ```
//!
//! The kernel would find out by itself, after a minute in which all packets are lost.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::{Mac, Namespace, Namespaces, Neighbour};

impl Expected<'_> {
    /// Neighbours at hardware addresses that no link of the lab has. They follow from what was done to those links.
    pub(super) fn stale(&self, seen: &Namespaces) -> Vec<Difference> {
        let there: BTreeSet<Mac> = seen.values().flat_map(|ns| &ns.links).filter_map(|link| link.mac).collect();
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let neighbours = seen.get(machine).into_iter().flat_map(|ns| &ns.neighbours);
            for neighbour in neighbours.filter(|one| is_learned(one) && planned.link(&one.link).is_some()) {
                let Some(mac) = neighbour.mac.filter(|mac| !there.contains(mac)) else { continue };
                found.push(Difference {
                    machine: machine.clone(),
                    sort: Sort::Changed,
                    what: format!("neighbour {neighbour} at {mac}, which no link has any more"),
                    step: None,
                    follows: true,
                    mends: vec![Mend::new(machine, Deed::Forget(neighbour.clone()))],
                });
            }
        }
        found
    }
}

/// What has machines forget neighbours at hardware addresses that no link has, without asking what is planned.
pub fn forget_the_gone(seen: &Namespaces) -> Vec<Mend> {
    let there: BTreeSet<Mac> = seen.values().flat_map(|ns| &ns.links).filter_map(|link| link.mac).collect();
    let gone = |neighbour: &&Neighbour| is_learned(neighbour) && neighbour.mac.is_some_and(|mac| !there.contains(&mac));
    let of = |(at, ns): (&MachineName, &Namespace)| -> Vec<Mend> {
        ns.neighbours.iter().filter(gone).map(|one| Mend::new(at, Deed::Forget(one.clone()))).collect()
    };
    seen.iter().flat_map(of).collect()
}

/// Whether it was asked for. Gateways have addresses that reach beyond the link.
fn is_learned(neighbour: &Neighbour) -> bool {
    let on_the_link = matches!(neighbour.address, IpAddr::V6(ip) if ip.is_unicast_link_local());
    !neighbour.by_hand() && !on_the_link
}

impl Mend {
    /// Whether it is to be made although what it mends only follows from something else.
    pub(super) fn cannot_come_right_by_itself(&self) -> bool {
        matches!(&self.deed, Deed::Redo { .. } | Deed::Forget(_))
    }
}
