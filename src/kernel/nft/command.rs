//! A change as the command that a person types.
//!
//! ```sh
//! nft add table ip netlab '{ comment "made by netlab for lab three-nodes"; }'
//! nft add chain ip netlab postrouting '{ type nat hook postrouting priority srcnat; policy accept; }'
//! nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade
//! ```
//!
//! `nft` joins its arguments with blanks and parses the result, so only what the shell would take amiss is quoted.

use super::change::{Change, Place};
use crate::network::ruleset::Rule;

/// The command, to be pasted into any POSIX shell.
pub fn command(change: &Change) -> String {
    match change {
        Change::AddTable { family, table, comment: None } => format!("nft add table {family} {}", quote(table)),
        Change::AddTable { family, table, comment: Some(comment) } => {
            let block = format!("{{ comment \"{comment}\"; }}");
            format!("nft add table {family} {} {}", quote(table), quote(&block))
        }
        Change::DeleteTable { family, table } => format!("nft delete table {family} {}", quote(table)),
        Change::AddChain { family, table, chain, hook } => {
            let hook = hook.as_ref().map(|hook| format!(" {}", quote(&format!("{{ {} }}", hook.text(*family)))));
            format!("nft add chain {family} {} {}{}", quote(table), quote(chain), hook.unwrap_or_default())
        }
        Change::DeleteChain { family, table, chain } => {
            format!("nft delete chain {family} {} {}", quote(table), quote(chain))
        }
        Change::AddRule { family, table, chain, rule } => {
            format!("nft add rule {family} {} {}{}", quote(table), quote(chain), arguments(rule))
        }
        Change::InsertRule { family, table, chain, place, rule } => {
            let (verb, at) = match place {
                Place::First => ("insert", String::new()),
                Place::Before(handle) => ("insert", format!(" handle {handle}")),
                Place::After(handle) => ("add", format!(" handle {handle}")),
            };
            format!("nft {verb} rule {family} {} {}{at}{}", quote(table), quote(chain), arguments(rule))
        }
        Change::DeleteRule { family, table, chain, handle } => {
            format!("nft delete rule {family} {} {} handle {handle}", quote(table), quote(chain))
        }
        Change::SetPolicy { family, table, chain, policy } => {
            let block = format!("{{ policy {policy}; }}");
            format!("nft chain {family} {} {} {}", quote(table), quote(chain), quote(&block))
        }
        // `add` takes a table that is there as it is, but for its flags: they become those that are given, none.
        Change::WakeTable { family, table } => format!("nft add table {family} {}", quote(table)),
        Change::FlushChain { family, table, chain } => {
            format!("nft flush chain {family} {} {}", quote(table), quote(chain))
        }
    }
}

/// A rule as arguments, with a blank before each.
fn arguments(rule: &Rule) -> String {
    let mut text = String::new();
    for part in &rule.parts {
        text.push(' ');
        text.push_str(&quote(&part.to_string()));
    }
    if let Some(comment) = &rule.comment {
        text.push_str(" comment ");
        text.push_str(&quote(&format!("\"{comment}\"")));
    }
    text
}

/// Text that the shell passes on unchanged: bare where that is so anyway, else in single quotes.
fn quote(text: &str) -> String {
    // `!` is special to interactive shells only, and not before `=` or a blank.
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:,=!@%+ ".contains(c);
    if !text.is_empty() && text.chars().all(bare) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::ruleset::{Family, Handle, Hook, Part, Side};

    fn names() -> (Family, String, String) {
        (Family::Ip, "netlab".into(), "postrouting".into())
    }

    #[test]
    fn as_typed() {
        let (family, table, chain) = names();
        let comment = Some("it's for lab three-nodes".into());
        assert_eq!(
            command(&Change::AddTable { family, table: table.clone(), comment }),
            r#"nft add table ip netlab '{ comment "it'\''s for lab three-nodes"; }'"#
        );
        let hook = Hook { kind: "nat".into(), hook: chain.clone(), priority: 100, policy: "accept".into() };
        assert_eq!(
            command(&Change::AddChain { family, table: table.clone(), chain: chain.clone(), hook: Some(hook) }),
            "nft add chain ip netlab postrouting '{ type nat hook postrouting priority srcnat; policy accept; }'"
        );
        assert_eq!(
            command(&Change::FlushChain { family, table: table.clone(), chain: chain.clone() }),
            "nft flush chain ip netlab postrouting"
        );
        assert_eq!(
            command(&Change::DeleteChain { family, table: table.clone(), chain }),
            "nft delete chain ip netlab postrouting"
        );
        assert_eq!(command(&Change::DeleteTable { family, table }), "nft delete table ip netlab");
    }

    #[test]
    fn a_rule_as_typed() {
        let (family, table, chain) = names();
        let parts = vec![
            Part::Address { side: Side::Source, not: false, network: "10.244.1.0/24".parse().unwrap() },
            Part::Address { side: Side::Destination, not: true, network: "10.244.0.1/32".parse().unwrap() },
            Part::Other("log prefix \"a  b\"".into()),
            Part::Masquerade,
        ];
        let rule = Rule { parts, comment: Some("why".into()), handle: Handle::default() };
        assert_eq!(
            command(&Change::AddRule { family, table, chain, rule }),
            "nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.1 \
             'log prefix \"a  b\"' masquerade comment '\"why\"'"
        );
    }
}
