//! `netlab doctor`: can this machine run labs? Asked by trying.
//!
//! ```text
//! read   the kernel's version, limits, the state directory, the commands that tutorials use
//! try    a sandbox · a bridge · a veth pipe · an address of each family · a masquerade rule
//!        what `netlab trace` looks with
//! ```
//!
//! What is tried is thrown away with its sandbox, which nobody is told to keep.

mod trace;

use std::path::Path;

use crate::feature::masquerade;
use crate::kernel::request::{Batch, Home, Request, Sending};
use crate::kernel::worker::Worker;
use crate::kernel::{Refusal, Sandbox, host};
use crate::names::{LabName, LinkName, MachineName};
use crate::topology::model::{Machine, Masquerade};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// Not there, and labs run without it.
    Optional,
    /// Not there, and labs do not run without it.
    Missing,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Check {
    fn fine(what: &str, found: impl Into<String>) -> Self {
        Check { what: what.into(), verdict: Verdict::Fine, found: found.into(), help: None }
    }

    fn refused(what: &str, refusal: &Refusal) -> Self {
        let help = refusal.hint.clone();
        Check { what: what.into(), verdict: Verdict::Missing, found: refusal.to_string(), help }
    }
}

/// The commands that tutorials type. netlab itself needs none of them.
const COMMANDS: [(&str, &str); 5] = [
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("ping", "iputils-ping"),
    ("nc", "netcat-openbsd"),
    ("tcpdump", "tcpdump"),
];

/// Examines this machine. Call it while the process has one thread; it leaves the process inside a sandbox.
pub fn examine(state: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![kernel_version(), state_directory(state)];
    checks.extend(COMMANDS.map(|(command, package)| command_check(command, package)));
    checks.extend(limits());
    checks.extend(attempts());
    checks
}

fn kernel_version() -> Check {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    // pidfds for setns(2) came with 5.8, comments of nftables tables with 5.10.
    match version >= (5, 10) {
        true => Check::fine("kernel", release),
        false => Check {
            what: "kernel".into(),
            verdict: Verdict::Missing,
            found: format!("{release}, expected 5.10 or later"),
            help: Some("a newer kernel comes with a newer release of the distribution".into()),
        },
    }
}

fn state_directory(state: Option<&Path>) -> Check {
    let what = "state directory";
    let missing = |found: String| Check {
        what: what.into(),
        verdict: Verdict::Missing,
        found,
        help: Some(format!("set {} to a directory that you can write", crate::lab::STATE_DIR)),
    };
    let Some(path) = state else { return missing("none that belongs to you".into()) };
    // The directory itself is made by `up`; what must be writable is the nearest one that exists.
    let existing = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match nix::unistd::access(existing, nix::unistd::AccessFlags::W_OK) {
        Ok(()) => Check::fine(what, path.display().to_string()),
        Err(errno) => missing(format!("{}: {}", existing.display(), errno.desc())),
    }
}

fn command_check(command: &str, package: &str) -> Check {
    let what = format!("command {command}");
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Ordinary users often lack sbin in their PATH.
    let sbin = ["/usr/sbin", "/sbin"].map(Into::into);
    let found = std::env::split_paths(&path).chain(sbin).map(|directory| directory.join(command)).find(|p| p.is_file());
    match found {
        Some(path) => Check::fine(&what, path.display().to_string()),
        None => Check {
            what,
            verdict: Verdict::Optional,
            found: "not found; netlab does not need it, tutorials do".into(),
            help: Some(format!("apt-get install {package}")),
        },
    }
}

fn limits() -> Vec<Check> {
    let names = ["user/max_net_namespaces", "user/max_user_namespaces", "fs/mount-max"];
    let check = |name: &&str| {
        let path = format!("/proc/sys/{name}");
        host::setting(&path).map(|limit| Check::fine(&format!("limit {name}"), limit.to_string()))
    };
    names.iter().filter_map(check).collect()
}

/// Tries what a lab is made of.
fn attempts() -> Vec<Check> {
    let privileged = host::has_network_powers();
    let Ok(lab) = "doctor".parse::<LabName>() else { return Vec::new() };
    let newborn = match Sandbox::create(lab.as_str()) {
        Ok(newborn) => newborn,
        Err(refusal) => return vec![Check::refused("sandbox", &refusal)],
    };
    let user = match privileged {
        true => Check::fine("user namespaces", "not needed: this process may configure networks"),
        false => Check::fine("user namespaces", "allowed"),
    };
    let worker = newborn.enter().and_then(|kernel| Worker::new(&kernel));
    let mut worker = match worker {
        Ok(worker) => worker,
        Err(refusal) => return vec![user, Check::refused("sandbox", &refusal)],
    };
    let mut checks = vec![user, Check::fine("sandbox", "works")];
    for (what, batch) in trials(&lab) {
        checks.push(match worker.run(&batch) {
            Ok(()) => Check::fine(what, "works"),
            Err(failed) => Check::refused(what, &failed.refusal),
        });
    }
    // This thread is in the sandbox's fabric.
    checks.extend(trace::checks());
    checks
}

/// What is tried, one after the other.
fn trials(lab: &LabName) -> Vec<(&'static str, Batch)> {
    let Ok(at) = "trial".parse::<MachineName>() else { return Vec::new() };
    let name = |text: &str| LinkName::derived("", text);
    let batch = |at: &MachineName, requests: Vec<Request>| Batch {
        at: at.clone(),
        sendings: requests.into_iter().map(|request| Sending { step: 0, request }).collect(),
        completes: Vec::new(),
    };
    let fabric = MachineName::fabric();
    let home = Home { machine: fabric.clone(), master: Some(name("switch")), mtu: [None; 2] };
    let networks = ["198.51.100.1/24", "2001:db8::1/64"].map(str::parse);
    let addresses =
        networks.iter().flatten().map(|address| Request::Address { link: name("eth0"), address: *address, add: true });
    let machine = Machine {
        name: at.clone(),
        forwarding: None,
        sysctls: Vec::new(),
        interfaces: Vec::new(),
        routes: Vec::new(),
        masquerade: networks
            .iter()
            .flatten()
            .map(|from| Masquerade { from: *from, except: Vec::new(), to: None })
            .collect(),
        vxlan: Vec::new(),
    };
    let rules = masquerade::steps(lab, &machine).iter().flat_map(crate::step::Step::requests).collect();
    let veth = Request::VethAdd { name: name("port"), peer: name("eth0"), home: Some(home) };
    vec![
        ("network namespaces", batch(&at, vec![Request::NetnsAdd])),
        ("bridges", batch(&fabric, vec![Request::BridgeAdd { name: name("switch") }])),
        ("veth pipes", batch(&at, vec![veth])),
        ("addresses", batch(&at, addresses.collect())),
        ("nftables NAT", batch(&at, rules)),
    ]
}
