//! The list of exercises, and how one stands with each.

use serde_json::{Value, json};

use super::super::{lines, table};
use crate::exercise::model::Exercise;
use crate::exercise::results::Record;

/// The best record of an exercise: that of most points, or else the last one.
pub fn best<'a>(name: &str, records: &'a [Record]) -> Option<&'a Record> {
    let of = || records.iter().filter(|record| record.exercise == name);
    of().filter(|record| record.is_solved()).max_by_key(|record| record.points).or_else(|| of().next_back())
}

fn stand(record: Option<&Record>) -> String {
    match record {
        None => "-".into(),
        Some(record) if record.is_solved() => format!("solved, {} points", record.points),
        Some(_) => "begun".into(),
    }
}

/// The list, for people.
pub fn list(exercises: &[Exercise], records: &[Record], columns: usize) -> String {
    let mut table = table(columns, ["NAME", "TITLE", "LEVEL", "MIN", "STATE"]);
    for exercise in exercises {
        let record = best(exercise.name.as_str(), records);
        table.add_row([
            exercise.name.to_string(),
            exercise.title.clone(),
            exercise.level.to_string(),
            exercise.minutes.to_string(),
            stand(record),
        ]);
    }
    for record in others(exercises, records) {
        table.add_row([
            record.exercise.clone(),
            record.title.clone(),
            record.level.clone(),
            "-".into(),
            stand(Some(record)),
        ]);
    }
    format!("{}\n`netlab exercise start NAME` begins one\n", lines(&table))
}

/// The best records of exercises that do not come with netlab.
fn others<'a>(exercises: &[Exercise], records: &'a [Record]) -> Vec<&'a Record> {
    let mut found: Vec<&Record> = Vec::new();
    for record in records {
        let known = exercises.iter().any(|exercise| exercise.name.as_str() == record.exercise);
        if !known && !found.iter().any(|other| other.exercise == record.exercise) {
            found.extend(best(&record.exercise, records));
        }
    }
    found
}

/// The list, for programs.
pub fn list_document(exercises: &[Exercise], records: &[Record]) -> Value {
    let one = |exercise: &Exercise| {
        json!({
            "exercise": exercise.name, "title": exercise.title, "level": exercise.level.word(), "minutes": exercise.minutes,
            "hints": exercise.hints.len(), "best": best(exercise.name.as_str(), records),
            "runs": records.iter().filter(|record| record.exercise == exercise.name.as_str()).collect::<Vec<_>>(),
        })
    };
    json!({
        "exercises": exercises.iter().map(one).collect::<Vec<_>>(),
        "others": others(exercises, records),
    })
}
