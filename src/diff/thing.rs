//! A thing that a namespace may hold beside, or in place of, what the plan makes; and how to be rid of it.
//!
//! ```text
//! Thing::Link("dummy0")      link dummy0 (dummy)              ip -n node-1 link delete dummy0
//! Thing::Rule { handle: 5 }  rule `drop` in netlab postrouting  … nft delete rule ip netlab postrouting handle 5
//! ```

use std::fmt;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::kernel::nft::{self, Change};
use crate::kernel::request::{Ipam, Request};
use crate::names::MachineName;
use crate::network::ipam::{self, Holder};
use crate::network::policy_rule::PolicyRule;
use crate::network::ruleset::Family;
use crate::network::{FdbEntry, Namespaces, Neighbour, Route, effect};
use crate::step::{Bridge, Inside, Ip, quoted};

/// A thing that a namespace may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// The namespace itself.
    Namespace,
    /// A link, by its name.
    Link(String),
    /// An address of a link.
    Address {
        /// The link.
        link: String,
        /// The address and its prefix length.
        address: IpNetwork,
    },
    /// A route.
    Route(Route),
    /// A neighbour entry that somebody made.
    Neighbour(Neighbour),
    /// A forwarding entry of a bridge that somebody made.
    Fdb(FdbEntry),
    /// A policy rule.
    PolicyRule(PolicyRule),
    /// An nftables table.
    Table {
        /// Its family.
        family: Family,
        /// Its name.
        name: String,
    },
    /// A chain.
    Chain {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// Its name.
        name: String,
    },
    /// A rule.
    Rule {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// Its number.
        handle: u64,
        /// Its text.
        text: String,
    },
    /// A lease of host-local's.
    Lease {
        /// The network's name.
        network: String,
        /// The address.
        address: IpAddr,
        /// Who has it.
        holder: Holder,
    },
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Thing::Namespace => f.write_str("namespace"),
            Thing::Link(name) => write!(f, "link {name}"),
            Thing::Address { link, address } => write!(f, "address {address} on {link}"),
            Thing::Route(route) => write!(f, "route {}", route.in_full()),
            Thing::Neighbour(neighbour) => write!(f, "neighbour {}", neighbour.in_full()),
            Thing::Fdb(entry) => write!(f, "forwarding entry {entry}"),
            Thing::PolicyRule(rule) => write!(f, "policy rule {rule}"),
            Thing::Table { family, name } => write!(f, "table {family} {name}"),
            Thing::Chain { family, table, name } => write!(f, "chain {name} in table {family} {table}"),
            Thing::Rule { family, table, chain, text, .. } => {
                write!(f, "rule `{text}` in {chain} of table {family} {table}")
            }
            Thing::Lease { address, holder, .. } => write!(f, "lease {address} of {holder}"),
        }
    }
}

impl Thing {
    /// The link that it hangs on.
    pub(super) fn link(&self) -> Option<&str> {
        match self {
            Thing::Address { link, .. } => Some(link),
            Thing::Route(route) => route.dev.as_deref(),
            Thing::Neighbour(neighbour) => Some(&neighbour.link),
            Thing::Fdb(entry) => Some(&entry.port),
            _ => None,
        }
    }

