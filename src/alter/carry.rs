//! Carrying a change out, all of it at once.
//!
//! ```text
//! taken back   one after the other, each written down before and after
//! done         fused, on two threads, as when a lab is brought up
//! ```

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, raise};

use super::Prepared;
use crate::change::Leg;
use crate::error::{COMMAND, Error, Result};
use crate::journal::Journal;
use crate::kernel::request::{Batch, Sending};
use crate::kernel::worker::{Failed, Worker};
use crate::kernel::{Kernel, netns, signal};
use crate::lab::{Lab, Lock};
use crate::repair;
use crate::run::{self, Manner, Progress, Stopped};
use crate::step::{Step, Way};

/// Does all of a change, under the lab's lock.
///
/// # Errors
/// When the kernel refuses something, or somebody asks to stop; what was done before is done, and the same command goes on.
pub fn carry_out(
    kernel: &Kernel,
    lab: &Lab,
    lock: &Lock,
    prepared: &Prepared,
    manner: &Manner,
    progress: Progress<'_>,
) -> Result<()> {
    let change = &prepared.change;
    lab.begin_change(lock, &prepared.underway(None), &prepared.in_force())?;
    let journal = lab.journal()?;
    let mut way = Going { kernel, prepared, manner, progress, journal: &journal, steps: 0 };
    way.go(&change.legs).map_err(|stopped| explain(lab, prepared, way.steps, stopped))?;
    follow(kernel, prepared, &mut way.steps).map_err(|error| error.help(how_to_go_on(prepared)))?;
    netns::sweep(prepared.united.plan.machines.iter().map(|member| &member.name));
    let wanted = prepared.united.wanted;
    let in_force: Vec<u32> = change.after.iter().copied().filter(|number| *number <= wanted).collect();
    lab.end_change(lock, &prepared.text, &in_force)
}

/// Sets right what is left.
fn follow(kernel: &Kernel, prepared: &Prepared, steps: &mut usize) -> Result<()> {
    let mut worker = Worker::new(kernel)?;
    for trail in &prepared.trail {
        if signal::asked_to_stop() {
            return Err(Error::stopped("stopped: the lab is changed but for what follows from it"));
        }
        repair::make(&mut worker, &trail.mend)?;
        *steps += 1;
    }
    Ok(())
}

fn how_to_go_on(prepared: &Prepared) -> String {
    format!(
        "{} goes on from here; with the former file, `netlab up` takes it back; `netlab status` shows what there is",
        prepared.goal.command()
    )
}

/// A change that is being carried out.
struct Going<'a> {
    kernel: &'a Kernel,
    prepared: &'a Prepared,
    manner: &'a Manner,
    progress: Progress<'a>,
    journal: &'a Journal,
    /// How many legs are done.
    steps: usize,
}

