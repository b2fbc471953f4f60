//! What nftables did with a packet, and how far it came between two interfaces.
//!
//! ```text
//! veth-pod-a In ─ prerouting ─┬─ input ─▶ a socket here
//!                             └─ forward ─ postrouting ─▶ eth0 Out
//! a socket here ─ output ─ postrouting ─▶ eth0 Out
//! ```
//!
//! Empty chains at both ends of each hook are breadcrumbs: their events say that the packet was there.

use super::frame::Frame;
use super::legs::{Known, Role};
use super::outcome::Leg;
pub use crate::kernel::nft::watch::Hook;
use crate::kernel::nft::watch::{Event, Kind, Verdict};
use crate::names::MachineName;
use crate::network::ruleset::{Family, Table, find_rule};

/// One thing that nftables did with a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// In which machine.
    pub machine: MachineName,
    /// With a packet of which leg.
    pub leg: Leg,
    /// Whether the packet was within another one.
    pub outer: bool,
    /// The family of the table.
    pub family: Family,
    /// What was done.
    pub what: What,
    /// Where the packet was going then, if the event says so.
    pub destination: Option<std::net::IpAddr>,
    /// The packet's way in and out, by index.
    pub interfaces: (Option<u32>, Option<u32>),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was seen at a hook: before all rules, or behind them.
    Passed {
        /// Which hook.
        hook: Hook,
        /// Whether behind all rules.
        late: bool,
    },
    /// A rule fitted.
    Rule {
        /// Its table.
        table: String,
        /// Its chain.
        chain: String,
        /// Its handle.
        handle: u64,
        /// Its text, if it could be read.
        text: Option<String>,
        /// Whether it ended the packet.
        dropped: bool,
        /// The verdict in nft's words.
        verdict: String,
    },
    /// No rule of a base chain decided, and its policy did.
    Policy {
        /// Its table.
        table: String,
        /// The chain.
        chain: String,
        /// Whether it ended the packet.
        dropped: bool,
    },
}

impl Act {
    /// Whether the packet ended here.
    pub fn dropped(&self) -> bool {
        match &self.what {
            What::Rule { dropped, .. } | What::Policy { dropped, .. } => *dropped,
            What::Passed { .. } => false,
        }
    }
}

/// How far a packet came through a machine's hooks of IP.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    acts: &'a [Act],
    machine: &'a MachineName,
    leg: Leg,
    outer: bool,
}

impl<'a> Passage<'a> {
    /// That of a leg's packet through a machine.
    pub fn new(acts: &'a [Act], machine: &'a MachineName, leg: Leg, outer: bool) -> Self {
        Passage { acts, machine, leg, outer }
    }

    /// What was done with it there, when it came there last: in a loop it comes by often.
    pub fn acts(self) -> impl Iterator<Item = &'a Act> {
        let own = move |a: &&Act| a.machine == *self.machine && a.leg == self.leg && a.outer == self.outer;
        let enters = |a: &Act| a.what == What::Passed { hook: Hook::Prerouting, late: false };
        let all: Vec<&Act> = self.acts.iter().filter(own).collect();
        let last = all.iter().rposition(|act| enters(act)).unwrap_or(0);
        all.into_iter().skip(last)
    }

    /// Whether it was seen at a hook: before all rules, or behind them.
    pub fn reached(self, hook: Hook, late: bool) -> bool {
        let ip = |act: &&Act| !matches!(act.family, Family::Bridge | Family::Netdev | Family::Arp);
        self.acts().filter(ip).any(|act| act.what == What::Passed { hook, late })
    }

    /// The hook that it entered and did not leave.
    pub fn stuck_in(self) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| self.reached(*hook, false) && !self.reached(*hook, true))
    }
}

/// A packet that an event tells of: its leg, and whether it is the one around ours.
type Whose = Option<(Leg, bool)>;

/// What nftables did with the packets of one probe in a machine. `outer` are the addresses of packets around ours, which
/// an event's few bytes do not show to be ours.
pub fn acts(
    machine: &MachineName,
    events: &[Event],
    tables: &[Table],
    (known, number): (&Known, u32),
    outer: &[(Leg, [std::net::IpAddr; 2])],
) -> Vec<Act> {
    let mut whose: std::collections::HashMap<u32, Whose> = std::collections::HashMap::new();
    let mut acts = Vec::new();
    for event in events {
        // Only the first event of a base chain has headers; those behind it go by its number.
        if !event.network_header.is_empty() {
            whose.insert(event.id, owner(event, (known, number), outer));
        }
        let Some((leg, is_outer)) = whose.get(&event.id).copied().flatten() else { continue };
        let Some(what) = what(event, tables) else { continue };
        let (family, interfaces) = (event.family, (event.iif, event.oif));
        let head = [&event.network_header[..], &event.transport_header[..]].concat();
        let destination = Frame::of_packet(&head).outermost().map(|packet| packet.destination);
        acts.push(Act { machine: machine.clone(), leg, outer: is_outer, family, what, destination, interfaces });
    }
    acts
}

fn owner(event: &Event, (known, number): (&Known, u32), outer: &[(Leg, [std::net::IpAddr; 2])]) -> Whose {
    let frame = Frame::of_packet(&[&event.network_header[..], &event.transport_header[..]].concat());
    if let Some(around) = frame.outer.first() {
        let addresses = [around.packet.source, around.packet.destination];
        return outer.iter().find(|(_, known)| *known == addresses).map(|(leg, _)| (*leg, true));
    }
    match known.role(frame.packet()?)? {
        Role::Probe(of) if of == number => Some((Leg::There, false)),
        Role::Answer(of) if of == number => Some((Leg::Back, false)),
        _ => None,
    }
}

fn what(event: &Event, tables: &[Table]) -> Option<What> {
    let (table, chain) = (event.table.clone(), event.chain.clone());
    let dropped = event.verdict == Verdict::Drop;
    match (event.breadcrumb(), event.kind) {
        (Some(crumb), _) => Some(What::Passed { hook: crumb.hook, late: crumb.late }),
        (None, Kind::Rule(handle)) => {
            let rule = find_rule(tables, event.family, &table, &chain, handle);
            let text = rule.map(ToString::to_string);
            Some(What::Rule { table, chain, handle, text, dropped, verdict: event.verdict.to_string() })
        }
        (None, Kind::Policy) => Some(What::Policy { table, chain, dropped }),
        (None, Kind::Return) => None,
    }
}
