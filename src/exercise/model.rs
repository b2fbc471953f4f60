//! An exercise, as its file says it.
//!
//! ```text
//! Exercise ── title, level, minutes, teaches       what stands in the list
//!          ├─ story, question, look                what is told at the start
//!          ├─ topology, fault                      the lab, and what is then done to it
//!          ├─ hints                                in stages
//!          ├─ topology.expect, model, transfers, state   what has to be so in the end, whoever did it and how
//!          └─ solution, others, wrong              ways to mend it, and ways that do not count
//! ```

use std::fmt;
use std::net::IpAddr;

use crate::names::{LabName, LinkName, MachineName};
use crate::topology::model::{Family, Topology};

/// An exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// Its name, and its lab's.
    pub name: LabName,
    /// What it is called.
    pub title: String,
    /// How hard it is.
    pub level: Level,
    /// How many minutes it takes.
    pub minutes: u32,
    /// What one can do afterwards.
    pub teaches: String,
    /// What has happened.
    pub story: String,
    /// What is to be done.
    pub question: String,
    /// Commands with which to begin.
    pub look: Vec<String>,
    /// The lab. Its `expect` says which packets have to arrive in the end, and which must not.
    pub topology: Topology,
    /// What is typed in the lab's shell once it is up.
    pub fault: Option<String>,
    /// Hints, from the first to the last.
    pub hints: Vec<String>,
    /// Whether the Kubernetes network model has to hold in the end.
    pub model: bool,
    /// Streams that have to arrive in the end.
    pub transfers: Vec<Transfer>,
    /// What has to be so in the end beside, where packets cannot tell.
    pub state: Vec<State>,
    /// The way to mend it that is printed.
    pub solution: Way,
    /// Other right ways.
    pub others: Vec<Way>,
    /// Ways that look right, and are not.
    pub wrong: Vec<Way>,
}

/// How hard an exercise is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One machine, one thing.
    Easy,
    /// Several machines, one thing.
    Medium,
    /// What a look at one machine does not show.
    Hard,
}

impl Level {
    /// The words for them, as they are written.
    pub const WORDS: [&str; 3] = ["easy", "medium", "hard"];

    /// The level of this word.
    pub fn of(word: &str) -> Option<Level> {
        [Level::Easy, Level::Medium, Level::Hard].into_iter().find(|level| level.word() == word)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Level::Easy => "easy",
            Level::Medium => "medium",
            Level::Hard => "hard",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Commands for the lab's shell, and why they are right or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The commands, a line each.
    pub commands: String,
    /// Why.
    pub why: String,
}

/// A stream of bytes by TCP, from each of some machines to each of some machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Who sends.
    pub from: Vec<MachineName>,
    /// Who listens.
    pub to: Vec<MachineName>,
    /// How many bytes.
    pub bytes: usize,
    /// Between addresses of which family.
    pub family: Family,
}

impl Transfer {
    /// Who sends to whom; nobody to itself.
    pub fn pairs(&self) -> impl Iterator<Item = (&MachineName, &MachineName)> {
        let pairs = self.from.iter().flat_map(|from| self.to.iter().map(move |to| (from, to)));
        pairs.filter(|(from, to)| from != to)
    }
}

/// A fact about some machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which machines.
    pub on: Vec<MachineName>,
    /// How the demand is called: it must not give the mend away.
    pub says: String,
    /// What has to be so on each of them.
    pub fact: StateFact,
}

/// What can be demanded of a machine's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateFact {
    /// A sysctl has one of these values.
    Sysctl {
        /// Its key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// A packet that is made there for an address goes this way.
    Route {
        /// Where to.
        to: IpAddr,
        /// By way of this gateway.
        via: Option<IpAddr>,
        /// Out of this link.
        dev: Option<LinkName>,
    },
    /// It has this address, whatever its prefix length.
    Address(IpAddr),
    /// It has a link of this MTU.
    Mtu {
        /// The link.
        link: LinkName,
        /// Bytes.
        mtu: u32,
    },
    /// Nothing on it differs from the topology.
    Unchanged,
}
