//! Gateways that are no neighbours, and names that meet.

use super::*;

#[test]
fn gateways() {
    let route = |to: &str, via: &str| node(&format!("routes: [{{ to: {to}, via: {via} }}]"));
    case(
        &route("10.9.0.0/16", "«192.168.2.1"),
        &["on no subnet that node-1 is connected to", "10.244.1.0/24 and 192.168.1.0/24"],
    );
    case(&route("10.9.0.0/16", "«192.168.1.11"), &["the gateway 192.168.1.11 is node-1 itself"]);
    case(&route("10.9.0.0/16", "«192.168.1.255"), &["is no host of 192.168.1.0/24"]);
    case(&route("10.9.0.0/16", "«\"fd00:1::1\""), &["is IPv6, but 10.9.0.0/16 is IPv4"]);
    case(&route("10.9.0.0/16", "«127.0.0.1"), &["loopback"]);
    case(&route("«192.168.1.0/24", "192.168.1.1"), &["is connected to 192.168.1.0/24 itself"]);
    case(
        &node("routes: [{ to: default, via: 192.168.1.1 }, { to: «0.0.0.0/0, via: 192.168.1.2 }]"),
        &["the route to default (IPv4) is given twice"],
    );
    case("lab: x\nnodes: {}\nhosts: { h: { routes: [{ to: default, via: «10.0.0.1 }] } }\n", &["it has no addresses"]);
}

#[test]
fn masquerade() {
    case(
        &node("masquerade: [{ from: 10.0.0.0/8, except: «\"fd00::/8\" }]"),
        &["fd00::/8 is IPv6, but 10.0.0.0/8 is IPv4"],
    );
}

#[test]
fn machines_of_one_name() {
    case(&node("pods: { «node-1: {} }"), &["two machines have the name node-1", "a pod of node-1 here", "a node here"]);
    case("lab: x\nnodes: { a: }\nhosts: { «a: }\n", &["a host here"]);
}

#[test]
fn networks() {
    case(
        "lab: x\nnetworks: { underlay: }\nnodes: { a: { interfaces: { eth0: { network: «underlai } } } }\n",
        &["there is no network underlai", "did you mean underlay?"],
    );
}

#[test]
fn links_of_one_name() {
    case(&node("pods: { a: { interfaces: { «eth0: { network: lan } } } }"), &["a pod's eth0 is on its node's bridge"]);
    case(
        "lab: x\nnetworks: { lan: }\nnodes: {}\nhosts: { h: { interfaces: { «lo: { network: lan } } } }\n",
        &["`lo` is the loopback link"],
    );
    case(
        "lab: x\nnetworks: { lan: }\nnodes: { n: { interfaces: { cni0: { network: lan } }, bridge: { name: «cni0 } } }\n",
        &["two links in n would have the name cni0", "the bridge"],
    );
    case(
        "lab: x\nnetworks: { lan: }\nnodes: { n: { podCIDR: 10.0.0.0/24, interfaces: { veth-a: { network: lan } }, pods: { «a: } } }\n",
        &["two links in n would have the name veth-a"],
    );
    case(
        "lab: x\nnetworks: { lan: , h-e: }\nnodes: {}\nhosts: { h: { interfaces: { «e: { network: lan } } } }\n",
        &["two links in the fabric would have the name h-e", "a network's bridge"],
    );
    case(
        "lab: x\nnetworks: { lan: }\nnodes: {}\nhosts: { a-b: { interfaces: { c: { network: lan } } }, a: { interfaces: { «b-c: { network: lan } } } }\n",
        &["the port of a-b's c", "the port of a's b-c"],
    );
}
