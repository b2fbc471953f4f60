//! To step through a plan: what is there already, what is to be done, and doing it.
//!
//! ```text
//! Plan ─survey→ [Finding] ─todo→ [(number, step)] ─fuse→ Program ─run→ kernel
//!                                                            └─▶ journal, progress
//! ```

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::sys::signal::{Signal, raise};

use crate::error::{COMMAND, Error};
use crate::fuse::{Program, fuse, unfused};
use crate::journal::Journal;
use crate::kernel::observe::{View, observe};
use crate::kernel::request::Batch;
use crate::kernel::worker::{Failed, Worker};
use crate::kernel::{Kernel, Refusal, signal};
use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::Plan;
use crate::step::{Action, Finding, Step, Way};

/// How the steps are done.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Each step by itself, as a person would type it, in place of the fused form.
    pub one_by_one: bool,
    /// For tests: the process kills itself once this many steps are done.
    pub die_after: Option<usize>,
}

/// The variable behind [`Manner::die_after`].
pub const DIE_AFTER: &str = "NETLAB_TEST_DIE_AFTER";

/// What is told while steps are done: how many of them just now, and where.
pub type Progress<'a> = &'a (dyn Fn(usize, &MachineName) + Sync);

/// Why not all steps were done.
#[derive(Debug)]
pub enum Stopped {
    /// A step failed.
    Failed(Failed),
    /// Somebody pressed Ctrl-C.
    Asked,
    /// The journal could not be written.
    Journal(std::io::Error),
}

/// The worker threads: the kernel's one lock for links (RTNL) lets no more than two of them make progress.
const WORKERS: usize = 2;

/// How many namespaces one worker keeps open when it goes from one to the other step by step.
const PLACES: usize = 100;

/// The sysctls that a plan sets, by machine.
pub fn sysctls(plan: &Plan) -> BTreeMap<MachineName, Vec<String>> {
    let mut sysctls: BTreeMap<MachineName, Vec<String>> = BTreeMap::new();
    for step in &plan.steps {
        if let Action::SetSysctl(sysctl) = &step.action {
            sysctls.entry(step.machine.clone()).or_default().push(sysctl.key.clone());
        }
    }
    sysctls
}

/// Whether a plan has steps whose work is among neighbours and forwarding entries.
pub fn writes_neighbours(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| matches!(step.action, Action::AddNeighbour(_) | Action::AddFdbEntry(_)))
}

/// What a look at the kernel says about every step of the plan, in order.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn survey(kernel: &Kernel, plan: &Plan) -> Result<Vec<Finding>, Refusal> {
    let seen = look(kernel, plan, writes_neighbours(plan))?;
    Ok(plan.steps.iter().map(|step| step.check(&seen)).collect())
}

/// What the steps of the plan are looked for in, with neighbours or without.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn look(kernel: &Kernel, plan: &Plan, neighbours: bool) -> Result<Namespaces, Refusal> {
    let view = View {
        routes: true,
        tables: true,
        peers: true,
        neighbours,
        sysctls: sysctls(plan),
        ipam: plan.has_ipam(),
        ..View::LINKS
    };
    let fabric = MachineName::fabric();
    let machines = std::iter::once(&fabric).chain(plan.machines.iter().map(|member| &member.name));
    observe(kernel, machines, &view)
}

/// Those of the first `to` steps that are missing.
///
/// # Errors
/// When something else stands in the place of a step: it is somebody's, and is not touched.
pub fn missing<'a>(plan: &'a Plan, findings: &[Finding], to: u32) -> Result<Vec<(u32, &'a Step)>, Error> {
    let mut todo = Vec::new();
    for ((number, step), finding) in plan.numbered().zip(findings).take_while(|((number, _), _)| *number <= to) {
        match finding {
            Finding::Present => {}
            Finding::Missing | Finding::Differs(_) => todo.push((number, step)),
            Finding::Taken(what) => {
                return Err(taken(plan, number, step, what));
            }
        }
    }
    Ok(todo)
}

/// Does these steps.
///
/// # Errors
/// The first step that failed; those that others did meanwhile are in the journal.
pub fn run(
    kernel: &Kernel,
    plan: &Plan,
    todo: &[(u32, &Step)],
    manner: &Manner,
    journal: &Journal,
    progress: Progress<'_>,
) -> Result<(), Stopped> {
    let numbers: Vec<u32> = todo.iter().map(|(number, _)| *number).collect();
    journal.begin(&numbers).map_err(Stopped::Journal)?;
    let worker = Worker::new(kernel).map_err(|refusal| {
        let step = numbers.first().copied().unwrap_or(1);
        Stopped::Failed(Failed { step, refusal })
    })?;
    let shift = Shift { journal, progress, done: AtomicUsize::new(0), stop: AtomicBool::new(false), manner };
    let outcome = match manner.one_by_one {
        true => shift.all(worker, unfused(todo.iter().copied())),
        false => shift.program(worker, &fuse(plan, todo)),
    };
    if let Err(Stopped::Failed(failed)) = &outcome {
        // On a full disk it cannot be remembered; it is told all the same.
        let _ = journal.failed(failed.step, &failed.refusal.to_string());
    }
    outcome
}

