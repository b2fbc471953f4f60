//! Whose an address is.
//!
//! ```text
//! 7e:3a:…:01   node-1's cni0
//! 10.244.1.2   pod-a's eth0
//! ```

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::names::MachineName;
use crate::network::{Mac, Namespaces};
use crate::topology::realm::{Realm, Realms};

/// An interface: a machine and a link's name there.
pub type Place = (MachineName, String);

/// Who has which hardware address and which address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    macs: BTreeMap<Mac, Vec<Place>>,
    addresses: BTreeMap<IpAddr, Vec<Place>>,
}

impl Names {
    /// Those of these namespaces, as they count for a packet between these machines: where several clusters use the same
    /// addresses, those of the first of the two that has the address in its own.
    pub fn between(all: &Namespaces, realms: &Realms, ends: &[&MachineName]) -> Self {
        let mut names = Names::of(all);
        for places in names.addresses.values_mut().filter(|places| places.len() > 1) {
            nearest(places, realms, ends);
        }
        names
    }

    /// Those of these namespaces.
    pub fn of(all: &Namespaces) -> Self {
        let mut names = Names::default();
        for (machine, ns) in all {
            for link in &ns.links {
                if let Some(mac) = link.mac {
                    names.macs.entry(mac).or_default().push((machine.clone(), link.name.clone()));
                }
            }
            for address in ns.addresses.iter().filter(|address| !address.address.ip().is_loopback()) {
                let place = (machine.clone(), address.link.clone());
                names.addresses.entry(address.address.ip()).or_default().push(place);
            }
        }
        names
    }

    /// The interfaces that have this hardware address: a bridge often has one of its ports'.
    pub fn with_mac(&self, mac: Mac) -> &[Place] {
        self.macs.get(&mac).map_or(&[], Vec::as_slice)
    }

    /// The interfaces that have this address; more than one when it was given twice.
    pub fn with_address(&self, address: IpAddr) -> &[Place] {
        self.addresses.get(&address).map_or(&[], Vec::as_slice)
    }

    /// A hardware address in words: `node-1's cni0`. A bridge that has the address of one of its ports is named in the
    /// port's place, as it is the bridge that packets are meant for.
    pub fn mac(&self, mac: Mac) -> Option<String> {
        if mac.0 == [0xff; 6] {
            return Some("everybody".into());
        }
        let named = self.with_mac(mac);
        let addressed = |place: &&Place| self.addresses.values().any(|places| places.contains(place));
        named.iter().find(addressed).or_else(|| named.first()).map(words)
    }

    /// An address in words: `pod-a's eth0`.
    pub fn address(&self, address: IpAddr) -> Option<String> {
        self.with_address(address).first().map(words)
    }
}

/// Leaves those of the same address that count for a packet between these machines.
pub fn nearest(places: &mut Vec<Place>, realms: &Realms, ends: &[&MachineName]) {
    let of = |place: &Place| realms.of_link(&place.0, &place.1);
    let preferred = ends.iter().map(|end| realms.of_machine(end)).filter(|realm| *realm != Realm::World);
    let preferred = preferred.into_iter().find(|realm| places.iter().any(|place| of(place) == *realm));
    if let Some(realm) = preferred {
        places.retain(|place| of(place).meets(realm));
    }
}

/// `node-1's cni0`
fn words((machine, link): &Place) -> String {
    format!("{machine}'s {link}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Address, Link, Namespace};

    #[test]
    fn a_bridge_is_named_before_the_port_that_lent_it_its_address() {
        let mac = Some(Mac([2, 0, 0, 0, 0, 1]));
        let port = Link { mac, ..Link::new("veth-a", "veth") };
        let bridge = Link { mac, ..Link::new("cni0", "bridge") };
        let addresses = vec![Address::new("cni0", "10.244.1.1/24".parse().unwrap())];
        let ns = Namespace { links: vec![port, bridge], addresses, ..Namespace::default() };
        let names = Names::of(&Namespaces::from([("node-1".parse().unwrap(), ns)]));
        assert_eq!(names.mac(Mac([2, 0, 0, 0, 0, 1])).as_deref(), Some("node-1's cni0"));
        assert_eq!(names.address("10.244.1.1".parse().unwrap()).as_deref(), Some("node-1's cni0"));
        assert_eq!(names.mac(Mac([2; 6])), None);
    }
}
