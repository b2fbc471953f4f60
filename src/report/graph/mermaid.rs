//! A lab as a flowchart for Mermaid, which GitHub, GitLab and many editors draw.
//!
//! ```text
//! flowchart TB
//!   subgraph node0["node-1"]
//!     node0pod0("pod-a<br/>eth0 10.244.1.2/24")
//!     node0pod0 --- node0bridge0
//!     node0bridge0[["cni0<br/>10.244.1.1/24"]]
//!   end
//! ```
//!
//! What Mermaid is told to draw is numbered, and names stand in labels only: a node may be called `end`, which is one of
//! Mermaid's own words.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::TOLD;
use crate::diff::Sort;
use crate::graph::{Graph, Kind, Link, Machine, Medium, Role, Segment, summary};
use crate::report::mermaid::escape;

/// From how many guests on they are one box: Mermaid draws no more than a few hundred lines.
const MANY: usize = 12;

/// The flowchart: a box for each machine with its pods, its bridges and its network cards, and the networks.
pub fn mermaid(graph: &Graph) -> String {
    let mut chart =
        Chart { graph, text: "flowchart TB\n".into(), edges: 0, broken: Vec::new(), classes: BTreeMap::new() };
    // Hosts stand below the networks, all others above.
    let (hosts, others): (Vec<&Machine>, Vec<&Machine>) = graph.outer().partition(|machine| is_simple(machine));
    for (place, machine) in others.iter().enumerate() {
        chart.whole(&format!("node{place}"), machine);
    }
    for (place, segment) in graph.segments.iter().enumerate() {
        chart.segment(place, segment);
    }
    for (place, host) in hosts.iter().enumerate() {
        chart.host(&format!("host{place}"), host);
    }
    chart.finish()
}

/// Whether a machine is a box without anything in it.
fn is_simple(machine: &Machine) -> bool {
    machine.kind != Kind::Node
        && machine.bridges().next().is_none()
        && machine.links.iter().all(|link| !matches!(link.role, Role::Socket(_)))
}

