//! `netlab break` breaks what it says, and only that: every kind of fault, in each family.
//!
//! ```text
//!          netlab break KIND                 check                        repair        the commands, typed
//! as new ──▶ state A, expected cells ──▶ fails in these cells only ──▶ as new ──▶ state A ──▶ repair ──▶ as new
//! ```
//!
//! What fails is compared with what `break` said would fail, and why with the causes that the kind names. A fault that
//! fails is tried once more in a new lab, which may happen to one of a table. What was printed is typed for every other
//! fault by root, and for those between by an ordinary user. `NETLAB_TEST_FAULT=kind` tries one, `NETLAB_TEST_SEED=n` other
//! places.

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod fabrics;
mod usage;

use std::collections::BTreeSet;

use bench::{Bench, Case, cells, failing, walk};

const THREE: &str = "three-nodes.yaml";
const DUAL: &str = "dual-stack.yaml";

/// Kinds that need an overlay.
const OF_OVERLAYS: [&str; 8] = [
    "vni-mismatch",
    "vxlan-port-mismatch",
    "vxlan-down",
    "underlay-filtered",
    "overlay-mtu",
    "missing-vtep-neighbour",
    "missing-fdb",
    "wrong-vtep",
];

/// The families that a kind is tried with where there is IPv4.
fn of_ipv4(families: &str) -> Vec<&'static str> {
    match families {
        "either" | "ipv4" => vec!["-4"],
        "all" => vec![""],
        _ => Vec::new(),
    }
}

/// On three nodes, or all that is possible in a lab of one's choice: `NETLAB_TEST_LAB=flat.yaml NETLAB_TEST_FAMILY=-6`.
#[test]
fn every_kind_on_three_nodes() {
    let Ok(source) = std::env::var("NETLAB_TEST_LAB") else {
        return walk(THREE, true, false, |kind, families| match OF_OVERLAYS.contains(&kind) {
            true => Vec::new(),
            false => of_ipv4(families),
        });
    };
    let ipv6 = std::env::var("NETLAB_TEST_FAMILY").is_ok_and(|family| family == "-6");
    let of_ipv6 = |families: &str| if matches!(families, "either" | "ipv6") { vec!["-6"] } else { Vec::new() };
    walk(&source, true, true, |_, families| if ipv6 { of_ipv6(families) } else { of_ipv4(families) });
}

#[test]
fn every_kind_of_ipv6_on_two_stacks() {
    let wanted = |kind: &str, families: &str| !OF_OVERLAYS.contains(&kind) && matches!(families, "either" | "ipv6");
    walk(DUAL, true, false, |kind, families| if wanted(kind, families) { vec!["-6"] } else { Vec::new() });
}

#[test]
fn without_ipv4() {
    let wanted = |kind: &str, families: &str| !OF_OVERLAYS.contains(&kind) && families == "all";
    walk("ipv6-only.yaml", false, false, |kind, families| if wanted(kind, families) { vec![""] } else { Vec::new() });
}

/// Three at once, drawn by lot: what fails is what each of them breaks, and one repair takes all of them back.
#[test]
fn several_at_once() {
    let work = |source: &'static str, seeds: std::ops::Range<u32>| {
        let bench = Bench::new(source);
        for seed in seeds {
            let seed = seed.to_string();
            let words = ["break", "--random", "--count", "3", "--seed", &seed, "--json"];
            let told = bench.lab.run(&words).json();
            let faults = told["faults"].as_array().expect("faults");
            let kinds: BTreeSet<&str> = faults.iter().filter_map(|fault| fault["fault"].as_str()).collect();
            assert_eq!(kinds.len(), 3, "three kinds: {told:#}");
            let expected: BTreeSet<_> = faults.iter().flat_map(cells).collect();
            let (found, document) = failing(&bench.lab, &["--no-why"]);
            assert_eq!(found, expected, "{source}, seed {seed}: {kinds:?}\n{:#}", document["rules"]);
            let revealed = bench.lab.run(&["break", "--reveal", "--json"]).json();
            let states = revealed["faults"].as_array().expect("faults").iter().rev().take(3);
            assert!(states.clone().all(|fault| fault["state"] == "broken"), "{revealed:#}");
            bench.repair();
            bench.assert_as_new("repaired");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(THREE, 1..4));
        scope.spawn(|| work(DUAL, 11..14));
        scope.spawn(|| work("overlay.yaml", 21..24));
    });
}

/// What the same seed draws is the same in another lab of the same file.
#[test]
fn the_same_seed_breaks_the_same() {
    let (one, other) = (Bench::new(DUAL), Bench::new(DUAL));
    let draw = |bench: &Bench, seed: &str| {
        let words = ["break", "--random", "--count", "4", "--seed", seed, "--dry-run", "--json"];
        let told = bench.lab.run(&words).json();
        let faults = told["faults"].as_array().expect("faults").iter();
        let place = |fault: &serde_json::Value| {
            ["fault", "machine", "other", "family"].map(|key| fault[key].to_string()).join(" ")
        };
        faults.map(place).collect::<Vec<_>>()
    };
    let seeds = ["1", "2", "3", "18446744073709551615"];
    let all: Vec<Vec<String>> = seeds.iter().map(|seed| draw(&one, seed)).collect();
    assert_eq!(all, seeds.iter().map(|seed| draw(&other, seed)).collect::<Vec<_>>());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), seeds.len(), "{all:?}");
    one.assert_as_new("nothing was done");
}

/// Where a bridge passes what it carries by the hooks of IP (br_netfilter), or does not, nothing else is broken.
#[test]
fn whatever_br_netfilter_does() {
    let text = std::fs::read_to_string(common::topology(DUAL)).expect("the topology");
    // Where there is no such switch, it is off.
    let off = match std::path::Path::new("/proc/sys/net/bridge").exists() {
        true => "sysctls: { net.bridge.bridge-nf-call-iptables: 0, net.bridge.bridge-nf-call-ip6tables: 0 }",
        false => "sysctls: {}",
    };
    let text = text.replace("    pods: {", &format!("    {off}\n    pods: {{"));
    assert_eq!(text.matches("sysctls").count(), 2);
    let mut bench = Bench::new(&text);
    for (words, family) in [("forward-drop", "-4"), ("masquerade-pods", "-6"), ("unplugged pod-a", "")] {
        bench.broken_and_mended(&Case { words, family, seed: 1 }, false);
    }
}
