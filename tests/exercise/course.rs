//! Hints cost, checks that fail cost, the solution costs all; results are kept where somebody asks for them, and nowhere else.

use serde_json::Value;

use crate::bench::Student;
use crate::common::host::Host;
use crate::common::{Directory, Lab, run};

const EASY: &str = "red-cannot-ping-blue";
const MEND: &str = "ip -n node-1 link set veth-blue up";

/// The lines of a file of results.
fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the results");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn hints_and_failed_checks_cost_until_it_is_solved() {
    let student = Student::begins(EASY);
    let first = student.fails("at the start");
    assert_eq!((&first["points"], &first["worth"], &first["state"]), (&0.into(), &95.into(), &"inProgress".into()));
    let hint = student.exercise(&["hint", "--json"]).json();
    assert_eq!((&hint["number"], &hint["of"], &hint["worth"]), (&1.into(), &3.into(), &80.into()));
    let text = student.exercise(&["hint"]).success();
    assert!(text.starts_with("hint 2 of 3\n") && text.contains("65 points are left"), "{text}");
    student.types(MEND);
    let solved = student.passes("mended");
    assert_eq!((&solved["points"], &solved["hints"], &solved["checks"]), (&65.into(), &2.into(), &2.into()));
    assert!(solved["solvedAt"].as_str() > solved["startedAt"].as_str(), "{solved:#}");
    // What comes afterwards counts no more.
    student.types("ip -n node-1 link set veth-blue down");
    let text = student.exercise(&["check"]);
    assert!(text.status == Some(1) && text.stdout.contains("was solved, and is broken again"), "{text}");
    student.exercise(&["solution"]).success();
    student.exercise(&["hint"]).success();
    student.types(MEND);
    assert_eq!(student.passes("once more")["points"], 65);
}

#[test]
fn hints_come_to_an_end_and_the_solution_takes_the_points() {
    let student = Student::begins(EASY);
    for _ in 0..3 {
        student.exercise(&["hint"]).success();
    }
    let last = student.exercise(&["hint"]).success();
    assert!(last.contains("no more hints") && last.contains("It is veth-blue"), "{last}");
    assert_eq!(student.exercise(&["hint", "--json"]).json()["hint"], Value::Null);
    let text = student.exercise(&["solution"]).success();
    assert!(text.contains(MEND) && text.contains("worth no points"), "{text}");
    student.types(MEND);
    let solved = student.passes("mended");
    assert_eq!((&solved["points"], &solved["solutionShown"]), (&0.into(), &true.into()));
}

#[test]
fn a_check_says_what_is_not_so_and_not_what_mends_it() {
    let student = Student::begins(EASY);
    let text = student.exercise(&["check"]);
    assert_eq!(text.status, Some(1));
    assert!(text.stdout.contains("✗ red → blue") && text.stdout.contains("is lost"), "{text}");
    for word in ["veth", "link", "down", "up "] {
        assert!(!text.stdout.contains(word), "{word} gives it away: {text}");
    }
}

#[test]
fn a_reset_makes_the_lab_anew_and_the_clock_goes_on() {
    let student = Student::begins(EASY);
    student.exercise(&["hint"]).success();
    student.types(&format!("{MEND}; ip -n red link delete eth0; ip netns add stranger"));
    let before = student.fails("red is cut off");
    student.exercise(&["reset"]).success();
    assert_eq!(student.lab.ip("red", &["link", "show", "eth0"])[0]["ifname"], "eth0");
    let machines = student.lab.run(&["shell"]);
    assert!(!machines.stdout.contains("stranger"), "{machines}");
    let after = student.fails("as at the start");
    assert_eq!((&after["startedAt"], &after["hints"], &after["checks"]), (&before["startedAt"], &1.into(), &2.into()));
}

#[test]
fn nothing_is_left_unless_somebody_asks_for_results() {
    let before = Host::look();
    let directory = Directory::new();
    let lab = Lab::place();
    let exercise = |words: &[&str]| {
        let mut command = lab.netlab(&[&["exercise"], words].concat());
        // Were anything kept, it would be kept there.
        let home = directory.path();
        command.env("HOME", home).env("XDG_STATE_HOME", home.join("state")).env("XDG_DATA_HOME", home.join("data"));
        run(&mut command)
    };
    exercise(&["start", EASY]).success();
    exercise(&["hint"]).success();
    assert_eq!(exercise(&["check"]).status, Some(1));
    let told = exercise(&["score"]).success();
    assert!(told.contains(EASY), "{told}");
    lab.down();
    assert_eq!(std::fs::read_dir(directory.path()).expect("the home").count(), 0, "nothing was kept");
    assert!(exercise(&["score"]).success().contains("no exercise was begun"));
    assert_eq!(before.changes(&Host::look()), [""; 0]);
}

