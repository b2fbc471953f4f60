//! What the documentation shows is what happens: every console block of `README.md` and of each file in `tutorials/` is
//! run, and its output compared. How a block is written is told in `common/examples.rs`. What `README.md` lists is all that
//! there is.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::examples::{Reader, examples, lines_match};
use common::program::repository;
use common::{Lab, topology};
use netlab::trace::CAUSES;
use serde_json::Value;

/// Runs the examples of one file.
fn try_out(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    Reader::new().follows(&file.display().to_string(), &text);
}

/// A test for each tutorial, so that they run side by side and one can be asked for.
macro_rules! tutorials {
    ($($test:ident: $file:literal),* $(,)?) => {
        const TUTORIALS: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                try_out(&repository().join("tutorials").join($file));
            }
        )*
    };
}

tutorials! {
    tutorial_index: "README.md",
    tutorial_01: "01-namespaces-and-a-veth-pipe.md",
    tutorial_02: "02-a-bridge-and-the-nine-cni-steps.md",
    tutorial_03: "03-three-nodes-and-their-route-tables.md",
    tutorial_04: "04-leaving-the-cluster-masquerade.md",
    tutorial_05: "05-dual-stack.md",
    tutorial_06: "06-trace.md",
    tutorial_07: "07-prove-it.md",
    tutorial_08: "08-break-it-and-find-it.md",
    tutorial_09: "09-the-router.md",
    tutorial_10: "10-the-overlay.md",
    tutorial_11: "11-leaving.md",
    tutorial_12: "12-addresses-and-change.md",
    teaching: "teaching.md",
}

#[test]
fn every_tutorial_is_tried() {
    let entries = std::fs::read_dir(repository().join("tutorials")).expect("tutorials/").flatten();
    let mut files: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    files.retain(|file| file.ends_with(".md"));
    files.sort();
    let mut tried = TUTORIALS.to_vec();
    tried.sort_unstable();
    assert_eq!(files, tried, "`tutorials!` in tests/docs.rs names them all");
}

#[test]
fn what_the_page_of_the_exercises_shows_is_what_happens() {
    try_out(&repository().join("tutorials/exercises/README.md"));
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let readme = repository().join("README.md");
    let text = std::fs::read_to_string(&readme).expect("README.md");
    assert!(examples(&text).len() >= 5, "README.md has console blocks");
    try_out(&readme);
}

/// What stands in `README.md` between two texts, each of which it has once.
fn readme_between(begin: &str, end: &str) -> String {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let (_, rest) = readme.split_once(begin).unwrap_or_else(|| panic!("README.md has no {begin:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("README.md has no {end:?} behind {begin:?}")).0.to_owned()
}

#[test]
fn the_readme_lists_the_causes_that_a_trace_tells_apart() {
    let listed = readme_between("### Causes\n\n| cause | means |\n|---|---|\n", "\n\n");
    let expected: Vec<String> = CAUSES.iter().map(|(_, slug, meaning)| format!("| `{slug}` | {meaning} |")).collect();
    assert_eq!(listed, expected.join("\n"));
}

/// All keys of all objects in a document.
fn keys(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(array) => array.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// What the README says of a document, which begins there, names every key that was found.
#[track_caller]
fn assert_named(begin: &str, found: &BTreeSet<String>, least: usize) {
    assert_named_between(begin, "\nvalidate ", found, least);
}

/// The same, where it also ends somewhere.
#[track_caller]
fn assert_named_between(begin: &str, end: &str, found: &BTreeSet<String>, least: usize) {
    let text = readme_between(begin, end);
    let named: BTreeSet<&str> = text.split(|c: char| !c.is_ascii_alphabetic()).collect();
    let unnamed: Vec<_> = found.iter().filter(|key| !named.contains(key.as_str())).collect();
    assert!(unnamed.is_empty(), "README.md says nothing of {unnamed:?}");
    assert!(found.len() >= least, "{found:?}");
}

/// What a command prints as JSON, whatever it has found.
#[track_caller]
fn printed(lab: &Lab, words: &[&str]) -> Value {
    lab.run(&[words, &["--json"]].concat()).document(&[0, 1])
}

#[test]
fn the_readme_names_every_field_of_a_trace() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["trace", "pod-a", "outside"]), &mut found);
    keys(&printed(&lab, &["trace", "pod-a", "pod-c", "--tcp", "80", "--ttl", "9"]), &mut found);
    lab.exec("node-1", &["ip", "route", "delete", "10.244.2.0/24"]).success();
    keys(&printed(&lab, &["trace", "pod-a", "pod-c"]), &mut found);
    assert_named("\ntrace     {", &found, 41);
}

