//! A plan as chapters of numbered steps.
//!
//! ```text
//! node-1: bridge cni0
//!   17  Create the bridge cni0: a switch inside the node, which its pods will be
//!       plugged into.
//!       ip -n node-1 link add cni0 type bridge
//! ```

use serde::Serialize;

use super::{Paint, capacity};
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::topology::capacity::Capacity;

/// A plan for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    capacity: capacity::Document<'a>,
    steps: Vec<StepDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    number: u32,
    chapter: &'a str,
    machine: &'a MachineName,
    sentence: String,
    command: String,
    /// `null` where only the running lab knows what to go back to: a sysctl that the topology sets.
    undo: Option<String>,
}

/// The plan for programs.
pub fn document<'a>(plan: &'a Plan, room: &'a Capacity) -> Document<'a> {
    let chapters = plan.chapters.iter().flat_map(|chapter| chapter.steps.clone().map(|_| chapter.title.as_str()));
    let steps = plan.numbered().zip(chapters).map(|((number, step), chapter)| StepDocument {
        number,
        chapter,
        machine: &step.machine,
        sentence: step.sentence(),
        command: step.command().unwrap_or_default(),
        undo: step.inverse().command(),
    });
    Document { lab: &plan.lab, capacity: capacity::document(room), steps: steps.collect() }
}

/// The plan for people. Commands are never broken, so that they can be copied.
pub fn text(plan: &Plan, room: &Capacity, columns: usize, color: bool) -> String {
    let mut text = format!("lab {}: {} steps\n", plan.lab, plan.len());
    for sentence in capacity::sentences(room) {
        wrap(&sentence, columns).iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    text + &chapters(plan, columns, color)
}

/// Its chapters alone.
pub fn chapters(plan: &Plan, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let mut text = String::new();
    let margin = plan.len().to_string().len() + 4;
    for chapter in &plan.chapters {
        text.push_str(&format!("\n{}\n", paint.bold(&chapter.title)));
        for place in chapter.steps.clone() {
            let step = &plan.steps[place];
            let mut number = format!("{:>width$}  ", place + 1, width = margin - 2);
            for line in wrap(&step.sentence(), columns.saturating_sub(margin)) {
                text.push_str(&format!("{number}{line}\n"));
                number = " ".repeat(margin);
            }
            if let Some(command) = step.command() {
                text.push_str(&format!("{}{}\n", " ".repeat(margin), paint.command(&command)));
            }
        }
    }
    text
}
