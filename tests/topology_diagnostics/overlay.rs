//! Overlays that cannot be had.

use super::*;

/// Two nodes, each with what stands in its braces, in a cluster with these keys.
fn overlay(cluster: &str, a: &str, b: &str) -> String {
    format!(
        "lab: x
networks:
  lan: {{ subnets: [192.168.1.0/24, 'fd00:1::/64'] }}
  other: {{ subnets: 192.168.2.0/24 }}
  narrow: {{ subnets: 192.168.3.0/24, mtu: 1300 }}
cluster: {{ {cluster} }}
nodes:
  {a}
  {b}
hosts:
  router: {{ forwarding: true, interfaces: {{ eth0: {{ network: lan, addresses: 192.168.1.1/24 }} }} }}
"
    )
}

const V4: &str = "clusterCIDR: 10.244.0.0/16, routing: vxlan";
const V6: &str = "clusterCIDR: 'fd00:10::/56', routing: vxlan";
const A: &str = "a: { address: 192.168.1.11 }";

#[test]
fn nodes_without_an_address() {
    case(
        &overlay(V4, A, "«b: {}"),
        &["b has no IPv4 address for traffic between nodes", "b has no interface: give it an `address` on a network"],
    );
    // What the others have is what it lacks, whatever the pods' family is.
    case(
        &overlay(V6, A, "«b: { interfaces: { eth0: { network: lan } } }"),
        &["b has no IPv4 address for traffic", "b has eth0 without an address"],
    );
}

#[test]
fn methods_that_find_nothing() {
    let with = |method: &str| {
        overlay(&format!("{V4}, underlay: {{ autodetect: '{method}' }}"), A, "«b: { address: 192.168.1.12 }")
    };
    let narrow = |method: &str| with(method).replace("a: { address: 192.168.1.11 }", "a: { address: [192.168.1.130] }");
    case(
        &narrow("cidr=192.168.1.128/25"),
        &[
            "no address of it is in 192.168.1.128/25",
            "which address it is to be is said here",
            "b has eth0 with 192.168.1.12/24",
        ],
    );
    let named = "a: { interfaces: { eth1: { network: lan, addresses: 192.168.1.11/24 } } }";
    case(
        &with("interface=eth1,ens.*").replace(A, named),
        &["no interface with an IPv4 address matches `eth1` or `ens.*`", "b has eth0 with 192.168.1.12/24"],
    );
    let routed = "a: { address: 192.168.1.11, routes: [{ to: default, via: 192.168.1.1 }] }";
    case(&with("can-reach=10.9.9.9").replace(A, routed), &["no route from it to 10.9.9.9"]);
    // For routes the other node's address is what counts.
    let routes =
        with("cidr=192.168.1.128/25").replace("vxlan", "nodeRoutes").replace(A, "a: { address: 192.168.1.130 }");
    case(&routes, &["b has no IPv4 address for traffic between nodes"]);
}

#[test]
fn nodes_that_do_not_reach_each_other() {
    let b = "b: { address: 192.168.2.12, routes: [{ to: default, via: 192.168.2.1 }] }";
    case(
        &overlay(V4, &format!("«{A}"), b),
        &[
            "a has no way to b's VTEP 192.168.2.12 by eth0",
            "eth0 is on network lan, in 192.168.1.0/24",
            "give it a route there, such as `routes: [{ to: default, via: 192.168.1.1 }]`",
        ],
    );
    let a = "a: { address: 192.168.1.11, routes: [{ to: 192.168.2.0/24, via: 192.168.1.1 }] }";
    case(&overlay(V4, a, "«b: { address: 192.168.2.12 }"), &["b has no way to a's VTEP 192.168.1.11", "via: GATEWAY"]);
    // A route by another interface does not help: the device sends by its own.
    let two = "«b: { interfaces: { eth0: { network: other, addresses: 192.168.2.12/24 }, eth1: { network: lan, addresses: 192.168.1.12/24 } } }";
    case(&overlay(V4, a, two), &["b has no way to a's VTEP 192.168.1.11 by eth0"]);
}

#[test]
fn sizes() {
    let b = "b: { address: 192.168.1.12 }";
    case(
        &overlay(&format!("{V4}, vxlan: {{ mtu: «1451 }}"), A, b),
        &[
            "a packet of 1451 bytes does not fit into one of 1500",
            "expected at most 1450",
            "eth0 of a takes 1500 bytes",
        ],
    );
    let (a, b) = ("a: { address: 192.168.3.11 }", "b: { address: 192.168.3.12 }");
    case(
        &overlay(&V4.replace("vxlan", "«vxlan"), a, b),
        &[
            "an overlay on an underlay of 1300 bytes has an MTU of 1250",
            "expected at least 1280",
            "eth0 of a takes 1300 bytes",
            "has to take 1330 bytes or more",
        ],
    );
}

#[test]
fn names() {
    case(
        &overlay(&format!("{V4}, vxlan: {{ id: «12345678 }}"), A, "b: { address: 192.168.1.12 }"),
        &["a VXLAN device cannot be called flannel.12345678", "`vxlan: { name: vx1 }`"],
    );
    let (a, b) = ("a: { address: 'fd00:1::11' }", "b: { address: 'fd00:1::12' }");
    case(
        &overlay(&format!("{V4}, vxlan: {{ name: «longer-name-1 }}"), a, b),
        &["a VXLAN device cannot be called longer-name-1-v6", "`-v6` is added"],
    );
}

#[test]
fn blocks_without_room_for_a_device() {
    case(
        &overlay(
            "routing: vxlan",
            "a: { address: 192.168.1.11, podCIDR: «10.1.0.0/31 }",
            "b: { address: 192.168.1.12 }",
        ),
        &["10.1.0.0/31 has no address for a VXLAN device", "expected a block of /30 or larger"],
    );
}

#[test]
fn hardware_addresses_that_are_given_twice() {
    let device = "id: 1, dev: eth0, mac: '66:00:00:00:00:01', mtu: 1450";
    let node = |name: &str, last: u32, mark: &str| {
        format!(
            "{name}: {{ address: 192.168.1.{last}, vxlan: {{ {mark}vx1: {{ local: 192.168.1.{last}, {device} }} }} }}"
        )
    };
    case(
        &overlay("routing: none", &node("a", 11, ""), &node("b", 12, "«")),
        &["the hardware address 66:00:00:00:00:01 is given twice", "to vx1 of b", "to vx1 of a"],
    );
}
