//! A lesson as lines: for people, and for programs a JSON document on each.
//!
//! ```text
//! ✓ step 4    node-1: bridge cni0                                       4 of 29
//! ✗ red: eth0 has 10.244.1.2/16; the plan says address 10.244.1.2/24 on eth0
//! ```

use serde_json::{Value, json};

use super::Paint;
use crate::learn::{Event, Hint, Lesson, Level, Mistake, Outcome};
use crate::names::LabName;
use crate::plan::Plan;
use crate::prose::wrap;

/// How a lesson is printed.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// How many columns there are.
    pub columns: usize,
    /// Whether in colour.
    pub color: bool,
    /// Whether the learner may ask for hints in this terminal.
    pub keys: bool,
}

/// An event for programs.
pub fn document(plan: &Plan, lesson: &Lesson<'_>, event: &Event) -> Value {
    let (done, total) = lesson.progress();
    let step = |word: &str, number: u32, done: usize| {
        let thing = plan.step(number).map(|step| step.thing()).unwrap_or_default();
        let machine = plan.step(number).map(|step| &step.machine);
        json!({"event": word, "step": number, "machine": machine, "thing": thing, "done": done, "total": total})
    };
    let mistake = |word: &str, Mistake { machine, found, planned }: &Mistake| json!({"event": word, "machine": machine, "found": found, "planned": planned});
    match event {
        Event::Begun { from, to } => json!({"event": "begun", "lab": plan.lab, "from": from, "to": to}),
        Event::Chapter(number) => {
            json!({"event": "chapter", "chapter": plan.chapter_of(*number).map(|c| &c.title), "step": number})
        }
        Event::Resumed(done) => json!({"event": "resumed", "done": done, "total": total}),
        Event::Done { step: number, done } => step("done", *number, *done),
        Event::Undone(number) => step("undone", *number, done),
        Event::Wrong(wrong) => mistake("wrong", wrong),
        Event::Righted(wrong) => mistake("righted", wrong),
        Event::Hinted(hint) => hint_document(plan, *hint),
    }
}

/// A hint for programs.
pub fn hint_document(plan: &Plan, hint: Hint) -> Value {
    let step = plan.step(hint.step);
    let command = match hint.level {
        Level::Sentence => None,
        Level::Command => step.and_then(|step| step.command()),
    };
    let sentence = step.map(|step| step.sentence());
    json!({"event": "hint", "step": hint.step, "level": hint.level.word(), "sentence": sentence, "command": command})
}

/// The summary for programs.
pub fn summary_document(lab: &LabName, outcome: &Outcome) -> Value {
    let Outcome { complete, gone, done, total, time, hinted, mistakes } = outcome;
    json!({
        "event": "summary", "lab": lab, "complete": complete, "gone": gone, "done": done, "total": total,
        "seconds": time.as_secs_f64(), "hintedSteps": hinted, "mistakes": mistakes,
    })
}

/// An event for people.
pub fn text(plan: &Plan, lesson: &Lesson<'_>, event: &Event, style: Style) -> String {
    let paint = Paint(style.color);
    let (_, total) = lesson.progress();
    let step = |number: u32| {
        let step = plan.step(number);
        let thing = step.map(|step| format!("{}: {}", step.machine, step.thing())).unwrap_or_default();
        (format!("step {number:<width$}", width = plan.len().to_string().len()), thing)
    };
    let mistake = |sign: String, text: String| {
        let lines = wrap(&text, style.columns.saturating_sub(2));
        format!("{sign} {}\n", lines.join("\n  "))
    };
    match event {
        Event::Begun { from, to } => begun(plan, *from, *to, style),
        Event::Chapter(number) => chapter(plan, lesson, *number, paint),
        Event::Resumed(done) => format!("{done} of {total} steps are in force already.\n"),
        Event::Done { step: number, done } => {
            let (number, thing) = step(*number);
            format!("{} {number}  {thing}  ({done} of {total})\n", paint.with("32", "✓"))
        }
        Event::Undone(number) => {
            let (number, thing) = step(*number);
            format!("{} {number}  {thing}: not any more\n", paint.with("33", "·"))
        }
        Event::Wrong(Mistake { machine, found, planned }) => {
            let planned = if planned.is_empty() { String::new() } else { format!("; {planned}") };
            mistake(paint.with("31", "✗"), format!("{machine}: {found}{planned}"))
        }
        Event::Righted(Mistake { machine, found, .. }) => {
            mistake(paint.with("32", "✓"), format!("put right: {machine}: {found}"))
        }
        Event::Hinted(hint) => self::hint(plan, *hint, style.columns, style.color),
    }
}

