//! The same over routers, overlays and kinds of clusters: who else is met when something below breaks, and what only these have.

use crate::OF_OVERLAYS;
use crate::bench::{try_some, walk};

#[test]
fn what_only_overlays_have() {
    let of = |kind: &str, families: &str| match (OF_OVERLAYS.contains(&kind), families) {
        (false, _) => Vec::new(),
        (true, "either") => vec!["-4"],
        (true, _) => vec![""],
    };
    walk("overlay.yaml", true, false, of);
}

/// The devices of each family are by themselves.
#[test]
fn overlays_of_both_families() {
    let cases = [
        ("underlay-filtered node-1", "-6"),
        ("missing-vtep-neighbour node-2", "-6"),
        ("vxlan-down node-1", ""),
        ("overlay-mtu node-1", ""),
        ("masquerade-pods node-1", "-6"),
    ];
    try_some("overlay-by-hand.yaml", &cases);
}

/// Packets around others pass machines that know nothing of pods.
#[test]
fn below_an_overlay() {
    let cases = [
        ("missing-address router", "-4"),
        ("uplink-drop node-3", "-4"),
        ("port-mtu node-1", ""),
        ("missing-route node-1", "-4"),
        ("unplugged node-2", ""),
    ];
    try_some("overlay-cross-subnet.yaml", &cases);
}

#[test]
fn devices_that_learn() {
    try_some(
        "overlay-learning.yaml",
        &[("wrong-vtep", ""), ("vni-mismatch", ""), ("vxlan-port-mismatch", ""), ("link-mtu node-2", "")],
    );
}

#[test]
fn a_router_between_nodes() {
    let cases = [
        ("missing-route router node-2", "-4"),
        ("forwarding-off router", "-4"),
        ("missing-gateway-address node-2", "-4"),
    ];
    try_some("router.yaml", &cases);
}

#[test]
fn ways_out_of_a_cluster() {
    try_some("egress.yaml", &[("masquerade-pods", "-4"), ("missing-masquerade", "-4")]);
    try_some("isolated.yaml", &[("blackhole-route east-1 pod-b", "-4"), ("short-ttl pod-x", "-4")]);
}