#[test]
fn results_are_kept_where_somebody_asks_and_what_was_read_stays_read() {
    let directory = Directory::new();
    let file = directory.path().join("ada.json");
    let student = Student { lab: Lab::place() };
    student.with_results(&file, &["start", EASY, "--name", "ada"]).success();
    // Asked for once, it is kept from then on.
    student.exercise(&["hint"]).success();
    student.exercise(&["check"]);
    assert_eq!(lines(&file)[0]["hints"], 1);
    student.types(MEND);
    student.passes("mended");
    student.lab.down();
    let kept = lines(&file);
    assert_eq!(kept.len(), 1);
    let expected = [("student", "ada"), ("exercise", EASY), ("state", "solved"), ("netlab", env!("CARGO_PKG_VERSION"))];
    for (key, value) in expected {
        assert_eq!(kept[0][key], value, "{:#}", kept[0]);
    }
    assert_eq!((&kept[0]["points"], &kept[0]["checks"]), (&80.into(), &2.into()));

    // A second time: a line of its own, and the hint is known.
    student.with_results(&file, &["start", EASY, "--name", "ada"]).success();
    student.types(MEND);
    assert_eq!(student.passes("again")["points"], 85);
    student.lab.down();
    assert_eq!(lines(&file).len(), 2);

    let list = student.with_results(&file, &["list", "--json"]).json();
    let mine = &list["exercises"][0];
    assert_eq!((&mine["exercise"], &mine["best"]["points"]), (&EASY.into(), &85.into()));
    assert_eq!(mine["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(list["exercises"][1]["best"], Value::Null);
    assert!(student.with_results(&file, &["list"]).success().contains("solved, 85 points"));
}

#[test]
fn a_teacher_sees_all_students_side_by_side() {
    let directory = Directory::new();
    let files: Vec<_> = ["ada", "grace"].iter().map(|name| directory.path().join(format!("{name}.json"))).collect();
    for (name, file) in ["ada", "grace"].iter().zip(&files) {
        let student = Student { lab: Lab::place() };
        student.with_results(file, &["start", EASY, "--name", name]).success();
        if *name == "grace" {
            student.types(MEND);
            student.passes("mended");
        }
        student.lab.down();
    }
    // The files of many are joined by cat.
    let all: String = files.iter().map(|file| std::fs::read_to_string(file).expect("results")).collect();
    let all = directory.file("all.json", all);
    let lab = Lab::place();
    let scores = lab.run(&["exercise", "score", "--json", &all]).json();
    let of = |n: usize| (scores["students"][n]["student"].clone(), scores["students"][n]["points"].clone());
    assert_eq!((of(0), of(1)), (("ada".into(), 0.into()), ("grace".into(), 100.into())));
    let one_by_one: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let text = lab.run(&["exercise", "score", &one_by_one[0], &one_by_one[1]]).success();
    assert!(text.contains("grace: 1 solved, 100 points") && text.contains("ada: 0 solved, 0 points"), "{text}");
    assert!(lab.run(&["exercise", "score", "/no/such/file"]).fails(2).contains("does not exist"));
    let other = directory.file("other.json", "{\"a\": 1}\n");
    assert!(lab.run(&["exercise", "score", &other]).fails(2).contains("other.json:1 is not a result"));
}

#[test]
fn the_documents_have_their_fields() {
    let student = Student { lab: Lab::place() };
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>().join(" ");
    let start = student.exercise(&["start", EASY, "--name", "ada", "--json"]).json();
    let expected = "exercise lab student ranBefore title level minutes story question look hints startedAt";
    assert_eq!(keys(&start), expected);
    assert_eq!((&start["lab"], &start["student"]), (&student.lab.name.as_str().into(), &"ada".into()));
    let check = student.fails("at the start");
    let record = "student netlab exercise title level state points seconds hints checks solutionShown startedAt";
    assert_eq!(keys(&check), format!("{record} passed worth checkedAt demands"));
    assert_eq!(keys(&check["demands"][0]), "says holds found");
    let solution = student.exercise(&["solution", "--json"]).json();
    assert_eq!(keys(&solution), "exercise solution otherWays teaches worth");
    assert_eq!(
        (keys(&solution["solution"]), keys(&solution["otherWays"][0])),
        ("commands why".into(), "commands why".into())
    );
    assert_eq!(keys(&student.exercise(&["hint", "--json"]).json()), "exercise number of hint worth");
    let list = student.exercise(&["list", "--json"]).json();
    assert_eq!(keys(&list["exercises"][0]), "exercise title level minutes hints best runs");
    let time = check["startedAt"].as_str().expect("a time");
    assert!(time.len() == 24 && time.ends_with('Z') && time.starts_with("20"), "{time}");
}
