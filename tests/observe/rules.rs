//! nftables: single rules, a policy, a sleeping table.

use netlab::kernel::nft::{self, Change, Place};
use netlab::kernel::observe::View;
use netlab::kernel::request::Request;
use netlab::network::Namespace;
use netlab::network::ruleset::{Family, Rule};

use super::{ask, json, sandbox, see, sh};

const MADE: &str = r#"nft -f - <<'END'
table ip netlab {
    comment "made by netlab"
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade
        ip saddr 10.244.2.0/24 masquerade comment "two"
    }
}
END
"#;

/// Two ways to put right what `by_hand` did: the request, and its text. Both must lead to what there was before.
fn both_ways(by_hand: &str, put_right: impl Fn(&Namespace) -> Vec<Change> + Sync) {
    for typed in [false, true] {
        sandbox(|kernel| {
            sh(MADE);
            let before = (json("nft -j list ruleset"), sh("nft list ruleset"));
            let seen_before = see(kernel, &View::ALL).tables;
            sh(by_hand);
            let seen = see(kernel, &View::ALL);
            assert_ne!(seen.tables, seen_before, "{by_hand}");
            let changes = put_right(&seen);
            match typed {
                true => changes.iter().for_each(|change| drop(sh(&nft::command(change)))),
                false => ask(kernel, changes.iter().cloned().map(Request::Nft).collect()),
            }
            assert_eq!((json("nft -j list ruleset"), sh("nft list ruleset")), before, "{changes:?}");
            assert_eq!(see(kernel, &View::ALL).tables, seen_before);
        });
    }
}

fn chain() -> (Family, String, String) {
    (Family::Ip, "netlab".into(), "postrouting".into())
}

fn rules(ns: &Namespace) -> &[Rule] {
    &ns.tables.iter().find(|table| table.name == "netlab").unwrap().chains[0].rules
}

#[test]
fn a_foreign_rule_is_deleted_by_its_handle() {
    both_ways("nft insert rule ip netlab postrouting ip saddr 10.244.1.7 drop", |ns| {
        let (family, table, chain) = chain();
        assert_eq!(rules(ns).len(), 3);
        let handle = rules(ns)[0].handle.0.unwrap();
        vec![Change::DeleteRule { family, table, chain, handle }]
    });
}

/// The script that deletes the first or second rule.
fn delete(number: usize) -> String {
    let handle =
        format!("nft -a list chain ip netlab postrouting | grep masquerade | sed -n 's/.*handle //;{number}p'");
    format!("nft delete rule ip netlab postrouting handle $({handle})")
}

fn missing(number: usize) -> Rule {
    sandbox(|kernel| {
        sh(MADE);
        rules(&see(kernel, &View::ALL))[number - 1].clone()
    })
}

#[test]
fn a_missing_rule_comes_back_to_its_place() {
    let insert = |place, rule: &Rule| {
        let (family, table, chain) = chain();
        vec![Change::InsertRule { family, table, chain, place, rule: rule.clone() }]
    };
    let (first, second) = (missing(1), missing(2));
    both_ways(&delete(1), |_| insert(Place::First, &first));
    both_ways(&delete(1), |ns| insert(Place::Before(rules(ns)[0].handle.0.unwrap()), &first));
    both_ways(&delete(2), |ns| insert(Place::After(rules(ns)[0].handle.0.unwrap()), &second));
}

#[test]
fn a_policy_is_set_back() {
    both_ways("nft chain ip netlab postrouting '{ policy drop; }'", |_| {
        let (family, table, chain) = chain();
        vec![Change::SetPolicy { family, table, chain, policy: "accept".into() }]
    });
}

#[test]
fn a_table_is_woken() {
    both_ways("nft add table ip netlab '{ flags dormant; }'", |ns| {
        assert!(ns.tables[0].dormant);
        vec![Change::WakeTable { family: Family::Ip, table: "netlab".into() }]
    });
}

#[test]
fn a_foreign_table_is_deleted_whatever_is_in_it() {
    let script = r#"nft -f - <<'END'
table inet mine {
    set s { type ipv4_addr; flags interval; elements = { 10.244.1.0/24 } }
    map m { type ipv4_addr : verdict; elements = { 10.244.1.1 : drop } }
    counter c { }
    quota q { over 10 mbytes }
    chain input { type filter hook input priority 0; ip saddr @s counter name c drop; ip saddr vmap @m; jump other; }
    chain other { quota name q accept; }
}
END
"#;
    both_ways(script, |ns| {
        assert_eq!(ns.tables.len(), 2);
        vec![Change::DeleteTable { family: Family::Inet, table: "mine".into() }]
    });
}
