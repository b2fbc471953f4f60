//! Faults: what can be done to a running lab so that packets get lost, and who should find out.
//!
//! ```text
//! missing-route, node-1, node-2, IPv4                                          Strike
//!   ip -n node-1 route delete 10.244.2.0/24 via 192.168.1.12                   its deeds
//!   what node-1 sends or forwards to 10.244.2.0/24 by way of 192.168.1.12      whom it hits
//!   → node-1, pod-a, pod-b ⇎ pod-c, pod-d                                      the cells of the matrix that break
//!   → no-route, no-return-route                                                what `netlab trace` says
//! ```
//!
//! A kind of fault is one entry in a table below, with one function that says where in a lab it is possible: from the
//! lab's file and from what was seen of it to strikes. Everything here is pure; [`crate::inject`] does it to the kernel.
//!
//! A kind is such that `netlab diff` finds it and `netlab repair` takes it back.

mod addresses;
mod deed;
mod draw;
mod firewall;
mod force;
mod forwarding;
mod gateways;
mod links;
mod masquerade;
mod neighbours;
mod overlay;
mod pattern;
mod ports;
mod routes;
mod site;
mod sizes;
mod station;
mod tunnel;
mod vteps;
mod way;

pub use deed::{Act, Deed};
pub use draw::{Draw, Lack, Order, Seed, Why};
#[cfg(test)]
use pattern::ways;
pub use pattern::{Cell, Pattern, broken, is_sampled, ways_about};
pub use site::Site;
pub use way::{Passage, Role};

use crate::names::MachineName;
use crate::network::Namespaces;
use crate::trace::cause::Cause;

/// A kind of fault.
#[derive(Debug)]
pub struct Kind {
    /// Its name, which stays the same from release to release.
    pub slug: &'static str,
    /// What is done, as a sentence.
    pub does: &'static str,
    /// What `netlab trace` may say of a packet that it meets; nothing if no packet is lost.
    pub causes: &'static [Cause],
    /// What of the matrix it spoils.
    pub spoils: Aspect,
    /// Of which family it is.
    pub families: Families,
    /// Where it is possible.
    strikes: fn(&'static Kind, &Site<'_>, &Wish) -> Vec<Strike>,
}

/// What `netlab check` looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// Whether there is an answer.
    Reach,
    /// Which source address arrives.
    Source,
    /// How large a packet may be.
    Size,
    /// Whether there is an answer, and whether an address is there only once.
    Address,
}

/// Which family a kind of fault is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// One or the other: each time it is one of them.
    Either,
    /// Whatever there is, at once: a link knows nothing of families.
    All,
    /// IPv4 alone: IPv6 has no such thing.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

/// What is asked for: what is left out may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The machine that is broken.
    pub machine: Option<MachineName>,
    /// The one at the other end.
    pub other: Option<MachineName>,
    /// The family.
    pub ipv6: Option<bool>,
}

/// A fault at one place of a lab, ready to be done.
#[derive(Debug, Clone)]
pub struct Strike {
    /// Its kind.
    pub kind: &'static Kind,
    /// The machine that is broken.
    pub machine: MachineName,
    /// The one at the other end, where there are several.
    pub other: Option<MachineName>,
    /// Its family, where it is of one.
    pub ipv6: Option<bool>,
    /// What is done, in order.
    pub deeds: Vec<Deed>,
    /// Which packets it meets.
    pub hits: Vec<Pattern>,
}

impl Aspect {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Aspect::Reach => "reach",
            Aspect::Source => "source",
            Aspect::Size => "size",
            Aspect::Address => "address",
        }
    }
}

impl Families {
    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Families::Either => "4 or 6",
            Families::All => "all",
            Families::Ipv4 => "4",
            Families::Ipv6 => "6",
        }
    }

    /// The word for it, for programs.
    pub fn slug(self) -> &'static str {
        match self {
            Families::Either => "either",
            Families::All => "all",
            Families::Ipv4 => "ipv4",
            Families::Ipv6 => "ipv6",
        }
    }

    /// The same, to stand behind "it breaks".
    pub fn sentence(self) -> &'static str {
        match self {
            Families::Either => "one family at a time",
            Families::All => "both families at once",
            Families::Ipv4 => "IPv4 alone",
            Families::Ipv6 => "IPv6 alone",
        }
    }

    /// Whether it can be asked for one family, and this is one of its own.
    pub fn allows(self, ipv6: bool) -> bool {
        match self {
            Families::Either => true,
            Families::All => false,
            Families::Ipv4 => !ipv6,
            Families::Ipv6 => ipv6,
        }
    }
}

