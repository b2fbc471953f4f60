//! A picture shows what the kernel has: a fresh lab is drawn as its file is, a broken one looks broken where `ip` broke it,
//! what drifted is marked where it drifted, and a lost packet's cross is where it was lost.

mod common;

use std::collections::BTreeSet;

use common::program::{run_with_input, topologies};
use common::{Directory, Lab, run, tool, topology};
use roxmltree::{Document, Node};
use serde_json::Value;

const FORMATS: [&str; 4] = ["terminal", "mermaid", "dot", "svg"];

/// Two networks with a router between them, and a pod on both.
const ROUTER: &str = "
lab: router
networks: { blue: { subnets: [192.0.2.0/25] }, green: { subnets: [192.0.2.128/25] } }
nodes:
  node-1:
    interfaces: { eth0: { network: blue, addresses: [192.0.2.11/25] } }
    bridge: { name: cni0, addresses: [10.244.1.1/24] }
    pods: { pod-a: {}, pod-b: { interfaces: { net1: { network: green, addresses: [192.0.2.177/25] } } } }
    routes: [{ to: default, via: 192.0.2.1 }]
hosts:
  router:
    forwarding: true
    interfaces:
      eth0: { network: blue, addresses: [192.0.2.1/25] }
      eth1: { network: green, addresses: [192.0.2.129/25] }
    routes: [{ to: 10.244.1.0/24, via: 192.0.2.11 }]
";

/// A picture of the running lab.
#[track_caller]
fn graph(lab: &Lab, words: &[&str]) -> String {
    lab.run(&[&["graph"], words].concat()).success()
}

#[track_caller]
fn document(lab: &Lab, words: &[&str]) -> Value {
    lab.run(&[&["graph", "--json"], words].concat()).json()
}

#[track_caller]
fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("a list: {value}"))
}

/// The object of this name in a list.
#[track_caller]
fn named<'a>(all: &'a Value, name: &str) -> &'a Value {
    list(all).iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {all}"))
}

#[test]
fn a_fresh_lab_is_drawn_as_its_file_is() {
    let directory = Directory::new();
    let mut files: Vec<String> = topologies().iter().map(|name| topology(name)).collect();
    files.push(directory.file("router.yaml", ROUTER));
    for file in files {
        let lab = Lab::up(&file);
        for format in FORMATS {
            let planned = graph(&lab, &[&file, "--format", format]);
            let observed = graph(&lab, &["--format", format]).replace("as the kernel has it", "as planned");
            // Local routes of an interface's own are only in what is told on demand.
            assert!(planned == observed, "{file} as {format}:\n{planned}\n{observed}");
        }
        let drift = document(&lab, &["--diff"]);
        assert_eq!(drift["drift"], Value::Array(Vec::new()), "{file}");
        assert!(graph(&lab, &["--diff"]).contains("as its plan says"), "{file}");
        lab.down();
    }
}

#[test]
fn the_document_says_what_ip_says() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    let graph = document(&lab, &[]);
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&graph), ["lab", "source", "segments", "machines", "fabric"]);
    assert_eq!((&graph["source"], &graph["lab"]), (&"kernel".into(), &lab.name.as_str().into()));
    for machine in list(&graph["machines"]) {
        let name = machine["name"].as_str().expect("a name");
        let links = lab.ip(name, &["-d", "addr"]);
        let links: Vec<&Value> = list(&links).iter().filter(|link| link["ifname"] != "lo").collect();
        let drawn: BTreeSet<&str> = list(&machine["links"]).iter().filter_map(|link| link["name"].as_str()).collect();
        assert_eq!(drawn, links.iter().filter_map(|link| link["ifname"].as_str()).collect(), "{name}");
        for link in links {
            let drawn = named(&machine["links"], link["ifname"].as_str().expect("a name"));
            assert_eq!((&drawn["mtu"], &drawn["mac"]), (&link["mtu"], &link["address"]), "{drawn}");
            assert_eq!(drawn["master"], link["master"], "{drawn}");
            let address = |a: &Value| format!("{}/{}", a["local"].as_str().unwrap_or_default(), a["prefixlen"]);
            let seen: BTreeSet<String> = list(&link["addr_info"]).iter().map(address).collect();
            let given = list(&drawn["addresses"]).iter().filter_map(|address| address["text"].as_str());
            let own = drawn["ownAddresses"].as_array().into_iter().flatten().filter_map(Value::as_str);
            assert_eq!(given.chain(own).map(str::to_owned).collect::<BTreeSet<_>>(), seen, "{drawn}");
        }
    }
    let pod = named(&graph["machines"], "pod-a");
    assert_eq!((&pod["kind"], &pod["within"]), (&"pod".into(), &"node-1".into()));
    let underlay = named(&graph["segments"], "underlay");
    assert_eq!(underlay["subnets"], serde_json::json!(["192.168.1.0/24", "fd00:192:168:1::/64"]));
    assert_eq!(list(&underlay["ends"]).len(), 3);
}

