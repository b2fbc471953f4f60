//! Routes, and the words in which `ip route` reads and prints them.
//!
//! ```text
//! 10.244.2.0/24 via 192.168.1.12 dev eth0                                           made by `ip route add`
//! 10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1                     made by the kernel for an address
//! local 10.244.1.2 dev eth0 table local proto kernel scope host src 10.244.1.2      the same, in the table `local`
//! ```

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

/// The main table (`RT_TABLE_MAIN`, `include/uapi/linux/rtnetlink.h`).
pub const MAIN: u32 = 254;

/// Tables with names (`RT_TABLE_*`).
const TABLES: [(u32, &str); 3] = [(253, "default"), (MAIN, "main"), (255, "local")];

/// Scopes with names (`RT_SCOPE_*`).
const SCOPES: [(u8, &str); 5] = [(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")];

/// Who makes routes (`RTPROT_*`), in iproute2's words.
const PROTOCOLS: [(u8, &str); 21] = [
    (0, "unspec"),
    (1, "redirect"),
    (2, "kernel"),
    (3, "boot"),
    (4, "static"),
    (8, "gated"),
    (9, "ra"),
    (10, "mrt"),
    (11, "zebra"),
    (12, "bird"),
    (13, "dnrouted"),
    (14, "xorp"),
    (15, "ntk"),
    (16, "dhcp"),
    (18, "keepalived"),
    (42, "babel"),
    (186, "bgp"),
    (187, "isis"),
    (188, "ospf"),
    (189, "rip"),
    (192, "eigrp"),
];

/// What becomes of packets (`RTN_*`), in iproute2's words; `unicast` is not written.
const KINDS: [(u8, &str); 10] = [
    (1, ""),
    (2, "local"),
    (3, "broadcast"),
    (4, "anycast"),
    (5, "multicast"),
    (6, "blackhole"),
    (7, "unreachable"),
    (8, "prohibit"),
    (9, "throw"),
    (10, "nat"),
];

/// A number of the kernel's as a word.
pub(crate) mod words {
    use super::{KINDS, PROTOCOLS, named};

    /// `RTPROT_*`
    pub fn protocol(number: u8) -> String {
        named(&PROTOCOLS, number)
    }

    /// `RTN_*`
    pub fn kind(number: u8) -> String {
        named(&KINDS, number)
    }

    /// And back.
    pub fn protocol_number(word: &str) -> Option<u8> {
        number(&PROTOCOLS, word)
    }

    /// And back.
    pub fn kind_number(word: &str) -> Option<u8> {
        number(&KINDS, word)
    }

    fn number(names: &[(u8, &str)], word: &str) -> Option<u8> {
        let named = names.iter().find(|(_, name)| *name == word);
        named.map(|(number, _)| *number).or_else(|| word.parse().ok())
    }
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub to: IpNetwork,
    /// By way of which gateway; without one the destination is on the link itself.
    pub via: Option<IpAddr>,
    /// Out of which link.
    pub dev: Option<String>,
    /// Who made it: `kernel` for connected subnets, `boot` for what `ip route add` made, `static` …
    pub protocol: String,
    /// What becomes of a packet when it is not forwarded: `local`, `blackhole`, `unreachable`, `prohibit` …; empty for
    /// `unicast`.
    pub kind: String,
    /// The preference among routes to the same destination, lower first.
    pub metric: u32,
    /// The table that it is in.
    pub table: u32,
    /// How far the destination is (`RT_SCOPE_*`): 0 beyond a gateway, 253 on the link, 254 on this machine. IPv6 does
    /// without: always 0.
    pub scope: u8,
    /// The source address that packets from here get.
    pub source: Option<IpAddr>,
    /// The only packets that it is for, by their DS field; 0 for all.
    pub tos: u8,
    /// Whether the gateway is taken to be on the link although no subnet says so.
    pub onlink: bool,
    /// The largest packet, where the route and not the link decides.
    pub mtu: Option<u32>,
    /// The number of the nexthop object (`ip nexthop`) that says where packets go.
    pub nexthop: Option<u32>,
    /// The ways among which packets are shared out; `via` and `dev` are empty then.
    pub hops: Vec<NextHop>,
    /// What netlab has no field for, in `ip`'s words: `advmss 400`, `pref low` … A route is deleted without saying it.
    pub rest: Vec<String>,
}

/// One of several ways of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    /// By way of which gateway.
    pub via: Option<IpAddr>,
    /// Out of which link.
    pub dev: Option<String>,
    /// Its share, from 1.
    pub weight: u32,
    /// Whether the gateway is taken to be on the link although no subnet says so.
    pub onlink: bool,
}

impl Route {
    /// The route that `ip route add TO` makes, on which the rest can be put with `..`.
    pub fn to(to: IpNetwork) -> Route {
        Route {
            to,
            via: None,
            dev: None,
            protocol: "boot".into(),
            kind: String::new(),
            metric: 0,
            table: MAIN,
            scope: 0,
            source: None,
            tos: 0,
            onlink: false,
            mtu: None,
            nexthop: None,
            hops: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// All of it, also what need not be said to delete it.
    pub fn in_full(&self) -> String {
        let rest: Vec<String> = std::iter::once(self.to_string()).chain(self.rest.iter().cloned()).collect();
        rest.join(" ")
    }

    /// Whether the kernel made it, for an address or a link: it goes when they go.
    pub fn is_the_kernels(&self) -> bool {
        self.protocol == "kernel"
    }

    /// Whether it does the same to packets: who made it (`proto static`) is a label, unless it was the kernel.
    pub fn does_the_same_as(&self, other: &Route) -> bool {
        let labelled = Route { protocol: other.protocol.clone(), ..self.clone() };
        labelled == *other && self.is_the_kernels() == other.is_the_kernels()
    }

    /// What is typed behind `ip route` to add it: `append` for the kernel's own, of which there may be one to the same
    /// destination for each link, else `add`, which refuses to put a route beside another one.
    pub fn verb(&self) -> &'static str {
        if self.is_the_kernels() { "append" } else { "add" }
    }
}

/// As `ip route` prints it, so that `ip route delete` and `ip route add` take it (`ip -6 route` for IPv6).
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.kind.is_empty() {
            write!(f, "{} ", self.kind)?;
        }
        match (self.to.prefix(), self.to.is_ipv4()) {
            (32, true) | (128, false) => write!(f, "{}", self.to.ip())?,
            _ => f.write_str(&destination(&self.to))?,
        }
        if self.tos != 0 {
            write!(f, " tos {:#04x}", self.tos)?;
        }
        match self.nexthop {
            // The object says the rest, and `ip route delete` takes one or the other.
            Some(object) => write!(f, " nhid {object}")?,
            None => write_hop(f, &self.to, self.via, self.dev.as_deref())?,
        }
        if self.table != MAIN {
            write!(f, " table {}", table_word(self.table))?;
        }
        if self.protocol != "boot" {
            write!(f, " proto {}", self.protocol)?;
        }
        if self.scope != 0 {
            write!(f, " scope {}", named(&SCOPES, self.scope))?;
        }
        if let Some(source) = self.source {
            write!(f, " src {source}")?;
        }
        if self.metric != 0 {
            write!(f, " metric {}", self.metric)?;
        }
        if let Some(mtu) = self.mtu {
            write!(f, " mtu {mtu}")?;
        }
        if self.onlink {
            f.write_str(" onlink")?;
        }
        for hop in self.hops.iter().filter(|_| self.nexthop.is_none()) {
            f.write_str(" nexthop")?;
            write_hop(f, &self.to, hop.via, hop.dev.as_deref())?;
            write!(f, " weight {}{}", hop.weight, if hop.onlink { " onlink" } else { "" })?;
        }
        Ok(())
    }
}

