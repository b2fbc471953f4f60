//! Every pair of pods exchanges packets, from the very first packet after `up`; pods reach each other under their own
//! addresses, and the outside under their node's; the outside knows no way to the pods.
//!
//! ```text
//! up ─▶ ping -c 1 -W 1 at once, from every pod to every other      0 % loss
//! nft in each destination keeps the sources of what arrives        who was it?
//! ```

mod common;

use std::collections::BTreeMap;

use common::witness::{heard, listen};
use common::{Directory, Lab, run, topologies, topology};

/// A script for the fabric: one packet from each of these machines to the address beside it, all at the same time.
/// What got no answer within a second is printed: an ARP request that is lost is repeated after a second, so a packet
/// that waited for the second one counts as lost.
fn pings<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let ping = |(from, to): (&str, &str)| {
        format!("(ip netns exec {from} ping -n -q -c 1 -W 1 {to} >/dev/null 2>&1 || echo 'lost: {from} to {to}') &\n")
    };
    pairs.into_iter().map(ping).collect::<String>() + "wait\n"
}

/// The addresses of the pods of each cluster: those of one reach each other, and not always those of another.
fn clusters(lab: &Lab) -> Vec<BTreeMap<String, Vec<String>>> {
    let addresses = lab.addresses(&lab.machines("pod"));
    let status = lab.run(&["status", "--json"]).json();
    let mut clusters: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for machine in status["machines"].as_array().expect("machines") {
        let name = machine["name"].as_str().expect("a name");
        if let Some(own) = addresses.get(name) {
            let cluster = machine["cluster"].as_str().unwrap_or_default().to_owned();
            clusters.entry(cluster).or_default().insert(name.to_owned(), own.clone());
        }
    }
    clusters.into_values().collect()
}

/// Every ordered pair of pods, as (pod, one of the other's addresses).
fn pairs(addresses: &BTreeMap<String, Vec<String>>) -> Vec<(&str, &str)> {
    let others = |from: &String| {
        let others = addresses.iter().filter(|(to, _)| *to != from).flat_map(|(_, addresses)| addresses);
        others.map(String::as_str).collect::<Vec<_>>()
    };
    addresses.keys().flat_map(|from| others(from).into_iter().map(|to| (from.as_str(), to))).collect()
}

#[test]
fn every_pair_of_pods_exchanges_packets_under_their_own_addresses_from_the_first_packet_on() {
    for name in topologies() {
        let lab = Lab::up(&topology(&name));
        let clusters = clusters(&lab);
        clusters.iter().flat_map(BTreeMap::keys).for_each(|pod| listen(&lab, pod));
        let pairs: Vec<(&str, &str)> = clusters.iter().flat_map(pairs).collect();
        assert!(pairs.len() >= 2, "{name}");
        let script = pings(pairs);
        assert_eq!(lab.script("fabric", &script).success(), "", "{name}");
        for (pod, addresses) in clusters.iter().flat_map(|cluster| cluster.keys().map(move |pod| (pod, cluster))) {
            let seen = heard(&lab, pod);
            let others = addresses.iter().filter(|(other, _)| *other != pod).flat_map(|(_, all)| all.clone());
            assert_eq!(seen, others.collect(), "{name}: who {pod} heard from");
        }
        lab.down();
        // Again, and now not a moment is spent between `up` and the first packets.
        lab.run(&["up", &topology(&name)]).success();
        assert_eq!(lab.script("fabric", &script).success(), "", "{name}");
        lab.down();
    }
}

#[test]
fn the_first_packet_after_up_is_not_lost_whichever_it_is() {
    for (from, to) in
        [("pod-a", "10.244.1.3"), ("pod-a", "10.244.3.3"), ("pod-f", "10.244.1.2"), ("pod-c", "192.168.1.100")]
    {
        for fuse in [&[][..], &["--no-fuse"]] {
            let lab = Lab::place();
            lab.run(&[&["up", &topology("three-nodes.yaml")], fuse].concat()).success();
            lab.exec(from, &["ping", "-n", "-c", "1", "-W", "1", to]).success();
        }
    }
    for to in ["fd00:10:244:1::2", "fd00:192:168:1::100", "fd00:10:244::1"] {
        let lab = Lab::up(&topology("dual-stack.yaml"));
        lab.exec("pod-a", &["ping", "-n", "-c", "1", "-W", "1", to]).success();
    }
}

