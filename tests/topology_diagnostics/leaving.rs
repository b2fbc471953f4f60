//! Routers, kinds of clusters and pools: what cannot be meant.

use super::*;

/// Two nodes on a network, with these keys of the cluster, and these hosts.
fn cluster(keys: &str, hosts: &str) -> String {
    format!(
        "lab: x
networks: {{ lan: {{ subnets: [192.168.1.0/24, 'fd01::/64'] }}, far: {{ subnets: 192.168.2.0/24 }} }}
cluster: {{ clusterCIDR: 10.1.0.0/16, {keys} }}
nodes:
  a: {{ address: 192.168.1.11, pods: {{ p: }} }}
  b: {{ address: 192.168.1.12, pods: {{ q: }} }}
hosts:
{hosts}"
    )
}

const GW: &str = "  gw: { forwarding: true, interfaces: { eth0: { network: lan, addresses: 192.168.1.1/24 } } }\n";

#[test]
fn the_router_is_a_host_that_forwards() {
    case(&cluster("routing: router, router: «gv", GW), &["there is no host gv", "did you mean gw?"]);
    case(&cluster("routing: router, router: «a", GW), &["there is no host a", "this is a node", "under `hosts`"]);
    case(
        &cluster("routing: router, router: «gw", &GW.replace("true", "false")),
        &["gw is to be the router, and does not forward", "it has `forwarding: false`"],
    );
    // As `netlab expand` writes it.
    case(&cluster("routing: none, router: «gv", GW), &["there is no host gv"]);
    case("lab: x\ncluster: { routing: router, router: «[] }\nnodes: { a: }\n", &["the name of a host"]);
}

#[test]
fn one_of_several_routers_has_to_be_named() {
    let other = GW.replace("gw", "gw2").replace("1.1/", "1.2/");
    case(
        &cluster("routing: «router", &(GW.to_owned() + &other)),
        &["2 hosts could be the router: gw, gw2", "by way of which of them?", "write `router: gw` beside `routing`"],
    );
}

#[test]
fn a_router_has_a_name_and_an_address_that_are_free() {
    case(
        &cluster("routing: «router", &GW.replace("gw", "router").replace("forwarding: true, ", "")),
        &["the router cannot be called router", "this host does not", "write `router: router`"],
    );
    let full = cluster("routing: router", "  x: {}\n").replace("192.168.1.0/24, 'fd01::/64'", "192.168.1.8/30");
    let full = full.replace("1.11", "1.9").replace("1.12", "1.10").replace("  a: {", "  «a: {");
    case(&full, &["192.168.1.8/30 has no address left for a router"]);
}

#[test]
fn a_router_shares_a_subnet_with_every_node() {
    let apart =
        cluster("routing: router, router: gw", GW).replace("192.168.1.12", "192.168.2.12").replace("  b: {", "  «b: {");
    case(&apart, &["b and the router gw share no IPv4 subnet", "gw is here"]);
    let dual = cluster("routing: router", GW).replace("10.1.0.0/16", "[10.1.0.0/16, 'fd00::/56']");
    let dual = dual.replace("192.168.1.11", "[192.168.1.11, 'fd01::11']").replace("  a: {", "  «a: {");
    let dual = dual.replace("192.168.1.12", "[192.168.1.12, 'fd01::12']");
    let failure = fail(&dual.replace('«', "")).0.to_string();
    assert!(failure.contains("a and the router gw share no IPv6 subnet"), "{failure}");
}

#[test]
fn a_router_and_a_method_that_finds_nothing() {
    for router in ["router", "router, router: gw"] {
        let none = cluster(&format!("routing: {router}, underlay: {{ autodetect: interface=eth7 }}"), GW);
        let failure = fail(&none).0;
        let titles: Vec<&str> = failure.diagnostics().iter().map(|one| one.title.as_str()).collect();
        let of = |node| format!("{node} has no IPv4 address for traffic between nodes");
        assert_eq!(titles, [of("a"), of("b")], "{failure}");
        assert!(failure.to_string().contains("no interface with an IPv4 address matches `eth7`"), "{failure}");
    }
}

