//! One namespace's network as plain values: what a step predicts, what the kernel is seen to hold, what a report prints.
//!
//! ```text
//! Namespace ── links      eth0, cni0, veth-red … with their peers and settings
//!           ├─ addresses  10.244.1.1/24 on cni0
//!           ├─ routes     10.244.2.0/24 via 192.168.1.12
//!           ├─ policy     pref 0 from all lookup local
//!           ├─ neighbours 10.244.1.2 is at 7e:…
//!           ├─ fdb        7e:… is behind veth-red
//!           ├─ tables     ip netlab { chain postrouting { … masquerade } }
//!           └─ ipam       10.244.1.2 is pod-a's
//! ```
//!
//! Nothing here asks the kernel anything: [`crate::kernel::observe`] fills these values.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnetwork::IpNetwork;

use crate::names::MachineName;
use ruleset::{Chain, Family, Table};

pub mod changes;
pub mod effect;
pub mod ipam;
mod made;
mod neighbour;
pub mod policy_rule;
mod route;
pub mod ruleset;
pub mod setting;
pub mod sysctl;
pub mod watched;

pub use neighbour::{FdbEntry, Neighbour};
pub use route::{MAIN, NextHop, Route, destination};
pub(crate) use route::{table_word, words};

/// The namespaces of a lab, by machine.
pub type Namespaces = BTreeMap<MachineName, Namespace>;

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// What a VXLAN device's entry is for when it is for all that has none of its own.
    pub const ZERO: Mac = Mac([0; 6]);

    /// The address that IPv6 makes from it: `fe80::`, and the hardware address with `ff:fe` in its middle and the bit for
    /// local administration turned (EUI-64).
    pub fn link_local(self) -> IpAddr {
        let [a, b, c, d, e, f] = self.0.map(u16::from);
        let half = |high: u16, low: u16| high << 8 | low;
        IpAddr::from([0xfe80, 0, 0, 0, half(a ^ 2, b), half(c, 0xff), half(0xfe, d), half(e, f)])
    }
}

impl std::str::FromStr for Mac {
    type Err = ();

    /// Reads `7e:09:00:12:34:56`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = text.split(':').map(|pair| match pair.len() {
            2 if pair.bytes().all(|b| b.is_ascii_hexdigit()) => u8::from_str_radix(pair, 16).map_err(drop),
            _ => Err(()),
        });
        let mut mac = [0; 6];
        for byte in &mut mac {
            *byte = bytes.next().ok_or(())??;
        }
        bytes.next().map_or(Ok(Mac(mac)), |_| Err(()))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        f.pad(&format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"))
    }
}

/// What one network namespace holds.
#[derive(Debug, Clone, Default)]
pub struct Namespace {
    /// Its links, by index.
    pub links: Vec<Link>,
    /// The addresses of all its links.
    pub addresses: Vec<Address>,
    /// The routes of the main table, and those of other tables if they were asked for.
    pub routes: Vec<Route>,
    /// Which tables packets are looked up in, if it was asked for.
    pub policy_rules: Vec<policy_rule::PolicyRule>,
    /// Neighbour entries (ARP and NDP).
    pub neighbours: Vec<Neighbour>,
    /// Forwarding entries of its bridges.
    pub fdb: Vec<FdbEntry>,
    /// Its nftables.
    pub tables: Vec<ruleset::Table>,
    /// Those sysctls that were asked for, by key.
    pub sysctls: BTreeMap<String, String>,
    /// The addresses that it has given out, or asks for, if it was asked for.
    pub ipam: ipam::Ipam,
}

impl Namespace {
    /// The link of this name.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|l| l.name == name)
    }

    /// The nftables table of this family and name.
    pub fn table(&self, family: Family, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.family == family && table.name == name)
    }

    /// A chain of it.
    pub fn chain(&self, family: Family, table: &str, name: &str) -> Option<&Chain> {
        self.table(family, table)?.chains.iter().find(|chain| chain.name == name)
    }

    /// The routes of the main table.
    pub fn main_routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(|route| route.table == MAIN)
    }

    /// At which address a DHCP server listens, unless that is no address of the machine any more: then the server is
    /// about to end.
    pub fn dhcp_server(&self) -> Option<Ipv4Addr> {
        let has = |at: &Ipv4Addr| self.addresses.iter().any(|there| there.address.ip() == IpAddr::V4(*at));
        self.ipam.server.filter(|at| at.is_unspecified() || has(at))
    }

    /// The addresses of the link of this name.
    pub fn addresses_of<'a>(&'a self, link: &'a str) -> impl Iterator<Item = &'a Address> {
        self.addresses.iter().filter(move |a| a.link == link)
    }
}

