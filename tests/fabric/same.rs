//! The same `check` passes for one cluster however its nodes are connected.

use std::collections::BTreeSet;

use crate::common::Lab;
use crate::kinds::{Stack, checked, cluster};

/// The one line that is changed, and how much fits between pods of different nodes then.
const LINES: &[(&str, u64, u64)] =
    &[("routing: nodeRoutes", 1500, 1500), ("routing: router", 1500, 1500), ("routing: vxlan", 1450, 1430)];

fn the_same(stack: Stack) {
    let mut found = Vec::new();
    for (line, v4, v6) in LINES {
        let (lab, _) = Lab::of(&cluster(stack, stack, line));
        let pairs = checked(&lab);
        assert_eq!(lab.run(&["diff"]).status, Some(0), "{line}");
        // Of two tunnels the smaller one decides for all pods.
        let largest = match stack {
            Stack::V4 => *v4,
            Stack::V6 | Stack::Both => *v6,
        };
        let sizes: BTreeSet<u64> = pairs
            .iter()
            .filter(|(pair, _)| pair.starts_with("pod-to-pod"))
            .map(|(pair, (_, mtu))| mtu.unwrap_or_else(|| panic!("{pair} has no path MTU")))
            .collect();
        assert_eq!(sizes, [largest].into(), "{line}");
        let seen = |pair: &str, seen: String| match pair.starts_with("node-to-pod") {
            // A node speaks under its address of the link that it sends by, which may be the VXLAN.
            true => String::new(),
            false => seen,
        };
        // A router is one more machine that is reached.
        let pairs = pairs.into_iter().filter(|(pair, _)| !pair.contains("→ router "));
        found.push(pairs.map(|(pair, (arrived, _))| (seen(&pair, arrived), pair)).collect::<Vec<_>>());
    }
    let (first, others) = found.split_first().expect("more than one");
    assert!(first.len() >= 60 * if stack == Stack::Both { 2 } else { 1 }, "{first:?}");
    for other in others {
        assert_eq!(first, other);
    }
}

#[test]
fn one_line_makes_another_fabric_of_ipv4_and_the_same_check_passes() {
    the_same(Stack::V4);
}

#[test]
fn one_line_makes_another_fabric_of_ipv6_and_the_same_check_passes() {
    the_same(Stack::V6);
}

#[test]
fn one_line_makes_another_fabric_of_both_and_the_same_check_passes() {
    the_same(Stack::Both);
}

/// b is in a's subnet, a is not in b's, and both nodes drop what comes in where its answer would not leave.
#[test]
fn nodes_with_unequal_prefix_lengths_reach_each_other_by_the_tunnel_whatever_rp_filter_says() {
    let (lab, _) = Lab::of(
        "lab: x
networks: { lan: {} }
cluster: { clusterCIDR: 10.244.0.0/16, routing: vxlan, vxlan: { crossSubnet: true }, masquerade: true }
nodes:
  a: { interfaces: { eth0: { network: lan, addresses: 192.168.1.11/16 } }, sysctls: { net.ipv4.conf.all.rp_filter: 1 }, pods: { p: } }
  b:
    interfaces: { eth0: { network: lan, addresses: 192.168.2.12/24 } }
    routes: [{ to: default, via: 192.168.2.1 }]
    sysctls: { net.ipv4.conf.all.rp_filter: 1 }
    pods: { q: }
hosts:
  gw: { forwarding: true, interfaces: { eth0: { network: lan, addresses: 192.168.2.1/16 } } }
",
    );
    let found = checked(&lab);
    assert_eq!(found.keys().filter(|pair| pair.starts_with("pod-to-pod")).count(), 2, "{found:?}");
    for (node, to) in [("a", "10.244.1.2"), ("b", "10.244.0.2")] {
        assert_eq!(lab.ip(node, &["route", "get", to])[0]["dev"], "flannel.1", "{node}");
    }
}

#[test]
fn one_family_carries_the_other_and_both() {
    for (inner, outer) in
        [(Stack::V6, Stack::V4), (Stack::V4, Stack::V6), (Stack::Both, Stack::V4), (Stack::Both, Stack::V6)]
    {
        // Nobody outside has an address of a family that the underlay lacks.
        let (lab, _) = Lab::of(&cluster(inner, outer, "routing: vxlan"));
        let pairs = checked(&lab);
        let pods = pairs.keys().filter(|pair| pair.starts_with("pod-to-pod")).count();
        assert_eq!(pods, if inner == Stack::Both { 60 } else { 30 }, "{inner:?} over {outer:?}");
    }
}

#[test]
fn devices_that_learn_know_everybody_once_they_have_spoken() {
    let (lab, _) = Lab::of(&cluster(Stack::Both, Stack::Both, "routing: vxlan\n  vxlan: { learning: true }"));
    let entries = |device: &str| lab.exec("node-1", &["bridge", "fdb", "show", "dev", device]).success();
    for device in ["flannel.1", "flannel-v6.1"] {
        // (Of whom the kernel's own questions have come in it knows already.)
        let written: Vec<String> =
            entries(device).lines().filter(|line| line.contains("permanent")).map(str::to_owned).collect();
        assert_eq!(written.len(), 3, "only the flood list: {written:?}");
        assert!(written.iter().all(|line| line.starts_with("00:00:00:00:00:00")), "{written:?}");
    }
    checked(&lab);
    for device in ["flannel.1", "flannel-v6.1"] {
        let after = entries(device);
        assert_eq!(after.lines().filter(|line| line.starts_with("66:")).count(), 3, "{after}");
    }
}
