//! Flat, island, isolated: three matrices, and what is said of what is not to be.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::found::Found;
use crate::common::witness::{heard, listen};
use crate::common::{Lab, topology};

fn check(lab: &Lab) -> Value {
    Found::of(lab, &[]).document
}

fn trace(lab: &Lab, from: &str, to: &str) -> Value {
    lab.run(&["trace", "--json", from, to]).document(&[0, 1])
}

/// What a rule holds for, of how many.
fn rule(document: &Value, slug: &str) -> Option<(u64, u64)> {
    let rules = document["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["rule"] == slug)?;
    Some((rule["held"].as_u64()?, rule["tried"].as_u64()?))
}

/// The pairs that fail in this manner, by rule.
fn failed(document: &Value, failure: &str) -> BTreeSet<String> {
    let pairs = document["pairs"].as_array().expect("pairs").iter().filter(|pair| pair["failure"] == failure);
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    pairs.map(|pair| format!("{}: {} → {}", text(&pair["rule"]), text(&pair["from"]), text(&pair["to"]))).collect()
}

fn pings(lab: &Lab, from: &str, to: &str) -> bool {
    lab.exec(from, &["ping", "-n", "-q", "-c", "1", "-W", "1", to]).status == Some(0)
}

fn set<'a>(all: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    all.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_world_and_the_pods_of_a_flat_cluster_see_each_others_own_addresses() {
    let lab = Lab::up(&topology("flat.yaml"));
    let document = check(&lab);
    assert_eq!(document["passed"], true, "{document:#}");
    assert_eq!(rule(&document, "host-to-pod"), Some((8, 8)));
    assert_eq!(rule(&document, "host-to-node"), Some((4, 4)));
    for machine in ["office", "pod-a"] {
        listen(&lab, machine);
    }
    for (from, to) in [
        ("office", "10.244.1.2"),
        ("office", "fd00:10:244:1::2"),
        ("pod-a", "192.168.1.100"),
        ("pod-a", "fd00:192:168:1::100"),
    ] {
        assert!(pings(&lab, from, to), "{from} → {to}");
    }
    assert_eq!(heard(&lab, "pod-a"), set(["192.168.1.100", "fd00:192:168:1::100"]));
    assert_eq!(heard(&lab, "office"), set(["10.244.1.2", "fd00:10:244:1::2"]));

    // Without its route, office has no way to the pods of a node, and no answers for them.
    lab.exec("office", &["ip", "route", "delete", "10.244.1.0/24"]).success();
    let document = check(&lab);
    let unsent = failed(&document, "not-sent");
    assert!(unsent.is_superset(&set(["host-to-pod: office → pod-a", "host-to-pod: office → pod-b"])), "{document:#}");
    assert!(
        failed(&document, "answer-lost")
            .is_superset(&set(["pod-to-host: pod-a → office", "pod-to-host: pod-b → office"]))
    );
    let traced = trace(&lab, "pod-a", "office");
    assert_eq!(traced["lost"]["cause"], "no-return-route", "{traced:#}");
    lab.script("fabric", traced["lost"]["commands"][0].as_str().expect("a command")).success();
    assert_eq!(check(&lab)["passed"], true);
}

#[test]
fn of_an_island_nobody_outside_has_a_way_to_the_pods() {
    let lab = Lab::up(&topology("island.yaml"));
    let document = check(&lab);
    assert_eq!(document["passed"], true, "{document:#}");
    assert_eq!(rule(&document, "host-not-to-pod"), Some((8, 8)));
    assert_eq!(rule(&document, "host-to-node"), Some((4, 4)));
    assert_eq!(rule(&document, "pod-to-host"), Some((8, 8)));
    listen(&lab, "office");
    assert!(pings(&lab, "pod-a", "192.168.1.100") && pings(&lab, "pod-a", "fd00:192:168:1::100"));
    assert_eq!(heard(&lab, "office"), set(["192.168.1.11", "fd00:192:168:1::11"]));
    for to in ["10.244.1.2", "fd00:10:244:1::2"] {
        assert!(!pings(&lab, "office", to), "{to}");
        // What is meant to be is told, and no command that would end it.
        let traced = trace(&lab, "office", to);
        assert_eq!(traced["lost"]["cause"], "no-route", "{traced:#}");
        assert_eq!(traced["lost"]["commands"].as_array().map(Vec::len), Some(0), "{traced:#}");
        let facts = traced["lost"]["evidence"].as_array().expect("facts");
        let text = "pod-a's cluster is an island: nobody outside is to have a way to its pods";
        assert!(facts.iter().any(|fact| fact["kind"] == "cluster" && fact["text"] == text), "{traced:#}");
    }
    // Somebody who learns the way gets through, and that is found.
    lab.exec("office", &["ip", "route", "add", "10.244.1.0/24", "via", "192.168.1.11"]).success();
    let document = check(&lab);
    assert_eq!(failed(&document, "reachable").iter().filter(|one| one.starts_with("host-not")).count(), 2);
    lab.exec("office", &["ip", "route", "delete", "10.244.1.0/24"]).success();
    // Without masquerading they do not get out.
    lab.exec("node-1", &["nft", "flush", "chain", "ip", "netlab", "postrouting"]).success();
    let document = check(&lab);
    assert!(failed(&document, "answer-lost").contains("pod-to-host: pod-a → office"), "{document:#}");
    assert_eq!(trace(&lab, "pod-a", "192.168.1.100")["lost"]["cause"], "no-masquerade");
    lab.run(&["repair"]).success();
    assert_eq!(check(&lab)["passed"], true);
}

