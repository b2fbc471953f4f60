//! The kernel's messages as plain values.
//!
//! ```text
//! NEWTABLE { name "netlab", user data }                   → Table
//! NEWCHAIN { table "netlab", name "postrouting", hook }   → Chain, in its table
//! NEWRULE  { table, chain, expressions, user data }       → Rule, in its chain
//! ```
//!
//! Whatever the bytes are, decoding goes on: an attribute that is missing leaves its value empty, and a chain or rule
//! whose table is unknown is dropped. The temporary tables of a [`Watch`](super::Watch) are left out, whoever has them.

use std::collections::HashMap;

use super::comment;
use super::expression;
use super::hook::{self, hook_name};
use super::uapi;
use super::watch::is_a_watch;
use crate::kernel::netfilter::attribute::{Attributes, text};
use crate::network::ruleset::{Chain, Family, Handle, Hook, Rule, Table};

/// A ruleset as it grows message by message: tables first, then chains, then rules.
#[derive(Debug, Default)]
pub struct Ruleset {
    tables: Vec<Table>,
    /// Where each table is in `tables`, by family and name.
    places: HashMap<(Family, String), usize>,
    /// Where each chain is in its table, by table and name.
    chains: HashMap<(usize, String), usize>,
}

impl Ruleset {
    /// Adds the table of an `NFT_MSG_NEWTABLE`.
    pub fn table(&mut self, family: u8, attributes: Attributes<'_>) {
        let Some(family) = hook::family(family) else { return };
        let name = owned(attributes, uapi::table::NAME);
        let flags = attributes.number(uapi::table::FLAGS).unwrap_or(0);
        // It is there while a packet is traced, and nobody's business but the trace's.
        if flags & uapi::table::OWNER != 0 && is_a_watch(&name) {
            return;
        }
        let comment = attributes.get(uapi::table::USERDATA).and_then(comment::decode);
        self.places.insert((family, name.clone()), self.tables.len());
        let dormant = flags & uapi::table::DORMANT != 0;
        self.tables.push(Table { family, name, comment, dormant, chains: Vec::new() });
    }

    /// Adds the chain of an `NFT_MSG_NEWCHAIN`.
    pub fn chain(&mut self, family: u8, attributes: Attributes<'_>) {
        let Some(place) = self.place(family, attributes, uapi::chain::TABLE) else { return };
        let Some(table) = self.tables.get_mut(place) else { return };
        let name = owned(attributes, uapi::chain::NAME);
        self.chains.insert((place, name.clone()), table.chains.len());
        let hook = attributes.nested(uapi::chain::HOOK).map(|hook| read_hook(table.family, hook, attributes));
        table.chains.push(Chain { name, hook, rules: Vec::new() });
    }

    /// Adds the rule of an `NFT_MSG_NEWRULE`.
    pub fn rule(&mut self, family: u8, attributes: Attributes<'_>) {
        let Some(place) = self.place(family, attributes, uapi::rule::TABLE) else { return };
        let Some(table) = self.tables.get_mut(place) else { return };
        let Some(chain) = self.chains.get(&(place, owned(attributes, uapi::rule::CHAIN))) else { return };
        let Some(chain) = table.chains.get_mut(*chain) else { return };
        chain.rules.push(read_rule(table.family, attributes));
    }

    /// What has been read.
    pub fn into_tables(self) -> Vec<Table> {
        self.tables
    }

    fn place(&self, family: u8, attributes: Attributes<'_>, name: u16) -> Option<usize> {
        self.places.get(&(hook::family(family)?, owned(attributes, name))).copied()
    }
}

fn owned(attributes: Attributes<'_>, kind: u16) -> String {
    attributes.text(kind).unwrap_or_default().into_owned()
}

fn read_rule(family: Family, attributes: Attributes<'_>) -> Rule {
    let expressions = attributes.nested(uapi::rule::EXPRESSIONS);
    Rule {
        parts: expressions.map(|expressions| expression::read(family, expressions)).unwrap_or_default(),
        comment: attributes.get(uapi::rule::USERDATA).and_then(comment::decode),
        handle: Handle(attributes.long(uapi::rule::HANDLE)),
    }
}

fn read_hook(family: Family, hook: Attributes<'_>, chain: Attributes<'_>) -> Hook {
    let policy = chain.number(uapi::chain::POLICY).map(u32::cast_signed);
    let name = hook.number(uapi::hook::NUMBER).map(|number| hook_name(family, number)).unwrap_or_default();
    Hook {
        kind: owned(chain, uapi::chain::TYPE),
        hook: name + &devices(hook),
        priority: hook.number(uapi::hook::PRIORITY).unwrap_or_default().cast_signed(),
        policy: if policy == Some(libc::NF_DROP) { "drop" } else { "accept" }.into(),
    }
}

/// The devices of a hook that has some, as nft writes them.
fn devices(hook: Attributes<'_>) -> String {
    if let Some(device) = hook.text(uapi::hook::DEVICE) {
        return format!(" device \"{device}\"");
    }
    let Some(devices) = hook.nested(uapi::hook::DEVICES) else { return String::new() };
    let devices: Vec<_> = devices.iter().map(|(_, name)| text(name)).collect();
    match devices.as_slice() {
        [] => String::new(),
        [one] => format!(" device \"{one}\""),
        // Here nft writes no quotes.
        several => format!(" devices = {{ {} }}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests;
