//! `netlab up [FILE]`

use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::{Common, FileArgument, colors, print, print_json, say, step, width};
use crate::change::Count;
use crate::error::{Error, Result};
use crate::lab::Store;
use crate::names::MachineName;
use crate::plan::{Kind, Plan};
use crate::report::change;
use crate::run::{DIE_AFTER, Manner};
use crate::up;

/// Bring a lab up, or go on with one that was interrupted
///
/// The lab runs until `netlab down`. Bringing up a lab that runs already, with the same file, does what is missing and
/// nothing else; with an edited file, it takes back and does what leads there, and leaves alone what stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab up topologies/three-nodes.yaml
  netlab up --lab mine topologies/one-node.yaml   under another name
  netlab up --step topologies/one-node.yaml       step by step, a key for each
  netlab up --to 17 topologies/one-node.yaml      stop after step 17
  netlab up --dry-run edited.yaml                 how a running lab would change
  netlab up edited.yaml                           and change it
  netlab plan topologies/three-nodes.yaml         what will be done")]
pub struct Up {
    #[command(flatten)]
    file: FileArgument,
    /// Do every step by itself, exactly as `netlab plan` prints it, in place of the faster fused form
    #[arg(long)]
    no_fuse: bool,
    /// Stop when the first N steps are in force; `netlab next` goes on from there
    #[arg(long, value_name = "N")]
    to: Option<u32>,
    /// Make the sandbox and do no step: the same as --to 0
    #[arg(long, conflicts_with = "to")]
    empty: bool,
    /// Ask before each step, show its command, and what it changed; a lab that runs is taken where it is
    #[arg(long, conflicts_with_all = ["empty", "no_fuse"])]
    step: bool,
    /// Show what would be done, as steps and commands, and do nothing
    #[arg(long, conflicts_with = "step")]
    dry_run: bool,
}

/// A run that is over sooner than this needs no progress bar.
const PATIENCE: Duration = Duration::from_millis(300);

impl Up {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let start = Instant::now();
        let loaded = self.file.load(common)?;
        if self.dry_run {
            let up::Preview { plan, trail, count } = up::preview(&Store::of_this_user()?, &loaded, self.target())?;
            let shown = change::Shown { plan: &plan, trail: &trail, count };
            return match common.json {
                true => print_json(&change::document(shown)),
                false => print(&change::text(shown, width(), colors(&std::io::stdout()))),
            };
        }
        if self.step {
            return step::up(&loaded, &self.file.file, self.to, common);
        }
        let store = Store::of_this_user()?;
        let die_after = std::env::var(DIE_AFTER).ok().and_then(|text| text.parse().ok());
        let manner = Manner { one_by_one: self.no_fuse, die_after };
        let done = up::up(&store, &loaded, self.target(), &manner, |steps| Box::new(bar(steps, start)))?;
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        if common.json {
            let unready: Vec<_> = done.unready.iter().map(|u| json!({"machine": u.machine, "what": u.what})).collect();
            let mut document = json!({
                "lab": done.plan.lab, "ranBefore": done.ran_before, "stepsDone": done.steps,
                "steps": done.plan.len(), "inForce": done.in_force, "milliseconds": milliseconds, "unready": unready,
            });
            if let Some(count) = done.changed {
                document["changed"] = json!(change::Counted::from(count));
            }
            print_json(&document)?;
        } else {
            say(&summary(&done, milliseconds))?;
        }
        match done.unready.first() {
            None => Ok(()),
            Some(first) => Err(Error::refused(format!(
                "lab {} is up, but does not carry packets everywhere yet: on {}, {}",
                done.plan.lab, first.machine, first.what
            ))
            .help(format!("`netlab show {}` shows its links; `netlab up` looks again", first.machine))),
        }
    }
}

impl Up {
    fn target(&self) -> Option<u32> {
        if self.empty { Some(0) } else { self.to }
    }
}

/// A progress bar on standard error, where that is a terminal; it appears once patience is over.
fn bar(steps: usize, start: Instant) -> impl Fn(usize, &MachineName) + Sync {
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} steps  {wide_msg}") {
        bar.set_style(style.progress_chars("━━─"));
    }
    let bar = Mutex::new(Cleared(bar));
    move |done, machine| {
        if let Ok(bar) = bar.lock() {
            if start.elapsed() < PATIENCE {
                // Counted, not drawn: a lab of three nodes is up before a bar could be read.
                bar.0.update(|state| state.set_pos(state.pos() + done as u64));
            } else {
                bar.0.set_message(machine.to_string());
                bar.0.inc(done as u64);
            }
        }
    }
}

