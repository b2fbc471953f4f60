//! Probes that arrived.

use super::*;
use Direction::{In, Out};

/// When they all begin: a day in 2026.
pub(super) const START: u64 = 1_780_000_000_000_000_000;

pub(super) fn echo(reply: bool, from: &str, to: &str) -> Traveller {
    Traveller::new(Load::Echo { reply }, from, to)
}

/// From pod-a as far as node-1's bridge.
pub(super) fn out_of_pod_a(packet: Traveller) -> Way {
    Way::new(packet.between(("pod-a", "eth0"), ("node-1", "cni0")), START)
        .seen("pod-a", "eth0", Out, 0)
        .explained("route", "default via 10.244.1.1 dev eth0")
        .observed("neighbour", "10.244.1.1 lladdr 7e:3a:5c:10:2f:01 REACHABLE")
        .seen("node-1", "veth-pod-a", In, 1_310)
        .seen("node-1", "cni0", In, 870)
}

/// From node-1's bridge to node-2's network card.
pub(super) fn to_node_2(way: Way) -> Way {
    way.explained("route", "10.244.2.0/24 via 192.168.1.12 dev eth0")
        .explained("neighbour", "192.168.1.12 lladdr 7e:3a:5c:10:2f:0c STALE")
        .routed(("node-1", "eth0"), ("node-2", "eth0"))
        .seen("node-1", "eth0", Out, 5_240)
        .seen("fabric", "node-1-eth0", In, 610)
        .explained("fdb", "7e:3a:5c:10:2f:0c dev node-2-eth0 master underlay")
        .seen("fabric", "node-2-eth0", Out, 900)
        .seen("node-2", "eth0", In, 540)
}

/// From node-2's network card to pod-c.
pub(super) fn to_pod_c(way: Way) -> Way {
    way.explained("route", "10.244.2.0/24 dev cni0")
        .explained("neighbour", "10.244.2.2 lladdr 7e:3a:5c:10:2f:c2 REACHABLE")
        .routed(("node-2", "cni0"), ("pod-c", "eth0"))
        .seen("node-2", "cni0", Out, 4_800)
        .explained("fdb", "7e:3a:5c:10:2f:c2 dev veth-pod-c master cni0")
        .seen("node-2", "veth-pod-c", Out, 620)
        .seen("pod-c", "eth0", In, 480)
}

/// From pod-c as far as node-2's bridge.
pub(super) fn out_of_pod_c(packet: Traveller) -> Way {
    Way::new(packet.between(("pod-c", "eth0"), ("node-2", "cni0")), START + 400_000)
        .seen("pod-c", "eth0", Out, 3_900)
        .explained("route", "default via 10.244.2.1 dev eth0")
        .seen("node-2", "veth-pod-c", In, 1_100)
        .seen("node-2", "cni0", In, 790)
}

fn back_to_node_1(way: Way) -> Way {
    way.explained("route", "10.244.1.0/24 via 192.168.1.11 dev eth0")
        .routed(("node-2", "eth0"), ("node-1", "eth0"))
        .seen("node-2", "eth0", Out, 4_100)
        .seen("fabric", "node-2-eth0", In, 570)
        .seen("fabric", "node-1-eth0", Out, 830)
        .seen("node-1", "eth0", In, 490)
}

fn back_to_pod_a(way: Way) -> Way {
    way.explained("route", "10.244.1.0/24 dev cni0")
        .routed(("node-1", "cni0"), ("pod-a", "eth0"))
        .seen("node-1", "cni0", Out, 4_400)
        .seen("node-1", "veth-pod-a", Out, 600)
        .seen("pod-a", "eth0", In, 470)
}

/// Twenty hops, there and back.
pub fn delivered() -> Outcome {
    let there = to_pod_c(to_node_2(out_of_pod_a(echo(false, "10.244.1.2", "10.244.2.2"))));
    let back = back_to_pod_a(back_to_node_1(out_of_pod_c(echo(true, "10.244.2.2", "10.244.1.2"))));
    outcome("pod-a", Some("pod-c"), Protocol::Icmp, there, Some(back))
}

