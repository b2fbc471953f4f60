//! What a step can lead to, as lines of text: read from the JSON of `ip`, `bridge` and `nft`, or from a prediction.
//!
//! ```text
//! @@ red ip -j -d addr   [{"ifname":"eth0", …}]  ──seen──────▶  red address 10.244.1.2/24 on eth0  ◀──predicted── Namespaces
//! ```
//!
//! What the kernel adds by itself and nobody can predict is passed over, here and nowhere else: see [`is_unforeseeable`].
//! Hardware addresses and indexes are passed over too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use netlab::network::ipam::Ipam;
use netlab::network::{Namespaces, PortState};
use serde_json::Value;

use super::state::{answers, sysctl};

/// Whether an address or a destination is the kernel's own invention: a link-local address, made from a hardware
/// address which is drawn by lot, and the route to the others of its kind.
fn is_unforeseeable(address: &str) -> bool {
    address.starts_with("fe80:")
}

/// The main table's number (`RT_TABLE_MAIN`): routes of other tables follow the addresses.
const MAIN_TABLE: u32 = 254;

/// A script whose answer tells which machine the kernel means by which number, wherever it speaks of another one.
pub const NUMBERS: &str = r#"
echo "@@ fabric numbers"
ip -j netns list-id
for machine in $(ip netns list | cut -d " " -f 1 | sort); do
    echo "@@ $machine numbers"
    ip -n "$machine" -j netns list-id
done
"#;

/// Facts, each a line.
pub type Facts = BTreeSet<String>;

/// What there is, from the answers to [`NUMBERS`] and [`super::state::LOOK`]. Of the sysctls those that are asked for.
#[track_caller]
pub fn seen(text: &str, sysctls: &BTreeMap<String, BTreeSet<String>>) -> Facts {
    let told = answers(text);
    let answers: BTreeMap<(&str, &str), &str> =
        told.iter().map(|(title, body)| (title.split_once(' ').unwrap_or((title, "")), *body)).collect();
    let ask = |machine: &str, question: &str| -> Value {
        let body = answers.get(&(machine, question)).unwrap_or_else(|| panic!("no answer: {machine} {question}"));
        let text = if body.trim().is_empty() { "[]" } else { body };
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{machine} {question}: {e}: {body}"))
    };
    let machines: Vec<&str> = answers.keys().filter(|(_, question)| *question == "numbers").map(|(m, _)| *m).collect();
    let mut facts = Facts::new();
    for machine in &machines {
        facts.insert(format!("{machine} is there"));
        let numbers = ask(machine, "numbers");
        let links = ask(machine, "ip -j -d link");
        let ports = ask(machine, "bridge -j -d link");
        for link in list(&links) {
            let far = link.get("link_netnsid").map_or(*machine, |id| name_of(&numbers, id));
            let far_links = if machines.contains(&far) { ask(far, "ip -j -d link") } else { Value::Null };
            let port = list(&ports).iter().find(|port| port["ifname"] == link["ifname"]);
            let peer = peer(link, list(&far_links)).map(|name| format!("{far}/{name}"));
            facts.insert(seen_link(machine, link, port, peer.as_deref()));
        }
        for link in list(&ask(machine, "ip -j -d addr")) {
            for address in list(&link["addr_info"]).iter().filter(|a| !is_unforeseeable(word(&a["local"]))) {
                let (ip, length) = (word(&address["local"]), &address["prefixlen"]);
                facts.insert(format!("{machine} address {ip}/{length} on {}", word(&link["ifname"])));
            }
        }
        for question in ["ip -j -d route show table all", "ip -j -d -6 route show table all"] {
            for route in list(&ask(machine, question)).iter().filter(|route| route["table"] == "main") {
                if !is_unforeseeable(word(&route["dst"])) {
                    facts.insert(format!("{machine} route {}", seen_route(route)));
                }
            }
        }
        for entry in list(&ask(machine, "ip -j -d neigh show nud permanent")) {
            let (address, dev, mac) = (word(&entry["dst"]), word(&entry["dev"]), word(&entry["lladdr"]));
            facts.insert(format!("{machine} neighbour {address} on {dev} at {mac}"));
        }
        for entry in list(&ask(machine, "bridge -j -d fdb")) {
            if let Some(vtep) = entry["dst"].as_str() {
                let (mac, dev, state) = (word(&entry["mac"]), word(&entry["ifname"]), word(&entry["state"]));
                facts.insert(format!("{machine} fdb {mac} on {dev} to {vtep}, {state}"));
            }
        }
        let ruleset = ask(machine, "nft -j list ruleset");
        facts.extend(list(&ruleset["nftables"]).iter().filter_map(seen_rules).map(|fact| format!("{machine} {fact}")));
        let leases = answers.get(&(*machine, "leases")).copied().unwrap_or_default();
        facts.extend(leases.lines().map(|line| format!("{machine} ipam {}", words(line))));
        let told = answers.get(&(*machine, "sysctl net")).copied().unwrap_or_default();
        let asked = |key: &str| sysctls.get(*machine).is_some_and(|asked| asked.contains(key));
        for line in told.lines().map(sysctl) {
            let (key, value) = line.split_once(" = ").expect("a sysctl");
            if asked(key) {
                facts.insert(format!("{machine} sysctl {key} = {}", words(value)));
            }
        }
    }
    facts
}

