//! A lab that is broken and mended, again and again.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::state::{LOOK, State};
use crate::common::{Lab, Ran, Shell};

/// A lab, and what it was like when it was new.
pub struct Bench {
    pub lab: Lab,
    pub shell: Shell,
    fresh: State,
}

/// A fault to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Its kind, and the machine if it is to be a certain one.
    pub words: &'a str,
    /// `-4`, `-6`, or neither.
    pub family: &'a str,
    /// The seed that chooses the place.
    pub seed: u32,
}

/// A cell of the matrix: who, to whom, and the family.
pub type Cell = (String, String, String);

/// How often to look again for what takes a moment to settle.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_millis(50);

/// The cells that a fault is said to break.
pub fn cells(fault: &Value) -> BTreeSet<Cell> {
    let text = |cell: &Value, key: &str| cell[key].as_str().expect("a name").to_owned();
    let cell = |cell: &Value| (text(cell, "source"), text(cell, "destination"), format!("IPv{}", cell["family"]));
    fault["expect"].as_array().expect("cells").iter().map(cell).collect()
}

/// The cells in which `netlab check` fails, and all that it says.
#[track_caller]
pub fn failing(lab: &Lab, options: &[&str]) -> (BTreeSet<Cell>, Value) {
    let document = lab.run(&[&["check", "--json"][..], options].concat()).document(&[0, 1]);
    let failed = document["pairs"].as_array().expect("pairs").iter().filter(|pair| pair["passed"] == false);
    let text = |pair: &Value, key: &str| pair[key].as_str().expect("a name").to_owned();
    (failed.map(|pair| (text(pair, "from"), text(pair, "to"), text(pair, "family"))).collect(), document)
}

impl Bench {
    /// A lab of one of netlab's own topologies, or of the text of one.
    #[track_caller]
    pub fn new(source: &str) -> Self {
        let (lab, _) = Lab::of(source);
        let fresh = settled(|| everything(&lab));
        let shell = Shell::open(&lab, "fabric");
        Bench { lab, shell, fresh }
    }

    /// `netlab repair` puts everything right.
    #[track_caller]
    pub fn repair(&self) {
        let told = self.lab.run(&["repair"]).success();
        assert!(told.contains("is as its plan says again"), "{told}");
    }

    /// The lab is as it was when it was new: to netlab, and to `ip`, `bridge` and `nft`.
    #[track_caller]
    pub fn assert_as_new(&self, what: &str) {
        self.lab.run(&["diff"]).success();
        assert_becomes(&self.fresh, || everything(&self.lab), &format!("as new (-), {what} (+)"));
    }

    /// Tries a fault: broken by netlab, found, mended; with `twice` also broken by what was printed, with the same effect.
    #[track_caller]
    pub fn broken_and_mended(&mut self, case: &Case<'_>, twice: bool) {
        let told = self.ask(case, None).json();
        let fault = &told["faults"][0];
        let commands = fault["commands"].as_array().expect("commands").iter();
        let commands: Vec<&str> = commands.map(|command| command.as_str().expect("a command")).collect();
        let machines = concerned(fault);
        let sysctls = commands.iter().any(|command| command.contains("sysctl"));
        let broken = twice.then(|| settled(|| look(&self.lab, &machines, sysctls)));
        self.assert_found(fault);
        assert_eq!(self.state(), "broken", "{told:#}");
        self.repair();
        assert_eq!(self.state(), "mended", "{told:#}");
        let Some(broken) = broken else { return };
        assert!(look(&self.lab, &machines, sysctls) != broken, "it changes something: {told:#}");
        let script: String = commands.iter().map(|command| typed(command)).collect();
        let (status, text) = self.shell.type_in(&format!("( set -e\n{script})"));
        assert_eq!(status, 0, "typed by hand:\n{script}\n--- said:\n{text}");
        let what = "broken by netlab (-), and by what it printed (+)";
        assert_becomes(&broken, || look(&self.lab, &machines, sysctls), what);
        self.repair();
    }

    /// `netlab break`, with this option.
    fn ask(&self, case: &Case<'_>, option: Option<&str>) -> Ran {
        let seed = case.seed.to_string();
        let mut words = vec!["break"];
        words.extend(case.words.split(' '));
        words.extend([case.family, "--seed", &seed, "--json"].into_iter().filter(|word| !word.is_empty()));
        words.extend(option);
        self.lab.run(&words)
    }

