//! What fails, those together that have the same remedy.
//!
//! ```text
//! ✗ IPv4  pod-a, pod-b, node-1 → pod-c, pod-d
//!   IPv4  pod-c, pod-d → pod-a, pod-b
//!     no-route: node-1 has no route to 10.244.2.2 (lost in node-1 after cni0; traced: pod-a → pod-c)
//!     no-return-route: … (the answer is lost in node-1 after cni0; traced: pod-c → pod-a)
//!     fix  netlab exec node-1 -- ip route add 10.244.2.0/24 via 192.168.1.12
//! ```

use std::collections::BTreeMap;

use super::label::Label;
use crate::check::{Demand, Failure, Finding, Number, Report, Why, why};
use crate::kernel::probe::Protocol;
use crate::names::{LabName, MachineName};
use crate::prose::wrap;
use crate::report::Paint;
use crate::report::trace::fix;
use crate::topology::model::Family;

/// How many lines of pairs, and of reasons, are printed together; the document has all.
const MOST: usize = 12;
const MOST_REASONS: usize = 4;

/// All failures; none if there is none.
pub fn text(report: &Report, lab: Option<&LabName>, columns: usize, paint: Paint) -> Option<String> {
    let mut parts: Vec<String> = groups(report).iter().map(|group| group.text(report, lab, columns, paint)).collect();
    parts.extend(report.duplicates.iter().map(|duplicate| {
        let owners: Vec<String> = duplicate.owners.iter().map(owner).collect();
        let text = format!("{} is the address of {}", duplicate.address, owners.join(" and of "));
        indented(&format!("{} ", paint.with("31", "✗")), 2, &text, columns)
    }));
    (!parts.is_empty()).then(|| parts.join(""))
}

/// Family, port, whether it is of UDP, and who sends: in the order in which they are told of.
type Kind = (Family, Option<u16>, bool, Number);

/// Those that have one remedy in common.
struct Group<'a> {
    members: Vec<&'a Finding>,
}

fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut known: Vec<String> = Vec::new();
    let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
    for finding in report.failed() {
        let kind = finding.failure.as_ref().map_or("", Failure::slug);
        let key = match reason_of(finding, report) {
            Some(why) if !why.key.is_empty() => why.key.clone(),
            _ => match &finding.failure {
                Some(Failure::NoMachine(missing)) => format!("{kind} {missing}"),
                _ => kind.to_owned(),
            },
        };
        let at = known.iter().position(|one| *one == key).unwrap_or_else(|| {
            known.push(key);
            known.len() - 1
        });
        groups.entry(at).or_insert_with(|| Group { members: Vec::new() }).members.push(finding);
    }
    groups.into_values().collect()
}

fn reason_of<'a>(finding: &Finding, report: &'a Report) -> Option<&'a Why> {
    finding.why.and_then(|at| report.whys.get(at))
}

fn receiver(demand: &Demand, report: &Report) -> String {
    demand.to.map_or_else(|| demand.address.to_string(), |to| report.census.name(to).to_owned())
}

impl Group<'_> {
    fn text(&self, report: &Report, lab: Option<&LabName>, columns: usize, paint: Paint) -> String {
        let lines: Vec<(String, String)> =
            self.pairs(report).into_iter().map(|(label, pairs)| (label.to_string(), pairs)).collect();
        let widest = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let width = widest.min(columns / 3);
        let mut text = String::new();
        for (at, (label, pairs)) in lines.iter().enumerate().take(MOST) {
            let sign = if at == 0 { paint.with("31", "✗") } else { " ".into() };
            let bold = paint.bold(&format!("{label:width$}"));
            if label.chars().count() > width {
                text += &indented(&format!("{sign} "), 2, label, columns);
                text += &indented("    ", 6, pairs, columns);
            } else {
                text += &indented(&format!("{sign} {bold}  "), width + 6, pairs, columns);
            }
        }
        if lines.len() > MOST {
            text += &format!("  … and {} more such lines; --json has all\n", lines.len() - MOST);
        }
        for line in self.reasons(report) {
            text += &indented("    ", 6, &line, columns);
        }
        let why = self.members.iter().find_map(|finding| reason_of(finding, report));
        for command in why.iter().filter_map(|why| why.death.as_ref()).flat_map(|death| fix(death, lab)) {
            // A command stays in one piece, to be pasted.
            text += &format!("    fix  {}\n", paint.command(&command));
        }
        text
    }

    /// `IPv4, IPv6`, `pod-a, pod-b → pod-c, pod-d`: senders with the same receivers are in one line, and so are families
    /// and ports.
    fn pairs(&self, report: &Report) -> Vec<(Label, String)> {
        let mut receivers: BTreeMap<Kind, (Label, Vec<String>)> = BTreeMap::new();
        for finding in &self.members {
            let demand = &finding.trial.demand;
            let udp = matches!(demand.protocol, Protocol::Udp(_));
            let key = (demand.family(), demand.protocol.port(), udp, demand.from);
            let (label, to) = receivers.entry(key).or_default();
            label.add(demand);
            to.push(receiver(demand, report));
        }
        let mut lines: Vec<(Label, Vec<String>, Vec<&str>)> = Vec::new();
        for ((.., from), (label, to)) in receivers {
            let name = report.census.name(from);
            match lines.iter_mut().find(|(one, receivers, _)| *one == label && *receivers == to) {
                Some((.., senders)) => senders.push(name),
                None => lines.push((label, to, vec![name])),
            }
        }
        let mut merged: Vec<(Label, String)> = Vec::new();
        for (label, to, from) in lines {
            let pairs = format!("{} → {}", from.join(", "), to.join(", "));
            match merged.iter_mut().find(|(_, one)| *one == pairs) {
                Some((labels, _)) => labels.merge(&label),
                None => merged.push((label, pairs)),
            }
        }
        merged
    }

    /// What is wrong, and why: each reason once. Of those that arrive under a wrong address one is enough, best one whose
    /// rule is known.
    fn reasons(&self, report: &Report) -> Vec<String> {
        let mut told: Vec<Told> = Vec::new();
        for finding in &self.members {
            let Some(failure) = &finding.failure else { continue };
            let new = Told::of(finding, failure, report);
            match told.iter_mut().find(|old| old.key == new.key) {
                Some(old) if new.names_rule && !old.names_rule => *old = new,
                Some(_) => {}
                None => told.push(new),
            }
        }
        told.into_iter().take(MOST_REASONS).map(|told| told.line).collect()
    }
}

