//! The topologies that are shipped, what derives from them, and what holds for every file.

#[path = "../common/mod.rs"]
mod common;

mod expectations;
mod generated;
mod leaving;
mod overlay;

use std::path::PathBuf;

use common::program::repository;
use netlab::topology::model::Topology;
use netlab::topology::{generate, load, parse, schema};
use serde_json::Value;

fn directory() -> PathBuf {
    repository().join("topologies")
}

fn shipped() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 6);
    files
}

#[track_caller]
fn read(text: &str) -> Topology {
    parse("test.yaml", text).unwrap_or_else(|failure| panic!("\n{failure}"))
}

fn ship(name: &str) -> Topology {
    load(&directory().join(name)).unwrap_or_else(|failure| panic!("\n{failure}")).topology
}

#[test]
fn every_shipped_topology_is_valid_and_spelling_it_out_changes_nothing() {
    for path in shipped() {
        let topology = load(&path).unwrap_or_else(|failure| panic!("\n{failure}")).topology;
        let printed = topology.to_yaml();
        assert_eq!(read(&printed), topology, "{}", path.display());
        assert!(!printed.contains("cluster:") || printed.contains("routing: none"));
    }
}

#[test]
fn every_shipped_topology_begins_with_its_picture() {
    for path in shipped() {
        let text = std::fs::read_to_string(&path).unwrap();
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(comment.len() > 5, "{}", path.display());
        assert!(comment.iter().all(|line| line.chars().count() <= 80), "{}", path.display());
    }
}

#[test]
fn the_short_form_means_the_same_as_the_spelled_out_one() {
    let short = ship("three-nodes-short.yaml");
    // Of the cluster nothing is left to derive, but what it is.
    assert_eq!(short.clusters.len(), 1);
    assert_eq!(Topology { clusters: Vec::new(), ..short }, ship("three-nodes.yaml"));
}

#[test]
fn the_large_topology_is_the_generated_one() {
    let text = std::fs::read_to_string(directory().join("large.yaml")).unwrap();
    assert_eq!(text, generate(20, 50));
    assert_eq!(ship("large.yaml").nodes.iter().map(|node| node.pods.len()).sum::<usize>(), 1_000);
}

#[test]
fn a_networks_mtu_is_that_of_each_interface_on_it_but_where_another_is_written() {
    let text = "lab: x
networks: { lan: { subnets: 192.168.1.0/24, mtu: 9000 }, other: {} }
nodes:
  a: { address: 192.168.1.1, podCIDR: 10.0.0.0/24, pods: { p: { interfaces: { eth1: { network: lan } } } } }
  b: { interfaces: { eth0: { network: lan, mtu: 1400 }, eth1: { network: other } } }
hosts: { h: { interfaces: { eth0: { network: lan } } } }
";
    let topology = read(text);
    let pods = topology.nodes.iter().flat_map(|node| &node.pods).map(|pod| &pod.machine);
    let machines = topology.nodes.iter().map(|node| &node.machine).chain(pods).chain(&topology.hosts);
    let mtus: Vec<Vec<Option<u32>>> =
        machines.map(|machine| machine.interfaces.iter().map(|interface| interface.mtu).collect()).collect();
    let all = Some(9000);
    assert_eq!(mtus, [vec![all], vec![Some(1400), None], vec![all], vec![all]]);
}

#[test]
fn generated_topologies_are_valid() {
    for (nodes, pods) in [(0, 0), (1, 0), (1, 1), (2, 253), (2, 254), (300, 2), (1, 1_023)] {
        let topology = read(&generate(nodes, pods));
        assert_eq!((topology.nodes.len(), topology.nodes.iter().all(|node| node.pods.len() == pods)), (nodes, true));
    }
}

#[test]
fn nodes_get_consecutive_blocks_around_those_that_are_written() {
    let topology = read(
        "lab: x
cluster: { clusterCIDR: [10.244.0.0/16, 'fd00::/56'], routing: none }
nodes:
  a: {}
  b: { podCIDR: [10.244.1.0/24, 'fd00:0:0:1::/64'] }
  c: {}
  d: { bridge: { addresses: [10.244.3.9/24] } }
  e: {}
",
    );
    let bridges: Vec<String> = topology
        .nodes
        .iter()
        .map(|node| node.bridge.as_ref().unwrap().addresses.iter().map(|a| a.to_string()).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        bridges,
        [
            "10.244.0.1/24 fd00::1/64",
            "10.244.1.1/24 fd00:0:0:1::1/64",
            "10.244.2.1/24 fd00:0:0:2::1/64",
            "10.244.3.9/24",
            "10.244.4.1/24 fd00:0:0:3::1/64",
        ]
    );
}

