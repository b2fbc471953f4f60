//! `netlab break`: faults are done to a running lab, and it is written down which.
//!
//! ```text
//! lock ─▶ look ─▶ choose ─▶ for each fault: note it ─▶ its commands, one after the other ─▶ what differs now, that did not
//! ```
//!
//! What is noted is what `netlab break --reveal` tells: the fault, its commands, how many of them were done, and what
//! `netlab diff` has found since. As long as any of that differs, the fault is there.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use crate::diff::Difference;
use crate::error::{COMMAND, Error, Result};
use crate::fault::{Deed, Draw, Lack, Order, Seed, Strike, Why, Wish};
use crate::kernel::Kernel;
use crate::kernel::request::{Batch, Sending};
use crate::kernel::worker::{Failed, Worker};
use crate::lab::Lab;
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::repair;
use crate::topology::model::Topology;

/// Which faults are asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Those that were named.
    pub orders: Vec<Order>,
    /// How many more are drawn, and of what.
    pub drawn: Option<(usize, Wish)>,
    /// By which lot.
    pub seed: Seed,
}

/// A lab that is to be broken.
#[derive(Debug, Clone, Copy)]
pub struct Victim<'a> {
    /// Its sandbox.
    pub kernel: &'a Kernel,
    /// Its state.
    pub lab: &'a Lab,
    /// Its file.
    pub topology: &'a Topology,
    /// Its plan.
    pub plan: &'a Plan,
}

/// What is remembered of a fault: a line of JSON in the lab's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its kind.
    pub fault: String,
    /// The machine.
    pub machine: String,
    /// The one at the other end.
    pub other: Option<String>,
    /// Its family, where it is of one.
    pub ipv6: Option<bool>,
    /// Its commands.
    pub commands: Vec<String>,
    /// How many of them were done.
    pub done: usize,
    /// Whether it was not told.
    pub secret: bool,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What `netlab diff` has found since: the machine, and what.
    pub differs: Vec<(String, String)>,
}

/// A fault of before, and what is left of it.
#[derive(Debug, Clone)]
pub struct Revealed {
    /// What was done.
    pub note: Note,
    /// How much of what differed since then differs still.
    pub left: usize,
}

/// Chooses faults for a lab as it is now.
///
/// # Errors
/// When the lab cannot be looked at, or what is asked for is not possible in it.
pub fn choose(victim: Victim<'_>, asked: &Asked) -> Result<Vec<Strike>> {
    choose_in(victim, &repair::look(victim.kernel, victim.plan)?, asked)
}

/// The same in a lab of which this was seen.
fn choose_in(victim: Victim<'_>, seen: &Namespaces, asked: &Asked) -> Result<Vec<Strike>> {
    let mut draw = Draw::new(victim.topology, seen, asked.seed);
    let ordered = asked.orders.iter().try_for_each(|order| draw.order(order));
    let drawn = asked.drawn.iter().try_for_each(|(count, wish)| draw.draw(*count, wish));
    ordered.and(drawn).map_err(|lack| refuse(&lack, asked))?;
    Ok(draw.strikes)
}

/// Breaks a lab: what was chosen is told before it is done.
///
/// # Errors
/// When somebody else changes the lab just now, when what is asked for is not possible, or the kernel refuses something;
/// what comes before it is done, and noted.
pub fn inject(
    victim: Victim<'_>,
    asked: &Asked,
    secret: bool,
    tell: impl FnOnce(&[Strike]) -> Result<()>,
) -> Result<Vec<Strike>> {
    let _lock = victim.lab.lock()?;
    let seen = repair::look(victim.kernel, victim.plan)?;
    let strikes = choose_in(victim, &seen, asked)?;
    tell(&strikes)?;
    let mut differs = differences(victim, &seen)?;
    for strike in &strikes {
        strike_once(victim, strike, secret, &mut differs)?;
    }
    Ok(strikes)
}

/// Does one fault in a lab in which this `differs` already, and notes it.
fn strike_once(
    victim: Victim<'_>,
    strike: &Strike,
    secret: bool,
    differs: &mut HashSet<(String, String)>,
) -> Result<()> {
    let mut worker = Worker::new(victim.kernel)?;
    let mut done = 0;
    let mut result = Ok(());
    for deed in &strike.deeds {
        result = send(&mut worker, deed);
        if result.is_err() {
            break;
        }
        done += 1;
    }
    drop(worker);
    // What was done half-way is noted, too; what the kernel refused is told all the same.
    let after = repair::look(victim.kernel, victim.plan).and_then(|seen| differences(victim, &seen));
    let noted = after.and_then(|after| {
        let before = std::mem::replace(differs, after);
        let mut since: Vec<(String, String)> = differs.difference(&before).cloned().collect();
        since.sort();
        note(victim.lab, strike, done, secret, since)
    });
    result.map_err(|error| match (done, secret) {
        (0, _) => error,
        (_, true) => error.help("some of it is done: `netlab repair` takes it back"),
        (_, false) => {
            error.help(format!("{done} of {} commands are done: `netlab repair` takes them back", strike.deeds.len()))
        }
    })?;
    noted
}

