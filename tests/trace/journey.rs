//! The journey is what `tcpdump` sees in every machine: the same interfaces, in the same order.
//!
//! ```text
//! hops: pod-a eth0 out, node-1 veth-pod-a in, …    =    pod-a: eth0 Out …, node-1: veth-pod-a P …, between the same times
//! ```

use serde_json::Value;

use crate::bench::Bench;
use crate::common::until;
use crate::overlay;
use crate::plain::Listener;
use crate::witness::{Seen, Witness};

/// An interface that a packet crossed: machine, interface, direction, and whose packet it was there.
type Crossing = (String, String, String, String);

/// What netlab tells. Encapsulated, what `tcpdump` shows are the outer addresses.
fn told(document: &Value) -> Vec<(u128, Crossing)> {
    let hops = document["hops"].as_array().expect("hops");
    let crossing = |hop: &Value| {
        let outermost = hop["outer"].as_array().and_then(|outer| outer.first()).unwrap_or(hop);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let ends = format!("{} > {}", text(&outermost["src"]), text(&outermost["dst"]));
        let at = hop["at"].as_u64().expect("nanoseconds").into();
        (at, (text(&hop["machine"]), text(&hop["interface"]), text(&hop["direction"]), ends))
    };
    hops.iter().map(crossing).collect()
}

/// What `tcpdump` tells of a frame, if it is of the kind that is looked for.
fn crossing(seen: &Seen, kinds: &[&str]) -> Option<Crossing> {
    if !kinds.iter().any(|kind| seen.text.contains(kind)) {
        return None;
    }
    let (from, rest) = seen.text.split_once(" > ")?;
    let to = rest.split_once(": ").map_or(rest, |(to, _)| to);
    let ends = format!("{} > {}", address(from), address(to));
    Some((seen.machine.clone(), seen.interface.clone(), seen.way().to_owned(), ends))
}

/// An address without its port: `10.244.2.2.80` or `fd00::2.80`.
fn address(end: &str) -> &str {
    let dots = end.matches('.').count();
    let port = if end.contains(':') { dots == 1 } else { dots == 4 };
    if port { end.rsplit_once('.').map_or(end, |(address, _)| address) } else { end }
}

/// Nanoseconds.
const SLACK: u128 = 50_000;

/// Traces, and compares.
#[track_caller]
fn compare(bench: &Bench, witness: &mut Witness, arguments: &str, kinds: &[&str], hops: usize) -> Value {
    witness.so_far(&bench.lab);
    let document = bench.delivered(arguments, arguments);
    let seen = witness.so_far(&bench.lab);
    let told = told(&document);
    assert_eq!(told.len(), hops, "{arguments}: {told:#?}");
    let first = told.first().expect("a hop").0;
    assert!(told.is_sorted_by_key(|(at, _)| *at), "{arguments}: in the order of time: {told:#?}");
    // Two who listen need not be told the same microsecond.
    let since = seen.iter().filter(|seen| seen.at + SLACK >= first);
    let witnessed: Vec<Crossing> = since.filter_map(|seen| crossing(seen, kinds)).take(told.len()).collect();
    let told: Vec<Crossing> = told.into_iter().map(|(_, crossing)| crossing).collect();
    assert_eq!(told, witnessed, "{arguments}: netlab (left) and tcpdump (right)");
    document
}

const ECHO: &[&str] = &["echo request", "echo reply"];
const SYN: &[&str] = &["Flags [S]", "Flags [S.]", "Flags [SEW]", "Flags [S.E]"];
const DATAGRAM: &[&str] = &["UDP, length 56"];

#[test]
fn as_tcpdump_sees_it() {
    let mut bench = Bench::new(crate::THREE);
    let mut witness = bench.witness();
    let (tcp, udp) = (Listener::start(&bench.lab, "tcp pod-c 80"), Listener::start(&bench.lab, "udp pod-c 4000"));
    let _outside = Listener::start(&bench.lab, "tcp outside 80");
    // The second time neighbours are known.
    for _ in 0..2 {
        compare(&bench, &mut witness, "pod-a pod-c", ECHO, 20);
    }
    compare(&bench, &mut witness, "pod-a pod-b", ECHO, 8);
    compare(&bench, &mut witness, "pod-a node-1", ECHO, 6);
    compare(&bench, &mut witness, "node-1 pod-c", ECHO, 14);
    compare(&bench, &mut witness, "outside node-3", ECHO, 8);
    compare(&bench, &mut witness, "pod-a pod-c --tcp 80", SYN, 20);
    compare(&bench, &mut witness, "pod-f pod-c --udp 4000", DATAGRAM, 20);
    // Translated: the node speaks for the pod.
    let document = compare(&bench, &mut witness, "pod-a outside", ECHO, 14);
    let rewritten =
        document["hops"].as_array().expect("hops").iter().flat_map(|hop| hop["rewritten"].as_array()).flatten();
    let source = rewritten.clone().find(|rewrite| rewrite["what"] == "source").expect("a source is rewritten");
    assert_eq!((&source["from"], &source["to"]), (&"10.244.1.2".into(), &"192.168.1.11".into()));
    let destination = rewritten.clone().find(|rewrite| rewrite["what"] == "destination").expect("and put back");
    assert_eq!((&destination["from"], &destination["to"]), (&"192.168.1.11".into(), &"10.244.1.2".into()));
    compare(&bench, &mut witness, "pod-a outside --tcp 80", SYN, 14);
    // A detour.
    bench.type_in("ip -n node-2 route replace 10.244.1.0/24 via 192.168.1.13");
    compare(&bench, &mut witness, "pod-a pod-c", ECHO, 24);
    drop((tcp, udp));
}