#[test]
fn two_isolated_clusters_with_the_same_addresses_stand_side_by_side() {
    let lab = Lab::up(&topology("isolated.yaml"));
    let document = check(&lab);
    assert_eq!(document["passed"], true, "{document:#}");
    for (slug, count) in [
        ("pod-to-pod", 4),
        ("node-to-pod", 8),
        ("host-to-node", 4),
        ("host-not-to-pod", 4),
        ("pod-not-to-host", 4),
        ("not-to-other-cluster", 16),
        ("unique-addresses", 13),
    ] {
        assert_eq!(rule(&document, slug), Some((count, count)), "{slug}");
    }
    assert_eq!(rule(&document, "pod-to-host"), None);
    // pod-b and pod-y have the same address: who sends decides who hears it.
    for pod in ["pod-b", "pod-y"] {
        listen(&lab, pod);
    }
    assert!(pings(&lab, "pod-a", "10.244.1.2") && pings(&lab, "pod-x", "10.244.1.2"));
    assert_eq!((heard(&lab, "pod-b"), heard(&lab, "pod-y")), (set(["10.244.0.2"]), set(["10.244.0.2"])));
    assert!(pings(&lab, "west-1", "10.244.1.2"));
    assert_eq!((heard(&lab, "pod-b"), heard(&lab, "pod-y")), (set([]), set(["192.168.1.21"])));
    assert!(!pings(&lab, "pod-a", "192.168.1.100") && pings(&lab, "admin", "192.168.1.22"));

    // Names are those of the sender's own cluster.
    let traced = trace(&lab, "pod-x", "10.244.1.2");
    assert_eq!((&traced["result"], &traced["destination"]), (&"delivered".into(), &"pod-y".into()), "{traced:#}");
    let names: BTreeSet<&str> =
        traced["hops"].as_array().expect("hops").iter().filter_map(|hop| hop["srcName"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["pod-x's eth0", "pod-y's eth0"]), "{traced:#}");
    let traced = trace(&lab, "pod-a", "pod-y");
    assert_eq!(
        (&traced["lost"]["cause"], &traced["lost"]["machine"]),
        (&"duplicate-address".into(), &"pod-b".into()),
        "{traced:#}"
    );
    let traced = trace(&lab, "pod-a", "admin");
    assert_eq!(traced["lost"]["cause"], "no-masquerade", "{traced:#}");
    assert_eq!(traced["lost"]["commands"].as_array().map(Vec::len), Some(0), "{traced:#}");

    let junit = crate::common::Directory::new();
    let file = junit.path().join("report.xml").to_string_lossy().into_owned();
    lab.run(&["check", "--junit", &file]).success();
    let text = std::fs::read_to_string(&file).expect("a report");
    assert!(text.contains("<testsuite name=\"not-to-other-cluster\" tests=\"16\""), "{text}");
}

#[test]
fn addresses_are_counted_cluster_by_cluster_and_the_worlds_are_in_everybodys_way() {
    let lab = Lab::up(&topology("isolated.yaml"));
    let owners = |document: &Value| -> Vec<BTreeSet<String>> {
        let duplicates = document["duplicates"].as_array().expect("duplicates").iter();
        let of = |one: &Value| {
            one["owners"]
                .as_array()
                .expect("owners")
                .iter()
                .map(|o| o["machine"].as_str().expect("a name").to_owned())
                .collect()
        };
        duplicates.map(of).collect()
    };
    // Of one's own cluster, and of the other.
    lab.exec("pod-a", &["ip", "addr", "add", "10.244.1.2/32", "dev", "eth0"]).success();
    assert_eq!(owners(&check(&lab)), [set(["pod-a", "pod-b"])]);
    lab.exec("pod-a", &["ip", "addr", "delete", "10.244.1.2/32", "dev", "eth0"]).success();
    assert_eq!(check(&lab)["passed"], true);
    // A host that has a pod's address is in the way of both.
    lab.exec("admin", &["ip", "addr", "add", "10.244.1.2/32", "dev", "eth0"]).success();
    assert_eq!(owners(&check(&lab)), [set(["admin", "pod-b", "pod-y"])]);
    lab.exec("admin", &["ip", "addr", "delete", "10.244.1.2/32", "dev", "eth0"]).success();
    // Nodes are of the world.
    lab.exec("west-1", &["ip", "addr", "add", "192.168.1.11/32", "dev", "eth0"]).success();
    assert_eq!(owners(&check(&lab)), [set(["east-1", "west-1"])]);
    lab.exec("west-1", &["ip", "addr", "delete", "192.168.1.11/32", "dev", "eth0"]).success();
    // A way in is found, which is one for answers, too; and it leads to the pod of that cluster alone.
    lab.exec("admin", &["ip", "route", "add", "10.244.1.0/24", "via", "192.168.1.22"]).success();
    let expected = set(["host-not-to-pod: admin → pod-y", "pod-not-to-host: pod-y → admin"]);
    assert_eq!(failed(&check(&lab), "reachable"), expected);
}