#[test]
fn two_clusters_with_the_same_addresses_need_a_router_each() {
    let file = "lab: x
networks: { lan: { subnets: 192.168.1.0/24 } }
clusters:
  east: { kind: isolated, clusterCIDR: 10.1.0.0/16, routing: router }
  west: { kind: isolated, clusterCIDR: 10.1.0.0/16, routing: router }
nodes:
  a: { cluster: east, address: 192.168.1.11, pods: { p: } }
  «b: { cluster: west, address: 192.168.1.12, pods: { q: } }
hosts:
"
    .to_owned()
        + GW;
    case(&file, &["gw would have two ways to 10.1.0.0/24", "for another cluster", "need a router each"]);
}

/// Every node, pod, device and route of one clashes with one of the other: that is said once.
#[test]
fn two_clusters_that_the_world_knows_have_no_addresses_in_common() {
    let file = |keys: &str, west: &str| {
        format!(
            "lab: x
networks: {{ lan: {{ subnets: [192.168.1.0/24, 'fd01::/64'] }} }}
clusters:
  east: {{ {keys}, clusterCIDR: [10.1.0.0/16, 'fd00::/56'] }}
  west: {{ {keys}, clusterCIDR: {west} }}
nodes:
  a: {{ cluster: east, address: [192.168.1.11, 'fd01::11'], pods: {{ p: }}, routes: [{{ to: default, via: 192.168.1.1 }}] }}
  b: {{ cluster: west, address: [192.168.1.12, 'fd01::12'], pods: {{ q: , r: }}, routes: [{{ to: default, via: 192.168.1.1 }}] }}
  c: {{ cluster: east, address: [192.168.1.13, 'fd01::13'], pods: {{ s: }} }}
  d: {{ cluster: west, address: [192.168.1.14, 'fd01::14'], pods: {{ t: }} }}
hosts:
  gw: {{ interfaces: {{ eth0: {{ network: lan, addresses: 192.168.1.1/24 }} }}, routes: [{{ to: 198.51.100.0/24, via: 192.168.1.11 }}] }}
"
        )
    };
    for keys in ["kind: flat", "kind: flat, routing: vxlan", "masquerade: true", "routing: none"] {
        case(
            &file(keys, "[«10.1.0.0/17, 'fd00::/56']"),
            &[
                "clusterCIDR 10.1.0.0/17 of west overlaps 10.1.0.0/16 of east",
                "give west a clusterCIDR of its own",
                "only clusters that all keep to themselves (`kind: island` or `isolated`)",
            ],
        );
    }
    case(&file("kind: flat", "[10.2.0.0/16, «'fd00::/58']"), &["clusterCIDR fd00::/58 of west overlaps fd00::/56"]);
    let weave = "lab: x
clusters: { east: { ipam: weave, routing: none }, «west: { ipam: weave, routing: none } }
nodes: { a: { cluster: east, pods: { p: } }, b: { cluster: west, pods: { q: } } }
";
    case(weave, &["clusterCIDR 10.32.0.0/12 of west overlaps 10.32.0.0/12 of east"]);
}

#[test]
fn a_kind_and_masquerading_that_exclude_each_other() {
    case(&cluster("kind: «flat, masquerade: true", "  x: {}\n"), &["a flat cluster's pods keep their addresses"]);
    case(&cluster("kind: «isolated, masquerade: true", "  x: {}\n"), &["an isolated cluster's pods do not leave it"]);
    let pool = "ipPools: [{ cidr: 10.1.0.0/16, natOutgoing: true }]";
    case(&cluster(&format!("kind: «flat, {pool}"), "  x: {}\n"), &["keep their addresses", "natOutgoing here"]);
    case(&cluster(&format!("kind: «isolated, {pool}"), "  x: {}\n"), &["do not leave it"]);
    case(
        &cluster("kind: «island, ipPools: [{ cidr: 10.1.0.0/16 }]", "  x: {}\n"),
        &["an island's pods leave under their node's address", "no pool that is in use says natOutgoing"],
    );
    // `masquerade: false` goes well with pools without natOutgoing, but not with an island.
    for (keys, label) in [
        ("masquerade: false", "with `masquerade: false` they keep their own"),
        ("masquerade: false, ipPools: [{ cidr: 10.1.0.0/16 }]", "no pool that is in use says natOutgoing"),
    ] {
        let title = "an island's pods leave under their node's address";
        case(&cluster(&format!("kind: «island, {keys}"), "  x: {}\n"), &[title, label]);
    }
    let none = cluster("kind: «island", "  x: {}\n").replace("pods:", "masquerade: [], pods:");
    case(&none, &["no node masquerades anything"]);
    let written = "masquerade: [{ from: 10.1.0.0/24, except: [10.1.0.0/16] }]";
    let by_hand = cluster("kind: island, masquerade: false", "  x: {}\n");
    parse("x", &by_hand.replace("pods: { p", &format!("{written}, pods: {{ p"))).unwrap();
    case(
        &cluster(&format!("masquerade: true, {pool}"), "  x: {}\n").replace("cluster:", "«cluster:"),
        &["`masquerade: true` and ipPools both say", "leave `masquerade` out"],
    );
    case(
        &cluster(&format!("masquerade: false, {pool}"), "  x: {}\n").replace("cluster:", "«cluster:"),
        &["`masquerade: false` and ipPools both say"],
    );
}

