//! How links hang together: the way of a frame, as far as it needs no router.
//!
//! ```text
//! pod-a eth0 ══ node-1 veth-pod-a ─ cni0 ─ veth-pod-b ══ pod-b eth0
//!            pipe               port of  port of       pipe
//! ```
//!
//! Where a link has no bridge now and should have one by the plan, the plan's is followed: whoever looks for an obstacle
//! finds it there.

use std::collections::{BTreeMap, VecDeque};

use super::names::Place;
use crate::names::MachineName;
use crate::network::{Link, Namespace, Namespaces};

/// The pipes and bridges of a lab, as they are and as they should be.
#[derive(Debug, Clone, Copy)]
pub struct Wiring<'a> {
    /// As they are.
    pub net: &'a Namespaces,
    /// As the plan has them.
    pub planned: &'a Namespaces,
}

impl<'a> Wiring<'a> {
    /// The link of a place, as it is.
    pub fn link(&self, (machine, name): &Place) -> Option<&'a Link> {
        self.net.get(machine)?.link(name)
    }

    /// The same by the plan.
    pub fn planned_link(&self, (machine, name): &Place) -> Option<&'a Link> {
        self.planned.get(machine)?.link(name)
    }

    /// The bridge that a link is a port of; if of none, the one that it should be.
    pub fn bridge_of(&self, place: &Place) -> Option<Place> {
        let master = |link: Option<&Link>| link.and_then(|link| link.master.clone());
        let name = master(self.link(place)).or_else(|| master(self.planned_link(place)))?;
        Some((place.0.clone(), name))
    }

    /// The other end of a pipe.
    pub fn peer_of(&self, place: &Place) -> Option<Place> {
        let peer = |link: Option<&Link>| link.and_then(|link| link.peer.clone());
        peer(self.link(place)).or_else(|| peer(self.planned_link(place))).map(|peer| (peer.machine, peer.link))
    }

    /// The ports that a bridge has, and those that it should have.
    fn ports_of(&self, bridge: &Place) -> Vec<Place> {
        let names = |net: &Namespaces| -> Vec<String> {
            let links = net.get(&bridge.0).map_or(&[][..], |ns| ns.links.as_slice());
            links.iter().filter(|link| link.master.as_ref() == Some(&bridge.1)).map(|link| link.name.clone()).collect()
        };
        let mut ports = names(self.net);
        ports.extend(names(self.planned));
        ports.sort();
        ports.dedup();
        ports.into_iter().map(|name| (bridge.0.clone(), name)).collect()
    }

    fn neighbours_of(&self, place: &Place) -> Vec<Place> {
        let mut next: Vec<Place> = self.peer_of(place).into_iter().chain(self.bridge_of(place)).collect();
        // One that was plugged into the wrong bridge should lead on by the right one.
        let planned = self.planned_link(place).and_then(|link| link.master.clone());
        next.extend(planned.map(|bridge| (place.0.clone(), bridge)));
        next.extend(self.ports_of(place));
        next
    }

    /// The VXLAN links of other machines with the identifier that this one has.
    fn tunnels_of(&self, place: &Place) -> Vec<Place> {
        let vni = |link: &Link| link.vxlan.as_ref().map(|vxlan| vxlan.vni);
        let Some(mine) = self.link(place).and_then(vni) else { return Vec::new() };
        let others = self.net.iter().filter(|(machine, _)| **machine != place.0);
        let of = |(machine, ns): (&MachineName, &Namespace)| {
            let same = ns.links.iter().filter(|link| vni(link) == Some(mine));
            same.map(|link| (machine.clone(), link.name.clone())).collect::<Vec<_>>()
        };
        others.flat_map(of).collect()
    }

    /// The links that a frame goes by from one to another, both included; none where no pipe or bridge leads there.
    pub fn path(&self, from: &Place, to: &Place) -> Option<Vec<Place>> {
        self.shortest(from, to, |_| Vec::new())
    }

    /// The same where a VXLAN may be crossed, too.
    pub fn path_across(&self, from: &Place, to: &Place) -> Option<Vec<Place>> {
        self.shortest(from, to, |place| self.tunnels_of(place))
    }

    fn shortest(&self, from: &Place, to: &Place, beyond: impl Fn(&Place) -> Vec<Place>) -> Option<Vec<Place>> {
        let mut before: BTreeMap<Place, Place> = BTreeMap::new();
        let mut queue = VecDeque::from([from.clone()]);
        while let Some(place) = queue.pop_front() {
            if place == *to {
                let mut path = vec![place];
                while let Some(previous) = path.last().filter(|last| *last != from).and_then(|last| before.get(last)) {
                    path.push(previous.clone());
                }
                path.reverse();
                return Some(path);
            }
            for next in self.neighbours_of(&place).into_iter().chain(beyond(&place)) {
                if next != *from && !before.contains_key(&next) {
                    before.insert(next.clone(), place.clone());
                    queue.push_back(next);
                }
            }
        }
        None
    }
}
