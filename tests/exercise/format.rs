//! Mistakes in an exercise's file: where they are found, and what is said about them.
//!
//! In each file `«` marks the place where the caret must begin; it is taken out before reading.

use netlab::exercise::decode::parse;

use crate::common::program::repository;
use crate::common::{Directory, Lab};

const WHOLE: &str = "title: Mine
level: easy
minutes: 5
teaches: something
story: There is a lab.
question: Mend it.
look: [netlab status]
topology:
  lab: mine
  nodes: { node-1: { podCIDR: 10.244.1.0/24, pods: { red: {}, blue: {} } } }
  expect: [{ from: red, to: blue }]
hints: [one, two]
check:
  state:
    - { on: red, says: red keeps its address, address: 10.244.1.2 }
solution: { commands: ip link, why: because }
";

/// The file, in which one piece is another, has one mistake at its mark, whose drawing has all of `parts`.
#[track_caller]
fn case(piece: &str, other: &str, parts: &[&str]) {
    assert!(WHOLE.contains(piece), "{piece}");
    let marked = WHOLE.replacen(piece, other, 1);
    let before = marked.split('«').next().expect("a beginning");
    let line = before.rsplit('\n').next().expect("a line");
    let expected = match before.len() == marked.len() {
        true => (1, 1),
        false => (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1),
    };
    let failure = parse("mine.yaml", &marked.replace('«', "")).expect_err("this file has a mistake");
    let json = failure.to_json();
    let of = |one: &serde_json::Value| (one["line"].as_u64().unwrap_or(0), one["column"].as_u64().unwrap_or(0));
    let found: Vec<(u64, u64)> = json.as_array().expect("a list").iter().map(of).collect();
    assert_eq!(found, [expected], "\n{failure}");
    for part in parts {
        assert!(failure.to_string().contains(part), "{part:?} is not in\n{failure}");
    }
}

#[test]
fn the_whole_file_is_read() {
    let exercise = parse("mine.yaml", WHOLE).expect("an exercise");
    assert_eq!((exercise.name.as_str(), exercise.hints.len(), exercise.state.len()), ("mine", 2, 1));
}

#[test]
fn keys() {
    case("hints: [one, two]", "hints: [one]\n«hint: two", &["an exercise has no key `hint`", "did you mean `hints`?"]);
    case("title: Mine\n", "", &["an exercise needs the key `title`", "`title` is missing"]);
    case("minutes: 5", "minutes: 5\n«minutes: 6", &["the key `minutes` is given twice"]);
    case("why: because }", "«wy: because, why: x }", &["a way has no key `wy`", "did you mean `why`?"]);
    case("  state:", "  «states: []\n  state:", &["a check has no key `states`", "did you mean `state`?"]);
    case("solution: {", "solution: «[] #{", &["expected a way as a mapping, found a list"]);
}

#[test]
fn values() {
    case("level: easy", "level: «eazy", &["`eazy` is not a level", "did you mean `easy`?"]);
    case("level: easy", "level: «impossible", &["expected one of easy, medium, hard"]);
    case("minutes: 5", "minutes: «0", &["expected a number of minutes, found the number `0`", "from 1 to 1000"]);
    case("minutes: 5", "minutes: «soon", &["expected a number of minutes, found the text `soon`"]);
    case("title: Mine", "title: «[Mine]", &["expected a text, found a list"]);
    case("title: Mine", "title: «\"\"", &["the text is empty"]);
    case("title: Mine", "title: «\"a\\eb\"", &["a text cannot hold"]);
    case("hints: [one, two]", "hints: «one", &["expected a list of hints, found the text `one`"]);
    case("hints: [one, two]", "«hints: []", &["there is no hint"]);
}

#[test]
fn the_topology_is_checked_in_its_place() {
    case("podCIDR:", "«podCIRD:", &["a node has no key `podCIRD`", "did you mean `podCIDR`?"]);
    case("lab: mine", "lab: «../mine", &["cannot be the name of a lab"]);
    case("topology:\n  lab: mine\n  nodes", "«topology:\n  nodes", &["a topology needs the key `lab`"]);
    case("{ from: red, to: blue }", "{ from: red, to: «blau }", &["there is no machine blau"]);
}

