//! `netlab up`: from a topology to a running lab.
//!
//! ```text
//! lock ─▶ runs already? ──yes, same plan──▶ enter, survey, do what is missing
//!              │ no                └─other──▶ enter, work out what leads there, do it
//!              ▼
//!         newborn sandbox ─▶ write its state ─▶ keep it ─▶ enter, do everything ─▶ wait until it carries packets
//! ```

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::alter::{self, Scope, Trail, Wanted};
use crate::change::{Count, Pace};
use crate::cursor;
use crate::error::{Error, Result};
use crate::journal::{Journal, Record};
use crate::kernel::{Kernel, Sandbox, host, ready, signal};
use crate::lab::change::Goal;
use crate::lab::{Lab, Lock, Store};
use crate::names::MachineName;
use crate::plan::{Kind, Member, Plan};
use crate::run::{self, Manner, Progress, Stopped};
use crate::step::{Action, Finding, Step};
use crate::topology::Loaded;

/// How long ports and addresses may take to become usable before `up` says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `up` did.
#[derive(Debug)]
pub struct Done {
    /// The plan.
    pub plan: Plan,
    /// The lab, entered.
    pub kernel: Kernel,
    /// How many steps were done now.
    pub steps: usize,
    /// How many steps are in force.
    pub in_force: usize,
    /// Whether the lab ran before.
    pub ran_before: bool,
    /// What a change of a running lab came to; none if it was not changed.
    pub changed: Option<Count>,
    /// What does not carry packets yet.
    pub unready: Vec<ready::Unready>,
}

/// Brings a lab up, as far as step `to` or to its end. Call it while the process has one thread.
///
/// # Errors
/// When there is no such step, the lab runs with another topology, is being changed, or the machine refuses.
pub fn up(
    store: &Store,
    loaded: &Loaded,
    to: Option<u32>,
    manner: &Manner,
    progress: impl FnOnce(usize) -> Box<dyn Fn(usize, &MachineName) + Sync>,
) -> Result<Done> {
    host::allow_many_files();
    let plan = Plan::of(&loaded.topology);
    let to = to.unwrap_or(plan.len());
    cursor::within(&plan, to)?;
    let lab = store.lab(&plan.lab);
    let lock = lab.lock()?;
    may_be_changed(&lab)?;
    let (sandbox, lock, ran_before) = match lab.sandbox() {
        Some(sandbox) => {
            if alter::is_another(&lab, &plan)? {
                return change(&lab, &lock, &sandbox, loaded, plan, to, manner, progress);
            }
            if lab.base_text()? != loaded.text {
                lab.keep_topology(&lock, &loaded.text)?;
            }
            (sandbox, lock, true)
        }
        None => {
            let (sandbox, lock) = give_birth(&lab, lock, &loaded.text)?;
            (sandbox, lock, false)
        }
    };
    // Held until the end.
    let _lock = lock;
    let journal = lab.journal()?;
    let kernel = sandbox.enter()?;
    let todo: Vec<(u32, &Step)> = match ran_before {
        true => {
            let findings = run::survey(&kernel, &plan)?;
            let todo = run::missing(&plan, &findings, to)?;
            let record = lab.record(&plan)?;
            catch_up(&journal, &record, &findings)
                .map_err(|error| Stopped::Journal(error).explain(&plan, record.done.len()))?;
            todo
        }
        false => plan.numbered().take_while(|(number, _)| *number <= to).collect(),
    };
    if !todo.is_empty() {
        signal::remember_requests_to_stop();
        let progress = progress(todo.len());
        let progress: Progress<'_> = &*progress;
        // Where that cannot be read, the first error is the one to tell.
        let done = || lab.record(&plan).unwrap_or_default().done.len();
        run::run(&kernel, &plan, &todo, manner, &journal, progress)
            .map_err(|stopped| stopped.explain(&plan, done()))?;
    }
    let unready = match to == plan.len() {
        true => ready::wait(&kernel, &witnesses(&plan), PATIENCE)?,
        // Half a lab carries no packets yet, and need not.
        false => {
            ready::settle(&kernel, &witnesses(&plan), PATIENCE)?;
            Vec::new()
        }
    };
    let (steps, in_force) = (todo.len(), lab.record(&plan)?.done.len());
    if !unready.is_empty() && signal::asked_to_stop() {
        return Err(Stopped::Asked.explain(&plan, in_force));
    }
    Ok(Done { plan, kernel, steps, ran_before, unready, in_force, changed: None })
}

/// What `up` would do.
#[derive(Debug)]
pub struct Preview {
    /// What is done, as a plan of its own.
    pub plan: Plan,
    /// What is set right then.
    pub trail: Vec<Trail>,
    /// How many steps it concerns.
    pub count: Count,
}

/// Says what `up` would do, as far as step `to` or to the end, and does nothing. Call it while the process has one thread.
///
/// # Errors
/// As [`up`].
pub fn preview(store: &Store, loaded: &Loaded, to: Option<u32>) -> Result<Preview> {
    host::allow_many_files();
    let plan = Plan::of(&loaded.topology);
    let to = to.unwrap_or(plan.len());
    cursor::within(&plan, to)?;
    let lab = store.lab(&plan.lab);
    may_be_changed(&lab)?;
    let Some(sandbox) = lab.sandbox() else {
        let plan = plan.first(to);
        let done = plan.steps.len();
        let count = Count { back: 0, done, stays: 0, commands: done };
        return Ok(Preview { plan, trail: Vec::new(), count });
    };
    let kernel = sandbox.enter()?;
    let (text, topology) = (&loaded.text, &loaded.topology);
    let wanted = Wanted { goal: &Goal::File, text, topology, to: Some(to), pace: Pace::Brisk, scope: Scope::All };
    let prepared = alter::prepare(&kernel, &lab, wanted)?;
    Ok(Preview { plan: prepared.plan(), count: prepared.count(), trail: prepared.trail })
}

