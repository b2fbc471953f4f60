//! The cursor: one step forwards or backwards, and what the kernel made of it.
//!
//! ```text
//!            steps in force          │ steps to come
//! 1  2  3  …  16                     │ 17  18  …  140
//!              └─ back: its inverse ─┘  └─ forth: the step itself
//!
//! look at the machines it touches ─▶ do it ─▶ wait until links have settled ─▶ look again ─▶ what changed
//! ```
//!
//! Which steps are in force is in the journal, so that any terminal can go on where another one stopped. The lock is
//! held while the cursor moves and not while somebody thinks.

mod before;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::course::{Course, Stride};
use crate::error::{Error, Result};
use crate::journal::{Journal, Record};
use crate::kernel::observe::{View, observe};
use crate::kernel::request::{Batch, Sending};
use crate::kernel::worker::Worker;
use crate::kernel::{Kernel, netns, ready, rehearsal};
use crate::lab::{Lab, Lock};
use crate::names::{LinkName, MachineName};
use crate::network::Namespaces;
use crate::network::changes::{Change, changes};
use crate::plan::Plan;
use crate::run::{self, Stopped};
use crate::step::{Action, Finding, SetSysctl, Step, Way};

/// How long links may take to settle before the second look.
const PATIENCE: Duration = Duration::from_secs(2);

/// One step forwards or backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The step's number.
    pub number: u32,
    /// Forwards or backwards.
    pub way: Way,
}

/// What a move did.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The step's number.
    pub number: u32,
    /// The step as it was done: backwards, its inverse.
    pub step: Step,
    /// Whether the kernel was as it should be already: somebody typed the command, or a process was killed.
    pub already: bool,
    /// What changed in the kernel.
    pub changes: Vec<Change>,
}

/// The cursor of a running lab.
#[derive(Debug)]
pub struct Cursor<'a> {
    kernel: &'a Kernel,
    lab: &'a Lab,
    course: &'a Course,
    /// For each end of a pipe, the machine of the other end once the pipe is laid.
    far_ends: HashMap<(&'a MachineName, &'a LinkName), &'a MachineName>,
}

/// The right to move the cursor, for as long as it is held.
#[derive(Debug)]
pub struct Hand<'a> {
    cursor: &'a Cursor<'a>,
    journal: Journal,
    worker: Worker,
    lock: Lock,
}

impl<'a> Cursor<'a> {
    /// The cursor of this lab, from inside.
    pub fn new(kernel: &'a Kernel, lab: &'a Lab, course: &'a Course) -> Self {
        let mut far_ends = HashMap::new();
        let mut near_ends = HashMap::new();
        for step in &course.whole().steps {
            match &step.action {
                Action::AddVeth(pipe) => {
                    near_ends.insert((&step.machine, &pipe.peer), &pipe.name);
                }
                Action::MoveLink(moved) => {
                    if let Some(near) = near_ends.get(&(&step.machine, &moved.name)) {
                        far_ends.insert((&step.machine, *near), &moved.to);
                    }
                    far_ends.insert((&moved.to, &moved.rename), &step.machine);
                }
                _ => {}
            }
        }
        Cursor { kernel, lab, course, far_ends }
    }

    /// Which steps are in force, as far as netlab knows.
    ///
    /// # Errors
    /// As [`Lab::record`].
    pub fn record(&self) -> Result<Record> {
        self.course.record(self.lab)
    }

    /// The moves to the next `count` steps.
    ///
    /// # Errors
    /// As [`Lab::record`].
    pub fn next(&self, count: u32) -> Result<Vec<Move>> {
        let record = self.record()?;
        let next = (1..=self.course.plan.len()).filter(|number| !record.done.contains(number));
        Ok(next.take(as_count(count)).map(|number| Move { number, way: Way::Do }).collect())
    }

    /// The moves that take back the last `count` steps.
    ///
    /// # Errors
    /// As [`Lab::record`].
    pub fn back(&self, count: u32) -> Result<Vec<Move>> {
        let record = self.record()?;
        let back = record.done.iter().rev().take(as_count(count));
        Ok(back.map(|number| Move { number: *number, way: Way::Undo }).collect())
    }

    /// The moves that lead to where the first `target` steps are in force and no others, from wherever the lab is: the
    /// kernel is asked, so that what went missing is done again.
    ///
    /// # Errors
    /// When the lab cannot be looked at.
    pub fn goto(&self, target: u32) -> Result<Vec<Move>> {
        let record = self.record()?;
        let plan = &self.course.plan;
        if self.course.goal().is_some() {
            return Ok(self.along(&record, target));
        }
        let findings = run::survey(self.kernel, plan)?;
        let present: BTreeSet<u32> =
            (1..).zip(&findings).filter(|(_, f)| **f == Finding::Present).map(|(n, _)| n).collect();
        let back = (target + 1..=plan.len()).rev().filter(|n| present.contains(n) || record.done.contains(n));
        let forth = (1..=target).filter(|n| !present.contains(n) || !record.done.contains(n));
        let back = back.map(|number| Move { number, way: Way::Undo });
        Ok(back.chain(forth.map(|number| Move { number, way: Way::Do })).collect())
    }