/// A bar that takes itself away.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `3 nodes, 6 pods, 1 host`
pub(super) fn census(plan: &Plan) -> String {
    let count = |pick: fn(&Kind) -> bool| plan.machines.iter().filter(|member| pick(&member.kind)).count();
    let some = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts = [
        some(count(|kind| matches!(kind, Kind::Node)), "node"),
        some(count(|kind| matches!(kind, Kind::Pod { .. })), "pod"),
        some(count(|kind| matches!(kind, Kind::Host)), "host"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn summary(done: &up::Done, milliseconds: f64) -> String {
    let lab = &done.plan.lab;
    let total = done.plan.len();
    let in_force = done.in_force;
    let whole = in_force >= done.plan.steps.len();
    if let Some(count) = done.changed {
        return changed(&done.plan, count, in_force, milliseconds);
    }
    match (done.ran_before, done.steps) {
        (_, 0) if in_force == 0 => format!(
            "lab {lab} is there, and empty: none of its {total} steps is done\n\
             \x20 netlab next      do the first step, and see what it changes\n\
             \x20 netlab shell     type the commands yourself; `netlab plan` shows them\n\
             \x20 netlab down      take it away"
        ),
        (true, 0) if !whole => {
            format!(
                "lab {lab} runs already, and is at step {in_force} of {total}: nothing to do; `netlab next` goes on"
            )
        }
        (_, n) if !whole => format!(
            "lab {lab} is at step {in_force} of {total}: {n} steps in {milliseconds:.0} ms\n\
             \x20 netlab next      do the next step, and see what it changes\n\
             \x20 netlab back      undo the last one\n\
             \x20 netlab up        do all the others"
        ),
        (true, 0) => format!("lab {lab} runs already, and all of its {total} steps are in force: nothing to do"),
        (true, 1) => format!("lab {lab} ran already: 1 of its {total} steps was missing and is done now"),
        (true, n) => format!("lab {lab} ran already: {n} of its {total} steps were missing and are done now"),
        (false, _) => format!(
            "lab {lab} is up: {}; {total} steps in {milliseconds:.0} ms{}",
            census(&done.plan),
            suggestions(&done.plan)
        ),
    }
}

/// What became of a running lab that was changed.
fn changed(plan: &Plan, count: Count, in_force: usize, milliseconds: f64) -> String {
    let (lab, total) = (&plan.lab, plan.len());
    let (done, stays) = (change::done(count), change::stays(count));
    let head = format!("lab {lab} is changed: {done}, in {milliseconds:.0} ms; {stays}");
    match in_force == plan.steps.len() {
        true => format!("{head}\n  it is {}, and all of its {total} steps are in force", census(plan)),
        false => format!("{head}\n  {in_force} of its {total} steps are in force; `netlab next` does the next one"),
    }
}

/// What to do with a lab that is up, a line each.
fn suggestions(plan: &Plan) -> String {
    let machine = plan.machines.first().map_or("fabric", |member| member.name.as_str());
    let mut ways = vec![
        ("netlab status".to_owned(), "what there is"),
        ("netlab routes".to_owned(), "who knows the way to whom"),
        (format!("netlab shell {machine}"), "a shell inside"),
        ("netlab down".to_owned(), "take it away"),
    ];
    if let Some((one, other)) = two_pods(plan) {
        ways.insert(2, (format!("netlab trace {one} {other}"), "a packet's way, there and back"));
    }
    // The longest names would push what is said about all others off the screen.
    let width = ways.iter().map(|(command, _)| command.len()).max().unwrap_or(0).min(36);
    ways.iter().map(|(command, what)| format!("\n  {command:<width$}  {what}")).collect()
}

/// The first pod, and one that is on another node if there is one.
fn two_pods(plan: &Plan) -> Option<(&MachineName, &MachineName)> {
    let pods = || {
        plan.machines.iter().filter_map(|m| match &m.kind {
            Kind::Pod { node } => Some((&m.name, node)),
            Kind::Node | Kind::Host => None,
        })
    };
    let (first, its_node) = pods().next()?;
    let (other, _) = pods().find(|(_, node)| *node != its_node).or_else(|| pods().nth(1))?;
    Some((first, other))
}