impl Going<'_> {
    fn go(&mut self, legs: &[Leg]) -> std::result::Result<(), Stopped> {
        // Steps of a plan, forwards, are fused; all others are done by themselves.
        let together = |leg: &Leg| leg.number.is_some() && leg.step.way == Way::Do;
        let mut force: BTreeSet<u32> = self.prepared.change.in_force.clone();
        for legs in legs.chunk_by(|a, b| together(a) == together(b)) {
            match legs.first().is_some_and(together) {
                true => self.done(legs, &force)?,
                false => self.one_by_one(legs)?,
            }
            for leg in legs {
                leg.lost().iter().for_each(|number| _ = force.remove(number));
                force.extend(leg.gained());
            }
        }
        Ok(())
    }

    /// Steps of the new plan.
    fn done(&mut self, legs: &[Leg], force: &BTreeSet<u32>) -> std::result::Result<(), Stopped> {
        // What has fallen with something that was taken back is not there any more, and what is set over will not be.
        let again = legs.iter().filter_map(|leg| leg.number).filter(|number| force.contains(number));
        let lost: Vec<u32> = again.chain(legs.iter().flat_map(Leg::lost)).collect();
        if !lost.is_empty() {
            self.journal.undone(&lost).map_err(Stopped::Journal)?;
        }
        let todo: Vec<(u32, &Step)> = legs.iter().filter_map(|leg| Some((leg.number?, &leg.step))).collect();
        let die_after = self.manner.die_after.map(|limit| limit.saturating_sub(self.steps));
        let manner = Manner { die_after, ..self.manner.clone() };
        run::run(self.kernel, &self.prepared.united.plan, &todo, &manner, self.journal, self.progress)?;
        self.steps += legs.len();
        Ok(())
    }

    /// What is taken back, and what no plan has.
    fn one_by_one(&mut self, legs: &[Leg]) -> std::result::Result<(), Stopped> {
        let failed = |number: Option<u32>, refusal| Stopped::Failed(Failed { step: number.unwrap_or(0), refusal });
        let mut worker = Worker::new(self.kernel).map_err(|refusal| failed(None, refusal))?;
        for leg in legs {
            if signal::asked_to_stop() {
                worker.come_home().map_err(|refusal| failed(None, refusal))?;
                return Err(Stopped::Asked);
            }
            let (lost, gained) = (leg.lost(), leg.gained());
            self.journal.undo(&lost).map_err(Stopped::Journal)?;
            let step = leg.number.unwrap_or(0);
            let sendings = leg.step.requests().into_iter().map(|request| Sending { step, request }).collect();
            let at = leg.step.sent_to().clone();
            let sent = worker.run(&Batch { at: at.clone(), sendings, completes: Vec::new() });
            // Come home in any case: what follows takes this thread to be in the fabric.
            worker.come_home().map_err(|refusal| failed(leg.number, refusal))?;
            sent.map_err(Stopped::Failed)?;
            if !lost.is_empty() {
                self.journal.undone(&lost).map_err(Stopped::Journal)?;
            }
            if !gained.is_empty() {
                self.journal.done(&gained).map_err(Stopped::Journal)?;
            }
            (self.progress)(1, &at);
            self.steps += 1;
            if self.manner.die_after.is_some_and(|limit| self.steps >= limit) {
                let _ = raise(Signal::SIGKILL);
            }
        }
        Ok(())
    }
}

/// The error for the user.
fn explain(lab: &Lab, prepared: &Prepared, done: usize, stopped: Stopped) -> Error {
    let change = &prepared.change;
    let (name, total) = (&lab.name, change.legs.len());
    let rest = how_to_go_on(prepared);
    match stopped {
        Stopped::Failed(Failed { step, refusal }) => {
            // Those before it are done: a number may stand there, too, taken back. What no plan has has none.
            let mut left = change.legs.iter().skip(done);
            let leg = if step == 0 { left.next() } else { left.find(|leg| leg.number == Some(step)) };
            let doing = leg.map_or_else(String::new, |leg| format!(": {}", leg.step.sentence()));
            let error = Error::refused(format!("lab {name} is changed in part; this failed{doing}"));
            let error = match leg.and_then(|leg| leg.step.command()) {
                Some(command) => error.with(COMMAND, command),
                None => error,
            };
            let error = error.with("because", refusal.to_string());
            match &refusal.hint {
                Some(hint) => error.with("hint", hint.as_str()).help(rest),
                None => error.help(rest),
            }
        }
        Stopped::Asked => {
            // Of those that are done together the journal knows which are.
            let known = lab.record(&prepared.united.plan).map(|record| record.done).unwrap_or_default();
            let is_done = |leg: &&Leg| {
                leg.gained().iter().all(|number| known.contains(number))
                    && !leg.lost().iter().any(|lost| known.contains(lost))
            };
            let done = change.legs.iter().filter(is_done).count();
            Error::stopped(format!("stopped: lab {name} is changed in part; about {done} of {total} steps are done"))
                .help(rest)
        }
        Stopped::Journal(error) => {
            Error::refused(format!("cannot write what is done to lab {name}: {error}")).help(rest)
        }
    }
}