/// Writes down what the kernel holds and the journal does not know: a process that is killed, and a batch that fails,
/// leave steps behind that are done and not written.
fn catch_up(journal: &Journal, record: &Record, findings: &[Finding]) -> std::io::Result<()> {
    let present = (1..).zip(findings).filter(|(_, finding)| **finding == Finding::Present).map(|(number, _)| number);
    let found: Vec<u32> = present.filter(|number| !record.done.contains(number)).collect();
    let mended = |(failed, _): &(u32, String)| {
        usize::try_from(*failed).ok().and_then(|n| findings.get(n.checked_sub(1)?)) == Some(&Finding::Present)
    };
    if record.failed.as_ref().is_some_and(mended) {
        // Somebody put the failed step right by hand: nothing is left of the failure.
        journal.begin(&[])?;
    }
    if found.is_empty() { Ok(()) } else { journal.done(&found) }
}

/// The machines to look at before the lab is called ready: the fabric, every node and host, pods with IPv6 addresses,
/// and the last pod of each node. The kernel announces carriers in the order in which ports were set up, so the others
/// are ready before that one; to look at each of a thousand pods would take longer than their links do.
fn witnesses(plan: &Plan) -> Vec<MachineName> {
    let speaks_ipv6 = |step: &&Step| matches!(&step.action, Action::AddAddress(step) if step.address.is_ipv6());
    let ipv6: HashSet<&MachineName> = plan.steps.iter().filter(speaks_ipv6).map(|step| &step.machine).collect();
    let last_pods: HashMap<&MachineName, &MachineName> = plan
        .machines
        .iter()
        .filter_map(|member| match &member.kind {
            Kind::Pod { node } => Some((node, &member.name)),
            _ => None,
        })
        .collect();
    let is_witness = |member: &&Member| match &member.kind {
        Kind::Node | Kind::Host => true,
        Kind::Pod { node } => ipv6.contains(&member.name) || last_pods.get(node) == Some(&&member.name),
    };
    let members = plan.machines.iter().filter(is_witness).map(|member| member.name.clone());
    std::iter::once(MachineName::fabric()).chain(members).collect()
}

/// Makes the lab's sandbox, and keeps it once its state is written. Where that fails, no trace of the lab is left.
fn give_birth(lab: &Lab, lock: Lock, text: &str) -> Result<(Sandbox, Lock)> {
    // A pause process that was killed may have left others behind, which nobody would find later.
    let born = lab.end(&lock).and_then(|_| Ok(Sandbox::create(lab.name.as_str())?)).and_then(|newborn| {
        lab.begin(&lock, text, &newborn.id)?;
        Ok(newborn.keep()?)
    });
    match born {
        Ok(sandbox) => Ok((sandbox, lock)),
        Err(error) => {
            // Best effort: the error to report is the one above.
            let _ = lab.forget(lock);
            Err(error)
        }
    }
}

/// Leads a running lab to another plan, as far as its step `to`.
#[allow(clippy::too_many_arguments)]
fn change(
    lab: &Lab,
    lock: &Lock,
    sandbox: &Sandbox,
    loaded: &Loaded,
    plan: Plan,
    to: u32,
    manner: &Manner,
    progress: impl FnOnce(usize) -> Box<dyn Fn(usize, &MachineName) + Sync>,
) -> Result<Done> {
    let kernel = sandbox.enter()?;
    let (text, topology) = (&loaded.text, &loaded.topology);
    let wanted = Wanted { goal: &Goal::File, text, topology, to: Some(to), pace: Pace::Brisk, scope: Scope::All };
    let prepared = alter::prepare(&kernel, lab, wanted)?;
    signal::remember_requests_to_stop();
    let steps = prepared.change.legs.len();
    {
        let progress = progress(steps);
        alter::carry_out(&kernel, lab, lock, &prepared, manner, &*progress)?;
    }
    let in_force = lab.record(&plan)?.done.len();
    let unready = match in_force == plan.steps.len() {
        true => ready::wait(&kernel, &witnesses(&plan), PATIENCE)?,
        false => {
            ready::settle(&kernel, &witnesses(&plan), PATIENCE)?;
            Vec::new()
        }
    };
    let changed = Some(prepared.count());
    Ok(Done { plan, kernel, steps, ran_before: true, unready, in_force, changed })
}

/// Says so where a lab runs that has another plan, or is being changed: a lesson does not change it.
///
/// # Errors
/// When it does, or its topology cannot be read.
pub fn same_plan(lab: &Lab, plan: &Plan) -> Result<()> {
    let name = &lab.name;
    if lab.sandbox().is_none() || !alter::is_another(lab, plan)? {
        return Ok(());
    }
    Err(Error::usage(format!("lab {name} runs already, with another topology")).help(format!(
        "`netlab up` with this file changes it; `netlab down {name}` takes it away; `--lab NAME` gives this one another name"
    )))
}

/// The lab of an exercise is changed by nobody but its student, and its topology is kept: a file of the same plan would do
/// what is missing, which is the fault, and bring other expectations.
fn may_be_changed(lab: &Lab) -> Result<()> {
    match lab.is_of_an_exercise() {
        false => Ok(()),
        true => Err(Error::usage(format!("lab {} is an exercise: a topology would solve it or spoil it", lab.name))
            .help("`netlab exercise reset` begins it again; --lab NAME gives the lab of your file another name")),
    }
}
