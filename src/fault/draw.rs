//! Faults by lot: the same seed in the same lab draws the same ones.
//!
//! ```text
//! seed 7, count 2 ─▶ kind: uplink-drop ─▶ place: node-3, IPv4
//!                 ─▶ kind: locked-port ─▶ place: pod-a: breaks what the first one does not, and the other way about
//! ```
//!
//! First the kind is drawn, then the place, so that kinds that are possible in many places are not drawn more often. What
//! would hide behind another fault of the same draw, or undo it, is put back: each of them can be found by itself.
//!
//! To draw is to give each a number that its name and the seed alone decide, and to take the lowest. So a seed draws the
//! same when there is one kind more to draw from, unless it draws that one.

use super::pattern::{Cell, Pattern, broken, ways_about};
use super::{Aspect, Deed, Kind, Site, Strike, Wish, kinds};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::topology::model::Topology;

/// What a draw begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// Why there is no such fault.
#[derive(Debug)]
pub enum Lack {
    /// This kind is not possible there.
    Impossible {
        /// The kind.
        kind: &'static Kind,
        /// What was asked for.
        wish: Box<Wish>,
        /// Where in this lab it is possible.
        machines: Vec<MachineName>,
        /// Towards whom it is on the machine that was asked for.
        others: Vec<MachineName>,
        /// Why not.
        why: Why,
    },
    /// There are not so many that can be found side by side.
    TooFew {
        /// How many there are.
        found: usize,
    },
}

/// Why a kind of fault is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is no such thing there that could be broken.
    NoSuchThing,
    /// There would be, but the lab is not as its file says there.
    Broken,
    /// There is, but nobody in the matrix needs it.
    Unused,
}

/// A kind of fault that is asked for, and where.
#[derive(Debug, Clone)]
pub struct Order {
    /// The kind.
    pub kind: &'static Kind,
    /// Where.
    pub wish: Wish,
}

/// A lab in which faults are chosen, one after the other: each sees what those before it would change.
#[derive(Debug)]
pub struct Draw<'a> {
    topology: &'a Topology,
    net: Namespaces,
    seed: Seed,
    /// Those that were chosen.
    pub strikes: Vec<Strike>,
}

impl Seed {
    /// The number that a name draws: its hash (FNV-1a, 64 bits), well mixed with the seed (the finalizer of `SplitMix64`,
    /// Steele, Lea and Flood, 2014). The same on every machine and in every release.
    fn lot(self, name: &str) -> u64 {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mix = |z: u64| {
            let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        mix(mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ hash)
    }

    /// Places in the order of their lots.
    fn shuffled(self, mut strikes: Vec<Strike>) -> Vec<Strike> {
        let name = |strike: &Strike| {
            let Strike { kind, machine, other, ipv6, .. } = strike;
            let other = other.as_ref().map_or("", |other| other.as_str());
            let hits: Vec<String> = strike.hits.iter().map(Pattern::name).collect();
            format!("{} {machine} {other} {ipv6:?} {}", kind.slug, hits.join(" "))
        };
        strikes.sort_by_cached_key(|strike| self.lot(&name(strike)));
        strikes
    }
}

impl<'a> Draw<'a> {
    /// In the lab of this file, of which this was seen.
    pub fn new(topology: &'a Topology, seen: &Namespaces, seed: Seed) -> Self {
        Draw { topology, net: seen.clone(), seed, strikes: Vec::new() }
    }

    /// Chooses one that was asked for; where it is possible in several places, by lot.
    ///
    /// # Errors
    /// When it is possible in none of them.
    pub fn order(&mut self, order: &Order) -> Result<(), Lack> {
        let site = Site::new(self.topology, &self.net);
        let candidates = order.kind.candidates(&site, &order.wish);
        let is_unused = !candidates.is_empty();
        if let Some(strike) = self.seed.shuffled(candidates).into_iter().find(|one| stands_out(&site, &[], one)) {
            self.keep(strike);
            return Ok(());
        }
        let why = match (is_unused, order.kind.possible(&site, &order.wish).is_empty()) {
            (true, _) => Why::Unused,
            (false, false) => Why::Broken,
            (false, true) => Why::NoSuchThing,
        };
        let Wish { machine, ipv6, .. } = &order.wish;
        let everywhere = order.kind.possible(&site, &Wish { ipv6: *ipv6, ..Wish::default() });
        let mut machines: Vec<MachineName> = everywhere.into_iter().map(|strike| strike.machine).collect();
        machines.dedup();
        let there = order.kind.possible(&site, &Wish { machine: machine.clone(), other: None, ipv6: *ipv6 });
        let mut others: Vec<MachineName> = there.into_iter().filter_map(|strike| strike.other).collect();
        others.retain(|_| machine.is_some());
        others.dedup();
        Err(Lack::Impossible { kind: order.kind, wish: Box::new(order.wish.clone()), machines, others, why })
    }

    /// Draws so many of different kinds, each of which can be found by itself. Only of machines and families that are
    /// wished for.
    ///
    /// # Errors
    /// When there are not so many.
    pub fn draw(&mut self, count: usize, wish: &Wish) -> Result<(), Lack> {
        let mut left: Vec<&'static Kind> = kinds().collect();
        left.sort_by_cached_key(|kind| self.seed.lot(kind.slug));
        let wanted = self.strikes.len() + count;
        for kind in left {
            if self.strikes.len() == wanted {
                break;
            }
            let site = Site::new(self.topology, &self.net);
            let candidates = self.seed.shuffled(kind.candidates(&site, wish));
            let fits = |one: &Strike| stands_out(&site, &self.strikes, one) && !self.is_undone_by(one);
            if let Some(strike) = candidates.into_iter().find(fits) {
                self.keep(strike);
            }
        }
        match wanted - self.strikes.len() {
            0 => Ok(()),
            lacking => Err(Lack::TooFew { found: count - lacking }),
        }
    }

    /// Whether this one would undo something that was chosen before.
    fn is_undone_by(&self, strike: &Strike) -> bool {
        let mut net = self.net.clone();
        strike.deeds.iter().for_each(|deed| deed.effect(&mut net));
        let undone = |deed: &Deed| !deed.changes(&self.net) && deed.changes(&net);
        self.strikes.iter().flat_map(|before| &before.deeds).any(undone)
    }

    fn keep(&mut self, strike: Strike) {
        strike.deeds.iter().for_each(|deed| deed.effect(&mut self.net));
        self.strikes.push(strike);
    }
}

/// Whether each of these faults breaks a cell that no other one does. Of two about sizes, who sends the smaller packets
/// does not notice the other one.
fn stands_out(site: &Site<'_>, before: &[Strike], strike: &Strike) -> bool {
    let all: Vec<&Strike> = before.iter().chain([strike]).collect();
    if all.iter().filter(|strike| strike.kind.spoils == Aspect::Size).count() > 1 {
        return false;
    }
    let ways = ways_about(site, &all);
    let cells: Vec<Vec<&Cell>> = all.iter().map(|strike| broken(strike, &ways).collect()).collect();
    let is_alone = |(place, own): (usize, &Vec<&Cell>)| {
        let others = || cells.iter().enumerate().filter(move |(other, _)| *other != place);
        own.iter().any(|cell| !others().any(|(_, cells)| cells.contains(cell)))
    };
    cells.iter().enumerate().all(is_alone)
}