/// A link, as `ip -d link` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number in the namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// What kind it is: `bridge`, `veth`, or empty for what has none (`lo`).
    pub kind: String,
    /// Whether it is administratively up (`IFF_UP`).
    pub up: bool,
    /// Whether it has a carrier (`IFF_LOWER_UP`).
    pub carrier: bool,
    /// Whether the kernel's other parts have heard of the carrier (`operstate`): until then, routes by way of the link
    /// are marked `linkdown`.
    pub operational: bool,
    /// Maximum transmission unit in bytes.
    pub mtu: u32,
    /// Its hardware address; `lo` and tunnels have none worth printing.
    pub mac: Option<Mac>,
    /// The bridge that it is a port of.
    pub master: Option<String>,
    /// Its state as a bridge port.
    pub port: Option<PortState>,
    /// Whether the kernel gives it an IPv6 link-local address by itself (`addrgenmode` other than `none`).
    pub generates_link_local: bool,
    /// The other end of a veth pipe, if it was asked for and is in the lab.
    pub peer: Option<Peer>,
    /// The index of the link that it stands on (`eth0.100` on `eth0`), for kinds that stand on one.
    pub over: Option<u32>,
    /// Where it encapsulates to, for a VXLAN.
    pub vxlan: Option<Vxlan>,
    /// Its adjustable settings, if they were asked for, in the order of [`setting::SETTINGS`].
    pub settings: Vec<setting::Value>,
}

/// The other end of a veth pipe.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The machine that it is in.
    pub machine: MachineName,
    /// Its name there.
    pub link: String,
}

/// What a VXLAN link is made with (`ip link add … type vxlan id …`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vxlan {
    /// The network identifier.
    pub vni: u32,
    /// The UDP port that it listens on and sends to.
    pub port: u16,
    /// The address that it sends from.
    pub local: Option<IpAddr>,
    /// The link that it sends by, with which it goes.
    pub dev: Option<String>,
    /// Whether it learns who is where from what comes in.
    pub learning: bool,
}

/// As it is typed behind `type vxlan`: `id 1 local 192.168.1.11 dev eth0 dstport 8472 nolearning`.
impl fmt::Display for Vxlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id {}", self.vni)?;
        self.local.map_or(Ok(()), |local| write!(f, " local {local}"))?;
        self.dev.as_ref().map_or(Ok(()), |dev| write!(f, " dev {dev}"))?;
        write!(f, " dstport {} {}", self.port, if self.learning { "learning" } else { "nolearning" })
    }
}

impl Link {
    /// A link as it is born: down, of 1500 bytes, a port of nothing.
    pub fn new(name: &str, kind: &str) -> Self {
        Link {
            index: 0,
            name: name.into(),
            kind: kind.into(),
            up: false,
            carrier: false,
            operational: false,
            mtu: setting::ETHERNET_MTU,
            mac: None,
            master: None,
            port: None,
            generates_link_local: true,
            peer: None,
            over: None,
            vxlan: None,
            settings: Vec::new(),
        }
    }
}

/// What a bridge port does with frames (`BR_STATE_*`, `include/uapi/linux/if_bridge.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortState {
    /// Nothing: the link or its carrier is down.
    Disabled,
    /// It hears spanning tree only.
    Blocking,
    /// It listens, on its way to forwarding.
    Listening,
    /// It learns addresses, on its way to forwarding.
    Learning,
    /// It carries frames.
    Forwarding,
}

impl fmt::Display for PortState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            PortState::Disabled => "disabled",
            PortState::Blocking => "blocking",
            PortState::Listening => "listening",
            PortState::Learning => "learning",
            PortState::Forwarding => "forwarding",
        })
    }
}

/// What is said of an address that is not for ever.
pub(crate) const FOR_A_WHILE: &str = "valid_lft not forever";

/// An address of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The link that bears it.
    pub link: String,
    /// The address and its prefix length.
    pub address: IpNetwork,
    /// Whether duplicate address detection still runs (IPv6): the address cannot be used yet.
    pub tentative: bool,
    /// Whether the address reaches beyond its link (`scope global`, not `link` or `host`).
    pub global: bool,
    /// Whether another one of its subnet was there first, whose routes serve it, too (IPv4).
    pub secondary: bool,
    /// What it is beside what `ip addr add ADDRESS dev LINK` makes, in `ip`'s words: `deprecated`, `noprefixroute` …
    pub unusual: Vec<String>,
}

impl Address {
    /// An address as `ip addr add` makes it.
    pub fn new(link: &str, address: IpNetwork) -> Self {
        let global = !address.ip().is_loopback();
        Address { link: link.into(), address, tentative: false, global, secondary: false, unusual: Vec::new() }
    }

    /// Whether it has the form of those that IPv6 makes from a link's hardware address, be it a former one: a bridge
    /// takes its address from its ports.
    pub fn is_made_by_itself(&self) -> bool {
        let middle = |ip: std::net::Ipv6Addr| (ip.octets()[11], ip.octets()[12]) == (0xff, 0xfe);
        self.is_link_local() && matches!(self.address.ip(), IpAddr::V6(ip) if middle(ip))
    }

    /// Whether the kernel takes it away after a while, as one that is leased.
    pub fn is_leased(&self) -> bool {
        self.unusual.iter().any(|word| word == FOR_A_WHILE)
    }

    /// Whether it is one of those that reach no further than the link, of IPv6.
    pub fn is_link_local(&self) -> bool {
        matches!(self.address.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local())
    }
}

/// With its unusual sides, as `ip addr` prints it: `10.244.1.2/24 deprecated`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        self.unusual.iter().try_for_each(|word| write!(f, " {word}"))
    }
}
