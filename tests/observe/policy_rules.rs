//! Policy rules: those that there are from birth, and each kind that a person adds.

use netlab::kernel::observe::View;
use netlab::kernel::request::Request;
use netlab::network::policy_rule::PolicyRule;
use serde_json::Value;

use super::{ask, json, sandbox, see, sh};

fn view() -> View {
    View { policy_rules: true, ..View::LINKS }
}

fn told() -> (Value, Value) {
    (json("ip -j -d rule"), json("ip -j -d -6 rule"))
}

fn ip(rule: &PolicyRule) -> &'static str {
    if rule.ipv6 { "ip -6" } else { "ip" }
}

const BY_HAND: [&str; 14] = [
    "pref 100 from 10.244.1.0/24 lookup 100",
    "pref 100 from 10.244.1.0/24 lookup 1000",
    "pref 101 from all to 10.244.2.0/24 lookup main",
    "pref 102 from all tos 0x10 lookup 100",
    "pref 103 from all fwmark 0x1 lookup 100",
    "pref 103 from all fwmark 0x1/0xff lookup 100",
    "not pref 104 from 10.244.1.7/32 iif eth0 lookup 100",
    "pref 105 from all oif eth0 uidrange 0-0 sport 80 dport 1000-2000 ipproto 6 lookup 100",
    "pref 106 from 10.244.3.0/24 blackhole",
    "pref 107 from 10.244.3.0/24 prohibit",
    "pref 108 from all goto 32766",
    "pref 109 from all lookup main suppress_prefixlength 0",
    "pref 110 from fd00:1::/64 to fd00:2::/64 lookup 100",
    "pref 111 from fd00:1::/64 unreachable protocol static",
];

#[test]
fn what_is_added_by_hand_is_seen_and_exactly_it_is_deleted() {
    sandbox(|kernel| {
        let before = see(kernel, &view()).policy_rules;
        assert_eq!(before, PolicyRule::defaults());
        let pristine = told();
        for text in BY_HAND {
            let ip = if text.contains("fd00") { "ip -6" } else { "ip" };
            sh(&format!("{ip} rule add {text}"));
        }
        let seen = see(kernel, &view()).policy_rules;
        let new: Vec<_> = seen.iter().filter(|rule| !before.contains(rule)).collect();
        assert_eq!(new.iter().map(ToString::to_string).collect::<Vec<_>>(), BY_HAND);
        for rule in new {
            let all = told();
            sh(&format!("{} rule delete {rule}", ip(rule)));
            let without = told();
            assert_ne!(all, without);
            sh(&format!("{} rule add {rule}", ip(rule)));
            ask(kernel, vec![Request::PolicyRule { rule: rule.clone(), add: false }]);
            assert_eq!(told(), without, "{rule}");
        }
        assert_eq!(told(), pristine);
    });
}

#[test]
fn the_kernels_own_come_back() {
    sandbox(|kernel| {
        let pristine = told();
        for rule in PolicyRule::defaults() {
            sh(&format!("{} rule delete {rule}", ip(&rule)));
            assert!(!see(kernel, &view()).policy_rules.contains(&rule));
            ask(kernel, vec![Request::PolicyRule { rule: rule.clone(), add: true }]);
            assert_eq!(told(), pristine, "{rule}");
            sh(&format!("{ip} rule delete {rule}; {ip} rule add {rule}", ip = ip(&rule)));
            assert_eq!(told(), pristine, "{rule}");
        }
    });
}
