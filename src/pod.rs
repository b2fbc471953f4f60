//! `netlab pod`: pods come to a running lab, and go.
//!
//! ```text
//! pod add pod-g --node node-1      the lab's topology with pod-g in it     ─┐  a change ([`crate::alter`]), whose steps
//! pod delete pod-g                 … without it                             ─┘  are numbered from 1
//! ```
//!
//! Whatever else is missing in the lab, or was broken, is left as it is.

mod address;
mod edit;

use std::time::Duration;

use ipnetwork::IpNetwork;

use crate::alter::{self, Prepared, Scope, Wanted};
use crate::change::Pace;
use crate::course::Course;
use crate::cursor::{Cursor, Moved};
use crate::error::{Error, Result};
use crate::kernel::observe::{View, observe};
use crate::kernel::{Kernel, ready, signal};
use crate::lab::change::{Goal, Last, Underway};
use crate::lab::{Lab, Lock};
use crate::names::MachineName;
use crate::plan::{Kind, Plan};
use crate::repair;
use crate::run::Manner;
use crate::topology::Failure;
use crate::topology::model::Topology;

pub use edit::{Newcomer, Wish};

/// How long a pod's links may take to become usable.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Order {
    /// A pod comes.
    Add(Newcomer),
    /// A pod goes.
    Delete(MachineName),
}

/// A pod's coming or going, worked out.
#[derive(Debug)]
pub struct Errand {
    /// The pod.
    pub pod: MachineName,
    /// The node that hosts it.
    pub node: MachineName,
    /// Its addresses.
    pub addresses: Vec<IpNetwork>,
    /// What is to be done.
    pub prepared: Prepared,
    last: Last,
}

impl Order {
    /// The pod.
    pub fn pod(&self) -> &MachineName {
        match self {
            Order::Add(newcomer) => &newcomer.name,
            Order::Delete(name) => name,
        }
    }

    /// What a change is for that does this.
    pub fn goal(&self) -> Goal {
        match self {
            Order::Add(newcomer) => Goal::AddPod(newcomer.name.to_string()),
            Order::Delete(name) => Goal::DeletePod(name.to_string()),
        }
    }
}

/// Works out what is to be done.
///
/// # Errors
/// When it is not possible, or the lab is in the midst of something else.
pub fn work_out(kernel: &Kernel, lab: &Lab, order: &Order, pace: Pace) -> Result<Errand> {
    let underway = lab.underway()?;
    may_change(lab, order, underway.as_ref())?;
    let now = lab.topology()?;
    let mut last = lab.last_addresses();
    let goes_on = underway.as_ref().is_some_and(|underway| underway.goal == order.goal());
    let (topology, text) = match underway.filter(|_| goes_on) {
        Some(underway) => (now, underway.to),
        None => {
            let (wanted, node) = match order {
                Order::Add(newcomer) => {
                    let nodes: Vec<MachineName> = now.nodes.iter().map(|node| node.machine.name.clone()).collect();
                    let kept = observe(kernel, &nodes, &View { ipam: true, ..View::LINKS })?;
                    let (wanted, node, _) = edit::with(&now, newcomer, &last, &kept)?;
                    (wanted, node)
                }
                Order::Delete(name) => edit::without(&now, name)?,
            };
            let given = addresses(&wanted, order.pod());
            if let Some(node) = now.nodes.iter().find(|there| there.machine.name == node) {
                address::remember(node, &given, &mut last);
            }
            let text = wanted.to_yaml();
            let wanted = lab.parse(&text).map_err(|failure| impossible(order, &node, &given, &failure))?;
            (wanted, text)
        }
    };
    if let Order::Add(newcomer) = order {
        as_asked(&topology, newcomer)?;
    }
    let (goal, scope) = (order.goal(), Scope::Difference);
    let wanted = Wanted { goal: &goal, text: &text, topology: &topology, to: None, pace, scope };
    let prepared = alter::prepare(kernel, lab, wanted)?;
    let name = order.pod();
    let hosts = |member: &crate::plan::Member| match &member.kind {
        Kind::Pod { node } if member.name == *name => Some(node.clone()),
        _ => None,
    };
    let node = prepared.united.plan.machines.iter().find_map(hosts).unwrap_or_else(|| name.clone());
    Ok(Errand { pod: name.clone(), node, addresses: addresses(&topology, name), prepared, last })
}

fn addresses(topology: &Topology, name: &MachineName) -> Vec<IpNetwork> {
    let pods = topology.nodes.iter().flat_map(|node| &node.pods);
    pods.filter(|pod| pod.machine.name == *name).flat_map(|pod| pod.addresses.clone()).collect()
}

/// The error that there is no lab with this pod, or without it. Nobody has written the topology that says so: what is told
/// is what was typed, and what is wrong with it.
fn impossible(order: &Order, node: &MachineName, given: &[IpNetwork], failure: &Failure) -> Error {
    let pod = order.pod();
    let (what, help) = match order {
        Order::Add(_) => {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            let with = if given.is_empty() { String::new() } else { format!(" with {}", given.join(" and ")) };
            let help = "take another name, another node (--node), or another address (--address); nothing was done";
            (format!("pod {pod} cannot be added to {node}{with}"), help)
        }
        Order::Delete(_) => {
            let help = "`netlab up` with an edited file changes that, too, and deletes the pod; nothing was done";
            (format!("pod {pod} cannot be deleted from {node}: something else in the lab needs it"), help)
        }
    };
    let mistakes = failure.diagnostics().iter();
    mistakes.fold(Error::usage(what), |error, mistake| error.with("because", mistake.in_words())).help(help)
}

