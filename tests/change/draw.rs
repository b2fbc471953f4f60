//! Topologies drawn by lot, from seeds, and each another one a little different from the last.

use super::common::lot::Lot;

/// What a topology is made of.
#[derive(Debug, Clone)]
pub struct Sketch {
    ipv4: bool,
    ipv6: bool,
    routing: bool,
    masquerade: bool,
    hidden: bool,
    lan: usize,
    bridge: &'static str,
    nodes: Vec<Node>,
    hosts: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Node {
    name: usize,
    address: usize,
    block: usize,
    pods: Vec<(usize, Option<usize>)>,
    sysctls: Vec<usize>,
    rules: Vec<usize>,
}

/// Sysctls of every sort: of the machine, of its links to come, of links; those that set others, and those that are set.
const SYSCTLS: &[&str] = &[
    "net.ipv4.conf.all.rp_filter: 1",
    "net.ipv4.conf.all.rp_filter: 2",
    "net.ipv4.conf.eth0.forwarding: 0",
    "net.ipv4.conf.default.rp_filter: 2",
    "net.ipv6.conf.eth0.accept_ra: 0",
    "net.ipv4.ip_local_reserved_ports: 8080",
    "net.ipv4.conf.all.accept_redirects: 1",
];

impl Sketch {
    /// The first one.
    pub fn draw(lot: &mut Lot) -> Self {
        let families = lot.place(3);
        let mut sketch = Sketch {
            ipv4: families != 1,
            ipv6: families != 0,
            routing: !lot.once_in(4),
            masquerade: !lot.once_in(3),
            hidden: false,
            lan: 1,
            bridge: "cni0",
            nodes: Vec::new(),
            hosts: vec![1],
        };
        (0..1 + lot.place(2)).for_each(|_| sketch.add_node(lot));
        sketch
    }

    fn add_node(&mut self, lot: &mut Lot) {
        let free = |taken: &dyn Fn(usize) -> bool| (1..).find(|number| !taken(*number)).expect("a free number");
        let name = free(&|number| self.nodes.iter().any(|node| node.name == number));
        let block = free(&|number| self.nodes.iter().any(|node| node.block == number));
        let address = 10 + name + 20 * lot.place(2);
        self.nodes.push(Node { name, address, block, pods: Vec::new(), sysctls: Vec::new(), rules: Vec::new() });
        (0..lot.place(3)).for_each(|_| self.add_pod(lot));
    }

    fn add_pod(&mut self, lot: &mut Lot) {
        let taken = |number: &usize| self.nodes.iter().flat_map(|node| &node.pods).any(|(pod, _)| pod == number);
        let first = lot.place(6);
        let name = (first..).find(|number| !taken(number)).expect("a free number");
        let last = self.nodes.len() - 1;
        let place = if lot.once_in(2) { last } else { lot.place(self.nodes.len()) };
        let address = lot.once_in(4).then(|| 100 + name);
        let at = lot.place(self.nodes[place].pods.len() + 1);
        self.nodes[place].pods.insert(at, (name, address));
    }

    /// Another one, by one to three changes.
    pub fn change(&mut self, lot: &mut Lot) {
        for _ in 0..1 + lot.place(3) {
            self.change_once(lot);
        }
    }

