//! What is told when a change fails, cannot be read, or is not to be made.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use super::common::program::{finish, start};
use super::common::wait::until;
use super::common::{Directory, Lab, run};
use super::manners::file;

/// One node with these masquerade rules, one digit each.
fn rules(numbers: &str) -> String {
    let rules: Vec<String> = numbers.chars().map(|n| format!("{{ from: 10.{n}.0.0/16 }}")).collect();
    format!("lab: x\nnodes: {{ n: {{ masquerade: [{}] }} }}\n", rules.join(", "))
}

/// The numbers of the rules that there are.
fn there(lab: &Lab) -> String {
    let chain = lab.exec("n", &["nft", "list", "chain", "ip", "netlab", "postrouting"]).success();
    chain.split("saddr 10.").skip(1).filter_map(|rest| rest.split('.').next()).collect()
}

#[test]
fn a_change_that_cannot_be_read_is_told_and_the_lab_is_taken_down_all_the_same() {
    let directory = Directory::new();
    let one = directory.file("one.yaml", file("c: {}", "", ""));
    let lab = Lab::up(&one);
    for damaged in ["", "{}\n", "\u{0}\u{0}\u{0}", "{\"goal\":\"File\",\"to\":\"lab: x\n"] {
        fs::write(lab.file("change"), damaged).expect("a file");
        for words in
            [&["status"][..], &["up", &one], &["up", "--dry-run", &one], &["next"], &["diff"], &["pod", "delete", "c"]]
        {
            let said = lab.run(words).fails(3);
            for told in ["cannot read ", "/change,", "expected: a line of JSON", "`netlab down"] {
                assert!(said.contains(told), "{words:?} with {damaged:?}: {told}: {said}");
            }
        }
        lab.run(&["list"]).success();
    }
    lab.down();
}

