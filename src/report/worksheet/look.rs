//! Where to look after some steps, and what is to be seen there: commands, with what they print in the predicted network.
//!
//! ```text
//! ip -n node-1 link add cni0 type bridge      lab# ip -n node-1 -br addr show dev cni0
//! ip -n node-1 addr add 10.244.1.1/24 …   ──▶ cni0             … 10.244.1.1/24
//! ```
//!
//! `…` stands for what cannot be known beforehand: indexes, hardware addresses, and states that take their time.

use crate::names::MachineName;
use crate::network::ruleset::Family;
use crate::network::{Address, Link, Namespace, Namespaces, Route, destination};
use crate::step::{Action, Step};

/// A command that is typed in the lab, and what it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The command.
    pub command: String,
    /// What it prints, line by line.
    pub expected: Vec<String>,
}

/// What to look at after these steps, everything that they changed.
pub fn closely(steps: &[Step], net: &Namespaces) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    let mut machines: Vec<&MachineName> = steps.iter().map(|step| &step.machine).collect();
    machines.dedup();
    for machine in machines {
        let keys = steps.iter().filter(|step| step.machine == *machine).filter_map(|step| match &step.action {
            Action::SetSysctl(sysctl) => Some(sysctl.key.as_str()),
            _ => None,
        });
        let keys: Vec<&str> = keys.collect();
        add(&mut looks, net, machine, |at, ns| sysctls(at, ns, &keys));
    }
    for step in steps {
        let at = &step.machine;
        match &step.action {
            Action::AddNamespace(_) => add(&mut looks, net, at, |at, ns| address(at, ns, "lo")),
            Action::AddBridge(bridge) => {
                add(&mut looks, net, at, |at, ns| link(at, ns, bridge.name.as_str()));
                add(&mut looks, net, at, |at, ns| address(at, ns, bridge.name.as_str()));
                add(&mut looks, net, at, routes);
            }
            Action::MoveLink(moved) => {
                add(&mut looks, net, &moved.to, |at, ns| address(at, ns, moved.rename.as_str()));
                add(&mut looks, net, &moved.to, routes);
            }
            Action::AttachPort(port) => add(&mut looks, net, at, |at, ns| ports(at, ns, Some(port.name.as_str()))),
            Action::AddRoute(_) => add(&mut looks, net, at, routes),
            Action::AddRule(rule) => add(&mut looks, net, at, |at, ns| chain(at, ns, rule.family, &rule.table)),
            _ => {}
        }
    }
    looks
}

/// What to look at after steps of a kind that has been looked at closely before: one or two things in each machine.
pub fn briefly(steps: &[Step], net: &Namespaces) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    let bridged =
        |at: &MachineName| steps.iter().any(|step| step.machine == *at && matches!(step.action, Action::AddBridge(_)));
    let plugged =
        |at: &MachineName| steps.iter().any(|step| matches!(&step.action, Action::MoveLink(moved) if moved.to == *at));
    for step in steps {
        let at = &step.machine;
        match &step.action {
            // A machine's route table tells its addresses, too.
            Action::AddBridge(_) => add(&mut looks, net, at, routes),
            Action::AddRoute(_) if !plugged(at) => add(&mut looks, net, at, routes),
            Action::MoveLink(moved) if !bridged(&moved.to) => {
                add(&mut looks, net, &moved.to, |at, ns| address(at, ns, moved.rename.as_str()));
            }
            Action::AttachPort(_) if !at.is_fabric() => add(&mut looks, net, at, |at, ns| ports(at, ns, None)),
            Action::AddRule(rule) => add(&mut looks, net, at, |at, ns| chain(at, ns, rule.family, &rule.table)),
            _ => {}
        }
    }
    looks
}