#[test]
fn as_tcpdump_sees_it_with_ipv6() {
    let bench = Bench::new(crate::DUAL);
    let mut witness = bench.witness();
    let _tcp = Listener::start(&bench.lab, "tcp pod-c 80");
    let _udp = Listener::start(&bench.lab, "udp pod-c 4000");
    compare(&bench, &mut witness, "pod-a pod-c -6", ECHO, 20);
    compare(&bench, &mut witness, "pod-a pod-c -6 --tcp 80", SYN, 20);
    compare(&bench, &mut witness, "pod-a pod-c -6 --udp 4000", DATAGRAM, 20);
    compare(&bench, &mut witness, "pod-a outside -6", ECHO, 14);
    compare(&bench, &mut witness, "pod-a pod-c -4", ECHO, 20);
}

#[test]
fn as_tcpdump_sees_it_through_an_overlay() {
    let mut bench = Bench::new(crate::THREE);
    bench.shell.done(&format!("true\n{}", overlay::MAKE));
    bench.shell.done("overlay");
    // tcpdump takes port 8472 to be OTV's.
    let kinds = ["echo request", "echo reply", "OTV", "VXLAN"];
    let mut witness = bench.witness();
    let document = compare(&bench, &mut witness, "pod-a pod-c", &kinds, 24);
    let hops = document["hops"].as_array().expect("hops");
    let outer: Vec<&Value> = hops.iter().filter_map(|hop| hop["outer"].as_array()?.first()).collect();
    assert_eq!(outer.len(), 8, "{document:#}");
    assert!(outer.iter().all(|outer| outer["vni"] == 1), "{document:#}");
    assert_eq!((&outer[0]["src"], &outer[0]["dst"]), (&"192.168.1.11".into(), &"192.168.1.12".into()));
    let under = hops.iter().find(|hop| hop["machine"] == "fabric").expect("the fabric");
    assert_eq!((&under["src"], &under["dst"]), (&"10.244.1.2".into(), &"10.244.2.2".into()), "within");
}

/// Where it was seen last is where it was lost: tcpdump sees the probe (or the question for its next neighbour) there, and
/// nowhere later.
#[test]
fn a_lost_probe_as_tcpdump_sees_it() {
    let mut bench = Bench::new(crate::THREE);
    let mut witness = bench.witness();
    for (typed, kinds, end) in [
        ("ip -n node-1 route delete 10.244.2.0/24", ECHO, "node-1 cni0"),
        ("ip netns exec node-2 sysctl -qw net.ipv4.ip_forward=0", ECHO, "node-2 eth0"),
        ("ip -n node-2 route delete 10.244.1.0/24", ECHO, "node-2 cni0"),
        ("ip netns exec node-1 sysctl -qw net.ipv4.conf.eth0.forwarding=0", ECHO, "node-1 eth0"),
    ] {
        bench.type_in(typed);
        witness.so_far(&bench.lab);
        let (ran, document) = bench.trace("pod-a pod-c");
        assert_eq!(ran.status, Some(1), "{ran}");
        let seen = witness.so_far(&bench.lab);
        let told = told(&document);
        let (first, last) = (told.first().expect("a hop").0, told.last().expect("a hop").0);
        let ours = |seen: &&Seen| seen.at >= first && crossing(seen, kinds).is_some();
        let kinds_of = |seen: &Seen| seen.text.contains("reply");
        let reply = document["lost"]["leg"] == "back";
        let ours: Vec<&Seen> = seen.iter().filter(ours).filter(|seen| seen.at <= last).collect();
        let end_seen = ours.iter().rev().find(|seen| kinds_of(seen) == reply).expect("the probe");
        assert_eq!(format!("{} {}", end_seen.machine, end_seen.interface), end, "{typed}");
        let lost = &document["lost"];
        assert_eq!(
            format!("{} {}", lost["machine"].as_str().unwrap(), lost["after"].as_str().unwrap()),
            end,
            "{typed}"
        );
        bench.repair();
        until("it is well again", || {
            (bench.lab.exec("pod-a", &["ping", "-qc1", "-W1", "10.244.2.2"]).status == Some(0)).then_some(())
        });
    }
}
