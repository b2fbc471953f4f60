//! `netlab pod add|delete`

use clap::{Args, Subcommand};
use serde_json::json;

use super::exercise::not_in_an_exercise;
use super::{Common, Inside, colors, print, print_json, say, step, width};
use crate::change::Pace;
use crate::course::Course;
use crate::error::{Error, Result};
use crate::kernel::{host, signal};
use crate::names::{LabName, MachineName};
use crate::pod::{self, Errand, Newcomer, Order, Wish};
use crate::report::{change, moved};

/// Add a pod to the running lab, or delete one
///
/// The lab's topology is from then on the one with the pod in it, or without: `status`, `check`, `trace` and `diff` know it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab pod add pod-g --node node-1             with its next free address
  netlab pod add pod-g --node node-1 --step      step by step, a key for each
  netlab pod add pod-g --node node-1 --dry-run   only show the steps
  netlab pod delete pod-g                        and away with it")]
pub struct Pod {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    Delete(Delete),
}

/// Add a pod to a node of the running lab
///
/// Its addresses are the next ones of the node's subnets, as the CNI plugin host-local counts: behind the one that was given
/// out last, and round again at the end. So a pod that is deleted and added again has another address.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab pod add pod-g --node node-1
  netlab pod add pod-g --node node-1 --address 10.244.1.77
  netlab pod add pod-g --node node-1 --to 4   stop after its fourth step
  netlab next                                 the next; `netlab back` undoes it
  netlab pod add pod-g                        all the others")]
struct Add {
    /// What the pod is called
    #[arg(value_name = "NAME")]
    name: MachineName,
    /// The node that hosts it; may be left out where there is only one
    #[arg(long, value_name = "NODE")]
    node: Option<MachineName>,
    /// An address of the node's subnet in place of the next one; once for each family
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<Wish>,
    #[command(flatten)]
    how: How,
}

/// Delete a pod from the running lab
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab pod delete pod-f
  netlab pod delete pod-f --dry-run    see what will be done
  netlab pod delete pod-f --step       take its steps back one by one")]
struct Delete {
    /// The pod
    #[arg(value_name = "NAME")]
    name: MachineName,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    /// Ask before each of its steps, show its command, and what it changed
    #[arg(long, conflicts_with_all = ["to", "dry_run"])]
    step: bool,
    /// Stop after the pod's Nth step; `netlab next` goes on from there
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    to: Option<u32>,
    /// Show what would be done, as steps and commands, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Pod {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let (order, how) = match self.action {
            Action::Add(Add { name, node, address, how }) => {
                (Order::Add(Newcomer { name, node, addresses: address }), how)
            }
            Action::Delete(Delete { name, how }) => (Order::Delete(name), how),
        };
        host::allow_many_files();
        if how.step {
            return step::pod(&order, common);
        }
        let inside = Inside::enter(common)?;
        not_in_an_exercise(&inside.lab, "pod")?;
        if how.dry_run {
            return preview(&inside, &order, common);
        }
        match how.to {
            Some(to) => go_to(&inside, &order, to, common),
            None => all(&inside, &order, common),
        }
    }
}

fn preview(inside: &Inside, order: &Order, common: &Common) -> Result<()> {
    let Errand { prepared, .. } = pod::work_out(&inside.kernel, &inside.lab, order, Pace::Brisk)?;
    let plan = prepared.plan();
    let shown = change::Shown { plan: &plan, trail: &prepared.trail, count: prepared.count() };
    match common.json {
        true => print_json(&change::document(shown)),
        false => print(&change::text(shown, width(), colors(&std::io::stdout()))),
    }
}

