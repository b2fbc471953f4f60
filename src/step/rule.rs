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

/// How many of the planned rules, from the first on, a chain has in their order. Rules of others may stand in between.
pub(crate) fn in_order(planned: &[&Rule], seen: &[Rule]) -> usize {
    let mut found = 0;
    for rule in seen {
        if planned.get(found).is_some_and(|planned| planned.parts == rule.parts) {
            found += 1;
        }
    }
    found
}

impl AddRule {
    fn add(&self, rule: &Rule) -> Change {
        let AddRule { family, table, chain, .. } = self.clone();
        Change::AddRule { family, table, chain, rule: rule.clone() }
    }

    /// The rule without its comment.
    fn text(&self) -> String {
        self.rule.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
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
        match way {
            Way::Do => format!("Add the rule `{}` to {}", self.text(), self.chain),
            Way::Undo => format!("Delete the rule `{}` from {}", self.text(), self.chain),
        }
    }

    fn thing(&self, _at: &MachineName) -> String {
        format!("rule `{}` in {}", self.text(), self.chain)
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
        let planned: Vec<&Rule> = self.earlier.iter().chain([&self.rule]).collect();
        let chain = chain::find(at, seen, self.family, &self.table, &self.chain);
        Finding::from_presence(chain.is_some_and(|chain| in_order(&planned, &chain.rules) == planned.len()))
    }
}
