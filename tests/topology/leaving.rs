//! Routers, kinds of clusters and pools: what derives from them.

use netlab::topology::model::{Machine, Topology};
use netlab::topology::parse;

use super::read;

/// A machine's routes as text.
fn routes(machine: &Machine) -> Vec<String> {
    machine.routes.iter().map(|route| format!("{} via {}", route.to, route.via)).collect()
}

fn host<'t>(topology: &'t Topology, name: &str) -> &'t Machine {
    topology.hosts.iter().find(|host| host.name.as_str() == name).unwrap_or_else(|| panic!("no host {name}"))
}

fn addresses(machine: &Machine) -> Vec<String> {
    let of = |one: &netlab::topology::model::Interface| {
        let all: Vec<String> = one.addresses.iter().map(ToString::to_string).collect();
        format!("{} {} {}", one.name, one.network, all.join(" "))
    };
    machine.interfaces.iter().map(of).collect()
}

fn masquerade(machine: &Machine) -> Vec<String> {
    let of = |one: &netlab::topology::model::Masquerade| {
        let except: Vec<String> = one.except.iter().map(ToString::to_string).collect();
        format!("{} except {} to {:?}", one.from, except.join(" "), one.to.map(|to| to.to_string()))
    };
    machine.masquerade.iter().map(of).collect()
}

/// Two racks, in both families: nodes that share no network.
const RACKS: &str = "lab: x
networks: { rack-1: { subnets: [192.168.1.0/24, 'fd01::/64'] }, rack-2: { subnets: [192.168.2.0/24, 'fd02::/64'] } }
cluster: { clusterCIDR: [10.244.0.0/16, 'fd00::/56'], routing: router }
nodes:
  a: { address: [192.168.1.1, 'fd01::11'], pods: { p: } }
  b: { address: [192.168.2.11, 'fd02::11'], pods: { q: } }
";

#[test]
fn a_router_derives_on_all_networks_of_the_nodes_with_the_first_addresses_that_are_free() {
    let topology = read(RACKS);
    let router = host(&topology, "router");
    // 192.168.1.1 is a node's.
    let expected = ["eth0 rack-1 192.168.1.2/24 fd01::1/64", "eth1 rack-2 192.168.2.1/24 fd02::1/64"];
    assert_eq!(addresses(router), expected);
    let expected = [
        "10.244.0.0/24 via 192.168.1.1",
        "fd00::/64 via fd01::11",
        "10.244.1.0/24 via 192.168.2.11",
        "fd00:0:0:1::/64 via fd02::11",
    ];
    assert_eq!(routes(router), expected);
    assert_eq!(router.forwarding, Some(true));
    assert_eq!(routes(&topology.nodes[0].machine), ["0.0.0.0/0 via 192.168.1.2", "::/0 via fd01::1"]);
    assert_eq!(routes(&topology.nodes[1].machine), ["0.0.0.0/0 via 192.168.2.1", "::/0 via fd02::1"]);
    assert_eq!(topology.clusters[0].router.as_ref().unwrap().as_str(), "router");
    // It tells nobody of shorter ways.
    assert_eq!(router.sysctls.len(), 2);
    assert!(router.sysctls.iter().all(|(key, value)| key.ends_with(".send_redirects") && value == "0"));
    let ipv6 = read(&RACKS.replace("[10.244.0.0/16, 'fd00::/56']", "fd00::/56"));
    assert_eq!(addresses(host(&ipv6, "router")), ["eth0 rack-1 fd01::1/64", "eth1 rack-2 fd02::1/64"]);
    assert!(host(&ipv6, "router").sysctls.is_empty());
}

