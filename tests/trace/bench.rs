//! A lab that faults are tried on, one after the other.
//!
//! ```text
//! cold   delivered? ─▶ fault ─▶ lost, as the ping says? ─▶ `fix` on the host ──────▶ delivered at once? ─▶ as new
//! warm   delivered? ─▶ fault ─▶ lost, as the ping says? ─▶ `fixPlain` in the shell ─▶ delivered at once? ─▶ as new
//! ```
//!
//! In the cold nobody knows anybody's MAC address; in the warm neighbours are remembered, as in a lab that has been used.
//! Root tries every other fault in the cold, and an ordinary user those between, and the rest in the warm: with
//! `NETLAB_TEST_FAULT=` (some text of a fault, or none) all that are chosen are tried both ways. With
//! `NETLAB_TEST_WITNESS=1` netlab does not trace: what `tcpdump` saw of each fault in each machine is printed, which is how
//! the tables were written.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::common::program::{netlab_program, tool};
use crate::common::{Lab, Ran, Shell, run, topology};
use crate::document::assert_shape;
use crate::fault::{Fault, complaints};
use crate::plain::{Listener, Packet, until_it_arrives};
use crate::witness::Witness;

/// A lab, and who has which address.
pub struct Bench {
    pub lab: Lab,
    pub shell: Shell,
    pub addresses: BTreeMap<String, Vec<String>>,
    pub machines: Vec<String>,
    /// What is typed before each fault.
    each: String,
    /// What was traced last.
    traced: &'static str,
}

/// Nobody remembers anybody, nor how large a packet may be; `forget -6` counts IPv6 in.
const FORGET: &str = r#"
forget_in() {
    printf 'neigh flush all\nroute flush cache\n' | ip $2 -force -batch -
    [ -z "$1" ] || ip $2 -6 route flush cache
}
forget() {
    forget_in "$1"
    for m in $(ip netns | cut -d ' ' -f 1); do forget_in "$1" "-n $m"; done
}"#;

/// Whether neighbours are known when a fault is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cold,
    Warm,
}

/// What is handy in the shell: `mac pod-a eth0` says that link's MAC address.
const HANDY: &str = r#"mac() { ip -n $1 -o link show $2 | sed 's/.*link.ether \([^ ]*\).*/\1/'; }"#;

impl Bench {
    /// A lab of one of netlab's own topologies, or of the text of one.
    #[track_caller]
    pub fn new(source: &str) -> Self {
        let (lab, _) = Lab::of(source);
        let machines: Vec<String> = ["pod", "node", "host"].iter().flat_map(|kind| lab.machines(kind)).collect();
        let addresses = lab.addresses(&machines);
        let mut shell = Shell::open(&lab, "fabric");
        shell.done(HANDY);
        shell.done(FORGET);
        Bench { lab, shell, addresses, machines, each: String::new(), traced: "" }
    }

    /// The lab of a thousand pods, whose addresses nobody asks for.
    #[track_caller]
    pub fn large() -> Self {
        let lab = Lab::up(&topology("large.yaml"));
        let mut shell = Shell::open(&lab, "fabric");
        shell.done(HANDY);
        let (addresses, machines, each) = (BTreeMap::new(), Vec::new(), String::new());
        Bench { lab, shell, addresses, machines, each, traced: "" }
    }

    /// Runs `netlab trace`, and returns what it says as JSON.
    #[track_caller]
    pub fn trace(&self, arguments: &str) -> (Ran, Value) {
        let mut words = vec!["trace"];
        words.extend(arguments.split(' '));
        words.push("--json");
        let ran = self.lab.run(&words);
        let document = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {ran}"));
        assert_shape(&ran, &document);
        (ran, document)
    }

    /// It is delivered, at the first try.
    #[track_caller]
    pub fn delivered(&self, arguments: &str, what: &str) -> Value {
        let (ran, document) = self.trace(arguments);
        assert!(ran.status == Some(0), "{what}: delivered was expected: {:#}\n{}", document["lost"], ran.stderr);
        document
    }

    /// It is lost, as the fault says.
    #[track_caller]
    pub fn lost(&self, fault: &Fault, what: &str) -> Value {
        let (ran, document) = self.trace(fault.trace);
        assert!(ran.status == Some(1), "{what}: lost was expected, not this: {ran}");
        let complaints = complaints(fault, &document);
        assert!(complaints.is_empty(), "{what}: {complaints:#?}\n{:#}", document["lost"]);
        document
    }

    /// Types commands as one script that ends at the first mistake.
    #[track_caller]
    pub fn type_in(&mut self, script: &str) {
        let (status, text) = self.shell.type_in(&format!("( set -e\n{script}\n)"));
        assert_eq!(status, 0, "typed by hand:\n{script}\n--- said:\n{text}");
    }

