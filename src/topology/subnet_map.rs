//! Finds the subnet that an address is in, among many, without looking at each.
//!
//! ```text
//! subnets {10.244.1.0/24, 10.244.2.0/24, 192.168.1.0/24}, lengths {24}
//! find 10.244.2.7: clear its host bits by each length in use: is 10.244.2.0/24 there? yes
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::subnet::{Family, Subnet};

/// Subnets, and something known about each.
#[derive(Debug)]
pub struct SubnetMap<T> {
    subnets: HashMap<IpNetwork, T>,
    /// The prefix lengths in use, the longest of each family first.
    lengths: BTreeSet<(Family, Reverse<u8>)>,
}

impl<T> Default for SubnetMap<T> {
    fn default() -> Self {
        SubnetMap { subnets: HashMap::new(), lengths: BTreeSet::new() }
    }
}

impl<T> SubnetMap<T> {
    /// Adds the subnet that `network` is in. The first word about a subnet stands.
    pub fn insert(&mut self, network: IpNetwork, about: T) {
        self.lengths.insert((network.family(), Reverse(network.prefix())));
        self.subnets.entry(network.subnet()).or_insert(about);
    }

    /// Whether there is no subnet at all.
    pub fn is_empty(&self) -> bool {
        self.subnets.is_empty()
    }

    /// Whether exactly this subnet is there.
    pub fn has(&self, subnet: &IpNetwork) -> bool {
        self.subnets.contains_key(subnet)
    }

    /// The smallest subnet that holds `ip`.
    pub fn find(&self, ip: IpAddr) -> Option<(IpNetwork, &T)> {
        let family = Family::of(ip);
        let lengths = self.lengths.iter().filter(|(of, _)| *of == family);
        lengths.filter_map(|(_, length)| IpNetwork::new(ip, length.0).ok()).find_map(|network| {
            let subnet = network.subnet();
            self.subnets.get(&subnet).map(|about| (subnet, about))
        })
    }

    /// The subnets in words, the first few of them: `10.244.1.0/24 and 10.244.2.0/24`.
    pub fn describe(&self) -> String {
        let mut all: Vec<IpNetwork> = self.subnets.keys().copied().collect();
        all.sort_by_key(|subnet| (subnet.family(), subnet.ends(), subnet.prefix()));
        let mut shown: Vec<String> = all.iter().take(4).map(ToString::to_string).collect();
        match (all.len(), shown.pop()) {
            (0, _) | (_, None) => "no subnet".to_owned(),
            (1, Some(only)) => only,
            (2..=4, Some(last)) => format!("{} and {last}", shown.join(", ")),
            (count, Some(_)) => format!("{} and {} more", shown.join(", "), count - shown.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let mut map = SubnetMap::default();
        map.insert("10.0.0.1/8".parse().unwrap(), "large");
        map.insert("10.1.0.0/16".parse().unwrap(), "small");
        map.insert("fd00::/64".parse().unwrap(), "six");
        assert_eq!(map.find("10.1.2.3".parse().unwrap()).unwrap().1, &"small");
        assert_eq!(map.find("10.2.2.3".parse().unwrap()).unwrap().1, &"large");
        assert_eq!(map.find("fd00::9".parse().unwrap()).unwrap().1, &"six");
        assert!(map.find("11.0.0.1".parse().unwrap()).is_none());
        assert_eq!(map.describe(), "10.0.0.0/8, 10.1.0.0/16 and fd00::/64");
    }
}
