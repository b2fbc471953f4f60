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
use crate::network::sysctl;
use crate::network::{Mac, Namespaces, Neighbour, Route, effect};
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
    /// IPv6 is switched off on a link and on again: the kernel makes anew what it makes by itself.
    Renew {
        /// The link.
        link: String,
    },
    /// The kernel gives a link its link-local address again.
    Readdress {
        /// The link.
        link: String,
    },
    /// The kernel gives a link a link-local address when it is set up; now it has one.
    Generate {
        /// The link.
        link: String,
    },
    /// A machine forgets a neighbour that is not where it was; the kernel may have done so meanwhile.
    Forget(Neighbour),
    /// A link that is nobody's port in the plan is a port no more.
    Detach {
        /// The link.
        link: String,
    },
    /// A setting of a link.
    Set {
        /// The link.
        link: String,
        /// Which one.
        setting: &'static Setting,
        /// To what.
        value: u64,
    },
    /// The hardware address of a link.
    SetMac {
        /// The link.
        link: String,
        /// Which one.
        mac: Mac,
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

    /// The link that what is mended hangs on.
    pub(crate) fn link(&self) -> Option<&str> {
        match &self.deed {
            Deed::Remove(thing) => thing.link(),
            Deed::Restore(route) => route.dev.as_deref(),
            Deed::Renew { link }
            | Deed::Readdress { link }
            | Deed::Detach { link }
            | Deed::Generate { link }
            | Deed::Set { link, .. }
            | Deed::SetMac { link, .. } => Some(link),
            _ => None,
        }
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
            Deed::Generate { link } => format!("{ip} link set {link} addrgenmode eui64"),
            Deed::Forget(neighbour) => {
                let family = minus_6(neighbour.address.is_ipv6());
                format!("{ip}{family} neigh flush to {} dev {}", neighbour.address, neighbour.link)
            }
            Deed::Detach { link } => format!("{ip} link set {link} nomaster"),
            Deed::Renew { link } => toggled(at, link, "disable_ipv6"),
            Deed::Readdress { link } => toggled(at, link, "addr_gen_mode"),
            Deed::Set { link, setting, value } => format!("{ip} {}", setting.arguments(link, *value)),
            Deed::SetMac { link, mac } => format!("{ip} link set dev {link} address {mac}"),
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
            Deed::Generate { link } => one(link.parse().ok().map(|name| Request::LinkLocal { name, generate: true })),
            Deed::Forget(neighbour) => one(Some(Request::NeighbourDelete { neighbour: neighbour.clone() })),
            Deed::Detach { link } => one(link.parse().ok().map(|name| Request::LinkMaster { name, master: None })),
            Deed::Renew { link } => toggle(link, "disable_ipv6"),
            Deed::Readdress { link } => toggle(link, "addr_gen_mode"),
            Deed::Set { link, setting, value } => {
                one(link.parse().ok().map(|link| Request::LinkSetting { link, setting, value: *value }))
            }
            Deed::SetMac { link, mac } => one(link.parse().ok().map(|name| Request::LinkMac { name, mac: *mac })),
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
    pub(crate) fn effect(&self, net: &mut Namespaces) {
        let at = &self.machine;
        match &self.deed {
            Deed::Redo { step, .. } => step.effect(net),
            Deed::Remove(thing) => thing.effect(at, net),
            Deed::Restore(route) => effect::add_exact_route(net, at, route),
            Deed::RestoreRule(rule) => effect::add_policy_rule(net, at, rule),
            Deed::RestoreLoopback(address) => effect::add_address(net, at, "lo", *address),
            Deed::Generate { link } => {
                effect::set_link_local(net, at, link, true);
                effect::set_sysctl(net, at, &sysctl::of_link("ipv6", link, "addr_gen_mode"), Some("0"));
            }
            Deed::Forget(neighbour) => effect::delete_neighbour(net, at, neighbour),
            Deed::Detach { link } => effect::set_master(net, at, link, None),
            Deed::Renew { link } => effect::renew_ipv6(net, at, link),
            Deed::Readdress { link } => effect::add_link_local(net, at, link),
            Deed::Set { link, setting, value } => effect::set(net, at, link, setting, *value),
            Deed::SetMac { link, mac } => effect::set_mac(net, at, link, *mac),
            Deed::SetSysctl { key, value } => effect::set_sysctl(net, at, key, Some(value)),
            Deed::SetPolicy { family, table, chain, policy } => {
                effect::set_policy(net, at, *family, table, chain, policy);
            }
            Deed::Wake { family, table } => effect::wake_table(net, at, *family, table),
        }
    }
}

/// A switch of a link's IPv6 to 1 and back to 0.
fn toggles(link: &str, name: &str) -> [(String, &'static str); 2] {
    let key = sysctl::of_link("ipv6", link, name);
    [(key.clone(), "1"), (key, "0")]
}

fn toggled(at: &MachineName, link: &str, name: &str) -> String {
    let assignments = toggles(link, name).map(|(key, value)| format!("{key}={value}"));
    format!("{}sysctl -qw {}", Inside(at), assignments.join(" "))
}

fn toggle(link: &str, name: &str) -> Vec<Request> {
    toggles(link, name).map(|(key, value)| Request::Sysctl { key, value: value.into() }).into()
}
