//! One move of the cursor: the step, its command, and what the kernel made of it.
//!
//! ```text
//! step 4 of 29 · node-1: bridge cni0
//! Create the bridge cni0: a switch inside the node, which its pods will be
//! plugged into.
//!   ip -n node-1 link add cni0 type bridge
//!   + node-1: link cni0 (bridge, down)
//! ```

use serde::Serialize;

use super::Paint;
use super::tint::{Tint, Words};
use crate::cursor::Moved;
use crate::journal::Record;
use crate::names::{LabName, MachineName};
use crate::network::changes::{Change, Sort};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::step::{Step, Way};

/// Moves of the cursor for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    cursor: super::status::Cursor,
    moves: Vec<MoveDocument<'a>>,
}

/// One move for programs.
#[derive(Debug, Serialize)]
pub struct MoveDocument<'a> {
    step: u32,
    /// `do` or `undo`.
    way: &'static str,
    chapter: &'a str,
    machine: &'a MachineName,
    sentence: String,
    command: Option<String>,
    /// Whether the kernel was as it should be already.
    already: bool,
    changes: Vec<ChangeDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangeDocument<'a> {
    machine: &'a MachineName,
    /// `appeared`, `went` or `became`.
    change: &'static str,
    kind: &'static str,
    text: &'a str,
}

/// The moves for programs, and where the cursor is now.
pub fn document<'a>(plan: &'a Plan, record: &Record, moves: &'a [Moved]) -> Document<'a> {
    let moves = moves.iter().map(|moved| one(plan, moved)).collect();
    Document { lab: &plan.lab, cursor: super::status::Cursor::of(plan, record), moves }
}

/// One move for programs.
pub fn one<'a>(plan: &'a Plan, moved: &'a Moved) -> MoveDocument<'a> {
    let Moved { number, step, already, changes } = moved;
    let change = |change: &'a Change| ChangeDocument {
        machine: &change.machine,
        change: change.sort.word(),
        kind: change.kind.word(),
        text: &change.text,
    };
    MoveDocument {
        step: *number,
        way: if step.way == Way::Do { "do" } else { "undo" },
        chapter: plan.chapter_of(*number).map_or("", |chapter| &chapter.title),
        machine: &step.machine,
        sentence: step.sentence(),
        command: step.command(),
        already: *already,
        changes: changes.iter().map(change).collect(),
    }
}

/// A step as it is announced: number and chapter, sentence, command.
pub fn announced(plan: &Plan, number: u32, step: &Step, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    // What the plan says backwards already (a pod is deleted) goes forwards.
    let forth = plan.step(number).map_or(Way::Do, |planned| planned.way);
    let undo = if step.way == forth { "" } else { "back: " };
    let chapter = plan.chapter_of(number).map_or("", |chapter| &chapter.title);
    let mut text = format!("{}\n", paint.bold(&format!("{undo}step {number} of {} · {chapter}", plan.len())));
    let words = Words::of(step);
    for line in wrap(&step.sentence(), columns) {
        text.push_str(&format!("{}\n", paint.tinted(&words, &line)));
    }
    if let Some(command) = step.command() {
        text.push_str(&format!("  {}\n", paint.command(&command)));
    }
    text
}

/// What a move changed, a line each.
pub fn changed(moved: &Moved, color: bool) -> String {
    let paint = Paint(color);
    if moved.already {
        let what = if moved.step.way == Way::Do { "in force" } else { "undone" };
        return format!("  = it was {what} already\n");
    }
    if moved.changes.is_empty() {
        return "  = nothing that can be seen changed\n".into();
    }
    let line = |change: &Change| {
        let code = match change.sort {
            Sort::Appeared => "1;32",
            Sort::Went => "1;31",
            Sort::Became => "1;33",
        };
        let words = Words::of(&moved.step).with(change);
        let sign = paint.with(code, &change.sort.sign().to_string());
        let machine = paint.with(Tint::Machine.code(), change.machine.as_str());
        let kind = paint.with(Tint::of(change.kind).code(), change.kind.word());
        format!("  {sign} {machine}: {kind} {}\n", paint.tinted(&words, &change.text))
    };
    moved.changes.iter().map(line).collect()
}

/// A move for people. Commands and changes are never broken, so that they can be copied.
pub fn text(plan: &Plan, moved: &Moved, columns: usize, color: bool) -> String {
    announced(plan, moved.number, &moved.step, columns, color) + &changed(moved, color)
}
