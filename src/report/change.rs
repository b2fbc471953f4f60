//! A change of a running lab, as it is shown before it is made.
//!
//! ```text
//! lab three-nodes: 12 steps taken back, 0 done, 128 stay
//!
//! pod-f: veth pipe
//!   1  Delete the veth pipe veth-pod-f.
//!      ip -n node-3 link delete veth-pod-f
//! ```

use serde::Serialize;

use super::plan::chapters;
use crate::change::Count;
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::step::{Step, Way};

/// A change for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    #[serde(rename = "takenBack")]
    taken_back: usize,
    done: usize,
    stays: usize,
    steps: Vec<StepDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    number: u32,
    chapter: &'a str,
    machine: &'a MachineName,
    /// `do` or `undo`.
    way: &'static str,
    sentence: String,
    command: Option<String>,
}

/// The change for programs: what is done, in order.
pub fn document<'a>(plan: &'a Plan, Count { back, done, stays }: Count) -> Document<'a> {
    let titles = plan.chapters.iter().flat_map(|chapter| chapter.steps.clone().map(|_| chapter.title.as_str()));
    let step = |((number, step), chapter): ((u32, &'a Step), &'a str)| StepDocument {
        number,
        chapter,
        machine: &step.machine,
        way: if step.way == Way::Do { "do" } else { "undo" },
        sentence: step.sentence(),
        command: step.command(),
    };
    Document { lab: &plan.lab, taken_back: back, done, stays, steps: plan.numbered().zip(titles).map(step).collect() }
}

/// The change for people.
pub fn text(plan: &Plan, of: Count, columns: usize, color: bool) -> String {
    let head = format!("lab {}: {}", plan.lab, count(of));
    match plan.is_empty() {
        true => format!("{head}; nothing to do\n"),
        false => format!("{head}\n{}", chapters(plan, columns, color)),
    }
}

/// `2 steps taken back, 13 done, 140 stay`
pub fn count(Count { back, done, stays }: Count) -> String {
    let steps = if back == 1 { "step" } else { "steps" };
    let stay = if stays == 1 { "stays" } else { "stay" };
    format!("{back} {steps} taken back, {done} done, {stays} {stay}")
}
