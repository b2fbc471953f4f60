//! `netlab trace SRC DST`

mod help;

use std::io::{IsTerminal, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::graph::{Destination, look};
use super::{Common, Inside, colors, lab_to_name, print, print_json, seconds, width, write_file};
use crate::error::{Error, Result, Status};
use crate::kernel::probe::Protocol;
use crate::kernel::{host, signal};
use crate::names::LabName;
use crate::prose::wrap;
use crate::report::graph::layout::picture;
use crate::report::graph::{html, svg};
use crate::report::trace as report;
use crate::trace::{Family, Outcome, Request, Target, trace};

/// Send a real packet, and show its journey there and back, and why it died if it did
///
/// Sends a ping, a TCP connection or a UDP datagram as a program in SRC would, listens at every interface that it can come
/// by, and tells machine by machine what it looked like, where it went next, and why. A packet that is lost is told with
/// the place where it was last seen, the cause, what shows it, and the command that mends it.
#[derive(Debug, Args)]
#[command(after_help = help::EXAMPLES, after_long_help = help::long())]
pub struct Trace {
    /// The machine that sends
    #[arg(value_name = "SRC")]
    source: String,
    /// To whom: a machine, or an address, inside or outside (a link-local one with its interface: fe80::1%eth0)
    #[arg(value_name = "DST")]
    destination: String,
    /// Open a TCP connection to this port, in place of a ping
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "udp")]
    tcp: Option<u16>,
    /// Send a UDP datagram to this port, in place of a ping
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    udp: Option<u16>,
    /// Use IPv4, where DST has addresses of both families
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6
    #[arg(short = '6')]
    ipv6: bool,
    /// How many bytes to send behind the headers, as ping -s; IPv4's and ICMP's are 28 [default: 56]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(8..=65_000), conflicts_with = "tcp")]
    size: Option<u16>,
    /// Forbid that it is cut up on the way (don't fragment): where it is too large, it dies
    #[arg(long, conflicts_with = "tcp")]
    df: bool,
    /// The time to live that it starts with: each router takes one [default: what the kernel gives it, 64]
    #[arg(long, value_name = "HOPS", value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,
    /// How many to send; the first one that is lost is shown, or else the first
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=120))]
    count: u32,
    /// How long to wait for each answer [default: until nothing moves any more]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Write all frames that were seen to a file for Wireshark (pcapng), each with its machine and interface
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pcap: Option<PathBuf>,
    /// How to show the journey
    #[arg(long, value_enum, default_value_t = Format::Tree, conflicts_with = "json")]
    format: Format,
    #[command(flatten)]
    to: Destination,
    /// Trace again every so many seconds [default: 1]: the first journey whole, then only what changes; Ctrl-C ends it
    #[arg(long, value_name = "SECONDS", value_parser = seconds, num_args = 0..=1, default_missing_value = "1")]
    watch: Option<Duration>,
}

/// How a journey is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As a tree: machine by machine
    Tree,
    /// In a few lines: by which machines, and why it was lost if it was
    Brief,
    /// As a sequence diagram for Mermaid
    Mermaid,
    /// On the picture of the lab (see `netlab graph`), in one file
    Svg,
    /// The same as a page: zoom, drag, look into machines
    Html,
}

/// The payload of ping.
const SIZE: u16 = 56;

impl Trace {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode> {
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        let request = self.request(&inside)?;
        let lab = lab_to_name(common, &inside);
        if self.watch.is_some() && (self.to.is_a_file() || matches!(self.format, Format::Svg | Format::Html)) {
            return Err(Error::usage("--watch prints what changes, and makes no pictures or files")
                .help("leave out --watch, or --output and --format"));
        }
        let exercise = inside.lab.is_of_an_exercise();
        let ask = || {
            let outcome = trace(&inside.kernel, &inside.plan, &inside.lab.record(&inside.plan)?.done, &request)?;
            Ok(if exercise { outcome.without_fix() } else { outcome })
        };
        if let Some(pause) = self.watch {
            return self.repeat(common, lab.as_ref(), pause, ask);
        }
        let outcome = ask()?;
        if let Some(file) = &self.pcap {
            write_file(file, &report::pcapng(&outcome))?;
        }
        match common.json {
            true => print_json(&report::document(&outcome, lab.as_ref()))?,
            false => self.to.put(&self.drawn(&inside, &outcome, lab.as_ref())?)?,
        }
        Ok(exit_code(&outcome))
    }

