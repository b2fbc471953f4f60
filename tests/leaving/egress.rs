//! Pools, an address of one's own for what leaves, and the card with the gateway.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::common::witness::{heard, listen};
use crate::common::{Lab, topology};

fn pings(lab: &Lab, from: &str, to: &str) -> bool {
    lab.exec(from, &["ping", "-n", "-q", "-c", "1", "-W", "1", to]).status == Some(0)
}

fn set<'a>(all: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    all.into_iter().map(str::to_owned).collect()
}

fn json(lab: &Lab, words: &[&str]) -> Value {
    lab.run(words).document(&[0, 1])
}

#[test]
fn who_leaves_the_pools_gets_the_address_that_they_say() {
    let lab = Lab::up(&topology("egress.yaml"));
    assert_eq!(json(&lab, &["check", "--json"])["passed"], true);
    for machine in ["server", "office", "pod-c"] {
        listen(&lab, machine);
    }
    // E4: the interface with the gateway. E3: the address that is written.
    for (pod, seen) in [("pod-a", "203.0.113.11"), ("pod-c", "203.0.113.7")] {
        assert!(pings(&lab, pod, "198.51.100.80"));
        assert_eq!(heard(&lab, "server"), set([seen]), "{pod}");
    }
    // E1: within the pools nothing is translated. E2: nor what goes to one that is disabled.
    assert!(pings(&lab, "pod-a", "192.168.1.100") && pings(&lab, "pod-a", "10.244.2.2"));
    assert_eq!((heard(&lab, "office"), heard(&lab, "pod-c")), (set(["10.244.1.2"]), set(["10.244.1.2"])));
    // In the rules it stands as Calico has it: from the pool, to none of them.
    let rules = |node: &str| lab.exec(node, &["nft", "list", "chain", "ip", "netlab", "postrouting"]).success();
    let spared = "ip daddr != 10.244.0.0/16 ip daddr != 192.168.1.0/24";
    assert!(rules("node-1").contains(&format!("ip saddr 10.244.1.0/24 {spared} masquerade")), "{}", rules("node-1"));
    assert!(
        rules("node-2").contains(&format!("ip saddr 10.244.2.0/24 {spared} snat to 203.0.113.7")),
        "{}",
        rules("node-2")
    );
    // The kernel's own choice of the way.
    let route = lab.ip("node-1", &["route", "get", "198.51.100.80"]);
    assert_eq!((&route[0]["dev"], &route[0]["gateway"]), (&"eth1".into(), &"203.0.113.1".into()));
}

#[test]
fn trace_shows_the_choice_of_route_interface_and_address() {
    let lab = Lab::up(&topology("egress.yaml"));
    for (pod, node, seen) in [("pod-a", "node-1", "203.0.113.11"), ("pod-c", "node-2", "203.0.113.7")] {
        let trace = json(&lab, &["trace", pod, "server", "--json"]);
        assert_eq!(trace["result"], "delivered", "{trace:#}");
        let hops = trace["hops"].as_array().expect("hops");
        let there = |hop: &&Value| hop["leg"] == "there" && hop["machine"] == node;
        let facts: Vec<&str> = hops
            .iter()
            .filter(there)
            .flat_map(|hop| hop["facts"].as_array().expect("facts"))
            .filter_map(|fact| fact["text"].as_str())
            .collect();
        assert!(facts.iter().any(|text| text.contains("default via 203.0.113.1 dev eth1")), "{facts:?}");
        assert!(facts.iter().any(|text| text.contains("ip daddr != 10.244.0.0/16")), "{facts:?}");
        let out = hops.iter().filter(there).find(|hop| hop["interface"] == "eth1").expect("it leaves by eth1");
        let change = &out["rewritten"][0];
        assert_eq!((&change["what"], &change["to"]), (&"source".into(), &seen.into()), "{out:#}");
        assert_eq!((&out["direction"], &out["srcName"]), (&"out".into(), &format!("{node}'s eth1").into()));
    }
}

#[test]
fn a_card_without_the_gateway_or_another_address_is_found() {
    let lab = Lab::up(&topology("egress.yaml"));
    let wrong = |document: &Value| -> BTreeSet<String> {
        let pairs =
            document["pairs"].as_array().expect("pairs").iter().filter(|pair| pair["failure"] == "wrong-source");
        pairs.map(|pair| format!("{} → {}", pair["from"].as_str().unwrap(), pair["to"].as_str().unwrap())).collect()
    };
    // A rule of somebody's own gives out the address of the other card; server knows the way back to it by the gateway's
    // route.
    lab.exec("gateway", &["ip", "route", "add", "192.168.1.11/32", "via", "203.0.113.11"]).success();
    let rule = "add table ip mine; add chain ip mine c { type nat hook postrouting priority 50; }; add rule ip mine c ip saddr 10.244.1.0/24 oifname \"eth1\" snat to 192.168.1.11";
    lab.exec("node-1", &["nft", rule]).success();
    let found = json(&lab, &["check", "--json"]);
    let expected = set(["pod-a → server", "pod-b → server", "pod-a → gateway", "pod-b → gateway"]);
    assert_eq!(wrong(&found), expected, "{found:#}");
    lab.exec("node-1", &["nft", "delete", "table", "ip", "mine"]).success();
    assert_eq!(json(&lab, &["check", "--json"])["passed"], true);
}

#[test]
fn pools_and_addresses_of_ones_own_in_ipv6() {
    let text = "lab: x
networks: { lan: { subnets: 'fd01::/64' }, uplink: { subnets: '2001:db8:1::/64' } }
cluster: { ipPools: [{ cidr: 'fd00::/56', natOutgoing: true }, { cidr: 'fd01::/64', disabled: true }] }
nodes:
  node-1:
    natOutgoingAddress: 2001:db8:1::7
    interfaces:
      eth0: { network: lan, addresses: 'fd01::11/64' }
      eth1: { network: uplink, addresses: ['2001:db8:1::11/64', '2001:db8:1::7/64'] }
    pods: { pod-a: }
  node-2:
    interfaces:
      eth0: { network: lan, addresses: 'fd01::12/64' }
      eth1: { network: uplink, addresses: '2001:db8:1::12/64' }
    pods: { pod-b: }
hosts:
  office:
    interfaces: { eth0: { network: lan, addresses: 'fd01::100/64' } }
    routes: [{ to: 'fd00::/64', via: fd01::11 }, { to: 'fd00:0:0:1::/64', via: fd01::12 }]
  world: { interfaces: { eth0: { network: uplink, addresses: '2001:db8:1::80/64' } } }
expect:
  - { from: pods, to: office, as: own }
  - { from: pod-a, to: world, as: '2001:db8:1::7' }
  - { from: pod-b, to: world, as: '2001:db8:1::12' }
  - { from: world, to: pods, reachable: false }
";
    let (lab, _) = Lab::of(text);
    assert_eq!(json(&lab, &["check", "--json"])["passed"], true);
    assert_eq!(lab.run(&["diff"]).status, Some(0));
    listen(&lab, "world");
    assert!(pings(&lab, "pod-a", "2001:db8:1::80") && pings(&lab, "pod-b", "2001:db8:1::80"));
    assert_eq!(heard(&lab, "world"), set(["2001:db8:1::7", "2001:db8:1::12"]));
}
