//! `nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 … masquerade`

use super::{Finding, Inside, Page, Way, chain};
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::ruleset::{Family, Rule};
use crate::network::{Namespaces, effect};

/// Append a rule to a chain of netlab's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddRule {
    /// The table's family.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// The rule.
    pub rule: Rule,
    /// The rules that this chain has before it. A rule is deleted by a number that only the kernel knows; to empty
    /// the chain and put these back has the same effect, and can be typed.
    pub earlier: Vec<Rule>,
}

impl AddRule {
    fn add(&self, rule: &Rule) -> Change {
        let AddRule { family, table, chain, .. } = self.clone();
        Change::AddRule { family, table, chain, rule: rule.clone() }
    }

    fn changes(&self, way: Way) -> Vec<Change> {
        match way {
            Way::Do => vec![self.add(&self.rule)],
            Way::Undo => {
                let AddRule { family, table, chain, .. } = self.clone();
                let flush = Change::FlushChain { family, table, chain };
                std::iter::once(flush).chain(self.earlier.iter().map(|rule| self.add(rule))).collect()
            }
        }
    }
}

impl Page for AddRule {
    fn what(&self, _at: &MachineName, way: Way) -> String {
        let AddRule { rule, chain, .. } = self;
        let parts: Vec<String> = rule.parts.iter().map(ToString::to_string).collect();
        match way {
            Way::Do => format!("Add the rule `{}` to {chain}", parts.join(" ")),
            Way::Undo => format!("Delete the rule `{}` from {chain}", parts.join(" ")),
        }
    }

    fn command(&self, at: &MachineName, way: Way) -> Option<String> {
        let changes = self.changes(way);
        let commands: Vec<String> = changes.iter().map(|c| format!("{}{}", Inside(at), nft::command(c))).collect();
        Some(commands.join(" && "))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        self.changes(way).into_iter().map(Request::Nft).collect()
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        let last = (way == Way::Do).then_some(&self.rule);
        let rules = self.earlier.iter().chain(last).cloned().collect();
        effect::set_rules(net, at, self.family, &self.table, &self.chain, rules);
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let chain = chain::find(at, seen, self.family, &self.table, &self.chain);
        Finding::from_presence(chain.is_some_and(|chain| chain.rules.iter().any(|rule| rule.parts == self.rule.parts)))
    }
}
