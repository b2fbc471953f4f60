//! A step explained: what it does, how it is taken back, and what stands behind it.
//!
//! ```text
//! step 4 of 29 · node-1: bridge cni0
//! Create the bridge cni0: a switch inside the node, which its pods will be plugged
//! into.
//!   ip -n node-1 link add cni0 type bridge
//! undo: ip -n node-1 link delete cni0
//!
//! A bridge is an Ethernet switch inside the kernel. …
//!
//! see   ip -n node-1 -d link show cni0
//! read  man bridge
//! ```

use serde::Serialize;

use super::{Paint, moved};
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::step::Step;
use crate::step::background::background;

/// An explained step for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    step: u32,
    chapter: &'a str,
    machine: &'a MachineName,
    sentence: String,
    command: Option<String>,
    /// What takes it back; none where only the running lab knows it.
    undo: Option<String>,
    background: &'static [&'static str],
    see: Vec<String>,
    read: &'static [&'static str],
}

/// A step for programs.
pub fn document<'a>(plan: &'a Plan, number: u32, step: &'a Step) -> Document<'a> {
    let behind = background(step);
    Document {
        lab: &plan.lab,
        step: number,
        chapter: plan.chapter_of(number).map_or("", |chapter| &chapter.title),
        machine: &step.machine,
        sentence: step.sentence(),
        command: step.command(),
        undo: step.inverse().command(),
        background: behind.paragraphs,
        see: behind.see,
        read: behind.read,
    }
}

/// A step for people.
pub fn text(plan: &Plan, number: u32, step: &Step, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let undo = match step.inverse().command() {
        Some(command) => paint.command(&command),
        None => "sets back what was there before, which only the running lab knows".into(),
    };
    let announced = moved::announced(plan, number, step, columns, color);
    format!("{announced}undo: {undo}\n\n{}", behind(step, columns, color))
}

/// What stands behind a step.
pub fn behind(step: &Step, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let behind = background(step);
    let mut text = String::new();
    for paragraph in behind.paragraphs {
        for line in wrap(paragraph, columns) {
            text.push_str(&format!("{line}\n"));
        }
        text.push('\n');
    }
    for command in &behind.see {
        text.push_str(&format!("see   {}\n", paint.command(command)));
    }
    for place in behind.read {
        text.push_str(&format!("read  {place}\n"));
    }
    text
}