    /// Runs what is to be pasted into a shell of the host, where `netlab` is the netlab that is tested.
    #[track_caller]
    pub fn paste(&self, script: &str) -> Ran {
        let program = netlab_program();
        let directory = program.parent().expect("a directory").to_string_lossy().into_owned();
        let mut command = tool("sh");
        let search = command.get_envs().find_map(|(key, value)| (key == "PATH").then_some(value?)).expect("PATH");
        let search = format!("{directory}:{}", search.to_string_lossy());
        run(command.args(["-c", script]).env("PATH", search).env("NETLAB_STATE_DIR", self.lab.state()))
    }

    /// Nobody remembers anybody's MAC address, nor how large a packet to this address may be.
    #[track_caller]
    fn forget(&mut self, address: &str) {
        let _ = self.shell.type_in(if address.contains(':') { "forget -6" } else { "forget" });
    }

    /// Tries a fault.
    #[track_caller]
    fn try_out(&mut self, fault: &Fault, way: Way) {
        let packet = Packet::of(fault.trace);
        let address = packet.address(&self.addresses);
        let _listener = Listener::start(&self.lab, fault.listener);
        self.type_in(&format!("{}\n{}", self.each, fault.before));
        if fault.typed.is_empty() {
            // Nothing comes before it.
        } else if std::mem::replace(&mut self.traced, fault.trace) == fault.trace {
            // The fault before this one has shown that netlab says so.
            until_it_arrives(&self.lab, &packet, &address, "before the fault");
        } else {
            self.delivered(fault.trace, "before the fault");
        }
        self.type_in(fault.typed);
        if fault.expected.is_none() {
            self.forget(&address);
            let document = self.delivered(fault.trace, "although this was typed, which does no harm");
            let complaints = complaints(fault, &document);
            assert!(complaints.is_empty(), "{complaints:#?}\n{:#}", document["notes"]);
            let arrives = fault.listener.starts_with("mute") || packet.arrives(&self.lab, &address, "5");
            assert!(arrives, "this breaks it: {}", fault.typed);
            return self.mend(fault);
        }
        // One without a fix is always tried in the cold: there more is seen of it.
        let warm = way == Way::Warm && !fault.typed.is_empty() && fault.fix;
        if !warm || packet.arrives(&self.lab, &address, "0.3") {
            // Who is remembered need not be asked for: in the warm some faults are felt later.
            self.forget(&address);
            assert!(
                packet.arrives(&self.lab, &address, "0.5") == fault.answered,
                "this breaks nothing: {}",
                fault.typed
            );
        }
        let document = self.lost(fault, if warm { "in the warm" } else { "in the cold" });
        let key = if warm { "fixPlain" } else { "fix" };
        let Some(fix) = document["lost"][key].as_str().filter(|fix| !fix.is_empty()) else { return self.mend(fault) };
        self.mended_by(fault, fix, key, |bench, fix| match warm {
            true => bench.type_in(fix),
            false => {
                let ran = bench.paste(fix);
                assert!(ran.status == Some(0), "it does not work when pasted: {fix}\n{ran}\n{:#}", document["lost"]);
            }
        });
        assert!(packet.arrives(&self.lab, &address, "5"), "delivered, but not to a program, by {fix}");
        self.mend(fault);
    }

    /// After this fix the trace finds nothing at once, or the fault behind it, whose fix is told in its turn.
    #[track_caller]
    fn mended_by(&mut self, fault: &Fault, fix: &str, key: &str, do_it: impl Fn(&mut Self, &str)) {
        let mut fix = fix.to_owned();
        for turn in (0..fault.turns).rev() {
            do_it(self, &fix);
            let (ran, document) = self.trace(fault.trace);
            let lost = &document["lost"];
            match lost[key].as_str() {
                _ if ran.status == Some(0) => return,
                Some(next) if turn > 0 => fix = next.to_owned(),
                _ => panic!("after `{fix}`: delivered was expected: {lost:#}\n{}", ran.stderr),
            }
        }
    }

    /// Puts right what is left of a fault: the lab is as new.
    #[track_caller]
    fn mend(&mut self, fault: &Fault) {
        self.type_in(fault.undo);
        self.repair();
    }

    /// `netlab repair`, until nothing differs.
    #[track_caller]
    pub fn repair(&self) {
        let told = self.lab.run(&["repair"]).success();
        assert!(told.contains("is as its plan says"), "{told}");
    }

