//! `netlab diff` and `netlab repair`: a running lab against its plan, as far as its cursor.
//!
//! ```text
//! look at everything ─▶ diff ─▶ nothing? well
//!                        └─▶ lock ─▶ its mends, one after the other ─▶ look again ─▶ what is left
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::diff::{Deed, Difference, Expected, Mend, forget_the_gone as forget_the_gone_of};
use crate::error::{COMMAND, Error, Result};
use crate::journal::Record;
use crate::kernel::observe::{View, observe};
use crate::kernel::request::{Batch, Sending};
use crate::kernel::worker::{Failed, Worker};
use crate::kernel::{Kernel, netns, ready, signal, sysctl};
use crate::lab::Lab;
use crate::names::MachineName;
use crate::network::{Namespaces, watched};
use crate::plan::Plan;
use crate::run;

/// How often to look again for what a mend brought to light: every command is known beforehand, so once is enough unless
/// somebody changes the lab meanwhile.
const ROUNDS: usize = 3;

/// How long links may take to settle after a mend.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a deleted namespace may take to go, and how long to wait before looking again.
const FAREWELL: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(50);

/// What a lab is, and what it should be.
#[derive(Debug)]
pub struct Drift {
    /// The steps that should be in force.
    pub record: Record,
    /// What differs.
    pub differences: Vec<Difference>,
    /// What mends all of it, in order.
    pub mends: Vec<Mend>,
}

/// What a repair did.
#[derive(Debug)]
pub struct Repaired {
    /// What was done, in order.
    pub done: Vec<Mend>,
    /// What differs still: what nothing mends, or what somebody else changes meanwhile.
    pub left: Vec<Difference>,
}

/// Compares a running lab with its plan.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn diff(kernel: &Kernel, lab: &Lab, plan: &Plan) -> Result<Drift> {
    let seen = look(kernel, plan)?;
    compare(kernel, lab, plan, &seen)
}

/// Compares what was seen of a running lab with its plan.
///
/// # Errors
/// When it cannot be found out what a new namespace has.
pub(crate) fn compare(kernel: &Kernel, lab: &Lab, plan: &Plan, seen: &Namespaces) -> Result<Drift> {
    let record = lab.record(plan)?;
    let expected = Expected::new(plan, &record.done, fresh(kernel, seen)?);
    let (differences, mends) = (expected.differences(seen), expected.mends(seen));
    Ok(Drift { record, differences, mends })
}

/// What a new namespace has for the sysctls that were seen.
pub(crate) fn fresh(kernel: &Kernel, seen: &Namespaces) -> Result<BTreeMap<String, String>> {
    let keys = seen.values().flat_map(|ns| ns.sysctls.keys()).map(|key| watched::of_a_new_link(key));
    let keys: BTreeSet<String> = keys.collect();
    Ok(sysctl::baseline(kernel, keys.iter().map(String::as_str))?)
}

/// Everything that a person can change, in every namespace of the lab.
///
/// # Errors
/// When the lab cannot be looked at.
pub(crate) fn look(kernel: &Kernel, plan: &Plan) -> Result<Namespaces> {
    look_through(kernel, plan, true)
}

/// The same, but for sysctls that no step sets: they take the most time.
///
/// # Errors
/// When the lab cannot be looked at.
pub(crate) fn look_quickly(kernel: &Kernel, plan: &Plan) -> Result<Namespaces> {
    look_through(kernel, plan, false)
}

/// Adds to what was seen the sysctls that were left out, of some machines.
///
/// # Errors
/// When they cannot be looked at.
pub(crate) fn look_at_sysctls(
    kernel: &Kernel,
    which: impl Fn(&MachineName) -> bool,
    seen: &mut Namespaces,
) -> Result<()> {
    let machines: Vec<MachineName> = seen.keys().filter(|machine| which(machine)).cloned().collect();
    for (machine, now) in observe(kernel, &machines, &View { watched: true, ..View::LINKS })? {
        if let Some(seen) = seen.get_mut(&machine) {
            seen.sysctls.extend(now.sysctls);
        }
    }
    Ok(())
}