/// A reason that is told.
struct Told {
    /// What it has in common with others, which need not be told.
    key: String,
    /// Whether it is a translation by a rule that is known.
    names_rule: bool,
    line: String,
}

impl Told {
    fn of(finding: &Finding, failure: &Failure, report: &Report) -> Self {
        let Some(why) = reason_of(finding, report) else {
            let line = wrong(failure, finding, report);
            return Told { key: line.clone(), names_rule: false, line };
        };
        let place = match (failure, &why.death) {
            (Failure::Lost | Failure::AnswerLost | Failure::Unsent(_), Some(death)) => why::place(death),
            _ => wrong(failure, finding, report),
        };
        let traced = report.findings.get(why.traced).map(|finding| &finding.trial.demand);
        let traced = traced.map(|demand| format!("{} → {}", report.census.name(demand.from), receiver(demand, report)));
        let line = format!("{} ({place}; traced: {})", why.line, traced.unwrap_or_default());
        match &why.death {
            // Another one of the same kind differs in its addresses only.
            Some(death) => Told {
                key: format!("{} {} {:?}", death.machine, death.cause.slug(), death.leg),
                names_rule: false,
                line,
            },
            None => Told { key: why.key.clone(), names_rule: why.line.contains(": "), line },
        }
    }
}

/// `pod-a's eth0`; a link may have any name, also one that a terminal would obey.
pub fn owner((machine, link): &(MachineName, String)) -> String {
    format!("{machine}'s {}", link.replace(char::is_control, "\u{fffd}"))
}

/// What is wrong, as a sentence.
pub fn wrong(failure: &Failure, finding: &Finding, report: &Report) -> String {
    let demand = &finding.trial.demand;
    let whose = |ip: &std::net::IpAddr| match report.census.owner(*ip, demand.from) {
        Some(owner) => format!("{ip} ({})", report.census.name(owner)),
        None => ip.to_string(),
    };
    match failure {
        Failure::NoMachine(missing) => format!("there is no {} yet, or not any more", report.census.name(*missing)),
        Failure::Unsent(errno) => format!("the kernel did not send it: {} ({errno:?})", errno.desc()),
        Failure::Lost => "lost".into(),
        Failure::AnswerLost => "it arrives, and the answer is lost".into(),
        Failure::Refused => "the connection is refused".into(),
        Failure::WrongMachine(machine) => format!("it arrives at {machine}"),
        Failure::WrongSource(from) => {
            let wanted: Vec<String> = demand.seen_as.iter().map(whose).collect();
            format!("it arrives as from {}, not {}", whose(from), wanted.join(" or "))
        }
        Failure::BlackHole(size) => format!("those of {size} bytes vanish, and the sender is not told"),
        Failure::Reachable => "it is answered, and should not be".into(),
    }
}

/// A text, folded, with what stands before it, and its further lines so far to the right.
fn indented(first: &str, further: usize, text: &str, columns: usize) -> String {
    let lines = wrap(text, columns.saturating_sub(further).max(20));
    let lines = lines.iter().enumerate().map(|(i, line)| match i {
        0 => format!("{first}{line}\n"),
        _ => format!("{}{line}\n", " ".repeat(further)),
    });
    lines.collect()
}
