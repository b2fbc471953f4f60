//! Path MTU: what fits, who is told, and black holes.

use crate::common::found::{Found, product};
use crate::common::{Directory, Lab, topology};

const BOTH: [&str; 2] = ["IPv4", "IPv6"];

#[test]
fn a_link_that_takes_less_without_a_word_is_found() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    lab.exec("node-2", &["ip", "link", "set", "eth0", "mtu", "1400"]).success();
    let found = Found::of(&lab, &[]);
    let pods = lab.machines("pod");
    let (node_1, node_2): (Vec<&str>, Vec<&str>) = (
        ["pod-a", "pod-b", "node-1"].into(),
        pods.iter().map(String::as_str).filter(|pod| !["pod-a", "pod-b"].contains(pod)).collect(),
    );
    assert_eq!(found.failed(), product(&node_1, &node_2, &BOTH), "{}", found.ran);
    assert_eq!(found.failed(), found.failed_as("mtu-black-hole"));
    assert_eq!(found.causes().into_iter().collect::<Vec<_>>(), ["mtu"]);
    // `ping -M do` agrees, for one size and one less.
    let ping = |size: &str| {
        lab.exec("pod-a", &["ping", "-n", "-q", "-c", "1", "-W", "1", "-M", "do", "-s", size, "10.244.1.2"])
    };
    ping("1372").success();
    assert_ne!(ping("1472").status, Some(0));
}

#[test]
fn a_narrow_path_whose_sender_is_told_is_no_failure() {
    // Two nodes on two networks, and a router between them, one of whose links takes less.
    let text = "
lab: routed
networks: { left: { subnets: [192.168.1.0/24, 'fd00:1::/64'] }, right: { subnets: [192.168.2.0/24, 'fd00:2::/64'] } }
cluster: { clusterCIDR: [10.244.0.0/16, 'fd00:10:244::/56'], routing: none }
nodes:
  node-1:
    address: [192.168.1.11, 'fd00:1::11']
    pods: { pod-a: , pod-b: , pod-c: , pod-d: , pod-e: , pod-f: , pod-g: , pod-h: }
    routes: [{ to: default, via: 192.168.1.1 }, { to: default, via: 'fd00:1::1' }]
  node-2:
    address: [192.168.2.12, 'fd00:2::12']
    pods: { pod-p: , pod-q: , pod-r: , pod-s: , pod-t: , pod-u: , pod-v: , pod-w: }
    routes: [{ to: default, via: 192.168.2.1 }, { to: default, via: 'fd00:2::1' }]
hosts:
  router:
    forwarding: true
    interfaces:
      eth0: { network: left, addresses: [192.168.1.1/24, 'fd00:1::1/64'] }
      eth1: { network: right, addresses: [192.168.2.1/24, 'fd00:2::1/64'] }
    routes:
      - { to: 10.244.0.0/24, via: 192.168.1.11 }
      - { to: 10.244.1.0/24, via: 192.168.2.12 }
      - { to: 'fd00:10:244::/64', via: 'fd00:1::11' }
      - { to: 'fd00:10:244:1::/64', via: 'fd00:2::12' }
";
    let directory = Directory::new();
    let lab = Lab::up(&directory.file("routed.yaml", text));
    Found::of(&lab, &[]).passed();
    // Both ends of the cable: the router knows what fits, and says so.
    lab.script("fabric", "ip -n router link set eth1 mtu 1400; ip link set router-eth1 mtu 1400").success();
    lab.script("fabric", "ip -n node-2 link set eth0 mtu 1400; ip link set node-2-eth0 mtu 1400").success();
    let found = Found::of(&lab, &[]).passed();
    for pair in found.pairs() {
        let side = |name: &str| {
            ["pod-p", "pod-q", "pod-r", "pod-s", "pod-t", "pod-u", "pod-v", "pod-w", "node-2"].contains(&name)
        };
        let (from, to) = (pair["from"].as_str().expect("from"), pair["to"].as_str().expect("to"));
        let expected = match (side(from), to) {
            (true, "router") => 1400,
            (false, "router") => 1500,
            (from, to) if from != side(to) => 1400,
            _ => 1500,
        };
        assert_eq!(pair["pathMtu"], expected, "{pair}");
    }
    assert!(lab.run(&["check"]).success().contains("MTU 1400–1500"));
}
