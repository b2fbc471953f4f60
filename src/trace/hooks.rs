//! What nftables did with a packet, and how far it came between two interfaces.
//!
//! ```text
//! veth-pod-a In ─ prerouting ─┬─ input ─▶ a socket here
//!                             └─ forward ─ postrouting ─▶ eth0 Out
//! a socket here ─ output ─ postrouting ─▶ eth0 Out
//! ```
//!
//! Empty chains at both ends of each hook are breadcrumbs: their events say that the packet was there.

use super::outcome::Leg;
use crate::names::MachineName;
use crate::network::ruleset::Family;

/// A hook of the kernel's path (`NF_INET_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// What came in, before its way is known.
    Prerouting,
    /// What is for this machine.
    Input,
    /// What is for others.
    Forward,
    /// What is made here.
    Output,
    /// What is about to leave.
    Postrouting,
}

impl Hook {
    /// All of them.
    pub const ALL: [Hook; 5] = [Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Hook::Prerouting => "prerouting",
            Hook::Input => "input",
            Hook::Forward => "forward",
            Hook::Output => "output",
            Hook::Postrouting => "postrouting",
        }
    }

    /// The hook of a name.
    pub fn of(word: &str) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| hook.word() == word)
    }
}

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

    /// What was done with it there.
    pub fn acts(self) -> impl Iterator<Item = &'a Act> {
        self.acts.iter().filter(move |a| a.machine == *self.machine && a.leg == self.leg && a.outer == self.outer)
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