/// What the workers of one run share.
struct Shift<'a> {
    journal: &'a Journal,
    progress: Progress<'a>,
    done: AtomicUsize,
    /// Set when one of them failed: the others need not go on.
    stop: AtomicBool,
    manner: &'a Manner,
}

impl Shift<'_> {
    /// One worker, batch after batch.
    fn all(&self, mut worker: Worker, batches: impl IntoIterator<Item = Batch>) -> Result<(), Stopped> {
        batches.into_iter().try_for_each(|batch| {
            worker.keep_at_most(PLACES);
            self.one(&mut worker, &batch)
        })
    }

    /// A fused program: its groups are shared out among the workers.
    fn program(&self, mut worker: Worker, program: &Program) -> Result<(), Stopped> {
        let in_turn = |worker: &mut Worker, batches: &[Batch]| batches.iter().try_for_each(|b| self.one(worker, b));
        in_turn(&mut worker, &program.prelude)?;
        let next = AtomicUsize::new(0);
        let first = Mutex::new(None);
        let work = |worker: &mut Worker| {
            while let Some(group) = program.groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(stopped) = self.group(worker, group) {
                    self.stop.store(true, Ordering::Relaxed);
                    let mut first = first.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    first.get_or_insert(stopped);
                    return;
                }
            }
        };
        std::thread::scope(|scope| {
            let work = &work;
            let begin =
                |mut worker: Worker| std::thread::Builder::new().spawn_scoped(scope, move || work(&mut worker)).is_ok();
            let begun = (0..WORKERS.min(program.groups.len())).filter(|_| begin(worker.sibling())).count();
            if begun == 0 {
                // Where no thread can be had, this one does it all.
                work(&mut worker);
            }
        });
        match first.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(stopped) => Err(stopped),
            None => in_turn(&mut worker, &program.finale),
        }
    }

    /// A node with its pods, or a host.
    fn group(&self, worker: &mut Worker, batches: &[Batch]) -> Result<(), Stopped> {
        let mut home: Option<&MachineName> = None;
        for batch in batches {
            let home = *home.get_or_insert(&batch.at);
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.one(worker, batch)?;
            if batch.at != *home {
                // A pod is done with once it is left; its node is come back to.
                worker.forget(&batch.at);
            }
        }
        home.into_iter().for_each(|home| worker.forget(home));
        Ok(())
    }

    fn one(&self, worker: &mut Worker, batch: &Batch) -> Result<(), Stopped> {
        if signal::asked_to_stop() {
            return Err(Stopped::Asked);
        }
        worker.run(batch).map_err(Stopped::Failed)?;
        self.journal.done(&batch.completes).map_err(Stopped::Journal)?;
        (self.progress)(batch.completes.len(), &batch.at);
        let done = self.done.fetch_add(batch.completes.len(), Ordering::Relaxed) + batch.completes.len();
        if self.manner.die_after.is_some_and(|limit| done >= limit) {
            let _ = raise(Signal::SIGKILL);
        }
        Ok(())
    }
}

/// An error about a step, forwards or backwards: its number, sentence and command.
fn describe(plan: &Plan, number: u32, step: &Step, what: &str) -> Error {
    let undoing = if step.way == Way::Undo { "undoing " } else { "" };
    let error = Error::refused(format!("{undoing}step {number} of {} {what}: {}", plan.len(), step.sentence()));
    match step.command() {
        Some(command) => error.with(COMMAND, command),
        None => error,
    }
}

/// The error that something else stands in the place of a step: it is somebody's, and is not touched.
pub(crate) fn taken(plan: &Plan, number: u32, step: &Step, what: &str) -> Error {
    describe(plan, number, step, "cannot be done")
        .with("found", format!("on {}: {what}", step.machine))
        .help("somebody changed it by hand: `netlab diff` shows what differs from the plan, `netlab repair` mends it")
}

/// The error that the kernel refused a step.
pub(crate) fn refused(plan: &Plan, number: u32, step: &Step, refusal: &Refusal) -> Error {
    let error = describe(plan, number, step, "failed").with("because", refusal.to_string());
    match &refusal.hint {
        Some(hint) => error.with("hint", hint.as_str()),
        None => error,
    }
}

impl Stopped {
    /// The error for the user.
    pub fn explain(self, plan: &Plan, done: usize) -> Error {
        let lab = &plan.lab;
        let rest = format!(
            "`netlab status` shows what there is, `netlab up` goes on from here, `netlab down {lab}` removes it"
        );
        match self {
            Stopped::Failed(Failed { step: number, refusal }) => match plan.step(number) {
                Some(step) => refused(plan, number, step, &refusal).help(rest),
                None => Error::refused(format!("step {number} failed: {refusal}")).help(rest),
            },
            Stopped::Asked => {
                Error::stopped(format!("stopped: {done} of {} steps of lab {lab} are done", plan.len())).help(rest)
            }
            Stopped::Journal(error) => {
                Error::refused(format!("cannot write the journal of lab {lab}: {error}")).help(rest)
            }
        }
    }
}
