//! `nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 … masquerade`

use super::{Finding, Inside, Page, Way};
use crate::kernel::nft::{self, Change};
use crate::kernel::request::Request;
use crate::names::MachineName;
use crate::network::ruleset::{Chain, Family, Rule};
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

/// Those of a chain's rules, by their places, that are the planned ones from the first on, in their order. Rules of
/// others may stand in between.
pub(crate) fn rules_in_order(planned: &[&Rule], seen: &[Rule]) -> Vec<usize> {
    let mut found = Vec::new();
    for (place, rule) in seen.iter().enumerate() {
        if planned.get(found.len()).is_some_and(|planned| planned.parts == rule.parts) {
            found.push(place);
        }
    }
    found
}

fn addition(family: Family, table: &str, chain: &str, rule: &Rule) -> Change {
    Change::AddRule { family, table: table.into(), chain: chain.into(), rule: rule.clone() }
}

/// What gives a chain these rules and no others.
pub(super) fn replacement(family: Family, table: &str, chain: &str, rules: &[Rule]) -> Vec<Change> {
    let flush = Change::FlushChain { family, table: table.into(), chain: chain.into() };
    std::iter::once(flush).chain(rules.iter().map(|rule| addition(family, table, chain, rule))).collect()
}

/// Changes to a machine's ruleset as one line to be typed.
pub(super) fn typed(at: &MachineName, changes: &[Change]) -> String {
    let commands: Vec<String> = changes.iter().map(|c| format!("{}{}", Inside(at), nft::command(c))).collect();
    commands.join(" && ")
}

impl AddRule {
    /// The rule without its comment.
    fn text(&self) -> String {
        self.rule.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn changes(&self, way: Way) -> Vec<Change> {
        match way {
            Way::Do => vec![addition(self.family, &self.table, &self.chain, &self.rule)],
            Way::Undo => replacement(self.family, &self.table, &self.chain, &self.earlier),
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
        Some(typed(at, &self.changes(way)))
    }

    fn requests(&self, _at: &MachineName, way: Way) -> Vec<Request> {
        self.changes(way).into_iter().map(Request::Nft).collect()
    }

    fn effect(&self, at: &MachineName, way: Way, net: &mut Namespaces) {
        match way {
            Way::Do => effect::add_rule(net, at, self.family, &self.table, &self.chain, &self.rule),
            Way::Undo => effect::set_rules(net, at, self.family, &self.table, &self.chain, self.earlier.clone()),
        }
    }

    fn check(&self, at: &MachineName, seen: &Namespaces) -> Finding {
        let planned: Vec<&Rule> = self.earlier.iter().chain([&self.rule]).collect();
        let chain = seen.get(at).and_then(|ns| ns.chain(self.family, &self.table, &self.chain));
        let all = |chain: &Chain| rules_in_order(&planned, &chain.rules).len() == planned.len();
        Finding::from_presence(chain.is_some_and(all))
    }
}