fn begun(plan: &Plan, from: u32, to: u32, style: Style) -> String {
    let count = (from..=to).count();
    let lab = &plan.lab;
    let keys = if style.keys { ", or type h and Enter here" } else { "" };
    let text = format!(
        "Build lab {lab} by hand: {count} steps, in whatever order makes sense. Open another terminal and type \
         `netlab shell --lab {lab}`: there, ip, nft and sysctl work on the lab. Each step is ticked here as soon as \
         its effect can be seen, whatever command produced it. `netlab hint` helps{keys}."
    );
    wrap(&text, style.columns).join("\n") + "\n"
}

/// The chapter that lies ahead: its title, and what it is to lead to.
fn chapter(plan: &Plan, lesson: &Lesson<'_>, number: u32, paint: Paint) -> String {
    let Some(chapter) = plan.chapter_of(number) else { return String::new() };
    let steps = chapter.steps.clone().filter_map(|place| Some((u32::try_from(place).ok()? + 1, &plan.steps[place])));
    let open: Vec<String> = steps
        .filter(|(number, _)| !lesson.in_force().contains(number) && lesson.covers(*number))
        .map(|(_, step)| format!("    {}: {}\n", step.machine, step.thing()))
        .collect();
    format!("\n{}\n{}", paint.bold(&format!("next: {}", chapter.title)), open.concat())
}

/// A hint for people.
pub fn hint(plan: &Plan, hint: Hint, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let Some(step) = plan.step(hint.step) else { return String::new() };
    let head = format!("hint, step {}: ", hint.step);
    match hint.level {
        Level::Sentence => {
            let lines = wrap(&(head + &step.sentence()), columns);
            paint.with("36", &lines.join("\n")) + "\n"
        }
        Level::Command => format!("{head}{}\n", paint.command(&step.command().unwrap_or_default())),
    }
}

/// The summary for people.
pub fn summary(lab: &LabName, outcome: &Outcome, columns: usize) -> String {
    let Outcome { complete, gone, done, total, time, hinted, mistakes } = outcome;
    let time = match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    };
    let count = |n: usize, word: &str, words: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {words}") };
    let steps: Vec<String> = hinted.iter().map(ToString::to_string).collect();
    let hints = match &steps[..] {
        [] => "no hints".into(),
        [one] => format!("a hint for step {one}"),
        many => format!("hints for steps {}", many.join(", ")),
    };
    let mistakes = if *mistakes == 0 { "nothing wrong".into() } else { count(*mistakes, "wrong turn", "wrong turns") };
    let counted = format!("{done} of {total} steps in {time}, {hints}, {mistakes}");
    let (text, then): (String, &[(&str, &str)]) = match (complete, gone) {
        (true, _) => (
            format!("Done: {counted}. Lab {lab} runs, and you have built it."),
            &[("status", "what there is"), ("down", "take it away; then try again from memory")],
        ),
        (false, true) => (format!("Lab {lab} was taken away: {counted}."), &[]),
        (false, false) => (
            format!("Stopped: {counted}. Lab {lab} stays as it is; the same `netlab learn` goes on."),
            &[("next", "have netlab do the next step"), ("down", "take it away")],
        ),
    };
    let then: String = then.iter().map(|(command, what)| format!("  netlab {command:<8}  {what}\n")).collect();
    format!("\n{}\n{then}", wrap(&text, columns).join("\n"))
}
