//! From one topology to another, and on to the next: each time the lab is as a fresh one.

use super::common::lot::Lot;
use super::common::state::{LOOK, State};
use super::common::{Directory, Lab, topologies, topology};
use super::draw::Sketch;

/// How closely to look: sysctls take the longest to read.
#[derive(Clone, Copy)]
enum Look {
    WithSysctls,
    WithoutSysctls,
}

#[track_caller]
fn look(lab: &Lab, how: Look) -> State {
    let hurried = if matches!(how, Look::WithSysctls) { "" } else { "export hurried=1\n" };
    let script = format!("export unsettled=1\n{hurried}{LOOK}");
    State::parse(&lab.script("fabric", &script).success()).without_what_follows()
}

/// The two labs are the same, once their links have settled.
#[track_caller]
fn assert_same(walker: &Lab, fresh: &Lab, how: Look, what: &str) {
    State::assert_become_same(|| look(fresh, how), || look(walker, how), &format!("a fresh lab (-), {what} (+)"));
}

/// A lab that is led to a file is as a fresh one of that file, and as its plan says.
#[track_caller]
fn lead(walker: &Lab, file: &str, words: &[&str], how: Look, what: &str) {
    walker.run(&[&["up", file], words].concat()).success();
    let diff = walker.run(&["diff"]);
    assert_eq!(diff.status, Some(0), "{what}: {diff}");
    // The rules' comments name the lab.
    let fresh = Lab::named(&walker.name);
    fresh.run(&["up", file]).success();
    assert_same(walker, &fresh, how, what);
    fresh.down_among_others();
    let preview = walker.run(&["up", file, "--dry-run", "--json"]).json();
    assert_eq!(preview["steps"].as_array().map(Vec::len), Some(0), "{what}: nothing is left to do: {preview}");
}

/// A walk through topologies that are drawn by lot.
fn by_lot(seed: u64, changes: usize) {
    let directory = Directory::new();
    let mut lot = Lot(seed);
    let mut sketch = Sketch::draw(&mut lot);
    let file = directory.file("0.yaml", sketch.text());
    let walker = Lab::place();
    walker.run(&["up", &file]).success();
    let mut walked = sketch.text();
    for number in 1..=changes {
        sketch.change(&mut lot);
        let file = directory.file(&format!("{number}.yaml"), sketch.text());
        let what = format!("seed {seed}, change {number}:\n{walked}\n----\n{}", sketch.text());
        let words: &[&str] = if lot.once_in(3) { &["--no-fuse"] } else { &[] };
        lead(&walker, &file, words, Look::WithSysctls, &what);
        walked = sketch.text();
    }
    walker.down_among_others();
}

#[test]
fn topologies_that_are_drawn_by_lot_follow_each_other_seeds_1_and_2() {
    (1..=2).for_each(|seed| by_lot(seed, 4));
}

/// Two more, or as many as are asked for: `NETLAB_TEST_SEED=100 NETLAB_TEST_SEEDS=50 cargo test --test change from_seed`.
#[test]
fn topologies_that_are_drawn_by_lot_follow_each_other_from_seed_3_on() {
    let number = |name: &str, other: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(other);
    let first = number("NETLAB_TEST_SEED", 3);
    (first..first + number("NETLAB_TEST_SEEDS", 2)).for_each(|seed| by_lot(seed, 4));
}

/// There is another server then, which serves from another address, and the pods give back what they had of the former.
#[test]
fn pods_that_ask_for_their_addresses_get_others_when_the_range_is_another() {
    let (directory, walker) = (Directory::new(), Lab::place());
    let text = std::fs::read_to_string(topology("dhcp.yaml")).expect("a file");
    let other_range = text.replace("10.244.", "10.245.");
    let files = [
        ("first", text.clone()),
        ("other range", other_range.clone()),
        ("shorter lease", other_range.replace("leaseTime: 3600", "leaseTime: 600")),
        ("nobody asks", other_range.replace("ipam: dhcp", "ipam: host-local").replace("leaseTime: 3600", "")),
        ("first again", text),
        ("other range again", other_range),
    ];
    for (number, (name, text)) in files.into_iter().enumerate() {
        let file = directory.file(&format!("{number}.yaml"), text);
        let words: &[&str] = if number > 4 { &["--no-fuse"] } else { &[] };
        lead(&walker, &file, words, Look::WithoutSysctls, name);
        if name == "shorter lease" {
            walker.exec("pod-a", &["netlab", "dhcp", "release"]).success();
            let said = walker.exec("pod-a", &["netlab", "dhcp", "client", "eth0", "--id", "pod-a"]).success();
            assert!(said.contains("eth0: 10.245.0.2/24 from 10.245.0.1 for 600 s"), "{said}");
        }
    }
    walker.down_among_others();
}

#[test]
fn topologies_that_are_shipped_follow_each_other() {
    let walker = Lab::place();
    let names = topologies();
    walker.run(&["up", &topology(&names[0])]).success();
    let mut from = &names[0];
    for to in names.iter().skip(1) {
        lead(&walker, &topology(to), &[], Look::WithoutSysctls, &format!("from {from} to {to}"));
        from = to;
    }
    walker.down_among_others();
}
