//! The exchange on the bridge: what tcpdump sees, what the files say, and what becomes of an address in time.

use serde_json::Value;

use crate::common::aside::Aside;
use crate::common::tcpdump::Staying;
use crate::common::{Lab, topology, until};

/// A node with a short lease: renewed after two seconds, over after four.
const SHORT: &str = r#"lab: short
cluster: { clusterCIDR: 10.244.0.0/24, ipam: dhcp, leaseTime: 4 }
nodes: { n1: { pods: { red: {}, blue: {} } } }
"#;

fn short() -> Lab {
    Lab::of(SHORT).0
}

const KILL_ALL_THAT_LISTEN: &str = "kill -9 $(ss -Hulnp | grep -o 'pid=[0-9]*' | cut -d= -f2)";

/// The IPv4 addresses of a pod's eth0, each with the seconds that it is valid for.
fn addresses(lab: &Lab, pod: &str) -> Vec<(String, u64)> {
    let links = lab.ip(pod, &["-4", "addr", "show", "dev", "eth0"]);
    let all = links.as_array().expect("links").iter().filter_map(|link| link["addr_info"].as_array()).flatten();
    let one = |address: &Value| {
        let text = format!("{}/{}", address["local"].as_str().unwrap_or_default(), address["prefixlen"]);
        (text, address["valid_life_time"].as_u64().unwrap_or(0))
    };
    all.map(one).collect()
}

/// Who has which address until when, as the server has written it down.
fn leases(lab: &Lab, node: &str) -> Vec<(String, String, u64)> {
    let text = lab.exec(node, &["cat", &format!("/run/cni/{node}/dhcp/leases")]).success();
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[3].to_owned(), words[2].to_owned(), words[0].parse().expect("a time"))
    };
    text.lines().map(line).collect()
}

#[test]
fn pods_get_what_the_file_says_and_the_server_writes_it_down() {
    let lab = Lab::up(&topology("dhcp.yaml"));
    for (pod, address, gateway) in [
        ("pod-a", "10.244.0.2/24", "10.244.0.1"),
        ("pod-b", "10.244.0.3/24", "10.244.0.1"),
        ("pod-c", "10.244.1.2/24", "10.244.1.1"),
    ] {
        let found = addresses(&lab, pod);
        assert!(matches!(&found[..], [(text, 3000..=3600)] if text == address), "{pod}: {found:?}");
        let routes = lab.ip(pod, &["route", "show", "default"]);
        assert_eq!((&routes[0]["gateway"], &routes[0]["protocol"]), (&gateway.into(), &"dhcp".into()), "{routes}");
    }
    let written: Vec<(String, String)> =
        leases(&lab, "node-1").into_iter().map(|(name, address, _)| (name, address)).collect();
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert_eq!(written, [pair("pod-a", "10.244.0.2"), pair("pod-b", "10.244.0.3")]);
    lab.run(&["check", "--no-why"]).success();
    lab.run(&["diff"]).success();
    // A server in each node, a client in each pod.
    let ended = lab.run(&["down", "--json"]).json();
    assert_eq!(ended["labs"][0]["processesEnded"], 5, "{ended}");
    lab.assert_gone();
}

#[test]
fn a_pod_that_comes_later_leases_its_address_and_gives_it_back_when_it_goes() {
    let lab = Lab::up(&topology("dhcp.yaml"));
    let has = || leases(&lab, "node-1").into_iter().find(|(name, ..)| name == "pod-z").map(|(_, address, _)| address);
    lab.run(&["pod", "add", "pod-z", "--node", "node-1"]).success();
    assert_eq!(has().as_deref(), Some("10.244.0.4"));
    let told = lab.run(&["pod", "delete", "pod-z", "--dry-run"]).success();
    assert!(told.contains("ip netns exec pod-z netlab dhcp release"), "{told}");
    lab.run(&["pod", "delete", "pod-z"]).success();
    until("the lease is given back", || has().is_none().then_some(()));
    lab.run(&["pod", "add", "pod-z", "--node", "node-1"]).success();
    assert_eq!(has().as_deref(), Some("10.244.0.5"), "the next one");
    lab.run(&["diff"]).success();
    lab.down();
}