    /// Whether there is such a thing in this lab, and somebody needs it.
    fn is_possible(&self, case: &Case<'_>) -> bool {
        let ran = self.ask(case, Some("--dry-run"));
        assert!(matches!(ran.status, Some(0 | 2)), "{ran}");
        ran.status == Some(0)
    }

    /// What `--reveal` says of the last fault.
    #[track_caller]
    fn state(&self) -> String {
        let revealed = self.lab.run(&["break", "--reveal", "--json"]).json();
        let last = revealed["faults"].as_array().and_then(|faults| faults.last()).expect("a fault");
        last["state"].as_str().expect("a state").to_owned()
    }

    /// The check fails where it was said, in the way that was said, and a trace says why.
    #[track_caller]
    fn assert_found(&self, fault: &Value) {
        let expected = cells(fault);
        assert!(!expected.is_empty(), "{fault:#}");
        let (found, document) = failing(&self.lab, &["--no-why"]);
        let pairs = document["pairs"].as_array().expect("pairs");
        let wrong = pairs.iter().filter_map(|pair| Some(format!("{} {}", pair["from"], pair["wrong"].as_str()?)));
        let wrong: Vec<String> = wrong.collect();
        assert_eq!(found, expected, "the cells that fail, and those that were to fail: {fault:#}\n{wrong:#?}");
        let once = document["duplicates"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(!once, fault["spoils"] == "address", "{:#}", document["duplicates"]);
        let failures: BTreeSet<&str> = pairs.iter().filter_map(|pair| pair["failure"].as_str()).collect();
        let spoiled = match fault["spoils"].as_str() {
            Some("source") => failures == BTreeSet::from(["wrong-source"]),
            Some("size") => failures == BTreeSet::from(["mtu-black-hole"]),
            _ => !failures.contains("mtu-black-hole"),
        };
        assert!(spoiled, "{failures:?}: {fault:#}");
        let causes = fault["causes"].as_array().expect("causes");
        let size: &[&str] = if fault["spoils"] == "size" { &["--size", "1400"] } else { &[] };
        let lost = |(from, to, family): &Cell| {
            let option = family.replace("IPv", "-");
            let words = [&["trace", from, to, &option, "--json"][..], size].concat();
            self.lab.run(&words).document(&[0, 1])["lost"]["cause"].clone()
        };
        // From others and from pods first: what a machine does not even send, it says itself.
        let mut pairs: Vec<&Cell> = expected.iter().collect();
        pairs.sort_by_key(|(from, to, _)| (from == to, !from.starts_with("pod"), fault["machine"] == from.as_str()));
        let mut traced = Vec::new();
        let named = causes.is_empty()
            || pairs.into_iter().take(3).any(|pair| {
                traced.push(lost(pair));
                traced.last().is_some_and(|cause| causes.contains(cause))
            });
        assert!(named, "{traced:?}: none is a cause of {fault:#}");
    }
}

/// A command as a line; what a machine is to forget, it may not know the second time.
fn typed(command: &str) -> String {
    let forgets = command.contains(" neigh flush to ") || command.contains(" fdb delete ");
    format!("{command}{}\n", if forgets { " 2> /dev/null || :" } else { "" })
}

/// The machines that a fault's commands are for.
fn concerned(fault: &Value) -> BTreeSet<String> {
    let commands = fault["commands"].as_array().expect("commands").iter().filter_map(Value::as_str);
    let machine = |command: &str| {
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["ip" | "bridge", "-n", machine, ..] | ["ip", "netns", "exec", machine, ..] => machine.to_owned(),
            _ => "fabric".to_owned(),
        }
    };
    commands.map(machine).collect()
}

/// What the kernel says of everything, at once, but of sysctls.
#[track_caller]
fn everything(lab: &Lab) -> State {
    let script = format!("unsettled=1 hurried=1\nexport unsettled hurried\n{LOOK}");
    State::parse(&lab.script("fabric", &script).success())
}

/// What it says of some machines: all that a fault can change, also what somebody has it believe for good.
#[track_caller]
fn look(lab: &Lab, machines: &BTreeSet<String>, sysctls: bool) -> State {
    let mut script = String::from("ask() { echo \"@@ $at $*\"; $in \"$@\" 2> /dev/null; }\n");
    for machine in machines {
        let inside = if machine == "fabric" { String::new() } else { format!("ip netns exec {machine}") };
        script += &format!(
            "at={machine} in='{inside}'\n\
             ask ip -j -d addr; ask ip -j -d route show table all\n\
             ask ip -j rule; ask ip -j -6 rule; ask nft -j list ruleset; ask bridge -j -d link\n\
             echo \"@@ $at sysctl by hand\"; $in ip neigh show nud permanent; $in bridge fdb show | grep -E 'static|dst .* permanent'\n\
             $in ip -d -o link show type vxlan | grep -o 'vxlan id .* dstport [0-9]*'\n"
        );
        if sysctls {
            script += "echo \"@@ $at sysctl net\"; $in grep -rs '' /proc/sys/net\n";
        }
    }
    State::parse(&lab.script("fabric", &(script + "echo '@@ end'\n")).success())
}