#[test]
fn what_is_broken_looks_broken() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    for (machine, words) in [
        ("node-1", "ip link set veth-pod-b down"),
        ("node-2", "ip link set veth-pod-c nomaster"),
        ("pod-d", "ip link set eth0 down"),
        ("node-2", "ip link add flannel.1 type vxlan id 7 dstport 4789 local 192.168.1.12"),
        ("node-2", "ip link set flannel.1 up"),
        ("fabric", "ip link set node-3-eth0 nomaster"),
        ("fabric", "ip netns add red"),
        ("fabric", "ip netns add blue"),
        ("fabric", "ip link add end-r netns red type veth peer name end-b netns blue"),
        ("fabric", "ip -n red addr add 198.51.100.1/24 dev end-r"),
        ("fabric", "ip -n red link set end-r up"),
        ("fabric", "ip -n blue link set end-b up"),
    ] {
        lab.script(machine, words).success();
    }
    let graph_of = document(&lab, &[]);
    let trouble = |machine: &str, link: &str| -> String {
        let link = named(&named(&graph_of["machines"], machine)["links"], link);
        link["trouble"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(trouble("node-1", "veth-pod-b"), "down");
    assert_eq!(trouble("pod-b", "eth0"), "other end down");
    assert_eq!(trouble("pod-c", "eth0"), "in no bridge");
    assert_eq!(trouble("pod-d", "eth0"), "down");
    assert_eq!(trouble("node-3", "eth0"), "in no bridge");
    assert_eq!(trouble("pod-a", "eth0"), "");
    assert_eq!(named(&graph_of["machines"], "red")["kind"], "foreign");
    let media: Vec<(&str, &str)> = list(&graph_of["segments"])
        .iter()
        .map(|segment| (segment["medium"].as_str().expect("a word"), segment["name"].as_str().expect("a name")))
        .collect();
    assert_eq!(media, [("network", "underlay"), ("cable", "veth pipe"), ("overlay", "VXLAN 7")]);
    let ends = list(&graph_of["segments"][1]["ends"]);
    let ends: BTreeSet<&str> = ends.iter().filter_map(|end| end["machine"].as_str()).collect();
    assert_eq!(ends, BTreeSet::from(["red", "blue"]));
    for format in FORMATS {
        let text = graph(&lab, &["--format", format]);
        for word in ["other end down", "in no bridge", "VXLAN 7", "veth pipe", "198.51.100.1/24"] {
            // A way that leads nowhere has no line in Mermaid and Graphviz, but its box says so.
            assert!(text.contains(word), "{format}: {word}\n{text}");
        }
    }
    let text = graph(&lab, &["--format", "svg"]);
    let svg = Document::parse(&text).expect("XML");
    let cables = |class: &str| svg.descendants().filter(|node| has(node, "cable") && has(node, class)).count();
    assert_eq!(cables("broken"), 4, "two pods' cables, a pod's in no bridge, and a node's");
}

fn has(node: &Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
}

/// What is marked in a document: machine, kind of thing, thing, and in what way it differs.
fn marked(graph: &Value) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for machine in list(&graph["machines"]) {
        let name = machine["name"].as_str().expect("a name");
        let mut note = |what: &Value, text: &str| {
            if let Some(drift) = what["drift"].as_str() {
                found.insert((name.to_owned(), text.to_owned(), drift.to_owned()));
            }
        };
        note(machine, "");
        for link in list(&machine["links"]) {
            note(link, link["name"].as_str().expect("a name"));
            list(&link["addresses"])
                .iter()
                .for_each(|address| note(address, address["text"].as_str().expect("a text")));
        }
        for entry in list(&machine["routes"]).iter().chain(list(&machine["rules"])) {
            note(entry, entry["text"].as_str().expect("a text"));
        }
    }
    found
}

