//! `expect`: what a file may demand, held and broken.

use crate::common::found::{Found, cells, product};
use crate::common::{Directory, Lab, until};

/// Two nodes, both families, and a host outside.
fn lab(expect: &str) -> Lab {
    let text = format!(
        "lab: x
networks: {{ underlay: {{ subnets: [192.168.1.0/24, \"fd00:192:168:1::/64\"] }} }}
cluster: {{ clusterCIDR: [10.244.0.0/16, \"fd00:10:244::/56\"], masquerade: true }}
nodes:
  node-1: {{ address: [192.168.1.11, \"fd00:192:168:1::11\"], pods: {{ pod-a: , pod-b: }} }}
  node-2: {{ address: [192.168.1.12, \"fd00:192:168:1::12\"], pods: {{ pod-c: }} }}
hosts:
  outside:
    interfaces:
      eth0: {{ network: underlay, addresses: [192.168.1.100/24, \"fd00:192:168:1::100/64\"] }}
expect:
{expect}"
    );
    let directory = Directory::new();
    Lab::up(&directory.file("lab.yaml", text))
}

const BOTH: [&str; 2] = ["IPv4", "IPv6"];

#[test]
fn what_is_expected_and_is_so_passes() {
    let lab = lab("  - { from: pods, to: outside, as: node }
  - { from: pods, to: pods, as: own, tcp: 8080 }
  - { from: pods, to: [nodes, outside], udp: 53 }
  - { from: outside, to: pods, reachable: false }
  - { from: pod-a, to: 198.51.100.99, reachable: false }
  - { from: nodes, to: nodes, as: own }
  - { from: pod-a, to: outside, as: [192.168.1.11, 'fd00:192:168:1::11'], tcp: 80 }
  - { from: pod-a, to: pod-a, tcp: 80 }
");
    let found = Found::of(&lab, &[]).passed();
    let pings = |from: &[&str], to: &[&str]| product(from, to, &BOTH);
    let mut expected = pings(&["pod-a", "pod-b", "pod-c"], &["outside"]);
    expected.extend(pings(&["outside"], &["pod-a", "pod-b", "pod-c"]));
    expected.extend(cells(["pod-a → 198.51.100.99 IPv4"]));
    expected.extend(pings(&["node-1"], &["node-2"]));
    expected.extend(pings(&["node-2"], &["node-1"]));
    let is_ping = |pair: &serde_json::Value| pair["rule"] == "expected" && pair["protocol"] == "icmp";
    assert_eq!(found.cells(is_ping), expected);
    // Each to each other, and a machine to itself only where nobody else is meant.
    assert_eq!(found.cells(|pair| pair["port"] == 8080).len(), 12);
    assert_eq!(found.cells(|pair| pair["port"] == 53).len(), 18);
    assert_eq!(found.cells(|pair| pair["port"] == 80).len(), 4);
    for pair in found.pairs().iter().filter(|pair| pair["port"] == 8080) {
        assert_eq!(pair["arrivedAt"], pair["to"], "{pair}");
    }
    // Nobody listens any more.
    for machine in ["pod-a", "pod-b", "pod-c", "node-1", "outside"] {
        assert_eq!(lab.exec(machine, &["ss", "-Hltun"]).success(), "", "{machine}");
    }
    assert!(lab.run(&["check"]).success().contains("– not reachable, as expected"));
    assert_eq!(Found::of(&lab, &["-6"]).passed().cells(|pair| pair["family"] == "IPv4").len(), 0);
}

#[test]
fn what_is_expected_and_is_not_so_fails() {
    let lab = lab("  - { from: pods, to: pods, reachable: false, family: IPv4 }
  - { from: outside, to: pod-a, family: IPv6 }
  - { from: pod-a, to: outside, as: own }
  - { from: pod-b, to: outside, as: node-2, tcp: 80, family: IPv4 }
  - { from: pod-c, to: 198.51.100.99, family: IPv4 }
");
    let found = Found::of(&lab, &[]);
    let pods = ["pod-a", "pod-b", "pod-c"];
    let mut among_pods = product(&pods, &pods, &["IPv4"]);
    among_pods.retain(|cell| pods.iter().all(|pod| !cell.starts_with(&format!("{pod} → {pod}"))));
    assert_eq!(found.failed_as("reachable"), among_pods, "{}", found.ran);
    let mut sources = product(&["pod-a"], &["outside"], &BOTH);
    sources.extend(cells(["pod-b → outside IPv4 tcp 80"]));
    assert_eq!(found.failed_as("wrong-source"), sources, "{}", found.ran);
    let mut rest = found.failed();
    rest.retain(|cell| !among_pods.contains(cell) && !sources.contains(cell));
    assert_eq!(rest, cells(["outside → pod-a IPv6", "pod-c → 198.51.100.99 IPv4"]), "{}", found.ran);
    let text = lab.run(&["check"]).stdout;
    for part in [
        "it is answered, and should not be",
        "it arrives as from 192.168.1.11 (node-1), not 10.244.0.2 (pod-a)",
        "+ reachable, and should not be",
        "≠ arrives under a wrong address",
    ] {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn whoever_listens_already_is_left_to_it() {
    let lab = lab("  - { from: pod-a, to: pod-c, tcp: 8080 }\n  - { from: pod-a, to: pod-c, udp: 5353 }\n");
    let listen = "nc -l -k -p 8080 >/dev/null & nc -u -l -p 5353 >/dev/null & wait";
    let mut command = lab.netlab(&["exec", "pod-c", "--", "sh", "-c", listen]);
    command.stdout(std::process::Stdio::null()).stdin(std::process::Stdio::null());
    let mut child = crate::common::program::start(&mut command);
    until("somebody listens", || (lab.exec("pod-c", &["ss", "-Hltun"]).success().lines().count() >= 2).then_some(()));
    let found = Found::of(&lab, &["-4"]).passed();
    assert_eq!(found.cells(|pair| pair["rule"] == "expected").len(), 2);
    // They still do.
    assert!(lab.exec("pod-c", &["ss", "-Hltn"]).success().contains("8080"));
    lab.down();
    let _ = child.wait();
}

#[test]
fn a_port_that_a_rule_closes_fails_and_the_rule_is_named() {
    let lab =
        lab("  - { from: pods, to: pod-c, tcp: 8080 }\n  - { from: pods, to: pod-c, tcp: 8081, reachable: false }\n");
    let rule = "add table inet f; add chain inet f c { type filter hook input priority 0; }; add rule inet f c tcp dport 8080-8081 drop";
    lab.exec("pod-c", &["nft", rule]).success();
    let found = Found::of(&lab, &[]);
    let mut expected = product(&["pod-a", "pod-b"], &["pod-c"], &["IPv4 tcp 8080", "IPv6 tcp 8080"]);
    assert_eq!(found.failed(), expected, "{}", found.ran);
    assert_eq!(found.causes().into_iter().collect::<Vec<_>>(), ["firewall"]);
    lab.exec("pod-c", &["nft", "flush ruleset"]).success();
    expected = product(&["pod-a", "pod-b"], &["pod-c"], &["IPv4 tcp 8081", "IPv6 tcp 8081"]);
    assert_eq!(Found::of(&lab, &[]).failed(), expected);
}