#[test]
fn the_exchange_is_on_the_bridge_and_the_renewal_goes_to_the_server_alone() {
    let lab = short();
    let staying = Staying::make();
    let tcpdump = "exec tcpdump -vvlnU --immediate-mode -Z root -i veth-red udp port 67 2>&1";
    let mut tcpdump = lab.netlab(&["exec", "n1", "--", "sh", "-c", tcpdump]);
    staying.preloaded().into_iter().for_each(|library| _ = tcpdump.env("LD_PRELOAD", library));
    let mut watched = Aside::begin(&mut tcpdump, b"");
    watched.until_it_shows("listening on", |lines| lines.iter().any(|line| line.contains("listening on")));
    // A client that is asked to release says so; started again, it goes through the four messages.
    lab.exec("red", &["netlab", "dhcp", "release"]).success();
    assert_eq!(addresses(&lab, "red"), [], "released");
    assert!(!leases(&lab, "n1").iter().any(|(name, ..)| name == "red"), "the server knows it");
    let said = lab.exec("red", &["netlab", "dhcp", "client", "eth0", "--id", "red"]).success();
    assert_eq!(said, "eth0: 10.244.0.2/24 from 10.244.0.1 for 4 s; it is renewed after 2 s\n");
    let (asks, answers) = ("10.244.0.2.68 > 10.244.0.1.67", "10.244.0.1.67 > 10.244.0.2.68");
    let (calls, told_all) = ("0.0.0.0.68 > 255.255.255.255.67", "10.244.0.1.67 > 255.255.255.255.68");
    let expected = [
        (asks, "Release"),
        (calls, "Discover"),
        (told_all, "Offer"),
        (calls, "Request"),
        (told_all, "ACK"),
        // The renewal.
        (asks, "Request"),
        (answers, "ACK"),
    ];
    watched.until_it_shows("the exchange, and a renewal", |lines| {
        let all = exchange(lines);
        // (It may have been renewed before, too.)
        let begin = all.iter().position(|(_, message)| *message == "Release").unwrap_or(all.len());
        let since = &all[begin..];
        assert!(since.iter().zip(&expected).all(|(one, other)| one == other), "{since:#?}");
        since.len() >= expected.len()
    });
}

/// Who said what to whom, as tcpdump has it.
fn exchange(lines: &[String]) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    let mut way = "";
    for line in lines {
        if let Some((between, _)) = line.split_once(": ").filter(|(between, _)| between.contains(" > ")) {
            way = between.trim();
        }
        all.extend(line.split_once("DHCP-Message (53), length 1: ").map(|(_, message)| (way, message)));
    }
    all
}

#[test]
fn a_lease_is_renewed_as_long_as_there_are_a_client_and_a_server_and_then_it_is_over() {
    let lab = short();
    lab.script("blue", KILL_ALL_THAT_LISTEN).success();
    let end = || leases(&lab, "n1").into_iter().find(|lease| lease.0 == "red").map(|lease| lease.2).expect("a lease");
    let first = end();
    until("blue's time is over, and the kernel takes its address away", || {
        addresses(&lab, "blue").is_empty().then_some(())
    });
    // Each lasts four seconds: this one began when the first one would have been over.
    until("red's lease is renewed, and again", || (end() > first + 4).then_some(()));
    let found = addresses(&lab, "red");
    assert!(matches!(&found[..], [(address, _)] if address == "10.244.0.2/24"), "{found:?}");
    lab.run(&["repair"]).success();
    assert_eq!(addresses(&lab, "blue").first().map(|(address, _)| address.as_str()), Some("10.244.0.3/24"));

    lab.exec("n1", &["netlab", "dhcp", "stop"]).success();
    until("nobody renews it, and the address goes", || addresses(&lab, "red").is_empty().then_some(()));
    until("and so does the route", || {
        lab.ip("red", &["route", "show", "default"]).as_array().is_some_and(Vec::is_empty).then_some(())
    });
    let told = lab.run(&["diff"]).stdout;
    assert!(told.contains("a DHCP client runs, and the IPv4 address of eth0 is none"), "{told}");
    assert!(told.contains("DHCP server on cni0"), "{told}");

    lab.run(&["repair"]).success();
    assert_eq!(addresses(&lab, "red").first().map(|(address, _)| address.as_str()), Some("10.244.0.2/24"));
}

