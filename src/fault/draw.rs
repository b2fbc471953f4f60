//! Faults by lot: the same seed in the same lab draws the same ones.
//!
//! ```text
//! seed 7, count 2 ─▶ kind: uplink-drop ─▶ place: node-3, IPv4
//!                 ─▶ kind: locked-port ─▶ place: pod-a: breaks what the first one does not, and the other way about
//! ```
//!
//! First the kind is drawn, then the place, so that kinds that are possible in many places are not drawn more often. What
//! would hide behind another fault of the same draw is put back: each of them can be found by itself.

use super::pattern::{Cell, broken, ways_about};
use super::{Kind, Site, Strike, Wish, kinds};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::topology::model::Topology;

/// What a draw begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// A row of numbers by lot (`SplitMix64`, Steele, Lea and Flood, 2014): the same on every machine and in every release.
#[derive(Debug)]
struct Lot(u64);

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
    lot: Lot,
    /// Those that were chosen.
    pub strikes: Vec<Strike>,
}

impl Lot {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Takes one of several out.
    fn take<T>(&mut self, from: &mut Vec<T>) -> Option<T> {
        let count = u64::try_from(from.len()).unwrap_or(u64::MAX);
        let place = self.next().checked_rem(count)?;
        usize::try_from(place).ok().map(|place| from.remove(place))
    }
}

impl<'a> Draw<'a> {
    /// In the lab of this file, of which this was seen.
    pub fn new(topology: &'a Topology, seen: &Namespaces, seed: Seed) -> Self {
        Draw { topology, net: seen.clone(), lot: Lot(seed.0), strikes: Vec::new() }
    }

    /// Chooses one that was asked for; where it is possible in several places, by lot.
    ///
    /// # Errors
    /// When it is possible in none of them.
    pub fn order(&mut self, order: &Order) -> Result<(), Lack> {
        let site = Site::new(self.topology, &self.net);
        let mut candidates = order.kind.candidates(&site, &order.wish);
        let is_unused = !candidates.is_empty();
        while let Some(strike) = self.lot.take(&mut candidates) {
            if stands_out(&site, &[], &strike) {
                self.keep(strike);
                return Ok(());
            }
        }
        let why = match (is_unused, order.kind.possible(&site, &order.wish).is_empty()) {
            (true, _) => Why::Unused,
            (false, false) => Why::Broken,
            (false, true) => Why::NoSuchThing,
        };
        let everywhere = order.kind.possible(&site, &Wish { ipv6: order.wish.ipv6, ..Wish::default() });
        let mut machines: Vec<MachineName> = everywhere.into_iter().map(|strike| strike.machine).collect();
        machines.dedup();
        Err(Lack::Impossible { kind: order.kind, wish: Box::new(order.wish.clone()), machines, why })
    }

    /// Draws so many of different kinds, each of which can be found by itself. Only of machines and families that are
    /// wished for.
    ///
    /// # Errors
    /// When there are not so many.
    pub fn draw(&mut self, count: usize, wish: &Wish) -> Result<(), Lack> {
        let mut left: Vec<&'static Kind> = kinds().collect();
        let wanted = self.strikes.len() + count;
        while self.strikes.len() < wanted {
            let Some(kind) = self.lot.take(&mut left) else {
                return Err(Lack::TooFew { found: self.strikes.len() + count - wanted });
            };
            let site = Site::new(self.topology, &self.net);
            let mut candidates = kind.candidates(&site, wish);
            let chosen = loop {
                match self.lot.take(&mut candidates) {
                    Some(strike) if stands_out(&site, &self.strikes, &strike) => break Some(strike),
                    Some(_) => {}
                    None => break None,
                }
            };
            if let Some(strike) = chosen {
                self.keep(strike);
            }
        }
        Ok(())
    }

    fn keep(&mut self, strike: Strike) {
        strike.deeds.iter().for_each(|deed| deed.effect(&mut self.net));
        self.strikes.push(strike);
    }
}

/// Whether each of these faults breaks a cell that no other one does.
fn stands_out(site: &Site<'_>, before: &[Strike], strike: &Strike) -> bool {
    let all: Vec<&Strike> = before.iter().chain([strike]).collect();
    let ways = ways_about(site, &all);
    let cells: Vec<Vec<&Cell>> = all.iter().map(|strike| broken(strike, &ways).collect()).collect();
    let is_alone = |(place, own): (usize, &Vec<&Cell>)| {
        let others = || cells.iter().enumerate().filter(move |(other, _)| *other != place);
        own.iter().any(|cell| !others().any(|(_, cells)| cells.contains(cell)))
    };
    cells.iter().enumerate().all(is_alone)
}
