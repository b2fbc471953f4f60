//! Route tables side by side: one line per destination, one column per machine.
//!
//! ```text
//! TO              node-1            node-2            node-3
//! 10.244.1.0/24   cni0              via 192.168.1.11  via 192.168.1.11
//! 10.244.2.0/24   via 192.168.1.12  cni0              via 192.168.1.12
//! ```

mod growth;

use std::collections::BTreeSet;

use ipnetwork::IpNetwork;
use serde::Serialize;

pub use growth::{Growth, count, routers};

use super::lines;
use crate::names::{LabName, MachineName};
use crate::network::{Namespace, Namespaces, Route, destination};

/// Route tables for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    lab: &'a LabName,
    machines: Vec<Tables<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_pods: Option<Growth<'a>>,
}

#[derive(Debug, Serialize)]
struct Tables<'a> {
    machine: &'a MachineName,
    routes: Vec<RouteDocument>,
}

/// A route for programs.
#[derive(Debug, Serialize)]
pub struct RouteDocument {
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev: Option<String>,
    protocol: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    metric: u32,
}

impl RouteDocument {
    /// Of a route.
    pub fn of(route: &Route) -> Self {
        RouteDocument {
            to: destination(&route.to),
            via: route.via.map(|via| via.to_string()),
            dev: route.dev.clone(),
            protocol: route.protocol.clone(),
            kind: route.kind.clone(),
            metric: route.metric,
        }
    }
}

/// The tables for programs, and how many routes there are in all, if that is counted.
pub fn document<'a>(
    lab: &'a LabName,
    machines: &'a [MachineName],
    seen: &Namespaces,
    to_pods: Option<Growth<'a>>,
) -> Document<'a> {
    let tables = machines.iter().filter_map(|machine| {
        let routes = seen.get(machine)?.main_routes().map(RouteDocument::of).collect();
        Some(Tables { machine, routes })
    });
    Document { lab, machines: tables.collect(), to_pods }
}

/// How wide the column of one machine is, at least: `via 255.255.255.255` and a gap.
const COLUMN: usize = 20;

/// The tables for people: as many columns side by side as fit.
pub fn text(machines: &[MachineName], seen: &Namespaces, columns: usize) -> String {
    let known: Vec<(&MachineName, &Namespace)> =
        machines.iter().filter_map(|machine| Some((machine, seen.get(machine)?))).collect();
    if known.is_empty() {
        return "no such machine exists yet\n".into();
    }
    let shown = |route: &&Route| !is_noise(route);
    let all = known.iter().flat_map(|(_, ns)| ns.main_routes().filter(shown));
    // Subnets in their order, the default routes at the end: the order in which they are found.
    let destinations: BTreeSet<Row> = all.map(|route| Row::of(&route.to)).collect();
    let first = destinations.iter().map(|row| destination(&row.to).len() + 2).max().unwrap_or(0).max(4);
    let width = known.iter().flat_map(|(machine, ns)| {
        let cells = ns.main_routes().filter(shown).map(|route| cell(route).len());
        cells.chain([machine.as_str().len()]).map(|len| len + 2)
    });
    let width = width.max().unwrap_or(COLUMN);
    let side_by_side = (columns.saturating_sub(first) / width).max(1);
    let blocks = known.chunks(side_by_side).map(|block| {
        let mut header = vec!["TO".to_owned()];
        header.extend(block.iter().map(|(machine, _)| machine.to_string()));
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_header(header);
        for row in &destinations {
            let cells = block.iter().map(|(_, ns)| {
                let routes = ns.main_routes().filter(shown).filter(|route| route.to == row.to);
                routes.map(cell).collect::<Vec<_>>().join("\n")
            });
            let cells: Vec<String> = cells.collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                table.add_row(std::iter::once(destination(&row.to)).chain(cells));
            }
        }
        lines(&table)
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// Link-local subnets and multicast are on every IPv6 link, and lead nowhere.
fn is_noise(route: &Route) -> bool {
    match route.to {
        IpNetwork::V6(to) => to.ip().is_unicast_link_local() || to.ip().is_multicast(),
        IpNetwork::V4(_) => false,
    }
}

fn cell(route: &Route) -> String {
    match (&route.via, &route.dev) {
        _ if !route.kind.is_empty() => route.kind.clone(),
        // Of a gateway that is on no subnet only the link says where it is: a VXLAN, for most.
        (Some(_), Some(dev)) if route.onlink => format!("dev {dev}"),
        (Some(via), _) => format!("via {via}"),
        (None, Some(dev)) => dev.clone(),
        (None, None) => "?".into(),
    }
}

/// A destination in reading order: IPv4 before IPv6, default routes last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    ipv6: bool,
    default: bool,
    to: IpNetwork,
}

impl Row {
    fn of(to: &IpNetwork) -> Self {
        Row { ipv6: to.is_ipv6(), default: to.prefix() == 0, to: *to }
    }
}