fn look_through(kernel: &Kernel, plan: &Plan, watched: bool) -> Result<Namespaces> {
    let mut machines = vec![MachineName::fabric()];
    machines.extend(plan.machines.iter().map(|member| member.name.clone()));
    let strangers = netns::list()?;
    machines.extend(strangers.into_iter().filter(|name| plan.member(name.as_str()).is_none()));
    let view = View { sysctls: run::sysctls(plan), ipam: plan.has_ipam(), watched, ..View::WHOLE };
    // A namespace that was deleted goes a moment later, and so do the other ends of the pipes into it.
    let end = Instant::now() + FAREWELL;
    loop {
        let seen = observe(kernel, &machines, &view)?;
        let mut links = seen.values().flat_map(|ns| &ns.links);
        if Instant::now() > end || !links.any(|link| link.kind == "veth" && link.peer.is_none()) {
            return Ok(seen);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Puts right what differs.
///
/// # Errors
/// When somebody else changes the lab just now, or the kernel refuses a mend; those before it are done.
pub fn repair(kernel: &Kernel, lab: &Lab, plan: &Plan, mut tell: impl FnMut(&Mend) -> Result<()>) -> Result<Repaired> {
    let _lock = lab.lock()?;
    lab.still_has(plan)?;
    let mut done: Vec<Mend> = Vec::new();
    for _ in 0..ROUNDS {
        let drift = diff(kernel, lab, plan)?;
        let mends: Vec<Mend> = drift.mends.into_iter().filter(|mend| !mend.requests().is_empty()).collect();
        if mends.is_empty() {
            return Ok(Repaired { done, left: drift.differences });
        }
        let mut worker = Worker::new(kernel)?;
        for mend in mends {
            if signal::asked_to_stop() {
                return Err(Error::stopped(format!("stopped: {} commands are done", done.len()))
                    .help("`netlab diff` shows what is left"));
            }
            tell(&mend)?;
            make(&mut worker, &mend)?;
            done.push(mend);
        }
        drop(worker);
        ready::wait(kernel, &touched(&done), PATIENCE)?;
    }
    let left = diff(kernel, lab, plan)?.differences;
    Ok(Repaired { done, left })
}

/// Has machines forget neighbours at hardware addresses that no link has any more.
///
/// # Errors
/// When somebody else changes the lab just now, or it cannot be looked at.
pub fn forget_the_gone(kernel: &Kernel, lab: &Lab, plan: &Plan) -> Result<()> {
    let _lock = lab.lock()?;
    let mends = forget_the_gone_of(&run::look(kernel, plan, true)?);
    let mut worker = Worker::new(kernel)?;
    mends.iter().try_for_each(|mend| make(&mut worker, mend))
}

fn touched(done: &[Mend]) -> Vec<MachineName> {
    let mut machines: Vec<MachineName> = done.iter().map(|mend| mend.machine.clone()).collect();
    machines.sort();
    machines.dedup();
    machines
}

/// Makes one mend.
///
/// # Errors
/// When the kernel refuses it.
pub(crate) fn make(worker: &mut Worker, mend: &Mend) -> Result<()> {
    let sendings = mend.requests().into_iter().map(|request| Sending { step: 0, request }).collect();
    let made = worker.run(&Batch { at: mend.sent_to().clone(), sendings, completes: Vec::new() });
    // Come home in any case: whoever looks takes this thread to be in the fabric.
    worker.come_home()?;
    // What a machine is to forget, it may have forgotten.
    if let (Err(failed), Deed::Forget(_)) = (&made, &mend.deed)
        && failed.refusal.errno == Errno::ENOENT
    {
        return Ok(());
    }
    made.map_err(|Failed { refusal, .. }| {
        let error = Error::refused(format!("cannot mend {}", mend.machine)).with(COMMAND, mend.command());
        let error = error.with("because", refusal.to_string());
        match refusal.hint {
            Some(hint) => error.help(hint),
            None => error.help("`netlab diff` shows what is left"),
        }
    })
}
