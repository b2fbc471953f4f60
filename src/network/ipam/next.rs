//! Which address host-local gives out next: the first free one behind the last one that it gave, round and round.
//!
//! ```text
//! 10.244.1.1/24 on the bridge · held .2 .3 .4 · last .4        → 10.244.1.5
//! the same, and .3 was released                                → 10.244.1.5 still: .3 comes when the round is over
//! held .2 to .254 but .3 · last .254                           → 10.244.1.3
//! ```
//!
//! So a pod that is deleted and made again gets another address (`GetIter` in the reference plugin's allocator).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

use super::Leases;

impl Leases {
    /// The next address of a range set, whose subnet is that of `gateway`, the bridge's address in it. None is left when
    /// all are held.
    pub fn next(&self, gateway: IpNetwork, set: u8) -> Option<IpAddr> {
        let (first, last) = hosts(gateway)?;
        let begin = match self.last.get(&set).map(|last| number(*last)) {
            Some(given) if (first..last).contains(&given) => given + 1,
            _ => first,
        };
        // Each step passes over one that is taken, so this ends soon, also in a subnet of IPv6.
        let free = |number: &u128| {
            let address = address(*number, gateway.is_ipv4());
            address != gateway.ip() && !self.held.contains_key(&address)
        };
        let found = (begin..=last).find(free).or_else(|| (first..begin).find(free))?;
        Some(address(found, gateway.is_ipv4()))
    }
}

/// The first and the last address of a subnet that a host can have: none has the subnet's own, nor, of IPv4, the
/// broadcast address. A pipe's two ends have both (RFC 3021).
fn hosts(gateway: IpNetwork) -> Option<(u128, u128)> {
    let bits: u8 = if gateway.is_ipv4() { 32 } else { 128 };
    let host_bits = u32::from(bits.checked_sub(gateway.prefix())?);
    let first = number(gateway.network());
    let last = first | 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
    Some(match last - first {
        0 | 1 => (first, last),
        _ if gateway.is_ipv4() => (first + 1, last - 1),
        _ => (first + 1, last),
    })
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn address(number: u128, ipv4: bool) -> IpAddr {
    match ipv4 {
        // No more bits are set than an IPv4 address has.
        true => Ipv4Addr::from(number as u32).into(),
        false => Ipv6Addr::from(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Holder;
    use super::*;

    fn leases(held: &[&str], last: Option<&str>) -> Leases {
        let holder = Holder { container: "x".into(), interface: "eth0".into() };
        let held = held.iter().map(|address| (address.parse().unwrap(), holder.clone())).collect();
        Leases { held, last: last.map(|last| (0, last.parse().unwrap())).into_iter().collect() }
    }

    fn next(gateway: &str, held: &[&str], last: Option<&str>) -> Option<String> {
        leases(held, last).next(gateway.parse().unwrap(), 0).map(|address| address.to_string())
    }

    #[test]
    fn the_search_goes_on_behind_the_last_one() {
        assert_eq!(next("10.244.1.1/24", &[], None).as_deref(), Some("10.244.1.2"));
        assert_eq!(next("10.244.1.1/24", &["10.244.1.2"], Some("10.244.1.3")).as_deref(), Some("10.244.1.4"));
        assert_eq!(next("10.244.1.9/24", &[], Some("10.244.1.8")).as_deref(), Some("10.244.1.10"), "not the gateway");
        assert_eq!(next("10.244.1.1/24", &[], Some("10.9.9.9")).as_deref(), Some("10.244.1.2"), "not of this range");
    }

    #[test]
    fn it_goes_round_once() {
        assert_eq!(next("10.244.1.1/30", &[], Some("10.244.1.2")).as_deref(), Some("10.244.1.2"));
        assert_eq!(next("10.244.1.1/30", &["10.244.1.2"], Some("10.244.1.2")), None);
        assert_eq!(next("10.244.1.1/29", &["10.244.1.6"], Some("10.244.1.6")).as_deref(), Some("10.244.1.2"));
    }

    #[test]
    fn it_ends_in_a_subnet_of_ipv6_too() {
        assert_eq!(next("fd00::1/64", &["fd00::2"], Some("fd00::2")).as_deref(), Some("fd00::3"));
        let last = "fd00::ffff:ffff:ffff:ffff";
        assert_eq!(next("fd00::1/64", &[last], Some(last)).as_deref(), Some("fd00::2"));
        assert_eq!(next("::1/0", &[], None).as_deref(), Some("::2"));
    }
}
