//! One machine, whole.

use std::net::IpAddr;

use serde::Serialize;

use super::leases::{self, LeaseDocument};
use super::routes::RouteDocument;
use super::{Paint, lines, table};
use crate::names::MachineName;
use crate::network::{FdbEntry, Link, Namespace, PortState};

/// A machine for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    machine: &'a MachineName,
    links: Vec<LinkDocument>,
    routes: Vec<RouteDocument>,
    neighbours: Vec<NeighbourDocument>,
    fdb: Vec<FdbDocument>,
    tables: Vec<TableDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leases: Vec<LeaseDocument>,
}

#[derive(Debug, Serialize)]
struct LinkDocument {
    index: u32,
    name: String,
    kind: String,
    up: bool,
    carrier: bool,
    mtu: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vxlan: Option<VxlanDocument>,
    addresses: Vec<String>,
}

#[derive(Debug, Serialize)]
struct VxlanDocument {
    vni: u32,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<IpAddr>,
    learning: bool,
}

#[derive(Debug, Serialize)]
struct NeighbourDocument {
    address: String,
    link: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    state: String,
}

#[derive(Debug, Serialize)]
struct FdbDocument {
    mac: String,
    port: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bridge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vtep: Option<IpAddr>,
    permanent: bool,
}

#[derive(Debug, Serialize)]
struct TableDocument {
    family: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    chains: Vec<ChainDocument>,
}

#[derive(Debug, Serialize)]
struct ChainDocument {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hook: Option<String>,
    rules: Vec<String>,
}

/// The machine for programs.
pub fn document<'a>(machine: &'a MachineName, ns: &Namespace) -> Document<'a> {
    let link = |link: &Link| LinkDocument {
        index: link.index,
        name: link.name.clone(),
        kind: link.kind.clone(),
        up: link.up,
        carrier: link.carrier,
        mtu: link.mtu,
        mac: link.mac.map(|mac| mac.to_string()),
        master: link.master.clone(),
        port: link.port.map(|port| port.to_string()),
        vxlan: link.vxlan.as_ref().map(|vxlan| VxlanDocument {
            vni: vxlan.vni,
            port: vxlan.port,
            local: vxlan.local,
            learning: vxlan.learning,
        }),
        addresses: ns.addresses_of(&link.name).map(|a| a.address.to_string()).collect(),
    };
    Document {
        machine,
        links: ns.links.iter().map(link).collect(),
        routes: ns.main_routes().map(RouteDocument::of).collect(),
        neighbours: ns
            .neighbours
            .iter()
            .map(|n| NeighbourDocument {
                address: n.address.to_string(),
                link: n.link.clone(),
                mac: n.mac.map(|mac| mac.to_string()),
                state: n.state.clone(),
            })
            .collect(),
        fdb: ns
            .fdb
            .iter()
            .map(|entry| FdbDocument {
                mac: entry.mac.to_string(),
                port: entry.port.clone(),
                bridge: entry.bridge.clone(),
                vtep: entry.vtep,
                permanent: entry.permanent,
            })
            .collect(),
        tables: ns
            .tables
            .iter()
            .map(|table| TableDocument {
                family: table.family.to_string(),
                name: table.name.clone(),
                comment: table.comment.clone(),
                chains: table
                    .chains
                    .iter()
                    .map(|chain| ChainDocument {
                        name: chain.name.clone(),
                        hook: chain.hook.as_ref().map(ToString::to_string),
                        rules: chain.rules.iter().map(ToString::to_string).collect(),
                    })
                    .collect(),
            })
            .collect(),
        leases: leases::documents(&ns.ipam),
    }
}

/// The machine for people.
pub fn text(machine: &MachineName, ns: &Namespace, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let sections = [
        ("links", links(ns, columns)),
        ("vxlan", vxlan(ns, columns)),
        ("addresses", addresses(ns, columns)),
        ("routes", routes(ns, columns)),
        ("neighbours", neighbours(ns, columns)),
        ("fdb", fdb(ns, columns)),
        ("rules", ns.tables.iter().map(|table| format!("{table}\n")).collect()),
    ];
    let leases = leases::text(&ns.ipam, columns);
    let leases = (!leases.is_empty()).then_some(("leases", leases));
    let mut text = format!("{machine}\n");
    for (title, body) in sections.into_iter().chain(leases) {
        // Not every machine has one.
        if title == "vxlan" && body.is_empty() {
            continue;
        }
        let indented: String = body.lines().map(|line| format!("  {line}\n")).collect();
        let body = if indented.is_empty() { "  none\n".into() } else { indented };
        text.push_str(&format!("\n{}\n{body}", paint.bold(title)));
    }
    text
}

