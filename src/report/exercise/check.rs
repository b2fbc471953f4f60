//! Whether an exercise is solved.

use serde_json::{Value, json};

use super::super::Paint;
use super::prose;
use crate::exercise::catalogue;
use crate::exercise::clock::rfc3339;
use crate::exercise::judge::{LISTED, Verdict};
use crate::exercise::rehearse::Attempt;
use crate::exercise::results::Record;
use crate::exercise::session::Ongoing;

/// The verdicts, for people.
pub fn check(ongoing: &Ongoing, verdicts: &[Verdict], columns: usize, color: bool) -> String {
    let (exercise, session, paint) = (&ongoing.exercise, &ongoing.session, Paint(color));
    let passed = verdicts.iter().all(|verdict| verdict.holds);
    let mut text = String::new();
    for verdict in verdicts {
        let mark = if verdict.holds { paint.with("32", "✓") } else { paint.with("31", "✗") };
        text += &format!("  {mark} {}\n", verdict.says);
        for found in verdict.found.iter().take(LISTED) {
            text += &format!("      {found}\n");
        }
        if let Some(more) = verdict.found.len().checked_sub(LISTED).filter(|more| *more > 0) {
            text += &format!("      … and {more} more\n");
        }
    }
    if !passed {
        let wrong = verdicts.iter().filter(|verdict| !verdict.holds).count();
        let count = if verdicts.len() == 1 {
            "".into()
        } else {
            format!(": {wrong} of {} demands are not met", verdicts.len())
        };
        text += &match session.solved_at {
            Some(_) => format!("{} was solved, and is broken again{count}\n", exercise.name),
            None => format!("{} is not solved yet{count}\n({} points are left)\n", exercise.name, session.worth()),
        };
        return text;
    }
    let points = match session.solution_shown {
        true => "no points, for the solution was shown".to_owned(),
        false => format!("{} points", session.points()),
    };
    text += &paint.bold(&format!("{} is solved: {points}, {}", exercise.name, duration(session.seconds())));
    text += &format!("\n\n{}", prose(&exercise.solution.why, columns, ""));
    text += &format!("\n{}", prose(&format!("What it was for: {}", exercise.teaches), columns, ""));
    if session.results.is_none() {
        text += "\nThe result goes with the lab, at `netlab down`; `--results FILE` keeps it.\n";
    }
    if let Some(next) = catalogue::next(exercise.name.as_str()) {
        text += &format!("\n  netlab down {}\n  netlab exercise start {next}\n", ongoing.lab.name);
    }
    text
}

/// One attempt of a rehearsal, for people.
pub fn attempt(attempt: &Attempt, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let mark = if attempt.is_well() { paint.with("32", "✓") } else { paint.with("31", "✗") };
    let came = match &attempt.came {
        Ok(true) => "accepted".to_owned(),
        Ok(false) => "refused".to_owned(),
        Err(said) => format!("a command failed: {said}"),
    };
    format!(
        "  {mark} {}: {came}\n{}",
        attempt.what,
        if attempt.why.is_empty() { String::new() } else { prose(&attempt.why, columns, "      ") }
    )
}

/// `42 s`, `5 min 12 s`.
pub fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes @ 1..60, seconds) => format!("{minutes} min {seconds} s"),
        (minutes, _) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// The verdicts, for programs.
pub fn check_document(ongoing: &Ongoing, verdicts: &[Verdict]) -> Value {
    let session = &ongoing.session;
    let one = |verdict: &Verdict| json!({"says": verdict.says, "holds": verdict.holds, "found": verdict.found});
    let mut document = json!(Record::of(&ongoing.exercise, session));
    if let Value::Object(fields) = &mut document {
        fields.insert("passed".into(), verdicts.iter().all(|verdict| verdict.holds).into());
        fields.insert("worth".into(), session.worth().into());
        fields.insert("checkedAt".into(), rfc3339(crate::exercise::clock::now()).into());
        fields.insert("demands".into(), verdicts.iter().map(one).collect());
    }
    document
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations() {
        assert_eq!([42, 312, 3600, 7384].map(duration), ["42 s", "5 min 12 s", "1 h 0 min", "2 h 3 min"]);
    }
}
