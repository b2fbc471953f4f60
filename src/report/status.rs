//! A lab's machines and addresses.

use serde::Serialize;

use super::{lines, table};
use crate::journal::Record;
use crate::names::{ClusterName, LabName, MachineName};
use crate::network::{Link, Namespace, Namespaces};
use crate::plan::{Kind, Member, Plan};
use crate::prose::wrap;

/// A lab's state for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    cursor: Cursor,
    /// The step that failed last, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<FailedStep<'a>>,
    /// A change that is under way, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Underway>,
    machines: Vec<MachineDocument<'a>>,
}

/// A change that is under way.
#[derive(Debug, Serialize)]
pub struct Underway {
    /// What it is: `adding pod pod-g`.
    pub what: String,
    /// What is typed to go on.
    pub command: String,
    /// How far it is, where it is gone step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

/// How far a lab is.
#[derive(Debug, Serialize)]
pub struct Cursor {
    /// How many steps are in force.
    pub done: usize,
    /// How many there are.
    pub total: u32,
    /// The step to do next, while some are to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStep>,
}

/// The step to do next.
#[derive(Debug, Serialize)]
pub struct NextStep {
    /// Its number.
    step: u32,
    chapter: String,
    sentence: String,
    command: Option<String>,
}

impl Cursor {
    /// What a journal says of it.
    pub fn of(plan: &Plan, record: &Record) -> Self {
        let next = record.next(plan.len()).and_then(|number| {
            let (step, chapter) = (plan.step(number)?, plan.chapter_of(number)?);
            let (sentence, command) = (step.sentence(), step.command());
            Some(NextStep { step: number, chapter: chapter.title.clone(), sentence, command })
        });
        Cursor { done: record.done.len(), total: plan.len(), next }
    }
}

#[derive(Debug, Serialize)]
struct FailedStep<'a> {
    step: u32,
    why: &'a str,
}

#[derive(Debug, Serialize)]
struct MachineDocument<'a> {
    name: &'a MachineName,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a MachineName>,
    /// The name of its cluster, where clusters have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ClusterName>,
    interfaces: Vec<InterfaceDocument>,
}

#[derive(Debug, Serialize)]
struct InterfaceDocument {
    name: String,
    addresses: Vec<String>,
    mtu: u32,
    up: bool,
}

/// The state for programs. Machines that do not exist yet are left out.
pub fn document<'a>(plan: &'a Plan, record: &'a Record, seen: &Namespaces, change: Option<Underway>) -> Document<'a> {
    let machine = |member: &'a Member| {
        seen.get(&member.name).map(|ns| MachineDocument {
            name: &member.name,
            kind: member.kind.word(),
            node: match &member.kind {
                Kind::Pod { node } => Some(node),
                _ => None,
            },
            cluster: plan.standings.get(&member.name).name,
            interfaces: ns.links.iter().map(|link| interface(ns, link)).collect(),
        })
    };
    Document {
        lab: &plan.lab,
        cursor: Cursor::of(plan, record),
        change,
        failed: record.failed.as_ref().map(|(step, why)| FailedStep { step: *step, why }),
        machines: plan.machines.iter().filter_map(machine).collect(),
    }
}

fn interface(ns: &Namespace, link: &Link) -> InterfaceDocument {
    InterfaceDocument {
        name: link.name.clone(),
        addresses: ns.addresses_of(&link.name).map(|address| address.address.to_string()).collect(),
        mtu: link.mtu,
        up: link.up,
    }
}

/// The state for people: interfaces that carry addresses, and those that are down.
pub fn text(document: &Document<'_>, plan: &Plan, record: &Record, pause: i32, columns: usize) -> String {
    let Cursor { done, total, next } = &document.cursor;
    let mut text = format!("lab {}: {done} of {total} steps done; pause process {pause}\n", document.lab);
    let next = match &document.change {
        Some(Underway { what, command, cursor: None }) => {
            text.push_str(&format!("{what} was interrupted: `{command}` goes on\n"));
            &None
        }
        Some(Underway { what, command, cursor: Some(Cursor { done, total, next }) }) => {
            text.push_str(&format!("{what} is at step {done} of {total}; `{command}` finishes it\n"));
            next
        }
        None => next,
    };
    if let Some(FailedStep { step, why }) = &document.failed {
        let sentence = plan.step(*step).map(|step| step.sentence()).unwrap_or_default();
        text.push_str(&format!("step {step} failed: {sentence}\n  {why}\n"));
    } else if record.is_unfinished() && document.change.is_none() {
        text.push_str("some steps were begun and not finished: `netlab up` goes on\n");
    }
    if let Some(NextStep { step, chapter, sentence, .. }) = next {
        for line in wrap(&format!("next is step {step} · {chapter}: {sentence}"), columns) {
            text.push_str(&format!("{line}\n"));
        }
    }
    if document.machines.is_empty() {
        return text + "no machine exists yet\n";
    }
    let mut table = table(columns, ["MACHINE", "KIND", "INTERFACE", "ADDRESSES", "MTU", "STATE"]);
    for machine in &document.machines {
        let kind = match &machine.node {
            Some(node) => format!("pod on {node}"),
            None => match &machine.cluster {
                Some(cluster) => format!("{} of {cluster}", machine.kind),
                None => machine.kind.to_owned(),
            },
        };
        let worth_a_line = |interface: &&InterfaceDocument| {
            interface.name != "lo" && (!interface.addresses.is_empty() || !interface.up)
        };
        let mut first = Some((machine.name.to_string(), kind.clone()));
        for interface in machine.interfaces.iter().filter(worth_a_line) {
            let (name, kind) = first.take().unwrap_or_default();
            table.add_row([
                name,
                kind,
                interface.name.clone(),
                interface.addresses.join("\n"),
                interface.mtu.to_string(),
                if interface.up { "up" } else { "down" }.to_owned(),
            ]);
        }
        if let Some((name, kind)) = first {
            table.add_row([name.as_str(), kind.as_str(), "-", "", "", ""]);
        }
    }
    text + "\n" + &lines(&table)
}