fn write_hop(f: &mut fmt::Formatter<'_>, to: &IpNetwork, via: Option<IpAddr>, dev: Option<&str>) -> fmt::Result {
    match via {
        // An IPv4 destination by way of an IPv6 gateway.
        Some(via) if via.is_ipv6() && to.is_ipv4() => write!(f, " via inet6 {via}")?,
        Some(via) => write!(f, " via {via}")?,
        None => {}
    }
    dev.map_or(Ok(()), |dev| write!(f, " dev {dev}"))
}

/// A table's name, or its number.
pub(crate) fn table_word(table: u32) -> String {
    named(&TABLES, table)
}

fn named<T: Copy + PartialEq + fmt::Display>(names: &[(T, &str)], number: T) -> String {
    let name = names.iter().find(|(named, _)| *named == number);
    name.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// A destination as `ip route` writes it: `default` for a prefix of length 0.
pub fn destination(to: &IpNetwork) -> String {
    if to.prefix() == 0 { "default".into() } else { to.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_written_as_ip_writes_it() {
        let to = |text: &str| Route::to(text.parse().unwrap());
        let via = Route { via: "192.168.1.12".parse().ok(), dev: Some("eth0".into()), ..to("10.244.2.0/24") };
        assert_eq!(via.to_string(), "10.244.2.0/24 via 192.168.1.12 dev eth0");
        let kernel = Route {
            dev: Some("eth0".into()),
            kind: "local".into(),
            protocol: "kernel".into(),
            table: 255,
            scope: 254,
            source: "10.244.1.2".parse().ok(),
            ..to("10.244.1.2/32")
        };
        let text = "local 10.244.1.2 dev eth0 table local proto kernel scope host src 10.244.1.2";
        assert_eq!(kernel.to_string(), text);
        assert_eq!(Route { metric: 1024, table: 7, ..to("::/0") }.to_string(), "default table 7 metric 1024");
    }

    #[test]
    fn words_and_numbers() {
        assert_eq!(
            (words::protocol(2), words::kind(1), words::protocol(77)),
            ("kernel".into(), String::new(), "77".into())
        );
        assert_eq!((words::protocol_number("77"), words::kind_number("local")), (Some(77), Some(2)));
    }
}