/// The first node sees b in its subnet, and b does not see the first node.
#[test]
fn a_derived_router_is_a_neighbour_in_both_directions_where_prefix_lengths_are_unequal() {
    for nodes in [["a", "b"], ["b", "a"]] {
        let node = |name: &&str| {
            let address = if *name == "a" { "192.168.1.11/16" } else { "192.168.2.12/24" };
            format!(
                "  {name}: {{ interfaces: {{ eth0: {{ network: lan, addresses: {address} }} }}, pods: {{ p{name}: }} }}\n"
            )
        };
        let nodes: String = nodes.iter().map(node).collect();
        let topology = read(&format!(
            "lab: x\nnetworks: {{ lan: {{}} }}\ncluster: {{ clusterCIDR: 10.244.0.0/16, routing: router }}\nnodes:\n{nodes}"
        ));
        assert_eq!(host(&topology, "router").interfaces[0].addresses.len(), 2);
        let mut back: Vec<String> = routes(host(&topology, "router"));
        back.sort_by_key(|route| route.split(" via ").last().map(str::to_owned));
        assert!(back[0].ends_with("via 192.168.1.11") && back[1].ends_with("via 192.168.2.12"), "{back:?}");
        let of_b = topology.nodes.iter().find(|node| node.machine.name.as_str() == "b").unwrap();
        assert_eq!(routes(&of_b.machine), ["0.0.0.0/0 via 192.168.2.1"]);
    }
}

const HOSTS: &str = "hosts:
  gw: { interfaces: { eth0: { network: rack-1, addresses: 192.168.1.9/24 }, eth1: { network: rack-2, addresses: 192.168.2.9/24 } }, routes: [{ to: 10.244.1.0/24, via: 192.168.2.77 }] }
  other: { interfaces: { eth0: { network: rack-1, addresses: 192.168.1.8/24 }, eth1: { network: rack-2, addresses: 192.168.2.8/24 } } }
";

#[test]
fn the_router_is_the_one_that_is_named_or_the_only_one_that_forwards() {
    let v4 = RACKS.replace("[10.244.0.0/16, 'fd00::/56']", "10.244.0.0/16") + HOSTS;
    let named = read(&v4.replace("routing: router", "routing: router, router: gw"));
    // A route that is written stays.
    assert_eq!(routes(host(&named, "gw")), ["10.244.1.0/24 via 192.168.2.77", "10.244.0.0/24 via 192.168.1.1"]);
    assert_eq!((host(&named, "gw").forwarding, host(&named, "other").forwarding), (Some(true), Some(false)));
    assert_eq!(routes(&named.nodes[1].machine), ["0.0.0.0/0 via 192.168.2.9"]);
    assert_eq!(named.hosts.len(), 2);

    let only = read(&v4.replace("other: {", "other: { forwarding: true,"));
    assert_eq!(only.clusters[0].router.as_ref().unwrap().as_str(), "other");
    assert_eq!(routes(host(&only, "other")).len(), 2);
    // Neither forwards: a third one is made.
    assert_eq!(addresses(host(&read(&v4), "router")), ["eth0 rack-1 192.168.1.2/24", "eth1 rack-2 192.168.2.1/24"]);
}

#[test]
fn routes_are_not_put_on_the_router_if_the_file_says_so_and_defaults_that_are_written_stay() {
    let text = RACKS.replace("routing: router", "routing: router, configureCloudRoutes: false");
    let topology = read(&text.replace("pods: { p: }", "pods: { p: }, routes: [{ to: default, via: 192.168.1.77 }]"));
    assert!(host(&topology, "router").routes.is_empty());
    assert_eq!(routes(&topology.nodes[0].machine), ["0.0.0.0/0 via 192.168.1.77", "::/0 via fd01::1"]);
}

#[test]
fn each_cluster_gets_a_router_of_its_own() {
    let topology = read(
        "lab: x
networks: { lan: { subnets: 192.168.1.0/24 } }
clusters:
  east: { kind: isolated, clusterCIDR: 10.244.0.0/16, routing: router }
  west: { kind: isolated, clusterCIDR: 10.244.0.0/16, routing: router }
nodes:
  a: { cluster: east, address: 192.168.1.11, pods: { p: } }
  b: { cluster: west, address: 192.168.1.12, pods: { q: } }
",
    );
    let found: Vec<(String, Vec<String>)> =
        topology.hosts.iter().map(|host| (addresses(host).join(" "), routes(host))).collect();
    let expected = [
        ("eth0 lan 192.168.1.1/24".to_owned(), vec!["10.244.0.0/24 via 192.168.1.11".to_owned()]),
        ("eth0 lan 192.168.1.2/24".to_owned(), vec!["10.244.0.0/24 via 192.168.1.12".to_owned()]),
    ];
    assert_eq!(found, expected);
    assert_eq!(routes(&topology.nodes[1].machine), ["0.0.0.0/0 via 192.168.1.2"]);
    assert_eq!(read(&topology.to_yaml()), topology);
}

