//! `tcpdump` in every machine, and what they saw together.
//!
//! ```text
//! tcpdump -i any in pod-a ──▶ 0.000101 eth0 Out 10.244.1.2 > 10.244.2.2 ┐
//! tcpdump -i any in node-1 ─▶ 0.000135 veth-pod-a P 10.244.1.2 > …      ├─ by time, and within a machine in order
//! …                                                                     ┘
//! ```

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::common::Lab;
use crate::common::program::start;
use crate::common::tcpdump::Staying;

/// One frame at one interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Nanoseconds.
    pub at: u128,
    pub machine: String,
    pub interface: String,
    /// As tcpdump writes it: `In`, `Out`, `B` and `M` (in, to many), `P` (in, to another).
    pub direction: String,
    /// The sender's MAC address.
    pub mac: String,
    /// The rest of the line.
    pub text: String,
}

impl Seen {
    /// `in` or `out`.
    pub fn way(&self) -> &'static str {
        if self.direction == "Out" { "out" } else { "in" }
    }
}

/// The bytes of payload of pings that only say "so far": no other packet of the tests is as long.
const MARKS: std::ops::Range<usize> = 300..700;

/// Observers, one in each machine.
pub struct Witness {
    observers: Vec<(String, Child)>,
    heard: Receiver<Seen>,
    /// A machine that can be reached through the fabric, and from where.
    across: (String, String),
    /// The last mark.
    mark: usize,
    _staying: Staying,
}

impl Witness {
    /// Begins to observe. `across` is a machine, and an address of another, on the underlay.
    #[track_caller]
    pub fn new(lab: &Lab, machines: &[String], across: (&str, &str)) -> Self {
        let (tell, heard) = channel();
        let staying = Staying::make();
        let library = staying.preloaded();
        let observe = |machine: &String| (machine.clone(), observer(lab, machine, library.as_deref(), tell.clone()));
        let observers = machines.iter().map(observe).collect();
        let across = (across.0.to_owned(), across.1.to_owned());
        Witness { observers, heard, across, mark: MARKS.start, _staying: staying }
    }

    /// Everything that was seen since the last call, in order. A mark in every machine shows that nothing is missing.
    #[track_caller]
    pub fn so_far(&mut self, lab: &Lab) -> Vec<Seen> {
        self.mark += 1;
        let mark = self.mark;
        assert!(MARKS.contains(&mark), "so many marks");
        let (from, to) = self.across.clone();
        let mut missing: Vec<String> = self.observers.iter().map(|(machine, _)| machine.clone()).collect();
        for machine in &missing {
            // In the fabric nobody has an address: there the mark passes by, unless a fault is in its way.
            let (machine, to) = if machine == "fabric" { (&from, to.as_str()) } else { (machine, "127.0.0.1") };
            lab.exec(machine, &["ping", "-q", "-c", "1", "-W", "0.3", "-s", &mark.to_string(), to]);
        }
        let mut all = Vec::new();
        while !missing.is_empty() {
            // Faults may be in the way of marks, too.
            let Ok(seen) = self.heard.recv_timeout(QUIET) else { break };
            if length_of_ping(&seen).is_some_and(|length| length == mark + 8) {
                missing.retain(|machine| *machine != seen.machine);
            }
            all.push(seen);
        }
        let is_mark = |seen: &&Seen| length_of_ping(seen).is_some_and(|length| MARKS.contains(&(length - 8)));
        // The marks make neighbours ask for one another, too.
        let first =
            all.iter().filter(is_mark).filter(|seen| length_of_ping(seen) == Some(mark + 8)).map(|seen| seen.at).min();
        all.retain(|seen| !is_mark(&seen) && first.is_none_or(|first| seen.at < first));
        // Stable: within a machine they are in order already, also where two have the same time.
        all.sort_by_key(|seen| seen.at);
        all
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        for (_, child) in &mut self.observers {
            // Its own child, not yet waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A tcpdump that listens already.
#[track_caller]
fn observer(lab: &Lab, machine: &str, library: Option<&Path>, tell: Sender<Seen>) -> Child {
    // -Z: Debian's tcpdump becomes a user that a lab without root does not have.
    let words = ["tcpdump", "-i", "any", "-ennl", "-tt", "--nano", "--immediate-mode", "-s", "256", "-Z", "root"];
    let filter =
        ["icmp", "or", "icmp6", "or", "arp", "or", "tcp", "or", "udp", "or", "ip6[6]=44", "or", "ip[6:2]&0x1fff!=0"];
    let mut command = lab.netlab(&["exec", machine, "--"]);
    if let Some(library) = library {
        command.env("LD_PRELOAD", library);
    }
    let mut child = start(command.args(words).args(filter).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut told = BufReader::new(child.stderr.take().expect("its messages"));
    let mut line = String::new();
    while !line.contains("listening on") {
        line.clear();
        assert!(told.read_line(&mut line).expect("a line") > 0, "tcpdump in {machine} ended");
    }
    let shown = BufReader::new(child.stdout.take().expect("its output"));
    let machine = machine.to_owned();
    std::thread::spawn(move || {
        let mut rest = String::new();
        // What it says in the end must go somewhere.
        std::thread::spawn(move || std::io::Read::read_to_string(&mut told, &mut rest));
        shown
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| seen(&machine, &line))
            .try_for_each(|seen| tell.send(seen).map_err(drop))
    });
    child
}

/// `1764299121.123456789 eth0  Out ifindex 2 ca:…:fe ethertype IPv4 (0x0800), length 104: 10.244.1.2 > …`
fn seen(machine: &str, line: &str) -> Option<Seen> {
    let mut words = line.split_whitespace();
    let (seconds, nanoseconds) = words.next()?.split_once('.')?;
    let at = seconds.parse::<u128>().ok()? * 1_000_000_000 + nanoseconds.parse::<u128>().ok()?;
    let interface = words.next()?.to_owned();
    let direction = words.next()?.to_owned();
    let mac = words.nth(2)?.to_owned();
    let text = line.split_once(": ").map(|(_, text)| text.trim().to_owned()).unwrap_or_default();
    Some(Seen { at, machine: machine.to_owned(), interface, direction, mac, text })
}

/// How long an echo is.
fn length_of_ping(seen: &Seen) -> Option<usize> {
    let (_, length) = seen.text.split_once("ICMP").and_then(|(_, rest)| rest.rsplit_once("length "))?;
    length.parse().ok()
}

/// For how long nothing new must be seen until it is believed that nothing will be.
pub const QUIET: Duration = Duration::from_millis(300);