/// A label in its quotes.
fn label(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| escape(&line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

/// A chart that is being written.
struct Chart<'a> {
    graph: &'a Graph,
    text: String,
    edges: usize,
    /// The edges that carry nothing, by their numbers.
    broken: Vec<usize>,
    /// What differs, by its class.
    classes: BTreeMap<&'static str, Vec<String>>,
}

impl Chart<'_> {
    fn line(&mut self, depth: usize, line: &(impl Display + ?Sized)) {
        self.text.push_str(&format!("{}{line}\n", "  ".repeat(depth)));
    }

    /// A line between two things.
    fn edge(&mut self, depth: usize, [from, to]: [&str; 2], dotted: bool, words: Option<String>, broken: bool) {
        let line = if dotted { "-.-" } else { "---" };
        let words = words.map(|words| format!("|{}|", label([words]))).unwrap_or_default();
        self.line(depth, &format!("{from} {line}{words} {to}"));
        if broken {
            self.broken.push(self.edges);
        }
        self.edges += 1;
    }

    fn class(&mut self, id: &str, mark: Option<Sort>) {
        if let Some(sort) = mark {
            self.classes.entry(sort.word()).or_default().push(id.to_owned());
        }
    }

    fn name(&self, machine: &Machine) -> String {
        let mark = machine.mark.map(|mark| format!(" {}", mark.word())).unwrap_or_default();
        let numbers: Vec<String> = machine.marks.iter().map(ToString::to_string).collect();
        let numbers = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
        format!("{}{mark}{numbers}", machine.name)
    }

    /// A machine with its bridges, those that are plugged into them, and its cards.
    fn whole(&mut self, id: &str, machine: &Machine) {
        self.line(1, &format!("subgraph {id}[{}]", label([self.name(machine)])));
        self.class(id, machine.mark);
        let bridges: Vec<(&Link, String)> =
            machine.bridges().enumerate().map(|(place, bridge)| (bridge, format!("{id}bridge{place}"))).collect();
        let bridge_of = |link: &Link| {
            let master = link.master.as_ref()?;
            bridges.iter().find(|(bridge, _)| bridge.name == *master).map(|(_, id)| id.clone())
        };
        let guests: Vec<&Machine> = self.graph.guests(&machine.name).collect();
        let many = guests.len() > MANY;
        for (place, guest) in guests.iter().enumerate().filter(|(place, _)| !many || *place == 0) {
            let pod = format!("{id}pod{place}");
            let socket = guest.pin().and_then(|(_, peer)| machine.link(&peer.link));
            if many {
                self.line(2, &format!("{pod}({})", label(crowd(&guests))));
            } else {
                let mut text = vec![self.name(guest)];
                text.extend(guest.pin().map(|(pin, _)| pin.said()).unwrap_or_default());
                text.extend(guest.cards().map(|link| link.said().join(" ")));
                self.line(2, &format!("{pod}({})", label(text)));
                self.class(&pod, guest.mark);
            }
            if let Some(bridge) = socket.and_then(bridge_of) {
                let trouble = guest.pin().and_then(|(pin, _)| pin.odd()).or_else(|| socket.and_then(Link::odd));
                let ends = guest.pin().map(|(pin, _)| pin).into_iter().chain(socket);
                let broken = ends.clone().any(Link::is_broken) && !many;
                self.edge(2, [&pod, &bridge], false, trouble.filter(|_| broken), broken);
            }
        }
        for (bridge, id) in &bridges {
            self.line(2, &format!("{id}[[{}]]", label(bridge.said())));
            self.class(id, bridge.mark);
        }
        let cards: Vec<&Link> = machine.cards().collect();
        for (place, link) in cards.iter().enumerate() {
            let card = format!("{id}card{place}");
            self.line(2, &format!("{card}[{}]", label(link.said())));
            self.class(&card, link.mark);
            match bridge_of(link) {
                Some(bridge) => self.edge(2, [&bridge, &card], false, None, false),
                // Between its bridges and its network cards the machine routes.
                None => bridges.iter().for_each(|(_, bridge)| self.edge(2, [bridge, &card], true, None, false)),
            }
        }
        self.line(1, "end");
        for (place, link) in cards.iter().enumerate() {
            self.cable(&format!("{id}card{place}"), link, false, false);
        }
        for (place, guest) in guests.iter().enumerate().filter(|_| !many) {
            guest.cards().for_each(|link| self.cable(&format!("{id}pod{place}"), link, true, false));
        }
    }

    /// A cable to what a link is plugged into, which says by which link where that is not drawn otherwise.
    fn cable(&mut self, id: &str, link: &Link, named: bool, below: bool) {
        let Role::Plug(place) = link.role else { return };
        let broken = link.is_broken();
        let words: Vec<String> =
            named.then(|| link.name.clone()).into_iter().chain(link.odd().filter(|_| broken)).collect();
        let words = (!words.is_empty()).then(|| words.join(" "));
        let dotted = self.graph.segments.get(place).is_some_and(|segment| segment.medium == Medium::Overlay);
        let segment = format!("network{place}");
        let ends = if below { [segment.as_str(), id] } else { [id, segment.as_str()] };
        self.edge(1, ends, dotted, words, broken);
    }

    fn segment(&mut self, place: usize, segment: &Segment) {
        let id = format!("network{place}");
        let name = match segment.medium {
            Medium::Network => format!("network {}", segment.name),
            Medium::Cable | Medium::Overlay => segment.name.clone(),
        };
        let rest = segment.subnets.iter().cloned().chain(segment.trouble.clone());
        let text = label(std::iter::once(name).chain(rest));
        match segment.medium {
            Medium::Network => self.line(1, &format!("{id}[[{text}]]")),
            Medium::Cable | Medium::Overlay => self.line(1, &format!("{id}([{text}])")),
        }
        self.class(&id, segment.mark);
    }

    fn host(&mut self, id: &str, host: &Machine) {
        let text = label(std::iter::once(self.name(host)).chain(host.cards().map(|link| link.said().join(" "))));
        self.line(1, &format!("{id}({text})"));
        self.class(id, host.mark);
        let several = host.cards().count() > 1;
        host.cards().for_each(|link| self.cable(id, link, several, true));
    }

    fn finish(mut self) -> String {
        for (class, style) in [
            ("missing", "stroke:#c4221f,stroke-width:2px,stroke-dasharray:5 4"),
            ("changed", "stroke:#9a5b00,stroke-width:2px"),
            ("foreign", "stroke:#7d3fae,stroke-width:2px"),
        ] {
            if let Some(ids) = self.classes.remove(class) {
                self.line(1, &format!("classDef {class} {style}"));
                self.line(1, &format!("class {} {class}", ids.join(",")));
            }
        }
        if !self.broken.is_empty() {
            let numbers: Vec<String> = self.broken.iter().map(ToString::to_string).collect();
            self.line(
                1,
                &format!("linkStyle {} stroke:#c4221f,stroke-width:2px,stroke-dasharray:5 4", numbers.join(",")),
            );
        }
        let marks = self.graph.drift.iter().flatten();
        let told: Vec<String> = marks
            .take(TOLD)
            .map(|mark| format!("{} {} in {}: {}", mark.number, mark.sort.word(), mark.machine, mark.what))
            .collect();
        if !told.is_empty() {
            self.line(1, &format!("drift[{}]", label(told)));
        }
        self.text
    }
}

/// `50 pods`, and the first and the last address.
fn crowd(guests: &[&Machine]) -> Vec<String> {
    let (count, addresses) = summary(guests);
    std::iter::once(count).chain(addresses.into_iter().map(|(first, last)| format!("{first} … {last}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn names_stand_in_labels_only() {
        let text = "lab: x\nnetworks: { graph: { subnets: [192.0.2.0/24] } }\nnodes:\n  end:\n    interfaces: { o_o: { network: \
                    graph, addresses: [192.0.2.1/24] } }\n    bridge: { name: style, addresses: [10.1.0.1/24] }\n    pods: { \
                    subgraph: {} }\nhosts: { class: { interfaces: { eth0: { network: graph, addresses: [192.0.2.9/24] } } } }\n";
        let expected = r#"flowchart TB
  subgraph node0["end"]
    node0pod0("subgraph<br/>eth0<br/>10.1.0.2/24")
    node0pod0 --- node0bridge0
    node0bridge0[["style<br/>10.1.0.1/24"]]
    node0card0["o#95;o<br/>192.0.2.1/24"]
    node0bridge0 -.- node0card0
  end
  node0card0 --- network0
  network0[["network graph<br/>192.0.2.0/24"]]
  host0("class<br/>eth0 192.0.2.9/24")
  network0 --- host0
"#;
        assert_eq!(mermaid(&samples::planned(text)), expected);
    }
}
