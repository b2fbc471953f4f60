//! host-local's files, and the reference plugin that goes on with them.

use std::collections::BTreeMap;

use netlab::network::ipam::{Holder, Leases};
use serde_json::{Value, json};

use crate::common::{Lab, run_with_input, topology};

/// The reference plugin.
const PLUGIN: &str = "/usr/lib/cni/host-local";

/// A node whose block has five addresses for pods, of which two are taken.
const SMALL: &str = r#"
networks: { lan: { subnets: [192.0.2.0/24] } }
cluster: { clusterCIDR: [10.244.0.0/24, "fd00:10:244::/64"], nodeCIDRMaskSizeIPv4: 29, nodeCIDRMaskSizeIPv6: 80, ipam: host-local }
nodes: { n1: { pods: { red: {}, blue: {} } } }
"#;

fn small() -> (Lab, String) {
    Lab::of(&format!("lab: x{SMALL}"))
}

/// All files in the directory of a node's network.
fn files(lab: &Lab, node: &str) -> BTreeMap<String, String> {
    let told = lab
        .script(node, &format!("cd /run/cni/{node}/networks/cni0 && for f in *; do echo \"@ $f\"; cat \"$f\"; done"))
        .success();
    let file = |section: &str| section.split_once('\n').map(|(name, text)| (name.to_owned(), text.to_owned()));
    told.split("@ ").skip(1).filter_map(file).collect()
}

/// Asks the reference plugin for addresses, or gives them back. Returns what it prints.
fn plugin(lab: &Lab, command: &str, container: &str) -> (Option<i32>, Value) {
    assert!(std::path::Path::new(PLUGIN).exists(), "{PLUGIN} is missing: Debian's containernetworking-plugins has it");
    let ranges = json!([[{ "subnet": "10.244.0.0/29" }], [{ "subnet": "fd00:10:244::/80" }]]);
    let ipam = json!({ "type": "host-local", "dataDir": "/run/cni/n1/networks", "ranges": ranges });
    let config = json!({ "cniVersion": "1.0.0", "name": "cni0", "ipam": ipam });
    let mut run = lab.netlab(&["exec", "n1", "--", PLUGIN]);
    let variables = [
        ("COMMAND", command),
        ("CONTAINERID", container),
        ("NETNS", "/run/netns/none"),
        ("IFNAME", "eth0"),
        ("PATH", "/"),
    ];
    variables.iter().for_each(|(name, value)| _ = run.env(format!("CNI_{name}"), value));
    let ran = run_with_input(&mut run, config.to_string().as_bytes());
    (ran.status, serde_json::from_str(&ran.stdout).unwrap_or(Value::Null))
}

/// The addresses in an answer.
fn given(answer: &Value) -> Vec<String> {
    let all = answer["ips"].as_array().unwrap_or_else(|| panic!("addresses: {answer}"));
    let bare = |text: &str| text.split('/').next().unwrap_or_default().to_owned();
    all.iter().filter_map(|ip| ip["address"].as_str()).map(bare).collect()
}

/// What the files say, as netlab reads them.
fn leases(lab: &Lab) -> Leases {
    let mut leases = Leases::default();
    for (name, text) in files(lab, "n1") {
        match name.strip_prefix("last_reserved_ip.") {
            Some(set) => {
                _ = leases.last.insert(set.parse().expect("a number"), text.trim().parse().expect("an address"))
            }
            None if name == "lock" => {}
            None => _ = leases.held.insert(name.parse().expect("an address"), Holder::read(&text)),
        }
    }
    leases
}

