//! What a server knows: who has which address until when, in the lines that dnsmasq writes.
//!
//! ```text
//! 1795000000 0a:58:0a:f4:01:02 10.244.1.2 pod-a 00:70:6f:64:2d:61
//! until      hardware address  address    name  client identifier
//!
//! 1795000000 5e:f2:a4:00:10:03 10.244.1.3 declined *        it told that somebody uses that address; nobody gets it until
//! ```

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnetwork::Ipv4Network;

use super::message::ClientId;
use crate::network::Mac;

/// What stands in the place of an identifier where there is none, and in that of its name.
const NOBODY: &str = "*";
const DECLINED: &str = "declined";

/// A lease that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who has it; nobody, if whoever it was granted to has found that somebody else uses the address (DECLINE).
    pub client: Option<ClientId>,
    /// The hardware address that it asked from.
    pub mac: Mac,
    /// What it calls itself, if that is a plain name.
    pub name: Option<String>,
    /// Until when, in seconds since 1970.
    pub until: u64,
}

/// The addresses of one subnet, and who has them.
#[derive(Debug, Clone)]
pub struct Book {
    /// The server's own address, with the prefix length of the subnet.
    pub gateway: Ipv4Network,
    /// For how long addresses are leased, in seconds.
    pub lease_time: u32,
    /// Who has which address.
    pub leases: BTreeMap<Ipv4Addr, Lease>,
}

impl Lease {
    /// Whether it is this client's.
    pub fn is_of(&self, client: &ClientId) -> bool {
        self.client.as_ref() == Some(client)
    }
}

impl Book {
    /// A book without leases.
    pub fn new(gateway: Ipv4Network, lease_time: u32) -> Self {
        Book { gateway, lease_time, leases: BTreeMap::new() }
    }

    /// Whether an address may be given out at all: one of the subnet's hosts, and not the server's own.
    pub fn may_give(&self, address: Ipv4Addr) -> bool {
        let ends =
            self.gateway.prefix() < 31 && (address == self.gateway.network() || address == self.gateway.broadcast());
        self.gateway.contains(address) && address != self.gateway.ip() && !ends
    }

    /// The address that a client gets: the one that is kept for it, the one that it has or had, the one that it wants, or
    /// the first that is nobody's. `reserved` has the addresses that are kept for clients, by their names.
    pub fn choose(
        &self,
        client: &ClientId,
        wanted: Option<Ipv4Addr>,
        reserved: &BTreeMap<String, Ipv4Addr>,
        now: u64,
    ) -> Option<Ipv4Addr> {
        let is_declined = |address: &Ipv4Addr| {
            self.leases.get(address).is_some_and(|lease| lease.client.is_none() && lease.until > now)
        };
        let kept = client.name().and_then(|name| reserved.get(name)).copied();
        if let Some(kept) = kept.filter(|kept| !is_declined(kept)) {
            return Some(kept).filter(|kept| self.may_give(*kept) && self.is_free(*kept, client, now));
        }
        let open = |address: &Ipv4Addr| {
            self.may_give(*address)
                && self.is_free(*address, client, now)
                && !reserved.values().any(|kept| kept == address)
        };
        let had = self.leases.iter().find(|(_, lease)| lease.is_of(client)).map(|(address, _)| *address);
        let never_used = || self.hosts().find(|address| open(address) && !self.leases.contains_key(address));
        let used_longest_ago = || {
            let over = self.leases.iter().filter(|(address, _)| open(address));
            over.min_by_key(|(_, lease)| lease.until).map(|(address, _)| *address)
        };
        had.filter(open).or(wanted.filter(open)).or_else(never_used).or_else(used_longest_ago)
    }

    /// Whether nobody else has it.
    fn is_free(&self, address: Ipv4Addr, client: &ClientId, now: u64) -> bool {
        self.leases.get(&address).is_none_or(|lease| lease.is_of(client) || lease.until <= now)
    }

    /// The addresses of the subnet, in order.
    fn hosts(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        let (first, last) = (u32::from(self.gateway.network()), u32::from(self.gateway.broadcast()));
        (first..=last).map(Ipv4Addr::from).filter(|address| self.may_give(*address))
    }

    /// Writes a grant down. Returns until when.
    pub fn grant(&mut self, address: Ipv4Addr, client: ClientId, mac: Mac, now: u64) -> u64 {
        let until = now.saturating_add(self.lease_time.into());
        let name = client.name().map(str::to_owned);
        // Nobody has two of them.
        self.leases.retain(|_, lease| !lease.is_of(&client));
        self.leases.insert(address, Lease { client: Some(client), mac, name, until });
        until
    }

    /// Takes a lease back, if it is this client's.
    pub fn release(&mut self, address: Ipv4Addr, client: &ClientId) -> bool {
        let its = self.leases.get(&address).is_some_and(|lease| lease.is_of(client));
        its && self.leases.remove(&address).is_some()
    }

