//! `netlab break`

use std::hash::{BuildHasher, RandomState};

use clap::{ArgAction, Args};

use super::exercise::not_in_an_exercise;
use super::{Common, Inside, colors, lab_to_name, print, print_json, width};
use crate::error::{Error, Result};
use crate::fault::{self, Order, Seed, Wish};
use crate::inject::{self, Asked, Victim};
use crate::kernel::host;
use crate::report::fault as report;
use crate::topology::nearest;

/// Break something in the running lab, by name or by lot, for somebody to find
///
/// A fault is named by its kind, and where it is put by the machine behind it; behind that may stand the machine at the
/// other end. What is left open is chosen by lot. Several may be named one after the other. All of them can be found with
/// `netlab check`, `netlab trace` and `netlab diff`, and `netlab repair` takes them back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab break --list                              every kind of fault
  netlab break missing-route node-1                node-1 loses a route
  netlab break missing-route node-1 node-2         the one to node-2's pods
  netlab break unplugged pod-a link-mtu node-2     two faults
  netlab break missing-address pod-c -6            of IPv6
  netlab break --random --seed 7 --secret          one that is not told: find it
  netlab break --random --count 3 --secret         three
  netlab break forward-drop node-1 --dry-run       print the commands only
  netlab break --reveal                            what was broken, and is still")]
pub struct Break {
    /// Which fault, and where: KIND [MACHINE [OTHER]], and more of them
    #[arg(value_name = "KIND [MACHINE [OTHER]]", num_args = 0..)]
    words: Vec<String>,
    /// Describe every kind of fault
    #[arg(long, conflicts_with_all = ["words", "random", "reveal"])]
    list: bool,
    /// Draw faults by lot
    #[arg(long)]
    random: bool,
    /// How many to draw
    #[arg(long, value_name = "N", requires = "random", default_value_t = 1, value_parser = count)]
    count: usize,
    /// Begin the draw here: the same seed in the same lab draws the same
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Do not tell what is broken
    #[arg(long, conflicts_with = "dry_run")]
    secret: bool,
    /// Faults of IPv4
    #[arg(short = '4', action = ArgAction::SetTrue, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Faults of IPv6
    #[arg(short = '6', action = ArgAction::SetTrue)]
    ipv6: bool,
    /// Print the commands, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Tell what was broken in this lab so far, and what of it still is
    #[arg(long, conflicts_with_all = ["words", "random", "dry_run", "secret", "seed"])]
    reveal: bool,
}

fn count(text: &str) -> std::result::Result<usize, String> {
    /// There are not many more kinds.
    const MOST: usize = 100;
    match text.parse() {
        Ok(count @ 1..=MOST) => Ok(count),
        _ => Err(format!("a number from 1 to {MOST} was expected")),
    }
}

impl Break {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        if self.list {
            return match common.json {
                true => print_json(&report::list_document()),
                false => print(&report::list(width())),
            };
        }
        host::allow_many_files();
        let family = self.family();
        let words = self.parse()?;
        let inside = Inside::enter(common)?;
        not_in_an_exercise(&inside.lab, "break")?;
        let topology = inside.lab.topology()?;
        let victim = Victim { kernel: &inside.kernel, lab: &inside.lab, topology: &topology, plan: &inside.plan };
        let color = colors(&std::io::stdout());
        if self.reveal {
            let revealed = inject::reveal(victim)?;
            return match common.json {
                true => print_json(&report::reveal_document(&inside.lab.name, &revealed)),
                false => print(&report::reveal(&inside.lab.name, &revealed, width(), color)),
            };
        }
        let orders = words.into_iter().map(|named| named.order(&inside, family)).collect::<Result<Vec<_>>>()?;
        let drawn = self.random.then(|| (self.count, Wish { ipv6: family, ..Wish::default() }));
        // Short enough to be typed again.
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) % 100_000);
        let asked = Asked { orders, drawn, seed: Seed(seed) };
        if self.dry_run {
            let strikes = inject::choose(victim, &asked)?;
            return match common.json {
                true => print_json(&report::document(&inside.lab.name, &topology, seed, &strikes, false)),
                false => print(&report::commands(&strikes, color)),
            };
        }
        let lab = lab_to_name(common, &inside);
        let strikes = inject::inject(victim, &asked, self.secret)?;
        match (common.json, self.secret) {
            (true, secret) => print_json(&report::document(&inside.lab.name, &topology, seed, &strikes, secret)),
            (false, true) => print(&report::secret(&inside.lab.name, seed, strikes.len())),
            (false, false) => {
                let style = report::Style { columns: width(), color, lab: lab.as_ref() };
                let seed = (self.random || self.seed.is_some()).then_some(seed);
                print(&report::text(&topology, seed, &strikes, style))
            }
        }
    }

    fn family(&self) -> Option<bool> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        }
    }

    /// The faults that were named.
    fn parse(&self) -> Result<Vec<Named>> {
        let mut named: Vec<Named> = Vec::new();
        for word in &self.words {
            match (fault::find(word), named.last_mut()) {
                (Some(kind), _) => named.push(Named { kind, machines: Vec::new() }),
                (None, Some(last)) if last.machines.len() < 2 => last.machines.push(word.clone()),
                _ => return Err(unknown(word)),
            }
        }
        if named.is_empty() && !self.random && !self.reveal {
            return Err(Error::usage("which fault? None was named")
                .help("`netlab break --list` shows them; `netlab break --random` draws one"));
        }
        Ok(named)
    }
}

/// A fault as it was named.
struct Named {
    kind: &'static fault::Kind,
    machines: Vec<String>,
}

impl Named {
    fn order(self, inside: &Inside, family: Option<bool>) -> Result<Order> {
        let mut machines = Vec::new();
        for name in &self.machines {
            // What is neither may have been meant as a fault.
            let meant = nearest(name, fault::kinds().map(|kind| kind.slug));
            machines.push(inside.machine(name).map_err(|error| match meant {
                Some(meant) => error.help(format!("or was the fault {meant} meant?")),
                None => error,
            })?);
        }
        if let Some(ipv6) = family.filter(|ipv6| !self.kind.families.allows(*ipv6)) {
            let option = if ipv6 { "-6" } else { "-4" };
            return Err(Error::usage(format!("{} cannot be had with {option}", self.kind.slug))
                .help(format!("it breaks {}; leave {option} away", self.kind.families.sentence())));
        }
        let mut machines = machines.into_iter();
        let (machine, other) = (machines.next(), machines.next());
        Ok(Order { kind: self.kind, wish: Wish { machine, other, ipv6: family } })
    }
}

fn unknown(word: &str) -> Error {
    let error = Error::usage(format!("there is no fault {word}"));
    match nearest(word, fault::kinds().map(|kind| kind.slug)) {
        Some(meant) => error.help(format!("did you mean {meant}? `netlab break --list` shows all of them")),
        None => error.help("`netlab break --list` shows them; the machine stands behind the fault"),
    }
}
