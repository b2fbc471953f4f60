//! Each exercise: not solved at the start, solved by the solution that is printed and by other ways, and not by wrong ones.
//!
//! ```text
//! start ─▶ refused ─▶ solution ─▶ accepted ─▶ reset ─▶ refused? ─▶ another way ─▶ accepted ─▶ reset ─▶ a wrong way ─▶ refused
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use netlab::exercise::{Exercise, catalogue};

use crate::bench::Student;
use crate::common::program::repository;

/// Tries one exercise.
fn try_out(exercise: &Exercise) {
    let name = exercise.name.as_str();
    let student = Student::begins(name);
    student.fails(&format!("{name}, as it is at the start"));
    for look in &exercise.look {
        let ran = student.types_at_home(look);
        assert!(!ran.stderr.contains("error") && !matches!(ran.status, Some(126 | 127)), "{name}: {ran}");
    }
    let solution = student.exercise(&["solution", "--json"]).json();
    let lines: Vec<&str> =
        solution["solution"]["commands"].as_array().expect("commands").iter().filter_map(|c| c.as_str()).collect();
    student.types(&lines.join("\n"));
    student.passes(&format!("{name}, after its solution"));
    for way in &exercise.others {
        student.exercise(&["reset"]).success();
        student.types(&way.commands);
        student.passes(&format!("{name}, after this other way:\n{}", way.commands));
    }
    for way in &exercise.wrong {
        student.exercise(&["reset"]).success();
        student.types(&way.commands);
        student.fails(&format!("{name}, after this wrong way:\n{}", way.commands));
    }
    student.exercise(&["reset"]).success();
    student.fails(&format!("{name}, as it is after a reset"));
    student.lab.down();
}

/// `NETLAB_TEST_EXERCISE=text` tries those in whose name the text occurs.
#[test]
fn every_exercise_is_solved_by_more_than_one_way_and_by_no_wrong_one() {
    let only = std::env::var("NETLAB_TEST_EXERCISE").unwrap_or_default();
    let all = catalogue::all().expect("the exercises");
    // The hard ones first: they take longest.
    let all: Vec<&Exercise> = all.iter().rev().filter(|exercise| exercise.name.as_str().contains(&only)).collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(exercise) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let begun = std::time::Instant::now();
            let tried = catch_unwind(AssertUnwindSafe(|| try_out(exercise)));
            println!("{} after {} ms", exercise.name, begun.elapsed().as_millis());
            if let Err(panic) = tried {
                let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                failed.lock().expect("the list").push(format!("#### {}\n{text}", exercise.name));
            }
        }
    };
    // Most of the time is spent waiting for packets that do not come.
    std::thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(work)));
    let failed = failed.into_inner().expect("the list");
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), all.len(), failed.join("\n"));
}

#[test]
fn each_exercise_can_be_told_apart_and_has_what_it_needs() {
    let all = catalogue::all().expect("the exercises");
    assert!(all.len() >= 14, "{}", all.len());
    assert!(all.is_sorted_by_key(|exercise| exercise.level), "from easy to hard");
    for exercise in &all {
        let name = &exercise.name;
        assert!(!exercise.others.is_empty(), "{name}: another way");
        assert!(!exercise.wrong.is_empty(), "{name}: a wrong way");
        assert!(exercise.hints.len() >= 3, "{name}: hints in stages");
        assert!(!exercise.look.is_empty(), "{name}: where to begin");
        assert!(!exercise.topology.expect.is_empty(), "{name}: packets decide");
        assert!(all.iter().filter(|other| other.name == *name || other.title == exercise.title).count() == 1, "{name}");
    }
    let speaks = |exercise: &Exercise, ipv6: bool| {
        let subnets = exercise.topology.nodes.iter().filter_map(|node| node.bridge.as_ref()).flat_map(|b| &b.addresses);
        subnets.clone().any(|subnet| subnet.is_ipv6() == ipv6)
    };
    assert!(all.iter().any(|one| speaks(one, true) && !speaks(one, false)), "one of IPv6 alone");
    assert!(all.iter().any(|one| speaks(one, true) && speaks(one, false)), "one of both families");
}

#[test]
fn the_catalogue_lists_every_file() {
    let entries = std::fs::read_dir(repository().join("tutorials/exercises")).expect("tutorials/exercises/").flatten();
    let names = entries
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.strip_suffix(".yaml")).map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    names.sort();
    let mut listed: Vec<&str> = catalogue::FILES.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(listed, names, "`files!` in src/exercise/catalogue.rs names them all");
    for exercise in catalogue::all().expect("the exercises") {
        let file = repository().join("tutorials/exercises").join(format!("{}.yaml", exercise.name));
        assert!(file.exists(), "an exercise is called as its file is: {}", file.display());
    }
}