/// A pod that is half there is where it was to be, and has the addresses that it was to have.
fn as_asked(topology: &Topology, newcomer: &Newcomer) -> Result<()> {
    let name = &newcomer.name;
    let node = topology.nodes.iter().find(|node| node.pods.iter().any(|pod| pod.machine.name == *name));
    let help = format!("`netlab pod add {name}` goes on with it, `netlab pod delete {name}` takes it back");
    if let (Some(asked), Some(node)) = (&newcomer.node, node)
        && node.machine.name != *asked
    {
        let there = &node.machine.name;
        return Err(Error::usage(format!("{name} is being added to {there} already, and not to {asked}")).help(help));
    }
    let has = addresses(topology, name);
    match newcomer.addresses.iter().find(|wish| !has.iter().any(|address| address.ip() == wish.ip)) {
        Some(wish) => Err(Error::usage(format!("{name} is being added already, and not with {}", wish.ip)).help(help)),
        None => Ok(()),
    }
}

/// The lab must be whole, and nobody's exercise; and no other change may be under way.
fn may_change(lab: &Lab, order: &Order, underway: Option<&Underway>) -> Result<()> {
    let name = &lab.name;
    match (underway, order) {
        (Some(underway), _) if underway.goal == order.goal() => return Ok(()),
        (Some(Underway { goal: Goal::AddPod(pod), .. }), Order::Delete(name)) if pod == name.as_str() => return Ok(()),
        (Some(Underway { goal, legs, from, .. }), _) => {
            let by_steps = match (legs, &from[..]) {
                (None, _) => "",
                (Some(_), [_]) => "; `netlab next` does the next step, `netlab goto 0` calls it off",
                (Some(_), _) => "; `netlab next` does the next step",
            };
            return Err(Error::usage(format!("{} is not finished yet in lab {name}", goal.what()))
                .help(format!("{} finishes it{by_steps}", goal.command())));
        }
        (None, _) => {}
    }
    let plan = lab.plan()?;
    let (done, total) = (lab.record(&plan)?.done.len(), plan.len());
    if done < plan.steps.len() {
        return Err(Error::usage(format!(
            "lab {name} is at step {done} of {total}, and pods come to labs that are whole"
        ))
        .help("`netlab up` does the other steps"));
    }
    Ok(())
}

/// Does all of it, under the lab's lock. Returns what does not carry packets yet.
///
/// # Errors
/// When the kernel refuses something; the same command goes on.
pub fn carry_out(kernel: &Kernel, lab: &Lab, lock: &Lock, errand: &Errand) -> Result<Vec<ready::Unready>> {
    lab.keep_last_addresses(lock, &errand.last)?;
    signal::remember_requests_to_stop();
    let die_after = std::env::var(crate::run::DIE_AFTER).ok().and_then(|text| text.parse().ok());
    let manner = Manner { one_by_one: false, die_after };
    alter::carry_out(kernel, lab, lock, &errand.prepared, &manner, &|_, _| {})?;
    let near: Vec<MachineName> = [&errand.node, &errand.pod].map(MachineName::clone).to_vec();
    Ok(ready::wait(kernel, &near, PATIENCE)?)
}

/// Begins it, under the lab's lock, so that the cursor can go it step by step.
///
/// # Errors
/// When it cannot be written down.
pub fn begin(lab: &Lab, lock: &Lock, errand: &Errand) -> Result<()> {
    lab.keep_last_addresses(lock, &errand.last)?;
    alter::begin(lab, lock, &errand.prepared)
}

/// Moves the cursor of a change that is under way to its step `to`.
///
/// # Errors
/// When there is no such step, or the kernel refuses one.
pub fn go_to(
    kernel: &Kernel,
    lab: &Lab,
    to: u32,
    mut tell: impl FnMut(&Plan, &Moved) -> Result<()>,
) -> Result<(Course, Vec<Moved>)> {
    let course = Course::of(lab)?;
    let mut made = Vec::new();
    {
        let cursor = Cursor::new(kernel, lab, &course);
        cursor.within(to)?;
        let mut hand = cursor.take()?;
        for one in cursor.goto(to)? {
            let moved = hand.make(one)?;
            tell(&course.plan, &moved)?;
            made.push(moved);
        }
    }
    Ok((course, made))
}

/// Sees to what is left of a change that is gone step by step. Once it is over, nobody is to believe in a hardware address
/// that is gone; where its cursor is back at the beginning, it is called off.
///
/// # Errors
/// When the lab cannot be looked at.
pub fn tidy(kernel: &Kernel, lab: &Lab) -> Result<()> {
    match lab.underway()? {
        // One that began in the midst of another one has something to go back to.
        Some(Underway { legs: Some(_), from, .. }) if from.len() == 1 => {
            let lock = lab.lock()?;
            let course = Course::of(lab)?;
            match course.goal().is_some() && course.record(lab)?.done.is_empty() {
                true => lab.call_off_change(&lock),
                false => Ok(()),
            }
        }
        Some(_) => Ok(()),
        None => repair::forget_the_gone(kernel, lab, &lab.plan()?),
    }
}
