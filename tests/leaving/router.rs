//! `routing: router`: the same reachability, by another way.

use crate::common::Lab;
use crate::common::found::{Found, product};

/// Two nodes on one network and one on another, and a host that forwards between them.
fn lab(routing: &str, families: &[&str]) -> Lab {
    let pick = |v4: &str, v6: &str| {
        let both = [("v4", v4), ("v6", v6)];
        let some: Vec<String> =
            both.iter().filter(|(family, _)| families.contains(family)).map(|(_, text)| format!("'{text}'")).collect();
        format!("[{}]", some.join(", "))
    };
    let text = format!(
        "lab: x
networks: {{ lan: {{ subnets: {} }} }}
cluster: {{ clusterCIDR: {}, masquerade: true, {routing} }}
nodes:
  node-1: {{ address: {}, pods: {{ pod-a: , pod-b: }} }}
  node-2: {{ address: {}, pods: {{ pod-c: }} }}
  node-3: {{ address: {} }}
hosts:
  outside: {{ interfaces: {{ eth0: {{ network: lan, addresses: {} }} }} }}
",
        pick("192.168.1.0/24", "fd01::/64"),
        pick("10.244.0.0/16", "fd00::/56"),
        pick("192.168.1.11", "fd01::11"),
        pick("192.168.1.12", "fd01::12"),
        pick("192.168.1.13", "fd01::13"),
        pick("192.168.1.100/24", "fd01::100/64"),
    );
    Lab::of(&text).0
}

#[test]
fn the_nodes_know_the_router_and_the_router_knows_the_pods() {
    let lab = lab("routing: router", &["v4", "v6"]);
    let via = |machine: &str, to: &str| {
        let route = lab.ip(machine, &["route", "get", to]);
        route[0]["gateway"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(via("node-1", "10.244.1.2"), "192.168.1.1");
    assert_eq!(via("router", "10.244.1.2"), "192.168.1.12");
    assert_eq!(via("node-1", "fd00:0:0:1::2"), "fd01::1");
    assert_eq!(via("router", "fd00:0:0:1::2"), "fd01::12");
    let routes = lab.ip("node-1", &["route"]);
    let by_gateway = routes.as_array().expect("routes").iter().filter(|route| route["gateway"].is_string());
    assert_eq!(by_gateway.count(), 1, "{routes}");
    // A packet's way, there and back, and the witness: each hop takes one from its time to live.
    let brief = lab.run(&["trace", "pod-a", "pod-c", "--format", "brief"]).success();
    assert!(brief.contains("pod-a → node-1 → fabric → router → fabric → node-2 → pod-c"), "{brief}");
    let ping = lab.exec("pod-a", &["ping", "-c", "1", "10.244.1.2"]).success();
    assert!(ping.contains("ttl=61"), "{ping}");
}

const REDIRECTS: &str = "
table ip witness {
    counter redirects {}
    chain input { type filter hook input priority 0; icmp type redirect counter name redirects; }
}";

/// How many redirects node-1 hears when it sends to a pod by way of the router.
fn redirects(lab: &Lab) -> u64 {
    lab.exec("node-1", &["ping", "-q", "-c", "2", "-i", "0.01", "10.244.1.2"]).success();
    let counter = lab.exec("node-1", &["nft", "-j", "list", "counter", "ip", "witness", "redirects"]).json();
    let parts = counter["nftables"].as_array().expect("a list");
    parts.iter().find_map(|part| part["counter"]["packets"].as_u64()).expect("the counter")
}

#[test]
fn the_router_tells_nobody_of_shorter_ways() {
    let lab = lab("routing: router", &["v4"]);
    lab.script("node-1", &format!("nft -f - <<'END'{REDIRECTS}\nEND")).success();
    assert_eq!(redirects(&lab), 0);
    // A link that is made later does not either, whatever its name.
    lab.exec("router", &["ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1"]).success();
    let of =
        |link: &str| lab.exec("router", &["sysctl", "-n", &format!("net.ipv4.conf.{link}.send_redirects")]).success();
    assert_eq!((of("late0").trim(), of("eth0").trim(), of("all").trim()), ("0", "0", "0"));
    // The witness hears them where they are sent.
    lab.exec("router", &["sysctl", "-qw", "net.ipv4.conf.eth0.send_redirects=1"]).success();
    assert!(redirects(&lab) > 0);
}

#[test]
fn without_cloud_routes_the_router_knows_no_way_and_says_so() {
    let lab = lab("routing: router, configureCloudRoutes: false", &["v4"]);
    let found = Found::of(&lab, &[]);
    let mut lost = product(&["pod-a", "pod-b", "node-1"], &["pod-c"], &["IPv4"]);
    lost.extend(product(&["pod-c", "node-2"], &["pod-a", "pod-b"], &["IPv4"]));
    lost.extend(product(&["node-3"], &["pod-a", "pod-b", "pod-c"], &["IPv4"]));
    assert_eq!(found.failed(), lost, "{}", found.ran);
    let trace = || lab.run(&["trace", "pod-a", "pod-c", "--json"]).document(&[1]);
    let first = trace();
    assert_eq!(
        (&first["lost"]["machine"], &first["lost"]["cause"]),
        (&"router".into(), &"no-route".into()),
        "{first:#}"
    );
    // What is printed mends it, each way.
    for _ in 0..2 {
        let fix = trace()["lost"]["commands"][0].as_str().expect("a command").to_owned();
        lab.script("fabric", &fix).success();
    }
    Found::of(&lab, &[]).passed();
}
