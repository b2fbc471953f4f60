//! Step by step, forwards or backwards: what there is to do next, and doing it.
//!
//! ```text
//! look ──▶ Sight::There(record) ──▶ next · chapter · rest · other     moves to choose from
//!   ▲                                        │
//!   └── Told, Told, … ◀── Work ◀── start ────┘     in a child process, which holds the lock while it moves
//! ```
//!
//! While somebody thinks, nothing of this holds the lab: another terminal may move the cursor, or take the lab away, and
//! `look` sees it. A move that was chosen in view of another record is not made.

use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::course::Course;
use crate::cursor::{Cursor, Move};
use crate::error::{Error, Packed, Result};
use crate::journal::Record;
use crate::kernel::apart::{Apart, Heard, apart};
use crate::kernel::process::ProcessId;
use crate::kernel::signal;
use crate::lab::Lab;
use crate::names::MachineName;
use crate::plan::Plan;
use crate::report::moved;
use crate::step::{Action, Step, Way};

/// How long to try for the lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A lab that is stepped through.
#[derive(Debug)]
pub struct Stepping {
    /// The lab.
    pub lab: Lab,
    /// Its plan, or the change that it is in.
    pub course: Course,
    /// Forwards or backwards.
    pub way: Way,
    /// How many steps are to be in force at the end.
    pub target: u32,
    /// The pause process that the lab had at the beginning: another one holds another lab.
    pause: ProcessId,
}

/// What a look at the lab shows.
#[derive(Debug)]
pub enum Sight {
    /// Which steps are in force.
    There(Record),
    /// It was taken away, and may have been built anew.
    TakenAway,
    /// Its pause process was killed.
    Gone,
}

/// A move that was made, as text.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// The step's number.
    pub number: u32,
    /// Its command, also where only the running lab knew it.
    pub command: Option<String>,
    /// Number, chapter, sentence and command.
    pub announced: String,
    /// What it changed.
    pub changed: String,
}

/// How the moves are to be told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// The width of the terminal.
    pub columns: usize,
    /// Whether in colour.
    pub color: bool,
}

/// Moves being made.
#[derive(Debug)]
pub struct Work(Apart);

/// What is heard of them.
#[derive(Debug)]
pub enum Progress {
    /// One is made.
    Told(Told),
    /// Nothing yet.
    Nothing,
    /// All are made, or as many as were made before somebody asked to stop.
    Done,
    /// None was made, because the cursor is not where it was.
    Moved,
    /// One failed.
    Failed(Error),
}

/// What the child process says, a line each.
#[derive(Debug, Serialize, Deserialize)]
enum Line {
    Told(Told),
    Done,
    Moved,
    Failed(Packed),
}

impl Stepping {
    /// Steps through a running lab.
    ///
    /// # Errors
    /// When it does not run.
    pub fn of(lab: Lab, way: Way, target: Option<u32>) -> Result<Self> {
        let course = Course::of(&lab)?;
        let pause = lab.pause().ok_or_else(|| lab.gone())?;
        let target = target.unwrap_or(if way == Way::Do { course.plan.len() } else { 0 });
        Ok(Stepping { lab, course, way, target, pause })
    }

    /// The steps, numbered from 1.
    pub fn plan(&self) -> &Plan {
        &self.course.plan
    }

    /// Whether there is nothing more to be asked once the last step is made: a change is over then.
    pub fn ends_by_itself(&self) -> bool {
        self.way == Way::Undo || self.target < self.plan().len() || self.course.goal().is_some()
    }

    /// How much is written in the journal, to see whether something moved.
    pub fn mark(&self) -> Option<(u64, SystemTime)> {
        self.lab.journal_mark()
    }

    /// What there is now.
    ///
    /// # Errors
    /// When another terminal changes the lab to something else, or it cannot be read how far it is.
    pub fn look(&self) -> Result<Sight> {
        Ok(match self.lab.pause() {
            Some(pause) if pause != self.pause => Sight::TakenAway,
            None => Sight::TakenAway,
            Some(_) if self.lab.sandbox().is_none() => Sight::Gone,
            Some(_) => Sight::There(self.course.record(&self.lab)?),
        })
    }

    /// The move to make next, if there is one before the end.
    pub fn next(&self, record: &Record) -> Option<Move> {
        self.rest(record).first().copied()
    }

    /// All moves to the end.
    pub fn rest(&self, record: &Record) -> Vec<Move> {
        let one = |number| Move { number, way: self.way };
        match self.way {
            Way::Do => (1..=self.target).filter(|number| !record.done.contains(number)).map(one).collect(),
            Way::Undo => record.done.iter().rev().filter(|number| **number > self.target).copied().map(one).collect(),
        }
    }

