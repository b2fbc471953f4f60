//! `expect`, as it is read.

use netlab::topology::model::{Expectation, Family, Identity, Party, Port};

use super::read;

#[test]
fn expectations_are_read_as_they_are_written() {
    let topology = read(
        "lab: x
nodes: { node-1: { podCIDR: 10.1.0.0/24, pods: { pod-a: , pod-b: } } }
hosts: { outside: {} }
expect:
  - { from: pods, to: [outside, 192.0.2.7], as: node, tcp: 80 }
  - { from: outside, to: pod-b, reachable: false, family: IPv4 }
  - { from: [pod-a, nodes], to: hosts, as: [own, node-1, 10.1.0.9], udp: 53 }
",
    );
    let machine = |name: &str| Party::Machine(name.parse().unwrap());
    let expected = [
        Expectation {
            from: vec![Party::Pods],
            to: vec![machine("outside"), Party::Address("192.0.2.7".parse().unwrap())],
            reachable: true,
            seen_as: vec![Identity::Node],
            port: Some(Port::Tcp(80)),
            family: None,
        },
        Expectation {
            from: vec![machine("outside")],
            to: vec![machine("pod-b")],
            reachable: false,
            seen_as: Vec::new(),
            port: None,
            family: Some(Family::V4),
        },
        Expectation {
            from: vec![machine("pod-a"), Party::Nodes],
            to: vec![Party::Hosts],
            reachable: true,
            seen_as: vec![
                Identity::Own,
                Identity::Machine("node-1".parse().unwrap()),
                Identity::Address("10.1.0.9".parse().unwrap()),
            ],
            port: Some(Port::Udp(53)),
            family: None,
        },
    ];
    assert_eq!(topology.expect, expected);
}
