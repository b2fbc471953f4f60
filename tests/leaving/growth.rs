//! How many routes it takes: n · (n − 1) on n nodes, or n + n with a router.

use serde_json::Value;

use crate::common::{Directory, Lab, run};

/// The lab that `netlab generate` prints, with this in its cluster.
fn counted(nodes: u64, routing: &str) -> (Value, String) {
    let (lab, directory) = (Lab::place(), Directory::new());
    let text = run(&mut lab.netlab(&["generate", &nodes.to_string(), "1"])).success();
    let text = text.replace("cluster:\n", &format!("cluster:\n  routing: {routing}\n"));
    lab.run(&["up", &directory.file("lab.yaml", text)]).success();
    let found = (lab.run(&["routes", "--json"]).json(), lab.run(&["routes"]).success());
    // What ip says: the routes that were added, on all nodes, and on the router if there is one.
    let mut machines = lab.machines("node");
    machines.extend(lab.machines("host"));
    let script: String = machines.iter().map(|machine| format!("ip -n {machine} route show | grep -c via\n")).collect();
    let lines = run(&mut lab.netlab(&["exec", "fabric", "--", "sh", "-c", &script])).stdout;
    let all: u64 = lines.lines().map(|line| line.parse::<u64>().expect("a number")).sum();
    assert_eq!(found.0["toPods"]["routes"], all, "{lines}");
    found
}

/// A text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn with_node_routes_they_grow_with_the_square_of_the_nodes_and_with_a_router_they_do_not() {
    let nodes = 7;
    let (document, text) = counted(nodes, "nodeRoutes");
    assert_eq!(document["toPods"]["routes"], nodes * (nodes - 1));
    assert_eq!(document["toPods"]["nodeRoutes"], nodes * (nodes - 1));
    let line = format!("routes to other nodes' pods: {} on each node, {} in all", nodes - 1, nodes * (nodes - 1));
    assert!(flat(&text).contains(&line), "{text}");
    let (document, text) = counted(nodes, "router");
    assert_eq!(document["toPods"]["routes"], nodes + nodes);
    assert_eq!(document["toPods"]["nodeRoutes"], nodes * (nodes - 1));
    let line = format!("1 on each node, {nodes} on router, {} in all", nodes + nodes);
    assert!(flat(&text).contains(&line), "{text}");
    // The router's table stands beside the nodes'.
    assert!(flat(&text).contains(" router "), "{text}");
}

#[test]
fn a_route_that_is_missing_is_missed_and_what_leads_nowhere_near_pods_is_not_counted() {
    let lab = Lab::up(&crate::common::topology("three-nodes.yaml"));
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    lab.exec("node-2", &["ip", "route", "add", "198.51.100.0/24", "via", "192.168.1.100"]).success();
    let document = lab.run(&["routes", "--json"]).json();
    let of = |machine: usize| document["toPods"]["machines"][machine]["routes"].as_u64().expect("a number");
    assert_eq!(([of(0), of(1), of(2)], document["toPods"]["routes"].as_u64()), ([1, 2, 2], Some(5)));
    // A default route leads to them, too.
    lab.exec("node-1", &["ip", "route", "add", "default", "via", "192.168.1.12"]).success();
    let document = lab.run(&["routes", "--json"]).json();
    assert_eq!(document["toPods"]["machines"][0]["routes"], 2);
    // Of a machine that is named, its table alone.
    assert!(lab.run(&["routes", "node-1", "--json"]).json()["toPods"].is_null());
    let one = Lab::up(&crate::common::topology("one-node.yaml"));
    assert!(one.run(&["routes", "--json"]).json()["toPods"].is_null());
}
