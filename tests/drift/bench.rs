//! A lab that faults are tried on, one after the other.
//!
//! ```text
//! for each fault:   as new? ─▶ fault ─▶ found? ─▶ mended by hand, or repaired ─▶ as new?
//! ```
//!
//! Root mends every other fault by hand, and an ordinary user those between; with `NETLAB_TEST_FAULT=` (some text of a
//! fault, or none) all that are chosen are tried both ways.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde_json::Value;

use crate::common::state::{LOOK, LOOK_AT_LINKS, State};
use crate::common::{Lab, Shell, until};
use crate::fault::{Fault, complaints};

/// A lab, and what it was like when it was new.
pub struct Bench {
    pub lab: Lab,
    pub shell: Shell,
    pub plan: Value,
    fresh: State,
    /// The same without sysctls, which take long to read.
    fresh_links: State,
    /// Who sends packets to whom, at the end of each fault.
    pair: (String, String),
}

impl Bench {
    /// A lab of one of netlab's own topologies, or of the text of one.
    pub fn new(source: &str) -> Self {
        let (lab, file) = Lab::of(source);
        let fresh = State::parse(&lab.script("fabric", LOOK).success());
        let fresh_links = State::parse(&lab.script("fabric", LOOK_AT_LINKS).success());
        let plan = lab.run(&["plan", &file, "--json"]).json();
        let pods = lab.machines("pod");
        let (first, last) = (pods.first().expect("a pod").clone(), pods.last().expect("a pod").clone());
        let to = lab.addresses(std::slice::from_ref(&last))[&last].last().expect("an address").clone();
        let shell = Shell::open(&lab, "fabric");
        let bench = Bench { lab, shell, plan, fresh, fresh_links, pair: (first, to) };
        bench.assert_clean("a new lab");
        bench
    }

    /// What `netlab diff --json` tells.
    #[track_caller]
    pub fn diff(&self) -> Value {
        let ran = self.lab.run(&["diff", "--json"]);
        let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran}"));
        let clean = document["differences"].as_array().expect("differences").is_empty();
        assert_eq!(ran.status, Some(i32::from(!clean)), "the exit status says what the document says: {ran}");
        assert!(!clean || document["mends"].as_array().is_some_and(Vec::is_empty), "nothing to mend: {ran}");
        document
    }

    /// Nothing differs.
    #[track_caller]
    pub fn assert_clean(&self, what: &str) {
        let diff = self.diff();
        assert!(diff["differences"].as_array().is_some_and(Vec::is_empty), "{what}: {diff:#}");
    }

    /// The commands that would mend it, in order.
    #[track_caller]
    pub fn dry_run(&self) -> Vec<String> {
        self.lab.run(&["repair", "--dry-run"]).success().lines().map(str::to_owned).collect()
    }

    /// Types commands as one script that ends at the first mistake.
    #[track_caller]
    pub fn type_script(&mut self, lines: &[String]) {
        let script = lines.join("\n");
        let (status, text) = self.shell.type_in(&format!("( set -e\n{script}\n)"));
        assert_eq!(status, 0, "typed by hand:\n{script}\n--- said:\n{text}");
    }

    /// The lab is as it was when it was new: to netlab, to the kernel, and to packets.
    #[track_caller]
    pub fn assert_as_new(&self, what: &str) {
        self.assert_clean(what);
        let now = State::parse(&self.lab.script("fabric", LOOK).success());
        self.fresh.assert_same(&now, &format!("{what}: the new lab (-) and this one (+)"));
        self.assert_reachable(what);
    }

    /// The same but for sysctls that netlab does not watch.
    #[track_caller]
    pub fn assert_links_as_new(&self, what: &str) {
        self.assert_clean(what);
        let look = || State::parse(&self.lab.script("fabric", LOOK_AT_LINKS).success());
        let same = (0..40).any(|_| {
            let same = look() == self.fresh_links;
            if !same {
                std::thread::sleep(Duration::from_millis(50));
            }
            same
        });
        if !same {
            self.fresh_links.assert_same(&look(), &format!("{what}: the new lab (-) and this one (+)"));
        }
        self.assert_reachable(what);
    }

    #[track_caller]
    fn assert_reachable(&self, what: &str) {
        let (from, to) = &self.pair;
        until(&format!("{what}: {from} reaches {to}"), || {
            (self.lab.exec(from, &["ping", "-q", "-c", "1", "-W", "1", to]).status == Some(0)).then_some(())
        });
    }

    /// Several faults at once, of which later ones may fail for the earlier ones.
    pub fn type_all(&mut self, faults: &[&Fault]) {
        faults.iter().for_each(|fault| _ = self.shell.type_in(&format!("( set -e\n{}\n)", fault.typed)));
    }

    /// Tries commands: they are found, and mended.
    #[track_caller]
    pub fn try_out(&mut self, typed: &str, found: Option<&[&str]>, mends: Option<usize>, way: Way) {
        self.shell.done(&format!("( set -e\n{typed}\n)"));
        let diff = self.diff();
        if let Some(expected) = found {
            let complaints = complaints(expected, &diff, &self.plan);
            assert!(complaints.is_empty(), "{complaints:#?}");
        }
        let commands = self.dry_run();
        // Whom a machine has met lately is not the same twice.
        let by_name = |line: &&str| !line.contains(" neigh flush ");
        let shown: Vec<&str> = commands.iter().map(String::as_str).filter(by_name).collect();
        if let Some(mends) = mends {
            assert_eq!(shown.len(), mends, "so many commands: {commands:#?}");
        }
        if way != Way::Repaired {
            self.type_script(&commands);
            self.assert_links_as_new(&format!("mended by hand with\n{}\n", commands.join("\n")));
        }
        match way {
            Way::ByHand => return,
            Way::Repaired => {}
            Way::Both => _ = self.shell.done(&format!("( set -e\n{typed}\n)")),
        }
        let told = self.lab.run(&["repair"]).success();
        let done: Vec<&str> = told.lines().collect();
        let (last, done) = done.split_last().expect("a last line");
        assert!(last.contains("is as its plan says again"), "{told}");
        let alike = |lines: &[&str]| lines.iter().map(|line| without_handle(line)).collect::<Vec<_>>();
        let done: Vec<&str> = done.iter().copied().filter(by_name).collect();
        assert_eq!(alike(&shown), alike(&done), "what was shown, and what was done");
        self.assert_links_as_new("repaired");
    }
}

