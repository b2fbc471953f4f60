//! What `netlab trace` says of an overlay, held against `tcpdump` at both ends of the underlay.
//!
//! ```text
//! tcpdump -e -v in node-1 ─▶ 1764… 72:… > a6:…, length 148: … 192.168.1.11.45853 > 192.168.1.12.8472: VXLAN, vni 1
//!                            66:… > 66:…, length 98: … 10.244.0.2 > 10.244.1.2: ICMP echo request
//! netlab trace --json ─────▶ {"machine": "node-1", "interface": "eth0", "at": 1764…, "outer": [{…}], …}
//! ```
//!
//! Both have the kernel's own time of each frame, by which they are put side by side.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use regex_lite::Regex;
use serde_json::{Value, json};

use crate::common::program::{repository, start};
use crate::common::tcpdump::Staying;
use crate::common::wait::PATIENCE;
use crate::common::{Lab, run, tool};
use crate::kinds::{Stack, cluster};

/// A `tcpdump` that decodes VXLAN, at a node's eth0.
struct Tcpdump {
    child: Child,
    lines: Receiver<String>,
    _staying: Staying,
}

impl Tcpdump {
    #[track_caller]
    fn at(lab: &Lab, node: &str) -> Self {
        let staying = Staying::make();
        let mut command = lab.netlab(&["exec", node, "--"]);
        if let Some(library) = staying.preloaded() {
            command.env("LD_PRELOAD", library);
        }
        // As the default of tcpdump is to take port 8472 for another protocol: -T.
        let words =
            ["tcpdump", "-i", "eth0", "-ennv", "-tt", "--nano", "-l", "--immediate-mode", "-Z", "root", "-T", "vxlan"];
        let mut child = start(command.args(words).arg("udp").stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut told = BufReader::new(child.stderr.take().expect("its messages"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(told.read_line(&mut line).expect("a line") > 0, "tcpdump in {node} ended");
        }
        let shown = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            let mut rest = String::new();
            std::thread::spawn(move || std::io::Read::read_to_string(&mut told, &mut rest));
            shown.lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Tcpdump { child, lines, _staying: staying }
    }

    /// What it says of the frame of this time, in which there is an echo request or reply: by the names that a hop has.
    #[track_caller]
    fn frame(&self, at: u64) -> Value {
        let time = format!("{}.{:09} ", at / 1_000_000_000, at % 1_000_000_000);
        let mut record = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("tcpdump does not show {time}"));
            if line.starts_with(&time) || !record.is_empty() {
                record.push_str(&line);
                record.push('\n');
            }
            // The inner packet's own line is the last.
            if record.contains("echo re") {
                return decoded(&record);
            }
        }
    }
}

