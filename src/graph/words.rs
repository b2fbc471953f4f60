//! What is said of links, routes and rules, the same in every format.
//!
//! ```text
//! Entry   10.244.2.0/24 via 192.168.1.12 missing
//! Link    eth0 · 192.168.1.11/24 · other end down
//! crowd   50 pods · 10.244.1.2 … 10.244.1.51
//! ```

use super::{Entry, Kind, Link, Machine, Role};
use crate::diff::Sort;

impl Entry {
    /// It in few words, and in what way it differs.
    pub fn said(&self) -> String {
        let text = self.brief.as_deref().unwrap_or(&self.text);
        self.mark.map_or_else(|| text.to_owned(), |sort| format!("{text} {}", sort.word()))
    }
}

impl Link {
    /// What it leads to where that is not drawn as a line: `VXLAN 1`, `═ node-2 eth5`.
    pub fn tag(&self) -> Option<String> {
        let vni = self.vxlan.as_ref().map(|vxlan| format!("VXLAN {}", vxlan.vni));
        let port = self.master.as_ref().filter(|_| self.role == Role::Alone || self.vxlan.is_some());
        let port = port.map(|bridge| format!("port of {bridge}"));
        let end = self.peer.as_ref().filter(|_| self.role == Role::Alone);
        let end = end.map(|peer| format!("═ {} {}", peer.machine, peer.link));
        let words: Vec<String> = vni.into_iter().chain(end).chain(port).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// In what way it differs, and what keeps it from carrying anything.
    pub fn odd(&self) -> Option<String> {
        let mark = self.mark.map(|sort| sort.word().to_owned());
        let words: Vec<String> = mark.into_iter().chain(self.trouble.clone()).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Whether nothing passes it.
    pub fn is_broken(&self) -> bool {
        self.trouble.is_some() || self.mark == Some(Sort::Missing)
    }

    /// All of it: its name, its addresses, what it leads to, and what is odd about it.
    pub fn said(&self) -> Vec<String> {
        let addresses = self.addresses.iter().map(Entry::said);
        std::iter::once(self.name.clone()).chain(addresses).chain(self.tag()).chain(self.odd()).collect()
    }
}

impl Machine {
    /// Whether it, or the cable to its home, is not as it should be.
    fn is_odd(&self, home: &Machine) -> bool {
        let pin = self.pin();
        let socket = pin.and_then(|(_, peer)| home.link(&peer.link));
        let odd = pin.map(|(pin, _)| pin).into_iter().chain(socket).any(|link| link.odd().is_some());
        self.mark.is_some() || !self.marks.is_empty() || odd
    }

    /// Of those within it, those that are named, and those that are only counted: none, or where there are more than so
    /// many, all about whom there is nothing to say.
    pub fn crowd<'a>(&self, guests: &[&'a Machine], many: usize) -> (Vec<&'a Machine>, Vec<&'a Machine>) {
        if guests.len() <= many {
            return (guests.to_vec(), Vec::new());
        }
        let (mut named, mut counted): (Vec<_>, Vec<_>) = guests.iter().partition(|guest| guest.is_odd(self));
        if named.len() > many {
            counted.extend(named.split_off(many));
        }
        (named, counted)
    }
}

/// How many they are, and for each family the first and the last address.
pub fn summary(guests: &[&Machine]) -> (String, Vec<(String, String)>) {
    let pods = guests.iter().all(|guest| guest.kind == Kind::Pod);
    let count = format!("{} {}", guests.len(), if pods { "pods" } else { "machines" });
    let addresses = |guest: Option<&&Machine>| -> Vec<String> {
        let pin = guest.and_then(|guest| guest.pin()).map(|(pin, _)| pin.addresses.as_slice()).unwrap_or_default();
        pin.iter().map(|entry| entry.text.split('/').next().unwrap_or_default().to_owned()).collect()
    };
    (count, addresses(guests.first()).into_iter().zip(addresses(guests.last())).collect())
}