    fn change_once(&mut self, lot: &mut Lot) {
        let place = lot.place(self.nodes.len());
        let count = self.nodes.len();
        let node = &mut self.nodes[place];
        match lot.place(16) {
            0 if count < 3 => self.add_node(lot),
            1 if count > 1 => _ = self.nodes.remove(place),
            2 | 3 => self.add_pod(lot),
            4 | 5 if !node.pods.is_empty() => {
                let at = lot.place(node.pods.len());
                node.pods.remove(at);
            }
            // A pod moves to another node.
            6 if !node.pods.is_empty() => {
                let pod = node.pods.remove(0);
                let other = lot.place(count);
                self.nodes[other].pods.push(pod);
            }
            7 => node.address = if node.address > 30 { node.address - 20 } else { node.address + 20 },
            8 => node.block += 5,
            9 => {
                let sysctl = lot.place(SYSCTLS.len());
                match node.sysctls.iter().position(|there| *there == sysctl) {
                    Some(at) => _ = node.sysctls.remove(at),
                    None => node.sysctls.push(sysctl),
                }
            }
            10 => {
                // Rules in any order, some of them gone, some of them new.
                let rule = 1 + lot.place(4);
                match node.rules.iter().position(|there| *there == rule) {
                    Some(at) => _ = node.rules.remove(at),
                    None => node.rules.insert(lot.place(node.rules.len() + 1), rule),
                }
            }
            11 => self.bridge = if self.bridge == "cni0" { "br0" } else { "cni0" },
            12 => self.masquerade = !self.masquerade,
            13 => self.routing = !self.routing,
            14 => match lot.place(3) {
                0 => (self.ipv4, self.ipv6) = (true, true),
                1 => (self.ipv4, self.ipv6) = (true, false),
                _ => (self.ipv4, self.ipv6) = (false, true),
            },
            _ => match self.hosts.pop() {
                Some(_) if lot.once_in(2) => {}
                Some(host) => self.hosts.push(host + 1),
                None => self.hosts.push(1),
            },
        }
        if lot.once_in(12) {
            self.lan = 3 - self.lan;
        }
        self.hidden = lot.once_in(5);
    }

    /// The file.
    pub fn text(&self) -> String {
        let both = |v4: String, v6: String| {
            let (four, six) = (self.ipv4.then_some(v4), self.ipv6.then_some(v6));
            four.into_iter().chain(six).map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
        };
        let lan = format!("lan{}", self.lan);
        let subnets = both("198.51.100.0/24".into(), "2001:db8:1::/64".into());
        let cluster = both("10.244.0.0/16".into(), "fd00:10:244::/48".into());
        let routing = if self.routing { "nodeRoutes" } else { "none" };
        let mut text = format!("lab: x\nnetworks: {{ {lan}: {{ subnets: [{subnets}] }}");
        if self.hidden {
            text += ", idle: {}";
        }
        text += &format!(
            " }}\ncluster: {{ clusterCIDR: [{cluster}], routing: {routing}, masquerade: {} }}\nnodes:\n",
            self.masquerade
        );
        for Node { name, address, block, pods, sysctls, rules } in &self.nodes {
            let of_pod = |(pod, address): &(usize, Option<usize>)| match address {
                Some(number) => {
                    let written =
                        both(format!("10.244.{block}.{number}/24"), format!("fd00:10:244:{block}::{number}/64"));
                    format!("p{pod}: {{ addresses: [{written}] }}")
                }
                None => format!("p{pod}: {{}}"),
            };
            let pods: Vec<String> = pods.iter().map(of_pod).collect();
            let own = both(format!("198.51.100.{address}"), format!("2001:db8:1::{address}"));
            let range = both(format!("10.244.{block}.0/24"), format!("fd00:10:244:{block}::/64"));
            let mut seen: Vec<&str> = Vec::new();
            let set = sysctls.iter().map(|sysctl| SYSCTLS[*sysctl]).filter(|line| {
                let key = line.split(": ").next().expect("a key");
                let new = !seen.contains(&key);
                seen.push(key);
                new
            });
            let sysctls: Vec<&str> = set.collect();
            text += &format!(
                "  n{name}:\n    address: [{own}]\n    podCIDR: [{range}]\n    bridge: {{ name: {} }}\n    \
                 pods: {{ {} }}\n    sysctls: {{ {} }}\n",
                self.bridge,
                pods.join(", "),
                sysctls.join(", ")
            );
            if !rules.is_empty() {
                let from = |rule: &usize| both(format!("10.{rule}.0.0/16"), format!("fd00:{rule}::/48"));
                let entries = rules
                    .iter()
                    .map(from)
                    .flat_map(|both| both.split(", ").map(|from| format!("{{ from: {from} }}")).collect::<Vec<_>>());
                text += &format!("    masquerade: [{}]\n", entries.collect::<Vec<_>>().join(", "));
            }
        }
        if !self.hosts.is_empty() {
            text += "hosts:\n";
        }
        for host in &self.hosts {
            let own = both(format!("198.51.100.{}/24", 100 + host), format!("2001:db8:1::{}/64", 100 + host));
            text += &format!("  out{host}: {{ interfaces: {{ eth0: {{ network: {lan}, addresses: [{own}] }} }} }}\n");
        }
        text
    }
}