/// Does all of it.
fn all(inside: &Inside, order: &Order, common: &Common) -> Result<()> {
    let start = std::time::Instant::now();
    let lab = &inside.lab;
    let lock = lab.lock()?;
    let errand = pod::work_out(&inside.kernel, lab, order, Pace::Brisk)?;
    let unready = pod::carry_out(&inside.kernel, lab, &lock, &errand)?;
    let Errand { pod, node, addresses, prepared, .. } = &errand;
    let steps = prepared.change.legs.len() + prepared.trail.len();
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    if common.json {
        let unready: Vec<_> = unready.iter().map(|u| json!({"machine": u.machine, "what": u.what})).collect();
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        print_json(&json!({
            "lab": lab.name, "pod": pod, "node": node, "addresses": addresses,
            "done": steps, "steps": steps, "milliseconds": milliseconds, "unready": unready,
            "changed": change::Counted::from(prepared.count()),
        }))?;
    } else {
        let done = change::done(prepared.count());
        say(&match order {
            Order::Add(_) => {
                let with: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
                let with = with.join(" and ");
                format!("pod {pod} is on {node} with {with}: {done}, in {milliseconds:.0} ms")
            }
            Order::Delete(_) => format!("pod {pod} is gone from {node}: {done}, in {milliseconds:.0} ms"),
        })?;
    }
    match unready.first() {
        None => Ok(()),
        Some(first) => Err(Error::refused(format!("on {}, {}", first.machine, first.what))
            .help(format!("`netlab show {}` shows its links", first.machine))),
    }
}

/// Goes as far as one of its steps.
fn go_to(inside: &Inside, order: &Order, to: u32, common: &Common) -> Result<()> {
    let lab = &inside.lab;
    begin(inside, order, Some(to))?;
    signal::remember_requests_to_stop();
    let color = colors(&std::io::stdout());
    let mut first = true;
    let (course, made) = pod::go_to(&inside.kernel, lab, to, |plan, one| {
        let gap = if std::mem::take(&mut first) { "" } else { "\n" };
        if common.json { Ok(()) } else { print(&format!("{gap}{}", moved::text(plan, one, width(), color))) }
    })?;
    pod::tidy(&inside.kernel, lab)?;
    match common.json {
        true => print_json(&moved::document(&course.plan, &course.record(lab)?, &made)),
        false => print(&whereabouts(inside, order, &course)?),
    }
}

/// Begins it, unless it was begun already.
fn begin(inside: &Inside, order: &Order, to: Option<u32>) -> Result<()> {
    let lab = &inside.lab;
    let lock = lab.lock()?;
    let errand = pod::work_out(&inside.kernel, lab, order, Pace::Stepwise)?;
    let goes_on = lab.underway()?.is_some_and(|there| there.goal == order.goal() && there.legs.is_some());
    if goes_on {
        return Ok(());
    }
    let steps = errand.prepared.plan().len();
    if let Some(to) = to.filter(|to| *to > steps) {
        let pod = order.pod();
        return Err(Error::usage(format!("there is no step {to}")).help(format!("pod {pod} has steps 1 to {steps}")));
    }
    pod::begin(lab, &lock, &errand)
}

/// The same in a lab that this process is not in.
pub(super) fn begin_outside(common: &Common, order: &Order) -> Result<()> {
    let inside = Inside::enter(common)?;
    not_in_an_exercise(&inside.lab, "pod")?;
    begin(&inside, order, None)
}

/// The same for what is left to be done when it is over.
pub(super) fn tidy(common: &Common) -> Result<()> {
    let inside = Inside::enter(common)?;
    pod::tidy(&inside.kernel, &inside.lab)
}

/// What is said of an order of which nothing is done.
pub(super) fn called_off(order: &Order, lab: &LabName) -> String {
    format!("{} is called off: lab {lab} is as it was before", order.goal().what())
}

fn whereabouts(inside: &Inside, order: &Order, course: &Course) -> Result<String> {
    let (pod, lab, total) = (order.pod(), &inside.lab.name, course.plan.len());
    let done = course.record(&inside.lab)?.done.len();
    if inside.lab.underway()?.is_none() {
        return Ok(match order {
            _ if done == 0 => format!("\n{}", called_off(order, lab)),
            Order::Add(_) => format!("\npod {pod} is there: all of its {total} steps are in force"),
            Order::Delete(_) => format!("\npod {pod} is gone: all of its {total} steps are taken back"),
        });
    }
    Ok(format!(
        "\nlab {lab}: {} is at step {done} of {total}\n  netlab next   do the next step\n  netlab back   undo the last \
         one\n  {}   do all the others",
        order.goal().what(),
        order.goal().command().trim_matches('`')
    ))
}
