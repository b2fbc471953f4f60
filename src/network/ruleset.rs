//! nftables as plain values, and as the text that `nft` reads.
//!
//! ```text
//! table ip netlab {                                   Table
//!     comment "made by netlab for lab three-nodes"
//!     chain postrouting {                             Chain
//!         type nat hook postrouting priority srcnat; policy accept;
//!         ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade    Rule
//!     }
//! }
//! ```
//!
//! One value yields both the text (here) and the bytes (`kernel/nft`), so that they cannot drift apart.

mod find;

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

pub use find::find_rule;

/// The family of a table: which packets it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4 (`ip`).
    Ip,
    /// IPv6 (`ip6`).
    Ip6,
    /// Both (`inet`).
    Inet,
    /// What a bridge carries (`bridge`).
    Bridge,
    /// What enters or leaves one device (`netdev`).
    Netdev,
    /// ARP (`arp`).
    Arp,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// A comment for people.
    pub comment: Option<String>,
    /// Whether it sleeps (`flags dormant`): no packet passes its chains.
    pub dormant: bool,
    /// Its chains.
    pub chains: Vec<Chain>,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Where it hooks into the kernel's path; a chain without a hook is only jumped to.
    pub hook: Option<Hook>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// Where and when a base chain runs, and what becomes of packets that no rule decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// `filter`, `nat` or `route`.
    pub kind: String,
    /// `prerouting`, `input`, `forward`, `output` or `postrouting`; with its device where a hook belongs to one:
    /// `ingress device "eth0"`.
    pub hook: String,
    /// Lower runs first. Source NAT's customary place is 100 (`srcnat`).
    pub priority: i32,
    /// `accept` or `drop`.
    pub policy: String,
}

/// A rule: matches, then what is done.
///
/// Conditions on addresses of both families in one rule cannot all hold; neither `nft` nor netlab makes such a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its conditions and its action, from left to right.
    pub parts: Vec<Part>,
    /// A comment for people.
    pub comment: Option<String>,
    /// Its number, once the kernel has it.
    pub handle: Handle,
}

/// The number by which the kernel knows a rule: `# handle 5` in `nft -a list ruleset`.
///
/// It says where a rule is, not what it is: rules are equal when all but their handles is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Handle(pub Option<u64>);

impl PartialEq for Handle {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Handle {}

/// One part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `ip saddr 10.244.1.0/24`, `ip6 daddr != fd00::/48`.
    Address {
        /// Source (`saddr`) or destination (`daddr`).
        side: Side,
        /// Whether addresses outside `network` match instead.
        not: bool,
        /// The network.
        network: IpNetwork,
    },
    /// `masquerade`: the source becomes the address of the interface that the packet leaves by.
    Masquerade,
    /// `snat to 198.51.100.7`: the source becomes this address.
    Snat(IpAddr),
    /// Anything that netlab did not make and can put into nft's words: `counter`, `drop`, `tcp dport 80` …, or in
    /// brackets what it cannot: `[hash]`.
    Other(String),
}

/// Which address of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The source.
    Source,
    /// The destination.
    Destination,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Family::Ip => "ip",
            Family::Ip6 => "ip6",
            Family::Inet => "inet",
            Family::Bridge => "bridge",
            Family::Netdev => "netdev",
            Family::Arp => "arp",
        })
    }
}

/// Customary priorities by name (`NF_IP_PRI_*`, `include/uapi/linux/netfilter_ipv4.h`), each with the one hook that it
/// is the name for, if it is not for all.
const PRIORITIES: [(i32, &str, Option<&str>); 6] = [
    (-300, "raw", None),
    (-150, "mangle", None),
    (-100, "dstnat", Some("prerouting")),
    (0, "filter", None),
    (50, "security", None),
    (100, "srcnat", Some("postrouting")),
];

/// The same for bridges (`NF_BR_PRI_*`, `include/uapi/linux/netfilter_bridge.h`).
const BRIDGE_PRIORITIES: [(i32, &str, Option<&str>); 4] = [
    (-300, "dstnat", Some("prerouting")),
    (-200, "filter", None),
    (100, "out", Some("output")),
    (300, "srcnat", Some("postrouting")),
];

/// ARP and device chains know one name only.
const FILTER_PRIORITY: [(i32, &str, Option<&str>); 1] = [(0, "filter", None)];

/// How far from a named priority `nft` still writes `srcnat + 5`.
const REACH: i32 = 10;

impl Hook {
    /// The hook as `nft` writes it in a table of this family: `type nat hook postrouting priority srcnat; policy accept;`.
    pub fn text(&self, family: Family) -> String {
        let Hook { kind, hook, policy, .. } = self;
        format!("type {kind} hook {hook} priority {}; policy {policy};", self.priority_text(family))
    }

    fn priority_text(&self, family: Family) -> String {
        let names: &[(i32, &str, Option<&str>)] = match family {
            Family::Ip | Family::Ip6 | Family::Inet => &PRIORITIES,
            Family::Bridge => &BRIDGE_PRIORITIES,
            Family::Netdev | Family::Arp => &FILTER_PRIORITY,
        };
        let near = names.iter().find(|(named, ..)| self.priority.abs_diff(*named) <= REACH.unsigned_abs());
        match near {
            Some((named, name, only)) if only.is_none_or(|hook| hook == self.hook) => match self.priority - named {
                0 => (*name).to_owned(),
                above @ 1.. => format!("{name} + {above}"),
                below => format!("{name} - {}", below.unsigned_abs()),
            },
            _ => self.priority.to_string(),
        }
    }
}

/// As in a table of IPv4, IPv6 or both.
impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text(Family::Inet))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Address { side, not, network } => {
                let family = if network.is_ipv4() { "ip" } else { "ip6" };
                let side = match side {
                    Side::Source => "saddr",
                    Side::Destination => "daddr",
                };
                let not = if *not { "!= " } else { "" };
                let (address, length) = (network.ip(), network.prefix());
                match (network, length) {
                    // nft leaves out the length of a single address.
                    (IpNetwork::V4(_), 32) | (IpNetwork::V6(_), 128) => write!(f, "{family} {side} {not}{address}"),
                    _ => write!(f, "{family} {side} {not}{address}/{length}"),
                }
            }
            Part::Masquerade => f.write_str("masquerade"),
            Part::Snat(address) => write!(f, "snat to {address}"),
            Part::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if i == 0 { "" } else { " " })?;
        }
        match &self.comment {
            Some(comment) => write!(f, " comment \"{comment}\""),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "table {} {} {{", self.family, self.name)?;
        if let Some(comment) = &self.comment {
            writeln!(f, "    comment \"{comment}\"")?;
        }
        if self.dormant {
            writeln!(f, "    flags dormant")?;
        }
        for chain in &self.chains {
            writeln!(f, "    chain {} {{", chain.name)?;
            if let Some(hook) = &chain.hook {
                writeln!(f, "        {}", hook.text(self.family))?;
            }
            for rule in &chain.rules {
                writeln!(f, "        {rule}")?;
            }
            writeln!(f, "    }}")?;
        }
        f.write_str("}")
    }
}
