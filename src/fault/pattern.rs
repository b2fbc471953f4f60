//! Whom a fault cuts off: packets that pass a machine in a certain way, and the pairs of machines whose packets do.
//!
//! ```text
//! Pattern { machine: node-1, roles: [sent, forwarded], to: 10.244.2.0/24, … }
//!     pod-a → pod-c   forwarded at node-1 to 10.244.2.2              matches: lost
//!     pod-c → pod-a   the answer is forwarded there to 10.244.2.2    matches: lost
//!     pod-a → pod-e   to 10.244.3.2                                  does not
//! ```
//!
//! A pattern reads like a rule of a firewall: all that it says must hold, and what it leaves out is anything.

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::Strike;
use super::site::Site;
use super::way::{Passage, Role, round_trip};
use crate::names::{LinkName, MachineName};

/// In what way packets pass a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The machine.
    pub machine: Option<MachineName>,
    /// What it does with them: any of these, or anything if there is none.
    pub roles: Vec<Role>,
    /// A link that they enter by.
    pub enters: Option<LinkName>,
    /// A link that they leave by.
    pub leaves: Option<LinkName>,
    /// A link that they enter or leave by.
    pub by: Option<LinkName>,
    /// Where they come from.
    pub from: Option<IpNetwork>,
    /// Where they go.
    pub to: Option<IpNetwork>,
    /// The gateway that they are sent to.
    pub via: Option<IpAddr>,
    /// The neighbour that they are sent to.
    pub next: Option<IpAddr>,
    /// Their family.
    pub ipv6: Option<bool>,
    /// Whether they are answers.
    pub answer: Option<bool>,
    /// Whether their source is translated.
    pub translated: Option<bool>,
    /// The UDP port that they are sent to, as packets around others.
    pub outer: Option<u16>,
}

/// One cell of the matrix of who reaches whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Of IPv6.
    pub ipv6: bool,
    /// Who asks.
    pub source: MachineName,
    /// Who answers.
    pub destination: MachineName,
}

impl Pattern {
    /// Whatever passes this machine.
    pub fn at(machine: &MachineName) -> Self {
        Pattern { machine: Some(machine.clone()), ..Pattern::default() }
    }

    /// What it sends or passes on, by its route table.
    pub fn routed(machine: &MachineName) -> Self {
        Pattern { roles: vec![Role::Sent, Role::Forwarded], ..Pattern::at(machine) }
    }

    /// What it passes on by its route table.
    pub fn forwarded(machine: &MachineName) -> Self {
        Pattern { roles: vec![Role::Forwarded], ..Pattern::at(machine) }
    }

    /// What enters or leaves it by this link.
    pub fn by(machine: &MachineName, link: &LinkName) -> Self {
        Pattern { by: Some(link.clone()), ..Pattern::at(machine) }
    }

    /// What tells it from others of its kind: its links and addresses.
    pub(super) fn name(&self) -> String {
        let links = [&self.enters, &self.leaves, &self.by].into_iter().flatten().map(ToString::to_string);
        let networks = [self.from, self.to].into_iter().flatten().map(|network| network.to_string());
        let gateways = [self.via, self.next].into_iter().flatten().map(|ip| ip.to_string());
        links.chain(networks).chain(gateways).collect::<Vec<_>>().join(" ")
    }

    /// Whether a packet passes in this way.
    pub fn matches(&self, passage: &Passage) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| found == Some(wanted))
        }
        let within = |network: &Option<IpNetwork>, ip: IpAddr| network.is_none_or(|network| network.contains(ip));
        let among = |link: &Option<LinkName>, links: &[LinkName]| link.as_ref().is_none_or(|link| links.contains(link));
        is(self.machine.as_ref(), Some(&passage.machine))
            && (self.roles.is_empty() || self.roles.contains(&passage.role))
            && among(&self.enters, &passage.enters)
            && among(&self.leaves, &passage.leaves)
            && (among(&self.by, &passage.enters) || among(&self.by, &passage.leaves))
            && within(&self.from, passage.from)
            && within(&self.to, passage.to)
            && is(self.via.as_ref(), passage.via.as_ref())
            && is(self.next.as_ref(), passage.next.as_ref())
            && is(self.ipv6.as_ref(), Some(&passage.to.is_ipv6()))
            && is(self.answer.as_ref(), Some(&passage.answer))
            && is(self.translated.as_ref(), Some(&passage.translated))
            && is(self.outer.as_ref(), passage.outer.as_ref())
    }
}

/// All cells of a lab's matrix with the way of each ([`Site::is_tried`]), without those that have no way in the file. Only
/// those about which `wanted` says so.
pub fn ways(site: &Site<'_>, wanted: impl Fn(&MachineName, &MachineName) -> bool) -> Vec<(Cell, Vec<Passage>)> {
    let mut ways = Vec::new();
    for source in &site.stations {
        for destination in site.stations.iter().filter(|destination| wanted(source.name(), destination.name())) {
            for ipv6 in [false, true].into_iter().filter(|ipv6| site.is_tried(source, destination, *ipv6)) {
                let Some(way) = round_trip(site, source, destination, ipv6) else { continue };
                let (source, destination) = (source.name().clone(), destination.name().clone());
                ways.push((Cell { ipv6, source, destination }, way));
            }
        }
    }
    ways
}

/// A lab of so many machines and less is looked at as a whole.
const ALL: usize = 60;
/// In a larger one so many other machines stand for all others.
const OTHERS: usize = 12;

/// Whether a lab is so large that only a part of its matrix is looked at.
pub fn is_sampled(site: &Site<'_>) -> bool {
    site.stations.len() > ALL
}

/// The ways that matter to these faults: all of them, and in a large lab those from and to machines that the faults are
/// about.
pub fn ways_about(site: &Site<'_>, strikes: &[&Strike]) -> Vec<(Cell, Vec<Passage>)> {
    if !is_sampled(site) {
        return ways(site, |_, _| true);
    }
    let named = strikes.iter().flat_map(|strike| std::iter::once(&strike.machine).chain(&strike.other));
    let nodes: Vec<&MachineName> = named.filter_map(|name| site.station(name.as_str())).map(|one| one.home()).collect();
    let of_them = |name: &MachineName| site.station(name.as_str()).is_some_and(|one| nodes.contains(&one.home()));
    let step = site.stations.len().div_ceil(OTHERS);
    let others: Vec<&MachineName> = site.stations.iter().step_by(step).map(|one| one.name()).collect();
    let near = |name: &MachineName| of_them(name) || others.contains(&name);
    ways(site, |source, destination| near(source) && near(destination))
}

/// The cells whose packets or answers a fault meets.
pub fn broken<'w>(strike: &Strike, ways: &'w [(Cell, Vec<Passage>)]) -> impl Iterator<Item = &'w Cell> {
    let hit = |passage: &Passage| strike.hits.iter().any(|pattern| pattern.matches(passage));
    ways.iter().filter(move |(_, way)| way.iter().any(hit)).map(|(cell, _)| cell)
}
