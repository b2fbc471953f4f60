//! How Weave Net's peers share a range out, and how one that has nothing left gets more.
//!
//! ```text
//! Ring::split(10.32.0.0/12, 3)    10.32.0.0 ──── 0 ────▶ 10.40.0.0 ─ 1 ─▶ 10.44.0.0 ─ 2 ─▶ 10.48.0.0
//! 1 has nothing left              0 has most: it donates the upper half of its largest free stretch to 1
//! ```
//!
//! At first the range is halved among two halves of the peers, and so on (`subdivide` in `ipam/ring`), so that each part
//! could be written as a CIDR. After a donation (`Donate` in `ipam/space`) parts are any stretches. Weave Net asks a peer
//! that is drawn by lot, more likely one that has much; here it is the one that has most.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use ipnetwork::Ipv4Network;

/// A stretch of addresses and whose it is: from `first` up to before the next one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    first: u64,
    peer: usize,
}

/// A range that is shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    range: Ipv4Network,
    /// In order; the first one begins where the range does.
    entries: Vec<Entry>,
    /// Behind the range's last address.
    end: u64,
}

impl Ring {
    /// Shares a range out among so many peers.
    pub fn split(range: Ipv4Network, peers: usize) -> Self {
        let first = u64::from(u32::from(range.network()));
        let end = u64::from(u32::from(range.broadcast())) + 1;
        let mut ring = Ring { range, entries: Vec::new(), end };
        let all: Vec<usize> = (0..peers).collect();
        ring.subdivide(first, end, &all);
        ring
    }

    /// How many addresses of a range can be given out: its first and last are nobody's.
    pub fn addresses(range: Ipv4Network) -> u64 {
        let all = 1_u64 << (32 - range.prefix().min(32));
        all.saturating_sub(2)
    }

    /// Halves what is from `first` up to before `end` among two halves of the peers.
    fn subdivide(&mut self, first: u64, end: u64, peers: &[usize]) {
        let share = end.saturating_sub(first);
        match peers {
            [] => {}
            _ if share == 0 => {}
            [peer] => self.entries.push(Entry { first, peer: *peer }),
            [peer, ..] if share == 1 => self.entries.push(Entry { first, peer: *peer }),
            _ => {
                let (left, right) = peers.split_at(peers.len() / 2);
                self.subdivide(first, first + share / 2, left);
                self.subdivide(first + share / 2, end, right);
            }
        }
    }

    /// The stretches of a peer, each with its first and last address.
    pub fn parts(&self, peer: usize) -> Vec<(Ipv4Addr, Ipv4Addr)> {
        self.stretches(peer).map(|(first, end)| (address(first), address(end - 1))).collect()
    }