#[test]
fn a_server_ends_with_its_bridge_and_the_next_one_knows_what_it_granted() {
    let lab = short();
    lab.exec("n1", &["ip", "link", "delete", "cni0"]).success();
    until("it hears nobody, and ends", || {
        lab.exec("n1", &["ss", "-Huln", "sport", "=", ":67"]).success().is_empty().then_some(())
    });
    let told: Value = serde_json::from_str(&lab.run(&["diff", "--json"]).stdout).expect("JSON");
    let server = |difference: &&Value| difference["what"] == "DHCP server on cni0 for 10.244.0.0/24";
    let server = told["differences"].as_array().expect("differences").iter().find(server);
    assert!(server.is_some_and(|server| server["sort"] == "missing"), "{told}");
    let mended = lab.run(&["repair"]).success();
    assert!(mended.contains("netlab dhcp serve cni0 --address 10.244.0.1/24"), "{mended}");
    let of_red = || leases(&lab, "n1").into_iter().find(|(name, ..)| name == "red").expect("a lease");
    let before = of_red();
    until("red's client has asked the new server for longer", || (of_red().2 > before.2).then_some(()));
    assert_eq!(addresses(&lab, "red").first().map(|(address, _)| address.as_str()), Some("10.244.0.2/24"));
    assert_eq!(lab.run(&["diff"]).status, Some(0));
}

#[test]
fn a_second_server_takes_the_place_of_the_first_and_serves_from_the_address_that_it_is_given() {
    let lab = short();
    let listening = || {
        let told = lab.exec("n1", &["ss", "-Huln", "sport", "=", ":67"]).success();
        let mut all: Vec<String> =
            told.lines().filter_map(|line| line.split_whitespace().nth(3)).map(str::to_owned).collect();
        all.sort();
        all
    };
    assert_eq!(listening(), ["10.244.0.1%cni0:67", "255.255.255.255%cni0:67"]);
    let serve = |address: &str| {
        lab.exec("n1", &["netlab", "dhcp", "serve", "cni0", "--address", address, "--files", "/run/cni/n1/dhcp"])
    };
    let ran = serve("10.9.0.1/24");
    assert!(ran.status == Some(3) && ran.stderr.contains("serve cni0 by DHCP from 10.9.0.1/24"), "{ran}");
    assert_eq!(listening(), ["10.244.0.1%cni0:67", "255.255.255.255%cni0:67"], "the first goes on");
    lab.exec("n1", &["ip", "addr", "add", "10.9.0.1/24", "dev", "cni0"]).success();
    serve("10.9.0.1/24").success();
    assert_eq!(listening(), ["10.9.0.1%cni0:67", "255.255.255.255%cni0:67"]);
    // So does a second client: the first one gives back what it has.
    let said = lab.exec("red", &["netlab", "dhcp", "client", "eth0", "--id", "guest"]).success();
    assert!(said.contains("eth0: 10.9.0.2/24 from 10.9.0.1 for 3600 s"), "{said}");
    assert!(matches!(&addresses(&lab, "red")[..], [(address, _)] if address == "10.9.0.2/24"));
    lab.exec("n1", &["ip", "addr", "delete", "10.9.0.1/24", "dev", "cni0"]).success();
    until("it ends with its address", || listening().is_empty().then_some(()));
}

