//! `netlab check`

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Common, Inside, colors, lab_to_name, print, print_json, seconds, width, write_file};
use crate::check::{Options, Progress, Report, Subject, check};
use crate::error::{Error, Result, Status};
use crate::kernel::{host, signal};
use crate::report::check as report;
use crate::topology::model::Family;

/// Try with real packets whether everybody reaches whom they should: the Kubernetes network model as a test
///
/// Every pod pings every pod and every host, and every node every pod, in each family; what arrives is heard in every machine,
/// so that it is also found out under whose address it arrives (pods are never translated on the way to pods; they are
/// on the way out, where the file masquerades them). Packets as large as they can be are tried too, and no address may
/// be there twice. Of a cluster that says its `kind`, it is tried besides whether hosts reach its nodes, and that nobody reaches
/// whom they should not. What the file itself expects (`expect`) is tried with the rest. What fails is traced.
///
/// Exit status 1 when anything fails.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab check                          who reaches whom, as a matrix
  netlab check --wait 10                try for at most ten seconds
  netlab check --junit report.xml       write a report that a CI system reads
  netlab check --json | jq '.pairs[] | select(.passed | not)'

In a large lab a sample of the pairs is tried; --all tries all.")]
pub struct Check {
    /// IPv4 alone
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,
    /// IPv6 alone
    #[arg(short = '6')]
    ipv6: bool,
    /// Try every pair, however many there are
    #[arg(long)]
    all: bool,
    /// Which sample to take in a large lab: another number, other pairs
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "all")]
    seed: u64,
    /// Try again until everything holds, for so long at most [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, num_args = 0..=1, default_missing_value = "30")]
    wait: Option<Duration>,
    /// Do not trace what fails
    #[arg(long)]
    no_why: bool,
    /// Write the result as a JUnit report, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(200);

impl Check {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        let topology = inside.lab.topology()?;
        signal::remember_requests_to_stop();
        let begun = Instant::now();
        let found = loop {
            let in_force = inside.lab.record(&inside.plan)?.done;
            let (kernel, plan) = (&inside.kernel, &inside.plan);
            let subject = Subject { kernel, topology: &topology, plan, in_force: &in_force };
            let last = self.wait.is_none_or(|patience| begun.elapsed() >= patience);
            let found = self.once(subject, last)?;
            if signal::asked_to_stop() {
                return Err(Error::stopped("stopped by Ctrl-C"));
            }
            if last || found.passed() {
                break found;
            }
            std::thread::sleep(PAUSE);
        };
        if let (Some(family), true) = (self.family(), found.findings.is_empty()) {
            return Err(Error::usage(format!("lab {} has nobody to reach by {family}", inside.lab.name))
                .help("leave out -4 and -6 to try what there is"));
        }
        let found = if inside.lab.is_of_an_exercise() { found.without_fixes() } else { found };
        let lab = lab_to_name(common, &inside);
        if let Some(file) = &self.junit {
            let text = report::junit(&found).map_err(Error::refused)?;
            write_file(file, text.as_bytes())?;
        }
        match common.json {
            true => print_json(&report::document(&found, lab.as_ref()))?,
            false => print(&report::text(&found, lab.as_ref(), width(), colors(&std::io::stdout())))?,
        }
        if let (Some((done, total)), false) = (inside.half_built()?, found.passed()) {
            let text = format!("note: {done} of {total} steps are done, and `netlab up` does the others");
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
        Ok(if found.passed() { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) })
    }

    /// The family that is asked for, if only one is.
    fn family(&self) -> Option<Family> {
        match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (false, false) => None,
        }
    }

    /// Checks once. Why something fails is of interest when nothing more is waited for.
    fn once(&self, subject: Subject<'_>, last: bool) -> Result<Report> {
        let family = self.family();
        let options = Options { family, all: self.all, seed: self.seed, why: last && !self.no_why };
        let bar = bar();
        let found = check(subject, &options, &mut |progress| match progress {
            Progress::Tried(done, total) => {
                bar.set_length(total as u64);
                bar.inc(done as u64);
            }
            Progress::Tracing => bar.set_message("tracing what fails"),
        });
        bar.finish_and_clear();
        found
    }
}

/// A progress bar on standard error, where that is a terminal that can write over its lines.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if !colors(&std::io::stderr()) {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} pairs  {msg}") {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar
}