#[test]
fn a_lab_has_the_files_of_the_reference_plugin() {
    let lab = Lab::up(&topology("host-local.yaml"));
    let expected = [
        ("10.244.0.2", "pod-a\r\neth0"),
        ("10.244.0.3", "pod-b\r\neth0"),
        ("fd00:10:244::2", "pod-a\r\neth0"),
        ("fd00:10:244::3", "pod-b\r\neth0"),
        ("last_reserved_ip.0", "10.244.0.3"),
        ("last_reserved_ip.1", "fd00:10:244::3"),
        ("lock", ""),
    ];
    assert_eq!(files(&lab, "node-1"), expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
    assert_eq!(files(&lab, "node-2").get("10.244.1.2").map(String::as_str), Some("pod-c\r\neth0"));
    // They are the lab's own, and no door to the host's.
    lab.script(
        "fabric",
        "[ -d /run/cni ] && [ ! -L /run/cni ] && [ \"$(ls /run/cni | tr '\\n' ' ')\" = 'node-1 node-2 ' ]",
    )
    .success();
    let shown = lab.run(&["show", "node-1", "--json"]).json();
    let shown: Vec<(&str, &str)> = shown["leases"]
        .as_array()
        .expect("leases")
        .iter()
        .map(|lease| (lease["address"].as_str().expect("an address"), lease["name"].as_str().expect("a name")))
        .collect();
    let pairs =
        [("10.244.0.2", "pod-a"), ("10.244.0.3", "pod-b"), ("fd00:10:244::2", "pod-a"), ("fd00:10:244::3", "pod-b")];
    assert_eq!(shown, pairs);
}

#[test]
fn the_reference_plugin_goes_on_and_agrees_about_the_next_address() {
    let (lab, _) = small();
    let gateways = ["10.244.0.1/29", "fd00:10:244::1/80"].map(|gateway| gateway.parse().expect("a gateway"));
    let next = |leases: &Leases| -> Vec<String> {
        let of = |(set, gateway)| leases.next(gateway, set).map(|address| address.to_string());
        (0..).zip(gateways).filter_map(of).collect()
    };
    let mut added: Vec<String> = Vec::new();
    // Five addresses, of which two are pods': with containers that come and go, the round is made several times.
    for round in 0..12 {
        let expected = next(&leases(&lab));
        if expected.len() < 2 {
            assert_ne!(plugin(&lab, "ADD", "one-too-many").0, Some(0), "no address is left");
            // What it has got of the other family meanwhile it gives back itself, or is asked to.
            plugin(&lab, "DEL", "one-too-many");
            let first = added.remove(0);
            assert_eq!(plugin(&lab, "DEL", &first).0, Some(0));
            continue;
        }
        let container = format!("c{round}");
        let (status, answer) = plugin(&lab, "ADD", &container);
        assert_eq!(status, Some(0), "{answer}");
        assert_eq!(given(&answer), expected, "round {round}");
        added.push(container);
    }
    let held = leases(&lab).held;
    for (address, pod) in [("10.244.0.2", "red"), ("10.244.0.3", "blue"), ("fd00:10:244::2", "red")] {
        assert_eq!(held[&address.parse().expect("an address")].container, pod, "a pod's address stays the pod's");
    }
    let (status, answer) = plugin(&lab, "ADD", "red");
    assert_ne!(status, Some(0), "it takes red for a container that has its address: {answer}");
}

#[test]
fn an_address_that_is_released_is_not_given_out_at_once() {
    let (lab, file) = small();
    let before = leases(&lab);
    let plan = lab.run(&["plan", &file, "--json"]).json();
    let steps = plan["steps"].as_array().expect("steps");
    // Back to before blue's addresses are reserved.
    let reserves =
        |step: &Value| step["command"].as_str().is_some_and(|line| line.starts_with(r"printf 'blue\r\neth0'"));
    let before_it = steps.iter().position(reserves).expect("a step that reserves");
    let steps = steps.len();
    lab.run(&["goto", &before_it.to_string()]).success();
    let released = leases(&lab);
    assert_eq!(released.held.len(), 2, "{released:?}");
    assert_eq!(released.last, before.last, "what was given out last stays known");
    assert_eq!(given(&plugin(&lab, "ADD", "web").1), ["10.244.0.4", "fd00:10:244::4"]);
    lab.run(&["goto", &steps.to_string()]).success();
    assert_eq!(leases(&lab).held.len(), 6, "blue has its own again, and web has others");
}