#[test]
fn a_client_whose_server_is_gone_asks_everybody_and_takes_the_gateway_of_whoever_answers() {
    let lab = short();
    let gateway = || lab.ip("red", &["route", "show", "default"])[0]["gateway"].clone();
    assert_eq!(gateway(), "10.244.0.1");
    let serve = "ip addr add 10.244.0.9/24 dev cni0 && \
                 netlab dhcp serve cni0 --address 10.244.0.9/24 --files /run/cni/n1/dhcp --lease-time 4";
    lab.script("n1", serve).success();
    until("it has another gateway", || (gateway() == "10.244.0.9").then_some(()));
    assert!(matches!(&addresses(&lab, "red")[..], [(address, _)] if address == "10.244.0.2/24"));
    lab.exec("red", &["ping", "-q", "-c", "1", "-W", "2", "10.244.0.9"]).success();
}

#[test]
fn a_default_route_that_somebody_has_set_does_not_cost_an_address_and_nothing_is_left_of_one_that_was_refused() {
    let lab = short();
    lab.exec("red", &["ip", "route", "replace", "default", "dev", "eth0"]).success();
    let of_red = || leases(&lab, "n1").into_iter().find(|(name, ..)| name == "red").map(|(.., until)| until);
    for _ in 0..2 {
        let before = of_red();
        until("red's lease is renewed all the same", || (of_red() > before).then_some(()));
    }
    assert_eq!(addresses(&lab, "red").first().map(|(address, _)| address.as_str()), Some("10.244.0.2/24"));

    lab.exec("red", &["netlab", "dhcp", "release"]).success();
    lab.exec("red", &["ip", "route", "replace", "default", "dev", "eth0"]).success();
    let ran = lab.exec("red", &["netlab", "dhcp", "client", "eth0", "--id", "red"]);
    assert!(ran.status == Some(3) && ran.stderr.contains("add the default route via 10.244.0.1"), "{ran}");
    assert_eq!(addresses(&lab, "red"), [], "it is not left behind");
    until("and is given back", || of_red().is_none().then_some(()));
    let ran = lab.exec("red", &["netlab", "dhcp", "client", "eth0", "--id", &"x".repeat(255)]);
    assert!(ran.status == Some(2) && ran.stderr.contains("1 to 254 bytes"), "{ran}");
}

/// Its default route is none that came with the address, and does not go when another client takes it over.
#[test]
fn a_client_that_was_killed_is_replaced_and_the_pods_own_routes_stay() {
    let (lab, _) = Lab::of(
        &SHORT
            .replace("blue: {}", "blue: { routes: [{ to: default, via: 10.244.0.2 }] }")
            .replace("leaseTime: 4", "leaseTime: 600"),
    );
    let route = || lab.ip("blue", &["route", "show", "default"]);
    let before = route();
    assert_eq!(before[0]["gateway"], "10.244.0.2", "{before}");
    lab.script("blue", KILL_ALL_THAT_LISTEN).success();
    let mended = lab.run(&["repair"]).success();
    assert!(mended.starts_with("ip netns exec blue netlab dhcp client eth0 --id blue --no-route\nlab "), "{mended}");
    assert_eq!(route(), before);
    assert_eq!(lab.run(&["diff"]).status, Some(0));
}

#[test]
fn a_client_without_a_server_says_so_and_outside_a_lab_nothing_is_done() {
    let lab = short();
    lab.exec("n1", &["netlab", "dhcp", "stop"]).success();
    lab.exec("red", &["netlab", "dhcp", "release"]).success();
    let ran = lab.exec("red", &["netlab", "dhcp", "client", "eth0", "--id", "red", "--timeout", "0.5"]);
    assert_eq!(ran.status, Some(3), "{ran}");
    assert!(ran.stderr.contains("no DHCP server grants an address on eth0"), "{ran}");
    let ran = lab.exec("red", &["netlab", "dhcp", "release"]);
    assert!(ran.status == Some(2) && ran.stderr.contains("no DHCP client runs in this machine"), "{ran}");
    let ran = lab.exec("n1", &["netlab", "dhcp", "serve", "lo", "--files", "/run/cni/n1/dhcp"]);
    assert_eq!(ran.status, Some(3), "{ran}");
    let ran = lab.run(&["dhcp", "client", "lo", "--id", "x"]);
    assert!(ran.status == Some(2) && ran.stderr.contains("works inside a lab only"), "{ran}");
}