impl Wish {
    fn machine(&self, name: &MachineName) -> bool {
        self.machine.as_ref().is_none_or(|wanted| wanted == name)
    }

    fn other(&self, name: &MachineName) -> bool {
        self.other.as_ref().is_none_or(|wanted| wanted == name)
    }

    /// The families that are asked for, of those that a kind can be of.
    fn families(&self) -> impl Iterator<Item = bool> {
        let wanted = self.ipv6;
        [false, true].into_iter().filter(move |ipv6| wanted.is_none_or(|wanted| wanted == *ipv6))
    }
}

impl Strike {
    fn at(kind: &'static Kind, machine: &MachineName) -> Self {
        Strike { kind, machine: machine.clone(), other: None, ipv6: None, deeds: Vec::new(), hits: Vec::new() }
    }

    fn to(self, other: &MachineName) -> Self {
        Strike { other: Some(other.clone()), ..self }
    }

    fn of(self, ipv6: bool) -> Self {
        Strike { ipv6: Some(ipv6), ..self }
    }

    fn does(self, deeds: impl IntoIterator<Item = Deed>) -> Self {
        Strike { deeds: deeds.into_iter().collect(), ..self }
    }

    /// Whether each of its deeds would change something, done one after the other in a network like this one.
    fn changes(&self, seen: &Namespaces) -> bool {
        // Its machines alone: a lab has many.
        let at = |deed: &Deed| Some((deed.machine.clone(), seen.get(&deed.machine)?.clone()));
        let mut net: Namespaces = match &self.deeds[..] {
            [deed] if !deed.may_be_gone() => return deed.changes(seen),
            [deed, ..] if deed.is_in_force(seen) => return false,
            deeds => deeds.iter().filter_map(at).collect(),
        };
        let changes = self.deeds.iter().all(|deed| {
            let changes = deed.changes(&net);
            deed.effect(&mut net);
            changes
        });
        // To forget something is no fault by itself: what was to be done before it, is done already.
        changes && self.deeds.iter().any(|deed| !deed.may_be_gone())
    }

    /// Whom it meets; of its own family, where it is of one.
    fn hits(self, hits: impl IntoIterator<Item = Pattern>) -> Self {
        let ipv6 = self.ipv6;
        let hits = hits.into_iter().map(|pattern| Pattern { ipv6: pattern.ipv6.or(ipv6), ..pattern }).collect();
        Strike { hits, ..self }
    }
}

/// All kinds, by subject.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    let subjects: [&'static [Kind]; 11] = [
        routes::KINDS,
        gateways::KINDS,
        forwarding::KINDS,
        addresses::KINDS,
        neighbours::KINDS,
        links::KINDS,
        ports::KINDS,
        firewall::KINDS,
        masquerade::KINDS,
        overlay::KINDS,
        vteps::KINDS,
    ];
    subjects.into_iter().flatten().chain(sizes::KINDS)
}

/// The kind of this name.
pub fn find(slug: &str) -> Option<&'static Kind> {
    kinds().find(|kind| kind.slug == slug)
}

impl Kind {
    /// A kind that cuts machines off from one another, in these families.
    const fn cutting(
        families: Families,
        slug: &'static str,
        does: &'static str,
        causes: &'static [Cause],
        strikes: fn(&'static Kind, &Site<'_>, &Wish) -> Vec<Strike>,
    ) -> Kind {
        Kind { slug, does, causes, spoils: Aspect::Reach, families, strikes }
    }

    /// Where it is possible in a lab, whatever state the lab is in: in the order of the lab's file.
    pub fn possible(&'static self, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
        (self.strikes)(self, site, wish)
    }

    /// Where it would break something just now: what is to go is there, and what is to come is not.
    pub fn candidates(&'static self, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
        let mut possible = self.possible(site, wish);
        possible.retain(|strike| strike.changes(site.seen));
        possible
    }
}

#[cfg(test)]
mod tests;
