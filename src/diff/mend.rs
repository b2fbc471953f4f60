//! What mends a difference: one command, and the request that has the same effect.
//!
//! ```text
//! Deed::Redo      step 41 again                    ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12
//! Deed::Remove    what no step explains            ip -n pod-a addr delete 10.244.1.2/16 dev eth0
//! Deed::Restore   what the kernel once added       ip -n node-1 route add 10.244.1.0/24 dev cni0 proto kernel …
//! Deed::Set …     a value as the kernel set it     ip -n pod-a link set dev eth0 mtu 1500
//! ```

use super::Thing;
use super::thing::minus_6;
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::policy_rule::PolicyRule;
use crate::network::ruleset::Family;
use crate::network::setting::Setting;
use crate::network::{Namespaces, Route, effect};
use crate::step::{Inside, Ip, Step, sysctl_command};

/// One command that mends something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// Where.
    pub machine: MachineName,
    /// What is done.
    pub deed: Deed,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A step of the plan again.
    Redo {
        /// Its number.
        number: u32,
        /// The step.
        step: Step,
    },
    /// Something is deleted.
    Remove(Thing),
    /// A route is added that the kernel once made.
    Restore(Route),
    /// A policy rule is added that the namespace was born with.
    RestoreRule(PolicyRule),
    /// An address of the loopback is added that the kernel once gave it.
    RestoreLoopback(ipnetwork::IpNetwork),
    /// A setting of a link.
    Set {
        /// The link.
        link: String,
        /// Which one.
        setting: &'static Setting,
        /// To what.
        value: u64,
    },
    /// A sysctl that no step sets.
    SetSysctl {
        /// Its key.
        key: String,
        /// To what.
        value: String,
    },
    /// What becomes of packets that no rule of a chain decides.
    SetPolicy {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// `accept` or `drop`.
        policy: String,
    },
    /// A table that sleeps (`flags dormant`) is woken.
    Wake {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
    },
}

impl Mend {
    pub(super) fn new(at: &MachineName, deed: Deed) -> Self {
        Mend { machine: at.clone(), deed }
    }

    pub(super) fn redo(number: u32, step: &Step) -> Self {
        Mend::new(&step.machine, Deed::Redo { number, step: step.clone() })
    }

    pub(super) fn remove(at: &MachineName, thing: Thing) -> Self {
        Mend::new(at, Deed::Remove(thing))
    }

    /// What is sent to the ruleset, if that is what is mended.
    fn change(&self) -> Option<Change> {
        match self.deed.clone() {
            Deed::SetPolicy { family, table, chain, policy } => {
                Some(Change::SetPolicy { family, table, chain, policy })
            }
            Deed::Wake { family, table } => Some(Change::WakeTable { family, table }),
            _ => None,
        }
    }

    /// The command, to be typed in the fabric.
    pub fn command(&self) -> String {
        let (at, ip) = (&self.machine, Ip(&self.machine));
        match &self.deed {
            Deed::Redo { step, .. } => step.command().unwrap_or_default(),
            Deed::Remove(thing) => thing.command(at),
            Deed::Restore(route) => format!("{ip}{} route {} {route}", minus_6(route.to.is_ipv6()), route.verb()),
            Deed::RestoreRule(rule) => format!("{ip}{} rule add {rule}", minus_6(rule.ipv6)),
            Deed::RestoreLoopback(address) => format!("{ip} addr add {address} dev lo scope host"),
            Deed::Set { link, setting, value } => format!("{ip} {}", setting.arguments(link, *value)),
            Deed::SetSysctl { key, value } => sysctl_command(at, key, value),
            Deed::SetPolicy { .. } | Deed::Wake { .. } => {
                let change = self.change().map(|change| nft::command(&change)).unwrap_or_default();
                format!("{}{change}", Inside(at))
            }
        }
    }

    /// The requests that have the same effect, to be sent to [`Mend::sent_to`]; none where a name is one that netlab
    /// does not speak.
    pub fn requests(&self) -> Vec<Request> {
        let one = |request: Option<Request>| request.into_iter().collect();
        match &self.deed {
            Deed::Redo { step, .. } => step.requests(),
            Deed::Remove(thing) => one(thing.request()),
            Deed::Restore(route) => one(Some(Request::ExactRoute { route: route.clone(), add: true })),
            Deed::RestoreRule(rule) => one(Some(Request::PolicyRule { rule: rule.clone(), add: true })),
            Deed::RestoreLoopback(address) => {
                one("lo".parse().ok().map(|link| Request::Address { link, address: *address, add: true }))
            }
            Deed::Set { link, setting, value } => {
                one(link.parse().ok().map(|link| Request::LinkSetting { link, setting, value: *value }))
            }
            Deed::SetSysctl { key, value } => one(Some(Request::Sysctl { key: key.clone(), value: value.clone() })),
            Deed::SetPolicy { .. } | Deed::Wake { .. } => one(self.change().map(Request::Nft)),
        }
    }

    /// The machine that the requests are sent to.
    pub fn sent_to(&self) -> &MachineName {
        match &self.deed {
            Deed::Redo { step, .. } => step.sent_to(),
            _ => &self.machine,
        }
    }

    /// What it does to a network.
    pub(super) fn effect(&self, net: &mut Namespaces) {
        let at = &self.machine;
        match &self.deed {
            Deed::Redo { step, .. } => step.effect(net),
            Deed::Remove(thing) => thing.effect(at, net),
            Deed::Restore(route) => effect::add_exact_route(net, at, route),
            Deed::RestoreRule(rule) => effect::add_policy_rule(net, at, rule),
            Deed::RestoreLoopback(address) => effect::add_address(net, at, "lo", *address),
            Deed::Set { link, setting, value } => effect::set(net, at, link, setting, *value),
            Deed::SetSysctl { key, value } => effect::set_sysctl(net, at, key, Some(value)),
            Deed::SetPolicy { family, table, chain, policy } => {
                effect::set_policy(net, at, *family, table, chain, policy);
            }
            Deed::Wake { family, table } => effect::wake_table(net, at, *family, table),
        }
    }
}