/// How a fault is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What `netlab repair --dry-run` prints is typed.
    ByHand,
    /// By `netlab repair`, which says that it did what it had shown.
    Repaired,
    /// The one, and after the same fault once more the other.
    Both,
}

/// nft numbers rules as it meets them.
fn without_handle(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |i: usize| i > 0 && words[i - 1] == "handle";
    words.iter().enumerate().map(|(i, word)| if number(i) { "…" } else { *word }).collect::<Vec<_>>().join(" ")
}

/// Tries all faults of these tables, also those behind one that fails.
#[track_caller]
pub fn walk(source: &str, tables: &[&[Fault]]) {
    let mut bench = Bench::new(source);
    let mut failed = Vec::new();
    let chosen = std::env::var("NETLAB_TEST_FAULT");
    let turn = usize::from(nix::unistd::Uid::effective().is_root());
    let only = chosen.clone().unwrap_or_default();
    let all: Vec<&Fault> = tables.iter().copied().flatten().filter(|fault| fault.typed.contains(&only)).collect();
    for (at, fault) in all.iter().enumerate() {
        let way = match chosen {
            Ok(_) => Way::Both,
            Err(_) if at % 2 == turn => Way::ByHand,
            Err(_) => Way::Repaired,
        };
        let tried = catch_unwind(AssertUnwindSafe(|| {
            bench.try_out(fault.typed, Some(fault.found), (fault.mends > 0).then_some(fault.mends), way);
        }));
        if let Err(panic) = tried {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            failed.push(format!("#### {}\n{}", fault.typed, text.unwrap_or_default()));
            bench = Bench::new(source);
        }
    }
    let whole = catch_unwind(AssertUnwindSafe(|| bench.assert_as_new("after all faults")));
    failed.extend(whole.err().map(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default()));
    assert!(failed.is_empty(), "{} of {} faults:\n{}", failed.len(), all.len(), failed.join("\n"));
}
