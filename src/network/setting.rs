//! What can be set on a link beside up, its addresses and its bridge: one table.
//!
//! ```text
//! word         whose   fresh   typed
//! mtu          link     1500   ip link set dev eth0 mtu 1500
//! stp_state    bridge      0   ip link set dev cni0 type bridge stp_state 0
//! isolated     port        0   ip link set dev veth-a type bridge_slave isolated off
//! ```
//!
//! A link is fresh when it was made and nobody has set anything since: what a fresh one has was read from links that the
//! kernel had just made, and a test reads it anew.

use super::Link;

/// What a setting belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Any link.
    Link,
    /// A bridge.
    Bridge,
    /// A bridge's port.
    Port,
}

/// How the value is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// As a number.
    Number,
    /// As `on` or `off`.
    Switch,
}

/// Where netlink keeps the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In a flag of the link (`IFF_*`, `include/uapi/linux/if.h`).
    Flag {
        /// The flag.
        bit: u32,
        /// Whether the flag means `off`, as `IFF_NOARP` does.
        inverted: bool,
    },
    /// In an attribute of the link (`IFLA_*`), of its bridge (`IFLA_BR_*`) or of its port (`IFLA_BRPORT_*`; all in
    /// `include/uapi/linux/if_link.h`).
    Attribute {
        /// Its number.
        number: u16,
        /// How many bytes it has.
        width: u8,
    },
}

/// One thing that can be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The word of iproute2.
    pub word: &'static str,
    /// What it belongs to.
    pub owner: Owner,
    /// How it is typed.
    pub typed: Typed,
    /// Where it is kept.
    pub kept: Kept,
    /// What a fresh link has, if it is not one of those that [`Setting::fresh`] knows better.
    default: u64,
}

/// A setting as a link has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Which one.
    pub setting: &'static Setting,
    /// What is set; 1 and 0 where `on` and `off` are typed.
    pub value: u64,
}

const fn flag(word: &'static str, bit: i32, inverted: bool, default: u64) -> Setting {
    let kept = Kept::Flag { bit: bit.cast_unsigned(), inverted };
    Setting { word, owner: Owner::Link, typed: Typed::Switch, kept, default }
}

const fn number(owner: Owner, word: &'static str, number: u16, width: u8, default: u64) -> Setting {
    Setting { word, owner, typed: Typed::Number, kept: Kept::Attribute { number, width }, default }
}

const fn switch(owner: Owner, word: &'static str, number: u16, default: u64) -> Setting {
    Setting { word, owner, typed: Typed::Switch, kept: Kept::Attribute { number, width: 1 }, default }
}

use Owner::{Bridge, Port};

/// What a link is born with that carries Ethernet frames, in bytes (`ETH_DATA_LEN`, `include/uapi/linux/if_ether.h`).
pub const ETHERNET_MTU: u32 = 1500;

/// The smallest MTU with which a link has IPv6, in bytes (`IPV6_MIN_MTU`, `include/uapi/linux/ipv6.h`; RFC 8200).
pub const IPV6_MIN_MTU: u32 = 1280;

const MTU: Setting = number(Owner::Link, "mtu", 4, 4, ETHERNET_MTU as u64);

/// The largest packet that a link sends, in bytes.
pub fn mtu() -> &'static Setting {
    let [first, ..] = &SETTINGS;
    first
}

