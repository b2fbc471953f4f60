//! The chapters, of which the current one is opened.
//!
//! ```text
//! ✓ node-1: bridge cni0          4/4
//! ▶ red: veth pipe               2/9
//!    ✓ 11  Move peer-red into red, where it is called eth0
//!    ▶ 12  Attach veth-red to the bridge cni0
//! · blue: namespace              0/2
//! ```

use super::Model;
use crate::plan::Chapter;

/// How far a chapter or a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In force.
    Done,
    /// The next one.
    Next,
    /// To come, or taken back.
    ToCome,
}

impl State {
    /// `✓`, `▶` or `·`.
    pub fn sign(self) -> char {
        match self {
            State::Done => '✓',
            State::Next => '▶',
            State::ToCome => '·',
        }
    }
}

/// A line of the outline.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A chapter: its title, how many of its steps are in force, how many it has.
    Chapter(State, String, usize, usize),
    /// A step of the opened chapter.
    Step(State, u32, String),
}

/// As many lines of the outline as there is room for, around the next step.
pub fn lines(model: &Model<'_>, room: usize) -> Vec<Line> {
    let plan = model.plan;
    let next = model.next.as_ref().map(|(number, _)| *number);
    let focus = next.or_else(|| model.record.last()).unwrap_or(1);
    let place = place(focus);
    let open = plan.chapters.iter().position(|chapter| chapter.steps.contains(&place)).unwrap_or(0);
    let steps = plan.chapters.get(open).map_or(0..0, |chapter| chapter.steps.clone());
    // Lines before the focus: the chapters before, the opened one itself, its steps before.
    let before = open + 1 + place.saturating_sub(steps.start);
    let all = plan.chapters.len() + steps.len();
    // The focus is a third down from the top, where there is something above and below.
    let first = before.saturating_sub(room / 3 + 1).min(all.saturating_sub(room));
    let step = |place: usize| {
        let number = number(place);
        let state = match next {
            Some(next) if next == number => State::Next,
            _ if model.record.done.contains(&number) => State::Done,
            _ => State::ToCome,
        };
        Line::Step(state, number, plan.step(number).map_or_else(String::new, |step| step.what()))
    };
    let chapters =
        |range: &[Chapter]| range.iter().map(|chapter| self::chapter(model, chapter, next)).collect::<Vec<_>>();
    let (above, below) = plan.chapters.split_at((open + 1).min(plan.chapters.len()));
    let above = above.get(first.min(above.len())..).map_or_else(Vec::new, chapters);
    let skipped = first.saturating_sub(open + 1);
    let mut lines = above;
    lines.extend(steps.skip(skipped).take(room.saturating_sub(lines.len())).map(step));
    lines.extend(chapters(below.get(..room.saturating_sub(lines.len()).min(below.len())).unwrap_or_default()));
    lines
}

fn chapter(model: &Model<'_>, chapter: &Chapter, next: Option<u32>) -> Line {
    let done = chapter.steps.clone().filter(|place| model.record.done.contains(&number(*place))).count();
    let state = match next {
        Some(next) if chapter.steps.contains(&place(next)) => State::Next,
        _ if done == chapter.steps.len() => State::Done,
        _ => State::ToCome,
    };
    Line::Chapter(state, chapter.title.clone(), done, chapter.steps.len())
}

fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1)
}