/// A SYN, to which a RST is the answer: delivered, by way of a service's address.
pub fn refused() -> Outcome {
    let there = out_of_pod_a(Traveller::new(Load::Syn, "10.244.1.2:41234", "10.96.0.10:80"))
        .observed(
            "rule",
            "table ip services, chain prerouting: ip daddr 10.96.0.10 tcp dport 80 dnat to 10.244.2.2:8080",
        )
        .then(|packet| Traveller { to: "10.244.2.2:8080".parse().unwrap(), ..packet });
    let there = to_pod_c(to_node_2(there)).explained("socket", "nobody listens on 10.244.2.2:8080/tcp");
    let back = out_of_pod_c(Traveller::new(Load::Rst, "10.244.2.2:8080", "10.244.1.2:41234"));
    let back = back_to_node_1(back).then(|packet| Traveller { from: "10.96.0.10:80".parse().unwrap(), ..packet });
    outcome("pod-a", None, Protocol::Tcp(80), there, Some(back_to_pod_a(back)))
}

/// To the world outside, under the node's address.
pub fn masqueraded() -> Outcome {
    let there = out_of_pod_a(echo(false, "10.244.1.2", "192.168.1.100"))
        .explained("route", "192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.11")
        .observed("rule", "ip netlab postrouting: ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade")
        .explained("conntrack", "icmp src=10.244.1.2 dst=192.168.1.100 type=8 code=0 id=77 src=192.168.1.100 dst=192.168.1.11 type=0 code=0 id=77")
        .observed("arp", "who has 192.168.1.100? tell 192.168.1.11: 192.168.1.100 is at 7e:3a:5c:10:2f:64")
        .routed(("node-1", "eth0"), ("outside", "eth0"))
        .then(|packet| Traveller { from: "192.168.1.11:0".parse().unwrap(), ..packet })
        .seen("node-1", "eth0", Out, 9_700)
        .seen("fabric", "node-1-eth0", In, 610)
        .seen("fabric", "outside-eth0", Out, 900)
        .seen("outside", "eth0", In, 540);
    let back = echo(true, "192.168.1.100", "192.168.1.11").between(("outside", "eth0"), ("node-1", "eth0"));
    let back = Way::new(back, START + 400_000)
        .seen("outside", "eth0", Out, 2_900)
        .seen("fabric", "outside-eth0", In, 570)
        .seen("fabric", "node-1-eth0", Out, 830)
        .seen("node-1", "eth0", In, 490)
        .then(|packet| Traveller { to: "10.244.1.2:0".parse().unwrap(), ..packet });
    let mut outcome = outcome("pod-a", Some("outside"), Protocol::Icmp, there, Some(back_to_pod_a(back)));
    (outcome.sent, outcome.answered) = (3, 3);
    outcome
}