#[test]
fn what_drifted_is_marked_and_nothing_else() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    for (machine, words) in [
        ("node-1", "ip route delete 10.244.2.0/24"),
        ("node-1", "ip route replace 10.244.3.0/24 via 192.168.1.12"),
        ("node-2", "ip link delete veth-pod-d"),
        ("node-3", "nft flush chain ip netlab postrouting"),
        ("node-3", "ip link add tap type veth peer name tip"),
        // Names that others begin with.
        ("node-2", "nft add chain ip netlab post && nft add rule ip netlab post accept"),
        ("pod-c", "ip addr add 10.244.2.2/2 dev eth0"),
        ("pod-e", "ip addr add 10.244.3.77/24 dev eth0"),
        ("pod-a", "ip link set eth0 mtu 1400"),
        ("fabric", "ip netns add red"),
        ("fabric", "ip netns delete outside"),
    ] {
        lab.script(machine, words).success();
    }
    let graph_of = document(&lab, &["--diff"]);
    let found = marked(&graph_of);
    let found: BTreeSet<(&str, &str, &str)> =
        found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    let rule = found.iter().find(|(machine, text, _)| *machine == "node-3" && text.contains("masquerade"));
    let rule = *rule.unwrap_or_else(|| panic!("no rule in {found:?}"));
    let expected = BTreeSet::from([
        ("node-1", "10.244.2.0/24 via 192.168.1.12 dev eth0", "missing"),
        ("node-1", "10.244.3.0/24 via 192.168.1.12 dev eth0", "changed"),
        ("node-2", "veth-pod-d", "missing"),
        ("pod-d", "eth0", "missing"),
        ("pod-d", "default via 10.244.2.1 dev eth0", "missing"),
        ("node-3", rule.1, "missing"),
        ("node-2", "ip netlab post: accept", "foreign"),
        ("pod-c", "10.244.2.2/2", "foreign"),
        ("node-3", "tap", "foreign"),
        ("node-3", "tip", "foreign"),
        ("pod-e", "10.244.3.77/24", "foreign"),
        ("pod-a", "eth0", "changed"),
        ("red", "", "foreign"),
        ("outside", "", "missing"),
        ("outside", "eth0", "missing"),
    ]);
    assert_eq!(found, expected);
    // All that `netlab diff` lists has its number.
    let diff: Value = serde_json::from_str(&lab.run(&["diff", "--json"]).stdout).expect("JSON");
    let listed = |all: &Value| -> Vec<(String, String)> {
        let of = |one: &Value| (one["machine"].to_string(), one["what"].to_string());
        list(all).iter().filter(|one| one["follows"] != true).map(of).collect()
    };
    assert_eq!(listed(&graph_of["drift"]), listed(&diff["differences"]));
    for format in FORMATS {
        let text = graph(&lab, &["--diff", "--format", format]);
        for word in ["missing", "changed", "foreign", "10.244.3.77/24"] {
            assert!(text.contains(word), "{format}: {word}\n{text}");
        }
    }
    // Mended, nothing is marked.
    lab.run(&["repair"]).success();
    assert_eq!(marked(&document(&lab, &["--diff"])), BTreeSet::new());
}

#[test]
fn graphviz_draws_it() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    lab.script("fabric", r#"ip netns add odd && ip -n odd link add 'a"\b<&>' type bridge"#).success();
    for words in [&["graph", "--format", "dot"][..], &["graph", "--format", "dot", "--diff"]] {
        let text = lab.run(words).success();
        let drawn = run_with_input(tool("dot").arg("-Tsvg"), text.as_bytes());
        assert_eq!(drawn.stderr, "", "{text}");
        let drawn = drawn.success();
        // Its own document type is no concern of ours.
        let body = drawn.split_once("<svg").map(|(_, rest)| format!("<svg{rest}")).expect("an svg");
        let svg = Document::parse(&body).expect("XML");
        let texts: Vec<&str> = svg.descendants().filter_map(|node| node.text()).collect();
        for name in ["node-1", "pod-a", "cni0", "192.168.1.11/24", "underlay", r#"a"\b<&>"#] {
            assert!(texts.iter().any(|text| text.contains(name)), "{name}: {texts:?}");
        }
    }
}

/// The edges of a machine's box in a picture: left, top, right, bottom.
fn edges(svg: &Document<'_>, machine: &str) -> [f64; 4] {
    let is_it = |group: &Node<'_, '_>| {
        let title = group.children().find(|child| child.has_tag_name("title")).and_then(|title| title.text());
        has(group, "machine") && title.is_some_and(|title| title.starts_with(&format!("{machine} (")))
    };
    let group = svg.descendants().find(is_it).unwrap_or_else(|| panic!("no {machine}"));
    let rect = group.children().find(|child| child.has_tag_name("rect")).expect("a box");
    let [x, y, w, h] = ["x", "y", "width", "height"].map(|key| number(&rect, key));
    [x, y, x + w, y + h]
}

fn number(node: &Node<'_, '_>, key: &str) -> f64 {
    node.attribute(key).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{key} of {node:?}"))
}