#[test]
fn in_a_lab_of_a_thousand_pods_the_first_packets_arrive() {
    let lab = Lab::up(&topology("large.yaml"));
    let name = |node: usize, pod: usize| format!("n{}-p{pod}", (node - 1) % 20 + 1);
    let near = (1..=20).map(|node| (name(node, 1), name(node, 50)));
    let far = (1..=20).map(|node| (name(node, 25), name(node + 1, 26)));
    let pairs: Vec<(String, String)> = near.chain(far).collect();
    let addresses = lab.addresses(&pairs.iter().map(|(_, to)| to.clone()).collect::<Vec<_>>());
    let script = pings(pairs.iter().map(|(from, to)| (from.as_str(), addresses[to][0].as_str())));
    lab.down();
    lab.run(&["up", &topology("large.yaml")]).success();
    assert_eq!(lab.script("fabric", &script).success(), "");
    lab.down();
}

#[test]
fn the_outside_hears_pods_under_the_address_of_their_node() {
    for name in ["three-nodes.yaml", "three-nodes-short.yaml", "dual-stack.yaml"] {
        let lab = Lab::up(&topology(name));
        let outside = lab.addresses(&["outside".to_owned()]).remove("outside").expect("its addresses");
        listen(&lab, "outside");
        let status = lab.run(&["status", "--json"]).json();
        let machines = status["machines"].as_array().expect("machines");
        for machine in machines.iter().filter(|machine| machine["kind"] == "pod") {
            let pod = machine["name"].as_str().expect("a name");
            let node = machine["node"].as_str().expect("its node").to_owned();
            let script = pings(outside.iter().map(|to| (pod, to.as_str())));
            assert_eq!(lab.script("fabric", &script).success(), "", "{name}");
            let links = lab.ip(&node, &["addr", "show", "dev", "eth0", "scope", "global"]);
            let of_node = links.as_array().expect("links").iter().filter_map(|link| link["addr_info"].as_array());
            let of_node =
                of_node.flatten().filter_map(|address| address["local"].as_str()).map(str::to_owned).collect();
            let seen = heard(&lab, "outside");
            assert_eq!(seen, of_node, "{name}: {pod} on {node}, as outside hears it");
        }
    }
}

#[test]
fn the_outside_knows_no_way_to_the_pods() {
    for name in ["three-nodes.yaml", "three-nodes-short.yaml", "dual-stack.yaml"] {
        let lab = Lab::up(&topology(name));
        for address in lab.addresses(&lab.machines("pod")).values().flatten() {
            let asked = lab.exec("outside", &["ip", "route", "get", address]).fails(2);
            assert!(asked.contains("Network is unreachable"), "{name}: {asked}");
            let pinged = lab.exec("outside", &["ping", "-n", "-c", "1", "-W", "1", address]).fails(2);
            assert!(pinged.contains("Network is unreachable"), "{name}: {pinged}");
        }
    }
}

#[test]
fn nodes_reach_each_other_and_every_pod() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let pods = lab.addresses(&lab.machines("pod"));
    let nodes = lab.addresses(&lab.machines("node"));
    let targets = || pods.values().chain(nodes.values()).flatten().map(String::as_str);
    let script = pings(nodes.keys().flat_map(|node| targets().map(|to| (node.as_str(), to))));
    assert_eq!(lab.script("fabric", &script).success(), "");
}

#[test]
fn a_generated_lab_carries_packets_too() {
    let (lab, directory) = (Lab::place(), Directory::new());
    let text = run(&mut lab.netlab(&["generate", "3", "2"])).success();
    lab.run(&["up", &directory.file("generated.yaml", text)]).success();
    let addresses = lab.addresses(&lab.machines("pod"));
    assert_eq!(addresses.len(), 6);
    assert_eq!(lab.script("fabric", &pings(pairs(&addresses))).success(), "");
}
