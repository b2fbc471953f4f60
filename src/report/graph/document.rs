//! A graph for programs; the page in HTML shows what is in it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::graph::{Entry, Graph, Link, Machine, Mark, Medium, Role, Segment, Source};
use crate::names::{LabName, MachineName};
use crate::network::Peer;

/// A graph for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    /// `plan` or `kernel`.
    source: &'static str,
    segments: Vec<SegmentDocument<'a>>,
    machines: Vec<MachineDocument<'a>>,
    /// The fabric, where the networks' bridges stand.
    fabric: MachineDocument<'a>,
    /// What differs from the plan, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Vec<MarkDocument<'a>>>,
}

#[derive(Debug, Serialize)]
struct SegmentDocument<'a> {
    /// `network`, `cable` or `overlay`.
    medium: &'static str,
    name: &'a str,
    subnets: &'a [String],
    ends: Vec<EndDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct EndDocument<'a> {
    machine: &'a MachineName,
    link: &'a str,
}

#[derive(Debug, Serialize)]
struct MachineDocument<'a> {
    name: &'a MachineName,
    kind: &'static str,
    /// The machine that it is plugged into, within which it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a MachineName>,
    links: Vec<LinkDocument<'a>>,
    routes: Vec<EntryDocument<'a>>,
    rules: Vec<EntryDocument<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct LinkDocument<'a> {
    name: &'a str,
    kind: &'a str,
    up: bool,
    mtu: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<EndDocument<'a>>,
    /// The segment that it is plugged into, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vni: Option<u32>,
    addresses: Vec<EntryDocument<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "ownAddresses")]
    own_addresses: Vec<&'a str>,
    /// What keeps it from carrying anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct EntryDocument<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct MarkDocument<'a> {
    number: usize,
    machine: &'a MachineName,
    sort: &'static str,
    what: &'a str,
    commands: &'a [String],
}

/// The graph for programs.
pub fn document(graph: &Graph) -> Document<'_> {
    let Graph { lab, source, segments, machines, fabric, drift, .. } = graph;
    let names: BTreeMap<usize, &str> = segments.iter().map(|segment| segment.name.as_str()).enumerate().collect();
    Document {
        lab,
        source: match source {
            Source::Plan => "plan",
            Source::Kernel => "kernel",
        },
        segments: segments.iter().map(segment).collect(),
        machines: machines.iter().map(|one| machine(one, &names)).collect(),
        fabric: machine(fabric, &names),
        drift: drift.as_ref().map(|marks| marks.iter().map(mark).collect()),
    }
}

fn end(peer: &Peer) -> EndDocument<'_> {
    EndDocument { machine: &peer.machine, link: &peer.link }
}

fn segment(segment: &Segment) -> SegmentDocument<'_> {
    SegmentDocument {
        medium: match segment.medium {
            Medium::Network => "network",
            Medium::Cable => "cable",
            Medium::Overlay => "overlay",
        },
        name: &segment.name,
        subnets: &segment.subnets,
        ends: segment.ends.iter().map(end).collect(),
        trouble: segment.trouble.as_deref(),
        drift: segment.mark.map(|sort| sort.word()),
    }
}

fn entry(entry: &Entry) -> EntryDocument<'_> {
    EntryDocument { text: &entry.text, drift: entry.mark.map(|sort| sort.word()) }
}

fn machine<'a>(machine: &'a Machine, segments: &BTreeMap<usize, &'a str>) -> MachineDocument<'a> {
    MachineDocument {
        name: &machine.name,
        kind: machine.kind.word(),
        within: machine.home.as_ref(),
        links: machine.links.iter().map(|one| link(one, segments)).collect(),
        routes: machine.routes.iter().map(entry).collect(),
        rules: machine.rules.iter().map(entry).collect(),
        drift: machine.mark.map(|sort| sort.word()),
    }
}

fn link<'a>(link: &'a Link, segments: &BTreeMap<usize, &'a str>) -> LinkDocument<'a> {
    LinkDocument {
        name: &link.name,
        kind: &link.kind,
        up: link.up,
        mtu: link.mtu,
        mac: link.mac.as_deref(),
        master: link.master.as_deref(),
        peer: link.peer.as_ref().map(end),
        segment: match link.role {
            Role::Plug(segment) => segments.get(&segment).copied(),
            _ => None,
        },
        vni: link.vxlan.as_ref().map(|vxlan| vxlan.vni),
        addresses: link.addresses.iter().map(entry).collect(),
        own_addresses: link.own_addresses.iter().map(String::as_str).collect(),
        trouble: link.trouble.as_deref(),
        drift: link.mark.map(|sort| sort.word()),
    }
}

fn mark(mark: &Mark) -> MarkDocument<'_> {
    let Mark { number, machine, sort, what, mends } = mark;
    MarkDocument { number: *number, machine, sort: sort.word(), what, commands: mends }
}
