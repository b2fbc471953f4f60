//! The short form: what cannot be derived.

use super::*;

#[test]
fn too_many_pods() {
    case(
        "lab: x\nnodes: { n: { podCIDR: 10.0.0.0/30, pods: { a: , «b: } } }\n",
        &["10.0.0.0/30 holds 1 pod beside its gateway, and n has 2", "from b on"],
    );
    let pods: String = (1..=254).map(|pod| format!("p{pod}: , ")).collect();
    let file = format!(
        "lab: x\nnodes: {{ n: {{ bridge: {{ addresses: 10.0.0.1/24 }}, pods: {{ {} }} }} }}\n",
        pods.replace("p254", "«p254")
    );
    case(&file, &["10.0.0.0/24 holds 253 pods beside its gateway, and n has 254"]);
}

#[test]
fn too_many_nodes() {
    case(
        "lab: x\ncluster: { clusterCIDR: 10.0.0.0/23, routing: none }\nnodes: { a: , b: , «c: , d: }\n",
        &["10.0.0.0/23 has 2 free blocks of /24 for 4 nodes", "from c on"],
    );
}

#[test]
fn the_capacity_is_told_where_it_is_exhausted() {
    case(
        "lab: x\ncluster: { clusterCIDR: 10.0.0.0/24, nodeCIDRMaskSize: 26, routing: none }\n\
         nodes: { a: { podCIDR: 10.0.0.64/26 }, b: , c: , d: , «e: }\n",
        &["10.0.0.0/24 has 3 free blocks of /26 for 4 nodes", "it holds 4 blocks of /26", "CIDRNotAvailable"],
    );
}

#[test]
fn more_blocks_than_the_allocator_counts() {
    case(
        "lab: x\ncluster: { clusterCIDR: «'fd00::/40', routing: none }\nnodes: { a: }\n",
        &[
            "fd00::/40 has more blocks of /64",
            "blocks of /56 at the longest, 16 bits more than /40",
            "a clusterCIDR of /48",
        ],
    );
    let fits = ["clusterCIDR: 'fd00::/48'", "clusterCIDR: 10.0.0.0/8, nodeCIDRMaskSize: 30"];
    for cluster in fits {
        parse("x", &format!("lab: x\ncluster: {{ {cluster}, routing: none }}\nnodes: {{ a: }}\n")).unwrap();
    }
}

#[test]
fn blocks_of_ranges_in_another_order() {
    let cluster = "cluster: { clusterCIDR: [10.0.0.0/16, 'fd00::/56'], routing: none }";
    case(
        &format!("lab: x\n{cluster}\nnodes: {{ a: {{ podCIDR: [«'fd00::/64', 10.0.0.0/24] }} }}\n"),
        &["fd00::/64 stands where a block of 10.0.0.0/16 is expected", "in this order"],
    );
    case(
        "lab: x\ncluster: { clusterCIDR: 10.0.0.0/16, routing: none }\n\
         nodes: { a: { podCIDR: [10.0.0.0/24, «'fd00::/64'] } }\n",
        &[
            "fd00::/64 is a block of a range that clusterCIDR does not have",
            "no IPv6 range",
            "allocateNodeCIDRs: false",
        ],
    );
    let written = "cluster: { clusterCIDR: 10.0.0.0/16, allocateNodeCIDRs: false, routing: none }";
    parse("x", &format!("lab: x\n{written}\nnodes: {{ a: {{ podCIDR: [10.0.0.0/24, 'fd00::/64'] }} }}\n")).unwrap();
}

#[test]
fn one_subnet_for_all_pods() {
    let file =
        |cluster: &str, nodes: &str| format!("lab: x\ncluster: {{ ipam: weave, {cluster} }}\nnodes: {{ {nodes} }}\n");
    case(&file("routing: «nodeRoutes", "a: "), &["are neighbours", "expected `vxlan` or `none`"]);
    case(&file("routing: none, kind: «flat", "a: "), &["the world cannot know which node has which pod"]);
    case(&file("routing: none, clusterCIDR: «'fd00::/64'", "a: "), &["Weave Net gives addresses of IPv4 only"]);
    case(&file("routing: none, nodeCIDRMaskSize: «24", "a: "), &["no blocks are cut"]);
    case(&file("vxlan: { learning: «false }", "a: "), &["the VXLAN devices have to learn", "leave `learning` out"]);
    case(&file("routing: none", "a: { podCIDR: «10.32.0.0/24 }"), &["a node has no block of its own"]);
    case(
        &file("routing: none, clusterCIDR: 10.1.0.0/29", "a: { pods: { p: , q: , r: } }, «b: { pods: { s: , t: } }"),
        &["10.1.0.0/29 holds 6 addresses, for 2 bridges and 5 pods", "at b none is left"],
    );
    // What a's part does not hold, b's does: it has four, and donates two.
    let fits = file("routing: none, clusterCIDR: 10.1.0.0/29", "a: { pods: { p: , q: , r: } }, b: { pods: { s: } }");
    let nodes = parse("x", &fits.replace('«', "")).unwrap().nodes;
    let given: Vec<String> = nodes.iter().flat_map(|node| &node.pods).map(|pod| pod.addresses[0].to_string()).collect();
    assert_eq!(given, ["10.1.0.2/29", "10.1.0.3/29", "10.1.0.5/29", "10.1.0.6/29"]);
}

