//! What is said, what is refused, and what becomes of a lab whose change is interrupted.

use super::common::ping::Ping;
use super::common::state::{LOOK_AT_LINKS, State};
use super::common::{Directory, Lab, run, run_with_input, topology};

/// Three nodes, of which two have what the tests change.
pub fn file(node_2: &str, node_3: &str, more: &str) -> String {
    format!(
        "lab: x\nnetworks: {{ lan: {{ subnets: [198.51.100.0/24] }} }}\n\
         cluster: {{ clusterCIDR: 10.244.0.0/16, masquerade: true }}\nnodes:\n\
         \x20 n1: {{ address: 198.51.100.11, podCIDR: 10.244.1.0/24, pods: {{ a: {{}}, b: {{}} }} }}\n\
         \x20 n2: {{ address: 198.51.100.12, podCIDR: 10.244.2.0/24, pods: {{ {node_2} }} }}\n{node_3}{more}"
    )
}

const NODE_3: &str = "  n3: { address: 198.51.100.13, podCIDR: 10.244.3.0/24, pods: { e: {} } }\n";
const HOST: &str = "hosts: { out: { interfaces: { eth0: { network: lan, addresses: [198.51.100.99/24] } } } }\n";

fn state_of(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", LOOK_AT_LINKS).success()).without_operstate()
}

#[test]
fn a_dry_run_shows_what_is_done_and_does_nothing() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let one = directory.file("one.yaml", file("c: {}", NODE_3, HOST));
    let new = lab.run(&["up", "--dry-run", &one]).success();
    assert!(new.contains(" steps to do, by ") && new.contains(" commands; 0 stay"), "{new}");
    assert!(new.contains("ip netns add n1") && !lab.state().exists(), "{new}");
    lab.run(&["up", &one]).success();
    let same = lab.run(&["up", "--dry-run", &one]).success();
    assert!(same.contains(": no step to do; "), "{same}");

    let other = directory.file("other.yaml", file("d: {}", "", HOST));
    let before = state_of(&lab);
    let shown = lab.run(&["up", "--dry-run", &other]).success();
    for command in [
        "ip -n n2 link delete veth-c\n",
        "ip netns delete c\n",
        "ip link delete n3-eth0\n",
        "ip netns delete n3\n",
        "ip -n n1 route delete 10.244.3.0/24 via 198.51.100.13\n",
        "ip -n n2 link add veth-d type veth peer name peer-d\n",
        "Delete the network namespace n3.",
    ] {
        assert!(shown.contains(command), "{command}: {shown}");
    }
    assert!(!shown.contains("-n out ") && !shown.contains("out-eth0"), "what stays is not spoken of: {shown}");
    let document = lab.run(&["up", "--dry-run", "--json", &other]).json();
    let steps = document["steps"].as_array().expect("steps");
    assert!(
        steps.iter().any(|step| step["way"] == "undo") && steps.iter().any(|step| step["way"] == "do"),
        "{document}"
    );
    before.assert_same(&state_of(&lab), "before (-), after a dry run (+)");
    // As many commands as are printed, and that is what is told.
    let commands = steps.iter().filter(|step| step["command"].is_string()).count();
    assert_eq!(document["commands"], commands);
    assert!(commands < 30 && shown.contains(&format!(", by {commands} commands; ")), "{commands}: {shown}");

    // The printed commands, typed, are the change.
    let typed: Vec<&str> = steps.iter().filter_map(|step| step["command"].as_str()).collect();
    lab.script("fabric", &format!("set -e\n{}", typed.join("\n"))).success();
    let said = lab.run(&["up", "--json", &other]).json();
    assert_eq!((&said["stepsDone"], &said["changed"]["done"]), (&0.into(), &0.into()), "typed already: {said}");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn what_stays_is_not_disturbed() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let files: Vec<String> = [
        file("c: { addresses: 10.244.2.50/24 }", NODE_3, HOST),
        file("c: { addresses: 10.244.2.50/24 }, d: {}, x: {}", "", HOST),
        file("y: {}, c: { addresses: 10.244.2.50/24 }", NODE_3, ""),
        file("c: { addresses: 10.244.2.50/24 }", &NODE_3.replace(".13", ".33"), HOST),
    ]
    .iter()
    .enumerate()
    .map(|(number, text)| directory.file(&format!("{number}.yaml"), text))
    .collect();
    lab.run(&["up", &files[0]]).success();
    // Its neighbour, its gateway, a pod that stays on a node that changes.
    let pings = ["10.244.1.3", "10.244.1.1", "10.244.2.50"].map(|to| Ping::begin(&lab, "a", to));
    for _ in 0..2 {
        for file in files.iter().skip(1).chain(&files[..1]) {
            lab.run(&["up", file]).success();
        }
    }
    pings.into_iter().for_each(|ping| ping.lost_nothing(8));
    lab.down();
}