#[test]
fn a_large_block_that_is_written_is_stepped_over_as_a_whole() {
    let topology = read(
        "lab: x\ncluster: { clusterCIDR: 10.0.0.0/8, routing: none }\nnodes: { a: { podCIDR: 10.0.0.0/9 }, b: , c: { podCIDR: 10.128.1.64/26 }, d: }\n",
    );
    let first = |node: usize| topology.nodes[node].bridge.as_ref().unwrap().addresses[0].to_string();
    assert_eq!((first(1), first(3)), ("10.128.0.1/24".into(), "10.128.2.1/24".into()));
}

#[test]
fn pods_get_the_next_free_address() {
    let topology = read(
        "lab: x
nodes:
  n:
    bridge: { addresses: [10.0.0.2/29, 'fd00::1/64'] }
    pods:
      a:
      b: { addresses: 10.0.0.3/29 }
      c: { routes: [{ to: default, via: 10.0.0.3 }] }
",
    );
    let node = &topology.nodes[0];
    let addresses: Vec<Vec<String>> =
        node.pods.iter().map(|pod| pod.addresses.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(addresses, [vec!["10.0.0.1/29", "fd00::2/64"], vec!["10.0.0.3/29"], vec!["10.0.0.4/29", "fd00::3/64"]]);
    let gateways: Vec<Vec<String>> =
        node.pods.iter().map(|pod| pod.machine.routes.iter().map(|route| route.via.to_string()).collect()).collect();
    assert_eq!(gateways, [vec!["10.0.0.2", "fd00::1"], vec!["10.0.0.2"], vec!["10.0.0.3", "fd00::1"]]);
}

#[test]
fn forwarding_is_for_nodes_with_pods_unless_written() {
    let topology = read(
        "lab: x\nnodes: { a: { podCIDR: 10.0.0.0/24, pods: { p: } }, b: }\nhosts: { c: , d: { forwarding: true } }\n",
    );
    let nodes: Vec<Option<bool>> = topology.nodes.iter().map(|node| node.machine.forwarding).collect();
    let hosts: Vec<Option<bool>> = topology.hosts.iter().map(|host| host.forwarding).collect();
    assert_eq!((nodes, hosts), (vec![Some(true), Some(false)], vec![Some(false), Some(true)]));
    assert_eq!(topology.nodes[0].pods[0].machine.forwarding, None);
}

#[test]
fn what_is_written_wins() {
    let topology = read(
        "lab: x
networks: { lan: { subnets: 10.1.0.0/24 } }
cluster: { clusterCIDR: 10.244.0.0/16, masquerade: true }
nodes:
  a: { address: 10.1.0.1, masquerade: [], forwarding: false, pods: { p: }, routes: [{ to: 10.244.1.0/24, via: 10.1.0.9 }] }
  b: { address: 10.1.0.2, bridge: { name: br0 } }
",
    );
    let [a, b] = topology.nodes.as_slice() else { panic!() };
    assert!(a.machine.masquerade.is_empty());
    assert_eq!(a.machine.forwarding, Some(false));
    assert_eq!(a.machine.routes.len(), 1);
    assert_eq!(a.machine.routes[0].via.to_string(), "10.1.0.9");
    assert_eq!(b.bridge.as_ref().unwrap().name.as_str(), "br0");
    assert_eq!(b.machine.masquerade[0].from.to_string(), "10.244.1.0/24");
}

#[test]
fn aliases_and_empty_values_are_read() {
    let topology = read(
        "lab: x
networks: { lan: }
nodes: {}
hosts:
  a: { sysctls: &quiet { net.ipv4.conf.all.rp_filter: 1, net.ipv4.ip_local_port_range: 1024 2000 } }
  b: { sysctls: *quiet, routes: , interfaces: ~ }
",
    );
    assert_eq!(topology.hosts[0].sysctls, topology.hosts[1].sysctls);
    assert_eq!(topology.hosts[1].sysctls[1].1, "1024 2000");
}

/// As much of JSON Schema as ours uses, except that patterns are only known to be there.
fn accepts(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return accepts(root, root.pointer(&reference[1..]).ok_or(reference)?, value);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<String> = any.iter().filter_map(|one| accepts(root, one, value).err()).collect();
        return if tried.len() < any.len() { Ok(()) } else { Err(tried.join(" / ")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = |one: &Value| one == kind || (one == "integer" && value.is_u64());
    match &schema["type"] {
        Value::Null => {}
        Value::Array(kinds) if kinds.iter().any(allowed) => {}
        one if allowed(one) => {}
        other => return Err(format!("{value} is not {other}")),
    }
    let text_matches = schema["const"].is_null() || schema["const"] == *value;
    let word_matches = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    if !text_matches || !word_matches {
        return Err(format!("{value} is no such word"));
    }
    for item in value.as_array().into_iter().flatten() {
        accepts(root, &schema["items"], item)?;
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        value.get(key.as_str().unwrap()).ok_or(format!("{key} is missing"))?;
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("{key} is unknown")),
            (Value::Null, other) => accepts(root, other, inner)?,
            (property, _) => accepts(root, property, inner)?,
        }
    }
    Ok(())
}

#[test]
fn the_schema_accepts_what_is_shipped_in_both_forms_and_refuses_unknown_keys() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for path in shipped() {
        let text = std::fs::read_to_string(&path).unwrap();
        for form in [text.clone(), read(&text).to_yaml()] {
            let value: Value = serde_yaml::from_str(&form).unwrap();
            accepts(&schema, &schema, &value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
    let wrong: Value = serde_yaml::from_str("lab: x\nnodes: { a: { podz: {} } }").unwrap();
    assert!(accepts(&schema, &schema, &wrong).is_err());
}

/// Walks through the schema and tries every key that it names: the decoder must look at each, and so find fault with a
/// value of a type that nothing has.
#[test]
fn the_decoder_reads_every_key_of_the_schema() {
    let schema = schema();
    let objects = [
        ("", "", ""),
        ("network", "networks: { n: {", "} }"),
        ("cluster", "cluster: {", "}"),
        ("node", "nodes: { n: {", "} }"),
        ("pod", "nodes: { n: { pods: { p: {", "} } } }"),
        ("host", "hosts: { h: {", "} }"),
        ("interface", "hosts: { h: { interfaces: { i: {", "} } } }"),
        ("bridge", "nodes: { n: { bridge: {", "} } }"),
        ("route", "hosts: { h: { routes: [{", "}] } }"),
        ("expectation", "expect: [{", "}]"),
        ("pool", "cluster: { ipPools: [{", "}] }"),
        ("overlay", "cluster: { vxlan: {", "} }"),
        ("underlay", "cluster: { underlay: {", "} }"),
        ("VXLANDevice", "hosts: { h: { vxlan: { v: {", "} } } }"),
        ("VXLANPeer", "hosts: { h: { vxlan: { v: { peers: [{", "}] } } } }"),
        ("masqueradeEntry", "hosts: { h: { masquerade: [{", "}] } }"),
    ];
    let mut tried = 0;
    for (name, before, after) in objects {
        let object = if name.is_empty() { &schema } else { &schema["$defs"][name] };
        for key in object["properties"].as_object().unwrap().keys() {
            let wrong = if before.is_empty() {
                format!("{key}: [[[7]]]\n")
            } else {
                format!("{before} {key}: [[[7]]] {after}\n")
            };
            let failure = parse("t", &wrong).unwrap_err();
            let places = failure.to_json();
            let column = wrong.find("[[[").unwrap() as u64 + 1;
            let at_value =
                |one: &Value| one["line"] == 1 && (column..column + 3).contains(&one["column"].as_u64().unwrap());
            assert!(places.as_array().unwrap().iter().any(at_value), "{name}.{key} is not read:\n{failure}");
            tried += 1;
        }
    }
    let defined: usize = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|one| one["properties"].as_object())
        .map(|keys| keys.len())
        .sum();
    assert_eq!(tried, defined + schema["properties"].as_object().unwrap().len());
}
