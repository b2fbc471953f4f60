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
    case("lab: x\nnodes: { n: { podCIDR: [10.0.0.0/24, «10.1.0.0/24] } }\n", &["two IPv4 blocks"]);
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
