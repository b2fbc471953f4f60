//! Changes between small plans, on predicted networks.

use super::*;
use crate::plan::Plan;
use crate::topology::parse;

fn plan(pods: &str, more: &str) -> Plan {
    let text = format!("lab: x\nnodes:\n  n: {{ podCIDR: 10.1.0.0/24, pods: {{ {pods} }}, {more} }}\n");
    Plan::of(&parse("test.yaml", &text).unwrap())
}

/// The commands that lead from one plan, all of whose steps are in force, to another one.
fn commands(from: &Plan, to: &Plan, pace: Pace) -> Vec<String> {
    let change = change(from, to, pace);
    change.legs.iter().filter_map(|leg| leg.step.command()).collect()
}

fn change(from: &Plan, to: &Plan, pace: Pace) -> Change {
    let united = United::of(to.clone(), std::slice::from_ref(from));
    let wish = Wish { to: to.len(), pace, scope: Scope::All };
    work_out(&united, &from.predict(|_| true), wish).unwrap()
}

#[test]
fn from_a_plan_to_itself_there_is_nothing_to_do() {
    let plan = plan("a: {}, b: {}", "masquerade: [{ from: 10.1.0.0/24 }]");
    for pace in [Pace::Brisk, Pace::Stepwise] {
        let same = change(&plan, &plan, pace);
        assert_eq!((same.legs.len(), same.back, same.done), (0, 0, 0));
        assert_eq!(same.stays, plan.steps.len());
    }
}

#[test]
fn a_pod_goes_with_two_commands_or_step_by_step() {
    let (two, one) = (plan("a: {}, b: {}", ""), plan("a: {}", ""));
    let brisk = commands(&two, &one, Pace::Brisk);
    assert_eq!(brisk, ["ip -n n link delete veth-b", "ip netns delete b"]);
    let stepwise = commands(&two, &one, Pace::Stepwise);
    assert_eq!(stepwise.len(), two.steps.len() - one.steps.len());
    assert_eq!(stepwise.first().map(String::as_str), Some("ip -n b route delete default via 10.1.0.1"));
    assert_eq!(stepwise.last().map(String::as_str), Some("ip netns delete b"));
    let counted = change(&two, &one, Pace::Brisk).count();
    assert_eq!(counted, Count { back: two.steps.len() - one.steps.len(), done: 0, stays: one.steps.len() });
}

#[test]
fn what_falls_with_something_else_is_done_again() {
    let from = plan("a: { addresses: 10.1.0.2/24 }", "");
    let to = plan("a: { addresses: 10.1.0.9/24 }", "");
    for pace in [Pace::Brisk, Pace::Stepwise] {
        assert_eq!(
            commands(&from, &to, pace),
            [
                "ip -n a addr delete 10.1.0.2/24 dev eth0",
                "ip -n a addr add 10.1.0.9/24 dev eth0",
                "ip -n a route add default via 10.1.0.1",
            ]
        );
    }
    let stepwise = change(&from, &to, Pace::Stepwise);
    assert_eq!(stepwise.legs[0].falls.len(), 1, "the default route falls with the address");
}

#[test]
fn what_stands_in_the_place_of_something_new_goes_just_before_it() {
    let sysctl = |value: u8| plan("a: {}", &format!("sysctls: {{ net.ipv4.conf.all.rp_filter: {value} }}"));
    let brisk = commands(&sysctl(1), &sysctl(2), Pace::Brisk);
    assert_eq!(brisk, ["ip netns exec n sysctl -qw net.ipv4.conf.all.rp_filter=2"], "set over, not back");
    let prefix = |length: u8| {
        let text = format!("lab: x\nnodes: {{ n: {{ bridge: {{ name: cni0, addresses: [10.1.0.1/{length}] }} }} }}\n");
        Plan::of(&parse("test.yaml", &text).unwrap())
    };
    let brisk = commands(&prefix(24), &prefix(20), Pace::Brisk);
    assert_eq!(brisk, ["ip -n n addr delete 10.1.0.1/24 dev cni0", "ip -n n addr add 10.1.0.1/20 dev cni0"]);
}

#[test]
fn a_chains_rules_are_replaced_unless_they_are_only_added_to() {
    let rules = |numbers: &[u8]| {
        let rules: Vec<String> = numbers.iter().map(|n| format!("{{ from: 10.{n}.0.0/16 }}")).collect();
        plan("", &format!("masquerade: [{}]", rules.join(", ")))
    };
    let added = commands(&rules(&[2]), &rules(&[2, 3]), Pace::Brisk);
    assert!(added.len() == 1 && !added[0].contains("flush"), "{added:?}");
    let replaced = commands(&rules(&[2, 3]), &rules(&[4, 3]), Pace::Brisk);
    assert!(replaced.len() == 1 && replaced[0].contains("flush chain ip netlab postrouting && "), "{replaced:?}");
    let gone = commands(&rules(&[2, 3]), &plan("", ""), Pace::Brisk);
    assert_eq!(gone, ["ip netns exec n nft delete table ip netlab"]);
    let count = change(&rules(&[2, 3]), &rules(&[4, 3]), Pace::Brisk).count();
    assert_eq!((count.back, count.done), (2, 2), "3 stands behind another one now: it is done again");
}

#[test]
fn what_nobody_has_made_is_in_the_way() {
    let (from, to) = (plan("", ""), plan("a: {}", ""));
    let united = United::of(to.clone(), std::slice::from_ref(&from));
    let mut seen = from.predict(|_| true);
    crate::network::effect::add_link(&mut seen, &"n".parse().unwrap(), "veth-a", "dummy");
    let obstacle = work_out(&united, &seen, Wish { to: to.len(), pace: Pace::Brisk, scope: Scope::All }).unwrap_err();
    assert_eq!(obstacle.found, "veth-a is a dummy");
}

#[test]
fn united_plans_have_the_new_ones_numbers_and_what_is_left_over_behind() {
    let (old, new) = (plan("a: {}, b: {}", ""), plan("b: {}, c: {}", ""));
    let united = United::of(new.clone(), &[old.clone(), new.clone()]);
    assert_eq!(united.plan.steps[..new.steps.len()], new.steps[..]);
    assert!(united.plan.steps[new.steps.len()..].iter().all(|step| step.machine.as_str() != "c"));
    let covered: Vec<usize> = united.plan.chapters.iter().flat_map(|chapter| chapter.steps.clone()).collect();
    assert_eq!(covered, (0..united.plan.steps.len()).collect::<Vec<_>>());
    assert!(united.is_leftover_machine(&"a".parse().unwrap()) && !united.is_leftover_machine(&"b".parse().unwrap()));
}
