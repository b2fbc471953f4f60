//! `masquerade:` – what leaves the cluster takes the node's address, because nobody outside has a route to a pod.
//!
//! ```text
//! pod-a 10.244.1.2 ──▶ node-1 ── postrouting: source becomes 192.168.1.11 ──▶ outside
//! ```

use crate::names::LabName;
use crate::network::ruleset::{Family, Handle, Hook, Part, Rule, Side};
use crate::step::{Action, AddChain, AddRule, AddTable, Step};
use crate::topology::model::{Machine, Masquerade};

/// The name of the tables that hold netlab's own rules.
pub const TABLE: &str = "netlab";
pub const CHAIN: &str = "postrouting";

/// The steps that make a machine masquerade.
pub fn steps(lab: &LabName, machine: &Machine) -> Vec<Step> {
    let of = |ipv4: bool| machine.masquerade.iter().filter(move |m| m.from.is_ipv4() == ipv4);
    let mut steps = family(lab, machine, Family::Ip, &of(true).collect::<Vec<_>>());
    steps.extend(family(lab, machine, Family::Ip6, &of(false).collect::<Vec<_>>()));
    steps
}

fn family(lab: &LabName, machine: &Machine, family: Family, entries: &[&Masquerade]) -> Vec<Step> {
    if entries.is_empty() {
        return Vec::new();
    }
    let at = &machine.name;
    let table = AddTable { family, name: TABLE.into(), comment: format!("made by netlab for lab {lab}") };
    let hook = Hook { kind: "nat".into(), hook: CHAIN.into(), priority: 100, policy: "accept".into() };
    let chain = AddChain { family, table: TABLE.into(), name: CHAIN.into(), hook };
    let mut steps = vec![
        Step::new(at, Action::AddTable(table), "rules of netlab's own, apart from everybody else's"),
        Step::new(at, Action::AddChain(chain), "its rules see each packet last, when it is known where it leaves"),
    ];
    let rules: Vec<Rule> = entries.iter().map(|entry| rule(entry)).collect();
    for (i, (rule, entry)) in rules.iter().zip(entries).enumerate() {
        let action = AddRule {
            family,
            table: TABLE.into(),
            chain: CHAIN.into(),
            rule: rule.clone(),
            earlier: rules[..i].to_vec(),
        };
        let why = match entry.to {
            None => {
                "pods that leave the cluster get the address of the interface they leave by, so that replies find back"
            }
            Some(_) => {
                "pods that leave the cluster get this address, whichever way they leave, so that all know who comes"
            }
        };
        steps.push(Step::new(at, Action::AddRule(action), why));
    }
    steps
}

fn rule(entry: &Masquerade) -> Rule {
    let mut parts = vec![Part::Address { side: Side::Source, not: false, network: entry.from }];
    parts.extend(entry.except.iter().map(|network| Part::Address {
        side: Side::Destination,
        not: true,
        network: *network,
    }));
    parts.push(entry.to.map_or(Part::Masquerade, Part::Snat));
    Rule { parts, comment: Some("netlab: masquerade".into()), handle: Handle::default() }
}