    /// Prints what tcpdump sees of a fault.
    fn show(&mut self, fault: &Fault, witness: &mut Witness) {
        let packet = Packet::of(fault.trace);
        let address = packet.address(&self.addresses);
        let _listener = Listener::start(&self.lab, fault.listener);
        self.type_in(&format!("{}\n{}", self.each, fault.before));
        if !fault.typed.is_empty() && fault.expected.is_some() {
            until_it_arrives(&self.lab, &packet, &address, "before the fault");
        }
        let (status, said) = self.shell.type_in(&format!("( set -e\n{}\n)", fault.typed));
        let warm = packet.arrives(&self.lab, &address, "0.3");
        witness.so_far(&self.lab);
        self.forget(&address);
        let cold = packet.arrives(&self.lab, &address, "1");
        let seen = witness.so_far(&self.lab);
        let wrong = cold != fault.expected.is_none() || status != 0;
        let verdict = if wrong { "WRONG" } else { "right" };
        let mut text = format!("#### {verdict} {} | {}\n", fault.trace, fault.typed);
        text.push_str(&format!("     expected {:?}; status {status} {said} warm {warm} cold {cold}\n", fault.expected));
        for s in &seen {
            text.push_str(&format!("     {:8} {:12} {:3} {} {}\n", s.machine, s.interface, s.direction, s.mac, s.text));
        }
        print!("{text}");
        self.mend(fault);
        self.forget(&address);
        if !fault.typed.is_empty() {
            until_it_arrives(&self.lab, &packet_before(&packet), &address, "mended");
        }
    }

    /// What tcpdump sees in every machine.
    #[track_caller]
    pub fn witness(&self) -> Witness {
        let mut machines = self.machines.clone();
        machines.push("fabric".to_owned());
        let to = self.addresses["node-1"].iter().find(|a| a.starts_with("192.") || a.starts_with("fd00:192"));
        Witness::new(&self.lab, &machines, ("node-2", to.expect("an address on the underlay")))
    }
}

/// The packet by which it is seen that all is well again: a ping.
fn packet_before<'a>(packet: &Packet<'a>) -> Packet<'a> {
    Packet { tcp: None, udp: None, size: None, ttl: None, count: None, df: false, ..Packet { ..*packet } }
}

/// Tries all faults of these tables, also those behind one that fails.
#[track_caller]
pub fn walk(source: &str, tables: &[&[Fault]]) {
    walk_with(source, "", "", tables);
}

/// The same, where something is typed in a new lab (what it defines lasts), and something before each fault.
#[track_caller]
pub fn walk_with(source: &str, once: &str, each: &str, tables: &[&[Fault]]) {
    let new = || {
        let mut bench = Bench::new(source);
        bench.shell.done(&format!("true\n{once}"));
        bench.each = each.to_owned();
        bench
    };
    let chosen = std::env::var("NETLAB_TEST_FAULT");
    let turn = usize::from(nix::unistd::Uid::effective().is_root());
    let ways = |at: usize| match chosen {
        Ok(_) => &[Way::Cold, Way::Warm][..],
        Err(_) if at % 2 == turn => &[Way::Cold],
        Err(_) => &[Way::Warm],
    };
    let only = chosen.clone().unwrap_or_default();
    let named = |fault: &&Fault| format!("{} {}", fault.trace, fault.typed).contains(&only);
    let all: Vec<&Fault> = tables.iter().copied().flatten().filter(named).collect();
    let show = std::env::var_os("NETLAB_TEST_WITNESS").is_some();
    let (next, failed, again) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let work = || {
        let mut bench = new();
        let mut witness = show.then(|| bench.witness());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(fault) = all.get(at) else { break };
            let begun = Instant::now();
            let mut tried = catch_unwind(AssertUnwindSafe(|| match &mut witness {
                Some(witness) => bench.show(fault, witness),
                None => ways(at).iter().for_each(|way| bench.try_out(fault, *way)),
            }));
            // Who remembers whom, and which hardware address is the lowest, is not the same twice: what fails, fails again
            // in a new lab.
            if tried.is_err() && witness.is_none() {
                again.lock().expect("the list").push(format!("{} | {}", fault.trace, fault.typed));
                bench = new();
                tried = catch_unwind(AssertUnwindSafe(|| ways(at).iter().for_each(|way| bench.try_out(fault, *way))));
            }
            let verdict = if tried.is_ok() { "ok" } else { "WRONG" };
            println!("{verdict} after {} ms: {} | {}", begun.elapsed().as_millis(), fault.trace, fault.typed);
            if let Err(panic) = tried {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                let text = format!("#### {} | {}\n{}", fault.trace, fault.typed, text.unwrap_or_default());
                failed.lock().expect("the list").push(text);
                bench = new();
                witness = show.then(|| bench.witness());
            }
        }
    };
    // Most of the time is spent waiting for packets that do not come.
    std::thread::scope(|scope| (0..2).for_each(|_| _ = scope.spawn(work)));
    let failed = failed.into_inner().expect("the list");
    assert!(failed.is_empty(), "{} of {} faults:\n{}", failed.len(), all.len(), failed.join("\n"));
    let again = again.into_inner().expect("the list");
    assert!(again.len() <= 1, "chance does not account for so many that went wrong at first: {again:#?}");
}
