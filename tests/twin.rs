//! What is printed is what is done: `up` leaves the same kernel state as `up --no-fuse`, and as the commands of
//! `plan --format sh`, run by hand in namespaces of their own.
//!
//! ```text
//! netlab up ───────────────────────▶ ┐
//! netlab up --no-fuse ─────────────▶ ├ ip, bridge, nft and sysctl say the same of every machine and of the fabric
//! unshare … sh -c '. ./lab.sh' ────▶ ┘
//! ```
//!
//! What may differ is listed in `common::state`, and nowhere else.

mod common;

use common::program::OF_ALL_KINDS;
use common::state::{LOOK, State};
use common::typist::{by_hand, header, script_of};
use common::{Directory, Lab, tool, topologies, topology};

fn state_of(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", LOOK).success())
}

#[test]
fn fused_unfused_and_typed_labs_are_the_same_to_the_kernel() {
    for name in topologies() {
        let lab = Lab::place();
        let file = topology(&name);
        lab.run(&["up", &file]).success();
        let fused = state_of(&lab);
        let machines = lab.run(&["status", "--json"]).json()["machines"].as_array().expect("machines").len();
        assert_eq!(fused.machines().len(), machines + 1, "{name}: the machines and the fabric are seen");
        lab.down();

        lab.run(&["up", &file, "--no-fuse"]).success();
        fused.assert_same(&state_of(&lab), &format!("{name}: fused (-) and unfused (+)"));
        lab.down();

        let typed = State::parse(&by_hand(&(script_of(&lab, &file) + LOOK)).success());
        fused.assert_same(&typed, &format!("{name}: fused (-) and typed (+)"));
    }
}

/// The steps of a plan as (command, undo).
fn steps(lab: &Lab, file: &str) -> Vec<(String, Option<String>)> {
    let plan = lab.run(&["plan", file, "--format", "json"]).json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let step = |step: &serde_json::Value| (text(&step["command"]).expect("a command"), text(&step["undo"]));
    plan["steps"].as_array().expect("steps").iter().map(step).collect()
}

#[test]
fn undoing_every_step_in_reverse_order_leads_back_to_nothing() {
    for name in OF_ALL_KINDS {
        let lab = Lab::place();
        let file = topology(name);
        let script = script_of(&lab, &file);
        let undo: Vec<String> = steps(&lab, &file).into_iter().rev().filter_map(|(_, undo)| undo).collect();
        assert!(!undo.is_empty());
        let nothing = State::parse(&by_hand(&format!("{}\n{LOOK}", header(&script))).success());
        // `set -e` in the header ends the script at the first command that is refused.
        let and_back = by_hand(&format!("{script}\n{}\n{LOOK}", undo.join("\n"))).success();
        State::parse(&and_back).assert_same(&nothing, &format!("{name}: undone (-) and untouched (+)"));
    }
}

#[test]
fn every_step_is_undone_by_its_own_undo() {
    let lab = Lab::place();
    let file = lab.state().with_file_name("two-pods.yaml");
    std::fs::write(&file, TWO_PODS).expect("a file");
    let file = file.to_string_lossy();
    let mut script = format!("{}\nexport unsettled=1\n{LOOK}", header(&script_of(&lab, &file)));
    let steps = steps(&lab, &file);
    for (command, _) in &steps {
        script.push_str(&format!("\n{command}\n{LOOK}"));
    }
    let mut looks = 1 + steps.len();
    for (_, undo) in steps.iter().rev() {
        script.push_str(&format!("\n{}\n{LOOK}", undo.as_deref().expect("an undo for every step")));
        looks += 1;
    }
    let told = by_hand(&script).success();
    let states: Vec<State> =
        told.split_inclusive("@@ end\n").map(|told| State::parse(told).without_what_follows()).collect();
    assert_eq!(states.len(), looks);
    for (number, (command, undo)) in steps.iter().enumerate() {
        let (before, after) = (&states[number], &states[looks - 1 - number]);
        before.assert_same(after, &format!("before `{command}` (-), after it and `{undo:?}` (+)"));
    }
}

/// Every kind of step that can be undone, on as few machines as possible.
const TWO_PODS: &str = r#"
lab: two-pods
networks: { lan: { subnets: [198.51.100.0/24, "2001:db8::/64"] } }
nodes:
  node-1:
    interfaces: { eth0: { network: lan, addresses: [198.51.100.1/24, "2001:db8::1/64"] } }
    bridge: { name: cni0, addresses: [10.244.1.1/24, "fd00:10:244::1/64"] }
    pods: { pod-a: {} }
    routes: [{ to: 10.244.2.0/24, via: 198.51.100.2 }, { to: "fd00:10:245::/64", via: "2001:db8::2" }]
    masquerade: [{ from: 10.244.1.0/24, except: [10.244.0.0/16] }, { from: "fd00:10:244::/64" }]
"#;

#[test]
fn the_printed_script_is_posix_and_uses_only_ip_bridge_nft_and_sysctl() {
    for name in topologies() {
        let (lab, directory) = (Lab::place(), Directory::new());
        let script = script_of(&lab, &topology(&name));
        let file = directory.file("lab.sh", &script);
        common::run(tool("shellcheck").args(["-s", "sh", &file])).success();
        assert!(script.starts_with("#!/bin/sh\n") && script.contains("\nset -eu\n"));
        let body = script.strip_prefix(header(&script)).expect("a header");
        for line in body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            let inside = if line.starts_with("ip netns exec ") { words[4] } else { words[0] };
            // Addresses that are given out are files, and programs of netlab's own.
            let ipam: &[&str] = match &name[..] {
                "host-local.yaml" => &["mkdir", "printf"],
                "dhcp.yaml" => &["netlab", "echo"],
                _ => &[],
            };
            assert!(["ip", "bridge", "nft", "sysctl"].contains(&inside) || ipam.contains(&inside), "{name}: {line}");
        }
    }
}

#[test]
fn the_short_and_the_spelled_out_file_give_the_same_plan() {
    let lab = Lab::place();
    let long = script_of(&lab, &topology("three-nodes.yaml"));
    assert_eq!(script_of(&lab, &topology("three-nodes-short.yaml")), long);
    for name in topologies() {
        let (lab, directory) = (Lab::place(), Directory::new());
        let expanded = lab.run(&["expand", &topology(&name)]).success();
        let file = directory.file("expanded.yaml", expanded);
        assert_eq!(script_of(&lab, &file), script_of(&lab, &topology(&name)), "{name} and its expansion");
    }
}
