//! The chapters of a plan as sections of a worksheet: what was explained once is only named the second time.
//!
//! ```text
//! plan:     pod-a: namespace · pod-a: veth pipe · pod-b: namespace · pod-b: veth pipe · node-2: namespace …
//! sections: pod-a: namespace │ pod-a: veth pipe │ pod-b, as before                    │ node-2 and its pods, as before
//! ```

use std::mem::discriminant;

use crate::names::MachineName;
use crate::plan::{Chapter, Kind, Plan};
use crate::step::{Action, Step};

/// Chapters that are worked through in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// The chapters: several only where all are of a shape that has been explained.
    pub chapters: Vec<&'a Chapter>,
    /// Of chapters that repeat others, the title of the first such other.
    pub repeats: Option<&'a str>,
    /// The node or host that they are about; none for what belongs to the fabric, or to several.
    outer: Option<&'a MachineName>,
    /// Whether all repeat the same chapter.
    alike: bool,
}

impl<'a> Section<'a> {
    /// Its steps.
    pub fn steps(&self, plan: &'a Plan) -> &'a [Step] {
        let start = self.chapters.first().map_or(0, |chapter| chapter.steps.start);
        plan.steps.get(start..self.end()).unwrap_or_default()
    }

    /// The number of its last step.
    pub fn end(&self) -> usize {
        self.chapters.last().map_or(0, |chapter| chapter.steps.end)
    }

    /// Its title.
    pub fn title(&self) -> String {
        let mut titles = self.chapters.iter().map(|chapter| chapter.title.as_str());
        match (self.chapters.len(), self.outer) {
            (0 | 1, _) => titles.next().unwrap_or_default().to_owned(),
            (_, Some(outer)) => {
                let is_outers = |title: &str| title.split(": ").next() == Some(outer.as_str());
                let mut machines: Vec<&str> = titles.filter_map(|title| title.split(": ").next()).collect();
                machines.dedup();
                match machines.first() {
                    Some(first) if is_outers(first) && machines.len() > 1 => format!("{first} and its pods"),
                    _ => machines.join(", "),
                }
            }
            (_, None) => titles.collect::<Vec<_>>().join(", "),
        }
    }
}

/// What two chapters have in common that a reader who has understood one has understood the other.
fn shape(plan: &Plan, chapter: &Chapter) -> Vec<String> {
    let step = |step: &Step| match &step.action {
        Action::AddNamespace(_) => format!("namespace of a {}", word(plan, &step.machine)),
        Action::SetSysctl(sysctl) => format!("{} = {}", sysctl.key, sysctl.value),
        action => format!("{:?}{:?}", discriminant(action), step.machine.is_fabric()),
    };
    let mut shape: Vec<String> = plan.steps.get(chapter.steps.clone()).unwrap_or_default().iter().map(step).collect();
    // Two routes are no other thing than one.
    shape.dedup();
    shape
}

fn word(plan: &Plan, machine: &MachineName) -> &'static str {
    plan.member(machine.as_str()).map_or("machine", |member| member.kind.word())
}

/// The node or host that a chapter is about.
fn outer<'a>(plan: &'a Plan, chapter: &Chapter) -> Option<&'a MachineName> {
    let name = chapter.title.split(": ").next()?;
    let member = plan.member(name)?;
    match &member.kind {
        Kind::Pod { node } => Some(node),
        Kind::Node | Kind::Host => Some(&member.name),
    }
}

/// The sections of a plan, in its order.
pub fn sections(plan: &Plan) -> Vec<Section<'_>> {
    let mut known: Vec<(Vec<String>, &str)> = Vec::new();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for chapter in &plan.chapters {
        let shape = shape(plan, chapter);
        let outer = outer(plan, chapter);
        let repeats = known.iter().find(|(other, _)| *other == shape).map(|(_, title)| *title);
        match sections.last_mut() {
            // All of one machine, or the same of one machine after the other.
            Some(last) if repeats.is_some() && last.repeats.is_some() && last.outer == outer => {
                last.alike &= last.repeats == repeats;
                last.chapters.push(chapter);
            }
            Some(last) if repeats.is_some() && last.repeats == repeats && last.alike => {
                last.outer = None;
                last.chapters.push(chapter);
            }
            _ => sections.push(Section { chapters: vec![chapter], repeats, outer, alike: true }),
        }
        if repeats.is_none() {
            known.push((shape, &chapter.title));
        }
    }
    sections
}
