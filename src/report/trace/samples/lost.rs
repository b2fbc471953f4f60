//! Probes that were lost, at every point at which one can be.

use super::journeys::{echo, out_of_pod_a, out_of_pod_c, to_node_2, to_pod_c};
use super::*;
use crate::trace::{Cause, Death, Leg, Point};
use Direction::{In, Out};

fn died(leg: Leg, point: Point, machine: &str, cause: Cause, why: &str) -> Death {
    let machine = machine.parse().unwrap();
    let why = why.into();
    Death {
        leg,
        point,
        machine,
        after: None,
        before: None,
        cause,
        why,
        evidence: Vec::new(),
        fix: Vec::new(),
        by_repair: true,
    }
}

fn lost(mut outcome: Outcome, death: Death) -> Outcome {
    (outcome.timing, outcome.answered, outcome.lost) = (None, 0, Some(death));
    outcome.back.clear();
    outcome
}

/// In node-1, which knows no way; an ICMP error comes back.
pub fn stranded() -> Outcome {
    let there = out_of_pod_a(echo(false, "10.244.1.2", "10.244.2.2"));
    let about = Box::new(there.now.clone());
    let error = Traveller::new(Load::Error((3, 0), about), "10.244.1.1", "10.244.1.2");
    let back = Way::new(error.between(("node-1", "cni0"), ("pod-a", "eth0")), super::journeys::START + 90_000)
        .seen("node-1", "cni0", Out, 2_300)
        .seen("node-1", "veth-pod-a", Out, 600)
        .seen("pod-a", "eth0", In, 470);
    let death = Death {
        after: Some("cni0".into()),
        evidence: vec![
            Fact::observed("drop", "IP_INNOROUTES in ip_error"),
            Fact::observed("error", "ICMP network unreachable (type 3, code 0) from 10.244.1.1"),
            Fact::explained("route", "ip route get 10.244.2.2 from 10.244.1.2 iif cni0: Network is unreachable"),
        ],
        fix: vec!["ip -n node-1 route add 10.244.2.0/24 via 192.168.1.12".into()],
        ..died(
            Leg::There,
            Point::Underway,
            "node-1",
            Cause::NoRoute,
            "node-1 has no route to 10.244.2.2, and no default route either.",
        )
    };
    let mut outcome = outcome("pod-a", Some("pod-c"), Protocol::Icmp, there, Some(back));
    (outcome.timing, outcome.answered, outcome.lost) = (None, 0, Some(death));
    outcome
}

/// The answer, in node-2.
pub fn reply_lost() -> Outcome {
    let there = to_pod_c(to_node_2(out_of_pod_a(echo(false, "10.244.1.2", "10.244.2.2"))));
    let back = out_of_pod_c(echo(true, "10.244.2.2", "10.244.1.2"));
    let before = Some(("node-2".parse().unwrap(), "eth0".into()));
    let death = Death {
        after: Some("cni0".into()),
        before,
        evidence: vec![
            Fact::observed("rule", "table inet filter, chain forward: policy drop"),
            Fact::observed("counter", "chain forward, rule 3: packets 0 → 1"),
        ],
        fix: vec![
            "ip netns exec node-2 nft chain inet filter forward '{ policy accept; }'".into(),
            "ip -n node-2 route add 10.244.1.0/24 via 192.168.1.11".into(),
        ],
        ..died(Leg::Back, Point::Underway, "node-2", Cause::Firewall, "No rule of the chain forward accepted it.")
    };
    let outcome = outcome("pod-a", Some("pod-c"), Protocol::Icmp, there, Some(back));
    Outcome { timing: None, answered: 0, lost: Some(death), sent: 5, ..outcome }
}

