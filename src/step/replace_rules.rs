//! `nft flush chain ip netlab postrouting && nft add rule …`: a chain gets other rules, in one go.
//!
//! ```text
//! before    10.244.1.0/24 masquerade · 10.244.2.0/24 masquerade
//! flush, and the new ones: one transaction, so that no packet meets a chain that is half empty
//! after     10.244.7.0/24 masquerade · 10.244.2.0/24 masquerade
//! ```
//!
//! No plan has this step: a plan appends rules to a chain that is new. It is a step of changes ([`crate::change`]).

use super::rule::{replacement, typed};
use super::{Finding, Page, Way};
use crate::kernel::nft::Change;
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::ruleset::{Family, Rule};
use crate::network::{Namespaces, effect};

/// Give a chain of netlab's own other rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaceRules {
    /// The table's family.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// The rules that it gets, in order.
    pub rules: Vec<Rule>,
    /// Those that it has before.
    pub former: Vec<Rule>,
}

impl ReplaceRules {
    fn rules(&self, way: Way) -> &[Rule] {
        if way == Way::Do { &self.rules } else { &self.former }
    }

    fn changes(&self, way: Way) -> Vec<Change> {
        replacement(self.family, &self.table, &self.chain, self.rules(way))
    }
}

impl Page for ReplaceRules {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let again = if way == Way::Do { "" } else { "again " };
        match self.rules(way).len() {
            1 => format!("Let {} have this one rule {again}and no other", self.chain),
            count => format!("Let {} have these {count} rules {again}and no others", self.chain),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("{} rules in {}", self.rules.len(), self.chain)
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        Some(typed(at, &self.changes(way)))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        self.changes(way).into_iter().map(Request::Nft).collect()
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        effect::set_rules(net, at, self.family, &self.table, &self.chain, self.rules(way).to_vec());
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let chain = seen.get(at).and_then(|ns| ns.chain(self.family, &self.table, &self.chain));
        Finding::from_presence(chain.is_some_and(|chain| same(&chain.rules, &self.rules)))
    }
}

/// Whether these are the same rules in the same order, whatever is written beside them.
pub(crate) fn same(a: &[Rule], b: &[Rule]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.parts == b.parts)
}