    /// Keeps an address from everybody for the time of a lease (RFC 2131, section 4.3.3), if it is this client's.
    pub fn decline(&mut self, address: Ipv4Addr, client: &ClientId, now: u64) -> bool {
        let until = now.saturating_add(self.lease_time.into());
        let its = self.leases.get_mut(&address).filter(|lease| lease.is_of(client));
        its.map(|lease| *lease = Lease { client: None, name: None, until, ..*lease }).is_some()
    }

    /// The leases as a file.
    pub fn text(&self) -> String {
        let line = |(address, Lease { client, mac, name, until }): (&Ipv4Addr, &Lease)| {
            let (name, client) = match client {
                Some(client) => (name.as_deref().unwrap_or(NOBODY), client.to_string()),
                None => (DECLINED, NOBODY.to_owned()),
            };
            format!("{until} {mac} {address} {name} {client}\n")
        };
        self.leases.iter().map(line).collect()
    }

    /// Takes over the leases of a file, and no others. Lines that are none of the subnet's are passed over.
    pub fn read(&mut self, text: &str) {
        let entries = text.lines().filter_map(entry);
        self.leases = entries.filter(|(address, _)| self.may_give(*address)).collect();
    }
}

/// A line of the file.
pub fn entry(line: &str) -> Option<(Ipv4Addr, Lease)> {
    let mut words = line.split_ascii_whitespace();
    let until = words.next()?.parse().ok()?;
    let mac = Mac(hexadecimal(words.next()?)?.try_into().ok()?);
    let address = words.next()?.parse().ok()?;
    let (name, client) = (words.next()?, words.next()?);
    let client = if client == NOBODY { None } else { Some(ClientId(hexadecimal(client)?)) };
    let name = client.as_ref().and(Some(name)).filter(|name| *name != NOBODY).map(str::to_owned);
    Some((address, Lease { client, mac, name, until }))
}

/// Bytes with colons between.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn book() -> Book {
        Book::new("10.244.1.1/29".parse().unwrap(), 100)
    }

    fn ip(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 244, 1, last)
    }

    fn kept(entries: &[(&str, u8)]) -> BTreeMap<String, Ipv4Addr> {
        entries.iter().map(|(name, last)| ((*name).to_owned(), ip(*last))).collect()
    }

    #[test]
    fn an_address_that_is_kept_is_given_to_nobody_else() {
        let (book, kept) = (book(), kept(&[("pod-a", 2), ("pod-b", 3)]));
        let choose = |name: &str, wanted| book.choose(&ClientId::named(name), wanted, &kept, 0);
        assert_eq!(choose("pod-b", None), Some(ip(3)));
        assert_eq!(choose("other", None), Some(ip(4)));
        assert_eq!(choose("other", Some(ip(3))), Some(ip(4)), "it wants what is another's");
        assert_eq!(choose("other", Some(ip(6))), Some(ip(6)));
        assert_eq!(choose("other", Some(ip(7))), Some(ip(4)), "the broadcast address");
        assert_eq!(choose("other", Some(ip(1))), Some(ip(4)), "the server's own");
    }

    #[test]
    fn who_comes_again_gets_the_same_and_what_is_over_is_given_to_others_last() {
        let (mut book, none) = (book(), BTreeMap::new());
        for (last, name) in [(2, "a"), (3, "b"), (4, "c"), (5, "d")] {
            book.grant(ip(last), ClientId::named(name), MAC, u64::from(last));
        }
        let choose = |name: &str, now| book.choose(&ClientId::named(name), None, &none, now);
        assert_eq!(choose("b", 50), Some(ip(3)));
        assert_eq!(choose("new", 50), Some(ip(6)));
        assert_eq!(choose("new", 1000), Some(ip(6)), "never used comes first");
        book.grant(ip(6), ClientId::named("e"), MAC, 6);
        let choose = |name: &str, now| book.choose(&ClientId::named(name), None, &none, now);
        assert_eq!(choose("new", 50), None);
        assert_eq!(choose("new", 103), Some(ip(2)), "then what has been over for longest");
        assert_eq!(choose("b", 1000), Some(ip(3)));
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let mut book = book();
        book.grant(ip(2), ClientId::named("pod-a"), MAC, 7);
        book.grant(ip(3), ClientId(vec![1, 2, 0, 0, 0, 0, 9]), MAC, 8);
        book.grant(ip(4), ClientId::named("declined"), MAC, 9);
        book.grant(ip(5), ClientId::named("pod-b"), MAC, 9);
        assert!(book.decline(ip(5), &ClientId::named("pod-b"), 10));
        let text = book.text();
        assert_eq!(
            text,
            "107 02:00:00:00:00:01 10.244.1.2 pod-a 00:70:6f:64:2d:61\n\
             108 02:00:00:00:00:01 10.244.1.3 * 01:02:00:00:00:00:09\n\
             109 02:00:00:00:00:01 10.244.1.4 declined 00:64:65:63:6c:69:6e:65:64\n\
             110 02:00:00:00:00:01 10.244.1.5 declined *\n"
        );
        let mut again = Book::new(book.gateway, 100);
        again.read(&format!("nonsense\n1 2 3\n\n5 02:00:00:00:00:01 10.9.9.9 x 00\n{text}"));
        assert_eq!(again.leases, book.leases);
    }
}
