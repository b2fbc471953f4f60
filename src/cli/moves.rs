//! `netlab next [N]`, `netlab back [N]`, `netlab goto N`

use clap::Args;

use super::exercise::not_in_an_exercise;
use super::{Common, Inside, colors, print, print_json, width};
use crate::course::Course;
use crate::cursor::{Cursor, Move, Moved};
use crate::error::{Error, Result};
use crate::kernel::{host, signal};
use crate::report::moved;

/// Do the next step, or the next few, and show what each one changed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab up --empty topologies/one-node.yaml    a lab with no step done
  netlab next                                   the first step
  netlab next 3                                 three more
  netlab back                                   and the last one undone again")]
pub struct Next {
    /// How many steps
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
}

/// Undo the last step, or the last few, and show what each one changed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab back      undo the last step
  netlab back 10   undo the last ten, the last one first")]
pub struct Back {
    /// How many steps
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
}

/// Move the cursor: do or undo steps until the first N are in force and no others
///
/// `netlab plan` and `netlab status` show the numbers. Steps that somebody undid by hand are done again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab goto 17   from wherever the lab is
  netlab goto 0    undo everything; the lab stays, empty")]
pub struct Goto {
    /// How many steps are to be in force
    #[arg(value_name = "N")]
    step: u32,
}

impl Next {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        make(common, "next", "all steps are done: `netlab back` undoes the last one", |cursor| cursor.next(self.count))
    }
}

impl Back {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let nothing = "no step is done: `netlab next` does the first one, `netlab down` takes the lab away";
        make(common, "back", nothing, |cursor| cursor.back(self.count))
    }
}

impl Goto {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let nothing = format!("step {} is where the cursor is, and all is in force: nothing to do", self.step);
        make(common, "goto", &nothing, |cursor| {
            cursor.within(self.step)?;
            cursor.goto(self.step)
        })
    }
}

/// Makes moves one after the other, and shows each as soon as it is made.
fn make(
    common: &Common,
    command: &str,
    nothing: &str,
    choose: impl FnOnce(&Cursor<'_>) -> Result<Vec<Move>>,
) -> Result<()> {
    host::allow_many_files();
    let inside = Inside::enter(common)?;
    not_in_an_exercise(&inside.lab, command)?;
    let course = Course::of(&inside.lab)?;
    let cursor = Cursor::new(&inside.kernel, &inside.lab, &course);
    let mut hand = cursor.take()?;
    let moves = choose(&cursor)?;
    signal::remember_requests_to_stop();
    let color = colors(&std::io::stdout());
    let mut made: Vec<Moved> = Vec::new();
    for one in &moves {
        if signal::asked_to_stop() {
            return Err(Error::stopped(format!("stopped: {} of {} moves are made", made.len(), moves.len()))
                .help("`netlab status` shows where the cursor is"));
        }
        let moved = hand.make(*one)?;
        if !common.json {
            let gap = if made.is_empty() { "" } else { "\n" };
            print(&format!("{gap}{}", moved::text(&course.plan, &moved, width(), color)))?;
        }
        made.push(moved);
    }
    if course.goal().is_some() {
        drop(hand);
        crate::pod::tidy(&inside.kernel, &inside.lab)?;
    }
    let (is_over, record) = (inside.lab.underway()?.is_none(), cursor.record()?);
    match common.json {
        true => print_json(&moved::document(&course.plan, &record, &made)),
        false if made.is_empty() => print(nothing),
        false => match course.goal().filter(|_| is_over) {
            Some(goal) if record.done.is_empty() => {
                print(&format!("\n{} is called off: lab {} is as it was before", goal.what(), inside.lab.name))
            }
            Some(goal) => print(&format!("\n{} is done: lab {} is as it was to be", goal.what(), inside.lab.name)),
            None => Ok(()),
        },
    }
}
