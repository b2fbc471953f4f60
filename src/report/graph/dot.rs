//! A lab for Graphviz.
//!
//! ```text
//! graph "three-nodes" {
//!   subgraph "cluster m0" { label="node-1"; "m1" [label="pod-a\n10.244.1.2/24"]; "m0 cni0" [label="cni0\n10.244.1.1/24"]; … }
//!   "m1" -- "m0 cni0" [taillabel="eth0"];
//! }
//! ```
//!
//! `netlab graph --format dot | dot -Tsvg`. Ids are made of numbers, names stand in labels only.

use std::fmt::Write;

use crate::diff::Sort;
use crate::graph::{Graph, Link, Machine, Medium, Role};

/// The graph in Graphviz's language.
pub fn dot(graph: &Graph) -> String {
    let mut dot = Dot { graph, text: String::new(), cables: Vec::new() };
    dot.line(0, &format!("graph {} {{", quoted([graph.lab.as_str()])));
    dot.line(1, "rankdir=TB; nodesep=0.25; ranksep=0.45; newrank=true;");
    dot.line(1, "node [shape=box, style=\"rounded,filled\", fillcolor=white, color=\"#6b87a6\", fontname=\"Helvetica\", fontsize=11];");
    dot.line(1, "edge [color=\"#56677a\", fontname=\"Helvetica\", fontsize=9];");
    for (place, machine) in graph.machines.iter().enumerate().filter(|(_, machine)| machine.home.is_none()) {
        dot.machine(place, machine);
    }
    for (place, segment) in graph.segments.iter().enumerate() {
        let lines = std::iter::once(segment.name.as_str()).chain(segment.subnets.iter().map(String::as_str));
        let label = quoted(lines.chain(segment.trouble.as_deref()));
        let look = match segment.medium {
            Medium::Network => "style=filled, fillcolor=\"#2f3e4f\", fontcolor=white, width=4, height=0.3",
            Medium::Cable => "shape=plaintext, style=\"\"",
            Medium::Overlay => "style=dashed",
        };
        dot.line(1, &format!("s{place} [label={label}, {look}{}];", colour(segment.mark, segment.trouble.is_some())));
    }
    for cable in std::mem::take(&mut dot.cables) {
        dot.line(1, &cable);
    }
    if let Some(marks) = graph.drift.as_ref().filter(|marks| !marks.is_empty()) {
        let lines: Vec<String> = marks
            .iter()
            .map(|mark| format!("{} {} in {}: {}", mark.number, mark.sort.word(), mark.machine, mark.what))
            .collect();
        let label: String = lines.iter().map(|line| escape(line) + "\\l").collect();
        dot.line(1, &format!("label=\"{label}\"; labeljust=l; fontname=\"Helvetica\"; fontsize=11;"));
    }
    dot.line(0, "}");
    dot.text
}

/// Text within double quotes. What is a line of its own is joined by `\n`, which Graphviz takes for a new line.
fn quoted<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<String> = lines.into_iter().map(escape).collect();
    format!("\"{}\"", lines.join("\\n"))
}

/// A quote would end the text, and a backslash begin one of Graphviz's own words.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The colour of what differs or is broken, behind other attributes.
fn colour(mark: Option<Sort>, broken: bool) -> String {
    let colour = match mark {
        Some(Sort::Missing) => "#c4221f",
        Some(Sort::Changed) => "#9a5b00",
        Some(Sort::Foreign) => "#7d3fae",
        None if broken => "#c4221f",
        None => return String::new(),
    };
    format!(", color=\"{colour}\", penwidth=2")
}

struct Dot<'a> {
    graph: &'a Graph,
    text: String,
    /// The edges, which are written outside of all clusters.
    cables: Vec<String>,
}

