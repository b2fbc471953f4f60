//! `netlab up --step [FILE]` and `netlab down --step [LAB]`: one step at a time.
//!
//! ```text
//! a terminal            live    the view at the bottom, what was done above it
//! a pipe, TERM=dumb     plain   lines: the step, an answer is read, what it changed
//! ```
//!
//! This process stays outside the lab: see [`crate::kernel::apart`].

mod live;
mod plain;
mod screen;

use std::io::IsTerminal;
use std::path::Path;

use super::{Common, colors, print};
use crate::alter;
use crate::down;
use crate::error::{Error, Packed, Result};
use crate::journal::Record;
use crate::kernel::apart::{Heard, apart};
use crate::kernel::signal;
use crate::lab::{Lab, Store};
use crate::pod::Order;
use crate::run::Manner;
use crate::step::Way;
use crate::stepping::{Sight, Stepping, patiently};
use crate::topology::Loaded;
use crate::up;

/// Why the view is left.
#[derive(Debug)]
enum Left {
    /// Somebody asked to, or there is nothing left to do.
    Here(Record),
    /// Another terminal took the lab away.
    TakenAway,
    /// SIGTERM, or Ctrl-C where there is no view.
    Stopped(Record),
}

/// Builds a lab step by step, as far as `to` or to its end. One that runs is taken where it is.
pub(super) fn up(loaded: &Loaded, file: &Path, to: Option<u32>, common: &Common) -> Result<()> {
    without_json(common)?;
    let store = Store::of_this_user()?;
    begin(&store, loaded, to)?;
    let stepping = Stepping::of(store.lab(&loaded.topology.lab), Way::Do, to)?;
    let again = match file.to_str() {
        Some("-") | None => "netlab up --step FILE".to_owned(),
        Some("topology.yaml") => "netlab up --step".to_owned(),
        Some(path) => format!("netlab up --step {path}"),
    };
    match ask(&stepping, &store)? {
        Left::Here(record) => print(&whereabouts(&stepping, &record, &again)),
        other => unexpected(&stepping, &other),
    }
}

/// Adds a pod, or deletes one, step by step.
pub(super) fn pod(order: &Order, common: &Common) -> Result<()> {
    without_json(common)?;
    let store = Store::of_this_user()?;
    let lab = store.choose(common.meant()?.as_ref())?;
    let named = Common { lab: Some(lab.name.clone()), json: false };
    in_a_child(|| patiently(|| super::pod::begin_outside(&named, order)))?;
    let stepping = Stepping::of(lab, Way::Do, None)?;
    match ask(&stepping, &store)? {
        Left::Here(_) if stepping.lab.underway()?.is_none() => {
            let (pod, total) = (order.pod(), stepping.plan().len());
            in_a_child(|| super::pod::tidy(&named))?;
            print(&match order {
                Order::Add(_) => format!("pod {pod} is there: all of its {total} steps are in force"),
                Order::Delete(_) => format!("pod {pod} is gone: all of its {total} steps are taken back"),
            })
        }
        Left::Here(record) if record.done.is_empty() => {
            in_a_child(|| super::pod::tidy(&named))?;
            print(&super::pod::called_off(order, &stepping.lab.name))
        }
        Left::Here(record) => {
            let again = format!("{} --step", order.goal().command().trim_matches('`'));
            print(&whereabouts(&stepping, &record, &again))
        }
        other => unexpected(&stepping, &other),
    }
}

/// Takes a lab away step by step, the last step first.
pub(super) fn down(lab: Lab, common: &Common) -> Result<()> {
    without_json(common)?;
    let store = Store::of_this_user()?;
    let again = format!("netlab down --step {}", lab.name);
    let stepping = Stepping::of(lab, Way::Undo, None)?;
    if let Some(goal) = stepping.course.goal() {
        return Err(Error::usage(format!("{} is not finished yet", goal.what())).help(format!(
            "{} finishes it; `netlab down` without --step takes the lab away as it is",
            goal.command()
        )));
    }
    match ask(&stepping, &store)? {
        Left::Here(record) if record.done.is_empty() => {
            down::down(&stepping.lab)?;
            print(&format!("all steps are undone, and lab {} is down", stepping.lab.name))
        }
        Left::Here(record) => print(&whereabouts(&stepping, &record, &again)),
        other => unexpected(&stepping, &other),
    }
}

fn without_json(common: &Common) -> Result<()> {
    match common.json {
        true => Err(Error::usage("--step is for people: it has no JSON document")
            .help("`netlab next --json` and `netlab back --json` move the cursor for programs")),
        false => Ok(()),
    }
}