/// All settings. Times of bridges are in hundredths of a second.
///
/// Left out is what no packet notices (statistics, names for people, timers of multicast queries), and the hardware
/// address: netlink does not say whether somebody set it or the kernel drew it by lot (`addr_assign_type` is in sysfs
/// only, and `IFLA_PERM_ADDRESS` is of hardware alone).
pub static SETTINGS: [Setting; 41] = [
    // Of any link. A bridge's MTU follows the smallest of its ports' until somebody sets it; from then on never again.
    MTU,
    number(Owner::Link, "txqueuelen", 13, 4, 1000),
    flag("promisc", libc::IFF_PROMISC, false, 0),
    flag("allmulticast", libc::IFF_ALLMULTI, false, 0),
    flag("multicast", libc::IFF_MULTICAST, false, 1),
    flag("arp", libc::IFF_NOARP, true, 1),
    // Of a bridge.
    number(Bridge, "forward_delay", 1, 4, 1500),
    number(Bridge, "hello_time", 2, 4, 200),
    number(Bridge, "max_age", 3, 4, 2000),
    number(Bridge, "ageing_time", 4, 4, 30_000),
    number(Bridge, "stp_state", 5, 4, 0),
    number(Bridge, "priority", 6, 2, 32_768),
    number(Bridge, "vlan_filtering", 7, 1, 0),
    number(Bridge, "group_fwd_mask", 9, 2, 0),
    number(Bridge, "mcast_router", 22, 1, 1),
    number(Bridge, "mcast_snooping", 23, 1, 1),
    number(Bridge, "mcast_querier", 25, 1, 0),
    number(Bridge, "nf_call_iptables", 36, 1, 0),
    number(Bridge, "nf_call_ip6tables", 37, 1, 0),
    number(Bridge, "nf_call_arptables", 38, 1, 0),
    number(Bridge, "vlan_default_pvid", 39, 2, 1),
    // Of a port. Without spanning tree the kernel turns state 0 and 4 (disabled, blocking) into 3 again at once, and 1 and
    // 2 (listening, learning) after 30 and 15 seconds; with it, nobody but the kernel may set it.
    number(Port, "state", 1, 1, 3),
    number(Port, "priority", 2, 2, 32),
    number(Port, "cost", 3, 4, 2),
    switch(Port, "hairpin", 4, 0),
    switch(Port, "guard", 5, 0),
    switch(Port, "root_block", 6, 0),
    switch(Port, "fastleave", 7, 0),
    switch(Port, "learning", 8, 1),
    switch(Port, "flood", 9, 1),
    switch(Port, "proxy_arp", 10, 0),
    switch(Port, "proxy_arp_wifi", 12, 0),
    number(Port, "mcast_router", 25, 1, 1),
    switch(Port, "mcast_flood", 27, 1),
    switch(Port, "mcast_to_unicast", 28, 0),
    switch(Port, "vlan_tunnel", 29, 0),
    switch(Port, "bcast_flood", 30, 1),
    number(Port, "group_fwd_mask", 31, 2, 0),
    switch(Port, "neigh_suppress", 32, 0),
    switch(Port, "isolated", 33, 0),
    switch(Port, "locked", 39, 0),
];

impl Setting {
    /// The setting of this owner and word.
    pub fn find(owner: Owner, word: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.owner == owner && setting.word == word)
    }

    /// What a fresh link like this one has. `lo` takes longer packets and has no multicast; a port forwards as soon as it
    /// is up and has a carrier, and is disabled until then.
    pub fn fresh(&self, link: &Link) -> u64 {
        match (self.owner, self.word) {
            (Owner::Link, "mtu") if link.name == "lo" => 65_536,
            (Owner::Link, "multicast") if link.name == "lo" => 0,
            (Port, "state") if !(link.up && link.carrier) => 0,
            _ => self.default,
        }
    }

    /// The value as it is typed: `on` for a switch's 1.
    pub fn text(&self, value: u64) -> String {
        match (self.typed, value) {
            (Typed::Number, _) => value.to_string(),
            (Typed::Switch, 0) => "off".into(),
            (Typed::Switch, _) => "on".into(),
        }
    }

    /// What is typed behind `ip` to set it: `link set dev cni0 type bridge stp_state 0`.
    pub fn arguments(&self, link: &str, value: u64) -> String {
        let owner = match self.owner {
            Owner::Link => "",
            Owner::Bridge => "type bridge ",
            Owner::Port => "type bridge_slave ",
        };
        format!("link set dev {link} {owner}{} {}", self.word, self.text(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_typed_as_iproute2_reads_it() {
        let typed = |owner, word, value| Setting::find(owner, word).unwrap().arguments("eth0", value);
        assert_eq!(typed(Owner::Link, "mtu", 1500), "link set dev eth0 mtu 1500");
        assert_eq!(typed(Owner::Link, "arp", 1), "link set dev eth0 arp on");
        assert_eq!(typed(Bridge, "stp_state", 0), "link set dev eth0 type bridge stp_state 0");
        assert_eq!(typed(Port, "isolated", 0), "link set dev eth0 type bridge_slave isolated off");
    }

    #[test]
    fn no_setting_is_there_twice() {
        for setting in &SETTINGS {
            assert!(std::ptr::eq(Setting::find(setting.owner, setting.word).unwrap(), setting), "{}", setting.word);
        }
        assert_eq!((mtu().owner, mtu().word), (Owner::Link, "mtu"));
    }
}
