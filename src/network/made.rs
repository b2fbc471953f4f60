//! The routes that come about by an address, and by `ip route add`.
//!
//! ```text
//! 10.244.1.1/24 on cni0, up  ──▶  10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1      table main
//!                                 local 10.244.1.1 dev cni0 proto kernel scope host src 10.244.1.1   table local
//! fd00:10::1/64 on cni0, up  ──▶  fd00:10::/64 dev cni0 proto kernel metric 256                      table main
//!                                 local fd00:10::1 dev cni0 proto kernel                             table local
//! ```
//!
//! (`fib_add_ifaddr`, `net/ipv4/fib_frontend.c`; `addrconf_prefix_route`, `net/ipv6/addrconf.c`.) Anycast routes are
//! left out: nobody's lesson is about them.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::Route;

/// The table of what is for this machine itself (`RT_TABLE_LOCAL`, `include/uapi/linux/rtnetlink.h`).
const LOCAL: u32 = 255;

/// `RT_SCOPE_LINK` and `RT_SCOPE_HOST`.
const ON_THE_LINK: u8 = 253;
const ON_THIS_MACHINE: u8 = 254;

/// What the kernel gives IPv6 routes that are added without a metric (`IP6_RT_PRIO_USER`, `include/net/ip6_route.h`), and
/// its own connected ones (`IP6_RT_PRIO_ADDRCONF`).
const IPV6_METRIC: u32 = 1024;
const IPV6_CONNECTED_METRIC: u32 = 256;

impl Route {
    /// The route that `ip route add TO via GATEWAY` adds.
    pub fn by_way_of(to: IpNetwork, via: IpAddr, dev: Option<String>) -> Route {
        let metric = if to.is_ipv4() { 0 } else { IPV6_METRIC };
        Route { via: Some(via), dev, metric, ..Route::to(to) }
    }

    /// The routes that the kernel adds for an address of a link that is up.
    pub fn made_for(address: IpNetwork, link: &str) -> Vec<Route> {
        // The address is this machine's own before anything else: the other route has it as its source.
        let local = Route::local(address, link).into_iter();
        local.chain(Route::connected(address, link)).chain(Route::broadcast(address, link)).collect()
    }

    /// The same for an address of IPv4 in whose subnet the link has another one already, the primary: only what says that it
    /// is this machine's own, and from there the machine speaks with the primary (`fib_add_ifaddr`).
    pub fn made_for_secondary(address: IpNetwork, primary: IpNetwork, link: &str) -> Vec<Route> {
        let local = Route::local(address, link).into_iter();
        local.map(|route| Route { source: Some(primary.ip()), ..route }).collect()
    }

    /// The way to everybody of an IPv4 subnet.
    fn broadcast(address: IpNetwork, link: &str) -> Option<Route> {
        let IpNetwork::V4(subnet) = address else { return None };
        let route = |to: IpNetwork| Route {
            dev: Some(link.into()),
            kind: "broadcast".into(),
            protocol: "kernel".into(),
            table: LOCAL,
            scope: ON_THE_LINK,
            source: Some(address.ip()),
            ..Route::to(to)
        };
        (subnet.prefix() < 31).then(|| route(IpAddr::from(subnet.broadcast()).into()))
    }

    /// The way to all groups by a link that speaks IPv6 (`addrconf_add_mroute`, `net/ipv6/addrconf.c`).
    pub fn to_groups(link: &str) -> Option<Route> {
        let to = "ff00::/8".parse().ok()?;
        let (dev, kind, protocol) = (Some(link.into()), "multicast".into(), "kernel".into());
        Some(Route { dev, kind, protocol, table: LOCAL, metric: IPV6_CONNECTED_METRIC, ..Route::to(to) })
    }

    /// The way to the others of the subnet. An IPv4 address that is alone in its subnet has none, and that of the loopback
    /// is this machine itself.
    fn connected(address: IpNetwork, link: &str) -> Option<Route> {
        if address.ip().is_loopback() || is_on_loopback(address, link) || (address.is_ipv4() && address.prefix() == 32)
        {
            return None;
        }
        let to = IpNetwork::new(address.network(), address.prefix()).ok()?;
        let (metric, scope, source) = match to.is_ipv4() {
            true => (0, ON_THE_LINK, Some(address.ip())),
            false => (IPV6_CONNECTED_METRIC, 0, None),
        };
        Some(Route { dev: Some(link.into()), protocol: "kernel".into(), metric, scope, source, ..Route::to(to) })
    }

    /// What makes packets to the address this machine's own.
    fn local(address: IpNetwork, link: &str) -> Vec<Route> {
        let of = |to: IpNetwork| Route {
            dev: Some(link.into()),
            kind: "local".into(),
            protocol: "kernel".into(),
            table: LOCAL,
            scope: if to.is_ipv4() { ON_THIS_MACHINE } else { 0 },
            source: to.is_ipv4().then_some(address.ip()),
            ..Route::to(to)
        };
        // All of 127.0.0.0/8 is the machine itself. The address comes first: the other has it as its source.
        let whole = IpNetwork::new(address.network(), address.prefix()).ok();
        let whole = whole.filter(|whole| is_on_loopback(address, link) && whole.prefix() < 32);
        std::iter::once(IpNetwork::from(address.ip())).chain(whole).map(of).collect()
    }

    /// Whether the kernel made it for an address, as the way to the others of its subnet.
    pub fn is_connected(&self) -> bool {
        self.via.is_none() && self.kind.is_empty() && self.is_the_kernels()
    }
}

/// Whether it is an IPv4 address of the loopback: its subnet is all this machine.
fn is_on_loopback(address: IpNetwork, link: &str) -> bool {
    address.is_ipv4() && link == "lo"
}