/// What a plan predicts.
pub fn predicted(net: &Namespaces) -> Facts {
    let mut facts = Facts::new();
    for (machine, ns) in net {
        facts.insert(format!("{machine} is there"));
        for link in &ns.links {
            let fact = Link {
                machine: machine.as_str(),
                name: &link.name,
                kind: &link.kind,
                up: link.up,
                carrier: link.carrier,
                mtu: u64::from(link.mtu),
                mode: if link.generates_link_local { "eui64" } else { "none" },
                master: link.master.as_deref(),
                forwards: link.port == Some(PortState::Forwarding),
                peer: link.peer.as_ref().map(|peer| format!("{}/{}", peer.machine, peer.link)),
                vxlan: link.vxlan.as_ref().map(|vxlan| {
                    // A hardware address that the plan gives is known beforehand.
                    let mac = link.mac.expect("a hardware address");
                    format!("{vxlan} address {mac}")
                }),
            };
            facts.insert(fact.text());
        }
        facts.extend(ns.addresses.iter().map(|a| format!("{machine} address {} on {}", a.address, a.link)));
        for route in ns.routes.iter().filter(|route| route.table == MAIN_TABLE) {
            let (protocol, metric) = (&route.protocol, route.metric);
            let via = route.via.map_or_else(String::new, |via| format!(" via {via}"));
            let dev = route.dev.as_ref().map_or_else(String::new, |dev| format!(" dev {dev}"));
            let to = if route.to.prefix() == 0 { "default".into() } else { route.to.to_string() };
            facts.insert(format!("{machine} route {to}{via}{dev} proto {protocol} metric {metric}"));
        }
        for neighbour in &ns.neighbours {
            let mac = neighbour.mac.expect("a hardware address");
            facts.insert(format!("{machine} neighbour {} on {} at {mac}", neighbour.address, neighbour.link));
        }
        for entry in &ns.fdb {
            let vtep = entry.vtep.expect("an address on the underlay");
            let state = if entry.permanent { "permanent" } else { "" };
            facts.insert(format!("{machine} fdb {} on {} to {vtep}, {state}", entry.mac, entry.port));
        }
        for table in &ns.tables {
            let (family, name) = (table.family, &table.name);
            facts.insert(format!("{machine} table {family} {name}"));
            for chain in &table.chains {
                let hook = chain.hook.as_ref().expect("a hook");
                let (kind, at, priority, policy) = (&hook.kind, &hook.hook, hook.priority, &hook.policy);
                let chain_name = &chain.name;
                facts.insert(format!("{machine} chain {family} {name} {chain_name}: {kind} {at} {priority} {policy}"));
                let rules = chain.rules.iter();
                facts.extend(rules.map(|rule| format!("{machine} rule {family} {name} {chain_name}: {rule}")));
            }
        }
        facts.extend(ipam(&ns.ipam).map(|line| format!("{machine} ipam {line}")));
        facts.extend(ns.sysctls.iter().map(|(key, value)| format!("{machine} sysctl {key} = {}", words(value))));
    }
    facts
}

