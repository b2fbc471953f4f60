//! Expectations of machines that there are not, and of what cannot be together.

use super::*;

/// A file with two pods and a host, and this expectation.
fn expecting(expectation: &str) -> String {
    format!(
        "lab: x
nodes: {{ node-1: {{ podCIDR: 10.1.0.0/24, pods: {{ pod-a: {{}}, pod-b: {{}} }} }} }}
hosts: {{ outside: {{}} }}
expect:
  - {expectation}
"
    )
}

#[test]
fn machines_that_there_are_not() {
    let did_you_mean = ["there is no machine pod-x", "did you mean `pod-a`?"];
    case(&expecting("{ from: pods, to: «pod-x }"), &did_you_mean);
    case(&expecting("{ from: «stranger, to: pods }"), &["there is no machine stranger", "`pods`, `nodes` or `hosts`"]);
    case(&expecting("{ from: pods, to: outside, as: «nobody }"), &["there is no machine nobody"]);
    // Each once, however often it is named.
    case(&expecting("{ from: [«pod-x, pod-x], to: [pod-x, pods] }"), &["there is no machine pod-x"]);
}

#[test]
fn who_sends_is_a_machine() {
    case(&expecting("{ from: «10.1.0.2, to: pods }"), &["10.1.0.2 is an address, and who sends is a machine"]);
    case(&expecting("{ from: pods, to: «10.1.0.0/24 }"), &["`10.1.0.0/24` is not an address"]);
    case(&expecting("{ from: pods, to: «10.1.0 }"), &["`10.1.0` is not an address"]);
    case(&expecting("{ «from: [], to: pods }"), &["`from` is empty"]);
    case(&expecting("«{ from: pods }"), &["an expectation needs the key `to`"]);
}

#[test]
fn ports_and_families() {
    case(&expecting("{ from: pods, to: pods, tcp: «0 }"), &["expected a port", "from 1 to 65535"]);
    case(&expecting("{ from: pods, to: pods, udp: «65536 }"), &["expected a port"]);
    case(&expecting("{ from: pods, to: pods, tcp: 80, udp: «53 }"), &["TCP or UDP", "write two expectations"]);
    case(&expecting("{ from: pods, to: pods, family: «ipv6 }"), &["did you mean `IPv6`?"]);
    case(&expecting("{ from: pods, to: «10.1.0.2, family: IPv6 }"), &["10.1.0.2 is IPv4, but IPv6 is expected"]);
    case(&expecting("{ from: pods, to: outside, as: «10.1.0.1, family: IPv6 }"), &["10.1.0.1 is IPv4"]);
}

#[test]
fn as_whom() {
    case(&expecting("{ from: hosts, to: pods, as: «node }"), &["only a pod has a node, and hosts may send too"]);
    case(
        &expecting("{ from: pods, to: pods, reachable: false, as: «own }"),
        &["what is not to be reached sees nobody"],
    );
    case(&expecting("{ from: pods, to: pods, reachable: «no }"), &["write false"]);
}