/// What is seen when nothing moves any more.
fn settled(look: impl Fn() -> State) -> State {
    let mut last = look();
    for _ in 0..TRIES {
        std::thread::sleep(PAUSE);
        let next = look();
        if next == last {
            break;
        }
        last = next;
    }
    last
}

/// The state is this, or becomes it.
#[track_caller]
fn assert_becomes(expected: &State, look: impl Fn() -> State, what: &str) {
    for _ in 0..TRIES {
        if look() == *expected {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    expected.assert_same(&look(), what);
}

/// Tries all kinds, each with those of its families that `of` names for it: for its name, and the families that it can be of.
/// Where it is not possible it is left out if `skip`, and else a mistake. With `twice` root breaks every other one also by what
/// was printed, and an ordinary user those between; one that is chosen by `NETLAB_TEST_FAULT` is broken both ways.
#[track_caller]
pub fn walk(source: &str, twice: bool, skip: bool, of: impl Fn(&str, &str) -> Vec<&'static str>) {
    let list = Lab::place().run(&["break", "--list", "--json"]).json();
    let kinds: Vec<(String, &str)> = list["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|kind| (kind["fault"].as_str().expect("a name").to_owned(), kind["families"].as_str().expect("families")))
        .flat_map(|(kind, families)| of(&kind, families).into_iter().map(move |family| (kind.clone(), family)))
        .collect();
    try_all(source, twice, skip, &kinds);
}

/// Tries some: each a kind, and the machine if it is to be a certain one, with its family.
#[track_caller]
pub fn try_some(source: &str, cases: &[(&str, &'static str)]) {
    let cases: Vec<(String, &str)> = cases.iter().map(|(words, family)| ((*words).to_owned(), *family)).collect();
    try_all(source, false, false, &cases);
}

#[track_caller]
fn try_all(source: &str, twice: bool, skip: bool, cases: &[(String, &str)]) {
    let chosen = std::env::var("NETLAB_TEST_FAULT");
    let turn = usize::from(nix::unistd::Uid::effective().is_root());
    let only = chosen.clone().unwrap_or_default();
    let seed = std::env::var("NETLAB_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let is_wanted = |words: &str| only.is_empty() || words.split(' ').next() == Some(&only);
    let kinds: Vec<&(String, &str)> = cases.iter().filter(|(words, _)| is_wanted(words)).collect();
    let (next, failed, again) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let work = || {
        let mut bench = Bench::new(source);
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((kind, family)) = kinds.get(at) else { break };
            let twice = twice && (chosen.is_ok() || at % 2 == turn);
            let begun = Instant::now();
            let case = Case { words: kind, family, seed };
            if skip && !bench.is_possible(&case) {
                println!("not possible: {kind} {family}");
                continue;
            }
            let mut tried = catch_unwind(AssertUnwindSafe(|| bench.broken_and_mended(&case, twice)));
            if tried.is_err() {
                again.lock().expect("the list").push(format!("{case:?}"));
                bench = Bench::new(source);
                tried = catch_unwind(AssertUnwindSafe(|| bench.broken_and_mended(&case, twice)));
            }
            let verdict = if tried.is_ok() { "ok" } else { "WRONG" };
            println!("{verdict} after {} ms: {kind} {family}", begun.elapsed().as_millis());
            if let Err(panic) = tried {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                failed.lock().expect("the list").push(format!("#### {kind} {family}\n{}", text.unwrap_or_default()));
                bench = Bench::new(source);
            }
        }
        bench.assert_as_new("broken and repaired many times");
    };
    // Most of the time is spent waiting for packets that do not come.
    std::thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(work)));
    let failed = failed.into_inner().expect("the list");
    assert!(failed.is_empty(), "{} of {} faults:\n{}", failed.len(), kinds.len(), failed.join("\n"));
    let again = again.into_inner().expect("the list");
    assert!(again.len() <= 1, "chance does not account for so many that went wrong at first: {again:#?}");
}
