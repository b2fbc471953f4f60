//! What can be done to a ruleset, as plain values.
//!
//! ```text
//! AddTable  ip netlab                                ⟷  DeleteTable
//! AddChain  ip netlab postrouting, its hook          ⟷  DeleteChain
//! AddRule   … ip saddr 10.244.1.0/24 … masquerade    ⟷  FlushChain (deletes all of its rules)
//! InsertRule … before handle 5                       ⟷  DeleteRule handle 7
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
    /// Puts a rule at a place among those that a chain has.
    InsertRule {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// Where.
        place: Place,
        /// The rule.
        rule: Rule,
    },
    /// Deletes one rule.
    DeleteRule {
        /// The table's family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        chain: String,
        /// The rule's number ([`crate::network::ruleset::Handle`]).
        handle: u64,
    },
    /// Sets what becomes of packets that no rule of a base chain decides.
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
    /// Has packets pass a table's chains again (takes its flag `dormant` away).
    WakeTable {
        /// Its family.
        family: Family,
        /// Its name.
        table: String,
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

/// A place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// Before the rule of this handle.
    Before(u64),
    /// Behind the rule of this handle.
    After(u64),
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
