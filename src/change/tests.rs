//! Changes between small plans, on predicted networks.

use super::*;
use crate::plan::Plan;
use crate::step::Action;
use crate::topology::parse;

fn plan(pods: &str, more: &str) -> Plan {
    let text = format!("lab: x\nnodes:\n  n: {{ podCIDR: 10.1.0.0/24, pods: {{ {pods} }}, {more} }}\n");
    Plan::of(&parse("test.yaml", &text).unwrap())
}

/// The commands that lead from one plan, all of whose steps are in force, to another one.
fn commands(from: &Plan, to: &Plan, pace: Pace) -> Vec<String> {
    typed(&change(from, to, pace))
}

fn change(from: &Plan, to: &Plan, pace: Pace) -> Change {
    from_where(&from.predict(|_| true), from, to, Wish { to: to.len(), pace, scope: Scope::All }).unwrap()
}

/// The change of a network in which something may differ from the plan that it comes from.
fn from_where(seen: &Namespaces, from: &Plan, to: &Plan, wish: Wish) -> Result<Change, Obstacle> {
    work_out(&United::of(to.clone(), std::slice::from_ref(from)), seen, wish)
}

fn typed(change: &Change) -> Vec<String> {
    change.legs.iter().filter_map(|leg| leg.step.command()).collect()
}

/// One node that masquerades these.
fn rules(numbers: &[u8]) -> Plan {
    rules_and_pods(numbers, "")
}

fn rules_and_pods(numbers: &[u8], pods: &str) -> Plan {
    let rules: Vec<String> = numbers.iter().map(|n| format!("{{ from: 10.{n}.0.0/16 }}")).collect();
    plan(pods, &format!("masquerade: [{}]", rules.join(", ")))
}

/// The number of the step that adds the rule of this place, from 0.
fn rule(plan: &Plan, place: usize) -> u32 {
    let mut rules = plan.numbered().filter(|(_, step)| matches!(step.action, Action::AddRule(_)));
    rules.nth(place).map(|(number, _)| number).unwrap()
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
    let back = two.steps.len() - one.steps.len();
    assert_eq!(counted, Count { back, done: 0, stays: one.steps.len(), commands: 2 });
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
fn rules_beyond_the_last_step_that_is_asked_for_stay_as_far_as_they_are_there() {
    let (from, to) = (rules(&[2, 3, 4]), rules(&[2, 3, 5]));
    let without_4 = "flush chain ip netlab postrouting && ";
    // As far as before all rules, the first one, the second one: 4 goes, and nothing else.
    for number in [0, rule(&to, 0) - 1, rule(&to, 0), rule(&to, 1)] {
        let wish = Wish { to: number, pace: Pace::Brisk, scope: Scope::All };
        let change = from_where(&from.predict(|_| true), &from, &to, wish).unwrap();
        let commands = typed(&change);
        assert!(commands.len() == 1 && commands[0].contains(without_4), "{number}: {commands:?}");
        assert!(["10.2.", "10.3."].iter().all(|rule| commands[0].contains(rule)), "{number}: {commands:?}");
        assert!(change.after.contains(&rule(&to, 1)) && !change.after.contains(&rule(&to, 2)), "{number}");
    }
}

/// Adding a pod leaves alone what somebody has broken before.
#[test]
fn a_chain_that_somebody_changed_is_nothing_to_do_with_a_pod() {
    let (from, to) = (rules_and_pods(&[2, 3, 4], ""), rules_and_pods(&[2, 3, 4], "a: {}"));
    let wish = Wish { to: to.len(), pace: Pace::Brisk, scope: Scope::Difference };
    let broken = from.predict(|number| number != rule(&from, 1));
    let chain = |net: &Namespaces| {
        let node = net.get("n").unwrap();
        let chain = node.chain(crate::network::ruleset::Family::Ip, "netlab", "postrouting").unwrap();
        chain.rules.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let change = from_where(&broken, &from, &to, wish).unwrap();
    assert_eq!(chain(&change.net), chain(&broken), "{:?}", typed(&change));
    // Not even a rule of somebody else's is in the way.
    let others = rules_and_pods(&[2, 7], "").predict(|_| true);
    let change = from_where(&others, &from, &to, wish).unwrap();
    assert_eq!(chain(&change.net), chain(&others), "{:?}", typed(&change));
}

#[test]
fn what_is_left_alone_sets_nothing_over() {
    let (from, to) = (plan("a: {}", "sysctls: { net.ipv4.conf.lo.forwarding: 0 }"), plan("a: {}, b: {}", ""));
    let mut seen = from.predict(|_| true);
    // Somebody has switched it off, which switches it off on all links.
    crate::network::effect::set_sysctl(&mut seen, &"n".parse().unwrap(), "net.ipv4.ip_forward", Some("0"));
    let back = |scope| {
        from_where(&seen, &from, &to, Wish { to: to.len(), pace: Pace::Brisk, scope })
            .unwrap()
            .legs
            .iter()
            .filter(|leg| leg.step.way == Way::Undo)
            .count()
    };
    assert_eq!((back(Scope::All), back(Scope::Difference)), (0, 1));
}

#[test]
fn what_nobody_has_made_is_in_the_way() {
    let (from, to) = (plan("", ""), plan("a: {}", ""));
    let mut seen = from.predict(|_| true);
    crate::network::effect::add_link(&mut seen, &"n".parse().unwrap(), "veth-a", "dummy");
    let wish = Wish { to: to.len(), pace: Pace::Brisk, scope: Scope::All };
    let obstacle = from_where(&seen, &from, &to, wish).unwrap_err();
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