#[test]
fn a_trace_is_drawn_on_the_picture_and_the_lost_packet_has_its_place() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let count = |svg: &Document<'_>, classes: [&str; 2]| {
        svg.descendants().filter(|node| classes.iter().all(|class| has(node, class))).count()
    };
    let text = lab.run(&["trace", "pod-a", "outside", "--format", "svg"]).success();
    let svg = Document::parse(&text).expect("XML");
    assert_eq!((count(&svg, ["way", "there"]), count(&svg, ["way", "back"]), count(&svg, ["lost", "lost"])), (1, 1, 0));
    // Four machines there, four back: each on the way, and below.
    assert_eq!((count(&svg, ["badge", "there"]), count(&svg, ["badge", "back"])), (8, 8));
    assert!(text.contains("source 10.244.1.2 → 192.168.1.11") && text.contains("delivered in"), "{text}");

    for (machine, fault, from) in [
        ("node-1", "ip route delete 10.244.2.0/24", "node-1"),
        ("node-2", "ip route delete 10.244.1.0/24", "node-2"),
        ("node-2", "ip link set veth-pod-c nomaster", "node-2"),
        ("pod-a", "ip route delete default", "pod-a"),
    ] {
        lab.script(machine, fault).success();
        let ran = lab.run(&["trace", "pod-a", "pod-c", "--format", "svg"]);
        assert_eq!(ran.status, Some(1), "{fault}: {ran}");
        let found: Value = serde_json::from_str(&lab.run(&["trace", "pod-a", "pod-c", "--json"]).stdout).expect("JSON");
        assert_eq!(found["lost"]["machine"], from, "{fault}: {found}");
        let svg = Document::parse(&ran.stdout).expect("XML");
        let cross = svg.descendants().find(|node| has(node, "lost")).unwrap_or_else(|| panic!("{fault}: no cross"));
        let [left, top, right, bottom] = edges(&svg, from);
        let (x, y) = (number(&cross, "cx"), number(&cross, "cy"));
        let beside = 9.0;
        assert!(
            (left - beside..=right + beside).contains(&x) && (top - beside..=bottom + beside).contains(&y),
            "{fault}: {x}, {y} is not in {from}"
        );
        let cause = found["lost"]["cause"].as_str().expect("a cause");
        assert!(ran.stdout.contains(cause), "{fault}: {cause}");
        lab.run(&["repair"]).success();
    }
}

#[test]
fn a_picture_goes_where_it_is_told_to() {
    let lab = Lab::up(&topology("one-node.yaml"));
    let directory = Directory::new();
    let file = directory.path().join("lab.html");
    let path = file.to_string_lossy().into_owned();
    assert_eq!(graph(&lab, &["--format", "html", "-o", &path]), "");
    let page = std::fs::read_to_string(&file).expect("the file");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("data-machine=\"red\""), "{page}");
    lab.run(&["trace", "red", "blue", "--format", "html", "--theme", "dark", "--output", &path]).success();
    let page = std::fs::read_to_string(&file).expect("the file");
    assert!(page.contains("class=\"way there\"") && !page.contains("prefers-color-scheme"), "{page}");
    lab.run(&["trace", "red", "blue", "--format", "brief", "--output", &path]).success();
    assert!(std::fs::read_to_string(&file).expect("the file").starts_with("red → blue"));
    let nowhere = directory.path().join("none/lab.svg").to_string_lossy().into_owned();
    assert!(lab.run(&["graph", "--output", &nowhere]).fails(3).contains("cannot write"));
    assert!(lab.run(&["trace", "red", "blue", "--watch", "--format", "svg"]).fails(2).contains("--watch"));
    lab.run(&["graph", "--diff", &topology("one-node.yaml")]).fails(2);
    lab.run(&["graph", "--format", "png"]).fails(2);
}

#[test]
fn without_a_lab_a_file_can_be_drawn() {
    let lab = Lab::place();
    assert!(lab.run(&["graph"]).fails(2).contains("no lab"));
    let text = lab.run(&["graph", &topology("three-nodes.yaml")]).success();
    assert!(text.starts_with(&format!("{}: 3 nodes, 6 pods, 1 host, as planned", lab.name)), "{text}");
    let mut command = lab.netlab(&["graph", "-"]);
    let piped = run_with_input(&mut command, &std::fs::read(topology("three-nodes.yaml")).expect("a file")).success();
    assert_eq!(piped, text);
    for columns in ["80", "120"] {
        let text = run(lab.netlab(&["graph", &topology("large.yaml")]).env("COLUMNS", columns)).success();
        let wide: usize = columns.parse().expect("a number");
        assert!(text.lines().all(|line| line.chars().count() <= wide), "{text}");
        assert_eq!(text.matches("50 pods").count(), 20);
    }
    // No terminal is as wide as this; a sheet of that width would be larger than the memory.
    let mut command = lab.netlab(&["graph", &topology("three-nodes.yaml")]);
    let text = run(command.env("COLUMNS", usize::MAX.to_string())).success();
    assert!(text.lines().all(|line| line.chars().count() <= 2000), "{text}");
}