    /// Those that finish the chapter of the next one.
    pub fn chapter(&self, record: &Record) -> Vec<Move> {
        let mut rest = self.rest(record);
        let chapter = |one: &Move| self.plan().chapter_of(one.number).map(|chapter| chapter.steps.start);
        if let Some(first) = rest.first().map(chapter) {
            let length = rest.iter().take_while(|one| chapter(one) == first).count();
            rest.truncate(length);
        }
        rest
    }

    /// The move in the other direction.
    pub fn other(&self, record: &Record) -> Option<Move> {
        match self.way {
            Way::Do => record.last().map(|number| Move { number, way: Way::Undo }),
            Way::Undo => record.next(self.plan().len()).map(|number| Move { number, way: Way::Do }),
        }
    }

    /// The step of a move as it will be done. Backwards it has no command where only the running lab knows it.
    pub fn step(&self, one: Move) -> Option<Step> {
        let step = self.plan().step(one.number)?;
        Some(if one.way == Way::Do { step.clone() } else { step.inverse() })
    }

    /// Where a shell may be opened to look at what the next move is about: its machine, or the fabric as long as the
    /// machine is not there.
    pub fn place(&self, record: &Record) -> MachineName {
        let about = self.next(record).or_else(|| self.other(record));
        let machine = about.and_then(|one| self.plan().step(one.number)).map(|step| &step.machine);
        // Where that cannot be read, the next look says so.
        let whole = self.course.whole_record(&self.lab).unwrap_or_default().done;
        let made = |machine: &&MachineName| {
            let mut steps = self.course.whole().numbered();
            let birth =
                steps.find(|(_, step)| matches!(step.action, Action::AddNamespace(_)) && step.machine == **machine);
            birth.is_some_and(|(number, _)| whole.contains(&number))
        };
        machine.filter(made).cloned().unwrap_or_else(MachineName::fabric)
    }

    /// Begins to make moves, chosen in view of a record.
    ///
    /// # Errors
    /// When no process can be made.
    pub fn start(&self, record: &Record, moves: &[Move], telling: Telling) -> Result<Work> {
        let work = |tell: &mut dyn FnMut(&str)| {
            let mut say = |line: &Line| {
                // Plain strings and numbers are always JSON.
                tell(&serde_json::to_string(line).unwrap_or_default());
            };
            let last = match self.make(record, moves, telling, &mut |told| say(&Line::Told(told))) {
                Ok(true) => Line::Done,
                Ok(false) => Line::Moved,
                Err(error) => Line::Failed(error.packed()),
            };
            say(&last);
        };
        Ok(Work(apart(work)?))
    }

    /// Makes moves, from inside the lab. Returns whether the cursor was where the record says.
    fn make(&self, record: &Record, moves: &[Move], telling: Telling, tell: &mut dyn FnMut(Told)) -> Result<bool> {
        signal::remember_requests_to_stop();
        let sandbox = self.lab.sandbox().ok_or_else(|| self.lab.gone())?;
        let kernel = sandbox.enter()?;
        let cursor = Cursor::new(&kernel, &self.lab, &self.course);
        let mut hand = patiently(|| cursor.take())?;
        if cursor.record()?.done != record.done {
            return Ok(false);
        }
        for one in moves {
            if signal::asked_to_stop() {
                break;
            }
            let made = hand.make(*one)?;
            let announced = moved::announced(self.plan(), made.number, &made.step, telling.columns, telling.color);
            let changed = moved::changed(&made, telling.color);
            tell(Told { number: made.number, command: made.step.command(), announced, changed });
        }
        Ok(true)
    }
}

/// Tries again for a moment while the lab is busy: another terminal may be making a step just now.
///
/// # Errors
/// The last one.
pub fn patiently<T>(mut take: impl FnMut() -> Result<T>) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        match take() {
            Err(error) if error.is_busy() && Instant::now() < end && !signal::asked_to_stop() => {
                std::thread::sleep(PAUSE)
            }
            other => return other,
        }
    }
}

impl Work {
    /// What is heard within a time.
    pub fn hear(&mut self, patience: Duration) -> Progress {
        let line = match self.0.hear(patience) {
            Heard::Nothing => return Progress::Nothing,
            Heard::Line(line) => line,
            Heard::End => {
                let what = "the process that made the step has ended before it was done";
                return Progress::Failed(Error::refused(what).help("`netlab status` shows where the cursor is"));
            }
        };
        match serde_json::from_str(&line) {
            Ok(Line::Told(told)) => Progress::Told(told),
            Ok(Line::Done) => Progress::Done,
            Ok(Line::Moved) => Progress::Moved,
            Ok(Line::Failed(error)) => Progress::Failed(error.into()),
            Err(error) => Progress::Failed(Error::refused(format!("cannot read what was done: {error}"))),
        }
    }

    /// Asks for no further moves than the one that is being made.
    pub fn stop(&self) {
        self.0.stop();
    }
}
