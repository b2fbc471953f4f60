//! What becomes of nftables.
//!
//! ```text
//! add_rule(ip netlab postrouting, … masquerade)     behind those that the chain has
//! ```

use super::*;

/// An nftables table.
pub fn add_table(net: &mut Namespaces, at: &MachineName, family: Family, name: &str, comment: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.tables.push(Table {
            family,
            name: name.into(),
            comment: Some(comment.into()),
            dormant: false,
            chains: Vec::new(),
        });
    }
}

/// No such table.
pub fn delete_table(net: &mut Namespaces, at: &MachineName, family: Family, name: &str) {
    if let Some(ns) = net.get_mut(at) {
        ns.tables.retain(|table| table.family != family || table.name != name);
    }
}

fn find_table<'a>(net: &'a mut Namespaces, at: &MachineName, family: Family, name: &str) -> Option<&'a mut Table> {
    net.get_mut(at)?.tables.iter_mut().find(|table| table.family == family && table.name == name)
}

fn find_chain<'a>(
    net: &'a mut Namespaces,
    at: &MachineName,
    family: Family,
    table: &str,
    name: &str,
) -> Option<&'a mut Chain> {
    find_table(net, at, family, table)?.chains.iter_mut().find(|chain| chain.name == name)
}

/// A chain in a table.
pub fn add_chain(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, name: &str, hook: &Hook) {
    if let Some(table) = find_table(net, at, family, table) {
        table.chains.push(Chain { name: name.into(), hook: Some(hook.clone()), rules: Vec::new() });
    }
}

/// No such chain.
pub fn delete_chain(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, name: &str) {
    if let Some(table) = find_table(net, at, family, table) {
        table.chains.retain(|chain| chain.name != name);
    }
}

/// A chain has one more rule, behind the others.
pub fn add_rule(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, rule: &Rule) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules.push(rule.clone());
    }
}

/// A chain has not the rule of this number.
pub fn delete_rule(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, handle: u64) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules.retain(|rule| rule.handle.0 != Some(handle));
    }
}

/// A base chain has this policy.
pub fn set_policy(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, policy: &str) {
    if let Some(Chain { hook: Some(hook), .. }) = find_chain(net, at, family, table, chain) {
        hook.policy = policy.into();
    }
}

/// A table does not sleep.
pub fn wake_table(net: &mut Namespaces, at: &MachineName, family: Family, table: &str) {
    if let Some(table) = find_table(net, at, family, table) {
        table.dormant = false;
    }
}

/// A chain has these rules.
pub fn set_rules(net: &mut Namespaces, at: &MachineName, family: Family, table: &str, chain: &str, rules: Vec<Rule>) {
    if let Some(chain) = find_chain(net, at, family, table, chain) {
        chain.rules = rules;
    }
}