#[test]
fn pools_that_do_not_go_together() {
    let hosts = "  x: {}\n";
    case(
        &cluster("ipPools: [{ cidr: 10.1.0.0/16 }, { cidr: «10.1.128.0/17, disabled: true }]", hosts),
        &["the pools 10.1.128.0/17 and 10.1.0.0/16 overlap"],
    );
    case(&cluster("ipPools: [{ cidr: «192.168.1.0/8, disabled: true }]", hosts), &["192.168.1.0/8"]);
    case(
        &cluster("ipPools: [{ cidr: 10.1.0.0/16 }, { cidr: «192.168.1.0/24 }]", hosts),
        &["the pool 192.168.1.0/24 overlaps 192.168.1.0/24 of network lan"],
    );
    for (pools, what) in [
        (
            "{ cidr: 10.1.0.0/24 }, { cidr: 10.1.1.0/24, disabled: true }",
            "b's block 10.1.1.0/24 is in a pool that is disabled",
        ),
        ("{ cidr: 10.1.0.0/24 }", "b's block 10.1.1.0/24 is in no pool"),
    ] {
        case(&cluster(&format!("ipPools: [{pools}]"), hosts).replace("  b: {", "  «b: {"), &[what]);
    }
}

#[test]
fn an_address_for_what_leaves_that_changes_nothing_or_that_nobody_answers_for() {
    let with = |keys: &str, address: &str| {
        cluster(keys, "  x: {}\n").replace("  b: {", &format!("  b: {{ natOutgoingAddress: «{address},"))
    };
    case(
        &with("masquerade: false", "198.51.100.7"),
        &["natOutgoingAddress of b would change nothing", "masquerade: true"],
    );
    case(
        &with("ipPools: [{ cidr: 10.1.0.0/16 }]", "198.51.100.7"),
        &["would change nothing", "its pods are in no pool with natOutgoing"],
    );
    let written = with("masquerade: true", "198.51.100.7, masquerade: []");
    case(&written, &["would change nothing", "what it masquerades is written"]);
    case(
        &with("masquerade: true", "192.168.1.77"),
        &["b does not have 192.168.1.77", "answers to it would find nobody", "add it to the addresses of eth0"],
    );
}

#[test]
fn parties_of_clusters_that_are_not_there() {
    let file = |party: &str| {
        format!(
            "lab: x\nclusters: {{ east: {{ kind: isolated, clusterCIDR: 10.1.0.0/16 }} }}\nnodes: {{ a: {{ cluster: east, pods: {{ p: }} }} }}\nexpect: [{{ from: {party}, to: p }}]\n"
        )
    };
    case(&file("«pods of est"), &["there is no cluster est", "did you mean east?"]);
    case(&file("«hosts of east"), &["a cluster has `pods` and `nodes`", "pods of CLUSTER"]);
    case(&file("«pods of e/t"), &["is not the name of a cluster"]);
    case(
        "lab: x\nnodes: { a: }\nexpect: [{ from: «pods of east, to: a }]\n",
        &["there is no cluster east", "no cluster has a name"],
    );
}