#[test]
fn what_is_demanded() {
    let state = "{ on: red, says: red keeps its address, address: 10.244.1.2 }";
    let fact = |text: &str| format!("{{ on: red, says: x, {text} }}");
    case(state, "{ on: «redd, says: x, address: 10.244.1.2 }", &["there is no machine redd", "did you mean `red`?"]);
    case(state, "{ on: «[], says: x, address: 10.244.1.2 }", &["the list is empty"]);
    case(state, "«{ on: red, address: 10.244.1.2 }", &["a state needs the key `says`"]);
    case(state, "«{ on: red, says: x }", &["this demands nothing", "write `sysctl`, `route`"]);
    case(state, &fact("address: 10.244.1.2, «unchanged: true"), &["`address` and `unchanged` are two facts"]);
    case(
        state,
        &fact("address: 10.244.1.2, «mtu: 1400"),
        &["`mtu` has nothing to do with `address`", "belongs to `link`"],
    );
    case(state, &fact("address: «10.244.1.2/24"), &["is not an address"]);
    case(state, &fact("sysctl: «kernel.panic, is: 1"), &["not the key of a network's sysctl"]);
    case(state, &fact("sysctl: «net./../../kernel/panic, is: 1"), &["not the key of a network's sysctl"]);
    case(state, &fact("sysctl: «net.ipv4.ip_forward"), &["`is` is missing"]);
    case(state, &fact("route: «10.9.9.9"), &["a route goes somewhere", "write `via` or `dev`"]);
    case(state, &fact("link: «eth0"), &["`mtu` is missing"]);
    case(state, &fact("link: eth0, mtu: «big"), &["expected an MTU"]);
    case(state, &fact("unchanged: «false"), &["need not be demanded"]);
    let transfers = |text: &str| format!("check:\n  transfers: [{{ from: red, to: blue, {text} }}]\n  state:");
    case("check:\n  state:", &transfers("bytes: «0"), &["expected a number of bytes"]);
    case("check:\n  state:", &transfers("family: «ipv4"), &["is not a family of addresses", "did you mean `IPv4`?"]);
    let streams = |text: &str| format!("check:\n  transfers: [«{{ {text} }}]\n  state:");
    case("check:\n  state:", &streams("from: red, to: red"), &["there is no stream in it", "nobody sends to itself"]);
    let many = format!("from: red, to: [{}blue]", "blue, ".repeat(400));
    case("check:\n  state:", &streams(&many), &["these are 401 streams", "expected 400 at most"]);
}

#[test]
fn something_has_to_be_demanded() {
    let nothing = WHOLE.replace("  expect: [{ from: red, to: blue }]\n", "").replace("check:\n  state:\n", "");
    let nothing = nothing.replace("    - { on: red, says: red keeps its address, address: 10.244.1.2 }\n", "");
    let failure = parse("mine.yaml", &nothing).expect_err("a mistake").to_string();
    assert!(failure.contains("nothing is demanded") && failure.contains("write `expect` in the topology"), "{failure}");
}

#[test]
fn what_is_no_file_of_an_exercise_is_refused() {
    for text in ["", "# nothing\n", "[]", "lab: x\nnodes: {}\n", "a: &a [*a]", "{{{"] {
        let failure = parse("mine.yaml", text).expect_err("a mistake");
        assert!(!failure.diagnostics().is_empty(), "{text}");
    }
}

#[test]
fn the_schema_knows_the_files_that_come_with_netlab() {
    let schema = netlab::exercise::schema();
    assert_eq!(schema["title"], "netlab exercise");
    let properties = schema["properties"].as_object().expect("properties");
    for (name, text) in netlab::exercise::catalogue::FILES {
        let keys = text.lines().filter_map(|line| line.split_once(':').map(|(key, _)| key));
        for key in keys.filter(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic())) {
            assert!(properties.contains_key(key), "{name}: {key}");
        }
    }
    assert!(schema["$defs"]["topology"]["properties"]["nodes"].is_object(), "the topology is described too");
}

/// The page of the exercises.
fn page() -> String {
    std::fs::read_to_string(repository().join("tutorials/exercises/README.md")).expect("the page")
}

#[test]
fn the_page_has_every_key_and_an_example_that_is_one() {
    let page = page();
    let schema = netlab::exercise::schema();
    let mut objects = vec![schema["properties"].clone()];
    objects.extend(["check", "transfer", "state", "way"].map(|name| schema["$defs"][name]["properties"].clone()));
    for object in objects {
        for key in object.as_object().expect("properties").keys() {
            assert!(page.contains(&format!("`{key}`")), "the page says nothing of `{key}`");
        }
    }
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let directory = Directory::new();
    let lab = Lab::place();
    let tried = lab.run(&["exercise", "try", &directory.file("mine.yaml", example)]).success();
    assert!(tried.contains("the-lamp is as its file says"), "{tried}");
}

#[test]
fn the_page_lists_every_exercise() {
    let all = netlab::exercise::catalogue::all().expect("the exercises");
    let rows: String =
        all.iter().map(|one| format!("| `{}` | {} | {} |\n", one.name, one.level, one.minutes)).collect();
    assert!(page().contains(&rows), "the table should be\n{rows}");
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    assert!(all.len() == 20 && readme.contains("Twenty labs in which"), "README.md says how many there are");
}