#[test]
fn a_lease_that_nobody_grants() {
    case("lab: x\ncluster: { clusterCIDR: 10.0.0.0/16, leaseTime: «60 }\nnodes: { a: }\n", &["is for `ipam: dhcp`"]);
    case("lab: x\ncluster: { clusterCIDR: 10.0.0.0/16, ipam: dhcp, leaseTime: «1 }\nnodes: { a: }\n", &["from 2 to"]);
}

#[test]
fn blocks_that_nobody_cuts() {
    for key in ["allocateNodeCIDRs: false", "CIDRAllocatorType: CloudAllocator"] {
        case(
            &format!("lab: x\ncluster: {{ clusterCIDR: 10.0.0.0/16, {key} }}\nnodes: {{ «a: {{ pods: {{ p: }} }} }}\n"),
            &["a has pods, but no addresses for them", "expected a podCIDR", "nobody cuts blocks"],
        );
    }
}

#[test]
fn a_node_that_writes_a_block_gets_no_other_one() {
    let file = "lab: x\ncluster: { clusterCIDR: [10.0.0.0/16, 'fd00::/56'], routing: none }\n\
                nodes: { a: , b: { podCIDR: 10.0.0.0/23 }, c: , d: { podCIDR: 10.0.4.128/25 }, e: , f: }\n";
    let blocks: Vec<Vec<String>> = parse("x", file)
        .unwrap()
        .nodes
        .iter()
        .map(|node| node.bridge.iter().flat_map(|bridge| &bridge.addresses).map(|a| a.network().to_string()).collect())
        .collect();
    let expected: [&[&str]; 6] = [
        &["10.0.2.0", "fd00::"],
        &["10.0.0.0"],
        &["10.0.3.0", "fd00:0:0:1::"],
        &["10.0.4.128"],
        &["10.0.5.0", "fd00:0:0:2::"],
        &["10.0.6.0", "fd00:0:0:3::"],
    ];
    assert_eq!(blocks, expected);
}

#[test]
fn too_many_ports() {
    let pods: String = (1..=1_024).map(|pod| format!("p{pod}: , ")).collect();
    let file = format!(
        "lab: x\nnodes: {{ n: {{ podCIDR: 10.0.0.0/16, pods: {{ {} }} }} }}\n",
        pods.replace("p1024", "«p1024")
    );
    case(&file, &["n has 1024 pods, and a bridge takes 1023 ports"]);
}

#[test]
fn pods_without_a_bridge() {
    case("lab: x\nnodes: { «n: { pods: { a: } } }\n", &["n has pods, but no addresses for them"]);
}

#[test]
fn blocks() {
    case(
        "lab: x\nnodes: { n: { podCIDR: 10.0.0.0/24, bridge: { addresses: «10.1.0.1/24 } } }\n",
        &["not of the node's podCIDR"],
    );
    // One mistake, also where a cluster says which block it expects in this place.
    for cluster in ["", "cluster: { clusterCIDR: 10.0.0.0/8 }", "cluster: { clusterCIDR: [10.0.0.0/8, 'fd00::/56'] }"] {
        let file = format!("lab: x\n{cluster}\nnodes: {{ n: {{ podCIDR: [10.0.0.0/24, «10.1.0.0/24] }} }}\n");
        case(&file, &["two IPv4 blocks"]);
    }
    case(
        "lab: x\ncluster: { clusterCIDR: 10.0.0.0/16 }\nnodes: { n: { podCIDR: «10.1.0.0/24 } }\n",
        &["not a part of clusterCIDR"],
    );
}

#[test]
fn nodes_that_share_no_network() {
    let file = "lab: x\ncluster: { clusterCIDR: 10.0.0.0/16 }\nnodes: { a: , b: }\n";
    let (failure, _) = fail(file);
    assert!(failure.to_string().contains("a has no way to b's pods in 10.0.1.0/24"), "{failure}");
    assert_eq!(failure.diagnostics().len(), 2);
}