/// The files of an IPAM, and the ports on which its programs listen.
fn ipam(ipam: &Ipam) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = Vec::new();
    for (network, leases) in &ipam.networks {
        let directory = format!("networks/{network}");
        lines.push(format!("{directory}/lock"));
        lines.extend(leases.held.iter().map(|(address, holder)| format!("{directory}/{address} {holder}")));
        lines.extend(leases.last.iter().map(|(set, address)| format!("{directory}/last_reserved_ip.{set} {address}")));
        lines.push(directory);
    }
    lines.extend(ipam.reserved.iter().map(|(client, address)| format!("dhcp/hosts/{client} id:{client},{address}")));
    let heard = ipam.server.into_iter().flat_map(|at| [at, Ipv4Addr::BROADCAST]);
    lines.extend(heard.map(|at| format!("{at}%cni0:67")));
    lines.extend(ipam.client.then(|| "0.0.0.0%eth0:68".to_owned()));
    lines.into_iter()
}

/// The sysctls that a prediction speaks of, by machine.
pub fn sysctls(net: &Namespaces) -> BTreeMap<String, BTreeSet<String>> {
    net.iter().map(|(machine, ns)| (machine.to_string(), ns.sysctls.keys().cloned().collect())).collect()
}

/// What is told of a link.
struct Link<'a> {
    machine: &'a str,
    name: &'a str,
    kind: &'a str,
    up: bool,
    carrier: bool,
    mtu: u64,
    mode: &'a str,
    master: Option<&'a str>,
    forwards: bool,
    peer: Option<String>,
    vxlan: Option<String>,
}

impl Link<'_> {
    fn text(&self) -> String {
        let Link { machine, name, kind, mtu, mode, .. } = self;
        let up = if self.up { "up" } else { "down" };
        let carrier = if self.carrier { "carrier" } else { "no carrier" };
        let port = match (self.master, self.forwards) {
            (None, _) => "no port".to_owned(),
            (Some(master), true) => format!("port of {master}, forwarding"),
            (Some(master), false) => format!("port of {master}, disabled"),
        };
        let peer = self.peer.as_deref().unwrap_or("none");
        let vxlan = self.vxlan.as_ref().map(|vxlan| format!(", {vxlan}")).unwrap_or_default();
        format!(
            "{machine} link {name}: {kind} {up}, {carrier}, mtu {mtu}, addrgenmode {mode}, {port}, peer {peer}{vxlan}"
        )
    }
}

fn seen_link(machine: &str, link: &Value, port: Option<&Value>, peer: Option<&str>) -> String {
    let flag = |name: &str| list(&link["flags"]).iter().any(|flag| flag == name);
    let state = port.map(|port| word(&port["state"]));
    assert!(matches!(state, None | Some("forwarding" | "disabled")), "{link}: {state:?}");
    Link {
        machine,
        name: word(&link["ifname"]),
        kind: link["linkinfo"]["info_kind"].as_str().unwrap_or_default(),
        up: flag("UP"),
        carrier: flag("LOWER_UP"),
        mtu: link["mtu"].as_u64().expect("an MTU"),
        mode: word(&link["inet6_addr_gen_mode"]),
        master: link["master"].as_str(),
        forwards: state == Some("forwarding"),
        peer: peer.map(str::to_owned),
        vxlan: link["linkinfo"]["info_data"].get("id").map(|id| {
            let data = &link["linkinfo"]["info_data"];
            let local = data["local"].as_str().or(data["local6"].as_str()).unwrap_or_default();
            let learning = if data["learning"] == true { "learning" } else { "nolearning" };
            let (dev, port, mac) = (word(&data["link"]), &data["port"], word(&link["address"]));
            format!("id {id} local {local} dev {dev} dstport {port} {learning} address {mac}")
        }),
    }
    .text()
}

