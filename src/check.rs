//! `netlab check`: the Kubernetes network model as a test, with real packets.
//!
//! ```text
//! Topology ─census─▶ who there is ─demand─▶ [pod-a → pod-c, as 10.244.1.2; …]        what is demanded
//!                                              │ sample: in a large lab some of them
//!                                              ▼
//!                                             run ── ping, full-size ping, connection ─▶ [Trial]   what became of it
//!                                              │
//!                                           verdict   lost, wrong source, black hole …
//!                                              │
//!                                             why     a trace of some, for all that are alike
//! ```

mod alike;
mod blocks;
pub mod census;
pub mod demand;
pub mod duplicates;
mod neighbours;
pub mod path_mtu;
pub mod run;
pub mod sample;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod why;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

pub use census::{Census, Number, Role};
pub use demand::{Demand, Rule};
pub use duplicates::Duplicate;
pub use path_mtu::PathMtu;
pub use run::Trial;
pub use sample::Pick;
pub use verdict::Failure;
pub use why::Why;

use crate::error::Result;
use crate::kernel::observe::{View, observe};
use crate::kernel::{Kernel, netns, ready};
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::topology::model::{Family, Topology};

/// How many pairs are tried before a sample is taken in their place.
pub const MANY: usize = 25_000;

/// How long links may take to come to rest before it begins: a port forwards a second after its link is up, at most.
const REST: Duration = Duration::from_millis(2500);

/// What to check.
#[derive(Debug, Clone)]
pub struct Options {
    /// One family alone.
    pub family: Option<Family>,
    /// Every pair, however many.
    pub all: bool,
    /// Which sample.
    pub seed: u64,
    /// Whether to find out why.
    pub why: bool,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The lab.
    pub lab: LabName,
    /// Who there is by the plan.
    pub census: Census,
    /// What was tried, in the order of the machines.
    pub findings: Vec<Finding>,
    /// How many addresses there are.
    pub addresses: usize,
    /// Those that there are more than once.
    pub duplicates: Vec<Duplicate>,
    /// Why pairs fail.
    pub whys: Vec<Why>,
    /// Of how many pairs a sample was taken, and by which seed.
    pub sample: Option<(usize, u64)>,
    /// How long it took.
    pub took: Duration,
}

/// One thing that was tried.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What became of it.
    pub trial: Trial,
    /// What is wrong with that.
    pub failure: Option<Failure>,
    /// Why: a place in [`Report::whys`].
    pub why: Option<usize>,
}

impl Report {
    /// Whether everything is as demanded.
    pub fn passed(&self) -> bool {
        self.failed().next().is_none() && self.duplicates.is_empty()
    }

    /// The same, where the commands that mend it are not to be told.
    pub fn without_fixes(mut self) -> Self {
        self.whys.iter_mut().filter_map(|why| why.death.as_mut()).for_each(|death| death.fix.clear());
        self
    }

    /// What is not.
    pub fn failed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.failure.is_some())
    }
}

/// A running lab: what is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its sandbox.
    pub kernel: &'a Kernel,
    /// Its topology.
    pub topology: &'a Topology,
    /// Its plan.
    pub plan: &'a Plan,
    /// The steps that should be in force.
    pub in_force: &'a BTreeSet<u32>,
}

/// What a check is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It has tried so many more pairs, of how many in all.
    Tried(usize, usize),
    /// It traces what fails.
    Tracing,
}

/// Checks a lab. `progress` is told what it is at.
///
/// # Errors
/// When the machine refuses: no more files, no sockets.
pub fn check(subject: Subject<'_>, options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Report> {
    let begun = Instant::now();
    let Subject { kernel, topology, plan, in_force } = subject;
    let census = Census::of(topology);
    let pairs = demand::count(&census, options.family);
    let sample = (pairs > MANY && !options.all).then_some((pairs, options.seed));
    let pick = sample.map_or(Pick::All, |(_, seed)| Pick::Sample(seed));
    let demands = demand::demands(&census, &topology.expect, options.family, pick);

    let mut machines: Vec<MachineName> = netns::list()?;
    machines.push(MachineName::fabric());
    let mut seen = observe(kernel, &machines, &View::LINKS)?;
    if !seen.values().all(ready::is_settled) {
        ready::settle(kernel, &machines, REST)?;
        seen = observe(kernel, &machines, &View::LINKS)?;
    }
    let (addresses, duplicates) = duplicates::find(&seen, &plan.realms);
    let total = demands.len();
    let mut trials = run::run(kernel, &census, &seen, demands, &mut |done| progress(Progress::Tried(done, total)))?;
    trials.sort_by_key(|trial| (trial.demand.rule, trial.demand.from, trial.demand.to, trial.demand.address));
    let failures: Vec<Option<Failure>> = trials.iter().map(|trial| verdict::judge(&census, trial)).collect();
    if options.why && failures.iter().any(Option::is_some) {
        progress(Progress::Tracing);
    }
    let (whys, of) = match options.why {
        true => why::find(kernel, plan, in_force, &census, &trials, &failures)?,
        false => (Vec::new(), HashMap::new()),
    };
    let judged = trials.into_iter().zip(failures).enumerate();
    let findings = judged.map(|(place, (trial, failure))| Finding { trial, failure, why: of.get(&place).copied() });
    Ok(Report {
        lab: plan.lab.clone(),
        findings: findings.collect(),
        census,
        addresses,
        duplicates,
        whys,
        sample,
        took: begun.elapsed(),
    })
}