impl Drop for Tcpdump {
    fn drop(&mut self) {
        // Its own child, not yet waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What tcpdump says, by the names that a hop has. It writes IPv4 in two lines, and IPv6 in one.
#[track_caller]
fn decoded(record: &str) -> Value {
    let mac = "([0-9a-f:]{17})";
    let head = r"\([^\n]*?(?:ttl|hlim) (\d+),[^\n]*?length:? (\d+)\)\s+(\S+) > (\S+): (?:\[[^\]]*\] )?";
    let frame = format!(r"{mac} > {mac}, ethertype \S+ \(0x\w+\), length (\d+): {head}");
    let vxlan = r"VXLAN, flags \[I\] \(0x08\), vni (\d+)\s+";
    let pattern =
        Regex::new(&format!(r"^\S+ {frame}{vxlan}{frame}(ICMP6?),? echo (request|reply)")).expect("a pattern");
    let found = pattern.captures(record).unwrap_or_else(|| panic!("not as expected:\n{record}"));
    let number = |group: usize| found[group].parse::<u64>().unwrap_or_else(|_| panic!("{group}:\n{record}"));
    // The port stands behind a dot; and the length of IPv6 is that without its header.
    let socket = |group: usize| found[group].rsplit_once('.').map(|(ip, port)| (ip.to_owned(), port.parse::<u64>()));
    let (Some((src, Ok(src_port))), Some((dst, Ok(dst_port)))) = (socket(6), socket(7)) else { panic!("{record}") };
    let length = number(5) + if src.contains(':') { 40 } else { 0 };
    let kind = match (&found[16], &found[17]) {
        ("ICMP", "request") => 8,
        ("ICMP", _) => 0,
        (_, "request") => 128,
        _ => 129,
    };
    json!({
        "srcMac": found[1], "dstMac": found[2], "length": number(3),
        "outer": [{
            "src": src, "dst": dst, "ttl": number(4), "srcPort": src_port, "dstPort": dst_port, "length": length,
            "vni": number(8), "innerSrcMac": found[9], "innerDstMac": found[10],
        }],
        "src": found[14], "dst": found[15], "ttl": number(12), "icmp": { "type": kind, "code": 0 },
    })
}

/// The parts of a hop that tcpdump tells, too.
fn told(hop: &Value) -> Value {
    let keys = ["srcMac", "dstMac", "length", "outer", "src", "dst", "ttl", "icmp"];
    keys.into_iter().map(|key| (key.to_owned(), hop[key].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Traces over an overlay whose pods and underlay are of these families.
fn as_tcpdump_sees_it(inner: Stack, outer: Stack, keys: &str, port: u64, vni: u64) {
    let (lab, _) = Lab::of(&cluster(inner, outer, &format!("routing: vxlan\n  {keys}")));
    let observers: BTreeMap<&str, Tcpdump> = ["node-1", "node-2"].map(|node| (node, Tcpdump::at(&lab, node))).into();
    let pcap = lab.state().join("way.pcapng").to_string_lossy().into_owned();
    let family = if inner == Stack::V6 { "-6" } else { "-4" };
    let document = lab.run(&["trace", "pod-1a", "pod-2a", family, "--json", "--pcap", &pcap]).json();
    let hops: Vec<&Value> = document["hops"].as_array().expect("hops").iter().collect();
    let within: Vec<&&Value> = hops.iter().filter(|hop| hop.get("outer").is_some()).collect();
    let places: Vec<String> = within
        .iter()
        .map(|hop| ["leg", "machine", "interface", "direction"].map(|key| hop[key].as_str().expect("a word")).join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "there node-1 eth0 out",
            "there fabric node-1-eth0 in",
            "there fabric node-2-eth0 out",
            "there node-2 eth0 in",
            "back node-2 eth0 out",
            "back fabric node-2-eth0 in",
            "back fabric node-1-eth0 out",
            "back node-1 eth0 in",
        ]
    );
    // The kernel stamps a frame once for all who look at it.
    for hop in within.iter().filter(|hop| hop["machine"] != "fabric") {
        let at = hop["at"].as_u64().expect("a time");
        let witnessed = observers[hop["machine"].as_str().expect("a machine")].frame(at);
        assert_eq!(told(hop), witnessed);
        let headers = if outer == Stack::V6 { 70 } else { 50 };
        assert_eq!(hop["outer"][0]["dstPort"], port);
        assert_eq!(hop["outer"][0]["vni"], vni);
        // The packet as it is at the pod, and so many bytes more.
        assert_eq!(hop["length"].as_u64(), hops[0]["length"].as_u64().map(|length| length + headers));
    }
    // What was decided, in words.
    let facts = |machine: &str, interface: &str, kind: &str| -> String {
        let hop = hops.iter().find(|hop| hop["machine"] == machine && hop["interface"] == interface).expect("the hop");
        let facts = hop["facts"].as_array().expect("facts").iter();
        facts.filter(|fact| fact["kind"] == kind).map(|fact| fact["text"].as_str().unwrap_or_default()).collect()
    };
    let device = if outer == Stack::V6 { "flannel-v6" } else { "flannel" };
    let device = format!("{device}.{vni}");
    let vtep = within[0]["outer"][0]["dst"].as_str().expect("an address");
    assert!(facts("node-1", &device, "fdb").ends_with(&format!("is behind VTEP {vtep} (node-2's eth0)")));
    assert!(facts("node-1", "cni0", "neighbour").ends_with("permanent"));
    let route = facts("node-1", "cni0", "route");
    assert!(route.contains(&format!(" dev {device} ")) && route.contains(" onlink"), "{route}");
    assert_eq!(facts("node-2", "eth0", "vxlan"), format!("UDP port {port}, VNI {vni}: {device} takes it"));
    // And a file for Wireshark holds the same frames.
    let read = run(tool("tcpdump").args(["-r", &pcap, "-ennv", "-T", "vxlan", "-Z", "root"]));
    let tunnelled = read.stdout.matches(&format!("VXLAN, flags [I] (0x08), vni {vni}")).count();
    assert!(tunnelled >= within.len(), "{read}");
}

#[test]
fn ipv4_in_ipv4_is_as_tcpdump_sees_it() {
    as_tcpdump_sees_it(Stack::V4, Stack::V4, "vxlan: {}", 8472, 1);
}

#[test]
fn ipv6_in_ipv6_is_as_tcpdump_sees_it() {
    as_tcpdump_sees_it(Stack::V6, Stack::V6, "vxlan: { port: 4789, id: 4096 }", 4789, 4096);
}

#[test]
fn ipv6_in_ipv4_is_as_tcpdump_sees_it() {
    as_tcpdump_sees_it(Stack::V6, Stack::V4, "vxlan: { port: 14789, id: 77, crossSubnet: false }", 14789, 77);
}

#[test]
fn ipv4_in_ipv6_is_as_tcpdump_sees_it() {
    as_tcpdump_sees_it(Stack::V4, Stack::V6, "vxlan: { id: 42 }", 8472, 42);
}

#[test]
fn pictures_of_a_way_over_an_overlay_can_be_drawn() {
    let lab = Lab::up(&repository().join("topologies/overlay.yaml").to_string_lossy());
    let mermaid = lab.run(&["trace", "pod-a", "pod-c", "--format", "mermaid"]).success();
    assert!(
        mermaid.contains("VXLAN 1: 192.168.1.11 → 192.168.1.12<br/>10.244.1.2 → 10.244.2.2 ttl 63 echo request"),
        "{mermaid}"
    );
    let svg = lab.run(&["trace", "pod-a", "pod-c", "--format", "svg"]).success();
    roxmltree::Document::parse(&svg).expect("XML");
    assert!(svg.contains("VXLAN 1"), "{svg}");
    let graph: Value = lab.run(&["graph", "--json"]).json();
    let overlay = graph["segments"].as_array().expect("segments").iter().find(|segment| segment["medium"] == "overlay");
    assert_eq!(overlay.expect("an overlay")["ends"].as_array().expect("ends").len(), 3);
}
