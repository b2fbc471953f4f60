//! The same cells as `ping` finds, under the same addresses as `nft` hears.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::found::{Cells, Found, cell};
use crate::common::witness::{heard, listen};
use crate::common::{Lab, topologies, topology};

/// Faults that are typed into a lab of three nodes, IPv4 and IPv6: of every kind that changes which cells fail.
const FAULTS: [&str; 12] = [
    "ip -n node-1 route delete 10.244.1.0/24; ip -n node-1 -6 route delete fd00:10:244:1::/64",
    "ip -n pod-c route delete default; ip -n pod-c -6 route delete default",
    "ip -n pod-b link set eth0 down",
    "ip -n node-2 link set cni0 down",
    "ip netns exec node-1 sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0",
    "ip netns exec node-1 nft flush ruleset",
    "ip netns exec node-2 nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; policy drop; }'",
    "ip netns exec pod-a nft 'add table inet f; add chain inet f c { type filter hook input priority 0; policy drop; }'",
    "ip netns exec node-1 nft insert rule ip netlab postrouting ip saddr 10.244.0.0/24 masquerade",
    "ip -n pod-d addr delete 10.244.1.3/24 dev eth0",
    "ip -n node-1 route add blackhole 10.244.1.2/32; ip -n node-1 -6 route add blackhole fd00:10:244:1::2/128",
    "ip -n node-2 link set eth0 nomaster; ip link set node-2-eth0 nomaster",
];

/// Every cell that is tried, by `ping`; those without an answer are lost.
fn lost_by_ping(lab: &Lab, found: &Found) -> Cells {
    let mut script = String::new();
    for pair in found.pairs() {
        let (from, to) = (pair["from"].as_str().expect("from"), pair["address"].as_str().expect("an address"));
        script +=
            &format!("(ip netns exec {from} ping -n -q -c 1 -W 2 {to} >/dev/null 2>&1 || echo '{}') &\n", cell(pair));
    }
    let said = lab.script("fabric", &(script + "wait\n")).success();
    said.lines().map(str::to_owned).collect()
}

#[test]
fn the_cells_that_are_lost_are_those_that_ping_loses() {
    std::thread::scope(|scope| {
        for faults in FAULTS.chunks(4) {
            scope.spawn(move || {
                for fault in faults {
                    let lab = Lab::up(&topology("dual-stack.yaml"));
                    lab.script("fabric", fault).success();
                    let found = Found::of(&lab, &["--no-why"]);
                    let lost = found.cells(|pair| pair["answered"] == false);
                    assert_eq!(lost, lost_by_ping(&lab, &found), "{fault}\n{}", found.ran);
                    let wrong = found.failed_as("wrong-source");
                    assert_eq!(found.failed(), lost.union(&wrong).cloned().collect(), "{fault}\n{}", found.ran);
                    assert!(!found.failed().is_empty(), "{fault}: nothing fails");
                    lab.down();
                }
            });
        }
    });
}

#[test]
fn what_arrives_arrives_under_the_addresses_that_nft_hears() {
    for (name, fault) in [
        ("dual-stack.yaml", "true"),
        (
            "three-nodes.yaml",
            "ip netns exec node-1 nft insert rule ip netlab postrouting ip saddr 10.244.1.0/24 masquerade",
        ),
    ] {
        let lab = Lab::up(&topology(name));
        lab.script("fabric", fault).success();
        let machines: Vec<String> = ["pod", "host"].iter().flat_map(|kind| lab.machines(kind)).collect();
        for machine in &machines {
            listen(&lab, machine);
        }
        let found = Found::of(&lab, &["--no-why"]);
        let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for pair in found.pairs() {
            let text = |key: &str| pair[key].as_str().unwrap_or_else(|| panic!("{key} in {pair}")).to_owned();
            said.entry(text("arrivedAt")).or_default().insert(text("arrivedAs"));
        }
        for machine in &machines {
            assert_eq!(said[machine], heard(&lab, machine), "{name}: who {machine} heard from\n{}", found.ran);
        }
    }
}