/// The other end of a veth: in the same namespace by its name, in another one by its index.
fn peer(link: &Value, there: &[Value]) -> Option<String> {
    let by_name = link["link"].as_str();
    let by_index = || there.iter().find(|other| other["ifindex"] == link["link_index"]).map(|it| word(&it["ifname"]));
    link.get("link_index").or(link.get("link"))?;
    let name = if link.get("link_netnsid").is_some() { by_index() } else { by_name.or_else(by_index) };
    Some(name.unwrap_or("?").to_owned())
}

/// The machine that a number means; the one without a name is the fabric.
fn name_of<'a>(numbers: &'a Value, id: &Value) -> &'a str {
    let entry = list(numbers).iter().find(|entry| entry["nsid"] == *id);
    entry.map_or("?", |entry| entry["name"].as_str().unwrap_or("fabric"))
}

fn seen_route(route: &Value) -> String {
    let mut text = match word(&route["dst"]) {
        "default" => "default".to_owned(),
        to if to.contains('/') => to.to_owned(),
        to if to.contains(':') => format!("{to}/128"),
        to => format!("{to}/32"),
    };
    if route["type"] != "unicast" {
        text = format!("{} {text}", word(&route["type"]));
    }
    for (label, key) in [("via", "gateway"), ("dev", "dev")] {
        if let Some(value) = route[key].as_str() {
            text += &format!(" {label} {value}");
        }
    }
    format!("{text} proto {} metric {}", word(&route["protocol"]), route["metric"].as_u64().unwrap_or(0))
}

/// A table, chain or rule from the JSON of `nft`.
fn seen_rules(entry: &Value) -> Option<String> {
    let (sort, it) = entry.as_object()?.iter().next()?;
    let (family, name, table) = (&it["family"], &it["name"], &it["table"]);
    Some(match sort.as_str() {
        "table" => format!("table {} {}", word(family), word(name)),
        "chain" => {
            let (kind, hook, policy) = (word(&it["type"]), word(&it["hook"]), word(&it["policy"]));
            let at = format!("{} {} {}", word(family), word(table), word(name));
            format!("chain {at}: {kind} {hook} {} {policy}", it["prio"])
        }
        "rule" => {
            let parts: Vec<String> = list(&it["expr"]).iter().map(seen_part).collect();
            let comment = it["comment"].as_str().map(|text| format!(" comment \"{text}\"")).unwrap_or_default();
            let at = format!("{} {} {}", word(family), word(table), word(&it["chain"]));
            format!("rule {at}: {}{comment}", parts.join(" "))
        }
        _ => return None,
    })
}

fn seen_part(part: &Value) -> String {
    let Some(matched) = part.get("match") else {
        if let Some(to) = part["snat"]["addr"].as_str() {
            return format!("snat to {to}");
        }
        return part.as_object().and_then(|it| it.keys().next().cloned()).unwrap_or_else(|| part.to_string());
    };
    let payload = &matched["left"]["payload"];
    let not = if matched["op"] == "!=" { "!= " } else { "" };
    let right = match &matched["right"] {
        Value::Object(right) => format!("{}/{}", word(&right["prefix"]["addr"]), right["prefix"]["len"]),
        other => word(other).to_owned(),
    };
    format!("{} {} {not}{right}", word(&payload["protocol"]), word(&payload["field"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn words(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The facts without what a link keeps from its past: a bridge that once had a port has no carrier without one, and one
/// that never had any has; a loopback that was up once keeps its IPv4 address; host-local remembers which address it gave
/// out last.
pub fn without_the_past(facts: Facts) -> Facts {
    let kept = facts.iter().filter(|fact| !fact.ends_with(" address 127.0.0.1/8 on lo"));
    let kept = kept.filter(|fact| !fact.contains("/last_reserved_ip."));
    kept.map(|fact| fact.replace(": bridge up, no carrier,", ": bridge up, carrier,")).collect()
}

/// What differs between two sets of facts.
pub fn differences(a: &Facts, b: &Facts) -> String {
    let only = |sign: char, a: &Facts, b: &Facts| a.difference(b).map(|fact| format!("{sign} {fact}\n")).collect();
    let (gone, new): (String, String) = (only('-', a, b), only('+', b, a));
    gone + &new
}