#[test]
fn rules_change_in_one_transaction_and_keep_their_order() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let text =
        |rules: &str| format!("lab: x\nnetworks: {{ lan: {{}} }}\nnodes: {{ n: {{ masquerade: [{rules}] }} }}\n");
    let from =
        |numbers: &str| numbers.chars().map(|n| format!("{{ from: 10.{n}.0.0/16 }}")).collect::<Vec<_>>().join(", ");
    let mut number = 0;
    let mut file = |numbers: &str| {
        number += 1;
        directory.file(&format!("{number}.yaml"), text(&from(numbers)))
    };
    lab.run(&["up", &file("12")]).success();
    for (numbers, commands) in [("123", 1), ("13", 1), ("213", 1), ("45", 1), ("5", 1)] {
        let wanted = file(numbers);
        let shown = lab.run(&["up", "--dry-run", "--json", &wanted]).json();
        assert_eq!(shown["steps"].as_array().map(Vec::len), Some(commands), "{numbers}: {shown}");
        lab.run(&["up", &wanted]).success();
        let chain = lab.exec("n", &["nft", "list", "chain", "ip", "netlab", "postrouting"]).success();
        let there: String = chain.split("saddr 10.").skip(1).filter_map(|rest| rest.split('.').next()).collect();
        assert_eq!(there, numbers, "{chain}");
        assert_eq!(lab.run(&["diff"]).status, Some(0));
    }
    // A rule of somebody else's would go with the others: it is in the way of that, and not of one more at the end.
    lab.exec("n", &["nft", "add", "rule", "ip", "netlab", "postrouting", "counter"]).success();
    let said = lab.run(&["up", &file("6")]).fails(3);
    assert!(said.contains("postrouting has the rule `counter ") && said.contains("nothing was done"), "{said}");
    lab.run(&["repair"]).success();
    lab.run(&["up", &file("")]).success();
    assert_eq!(lab.exec("n", &["nft", "list", "ruleset"]).success().trim(), "");
    lab.down();
}

#[test]
fn killed_after_any_step_a_change_is_finished_or_taken_back() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let one = directory.file("one.yaml", file("c: {}, d: {}", NODE_3, ""));
    let other =
        directory.file("other.yaml", file("x: {}, c: {}", &NODE_3.replace("13,", "33,").replace("e:", "f:"), HOST));
    let third = directory.file("third.yaml", file("c: {}", "", HOST));
    let mut fresh = Vec::new();
    for file in [&one, &other, &third] {
        let lab = Lab::named(&lab.name);
        lab.run(&["up", file]).success();
        fresh.push(state_of(&lab));
        lab.down_among_others();
    }
    lab.run(&["up", &one]).success();
    let mut deaths = 0;
    for steps in (1..60).step_by(3) {
        let words: &[&str] = if steps % 2 == 0 { &["--no-fuse"] } else { &[] };
        let died = run(lab.netlab(&["up", &other]).args(words).env("NETLAB_TEST_DIE_AFTER", steps.to_string()));
        if died.signal.is_none() {
            // It has no more steps.
            assert_eq!(died.status, Some(0), "{died}");
            break;
        }
        deaths += 1;
        if deaths <= 2 {
            for words in [&["list"][..], &["plan", &one], &["routes"]] {
                lab.run(words).success();
            }
        }
        assert!(matches!(lab.run(&["diff"]).status, Some(0 | 1)));
        let said = lab.run(&["next"]).fails(2);
        assert!(said.contains("a change of lab") && said.contains("`netlab up FILE` goes on"), "{said}");
        assert!(lab.run(&["status"]).success().contains("the change was interrupted"));
        let (file, is) = [(&other, 1), (&one, 0), (&third, 2)][steps / 3 % 3];
        lab.run(&["up", file]).success();
        let what = format!("fresh (-), led to {file} after a death after {steps} steps (+)");
        fresh[is].assert_same(&state_of(&lab), &what);
        assert_eq!(lab.run(&["diff"]).status, Some(0), "{what}");
        lab.run(&["up", &one]).success();
    }
    assert!(deaths >= 8, "only {deaths} deaths");
    lab.down();
}

/// As it is when somebody is killed who is about to delete a namespace: what held it is gone, and its name is not.
#[test]
fn a_name_without_a_namespace_goes_with_the_change() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let one = directory.file("one.yaml", file("c: {}", "", ""));
    lab.run(&["up", &directory.file("other.yaml", file("c: {}, d: {}", "", ""))]).success();
    lab.script("fabric", "umount /run/netns/d").success();
    assert!(lab.script("fabric", "ls /run/netns").success().lines().any(|name| name == "d"));
    lab.run(&["up", &one]).success();
    assert!(!lab.script("fabric", "ls /run/netns").success().lines().any(|name| name == "d"));
    lab.down();
}