/// Sysctls are looked at in the machines that a change touches: one that was interrupted may have touched others.
#[test]
fn what_was_set_by_hand_outlasts_a_change_that_was_interrupted_and_another_one() {
    let directory = Directory::new();
    let lab = Lab::up(&directory.file("one.yaml", file("c: {}", "", "")));
    let by_hand = "net.ipv4.conf.all.accept_local";
    for machine in ["n1", "n2", "c"] {
        lab.script(machine, &format!("sysctl -qw {by_hand}=1")).success();
    }
    let other = directory.file("other.yaml", file("c: {}, d: {}", "", ""));
    let died = run(lab.netlab(&["up", &other]).env("NETLAB_TEST_DIE_AFTER", "2"));
    assert!(died.signal.is_some(), "{died}");
    // Now on the first node, which was not touched.
    let third = file("c: {}, d: {}", "", "").replace("b: {}", "b: {}, e: {}");
    lab.run(&["up", &directory.file("third.yaml", third)]).success();
    for machine in ["n1", "n2", "c"] {
        assert_eq!(lab.exec(machine, &["sysctl", "-n", by_hand]).success().trim(), "1", "{machine}");
    }
    lab.run(&["repair"]).success();
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

/// Also where the steps were all done, and only what follows from them was not.
#[test]
fn what_follows_from_a_change_is_set_right_by_the_next_one_where_it_was_interrupted() {
    let directory = Directory::new();
    let with =
        |sysctls: &str| file("c: {}", &format!("  n4: {{ address: 198.51.100.14, sysctls: {{ {sysctls} }} }}\n"), "");
    let lab = Lab::up(&directory.file("one.yaml", with("net.ipv4.conf.default.rp_filter: 2")));
    let copied = || lab.exec("n4", &["sysctl", "-n", "net.ipv4.conf.eth0.rp_filter"]).success();
    assert_eq!(copied().trim(), "2", "it was there when eth0 was made");
    let other = directory.file("other.yaml", with(""));
    let died = run(lab.netlab(&["up", &other]).env("NETLAB_TEST_DIE_AFTER", "1"));
    assert!(died.signal.is_some() && copied().trim() == "2", "{died}");
    lab.run(&["up", &other]).success();
    assert_eq!(copied().trim(), "0");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn a_command_that_fails_is_told_as_it_is_typed() {
    let directory = Directory::new();
    let lab = Lab::up(&directory.file("one.yaml", rules("12")));
    let plan = lab.run(&["plan", "--json", &directory.file("again.yaml", rules("12"))]).json();
    let typed = plan["steps"].as_array().expect("steps").iter().filter_map(|step| step["command"].as_str());
    let typed =
        typed.filter_map(|command| command.strip_prefix("ip netns exec n nft ")).map(|line| line.replace('\'', ""));
    // The same table once more, as one that belongs to a program: nobody else may change it.
    let owned = typed.map(|line| line.replace("{ comment", "{ flags owner; comment"));
    let script = std::iter::once("delete table ip netlab".to_owned()).chain(owned).collect::<Vec<_>>().join("\n");
    let mut command = lab.netlab(&["exec", "n", "--", "nft", "-i"]);
    let mut owner = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let input = owner.stdin.as_mut().expect("an input");
    input.write_all(format!("{script}\n").as_bytes()).expect("a pipe");
    input.flush().expect("a pipe");
    let table = || lab.exec("n", &["nft", "list", "ruleset"]).stdout;
    until("the program has its table", || {
        let table = table();
        (table.contains("flags owner") && table.contains("10.2.0.0")).then_some(())
    });

    let said = lab.run(&["up", &directory.file("other.yaml", rules("13"))]).fails(3);
    for told in [
        "is changed in part; this failed: Let postrouting have these 2 rules",
        "command: ip netns exec n nft flush chain ip netlab postrouting && ip netns exec n nft add rule ",
        "because: cannot run `nft flush chain",
        "`netlab up FILE` goes on from here",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    drop(owner.stdin.take());
    finish(owner, "nft -i", b"");
    lab.run(&["up", &directory.file("other.yaml", rules("13"))]).success();
    assert_eq!(there(&lab), "13");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn as_far_as_a_step_in_the_middle_of_a_chain_what_is_common_stays() {
    let directory = Directory::new();
    let lab = Lab::up(&directory.file("one.yaml", rules("123")));
    let other = directory.file("other.yaml", rules("124"));
    let steps = lab.run(&["plan", "--json", &other]).json();
    let steps = steps["steps"].as_array().expect("steps");
    let number = |from: &str| {
        let step = steps.iter().find(|step| step["command"].as_str().is_some_and(|command| command.contains(from)));
        step.expect("a step")["number"].to_string()
    };
    let said = lab.run(&["up", &other, "--to", &number("10.1.0.0")]).success();
    assert!(said.contains("1 step taken back, by 1 command, in "), "{said}");
    assert_eq!(there(&lab), "12");
    lab.run(&["up", &other]).success();
    assert_eq!(there(&lab), "124");
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    lab.down();
}

#[test]
fn an_exercise_keeps_its_topology_also_where_the_plan_is_the_same() {
    let (directory, lab) = (Directory::new(), Lab::place());
    let state = lab.state();
    let netlab = || super::common::lab::netlab(&state);
    run(netlab().args(["exercise", "start", "red-cannot-ping-blue"])).success();
    let names = run(netlab().args(["list", "--json"])).json();
    let name = names["labs"][0]["lab"].as_str().expect("a name").to_owned();
    let kept = state.join(&name).join("topology.yaml");
    let text = fs::read_to_string(&kept).expect("a topology");
    let same = directory.file("same.yaml", format!("# another text\n{text}"));
    let check = || run(netlab().args(["exercise", "check"])).status;
    assert_eq!(check(), Some(1), "it is not solved");
    for words in [&["up"][..], &["up", "--dry-run"], &["up", "--to", "3"]] {
        let said = run(netlab().args(["--lab", &name]).args(words).arg(&same)).fails(2);
        assert!(said.contains("is an exercise") && said.contains("`netlab exercise reset`"), "{said}");
    }
    assert_eq!(fs::read_to_string(&kept).expect("a topology"), text);
    assert_eq!(check(), Some(1), "nothing has solved it");
    run(netlab().args(["down", &name])).success();
}
