//! The cluster that all of these tests have.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::Lab;

/// Of which family pods are, and of which the underlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    V4,
    V6,
    Both,
}

impl Stack {
    fn of(self, v4: &str, v6: &str) -> String {
        match self {
            Stack::V4 => format!("[{v4}]"),
            Stack::V6 => format!("['{v6}']"),
            Stack::Both => format!("[{v4}, '{v6}']"),
        }
    }
}

/// Three nodes with two pods each, one without any, and a host outside. `routing` is the rest of the cluster's keys.
pub fn cluster(inner: Stack, outer: Stack, routing: &str) -> String {
    let address = |last: u32| outer.of(&format!("192.168.1.{last}"), &format!("fd00:192:168:1::{last}"));
    let node = |number: u32| {
        let pods = format!("pod-{number}a: {{}}, pod-{number}b: {{}}");
        format!("  node-{number}: {{ address: {}, pods: {{ {pods} }} }}\n", address(10 + number))
    };
    let nodes: String = (1..=3).map(node).collect();
    format!(
        "lab: cluster
networks:
  underlay: {{ subnets: {} }}
cluster:
  clusterCIDR: {}
  masquerade: true
  {routing}
nodes:
{nodes}  node-4: {{ address: {} }}
hosts:
  outside: {{ interfaces: {{ eth0: {{ network: underlay, addresses: {} }} }} }}
",
        outer.of("192.168.1.0/24", "fd00:192:168:1::/64"),
        inner.of("10.244.0.0/16", "fd00:10:244::/56"),
        address(14),
        outer.of("192.168.1.100/24", "fd00:192:168:1::100/64"),
    )
}

/// What `netlab check` found, all of which has to be well: for each pair whether it is reached and under which name it
/// arrives, and how much fits through.
pub fn checked(lab: &Lab) -> BTreeMap<String, (String, Option<u64>)> {
    let document = lab.run(&["check", "--json"]);
    assert!(document.status == Some(0), "all should be well: {document}");
    let document = document.json();
    assert_eq!(document["passed"], true);
    let pairs = document["pairs"].as_array().expect("pairs");
    let text = |pair: &Value, key: &str| pair[key].as_str().unwrap_or("nobody").to_owned();
    let of = |pair: &Value| {
        let key =
            format!("{} {} → {} {}", text(pair, "rule"), text(pair, "from"), text(pair, "to"), text(pair, "family"));
        let seen = format!("{} as {}", pair["reachable"], text(pair, "arrivedAs"));
        (key, (seen, pair["pathMtu"].as_u64()))
    };
    pairs.iter().map(of).collect()
}
