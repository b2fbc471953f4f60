//! Exercises: the list, the story, hints, verdicts, the solution, scores.
//!
//! ```text
//! Red cannot ping blue                     easy, 5 minutes
//!
//! Two pods on one node. Yesterday red could ping blue. …
//! ```

mod check;
mod list;
mod score;

pub use check::{attempt, check, check_document};
pub use list::{list, list_document};
pub use score::{score, score_document};

use serde_json::{Value, json};

use super::Paint;
use crate::exercise::clock::rfc3339;
use crate::exercise::model::Way;
use crate::exercise::score::HINT;
use crate::exercise::session::Ongoing;
use crate::prose::wrap;

/// Prose in paragraphs: a blank line parts them, other line breaks count as blanks.
fn prose(text: &str, columns: usize, indent: &str) -> String {
    let lines = |paragraph: &str| {
        let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        wrap(&words, columns.saturating_sub(indent.len()))
            .iter()
            .map(|line| format!("{indent}{line}\n"))
            .collect::<String>()
    };
    text.split("\n\n").map(lines).collect::<Vec<_>>().join("\n")
}

/// Commands, a line each.
fn commands(text: &str, paint: Paint) -> String {
    text.lines().map(|line| format!("  {}\n", paint.command(line))).collect()
}

/// How commands name the lab, where its name has to be said.
fn meant(ongoing: &Ongoing) -> String {
    if ongoing.lab.name == ongoing.exercise.name { String::new() } else { format!(" {}", ongoing.lab.name) }
}

/// The story, for people.
pub fn start(ongoing: &Ongoing, before: bool, columns: usize, color: bool) -> String {
    let (exercise, paint) = (&ongoing.exercise, Paint(color));
    let heading = format!("{}  ({}, about {} minutes)", paint.bold(&exercise.title), exercise.level, exercise.minutes);
    let mut text =
        format!("{heading}\n\n{}\n{}", prose(&exercise.story, columns, ""), prose(&exercise.question, columns, ""));
    if !exercise.look.is_empty() {
        text += &format!("\nBegin by looking:\n{}", commands(&exercise.look.join("\n"), paint));
    }
    let (lab, meant) = (&ongoing.lab.name, meant(ongoing));
    let ways = [
        ("netlab shell".to_owned(), "look and mend; `netlab shell MACHINE` is inside one".to_owned()),
        (format!("netlab exercise check{meant}"), "solved?".to_owned()),
        (format!("netlab exercise hint{meant}"), format!("a hint, for {HINT} points")),
        (format!("netlab down {lab}"), "take it away".to_owned()),
    ];
    let width = ways.iter().map(|(command, _)| command.len()).max().unwrap_or(0).min(40);
    text += &format!("\nlab {lab} {}\n", if before { "goes on" } else { "is up" });
    text += &ways.iter().map(|(command, what)| format!("  {command:<width$}  {what}\n")).collect::<String>();
    text
}

/// The story, for programs.
pub fn start_document(ongoing: &Ongoing, before: bool) -> Value {
    let exercise = &ongoing.exercise;
    json!({
        "exercise": exercise.name, "lab": ongoing.lab.name, "student": ongoing.session.student, "ranBefore": before,
        "title": exercise.title, "level": exercise.level.word(), "minutes": exercise.minutes,
        "story": exercise.story, "question": exercise.question, "look": exercise.look, "hints": exercise.hints.len(),
        "startedAt": rfc3339(ongoing.session.started_at),
    })
}

/// A hint, for people.
pub fn hint(ongoing: &Ongoing, given: Option<usize>, columns: usize) -> String {
    let hints = &ongoing.exercise.hints;
    match given.and_then(|number| Some((number, hints.get(number)?))) {
        Some((number, hint)) => {
            let worth = ongoing.session.worth();
            let end = if ongoing.session.solved_at.is_some() {
                String::new()
            } else {
                format!("({worth} points are left)\n")
            };
            format!("hint {} of {}\n{}{end}", number + 1, hints.len(), prose(hint, columns, "  "))
        }
        None => {
            let all: Vec<String> = hints.iter().map(|hint| prose(hint, columns, "  ")).collect();
            format!(
                "there are no more hints; these were all:\n{}`netlab exercise solution` tells the rest\n",
                all.join("\n")
            )
        }
    }
}

/// A hint, for programs: null where there are no more.
pub fn hint_document(ongoing: &Ongoing, given: Option<usize>) -> Value {
    let hint = given.and_then(|number| ongoing.exercise.hints.get(number));
    json!({
        "exercise": ongoing.exercise.name, "number": given.map(|number| number + 1), "of": ongoing.exercise.hints.len(),
        "hint": hint, "worth": ongoing.session.worth(),
    })
}

/// The solution, for people.
pub fn solution(ongoing: &Ongoing, columns: usize, color: bool) -> String {
    let exercise = &ongoing.exercise;
    let way = |heading: &str, way: &Way| {
        format!("{heading}\n{}\n{}", commands(&way.commands, Paint(color)), prose(&way.why, columns, ""))
    };
    let mut text = way("In `netlab shell`:", &exercise.solution);
    for other in &exercise.others {
        text += &way("\nOr:", other);
    }
    if ongoing.session.solved_at.is_none() {
        text += "\nThe exercise is worth no points any more. Mend it all the same: `netlab exercise check`\n";
    }
    text
}

/// The solution, for programs.
pub fn solution_document(ongoing: &Ongoing) -> Value {
    let exercise = &ongoing.exercise;
    let way = |way: &Way| json!({"commands": way.commands.lines().collect::<Vec<_>>(), "why": way.why});
    json!({
        "exercise": exercise.name, "solution": way(&exercise.solution),
        "otherWays": exercise.others.iter().map(way).collect::<Vec<_>>(), "teaches": exercise.teaches,
        "worth": ongoing.session.worth(),
    })
}
