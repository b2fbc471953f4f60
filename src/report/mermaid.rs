//! A topology as a picture in Mermaid, which GitHub, GitLab and many editors draw.
//!
//! ```text
//! flowchart TB
//!   subgraph node0["node-1"]
//!     node0pod0["pod-a<br/>eth0 10.244.1.2/24"] --- node0bridge
//!     node0bridge[["cni0<br/>10.244.1.1/24"]]
//!   end
//! ```
//!
//! What Mermaid is told to draw is numbered, and names stand in labels only: a node may be called `end`, which is one of
//! Mermaid's own words.

use std::fmt::Display;

use ipnetwork::IpNetwork;

use crate::names::LinkName;
use crate::topology::model::{Interface, Machine, Network, Node, Topology};

/// The picture: a box per node with its pods, its bridge and its network cards, the networks, and the hosts.
pub fn flowchart(topology: &Topology) -> String {
    let mut picture = Picture { text: "flowchart TB\n".into(), networks: &topology.networks };
    for (place, node) in topology.nodes.iter().enumerate() {
        picture.node(&format!("node{place}"), node);
    }
    for (place, network) in topology.networks.iter().enumerate() {
        let label = label([format!("network {}", network.name)], &network.subnets);
        picture.line(1, &format!("network{place}[[{label}]]"));
    }
    for (place, host) in topology.hosts.iter().enumerate() {
        let id = format!("host{place}");
        let label = label([host.name.to_string()].into_iter().chain(host.interfaces.iter().map(card)), &[]);
        picture.line(1, &format!("{id}({label})"));
        let several = host.interfaces.len() > 1;
        host.interfaces.iter().for_each(|interface| picture.cable(&id, interface, several));
    }
    picture.text
}

/// `eth0 192.168.1.11/24`
fn card(interface: &Interface) -> String {
    let addresses = interface.addresses.iter().map(ToString::to_string);
    std::iter::once(interface.name.to_string()).chain(addresses).collect::<Vec<_>>().join(" ")
}

/// A label in its quotes: some lines, then an address on each.
fn label(lines: impl IntoIterator<Item = String>, addresses: &[IpNetwork]) -> String {
    let lines = lines.into_iter().chain(addresses.iter().map(ToString::to_string));
    let lines: Vec<String> = lines.map(|line| escape(&line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

/// Text as it stands in a label: Mermaid's `#34;` is what HTML calls `&#34;`.
pub(super) fn escape(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '/' | ' ') || !c.is_ascii();
    let mut escaped = String::new();
    for c in text.chars() {
        if plain(c) { escaped.push(c) } else { escaped.push_str(&format!("#{};", u32::from(c))) }
    }
    escaped
}

/// A picture that is being drawn.
struct Picture<'a> {
    text: String,
    networks: &'a [Network],
}

impl Picture<'_> {
    fn line(&mut self, depth: usize, line: &(impl Display + ?Sized)) {
        self.text.push_str(&format!("{}{line}\n", "  ".repeat(depth)));
    }

    fn node(&mut self, id: &str, node: &Node) {
        let Machine { name, interfaces, .. } = &node.machine;
        self.line(1, &format!("subgraph {id}[{}]", label([name.to_string()], &[])));
        for (place, pod) in node.pods.iter().enumerate() {
            let cards = pod.machine.interfaces.iter().map(card);
            let mut lines = vec![pod.machine.name.to_string(), LinkName::of_pod().to_string()];
            lines.extend(pod.addresses.iter().map(ToString::to_string).chain(cards));
            self.line(2, &format!("{id}pod{place}({})", label(lines, &[])));
            self.line(2, &format!("{id}pod{place} --- {id}bridge"));
        }
        if let Some(bridge) = &node.bridge {
            self.line(2, &format!("{id}bridge[[{}]]", label([bridge.name.to_string()], &bridge.addresses)));
        }
        for (place, interface) in interfaces.iter().enumerate() {
            let label = label([interface.name.to_string()], &interface.addresses);
            self.line(2, &format!("{id}card{place}[{label}]"));
            if node.bridge.is_some() {
                // Between its bridge and its network cards the node routes.
                self.line(2, &format!("{id}bridge -.- {id}card{place}"));
            }
        }
        self.line(1, "end");
        for (place, interface) in interfaces.iter().enumerate() {
            self.cable(&format!("{id}card{place}"), interface, false);
        }
        for (place, pod) in node.pods.iter().enumerate() {
            pod.machine.interfaces.iter().for_each(|card| self.cable(&format!("{id}pod{place}"), card, true));
        }
    }

    /// A cable to a network's switch, which says by which interface where that is not drawn otherwise. Hosts stand below
    /// the networks, all others above.
    fn cable(&mut self, id: &str, interface: &Interface, named: bool) {
        let Some(place) = self.networks.iter().position(|network| network.name == interface.network) else { return };
        let cable = if named { format!("---|{}|", label([interface.name.to_string()], &[])) } else { "---".into() };
        match id.starts_with("host") {
            true => self.line(1, &format!("network{place} {cable} {id}")),
            false => self.line(1, &format!("{id} {cable} network{place}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    #[test]
    fn names_stand_in_labels_only() {
        let text = "lab: x\nnetworks: { graph: { subnets: [192.0.2.0/24] } }\nnodes:\n  end:\n    interfaces: { o_o: { network: \
                    graph, addresses: [192.0.2.1/24] } }\n    bridge: { name: style, addresses: [10.1.0.1/24] }\n    pods: { \
                    subgraph: {} }\nhosts: { class: { interfaces: { eth0: { network: graph, addresses: [192.0.2.9/24] } } } }\n";
        let expected = r#"flowchart TB
  subgraph node0["end"]
    node0pod0("subgraph<br/>eth0<br/>10.1.0.2/24")
    node0pod0 --- node0bridge
    node0bridge[["style<br/>10.1.0.1/24"]]
    node0card0["o#95;o<br/>192.0.2.1/24"]
    node0bridge -.- node0card0
  end
  node0card0 --- network0
  network0[["network graph<br/>192.0.2.0/24"]]
  host0("class<br/>eth0 192.0.2.9/24")
  network0 --- host0
"#;
        assert_eq!(flowchart(&parse("test.yaml", text).unwrap()), expected);
    }

    #[test]
    fn what_mermaid_would_read_is_told_by_number() {
        assert_eq!(escape(r#"a"b<c>#;"#), "a#34;b#60;c#62;#35;#59;");
    }
}
