//! A change of a running lab, as it is shown before it is made.
//!
//! ```text
//! lab three-nodes: 12 steps to take back, by 3 commands; 128 stay
//!
//! pod-f: veth pipe
//!   1  Delete the veth pipe veth-pod-f.
//!      ip -n node-3 link delete veth-pod-f
//! ```

use serde::Serialize;

use super::Paint;
use super::plan::chapters;
use crate::alter::Trail;
use crate::change::Count;
use crate::names::{LabName, MachineName};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::step::{Step, Way};

/// A change that is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What is done, as a plan of its own.
    pub plan: &'a Plan,
    /// What is set right then.
    pub trail: &'a [Trail],
    /// How many steps it concerns.
    pub count: Count,
}

/// The title of what is set right at last.
const TRAIL: &str = "what follows from it";

/// How many steps a change concerns, for programs.
#[derive(Debug, Serialize)]
pub struct Counted {
    #[serde(rename = "takenBack")]
    taken_back: usize,
    done: usize,
    stays: usize,
    commands: usize,
}

impl From<Count> for Counted {
    fn from(Count { back, done, stays, commands }: Count) -> Self {
        Counted { taken_back: back, done, stays, commands }
    }
}

/// A change for programs.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    lab: &'a LabName,
    #[serde(flatten)]
    count: Counted,
    steps: Vec<StepDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    number: u32,
    chapter: &'a str,
    machine: &'a MachineName,
    /// `do`, `undo` or `mend`.
    way: &'static str,
    sentence: String,
    command: Option<String>,
}

/// The change for programs: what is done, in order.
pub fn document<'a>(Shown { plan, trail, count }: Shown<'a>) -> Document<'a> {
    let titles = plan.chapters.iter().flat_map(|chapter| chapter.steps.clone().map(|_| chapter.title.as_str()));
    let step = |((number, step), chapter): ((u32, &'a Step), &'a str)| StepDocument {
        number,
        chapter,
        machine: &step.machine,
        way: if step.way == Way::Do { "do" } else { "undo" },
        sentence: step.sentence(),
        command: step.command(),
    };
    let mend = |(number, trail): (u32, &'a Trail)| StepDocument {
        number,
        chapter: TRAIL,
        machine: &trail.mend.machine,
        way: "mend",
        sentence: format!("{}.", trail.why),
        command: Some(trail.mend.command()),
    };
    let steps = plan.numbered().zip(titles).map(step).chain((plan.len() + 1..).zip(trail).map(mend)).collect();
    Document { lab: &plan.lab, count: count.into(), steps }
}

/// The change for people.
pub fn text(Shown { plan, trail, count: of }: Shown<'_>, columns: usize, color: bool) -> String {
    let head = format!("lab {}: {}; {}", plan.lab, to_do(of), stays(of));
    if plan.is_empty() && trail.is_empty() {
        return format!("{head}\n");
    }
    let mut text = format!("{head}\n{}", chapters(plan, columns, color));
    if !trail.is_empty() {
        let paint = Paint(color);
        text.push_str(&format!("\n{}\n", paint.bold(TRAIL)));
        let margin = (plan.len() as usize + trail.len()).to_string().len() + 4;
        for (number, Trail { mend, why }) in (plan.len() + 1..).zip(trail) {
            let mut number = format!("{number:>width$}  ", width = margin - 2);
            for line in wrap(&format!("{}: {why}.", mend.machine), columns.saturating_sub(margin)) {
                text.push_str(&format!("{number}{line}\n"));
                number = " ".repeat(margin);
            }
            text.push_str(&format!("{}{}\n", " ".repeat(margin), paint.command(&mend.command())));
        }
    }
    text
}

/// `2 steps taken back, 13 done, by 14 commands`: what has been done.
pub fn done(count: Count) -> String {
    told(count, "taken back", "done")
}

/// `2 steps to take back, 13 to do, by 14 commands`: what would be done.
fn to_do(count: Count) -> String {
    told(count, "to take back", "to do")
}

fn told(Count { back, done, commands, .. }: Count, undone: &str, made: &str) -> String {
    let some = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let steps = match (back, done) {
        (0, 0) => format!("no step {made}"),
        (0, done) => format!("{} {made}", some(done, "step")),
        (back, 0) => format!("{} {undone}", some(back, "step")),
        (back, done) => format!("{} {undone}, {done} {made}", some(back, "step")),
    };
    if commands == 0 { steps } else { format!("{steps}, by {}", some(commands, "command")) }
}

/// `140 stay`
pub fn stays(Count { stays, .. }: Count) -> String {
    format!("{stays} {}", if stays == 1 { "stays" } else { "stay" })
}
