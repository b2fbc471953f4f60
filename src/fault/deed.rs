//! One thing done to break something: the command that a person would type, and the requests that have the same effect.
//!
//! ```text
//! Act::Step(undo step 41)       ip -n node-1 route delete 10.244.2.0/24 via 192.168.1.12
//! Act::Mend(add a route)        ip -n node-1 route add blackhole 10.244.2.2
//! Act::Neighbour(…)             ip -n pod-a neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
//! Act::Insert(rule, first)      ip netns exec node-1 nft insert rule ip netlab postrouting …
//! ```
//!
//! To break is made of the same parts as to build (`step`) and to mend (`diff`): a step done or undone, a thing added or
//! removed, a setting set.

use crate::diff::{self, Mend, Thing};
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::{LinkName, MachineName};
use crate::network::policy_rule::PolicyRule;
use crate::network::setting::{Owner, Setting};
use crate::network::{FdbEntry, Namespaces, Neighbour, Route, effect};
use crate::step::{Action, Bridge, Inside, Ip, Step};

/// One thing done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Where.
    pub machine: MachineName,
    /// What.
    pub act: Act,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// What a step of a plan does, or its undoing.
    Step(Step),
    /// What a mend does.
    Mend(diff::Deed),
    /// A neighbour is believed to be at a hardware address, for good.
    Neighbour(Neighbour),
    /// A bridge believes that a hardware address is behind a port, for good.
    Fdb(FdbEntry),
    /// A change to a ruleset.
    Nft(Change),
}

impl Deed {
    /// A step forwards.
    pub fn step(at: &MachineName, action: Action) -> Self {
        Deed { machine: at.clone(), act: Act::Step(Step::new(at, action, "")) }
    }

    /// A step backwards.
    pub fn undo(at: &MachineName, action: Action) -> Self {
        Deed { machine: at.clone(), act: Act::Step(Step::new(at, action, "").inverse()) }
    }

    /// A sysctl is set.
    pub fn sysctl(at: &MachineName, key: &str, value: &str) -> Self {
        Deed::mend(at, diff::Deed::SetSysctl { key: key.into(), value: value.into() })
    }

    /// A link's setting is set; none if there is no such setting.
    pub fn setting(at: &MachineName, owner: Owner, word: &str, link: &LinkName, value: u64) -> Option<Self> {
        let setting = Setting::find(owner, word)?;
        Some(Deed::mend(at, diff::Deed::Set { link: link.to_string(), setting, value }))
    }

    /// A route is added.
    pub fn route(at: &MachineName, route: Route) -> Self {
        Deed::mend(at, diff::Deed::Restore(route))
    }

    /// A policy rule is added.
    pub fn policy_rule(at: &MachineName, rule: PolicyRule) -> Self {
        Deed::mend(at, diff::Deed::RestoreRule(rule))
    }

    /// Something is removed.
    pub fn remove(at: &MachineName, thing: Thing) -> Self {
        Deed::mend(at, diff::Deed::Remove(thing))
    }

    fn mend(at: &MachineName, deed: diff::Deed) -> Self {
        Deed { machine: at.clone(), act: Act::Mend(deed) }
    }

    fn as_mend(&self) -> Option<Mend> {
        match &self.act {
            Act::Mend(deed) => Some(Mend { machine: self.machine.clone(), deed: deed.clone() }),
            _ => None,
        }
    }

    /// The command, to be typed in the fabric.
    pub fn command(&self) -> String {
        let at = &self.machine;
        match &self.act {
            Act::Step(step) => step.command().unwrap_or_default(),
            Act::Mend(_) => self.as_mend().map(|mend| mend.command()).unwrap_or_default(),
            Act::Neighbour(Neighbour { address, link, mac, .. }) => {
                let mac = mac.map(|mac| mac.to_string()).unwrap_or_default();
                format!("{} neigh replace {address} lladdr {mac} dev {link} nud permanent", Ip(at))
            }
            Act::Fdb(entry) => {
                format!("{} fdb replace {} dev {} master static sticky", Bridge(at), entry.mac, entry.port)
            }
            Act::Nft(change) => format!("{}{}", Inside(at), nft::command(change)),
        }
    }

    /// The requests that have the same effect, to be sent to [`Deed::machine`].
    pub fn requests(&self) -> Vec<Request> {
        match &self.act {
            Act::Step(step) => step.requests(),
            Act::Mend(_) => self.as_mend().map(|mend| mend.requests()).unwrap_or_default(),
            Act::Neighbour(neighbour) => vec![Request::NeighbourSet { neighbour: neighbour.clone() }],
            Act::Fdb(entry) => vec![Request::FdbSet { entry: entry.clone() }],
            Act::Nft(change) => vec![Request::Nft(change.clone())],
        }
    }

    /// What it does to a network, as far as another fault would notice.
    pub fn effect(&self, net: &mut Namespaces) {
        let at = &self.machine;
        match &self.act {
            Act::Step(step) => step.effect(net),
            Act::Mend(_) => self.as_mend().into_iter().for_each(|mend| mend.effect(net)),
            Act::Neighbour(neighbour) => {
                if let Some(ns) = net.get_mut(at) {
                    ns.neighbours.retain(|one| (one.address, &one.link) != (neighbour.address, &neighbour.link));
                    ns.neighbours.push(neighbour.clone());
                }
            }
            Act::Fdb(entry) => {
                if let Some(ns) = net.get_mut(at) {
                    ns.fdb.push(entry.clone());
                }
            }
            Act::Nft(Change::AddTable { family, table, comment }) => {
                effect::add_table(net, at, *family, table, comment.as_deref().unwrap_or_default());
            }
            Act::Nft(Change::AddChain { family, table, chain, hook: Some(hook) }) => {
                effect::add_chain(net, at, *family, table, chain, hook);
            }
            Act::Nft(
                Change::AddRule { family, table, chain, rule } | Change::InsertRule { family, table, chain, rule, .. },
            ) => {
                effect::add_rule(net, at, *family, table, chain, rule);
            }
            Act::Nft(Change::FlushChain { family, table, chain }) => {
                effect::set_rules(net, at, *family, table, chain, Vec::new());
            }
            Act::Nft(_) => {}
        }
    }

    /// Whether it is no harm if the thing is gone already: what a machine is to forget, it may have forgotten.
    pub fn may_be_gone(&self) -> bool {
        matches!(&self.act, Act::Mend(diff::Deed::Forget(_) | diff::Deed::Remove(Thing::Fdb(_))))
    }
}