    /// What hangs on others goes before them: the lower, the earlier.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Thing::Rule { .. } | Thing::Lease { .. } => 0,
            Thing::Chain { .. } => 1,
            Thing::Table { .. } => 2,
            Thing::Route(_) | Thing::PolicyRule(_) | Thing::Neighbour(_) | Thing::Fdb(_) => 3,
            Thing::Address { .. } => 4,
            Thing::Link(_) => 5,
            Thing::Namespace => 6,
        }
    }

    /// Whether it is there.
    pub(super) fn is_there(&self, at: &MachineName, seen: &Namespaces) -> bool {
        let Some(ns) = seen.get(at) else { return false };
        match self {
            Thing::Namespace => true,
            Thing::Link(name) => ns.link(name).is_some(),
            Thing::Address { link, address } => ns.addresses_of(link).any(|there| there.address == *address),
            Thing::Route(route) => ns.routes.contains(route),
            Thing::Neighbour(neighbour) => ns.neighbours.contains(neighbour),
            Thing::Fdb(entry) => ns.fdb.contains(entry),
            Thing::PolicyRule(rule) => ns.policy_rules.contains(rule),
            Thing::Table { family, name } => ns.table(*family, name).is_some(),
            Thing::Chain { family, table, name } => ns.chain(*family, table, name).is_some(),
            Thing::Rule { family, table, chain, handle, .. } => ns
                .chain(*family, table, chain)
                .is_some_and(|chain| chain.rules.iter().any(|rule| rule.handle.0 == Some(*handle))),
            Thing::Lease { network, address, holder } => {
                ns.ipam.networks.get(network).is_some_and(|leases| leases.held.get(address) == Some(holder))
            }
        }
    }

    /// The change to the ruleset that deletes it, if it is of one.
    fn change(&self) -> Option<Change> {
        match self.clone() {
            Thing::Table { family, name } => Some(Change::DeleteTable { family, table: name }),
            Thing::Chain { family, table, name } => Some(Change::DeleteChain { family, table, chain: name }),
            Thing::Rule { family, table, chain, handle, .. } => {
                Some(Change::DeleteRule { family, table, chain, handle })
            }
            _ => None,
        }
    }

    /// The command that deletes it.
    pub(super) fn command(&self, at: &MachineName) -> String {
        let ip = Ip(at);
        match self {
            Thing::Namespace => format!("ip netns delete {at}"),
            Thing::Link(name) => format!("{ip} link delete {}", quoted(name)),
            Thing::Address { link, address } => format!("{ip} addr delete {address} dev {link}"),
            Thing::Route(route) => format!("{ip}{} route delete {route}", minus_6(route.to.is_ipv6())),
            Thing::Neighbour(neighbour) => format!("{ip} neigh delete {neighbour}"),
            Thing::Fdb(entry) => format!("{} fdb delete {entry}", Bridge(at)),
            Thing::PolicyRule(rule) => format!("{ip}{} rule delete {rule}", minus_6(rule.ipv6)),
            Thing::Table { .. } | Thing::Chain { .. } | Thing::Rule { .. } => {
                let change = self.change().map(|change| nft::command(&change)).unwrap_or_default();
                format!("{}{change}", Inside(at))
            }
            Thing::Lease { network, address, .. } => {
                format!("rm {}", quoted(&format!("{}/{address}", ipam::network_directory(at, network))))
            }
        }
    }

    /// The request that deletes it; none for a link whose name none of netlab's could be.
    pub(super) fn request(&self) -> Option<Request> {
        match self {
            Thing::Namespace => Some(Request::NetnsDelete),
            Thing::Link(name) => Some(Request::LinkDelete { name: name.parse().ok()? }),
            Thing::Address { link, address } => {
                Some(Request::Address { link: link.parse().ok()?, address: *address, add: false })
            }
            Thing::Route(route) => Some(Request::ExactRoute { route: route.clone(), add: false }),
            Thing::Neighbour(neighbour) => Some(Request::NeighbourDelete { neighbour: neighbour.clone() }),
            Thing::Fdb(entry) => Some(Request::FdbDelete { entry: entry.clone() }),
            Thing::PolicyRule(rule) => Some(Request::PolicyRule { rule: rule.clone(), add: false }),
            Thing::Table { .. } | Thing::Chain { .. } | Thing::Rule { .. } => self.change().map(Request::Nft),
            Thing::Lease { network, address, .. } => {
                Some(Request::Ipam(Ipam::Release { network: network.parse().ok()?, address: *address }))
            }
        }
    }

    /// Takes it out of a network.
    pub(super) fn effect(&self, at: &MachineName, net: &mut Namespaces) {
        match self {
            Thing::Namespace => effect::delete_namespace(net, at),
            Thing::Link(name) => effect::delete_link(net, at, name),
            Thing::Address { link, address } => effect::delete_address(net, at, link, *address),
            Thing::Route(route) => effect::delete_exact_route(net, at, route),
            Thing::Neighbour(neighbour) => effect::delete_neighbour(net, at, neighbour),
            Thing::Fdb(entry) => effect::delete_forwarding_entry(net, at, entry),
            Thing::PolicyRule(rule) => effect::delete_policy_rule(net, at, rule),
            Thing::Table { family, name } => effect::delete_table(net, at, *family, name),
            Thing::Chain { family, table, name } => effect::delete_chain(net, at, *family, table, name),
            Thing::Rule { family, table, chain, handle, .. } => {
                effect::delete_rule(net, at, *family, table, chain, *handle);
            }
            Thing::Lease { network, address, .. } => effect::release_address(net, at, network, *address),
        }
    }
}

/// `ip route` and `ip rule` speak of IPv4 unless they are told.
pub(super) fn minus_6(ipv6: bool) -> &'static str {
    if ipv6 { " -6" } else { "" }
}
