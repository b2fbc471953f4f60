//! Points and times, of one student or of many.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{lines, table};
use super::check::duration;
use super::list::best;
use crate::exercise::results::Record;

/// The records of each student, by name.
fn students(records: &[Record]) -> BTreeMap<&str, Vec<Record>> {
    let mut students: BTreeMap<&str, Vec<Record>> = BTreeMap::new();
    for record in records {
        students.entry(&record.student).or_default().push(record.clone());
    }
    students
}

/// The best record of each exercise, in the order in which they were begun first.
fn bests(records: &[Record]) -> Vec<&Record> {
    let mut found: Vec<&Record> = Vec::new();
    for record in records {
        if !found.iter().any(|other| other.exercise == record.exercise) {
            found.extend(best(&record.exercise, records));
        }
    }
    found
}

/// Scores, for people.
pub fn score(records: &[Record], columns: usize) -> String {
    if records.is_empty() {
        return "no exercise was begun, or its result was not kept: `--results FILE` keeps it beyond `netlab down`\n"
            .into();
    }
    let mut table = table(columns, ["STUDENT", "EXERCISE", "STATE", "POINTS", "TIME", "HINTS", "CHECKS"]);
    let mut totals = String::new();
    for (student, records) in students(records) {
        let bests = bests(&records);
        for record in &bests {
            let state = match (record.is_solved(), record.solution_shown) {
                (true, false) => "solved",
                (true, true) => "solved, shown",
                (false, false) => "begun",
                (false, true) => "shown",
            };
            table.add_row([
                student.to_owned(),
                record.exercise.clone(),
                state.to_owned(),
                record.points.to_string(),
                duration(record.seconds),
                record.hints.to_string(),
                record.checks.to_string(),
            ]);
        }
        let (solved, points) = total(&bests);
        totals += &format!("{student}: {solved} solved, {points} points\n");
    }
    format!("{}\n{totals}", lines(&table))
}

fn total(bests: &[&Record]) -> (usize, u32) {
    let solved = bests.iter().filter(|record| record.is_solved()).count();
    (solved, bests.iter().map(|record| record.points).sum())
}

/// Scores, for programs.
pub fn score_document(records: &[Record]) -> Value {
    let one = |(student, records): (&str, Vec<Record>)| {
        let bests = bests(&records);
        let (solved, points) = total(&bests);
        json!({"student": student, "solved": solved, "points": points, "best": bests, "runs": records})
    };
    json!({"students": students(records).into_iter().map(one).collect::<Vec<_>>()})
}