#[test]
fn a_lab_in_the_middle_is_brought_to_the_end_of_the_new_plan_or_as_far_as_asked() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let one = directory.file("one.yaml", file("c: {}", NODE_3, ""));
    let other = directory.file("other.yaml", file("x: {}", "", HOST));
    lab.run(&["up", &one, "--to", "20"]).success();
    let said = lab.run(&["up", &other, "--to", "30"]).success();
    assert!(
        said.contains("is changed: 10 steps done, by 10 commands, in ")
            && said.contains(" ms; 20 stay")
            && said.contains("30 of its 85 steps are in force"),
        "{said}"
    );
    assert!(lab.run(&["next"]).success().contains("step 31 of"));
    lab.run(&["back", "12"]).success();
    lab.run(&["up", &one]).success();
    let status = lab.run(&["status", "--json"]).json();
    assert_eq!(status["cursor"]["done"], status["cursor"]["total"]);
    let fresh = Lab::named(&lab.name);
    fresh.run(&["up", &one]).success();
    state_of(&fresh).assert_same(&state_of(&lab), "fresh (-), led there (+)");
    fresh.down_among_others();
    lab.down();
}

#[test]
fn what_somebody_did_by_hand_is_not_overwritten_and_what_netlab_broke_is_still_known() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let one = directory.file("one.yaml", file("c: {}", NODE_3, HOST));
    let other = directory.file("other.yaml", file("c: {}, d: {}", NODE_3, HOST));
    lab.run(&["up", &one]).success();
    lab.script("n2", "ip link add veth-d type bridge && ip link set cni0 mtu 1400").success();
    let before = state_of(&lab);
    let said = lab.run(&["up", &other]).fails(3);
    for told in ["Create a veth pipe", "veth-d is a bridge", "nothing was done", "`netlab repair`"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    before.assert_same(&state_of(&lab), "before (-), after it was refused (+)");
    lab.script("n2", "ip link delete veth-d").success();
    lab.run(&["break", "missing-masquerade", "n1"]).success();
    lab.run(&["break", "link-mtu", "n3"]).success();
    lab.run(&["up", &other]).success();
    let diff = lab.run(&["diff"]).stdout;
    assert!(diff.contains("1400"), "an MTU that was set by hand is left alone: {diff}");
    let told = lab.run(&["break", "--reveal"]).success();
    assert!(told.contains("missing-masquerade") && told.contains("link-mtu"), "{told}");
    lab.run(&["repair"]).success();
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn other_comments_and_expectations_are_kept_without_a_step() {
    let (directory, lab) = (Directory::new(), Lab::place());
    lab.run(&["up", &directory.file("one.yaml", file("c: {}", "", HOST))]).success();
    let expect = "expect:\n  - { from: a, to: out, as: a }\n";
    let other = directory.file("other.yaml", file("c: {}", "", &format!("{HOST}{expect}")));
    assert!(lab.run(&["up", &other]).success().contains("nothing to do"));
    assert_eq!(lab.run(&["check", "--no-why"]).status, Some(1), "a is seen as n1 by out, and was to be seen as itself");
    lab.down();
}

#[test]
fn step_by_step_a_file_that_was_edited_is_refused_and_told_what_to_do() {
    let (directory, lab) = (Directory::new(), Lab::place());
    lab.run(&["up", &directory.file("one.yaml", file("c: {}", "", ""))]).success();
    let other = directory.file("other.yaml", file("d: {}", "", ""));
    let ran = run_with_input(&mut lab.netlab(&["up", "--step", &other]), b"n\n");
    let said = ran.fails(2);
    assert!(said.contains("runs with another topology") && said.contains("--dry-run"), "{said}");
    lab.run(&["up", "--step", "--dry-run", &other]).fails(2);
    lab.down();
}

#[test]
fn an_exercise_is_changed_by_its_student_alone() {
    let lab = Lab::place();
    let mut command = super::common::lab::netlab(&lab.state());
    run(command.args(["exercise", "start", "red-cannot-ping-blue"])).success();
    let names = run(super::common::lab::netlab(&lab.state()).args(["list", "--json"])).json();
    let name = names["labs"][0]["lab"].as_str().expect("a name").to_owned();
    for words in [
        &["up", &topology("three-nodes.yaml")][..],
        &["up", "--dry-run", &topology("three-nodes.yaml")],
        &["pod", "add", "x", "--node", "node-1"],
    ] {
        let said = run(super::common::lab::netlab(&lab.state()).args(["--lab", &name]).args(words)).fails(2);
        assert!(said.contains("is an exercise"), "{said}");
    }
}