    /// Says so when the plan has no step of this number, or 0.
    ///
    /// # Errors
    /// When it has none.
    pub fn within(&self, number: u32) -> Result<()> {
        within(&self.course.plan, number)
    }

    /// Takes the cursor in hand.
    ///
    /// # Errors
    /// When somebody else moves it just now, or took the lab away since it was entered.
    pub fn take(&'a self) -> Result<Hand<'a>> {
        let lock = self.lab.lock()?;
        if self.lab.sandbox().is_none() {
            // The lock has made the directory again: nothing of it is to stay.
            let _ = self.lab.forget(lock);
            return Err(Error::usage(format!("lab {} was taken down meanwhile", self.lab.name))
                .help("`netlab up FILE` builds it again"));
        }
        if Course::of(self.lab)? != *self.course {
            return Err(self.lab.changed_meanwhile());
        }
        let journal = self.lab.journal()?;
        self.catch_up(&journal)?;
        Ok(Hand { cursor: self, journal, worker: Worker::new(self.kernel)?, lock })
    }

    /// Finds out what became of the steps that a process began and did not finish: it was killed, or a batch failed.
    fn catch_up(&self, journal: &Journal) -> Result<()> {
        let record = self.course.whole_record(self.lab)?;
        if !record.is_unfinished() && record.failed.is_none() {
            return Ok(());
        }
        let findings = run::survey(self.kernel, self.course.whole())?;
        let finding = |number: u32| findings.get(as_count(number.saturating_sub(1)));
        let came = |number: &u32| finding(*number) == Some(&Finding::Present);
        // A sysctl that was set back has another value, and is not missing.
        let went = |number: &u32| matches!(finding(*number), Some(Finding::Missing | Finding::Differs(_)));
        let came: Vec<u32> = record.begun.difference(&record.done).copied().filter(came).collect();
        let went: Vec<u32> = record.undoing.intersection(&record.done).copied().filter(went).collect();
        let written = journal.done(&came).and_then(|()| journal.undone(&went)).and_then(|()| journal.begin(&[]));
        written.map_err(|error| Stopped::Journal(error).explain(&self.course.plan, record.done.len()))
    }

    /// The moves along a change, from where the cursor is.
    fn along(&self, record: &Record, target: u32) -> Vec<Move> {
        let at = u32::try_from(record.done.len()).unwrap_or(u32::MAX);
        let back = (target + 1..=at).rev().map(|number| Move { number, way: Way::Undo });
        back.chain((at + 1..=target).map(|number| Move { number, way: Way::Do })).collect()
    }

    /// The machines that a step touches: its own, and those at the other ends of the pipes that it speaks of.
    fn touched(&self, step: &Step) -> BTreeSet<MachineName> {
        let mut touched = BTreeSet::from([step.machine.clone()]);
        if let Action::MoveLink(moved) = &step.action {
            touched.insert(moved.to.clone());
        }
        let far_end = step.action.link().and_then(|link| self.far_ends.get(&(&step.machine, link)));
        touched.extend(far_end.map(|machine| (*machine).clone()));
        touched
    }

    fn look(&self, machines: &BTreeSet<MachineName>, step: &Step) -> Result<Namespaces> {
        let sysctls = match &step.action {
            Action::SetSysctl(sysctl) => BTreeMap::from([(step.machine.clone(), vec![sysctl.key.clone()])]),
            _ => BTreeMap::new(),
        };
        let (neighbours, ipam) = (run::writes_neighbours(self.course.whole()), self.course.whole().has_ipam());
        let view = View { routes: true, tables: true, neighbours, sysctls, ipam, ..View::LINKS };
        Ok(observe(self.kernel, machines, &view)?)
    }
}

/// Says so when a plan has no step of this number, or 0.
///
/// # Errors
/// When it has none.
pub fn within(plan: &Plan, number: u32) -> Result<()> {
    if number <= plan.len() { Ok(()) } else { Err(no_such_step(plan, number)) }
}

/// The step of this number.
///
/// # Errors
/// When the plan has none.
pub fn step(plan: &Plan, number: u32) -> Result<&Step> {
    plan.step(number).ok_or_else(|| no_such_step(plan, number))
}

/// Whether there is nothing left to do for a move.
fn is_made(way: Way, finding: &Finding) -> bool {
    matches!((way, finding), (Way::Do, Finding::Present) | (Way::Undo, Finding::Missing))
}

fn no_such_step(plan: &Plan, number: u32) -> Error {
    Error::usage(format!("there is no step {number}")).help(format!("lab {} has steps 1 to {}", plan.lab, plan.len()))
}

fn as_count(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Hand<'_> {
    /// Moves the cursor by one step. When a change has been gone to its end, it is over.
    ///
    /// # Errors
    /// When something of somebody else's stands in the way, or the kernel refuses.
    pub fn make(&mut self, one: Move) -> Result<Moved> {
        let Move { number, way } = one;
        step(&self.cursor.course.plan, number)?;
        let mut made: Option<Moved> = None;
        for stride in self.cursor.course.strides(number, way) {
            let next = self.stride(one, stride)?;
            made = Some(match made {
                None => next,
                // What fell with one step comes again with several.
                Some(first) => Moved {
                    already: first.already && next.already,
                    changes: first.changes.into_iter().chain(next.changes).collect(),
                    ..first
                },
            });
        }
        self.finish()?;
        made.ok_or_else(|| no_such_step(&self.cursor.course.plan, number))
    }

    /// Ends the change, if this is one, and all of it is made.
    fn finish(&self) -> Result<()> {
        let Cursor { lab, course, .. } = *self.cursor;
        let Some((text, wanted)) = course.end() else { return Ok(()) };
        if self.cursor.record()?.next(course.plan.len()).is_some() {
            return Ok(());
        }
        netns::sweep(course.whole().machines.iter().map(|member| &member.name));
        let done = course.whole_record(lab)?.done;
        let in_force: Vec<u32> = done.into_iter().filter(|number| *number <= wanted).collect();
        lab.end_change(&self.lock, text, &in_force)
    }

    /// Makes one stride of a move.
    fn stride(&mut self, Move { number: shown, way: forth }: Move, stride: Stride) -> Result<Moved> {
        let Stride { number, way } = stride;
        let course = self.cursor.course;
        let planned = step(course.whole(), number)?;
        let touched = self.cursor.touched(planned);
        let before = self.cursor.look(&touched, planned)?;
        let finding = planned.check(&before);
        let step = match way {
            Way::Do => planned.clone(),
            Way::Undo => self.inverse(number, planned)?,
        };
        let already = match &finding {
            finding if is_made(way, finding) => !course.is_extra(number),
            Finding::Taken(what) => return Err(run::taken(&course.plan, shown, &step, what)),
            _ => false,
        };
        let falls: &[u32] = if way == Way::Undo { course.falls(shown, forth) } else { &[] };
        if already {
            self.written(number, falls, way, true)?;
            return Ok(Moved { number: shown, step, already, changes: Vec::new() });
        }
        self.written(number, falls, way, false)?;
        let sendings = step.requests().into_iter().map(|request| Sending { step: number, request }).collect();
        let batch = Batch { at: step.sent_to().clone(), sendings, completes: vec![number] };
        let done = self.worker.run(&batch);
        // Come home in any case: whoever looks takes this thread to be in the fabric.
        self.worker.come_home()?;
        if let Err(failed) = done {
            // The kernel takes a deleted namespace apart in its own time: what was there a moment ago may have gone.
            if is_made(way, &planned.check(&self.cursor.look(&touched, planned)?)) {
                self.written(number, falls, way, true)?;
                return Ok(Moved { number: shown, step, already: true, changes: Vec::new() });
            }
            // On a full disk it cannot be remembered; it is told all the same.
            let _ = self.journal.failed(number, &failed.refusal.to_string());
            return Err(run::refused(&course.plan, shown, &step, &failed.refusal)
                .help("`netlab status` shows what there is, `netlab diff` what differs from the plan"));
        }
        self.written(number, falls, way, true)?;
        let touched_now: Vec<MachineName> = touched.iter().cloned().collect();
        ready::settle(self.cursor.kernel, &touched_now, PATIENCE)?;
        let after = self.cursor.look(&touched, planned)?;
        Ok(Moved { number: shown, step, already, changes: changes(&before, &after) })
    }

    /// What takes a step back. What a sysctl was before, the plan does not know: it is found out.
    fn inverse(&self, number: u32, planned: &Step) -> Result<Step> {
        let Action::SetSysctl(_) = &planned.action else { return Ok(planned.inverse()) };
        let Cursor { kernel, course, .. } = *self.cursor;
        Ok(with_former(kernel, course.whole(), number, planned)?.inverse())
    }

    /// Tells the journal that a move begins, or is made, and which steps fall with it.
    fn written(&self, number: u32, falls: &[u32], way: Way, made: bool) -> Result<()> {
        let steps: Vec<u32> = [number].iter().chain(falls).copied().collect();
        let written = match (way, made) {
            (Way::Do, false) => self.journal.begin(&steps),
            (Way::Do, true) => self.journal.done(&steps),
            (Way::Undo, false) => self.journal.undo(&steps),
            (Way::Undo, true) => self.journal.undone(&steps),
        };
        written.map_err(|error| Stopped::Journal(error).explain(&self.cursor.course.plan, 0))
    }
}

/// A step that sets a sysctl, with what the sysctl is without it; any other step as it is.
///
/// # Errors
/// When no namespace can be made to find it out.
pub(crate) fn with_former(kernel: &Kernel, plan: &Plan, number: u32, planned: &Step) -> Result<Step> {
    let Action::SetSysctl(sysctl) = &planned.action else { return Ok(planned.clone()) };
    let requests = before::requests(plan, number, &planned.machine);
    let former = rehearsal::sysctl_after(kernel, requests, &sysctl.key)?;
    let action = Action::SetSysctl(SetSysctl { former, ..sysctl.clone() });
    Ok(Step { action, ..planned.clone() })
}
