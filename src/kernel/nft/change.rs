//! What can be done to a ruleset, as plain values.
//!
//! ```text
//! AddTable  ip netlab                                ⟷  DeleteTable
//! AddChain  ip netlab postrouting, its hook          ⟷  DeleteChain
//! AddRule   … ip saddr 10.244.1.0/24 … masquerade    ⟷  FlushChain (deletes all of its rules)
//! ```
//!
//! One value yields the command that a person types ([`super::command()`]) and the bytes that are sent
//! ([`super::encode()`]).

use crate::network::ruleset::{Family, Hook, Rule, Table};

/// One change to a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes a table. One of that name must not be there.
    AddTable {
        /// Its family.
        family: Family,
        /// Its name.
        table: String,
        /// A comment for people.
        comment: Option<String>,
    },
    /// Deletes a table and all that is in it.
    DeleteTable {
        /// Its family.
        family: Family,
        /// Its name.
        table: String,
    },
    /// Makes a chain. One of that name must not be there.
    AddChain {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain's name.
        chain: String,
        /// Where it hooks into the kernel's path, if it does.
        hook: Option<Hook>,
    },
    /// Deletes a chain and its rules. Nothing may jump to it.
    DeleteChain {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
    },
    /// Puts a rule behind those that a chain has.
    AddRule {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// The rule.
        rule: Rule,
    },
    /// Deletes all rules of a chain.
    FlushChain {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
    },
}

impl Change {
    /// The changes that make a table with all its chains and rules.
    pub fn to_make(table: &Table) -> Vec<Change> {
        let (family, name) = (table.family, &table.name);
        let mut changes = vec![Change::AddTable { family, table: name.clone(), comment: table.comment.clone() }];
        // All chains before the first rule, which may jump to any of them.
        changes.extend(table.chains.iter().map(|chain| Change::AddChain {
            family,
            table: name.clone(),
            chain: chain.name.clone(),
            hook: chain.hook.clone(),
        }));
        changes.extend(table.chains.iter().flat_map(|chain| {
            chain.rules.iter().map(move |rule| Change::AddRule {
                family,
                table: name.clone(),
                chain: chain.name.clone(),
                rule: rule.clone(),
            })
        }));
        changes
    }
}