/// Adds looks that are not among them yet.
fn add(
    looks: &mut Vec<Look>,
    net: &Namespaces,
    at: &MachineName,
    look: impl Fn(&MachineName, &Namespace) -> Vec<Look>,
) {
    let found = net.get(at).map(|ns| look(at, ns)).unwrap_or_default();
    for look in found {
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
}

/// ` -n node-1`, or nothing in the fabric.
fn of(at: &MachineName) -> String {
    if at.is_fabric() { String::new() } else { format!(" -n {at}") }
}

fn sysctls(at: &MachineName, ns: &Namespace, keys: &[&str]) -> Vec<Look> {
    // The kernel separates the words of a value with tabs.
    let words = |value: &str| value.split_ascii_whitespace().collect::<Vec<_>>().join("…");
    let line = |key: &&str| Some(format!("{} = {}", key.replace('/', "."), words(ns.sysctls.get(*key)?)));
    let expected: Vec<String> = keys.iter().filter_map(line).collect();
    if expected.is_empty() {
        return Vec::new();
    }
    vec![Look { command: format!("ip netns exec {at} sysctl {}", keys.join(" ")), expected }]
}

/// A bridge in the fabric, which has no address to be known by.
fn link(at: &MachineName, ns: &Namespace, name: &str) -> Vec<Look> {
    let Some(link) = ns.link(name).filter(|_| at.is_fabric()) else { return Vec::new() };
    let up = if link.up { "BROADCAST,MULTICAST,UP" } else { "BROADCAST,MULTICAST" };
    let expected = vec![format!("{name} … <…{up}…>")];
    vec![Look { command: format!("ip -br link show dev {name}"), expected }]
}

/// The addresses of a link.
fn address(at: &MachineName, ns: &Namespace, name: &str) -> Vec<Look> {
    let Some(link) = ns.link(name).filter(|_| !at.is_fabric()) else { return Vec::new() };
    let expected = vec![brief(ns, link)];
    vec![Look { command: format!("ip{} -br addr show dev {name}", of(at)), expected }]
}

/// A line of `ip -br addr`: 16 columns for the name, 14 for the state, and the addresses.
fn brief(ns: &Namespace, link: &Link) -> String {
    let head = match link.kind.as_str() {
        "veth" if link.carrier => format!("{}@… UP            ", link.name),
        "veth" => format!("{}@… …", link.name),
        "" if link.up => format!("{:<16} UNKNOWN       ", link.name),
        _ => format!("{:<16} …", link.name),
    };
    let (v4, v6): (Vec<&Address>, Vec<&Address>) =
        ns.addresses_of(&link.name).partition(|address| address.address.is_ipv4());
    // Among those of IPv6 the kernel lists the latest first.
    let mut words: Vec<String> = v4.iter().chain(v6.iter().rev()).map(|address| address.address.to_string()).collect();
    if link.up && link.generates_link_local && link.name != "lo" {
        words.push("…".into());
    }
    format!("{head} {}", words.join(" ")).trim_end().to_owned()
}

/// A machine's main route tables: all of IPv4, which is listed in order, and of IPv6 one by one.
fn routes(at: &MachineName, ns: &Namespace) -> Vec<Look> {
    if at.is_fabric() {
        return Vec::new();
    }
    let (mut v4, v6): (Vec<&Route>, Vec<&Route>) = ns.main_routes().partition(|route| route.to.is_ipv4());
    v4.sort_by_key(|route| (route.to.network(), u8::MAX - route.to.prefix()));
    let mut looks = Vec::new();
    if !v4.is_empty() {
        let expected = v4.into_iter().map(listed).collect();
        looks.push(Look { command: format!("ip{} route", of(at)), expected });
    }
    for route in v6 {
        let command = format!("ip{} -6 route show {}", of(at), destination(&route.to));
        looks.push(Look { command, expected: vec![listed(route)] });
    }
    looks
}

/// A line of `ip route`, which for IPv6 says more than anybody asked for.
fn listed(route: &Route) -> String {
    if route.to.is_ipv4() { route.to_string() } else { format!("{route} …") }
}

/// A port of a bridge, or all ports.
fn ports(at: &MachineName, ns: &Namespace, only: Option<&str>) -> Vec<Look> {
    let ports = ns.links.iter().filter(|link| only.is_none_or(|name| link.name == name));
    let line = |link: &Link| {
        let master = link.master.as_ref()?;
        let state = link.port.map(|state| state.to_string())?;
        // `bridge` says where the other end of a pipe is; a VXLAN device has none.
        let other = if link.kind == "veth" { "@…" } else { "" };
        Some(format!("…: {}{other}: <…> mtu {} master {master} state {state} …", link.name, link.mtu))
    };
    let dev = only.map(|name| format!(" dev {name}")).unwrap_or_default();
    let show = if dev.is_empty() { "" } else { " show" };
    let expected: Vec<String> = ports.filter_map(line).collect();
    vec![Look { command: format!("bridge{} link{show}{dev}", of(at)), expected }]
}

/// The rules of a table of netlab's, with tabs as `nft` prints them.
fn chain(at: &MachineName, ns: &Namespace, family: Family, table: &str) -> Vec<Look> {
    let Some(found) = ns.tables.iter().find(|found| found.family == family && found.name == table) else {
        return Vec::new();
    };
    let expected = found.to_string().replace("    ", "\t").lines().map(str::to_owned).collect();
    vec![Look { command: format!("ip netns exec {at} nft list table {family} {table}"), expected }]
}