fn note(lab: &Lab, strike: &Strike, done: usize, secret: bool, differs: Vec<(String, String)>) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let note = Note {
        fault: strike.kind.slug.into(),
        machine: strike.machine.to_string(),
        other: strike.other.as_ref().map(ToString::to_string),
        ipv6: strike.ipv6,
        commands: strike.deeds.iter().map(Deed::command).collect(),
        done,
        secret,
        at: now,
        differs,
    };
    let line = serde_json::to_string(&note).map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?;
    lab.add_fault(&format!("{line}\n"))
}

/// Sends one deed.
fn send(worker: &mut Worker, deed: &Deed) -> Result<()> {
    let sendings = deed.requests().into_iter().map(|request| Sending { step: 0, request }).collect();
    let made = worker.run(&Batch { at: deed.machine.clone(), sendings, completes: Vec::new() });
    // Come home in any case: whoever looks takes this thread to be in the fabric.
    worker.come_home()?;
    match made {
        Err(failed) if deed.may_be_gone() && failed.refusal.errno == Errno::ENOENT => Ok(()),
        made => made.map_err(|Failed { refusal, .. }| {
            let error = Error::refused(format!("cannot break {}", deed.machine)).with(COMMAND, deed.command());
            let error = error.with("because", refusal.to_string());
            refusal.hint.into_iter().fold(error, Error::help)
        }),
    }
}

/// What of this differs from the plan.
fn differences(victim: Victim<'_>, seen: &Namespaces) -> Result<HashSet<(String, String)>> {
    let drift = repair::compare(victim.kernel, victim.lab, victim.plan, seen)?;
    let key = |one: Difference| (one.machine.to_string(), one.what);
    Ok(drift.differences.into_iter().filter(|one| !one.follows).map(key).collect())
}

/// What was broken in this lab since it is up, and what of it is still there.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn reveal(victim: Victim<'_>) -> Result<Vec<Revealed>> {
    let now = differences(victim, &repair::look(victim.kernel, victim.plan)?)?;
    // A line that was not written to its end says nothing.
    let text = victim.lab.faults();
    let notes: Vec<Note> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    // What a later fault brought about once more, was mended in between.
    let later = |place: usize| notes.iter().skip(place + 1).flat_map(|note| &note.differs);
    let is_left = |place: usize, one: &(String, String)| now.contains(one) && !later(place).any(|again| again == one);
    let left: Vec<usize> = notes
        .iter()
        .enumerate()
        .map(|(place, note)| note.differs.iter().filter(|one| is_left(place, one)).count())
        .collect();
    Ok(notes.into_iter().zip(left).map(|(note, left)| Revealed { note, left }).collect())
}

fn refuse(lack: &Lack, asked: &Asked) -> Error {
    match lack {
        Lack::TooFew { found } => {
            let wanted = asked.drawn.as_ref().map_or(0, |(count, _)| *count);
            Error::usage(format!(
                "there are no {wanted} faults in this lab that can be found side by side: {found} are"
            ))
            .help("each of them breaks something that no other one does; ask for fewer with --count")
        }
        Lack::Impossible { kind, wish, machines, why } => {
            let place = place(wish);
            match why {
                Why::Broken => Error::usage(format!("there is nothing left for {} to break{place}", kind.slug))
                    .help("the lab is not as its plan says there: `netlab diff` shows it, `netlab repair` mends it"),
                Why::Unused => Error::usage(format!("{} would break nothing{place}", kind.slug))
                    .help("no pair of machines that `netlab check` looks at needs it"),
                Why::NoSuchThing => {
                    let error = Error::usage(format!("{} is not possible{place}", kind.slug));
                    let names: Vec<&str> = machines.iter().map(|name| name.as_str()).take(12).collect();
                    let more = if machines.len() > names.len() { ", …" } else { "" };
                    match names.is_empty() {
                        true => error.help("it is not possible anywhere in this lab: nothing of that sort is there"),
                        false => error.help(format!("it is possible on {}{more}", names.join(", "))),
                    }
                }
            }
        }
    }
}

/// ` on node-1 towards node-2, for IPv6`
fn place(wish: &Wish) -> String {
    let on = wish.machine.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let towards = wish.other.as_ref().map(|name| format!(" towards {name}")).unwrap_or_default();
    let family = wish.ipv6.map_or("", |ipv6| if ipv6 { ", for IPv6" } else { ", for IPv4" });
    format!("{on}{towards}{family}")
}