    /// Traces until somebody presses Ctrl-C: the first journey whole, then what changes.
    fn repeat(
        &self,
        common: &Common,
        lab: Option<&LabName>,
        pause: Duration,
        ask: impl Fn() -> Result<Outcome>,
    ) -> Result<ExitCode> {
        signal::remember_requests_to_stop();
        let status = StatusLine(std::io::stderr().is_terminal() && !common.json);
        let mut before: Option<Outcome> = None;
        let mut rounds = 0_u32;
        let started = Instant::now();
        loop {
            let begun = Instant::now();
            let now = ask()?;
            rounds += 1;
            match (&before, common.json) {
                (_, true) => {
                    let document = serde_json::to_string(&report::document(&now, lab));
                    print(&document.map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?)?;
                }
                (None, false) => print(&self.whole(&now, lab))?,
                (Some(before), false) => {
                    let mut changes = report::changes(before, &now);
                    if !changes.is_empty() {
                        changes.extend(why(&now, lab));
                        let text: String = changes.iter().flat_map(|line| folded(line)).collect();
                        let after = started.elapsed().as_secs_f64();
                        status.clear();
                        print(&format!("\nafter {after:.1} s\n{text}"))?;
                    }
                }
            }
            status.show(&format!("{rounds} times; Ctrl-C ends it"));
            let code = exit_code(&now);
            before = Some(now);
            while begun.elapsed() < pause && !signal::asked_to_stop() {
                std::thread::sleep(Duration::from_millis(20).min(pause.saturating_sub(begun.elapsed())));
            }
            if signal::asked_to_stop() {
                status.clear();
                return Ok(code);
            }
        }
    }

    fn whole(&self, outcome: &Outcome, lab: Option<&LabName>) -> String {
        let color = colors(&std::io::stdout()) && !self.to.is_a_file();
        match self.format {
            Format::Mermaid => report::mermaid(outcome),
            Format::Brief => report::brief(outcome, lab, width(), color),
            // Pictures need the lab: see `drawn`.
            Format::Tree | Format::Svg | Format::Html => report::text(outcome, lab, width(), color),
        }
    }

    /// The same, or the journey on a picture of the lab.
    fn drawn(&self, inside: &Inside, outcome: &Outcome, lab: Option<&LabName>) -> Result<String> {
        if !matches!(self.format, Format::Svg | Format::Html) {
            return Ok(self.whole(outcome, lab));
        }
        let journey = report::picture(outcome, look(inside)?, lab);
        let picture = picture(&journey.graph, &journey.ways, &journey.notes);
        Ok(match self.format {
            Format::Html => html(&journey.graph, &picture, self.to.theme()),
            _ => svg(&picture, self.to.theme()),
        })
    }

    fn request(&self, inside: &Inside) -> Result<Request> {
        let source = inside.machine(&self.source)?;
        let protocol = match (self.tcp, self.udp) {
            (Some(port), _) => Protocol::Tcp(port),
            (None, Some(port)) => Protocol::Udp(port),
            (None, None) => Protocol::Icmp,
        };
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (false, false) => None,
        };
        Ok(Request {
            source,
            target: self.target(inside)?,
            protocol,
            size: self.size.unwrap_or(SIZE).into(),
            ttl: self.ttl,
            dont_fragment: self.df,
            count: self.count,
            patience: self.timeout,
            family,
        })
    }

    fn target(&self, inside: &Inside) -> Result<Target> {
        let (address, interface) = match self.destination.split_once('%') {
            Some((address, interface)) => (address, Some(interface.to_owned())),
            None => (self.destination.as_str(), None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return inside.machine(&self.destination).map(Target::Machine);
        };
        let refuse = |why: &str| Err(Error::usage(format!("{address} {why}")).help("name a machine or its address"));
        let broadcast = matches!(address, IpAddr::V4(ip) if ip.is_broadcast());
        match (address, &interface) {
            _ if address.is_multicast() || broadcast => refuse("is an address of many"),
            _ if address.is_unspecified() => refuse("is no address of a machine"),
            (IpAddr::V6(ip), None) if ip.is_unicast_link_local() => {
                refuse("is link-local: say by which interface, as in fe80::1%eth0")
            }
            _ => Ok(Target::Address(address, interface)),
        }
    }
}

/// A line for the terminal's width; a command stays in one piece.
fn folded(line: &str) -> Vec<String> {
    let lines = if line.starts_with("fix: ") { vec![line.to_owned()] } else { wrap(line, width() - 2) };
    lines.iter().enumerate().map(|(i, line)| format!("{}{line}\n", if i == 0 { "" } else { "  " })).collect()
}

/// Why it was lost, and what mends it, a line each.
fn why(outcome: &Outcome, lab: Option<&LabName>) -> Vec<String> {
    let Some(death) = &outcome.lost else { return Vec::new() };
    let fixes = report::fix(death, lab).into_iter().map(|command| format!("fix: {command}"));
    std::iter::once(format!("why: {}", death.why)).chain(fixes).collect()
}

fn exit_code(outcome: &Outcome) -> ExitCode {
    if outcome.lost.is_none() { ExitCode::SUCCESS } else { ExitCode::from(Status::Negative as u8) }
}

/// A line at the bottom of the terminal that is written over. No longer than its text: what the terminal prints for Ctrl-C
/// has to find room beside it.
struct StatusLine(bool);

impl StatusLine {
    fn show(&self, text: &str) {
        if self.0 {
            // It is decoration: where nobody sees it, nothing is lost.
            let _ = write!(std::io::stderr(), "\r{text}\x1b[K");
        }
    }

    fn clear(&self) {
        self.show("");
    }
}