/// Never sent.
pub fn marooned() -> Outcome {
    let nothing = Way::new(echo(false, "10.244.1.2", "10.244.2.2"), 0);
    let death = Death {
        evidence: vec![
            Fact::observed("error", "sendto: Network is unreachable (ENETUNREACH)"),
            Fact::explained("route", "pod-a has no routes"),
        ],
        fix: vec!["ip -n pod-a route add default via 10.244.1.1".into()],
        ..died(Leg::There, Point::NeverSent, "pod-a", Cause::NoRoute, "pod-a has no route to 10.244.2.2.")
    };
    lost(outcome("pod-a", Some("pod-c"), Protocol::Icmp, nothing, None), death)
}

/// It came to the outside world, which cannot answer a pod.
pub fn no_answer_sent() -> Outcome {
    let there = out_of_pod_a(echo(false, "10.244.1.2", "192.168.1.100"))
        .routed(("node-1", "eth0"), ("outside", "eth0"))
        .seen("node-1", "eth0", Out, 9_700)
        .seen("fabric", "node-1-eth0", In, 610)
        .seen("fabric", "outside-eth0", Out, 900)
        .seen("outside", "eth0", In, 540);
    let rule = "ip netns exec node-1 nft add rule ip netlab postrouting ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 \
                masquerade comment '\"netlab: masquerade\"'";
    let death = Death {
        evidence: vec![
            Fact::explained("route", "ip route get 10.244.1.2: Network is unreachable"),
            Fact::explained("rule", "no rule masquerades 10.244.1.2").at(&"node-1".parse().unwrap()),
        ],
        fix: vec![rule.into()],
        ..died(
            Leg::Back,
            Point::NeverSent,
            "outside",
            Cause::NoMasquerade,
            "It left the cluster as 10.244.1.2, and outside knows no way to such an address.",
        )
    };
    lost(outcome("pod-a", Some("outside"), Protocol::Icmp, there, None), death)
}

/// It came, and nobody answered.
pub fn unanswered() -> Outcome {
    let probe = Traveller::new(Load::Datagram, "10.244.1.2:50000", "10.244.2.2:53");
    let there = to_pod_c(to_node_2(out_of_pod_a(probe)));
    let death = Death {
        after: Some("eth0".into()),
        evidence: vec![Fact::explained("socket", "0.0.0.0:53/udp is open, and its queue is empty")],
        ..died(
            Leg::There,
            Point::Unanswered,
            "pod-c",
            Cause::Unknown,
            "pod-c took it, and whoever listens there did not answer in time.",
        )
    };
    lost(outcome("pod-a", Some("pod-c"), Protocol::Udp(53), there, None), death)
}

/// Before a machine in which it was never seen.
pub fn blocked() -> Outcome {
    let there = Way::new(echo(false, "10.244.1.2", "10.244.2.2"), super::journeys::START)
        .then(|packet| packet.between(("pod-a", "eth0"), ("node-1", "cni0")))
        .seen("pod-a", "eth0", Out, 0);
    let death = Death {
        before: Some(("node-1".parse().unwrap(), "veth-pod-a".into())),
        evidence: vec![Fact::explained("link", "veth-pod-a is DOWN")],
        fix: vec!["ip -n node-1 link set veth-pod-a up".into()],
        ..died(Leg::There, Point::Underway, "node-1", Cause::LinkDown, "veth-pod-a in node-1 is down.")
    };
    lost(outcome("pod-a", Some("pod-c"), Protocol::Icmp, there, None), death)
}

/// For a packet that went in circles.
pub(super) fn ttl_exceeded() -> Death {
    Death {
        after: Some("eth0".into()),
        evidence: vec![
            Fact::observed("error", "ICMP time to live exceeded (type 11, code 0) from 192.168.1.11"),
            Fact::explained("route", "10.244.9.0/24 via 192.168.1.12 dev eth0"),
            Fact::explained("route", "default via 192.168.1.11 dev eth0").at(&"node-2".parse().unwrap()),
        ],
        ..died(
            Leg::There,
            Point::Underway,
            "node-1",
            Cause::TtlExceeded,
            "node-1 and node-2 send it to one another: each has a route by way of the other.",
        )
    }
}