#[test]
fn every_topology_passes_fresh_from_up() {
    for name in topologies() {
        let lab = Lab::up(&topology(&name));
        let found = Found::of(&lab, &[]).passed();
        // Pods of different clusters are another matter.
        let status = lab.run(&["status", "--json"]).json();
        let mut clusters: BTreeMap<String, usize> = BTreeMap::new();
        for machine in status["machines"].as_array().expect("machines").iter().filter(|one| one["kind"] == "pod") {
            *clusters.entry(machine["cluster"].to_string()).or_default() += 1;
        }
        let pods: usize = clusters.values().sum();
        let families = lab.addresses(&lab.machines("pod")).values().map(Vec::len).max().expect("pods");
        let rule =
            |slug: &str| found.document["rules"].as_array().expect("rules").iter().find(|r| r["rule"] == slug).cloned();
        let pairs: usize = clusters.values().map(|pods| pods * (pods - 1)).sum();
        assert_eq!(rule("pod-to-itself").expect("the rule")["held"], pods * families, "{name}");
        assert_eq!(rule("pod-to-pod").expect("the rule")["held"], pairs * families, "{name}");
        if name == "dual-stack.yaml" {
            let text = lab.run(&["check"]).success();
            assert!(text.contains("trials are as they should be"), "{name}: {text}");
        }
        lab.down();
    }
}

#[test]
fn an_address_that_is_there_twice_is_found() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    // On another link of the same machine, which is nobody else's affair.
    lab.exec("node-1", &["ip", "addr", "add", "10.244.1.1/32", "dev", "eth0"]).success();
    Found::of(&lab, &["--no-why"]).passed();
    // On another node, where it disturbs nobody's packets: no pair fails.
    lab.exec("pod-e", &["ip", "addr", "add", "10.244.1.2/32", "dev", "eth0"]).success();
    let found = Found::of(&lab, &["--no-why"]);
    let owners: Vec<&str> = found.document["duplicates"][0]["owners"]
        .as_array()
        .expect("owners")
        .iter()
        .map(|owner| owner["machine"].as_str().expect("a machine"))
        .collect();
    assert_eq!((owners, &found.document["duplicates"][0]["address"]), (vec!["pod-a", "pod-e"], &"10.244.1.2".into()));
    assert!(lab.run(&["check"]).stdout.contains("10.244.1.2 is the address of pod-a's eth0 and of pod-e's eth0"));
    lab.exec("pod-e", &["ip", "addr", "delete", "10.244.1.2/32", "dev", "eth0"]).success();
    Found::of(&lab, &[]).passed();
}

#[test]
fn each_failure_has_the_reason_that_a_trace_finds() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    let found = Found::of(&lab, &[]);
    assert_eq!(found.causes(), BTreeSet::from(["no-route".to_owned(), "no-return-route".to_owned()]), "{}", found.ran);
    let whys = found.document["whys"].as_array().expect("whys");
    for pair in found.pairs().iter().filter(|pair| pair["passed"] == false) {
        let why = &whys[usize::try_from(pair["why"].as_u64().expect("a reason")).expect("small")];
        let (from, to) = (pair["from"].as_str().expect("from"), pair["address"].as_str().expect("an address"));
        let ran = lab.run(&["trace", "--json", from, to]);
        let traced: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(traced["lost"]["cause"], why["cause"], "{pair}");
        assert_eq!(traced["lost"]["machine"], why["machine"], "{pair}");
        assert_eq!(traced["lost"]["commands"], why["commands"], "{pair}");
    }
    // The printed remedy is one.
    let fix = whys[0]["commands"][0].as_str().expect("a command").to_owned();
    lab.script("fabric", &fix).success();
    Found::of(&lab, &[]).passed();
}