/// The world: a host and a node of another cluster on the same network, and a host that is on another one.
fn flat(keys: &str) -> Topology {
    read(&format!(
        "lab: x
networks: {{ lan: {{ subnets: [192.168.1.0/24, 'fd01::/64'] }}, far: {{ subnets: 198.51.100.0/24 }} }}
clusters:
  east: {{ kind: flat, clusterCIDR: [10.1.0.0/16, 'fd00::/56'], {keys} }}
  west: {{ kind: island, clusterCIDR: 10.2.0.0/16 }}
nodes:
  a: {{ cluster: east, address: [192.168.1.11, 'fd01::11'], pods: {{ p: }} }}
  b: {{ cluster: east, address: [192.168.1.12, 'fd01::12'], pods: {{ q: }} }}
  c: {{ cluster: west, address: 192.168.1.13, pods: {{ r: }} }}
hosts:
  office: {{ interfaces: {{ eth0: {{ network: lan, addresses: [192.168.1.100/24, 'fd01::100/64'] }} }}, routes: [{{ to: 10.1.1.0/24, via: 192.168.1.99 }}] }}
  gw: {{ forwarding: true, interfaces: {{ eth0: {{ network: lan, addresses: [192.168.1.9/24, 'fd01::9/64'] }}, eth1: {{ network: far, addresses: 198.51.100.1/24 }} }} }}
  server: {{ interfaces: {{ eth0: {{ network: far, addresses: 198.51.100.80/24 }} }} }}
"
    ))
}

#[test]
fn the_world_gets_routes_to_the_pods_of_a_flat_cluster() {
    let topology = flat("");
    let expected = [
        "10.1.1.0/24 via 192.168.1.99",
        "10.1.0.0/24 via 192.168.1.11",
        "fd00::/64 via fd01::11",
        "fd00:0:0:1::/64 via fd01::12",
    ];
    assert_eq!(routes(host(&topology, "office")), expected);
    assert_eq!(routes(host(&topology, "gw")).len(), 4);
    // Of the island nobody knows; its nodes belong to the world themselves.
    assert_eq!(routes(&topology.nodes[2].machine), ["10.1.0.0/24 via 192.168.1.11", "10.1.1.0/24 via 192.168.1.12"]);
    assert!(routes(host(&topology, "server")).is_empty());
    assert!(topology.nodes[0].machine.masquerade.is_empty());
    assert_eq!(masquerade(&topology.nodes[2].machine), ["10.2.0.0/24 except 10.2.0.0/16 to None"]);
    assert_eq!(read(&topology.to_yaml()), topology);

    let routed = flat("routing: router");
    assert_eq!(
        routes(host(&routed, "office"))[1..],
        ["10.1.0.0/24 via 192.168.1.9", "fd00::/64 via fd01::9", "fd00:0:0:1::/64 via fd01::9"]
    );
    // The router is on its network, too.
    assert_eq!(routes(host(&routed, "server")), ["10.1.0.0/24 via 198.51.100.1", "10.1.1.0/24 via 198.51.100.1"]);
    assert_eq!(routed.clusters[0].router.as_ref().unwrap().as_str(), "gw");
    assert_eq!(routes(host(&routed, "gw")).len(), 4);
    assert_eq!(routes(host(&flat("routing: none"), "office")), ["10.1.1.0/24 via 192.168.1.99"]);
}