/// Shows the steps on a terminal, or as lines where there is none.
fn ask(stepping: &Stepping, store: &Store) -> Result<Left> {
    signal::remember_requests_to_stop();
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb;
    let color = colors(&std::io::stdout());
    match terminal && screen::is_large_enough() {
        true => live::run(stepping, store, color),
        false => plain::run(stepping, store),
    }
}

/// Makes the lab, empty, where it does not run. This process must not enter it, so another one does.
fn begin(store: &Store, loaded: &Loaded, to: Option<u32>) -> Result<()> {
    if let Some(to) = to {
        crate::cursor::within(&crate::plan::Plan::of(&loaded.topology), to)?;
    }
    let manner = Manner { one_by_one: false, die_after: None };
    let lab = store.lab(&loaded.topology.lab);
    if lab.sandbox().is_some() && alter::is_another(&lab, &crate::plan::Plan::of(&loaded.topology))? {
        let name = &lab.name;
        return Err(Error::usage(format!(
            "lab {name} runs with another topology, and a change is not asked for step by step"
        ))
        .help("`netlab up --dry-run FILE` shows all steps that lead there, `netlab up FILE` does them"));
    }
    in_a_child(|| patiently(|| up::up(store, loaded, Some(0), &manner, |_| Box::new(|_, _| {})).map(|_| ())))
}

/// Does something that enters the lab, which this process must not do.
fn in_a_child(work: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut child = apart(|tell| {
        let made = work();
        let error: Option<Packed> = made.err().map(|error| error.packed());
        // Plain strings and numbers are always JSON.
        tell(&serde_json::to_string(&error).unwrap_or_default());
    })?;
    loop {
        match child.hear(std::time::Duration::from_secs(60)) {
            Heard::Nothing => {}
            Heard::Line(line) => {
                let error: Option<Packed> = serde_json::from_str(&line)
                    .map_err(|error| Error::refused(format!("cannot read what was done: {error}")))?;
                return error.map_or(Ok(()), |error| Err(error.into()));
            }
            Heard::End => return Err(Error::refused("the process that entered the lab has ended before it was done")),
        }
    }
}

/// Opens a shell in the machine of the next step, and waits for its end.
fn shell(stepping: &Stepping, record: &Record, store: &Store) -> Result<()> {
    let place = stepping.place(record);
    let mut command = std::process::Command::new("/proc/self/exe");
    command.args(["--lab", stepping.lab.name.as_str(), "shell", place.as_str()]);
    command.env(crate::lab::STATE_DIR, store.path());
    let ran = command.status().map_err(|e| Error::refused(format!("cannot open a shell: {e}")));
    signal::forget_interrupts();
    // How the shell ended is its user's business.
    ran.map(|_| ())
}

/// What a look at the lab shows; an error where the lab was killed.
fn look(stepping: &Stepping) -> Result<Option<Record>> {
    match stepping.look()? {
        Sight::There(record) => Ok(Some(record)),
        Sight::TakenAway => Ok(None),
        Sight::Gone => Err(stepping.lab.gone()),
    }
}

/// Where the cursor is, and how to go on.
fn whereabouts(stepping: &Stepping, record: &Record, again: &str) -> String {
    let (lab, done, total) = (&stepping.lab.name, record.done.len(), stepping.plan().len());
    if done == stepping.plan().steps.len() {
        return format!(
            "lab {lab} is up: all of its {total} steps are in force\n\
             \x20 netlab status        what there is\n\
             \x20 netlab back          undo the last step\n\
             \x20 netlab down --step   take it away step by step; without --step, at once"
        );
    }
    let back = ("netlab back", "undo the last one");
    let (what, away) = match stepping.course.goal() {
        None => (format!("lab {lab}"), Some(("netlab down", "take it away"))),
        Some(goal) => (goal.what(), None),
    };
    let ways = [(again, "go on from here"), ("netlab next", "do the next step"), back];
    let width = again.len().max("netlab next".len());
    let possible = ways.iter().chain(&away).filter(|way| done > 0 || **way != back);
    let lines: String = possible.map(|(command, what)| format!("\n  {command:<width$}   {what}")).collect();
    format!("{what} is at step {done} of {total}, and stays{lines}")
}

/// The lab is gone, or a signal came.
fn unexpected(stepping: &Stepping, left: &Left) -> Result<()> {
    let lab = &stepping.lab.name;
    match left {
        Left::Stopped(record) => {
            let done = record.done.len();
            Err(Error::stopped(format!("stopped: lab {lab} is at step {done} of {}", stepping.plan().len()))
                .help("`netlab status` shows what there is"))
        }
        _ => print(&format!("lab {lab} was taken away by another netlab")),
    }
}