    fn stretches(&self, peer: usize) -> impl Iterator<Item = (u64, u64)> + '_ {
        let ends = self.entries.iter().skip(1).map(|entry| entry.first).chain([self.end]);
        self.entries
            .iter()
            .zip(ends)
            .filter(move |(entry, _)| entry.peer == peer)
            .map(|(entry, end)| (entry.first, end))
    }

    /// The next address of a peer: the first free one of its own, or else one of a donation. Nothing, when nobody has any.
    pub fn give(&mut self, peer: usize, taken: &HashSet<Ipv4Addr>) -> Option<Ipv4Addr> {
        self.own(peer, taken).or_else(|| {
            let (donor, (first, end)) = self.largest(taken)?;
            self.grant(donor, first + (end - first) / 2, end, peer);
            self.own(peer, taken)
        })
    }

    fn own(&self, peer: usize, taken: &HashSet<Ipv4Addr>) -> Option<Ipv4Addr> {
        let mut numbers = self.stretches(peer).flat_map(|(first, end)| first..end);
        numbers.find(|number| self.is_free(*number, taken)).map(address)
    }

    fn is_free(&self, number: u64, taken: &HashSet<Ipv4Addr>) -> bool {
        let address = address(number);
        address != self.range.network() && address != self.range.broadcast() && !taken.contains(&address)
    }

    /// The peer that has most free addresses, and its largest stretch of them.
    fn largest(&self, taken: &HashSet<Ipv4Addr>) -> Option<(usize, (u64, u64))> {
        let peers: HashSet<usize> = self.entries.iter().map(|entry| entry.peer).collect();
        let free = |peer: usize| -> Vec<(u64, u64)> {
            self.stretches(peer).flat_map(|(first, end)| self.free_within(first, end, taken)).collect()
        };
        let mut best: Option<(u64, usize, (u64, u64))> = None;
        let mut peers: Vec<usize> = peers.into_iter().collect();
        peers.sort_unstable();
        for peer in peers {
            let stretches = free(peer);
            let count = stretches.iter().map(|(first, end)| end - first).sum();
            let largest = stretches.into_iter().fold(None, |most: Option<(u64, u64)>, one| match most {
                Some(most) if most.1 - most.0 >= one.1 - one.0 => Some(most),
                _ => Some(one),
            });
            if let Some(largest) = largest
                && best.is_none_or(|(most, ..)| count > most)
            {
                best = Some((count, peer, largest));
            }
        }
        best.map(|(_, peer, stretch)| (peer, stretch))
    }

    /// The stretches of free addresses between what is taken.
    fn free_within(&self, first: u64, end: u64, taken: &HashSet<Ipv4Addr>) -> Vec<(u64, u64)> {
        let nobody = [self.range.network(), self.range.broadcast()];
        let used = taken.iter().chain(&nobody).map(|address| u64::from(u32::from(*address)));
        let mut used: Vec<u64> = used.filter(|number| (first..end).contains(number)).collect();
        used.sort_unstable();
        let mut found = Vec::new();
        let mut begin = first;
        for number in used.into_iter().chain([end]) {
            if number > begin {
                found.push((begin, number));
            }
            begin = number + 1;
        }
        found
    }

    /// What is from `first` up to before `end`, the donor's, is the peer's from now on.
    fn grant(&mut self, donor: usize, first: u64, end: u64, peer: usize) {
        let has = |entries: &[Entry], at: u64| entries.iter().any(|entry| entry.first == at);
        if end < self.end && !has(&self.entries, end) {
            self.entries.push(Entry { first: end, peer: donor });
        }
        self.entries.retain(|entry| entry.first != first);
        self.entries.push(Entry { first, peer });
        self.entries.sort_by_key(|entry| entry.first);
    }
}

fn address(number: u64) -> Ipv4Addr {
    // A range of IPv4 has no more.
    Ipv4Addr::from(number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(ring: &Ring, peer: usize) -> Vec<String> {
        ring.parts(peer).iter().map(|(first, last)| format!("{first} to {last}")).collect()
    }

    #[test]
    fn the_range_is_halved_as_weave_net_does_it() {
        let ring = Ring::split("10.32.0.0/12".parse().unwrap(), 3);
        assert_eq!(parts(&ring, 0), ["10.32.0.0 to 10.39.255.255"]);
        assert_eq!(parts(&ring, 1), ["10.40.0.0 to 10.43.255.255"]);
        assert_eq!(parts(&ring, 2), ["10.44.0.0 to 10.47.255.255"]);
        let four = Ring::split("10.32.0.0/12".parse().unwrap(), 4);
        assert_eq!(parts(&four, 3), ["10.44.0.0 to 10.47.255.255"]);
        let crowd = Ring::split("10.0.0.0/30".parse().unwrap(), 9);
        assert!((0..9).filter(|peer| !crowd.parts(*peer).is_empty()).count() <= 4, "{crowd:?}");
    }

    #[test]
    fn who_has_nothing_left_gets_half_of_the_largest_stretch() {
        let mut ring = Ring::split("10.0.0.0/28".parse().unwrap(), 2);
        let mut taken = HashSet::new();
        let mut give = |ring: &mut Ring, peer| {
            let address = ring.give(peer, &taken)?;
            taken.insert(address);
            Some(address.octets()[3])
        };
        let own: Vec<Option<u8>> = (0..7).map(|_| give(&mut ring, 1)).collect();
        assert_eq!(own, [8, 9, 10, 11, 12, 13, 14].map(Some), "15 is the broadcast address");
        assert_eq!(give(&mut ring, 1), Some(4), "the upper half of 1 to 7");
        assert_eq!(parts(&ring, 1), ["10.0.0.4 to 10.0.0.7", "10.0.0.8 to 10.0.0.15"]);
        assert_eq!(parts(&ring, 0), ["10.0.0.0 to 10.0.0.3"]);
        let rest: Vec<u8> = (0..6).filter_map(|_| give(&mut ring, 0)).collect();
        assert_eq!(rest.len(), 6, "nobody keeps what another needs: {rest:?}");
        assert_eq!((give(&mut ring, 0), give(&mut ring, 1)), (None, None));
        assert_eq!(taken.len(), 14, "all but the first and the last, each once");
    }
}
