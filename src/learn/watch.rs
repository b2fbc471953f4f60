//! The loop of a lesson: wait for the kernel, look, tell.
//!
//! ```text
//! listen ─▶ look ─▶ events ─▶ tell
//!   ▲                           │
//!   └── wait: the kernel, a key, or a second ◀──┘
//! ```

use std::collections::BTreeSet;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::{Event, Hints, Lesson};
use crate::error::Result;
use crate::journal::Record;
use crate::kernel::listen::Listener;
use crate::kernel::{Kernel, signal};
use crate::lab::Lab;
use crate::plan::Plan;
use crate::repair;

/// How long to wait for news before looking all the same: the kernel does not tell of every sysctl.
const PAUSE: Duration = Duration::from_millis(500);

/// A command often has several effects, one right after the other: all of them are waited for.
const QUIET: Duration = Duration::from_millis(30);

/// How a lesson ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether all steps are in force, and nothing is wrong.
    pub complete: bool,
    /// Whether the lab was taken away meanwhile.
    pub gone: bool,
    /// How many of the learner's steps are in force.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// How long it took.
    pub time: Duration,
    /// The steps for which hints were given.
    pub hinted: BTreeSet<u32>,
    /// How often something was wrong.
    pub mistakes: usize,
}

/// What a learner may ask for in the terminal of the lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Hint,
    Quit,
}

/// Gives a lesson: until all is done, the learner quits, or the lab is gone.
///
/// # Errors
/// When the lab cannot be listened to or looked at, or `tell` fails.
pub fn learn(
    kernel: &Kernel,
    lab: &Lab,
    plan: &Plan,
    mut lesson: Lesson<'_>,
    input: Option<std::fs::File>,
    mut tell: impl FnMut(&Lesson<'_>, &Event) -> Result<()>,
) -> Result<Outcome> {
    let start = Instant::now();
    let mut input = input.map(Input::new);
    let mut hints = Hints::of(lab);
    let known = hints.all().len();
    let mut mistakes = 0;
    let mut listener = Listener::new(kernel)?;
    tell(&lesson, &Event::Begun { from: lesson.from, to: lesson.to })?;
    if let (done @ 1.., _) = lesson.progress() {
        tell(&lesson, &Event::Resumed(done))?;
    }
    let mut gone = false;
    loop {
        let looked = Instant::now();
        let record = lab.record(plan)?;
        let seen = repair::look(kernel, plan)?;
        let events = lesson.look(&seen, &repair::fresh(kernel, &seen)?);
        write_down(lab, plan, &lesson, &record);
        for event in &events {
            mistakes += usize::from(matches!(event, Event::Wrong(_)));
            tell(&lesson, event)?;
        }
        if lesson.is_over() || signal::asked_to_stop() {
            break;
        }
        // A lab that takes long to look at is looked at less often.
        let pause = if lesson.suspects() { QUIET } else { PAUSE.max(looked.elapsed() * 10) };
        let heard = listener.wait(pause, input.as_ref().map(Input::as_fd))?;
        let asked = if heard.called { input.as_mut().and_then(Input::read) } else { None };
        match asked {
            Some(Asked::Quit) => break,
            Some(Asked::Hint) => {
                if let Some(step) = lesson.next() {
                    Hints::give(lab, Hints::of(lab).next(step))?;
                }
            }
            None => {}
        }
        if input.as_ref().is_some_and(|input| input.over) {
            // Nobody will ask for anything any more; the lesson goes on.
            input = None;
        }
        if lab.sandbox().is_none() {
            gone = true;
            break;
        }
        let now = Hints::of(lab);
        for hint in now.all().iter().skip(hints.all().len()) {
            tell(&lesson, &Event::Hinted(*hint))?;
        }
        hints = now;
        if !heard.machines.is_empty() {
            while !listener.wait(QUIET, None)?.machines.is_empty() && looked.elapsed() < PAUSE {}
        }
    }
    let (done, total) = lesson.progress();
    let hinted = Hints::of(lab).all().iter().skip(known).map(|hint| hint.step).collect();
    Ok(Outcome { complete: lesson.is_over(), gone, done, total, time: start.elapsed(), hinted, mistakes })
}

/// Brings the journal in line with what is in force, unless somebody moves the cursor just now, or has moved it since it
/// said what `record` has: then the look at the lab is older than the journal.
fn write_down(lab: &Lab, plan: &Plan, lesson: &Lesson<'_>, record: &Record) {
    let done: Vec<u32> = lesson.in_force().difference(&record.done).copied().collect();
    let undone: Vec<u32> = record.done.difference(lesson.in_force()).copied().collect();
    if done.is_empty() && undone.is_empty() {
        return;
    }
    // Where somebody holds the lock, or the disk is full, the next look tries again.
    let Ok(_lock) = lab.lock() else { return };
    if lab.still_has(plan).is_err() || !lab.record(plan).is_ok_and(|now| now == *record) {
        return;
    }
    let Ok(journal) = lab.journal() else { return };
    let _ = if done.is_empty() { Ok(()) } else { journal.done(&done) };
    let _ = if undone.is_empty() { Ok(()) } else { journal.undone(&undone) };
}

/// What the learner types in the terminal of the lesson: lines, of which the first letter counts.
struct Input {
    file: std::fs::File,
    over: bool,
}

impl Input {
    fn new(file: std::fs::File) -> Self {
        Input { file, over: false }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    fn read(&mut self) -> Option<Asked> {
        let mut bytes = [0; 256];
        match self.file.read(&mut bytes) {
            Ok(0) | Err(_) => {
                self.over = true;
                None
            }
            Ok(count) => match bytes[..count].trim_ascii_start().first() {
                Some(b'h' | b'?') => Some(Asked::Hint),
                Some(b'q') => Some(Asked::Quit),
                _ => None,
            },
        }
    }
}
