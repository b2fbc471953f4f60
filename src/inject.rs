//! `netlab break`: faults are done to a running lab, and it is written down which.
//!
//! ```text
//! lock ─▶ look ─▶ choose ─▶ for each fault: note it ─▶ its commands, one after the other ─▶ note what came of it
//! ```
//!
//! From elsewhere in the program:
//!
//! ```text
//! Order { kind: fault::find("missing-route")?, wish: Wish { machine: Some(node-1), ..Wish::default() } }
//! inject(victim, &Asked { orders: vec![order], drawn: None, seed: Seed(1) }, secret) ─▶ strikes, which are done
//! ```
//!
//! What cannot be noted is not done.

mod note;

use std::collections::HashSet;

use nix::errno::Errno;

use crate::diff::Difference;
use crate::error::{COMMAND, Error, Result};
use crate::fault::{Deed, Draw, Lack, Order, Seed, Strike, Why, Wish};
use crate::kernel::Kernel;
use crate::kernel::request::{Batch, Sending};
use crate::kernel::worker::{Failed, Worker};
use crate::lab::Lab;
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::repair;
use crate::topology::model::Topology;

pub use note::{Note, Revealed, reveal};

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
    match ordered.and(drawn) {
        Ok(()) => Ok(draw.strikes),
        Err(lack) => Err(refuse(&lack, asked, how_far(victim, seen)?)),
    }
}

/// Breaks a lab, and says what is broken.
///
/// # Errors
/// When somebody else changes the lab just now, when what is asked for is not possible, when it cannot be noted, or the
/// kernel refuses something; what comes before it is done, and noted.
pub fn inject(victim: Victim<'_>, asked: &Asked, secret: bool) -> Result<Vec<Strike>> {
    let _lock = victim.lab.lock()?;
    victim.lab.still_has(victim.plan)?;
    let seen = repair::look(victim.kernel, victim.plan)?;
    let strikes = choose_in(victim, &seen, asked)?;
    let mut differs = differences(victim, &seen)?;
    for (place, strike) in strikes.iter().enumerate() {
        strike_once(victim, strike, secret, &mut differs).map_err(|error| match place {
            0 => error,
            _ => {
                error.help(format!("{place} of {} faults are done: `netlab break --reveal` tells them", strikes.len()))
            }
        })?;
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
    let begun = Note::begun(strike, secret);
    begun.write(victim.lab)?;
    let mut done = 0;
    let mut result = Ok(());
    let mut worker = Worker::new(victim.kernel)?;
    for deed in &strike.deeds {
        result = send(&mut worker, deed, secret);
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
        begun.ended(done, since).write(victim.lab)
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

/// Sends one deed; of a `secret` one nothing is told.
fn send(worker: &mut Worker, deed: &Deed, secret: bool) -> Result<()> {
    let sendings = deed.requests().into_iter().map(|request| Sending { step: 0, request }).collect();
    let made = worker.run(&Batch { at: deed.machine.clone(), sendings, completes: Vec::new() });
    // Come home in any case: whoever looks takes this thread to be in the fabric.
    worker.come_home()?;
    match made {
        Err(failed) if deed.may_be_gone() && failed.refusal.errno == Errno::ENOENT => Ok(()),
        Err(_) if secret => Err(Error::refused("the kernel refused a command of a fault that is not to be told")
            .help("`netlab break --random` with another --seed draws another one")),
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

/// How far a lab is built, and whether it is well so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Complete,
    /// Not to the end of its plan, and no worse than that.
    Unbuilt,
    /// Neither.
    UnbuiltAndBroken,
}

fn how_far(victim: Victim<'_>, seen: &Namespaces) -> Result<Stand> {
    let drift = repair::compare(victim.kernel, victim.lab, victim.plan, seen)?;
    Ok(match (drift.record.done.len() == victim.plan.steps.len(), drift.differences.is_empty()) {
        (true, _) => Stand::Complete,
        (false, true) => Stand::Unbuilt,
        (false, false) => Stand::UnbuiltAndBroken,
    })
}

fn refuse(lack: &Lack, asked: &Asked, stand: Stand) -> Error {
    const UNBUILT: &str = "the lab is not built to the end of its plan: `netlab up` does the rest";
    let error = match lack {
        Lack::TooFew { found } => {
            let wanted = asked.drawn.as_ref().map_or(0, |(count, _)| *count);
            Error::usage(format!(
                "there are no {wanted} faults in this lab that can be found side by side: {found} are"
            ))
            .help("each of them breaks something that no other one does; ask for fewer with --count")
        }
        Lack::Impossible { kind, wish, machines, others, why } => {
            let place = place(wish);
            match why {
                Why::Broken if stand == Stand::Unbuilt => {
                    Error::usage(format!("there is nothing yet for {} to break{place}", kind.slug))
                }
                Why::Broken => Error::usage(format!("there is nothing left for {} to break{place}", kind.slug))
                    .help("the lab is not as its plan says there: `netlab diff` shows it, `netlab repair` mends it"),
                Why::Unused => {
                    return Error::usage(format!("{} would break nothing{place}", kind.slug))
                        .help("no pair of machines that `netlab check` looks at needs it");
                }
                Why::NoSuchThing => {
                    let error = Error::usage(format!("{} is not possible{place}", kind.slug));
                    return error.help(match (&wish.machine, &others[..], &machines[..]) {
                        (Some(machine), [_, ..], _) => {
                            format!("on {machine} it is possible towards {}", some_of(others))
                        }
                        (_, _, [_, ..]) => format!("it is possible on {}", some_of(machines)),
                        _ => "it is not possible anywhere in this lab: nothing of that sort is there".into(),
                    });
                }
            }
        }
    };
    if stand == Stand::Complete { error } else { error.help(UNBUILT) }
}

/// `node-1, node-2, …`
fn some_of(machines: &[MachineName]) -> String {
    let names: Vec<&str> = machines.iter().map(|name| name.as_str()).take(12).collect();
    format!("{}{}", names.join(", "), if machines.len() > names.len() { ", …" } else { "" })
}

/// ` on node-1 towards node-2, for IPv6`
fn place(wish: &Wish) -> String {
    let on = wish.machine.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let towards = wish.other.as_ref().map(|name| format!(" towards {name}")).unwrap_or_default();
    let family = wish.ipv6.map_or("", |ipv6| if ipv6 { ", for IPv6" } else { ", for IPv4" });
    format!("{on}{towards}{family}")
}