#[test]
fn the_readme_names_every_field_of_a_check() {
    let lab = Lab::up(&topology("expectations.yaml"));
    lab.script("fabric", "ip -n node-1 route delete 10.244.2.0/24; ip -n pod-c addr add 10.244.1.2/32 dev eth0")
        .success();
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["check"]), &mut found);
    assert_named("\ncheck     {", &found, 30);
}

#[test]
fn the_readme_names_every_field_of_a_break() {
    let lab = Lab::up(&topology("three-nodes.yaml"));
    let mut found = BTreeSet::new();
    for words in [&["break", "missing-route", "node-1"][..], &["break", "--list"], &["break", "--reveal"]] {
        keys(&printed(&lab, words), &mut found);
    }
    assert_named("\nbreak     {", &found, 15);
}

#[test]
fn the_readme_names_every_field_of_a_graph() {
    let lab = Lab::up(&topology("dual-stack.yaml"));
    lab.script(
        "node-1",
        "ip link add flannel.1 type vxlan id 1 dstport 8472 local 192.168.1.11 && ip link set flannel.1 up",
    )
    .success();
    lab.script("node-2", "ip route delete 10.244.0.0/24; ip link set veth-pod-c down").success();
    lab.script("fabric", "ip netns add red; ip link set underlay down").success();
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["graph", "--diff"]), &mut found);
    assert_named("\ngraph     {", &found, 26);
}

#[test]
fn the_readme_names_every_field_of_a_plan() {
    let place = Lab::place();
    let mut found = BTreeSet::new();
    for name in ["three-nodes-short.yaml", "isolated.yaml", "weave.yaml"] {
        keys(&printed(&place, &["plan", &topology(name)]), &mut found);
    }
    assert!(["ranges", "shared", "cluster"].iter().all(|key| found.contains(*key)), "{found:?}");
    assert_named_between("\nplan      {", "\nexplain ", &found, 20);
}

#[test]
fn the_readme_names_every_field_of_what_is_shown_and_of_a_change() {
    let lab = Lab::up(&topology("host-local.yaml"));
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["up", "--dry-run", &topology("overlay.yaml")]), &mut found);
    assert_named_between("\nup --dry-run     {", "\npod ", &found, 8);
    let mut shown = BTreeSet::new();
    keys(&printed(&lab, &["show", "node-1"]), &mut shown);
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["pod", "add", "pod-z", "--node", "node-1"]), &mut found);
    assert_named_between("\nCHANGED   {", "\nnext ", &found, 8);
    printed(&lab, &["up", &topology("overlay.yaml")]);
    keys(&printed(&lab, &["show", "node-1"]), &mut shown);
    assert!(["vxlan", "leases", "fdb"].iter().all(|key| shown.contains(*key)), "{shown:?}");
    assert_named_between("\nROUTE     {", "\ndiff ", &shown, 30);
    let mut found = BTreeSet::new();
    keys(&printed(&lab, &["routes"]), &mut found);
    assert!(found.contains("toPods"), "{found:?}");
    assert_named_between("\nroutes    {", "\nshow ", &found, 9);
}

#[test]
fn every_topology_that_the_documentation_names_is_there() {
    let tutorials = TUTORIALS.iter().map(|file| repository().join("tutorials").join(file));
    for file in std::iter::once(repository().join("README.md")).chain(tutorials) {
        let text = std::fs::read_to_string(&file).expect("a file");
        let names = text.split("topologies/").skip(1).map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
            rest[..end].trim_end_matches('.')
        });
        for name in names.filter(|name| !name.is_empty()) {
            assert!(repository().join("topologies").join(name).exists(), "{}: topologies/{name}", file.display());
        }
    }
}

#[test]
fn a_prompt_says_where_a_command_is_typed() {
    let text = "```console\n$ a \\\n  b\nout\nlab# c\nnode-1# d\nno prompt # e\n```\n```sh\n$ f\n```\n";
    let found: Vec<_> = examples(text).into_iter().map(|e| (e.machine, e.command, e.expected)).collect();
    let example = |machine: Option<&str>, command: &str, expected: &[&str]| {
        (
            machine.map(str::to_owned),
            command.to_owned(),
            expected.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(),
        )
    };
    let expected = [
        example(None, "a \\\n  b", &["out"]),
        example(Some("fabric"), "c", &[]),
        example(Some("node-1"), "d", &["no prompt # e"]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (pattern, text, matches) in [
        ("a … c", "a b c", true),
        ("a … c", "a b d", false),
        ("… ms", "12 ms", true),
        ("a\n…\nb", "a\nx\ny\nb", true),
        ("a\n…\nb", "a\nb", true),
        ("a\n…", "b\na", false),
        ("a", "a\nb", false),
        ("", "", true),
        ("time=... ms …", "time=0.1 ms and more", true),
    ] {
        assert_eq!(lines_match(&lines(pattern), &lines(text)), matches, "{pattern:?} and {text:?}");
    }
}
