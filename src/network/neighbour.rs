//! Who is behind an address, and where a hardware address is: entries of the neighbour table and of forwarding databases.
//!
//! ```text
//! 10.244.2.0 dev flannel.1 at 66:2a:00:00:04:02, permanent                  Neighbour
//! 66:2a:00:00:04:02 dev flannel.1 dst 192.168.1.12 self                     FdbEntry, of a VXLAN device
//! 02:00:00:00:00:09 dev veth-a master                                       FdbEntry, of a bridge
//! ```

use std::fmt;
use std::net::IpAddr;

use super::Mac;

/// A neighbour entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The neighbour's address.
    pub address: IpAddr,
    /// The link that it is reached by.
    pub link: String,
    /// Its hardware address, once known.
    pub mac: Option<Mac>,
    /// `reachable`, `stale`, `failed` … (`NUD_*`); `permanent` for one that somebody made by hand, and `proxy` for an
    /// address that this machine answers for.
    pub state: String,
}

impl Neighbour {
    /// The state of one that somebody made.
    pub const PERMANENT: &str = "permanent";

    /// Whether it is of this address on this link.
    pub fn is_of(&self, link: &str, address: IpAddr) -> bool {
        self.address == address && self.link == link && !self.is_proxy()
    }

    /// With what is known of it: `10.244.2.0 dev flannel.1 at 66:…, permanent`.
    pub fn in_full(&self) -> String {
        match self.mac {
            Some(mac) => format!("{self} at {mac}, {}", self.state),
            None => self.to_string(),
        }
    }

    /// Whether it is an address that this machine answers for.
    pub fn is_proxy(&self) -> bool {
        self.state == "proxy"
    }

    /// Whether somebody made it: the kernel's own come and go, and never have these states.
    pub fn by_hand(&self) -> bool {
        matches!(self.state.as_str(), "permanent" | "noarp" | "proxy")
    }
}

/// As `ip neigh delete` takes it: `10.244.1.9 dev eth0`.
impl fmt::Display for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} dev {}", if self.is_proxy() { "proxy " } else { "" }, self.address, self.link)
    }
}

/// A forwarding entry of a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdbEntry {
    /// The hardware address.
    pub mac: Mac,
    /// The port behind which it is.
    pub port: String,
    /// The bridge.
    pub bridge: Option<String>,
    /// `permanent` for the port's own address, else learned.
    pub permanent: bool,
    /// The VLAN that it is for, where the bridge tells them apart.
    pub vlan: Option<u16>,
    /// For a VXLAN's entry the address that frames are sent to.
    pub vtep: Option<IpAddr>,
    /// With it the UDP port and the network identifier there, where they are not the device's own.
    pub other: [Option<u32>; 2],
    /// Whether somebody made it: neither the port's own address, nor learned, nor a multicast group.
    pub by_hand: bool,
}

impl FdbEntry {
    /// Whether it says the same: `permanent` and `static` are two words for what never ages.
    pub fn is_the_same_as(&self, other: &FdbEntry) -> bool {
        let labelled = FdbEntry { permanent: other.permanent, by_hand: other.by_hand, ..self.clone() };
        labelled == *other
    }

    /// Whether the port's bridge keeps it (`master`); else the link itself does (`self`), be it a bridge.
    pub fn is_the_bridges(&self) -> bool {
        self.bridge.as_ref().is_some_and(|bridge| *bridge != self.port)
    }
}

/// As `bridge fdb delete` takes it: `02:00:00:00:00:09 dev veth-a master`, `66:2a:… dev flannel.1 dst 192.168.1.12 self`.
impl fmt::Display for FdbEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.is_the_bridges() { "master" } else { "self" };
        write!(f, "{} dev {}", self.mac, self.port)?;
        self.vtep.map_or(Ok(()), |vtep| write!(f, " dst {vtep}"))?;
        let [port, vni] = self.other;
        port.map_or(Ok(()), |port| write!(f, " port {port}"))?;
        vni.map_or(Ok(()), |vni| write!(f, " vni {vni}"))?;
        write!(f, " {whose}")?;
        self.vlan.map_or(Ok(()), |vlan| write!(f, " vlan {vlan}"))
    }
}