/// Through a VXLAN.
pub fn tunnelled() -> Outcome {
    let outer =
        |from: IpAddr, to: IpAddr, inner| move |packet| Traveller { vxlan: Some((from, to, 1, inner)), ..packet };
    let vteps = (mac(0xf1), mac(0xf2));
    let there = out_of_pod_a(echo(false, "10.244.1.2", "10.244.2.2"))
        .explained("route", "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink")
        .routed(("node-1", "flannel.1"), ("node-2", "flannel.1"))
        .seen("node-1", "flannel.1", Out, 5_240)
        .explained("fdb", "7e:3a:5c:10:2f:f2 dev flannel.1 dst 192.168.1.12 self permanent")
        .then(outer([192, 168, 1, 11].into(), [192, 168, 1, 12].into(), vteps))
        .then(|packet| packet.between(("node-1", "eth0"), ("node-2", "eth0")))
        .seen("node-1", "eth0", Out, 3_100)
        .seen("fabric", "node-1-eth0", In, 610)
        .seen("fabric", "node-2-eth0", Out, 900)
        .seen("node-2", "eth0", In, 540)
        .then(|packet| Traveller { vxlan: None, ..packet })
        .then(|packet| packet.between(("node-1", "flannel.1"), ("node-2", "flannel.1")))
        .seen("node-2", "flannel.1", In, 3_300);
    let back = out_of_pod_c(echo(true, "10.244.2.2", "10.244.1.2"))
        .routed(("node-2", "flannel.1"), ("node-1", "flannel.1"))
        .seen("node-2", "flannel.1", Out, 4_240)
        .then(outer([192, 168, 1, 12].into(), [192, 168, 1, 11].into(), (vteps.1, vteps.0)))
        .then(|packet| packet.between(("node-2", "eth0"), ("node-1", "eth0")))
        .seen("node-2", "eth0", Out, 2_900)
        .seen("fabric", "node-2-eth0", In, 610)
        .seen("fabric", "node-1-eth0", Out, 900)
        .seen("node-1", "eth0", In, 540)
        .then(|packet| Traveller { vxlan: None, ..packet })
        .then(|packet| packet.between(("node-2", "flannel.1"), ("node-1", "flannel.1")))
        .seen("node-1", "flannel.1", In, 3_300);
    outcome("pod-a", Some("pod-c"), Protocol::Icmp, to_pod_c(there), Some(back_to_pod_a(back)))
}

/// Names and addresses as long as they can be, notes, and no timing.
pub fn unusual() -> Outcome {
    let machine = "a-machine-whose-name-is-as-long-as-a-name-may-be-and-not-longer";
    let (from, to) = ("fd00:1234:5678:9abc:def0:1234:5678:9abc", "fd00:1234:5678:9abc:def0:1234:5678:9abd");
    let there = Way::new(echo(false, from, to), START)
        .seen(machine, "a-long-ifname-0", Out, 0)
        .explained("route", "fd00:1234:5678:9abc::/64 dev a-long-ifname-0 proto kernel metric 256 pref medium")
        .fact(Fact::observed("sysctl", "net.ipv6.conf.all.forwarding = 1").at(&machine.parse().unwrap()))
        .seen("end", "a-long-ifname-1", In, 12_345_678);
    let mut outcome = outcome(machine, Some("end"), Protocol::Icmp, there, None);
    outcome.timing = None;
    outcome.notes = vec!["Decisions of nftables could not be observed here: the kernel has no nf_tables. ".repeat(3)];
    outcome
}

/// Round and round between two nodes, until its time to live is over.
pub fn looping() -> Outcome {
    let mut way = out_of_pod_a(echo(false, "10.244.1.2", "10.244.9.9"));
    let (one, two) = (("node-1", "eth0"), ("node-2", "eth0"));
    for round in 0..31 {
        way = way.explained("route", "10.244.9.0/24 via 192.168.1.12 dev eth0").routed(one, two);
        way = way.seen("node-1", "eth0", Out, if round == 0 { 5_240 } else { 3_100 });
        way = way.seen("fabric", "node-1-eth0", In, 610).seen("fabric", "node-2-eth0", Out, 900);
        way = way.seen("node-2", "eth0", In, 540).explained("route", "default via 192.168.1.11 dev eth0");
        way = way.routed(two, one).seen("node-2", "eth0", Out, 3_200);
        way = way.seen("fabric", "node-2-eth0", In, 610).seen("fabric", "node-1-eth0", Out, 900);
        way = way.seen("node-1", "eth0", In, 540);
    }
    let mut outcome = outcome("pod-a", None, Protocol::Icmp, way, None);
    outcome.lost = Some(super::lost::ttl_exceeded());
    (outcome.timing, outcome.answered) = (None, 0);
    outcome
}