impl Dot<'_> {
    fn line(&mut self, depth: usize, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}{line}", "  ".repeat(depth));
    }

    fn machine(&mut self, place: usize, machine: &Machine) {
        let numbers: Vec<String> = machine.marks.iter().map(ToString::to_string).collect();
        let name = match numbers.is_empty() {
            true => machine.name.to_string(),
            false => format!("{} ({})", machine.name, numbers.join(", ")),
        };
        self.line(1, &format!("subgraph \"cluster m{place}\" {{"));
        let colour_of = colour(machine.mark, false);
        let edge = if colour_of.is_empty() { ", color=\"#6b87a6\"".to_owned() } else { colour_of };
        self.line(
            2,
            &format!(
                "graph [label={}, style=\"rounded,filled\", fillcolor=\"#eef3f9\", fontname=\"Helvetica-Bold\"{edge}];",
                quoted([name.as_str()])
            ),
        );
        let guests =
            self.graph.machines.iter().enumerate().filter(|(_, guest)| guest.home.as_ref() == Some(&machine.name));
        for (number, guest) in guests.collect::<Vec<_>>() {
            self.guest(place, machine, number, guest);
        }
        let bridges: Vec<&Link> = machine.bridges().collect();
        for bridge in &bridges {
            let id = link_id(place, machine, bridge);
            let look = "style=filled, fillcolor=\"#5779a0\", fontcolor=white, height=0.3";
            self.line(
                2,
                &format!("{id} [label={}, {look}{}];", label(bridge), colour(bridge.mark, bridge.trouble.is_some())),
            );
        }
        let mut empty = bridges.is_empty();
        for link in machine.cards() {
            empty = false;
            let id = link_id(place, machine, link);
            self.line(
                2,
                &format!("{id} [label={}, height=0.3{}];", label(link), colour(link.mark, link.trouble.is_some())),
            );
            for bridge in &bridges {
                let port = link.master.as_ref() == Some(&bridge.name);
                if port || link.master.is_none() {
                    let style = if port { "" } else { " [style=dotted]" };
                    self.line(2, &format!("{} -- {id}{style};", link_id(place, machine, bridge)));
                }
            }
            self.plug(&id, link, "");
        }
        if empty {
            // Graphviz draws no cluster without anything in it.
            self.line(2, &format!("m{place} [label=\"\", shape=point, style=invis];"));
        }
        self.line(1, "}");
    }

    fn guest(&mut self, place: usize, home: &Machine, number: usize, guest: &Machine) {
        let mut lines = vec![guest.name.to_string()];
        let pin = guest.pin();
        lines.extend(pin.iter().flat_map(|(pin, _)| pin.said().into_iter().skip(1)));
        lines.extend(guest.cards().map(|link| link.said().join(" ")));
        let label = quoted(lines.iter().map(String::as_str));
        self.line(2, &format!("m{number} [label={label}{}];", colour(guest.mark, false)));
        let socket = pin.and_then(|(_, peer)| home.link(&peer.link));
        if let (Some((pin, _)), Some(socket)) = (pin, socket) {
            let bridge = socket.master.as_ref().and_then(|master| home.link(master));
            let broken = pin.trouble.is_some() || socket.trouble.is_some();
            let look = colour(pin.mark.or(socket.mark), broken);
            let dashed = if look.is_empty() { "" } else { ", style=dashed" };
            let ends = format!("taillabel={}", quoted([pin.name.as_str()]));
            if let Some(bridge) = bridge {
                self.line(2, &format!("m{number} -- {} [{ends}{look}{dashed}];", link_id(place, home, bridge)));
            }
        }
        for link in guest.cards() {
            self.plug(&format!("m{number}"), link, &link.name);
        }
    }

    fn plug(&mut self, id: &str, link: &Link, named: &str) {
        let Role::Plug(segment) = link.role else { return };
        let look = colour(link.mark, link.trouble.is_some());
        let overlay = self.graph.segments.get(segment).is_some_and(|segment| segment.medium == Medium::Overlay);
        let dashed = if look.is_empty() && !overlay { "" } else { ", style=dashed" };
        self.cables.push(format!("{id} -- s{segment} [taillabel={}{look}{dashed}];", quoted([named])));
    }
}

/// A link's id: its place among its machine's links.
fn link_id(place: usize, machine: &Machine, link: &Link) -> String {
    let number = machine.links.iter().position(|one| one.name == link.name).unwrap_or_default();
    format!("m{place}l{number}")
}

fn label(link: &Link) -> String {
    quoted(link.said().iter().map(String::as_str))
}