#[test]
fn the_kind_decides_what_is_masqueraded() {
    let of = |keys: &str| {
        let topology = read(&format!(
            "lab: x\ncluster: {{ {keys} }}\nnodes: {{ a: {{ podCIDR: [10.1.0.0/24, 'fd00::/64'], pods: {{ p: }} }}, b: {{ podCIDR: 10.1.1.0/24, pods: {{ q: }} }} }}\n"
        ));
        masquerade(&topology.nodes[0].machine)
    };
    let none: [&str; 0] = [];
    assert_eq!(of("routing: none, kind: isolated"), none);
    assert_eq!(of("routing: none, kind: flat"), none);
    assert_eq!(of("routing: none"), none);
    // Without a clusterCIDR it is at least the blocks that are spared.
    let expected = ["10.1.0.0/24 except 10.1.0.0/24 10.1.1.0/24 to None", "fd00::/64 except fd00::/64 to None"];
    assert_eq!(of("routing: none, kind: island"), expected);
    assert_eq!(of("routing: none, masquerade: true"), expected);
}

/// What each of two nodes masquerades, the second one with an address of its own for it.
fn pools(pools: &str) -> [Vec<String>; 2] {
    let topology = read(&format!(
        "lab: x
networks: {{ lan: {{ subnets: [192.168.1.0/24, 'fd01::/64'] }} }}
cluster: {{ ipPools: [{pools}] }}
nodes:
  a: {{ address: [192.168.1.11, 'fd01::11'], podCIDR: 10.1.0.0/24, pods: {{ p: }} }}
  b: {{ address: [192.168.1.12, 'fd01::12'], podCIDR: [10.2.0.0/24, 'fd00::/64'], natOutgoingAddress: [198.51.100.7, '2001:db8::7'], pods: {{ q: }} }}
"
    ));
    assert_eq!(read(&topology.to_yaml()), topology);
    [0, 1].map(|node| masquerade(&topology.nodes[node].machine))
}

#[test]
fn pools_say_whose_packets_are_translated_and_which_are_spared() {
    let all = "{ cidr: 10.1.0.0/16 }, { cidr: 10.2.0.0/16, natOutgoing: true }, { cidr: 'fd00::/56', natOutgoing: true }, { cidr: 192.168.0.0/16, disabled: true, natOutgoing: true }";
    let [a, b] = pools(all);
    assert_eq!(a, [""; 0]);
    let expected = [
        "10.2.0.0/24 except 10.1.0.0/16 10.2.0.0/16 192.168.0.0/16 to Some(\"198.51.100.7\")",
        "fd00::/64 except fd00::/56 to Some(\"2001:db8::7\")",
    ];
    assert_eq!(b, expected);
}

#[test]
fn without_a_cluster_cidr_blocks_come_from_the_first_pool_that_is_in_use() {
    let topology = read(
        "lab: x\ncluster: { routing: none, ipPools: [{ cidr: 10.9.0.0/16, disabled: true }, { cidr: 10.8.0.0/16 }] }\nnodes: { a: { pods: { p: } } }\n",
    );
    assert_eq!(topology.nodes[0].pods[0].addresses[0].to_string(), "10.8.0.2/24");
}

#[test]
fn clusters_that_keep_to_themselves_may_use_the_same_addresses() {
    let text = |one: &str, other: &str| {
        format!(
            "lab: x
clusters: {{ east: {{ clusterCIDR: 10.1.0.0/16, {one} }}, west: {{ clusterCIDR: 10.1.0.0/16, {other} }} }}
nodes: {{ a: {{ cluster: east, pods: {{ p: }} }}, b: {{ cluster: west, pods: {{ q: }} }} }}
"
        )
    };
    for (one, other) in [("isolated", "isolated"), ("island", "isolated"), ("island", "island")] {
        let topology = read(&text(&format!("kind: {one}"), &format!("kind: {other}")));
        assert_eq!(topology.nodes[0].pods[0].addresses, topology.nodes[1].pods[0].addresses);
        assert_eq!(read(&topology.to_yaml()), topology);
    }
    for (one, other) in [("kind: flat", "kind: isolated"), ("kind: island", ""), ("", "")] {
        let failure = parse("t", &text(one, other)).unwrap_err().to_string();
        assert!(failure.contains("clusterCIDR 10.1.0.0/16 of west overlaps 10.1.0.0/16 of east"), "{failure}");
        assert!(failure.contains("keep to themselves"), "{failure}");
    }
}
