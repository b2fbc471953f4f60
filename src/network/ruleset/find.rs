//! The rule that the kernel means by a handle.
//!
//! ```text
//! inet filter forward, handle 3   →   ip saddr 10.244.1.0/24 drop
//! ```
//!
//! A handle is unique within its table only.

use super::{Chain, Family, Rule, Table};

impl Table {
    /// The chain of this name.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.name == name)
    }
}

impl Chain {
    /// The rule of this handle.
    pub fn rule(&self, handle: u64) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.handle.0 == Some(handle))
    }
}

/// The rule of this handle in that chain; its text is as `nft` writes it.
pub fn find_rule<'a>(tables: &'a [Table], family: Family, table: &str, chain: &str, handle: u64) -> Option<&'a Rule> {
    tables.iter().find(|found| found.family == family && found.name == table)?.chain(chain)?.rule(handle)
}

#[cfg(test)]
mod tests {
    use super::super::{Handle, Part};
    use super::*;

    #[test]
    fn a_handle_means_a_rule_of_its_table() {
        let rule = |handle, text: &str| Rule {
            parts: vec![Part::Other("ip saddr 10.244.1.0/24".into()), Part::Other(text.into())],
            comment: None,
            handle: Handle(Some(handle)),
        };
        let chain = Chain { name: "forward".into(), hook: None, rules: vec![rule(3, "accept"), rule(4, "drop")] };
        let table = |family, chains| Table { family, name: "filter".into(), comment: None, dormant: false, chains };
        let tables = [table(Family::Ip, vec![]), table(Family::Inet, vec![chain])];
        let text = |family, chain, handle| find_rule(&tables, family, "filter", chain, handle).map(Rule::to_string);
        assert_eq!(text(Family::Inet, "forward", 4).as_deref(), Some("ip saddr 10.244.1.0/24 drop"));
        assert_eq!(text(Family::Inet, "forward", 5), None);
        assert_eq!(text(Family::Inet, "input", 4), None);
        assert_eq!(text(Family::Ip, "forward", 4), None);
    }
}
