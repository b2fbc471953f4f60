//! A lab as things that can be drawn: who stands where, and what is plugged into what.
//!
//! ```text
//! Graph ─┬─ machines   node-1 (a node)     links: cni0 Bridge, veth-pod-a Socket of pod-a, eth0 Plug into segment 0
//!        │             pod-a, at home in node-1   links: eth0 Pin in node-1's veth-pod-a
//!        ├─ segments   underlay 192.168.1.0/24: node-1's eth0, node-2's eth0 …    what several are plugged into
//!        └─ drift      1 missing, node-1: route 10.244.2.0/24 via 192.168.1.12    when it was compared with its plan
//! ```
//!
//! It is made ([`Graph::of`]) of the values that a plan predicts and of those that the kernel was seen to hold alike: that
//! a fresh lab is drawn as its file is, is no accident. Pods are drawn within the machine that they are plugged into, be it
//! another one than planned.

mod build;
mod drift;
mod homes;
mod only;
mod segments;
mod trouble;
mod words;

pub use words::summary;

use crate::diff::Sort;
use crate::names::{LabName, MachineName};
use crate::network::{Peer, Vxlan};

/// A lab, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The lab's name.
    pub lab: LabName,
    /// What it was made of.
    pub source: Source,
    /// What machines are plugged into: the networks first.
    pub segments: Vec<Segment>,
    /// The machines, each followed by those that are at home in it.
    pub machines: Vec<Machine>,
    /// The namespace that the networks' bridges stand in.
    pub fabric: Machine,
    /// What differs from the plan, if that was asked for.
    pub drift: Option<Vec<Mark>>,
    /// How many machines are not drawn because nobody asked for them.
    pub left_out: usize,
}

/// What a graph was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What a plan leads to.
    Plan,
    /// What the kernel was seen to hold.
    Kernel,
}

/// Something that several machines are plugged into.
#[derive(Debug, Clone)]
pub struct Segment {
    /// What it is.
    pub medium: Medium,
    /// Its name, for people.
    pub name: String,
    /// The subnets of the addresses that are used on it.
    pub subnets: Vec<String>,
    /// The links that are plugged into it.
    pub ends: Vec<Peer>,
    /// What keeps it from carrying anything, in a word or two.
    pub trouble: Option<String>,
    /// Whether it is missing, changed or foreign.
    pub mark: Option<Sort>,
}

/// What a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A bridge in the fabric.
    Network,
    /// A veth pipe straight from one machine to another.
    Cable,
    /// VXLAN links with the same identifier.
    Overlay,
}

/// A machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Its name.
    pub name: MachineName,
    /// What it is.
    pub kind: Kind,
    /// The machine in which it is drawn: the one that it is plugged into.
    pub home: Option<MachineName>,
    /// Its links, without the loopback.
    pub links: Vec<Link>,
    /// Its routes, by destination; those of the kernel's own making too.
    pub routes: Vec<Entry>,
    /// Its nftables rules, with the table and chain that they are in.
    pub rules: Vec<Entry>,
    /// Whether it is missing or foreign as a whole.
    pub mark: Option<Sort>,
    /// The numbers of its marks.
    pub marks: Vec<usize>,
}

/// What a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It belongs to the cluster and hosts pods.
    Node,
    /// It does not belong to the cluster.
    Host,
    /// It is one of a node's pods.
    Pod,
    /// The plan does not know it: somebody made it by hand.
    Foreign,
    /// It is the lab's base namespace.
    Fabric,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Node => "node",
            Kind::Host => "host",
            Kind::Pod => "pod",
            Kind::Foreign => "foreign",
            Kind::Fabric => "fabric",
        }
    }
}

/// A line of a table: a route, a rule, an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// All of it.
    pub text: String,
    /// The same in few words, if it is worth a place in the picture: what the kernel makes by itself is not.
    pub brief: Option<String>,
    /// Whether it is missing, changed or foreign.
    pub mark: Option<Sort>,
}

/// A link of a machine.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Its kind: `veth`, `bridge`, `vxlan` …
    pub kind: String,
    /// How it is drawn.
    pub role: Role,
    /// Its addresses that somebody gave it.
    pub addresses: Vec<Entry>,
    /// Those that the kernel made by itself from the hardware address (IPv6, link-local).
    pub own_addresses: Vec<String>,
    /// Maximum transmission unit in bytes.
    pub mtu: u32,
    /// Its hardware address, where it is known.
    pub mac: Option<String>,
    /// Whether it is set up.
    pub up: bool,
    /// The bridge that it is a port of.
    pub master: Option<String>,
    /// The other end of its pipe.
    pub peer: Option<Peer>,
    /// Where it encapsulates to.
    pub vxlan: Option<Vxlan>,
    /// What keeps it from carrying anything, in a word or two: `down`, `port blocking`, `in no bridge`.
    pub trouble: Option<String>,
    /// Whether it is missing, changed or foreign.
    pub mark: Option<Sort>,
}

/// How a link is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// As a bar, which others are plugged into.
    Bridge,
    /// As the end, at home, of the cable to a machine that is drawn within this one.
    Socket(Peer),
    /// As that cable's other end, in the machine that is drawn within.
    Pin(Peer),
    /// As a cable to the segment of this number.
    Plug(usize),
    /// By its name alone.
    Alone,
}

/// One difference from the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its number in the picture, from 1.
    pub number: usize,
    /// Where.
    pub machine: MachineName,
    /// In what way.
    pub sort: Sort,
    /// What.
    pub what: String,
    /// The commands that mend it.
    pub mends: Vec<String>,
}

impl Graph {
    /// The machines that stand for themselves.
    pub fn outer(&self) -> impl Iterator<Item = &Machine> {
        self.machines.iter().filter(|machine| machine.home.is_none())
    }

    /// The machines that are drawn within another one.
    pub fn guests<'a>(&'a self, of: &'a MachineName) -> impl Iterator<Item = &'a Machine> {
        self.machines.iter().filter(move |machine| machine.home.as_ref() == Some(of))
    }

    /// What is said of it as a whole: `3 nodes, 6 pods, 1 host`.
    pub fn summary(&self) -> String {
        let count = |kind: Kind| self.machines.iter().filter(|machine| machine.kind == kind).count();
        let words =
            [(Kind::Node, "node"), (Kind::Pod, "pod"), (Kind::Host, "host"), (Kind::Foreign, "foreign machine")];
        let parts = words.into_iter().map(|(kind, word)| (count(kind), word)).filter(|(count, _)| *count > 0);
        let parts: Vec<String> =
            parts.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" })).collect();
        if parts.is_empty() { "no machine".into() } else { parts.join(", ") }
    }
}

impl Machine {
    /// A link by its name.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// Its bridges.
    pub fn bridges(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.role == Role::Bridge)
    }

    /// The link by which it is plugged into the machine that it is drawn within.
    pub fn pin(&self) -> Option<(&Link, &Peer)> {
        self.links.iter().find_map(|link| match &link.role {
            Role::Pin(socket) => Some((link, socket)),
            _ => None,
        })
    }

    /// The links that have a place of their own at the machine's edge.
    pub fn cards(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| matches!(link.role, Role::Plug(_) | Role::Alone))
    }
}