fn links(ns: &Namespace, columns: usize) -> String {
    let mut table = table(columns.saturating_sub(2), ["NAME", "KIND", "STATE", "PORT OF", "MTU", "MAC"]);
    for link in &ns.links {
        // A port that does not forward is worth a word; one that does is as it should be.
        let state = match (link.up, link.carrier, link.port) {
            (false, _, _) => "down".to_owned(),
            (true, false, _) => "no carrier".to_owned(),
            (true, true, Some(port)) if port != PortState::Forwarding => port.to_string(),
            (true, true, _) => "up".to_owned(),
        };
        table.add_row([
            link.name.clone(),
            link.kind.clone(),
            state,
            link.master.clone().unwrap_or_default(),
            link.mtu.to_string(),
            link.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        ]);
    }
    lines(&table)
}

fn vxlan(ns: &Namespace, columns: usize) -> String {
    let mut devices = ns.links.iter().filter_map(|link| Some((link, link.vxlan.as_ref()?))).peekable();
    if devices.peek().is_none() {
        return String::new();
    }
    let mut table = table(columns.saturating_sub(2), ["LINK", "VNI", "UDP PORT", "LOCAL", "LEARNS"]);
    for (link, vxlan) in devices {
        table.add_row([
            link.name.clone(),
            vxlan.vni.to_string(),
            vxlan.port.to_string(),
            vxlan.local.map(|local| local.to_string()).unwrap_or_default(),
            if vxlan.learning { "yes" } else { "no" }.to_owned(),
        ]);
    }
    lines(&table)
}

fn addresses(ns: &Namespace, columns: usize) -> String {
    if ns.addresses.is_empty() {
        return String::new();
    }
    let mut table = table(columns.saturating_sub(2), ["LINK", "ADDRESS", "STATE"]);
    for address in &ns.addresses {
        let state = match address.tentative {
            true => "tentative",
            false if address.is_leased() => "for a while",
            false => "",
        };
        table.add_row([address.link.clone(), address.address.to_string(), state.to_owned()]);
    }
    lines(&table)
}

fn routes(ns: &Namespace, columns: usize) -> String {
    if ns.main_routes().next().is_none() {
        return String::new();
    }
    let mut table = table(columns.saturating_sub(2), ["TO", "VIA", "LINK", "MADE BY"]);
    for route in ns.main_routes() {
        let kind = if route.kind.is_empty() { String::new() } else { format!("{} ", route.kind) };
        table.add_row([
            kind + &crate::network::destination(&route.to),
            route.via.map(|via| via.to_string()).unwrap_or_default(),
            route.dev.clone().unwrap_or_default(),
            route.protocol.clone(),
        ]);
    }
    lines(&table)
}

fn neighbours(ns: &Namespace, columns: usize) -> String {
    if ns.neighbours.is_empty() {
        return String::new();
    }
    let mut table = table(columns.saturating_sub(2), ["ADDRESS", "LINK", "MAC", "STATE"]);
    for neighbour in &ns.neighbours {
        table.add_row([
            neighbour.address.to_string(),
            neighbour.link.clone(),
            neighbour.mac.map(|mac| mac.to_string()).unwrap_or_default(),
            neighbour.state.clone(),
        ]);
    }
    lines(&table)
}

/// What bridges and VXLANs know; multicast groups are left to `--json`.
fn fdb(ns: &Namespace, columns: usize) -> String {
    let is_shown = |entry: &&FdbEntry| (entry.bridge.is_some() || entry.vtep.is_some()) && entry.mac.0[0] & 1 == 0;
    let entries: Vec<&FdbEntry> = ns.fdb.iter().filter(is_shown).collect();
    if entries.is_empty() {
        return String::new();
    }
    let tunnelled = entries.iter().any(|entry| entry.vtep.is_some());
    let header = ["MAC", "PORT", "BRIDGE", "VTEP", "STATE"];
    let mut table = table(columns.saturating_sub(2), header.into_iter().filter(|name| tunnelled || *name != "VTEP"));
    for entry in entries {
        let state = match (entry.vtep, entry.by_hand, entry.permanent) {
            (Some(_), true, _) => "permanent",
            (None, true, _) => "made by hand",
            (_, false, true) => "the port's own",
            (_, false, false) => "learned",
        };
        let vtep = tunnelled.then(|| entry.vtep.map(|vtep| vtep.to_string()).unwrap_or_default());
        let before = [entry.mac.to_string(), entry.port.clone(), entry.bridge.clone().unwrap_or_default()];
        table.add_row(before.into_iter().chain(vtep).chain([state.to_owned()]));
    }
    lines(&table)
}
