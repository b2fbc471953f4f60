//! What fails, those together that have the same reason.
//!
//! ```text
//! ✗ IPv4  node-1, pod-a, pod-b → pod-c, pod-d
//!     lost in node-1 after cni0
//!     no-route: node-1 has no route to 10.244.2.2
//!     fix  netlab exec node-1 -- ip route add 10.244.2.0/24 via 192.168.1.12
//! ```

use std::collections::BTreeMap;

use super::port;
use crate::check::{Failure, Finding, Number, Report, why};
use crate::names::LabName;
use crate::prose::wrap;
use crate::report::Paint;
use crate::report::trace::in_netlab;

/// How many lines of pairs are printed for one reason; the document has all.
const MOST: usize = 12;

/// All failures; none if there is none.
pub fn text(report: &Report, lab: Option<&LabName>, columns: usize, paint: Paint) -> Option<String> {
    let mut parts: Vec<String> = groups(report).iter().map(|group| group.text(report, lab, columns, paint)).collect();
    parts.extend(report.duplicates.iter().map(|duplicate| {
        let owners: Vec<String> =
            duplicate.owners.iter().map(|(machine, link)| format!("{machine}'s {link}")).collect();
        let text = format!("{} is the address of {}", duplicate.address, owners.join(" and of "));
        indented(&format!("{} ", paint.with("31", "✗")), 2, &text, columns)
    }));
    (!parts.is_empty()).then(|| parts.join(""))
}

/// Those that have one reason in common.
struct Group<'a> {
    members: Vec<&'a Finding>,
}

fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut known: Vec<String> = Vec::new();
    let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
    for finding in report.failed() {
        let (demand, failure) = (&finding.trial.demand, finding.failure.as_ref());
        let kind = failure.map_or("", Failure::slug);
        let reason = finding.why.and_then(|at| report.whys.get(at)).map(|why| (&why.line, &why.death));
        let reason = match reason {
            // Each has its own address in its line; what it died of is the same.
            Some((_, Some(death))) => format!("{} {} {:?}", death.machine, death.cause.slug(), death.fix),
            Some((line, None)) => line.clone(),
            None => String::new(),
        };
        let key = format!("{} {kind} {} {reason}", demand.family(), port(demand.protocol));
        let at = known.iter().position(|one| *one == key).unwrap_or_else(|| {
            known.push(key);
            known.len() - 1
        });
        groups.entry(at).or_insert_with(|| Group { members: Vec::new() }).members.push(finding);
    }
    groups.into_values().collect()
}

impl Group<'_> {
    fn text(&self, report: &Report, lab: Option<&LabName>, columns: usize, paint: Paint) -> String {
        let Some(first) = self.members.first() else { return String::new() };
        let demand = &first.trial.demand;
        let title = format!("{}{}", demand.family(), port(demand.protocol));
        let count = self.members.len();
        let pairs = if count == 1 { String::new() } else { format!(" ({count} pairs)") };
        let lines = self.pairs(report);
        let (sign, title) = (paint.with("31", "✗"), paint.bold(&title));
        let mut text = match &lines[..] {
            [one] => indented(&format!("{sign} {title}  "), 8, one, columns),
            _ => format!("{sign} {title}{pairs}\n"),
        };
        for line in lines.iter().take(MOST).filter(|_| lines.len() > 1) {
            text += &indented("    ", 8, line, columns);
        }
        if lines.len() > MOST {
            text += &format!("    … and from {} more senders; --json has all\n", lines.len() - MOST);
        }
        for line in self.reason(report, first) {
            text += &indented("    ", 4, &line, columns);
        }
        let why = first.why.and_then(|at| report.whys.get(at));
        for command in why.iter().filter_map(|why| why.death.as_ref()).flat_map(|death| &death.fix) {
            // A command stays in one piece, to be pasted.
            text += &format!("    fix  {}\n", paint.command(&in_netlab(command, lab)));
        }
        text
    }

    /// `pod-a, pod-b → pod-c, pod-d`: senders that have the same receivers are in one line.
    fn pairs(&self, report: &Report) -> Vec<String> {
        let mut receivers: BTreeMap<Number, Vec<String>> = BTreeMap::new();
        for finding in &self.members {
            let demand = &finding.trial.demand;
            let to = demand.to.map_or_else(|| demand.address.to_string(), |to| report.census.name(to).to_owned());
            receivers.entry(demand.from).or_default().push(to);
        }
        let mut lines: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for (from, to) in receivers {
            let name = report.census.name(from);
            match lines.iter_mut().find(|(receivers, _)| *receivers == to) {
                Some((_, senders)) => senders.push(name),
                None => lines.push((to, vec![name])),
            }
        }
        lines.into_iter().map(|(to, from)| format!("{} → {}", from.join(", "), to.join(", "))).collect()
    }

    /// What is wrong, and why.
    fn reason(&self, report: &Report, first: &Finding) -> Vec<String> {
        let why = first.why.and_then(|at| report.whys.get(at));
        let death = why.and_then(|why| why.death.as_ref());
        let mut lines = vec![match (&first.failure, death) {
            (Some(Failure::Lost | Failure::AnswerLost | Failure::Unsent(_)), Some(death)) => why::place(death),
            (Some(failure), _) => wrong(failure, first, report),
            (None, _) => String::new(),
        }];
        lines.extend(why.map(|why| why.line.clone()));
        let traced = why.and_then(|why| report.findings.get(why.traced)).filter(|_| self.members.len() > 1);
        lines.extend(traced.map(|finding| {
            let demand = &finding.trial.demand;
            let to = demand.to.map_or_else(|| demand.address.to_string(), |to| report.census.name(to).to_owned());
            format!("(as a trace of {} → {to} found)", report.census.name(demand.from))
        }));
        lines
    }
}

/// What is wrong, as a sentence.
pub fn wrong(failure: &Failure, finding: &Finding, report: &Report) -> String {
    let demand = &finding.trial.demand;
    let whose = |ip: &std::net::IpAddr| match report.census.owner(*ip) {
        Some(owner) => format!("{ip} ({})", report.census.name(owner)),
        None => ip.to_string(),
    };
    match failure {
        Failure::NoMachine => format!("there is no {} yet, or not any more", report.census.name(demand.from)),
        Failure::Unsent(errno) => format!("the kernel did not send it: {} ({errno:?})", errno.desc()),
        Failure::Lost => "lost".into(),
        Failure::AnswerLost => "it arrives, and the answer is lost".into(),
        Failure::Refused => "refused: nobody listens there".into(),
        Failure::WrongMachine(machine) => format!("it arrives at {machine}"),
        Failure::WrongSource(from) => {
            let wanted: Vec<String> = demand.seen_as.iter().map(whose).collect();
            format!("it arrives as from {}, not {}", whose(from), wanted.join(" or "))
        }
        Failure::BlackHole(size) => {
            format!("small packets get through, but those of {size} bytes vanish, and the sender is not told")
        }
        Failure::Reachable => "it is answered, and should not be".into(),
    }
}

/// A text, folded, with what stands before it, and before its further lines.
fn indented(first: &str, further: usize, text: &str, columns: usize) -> String {
    let lines = wrap(text, columns.saturating_sub(further.max(4)).max(20));
    let lines = lines.iter().enumerate().map(|(i, line)| match i {
        0 => format!("{first}{line}\n"),
        _ => format!("{}{line}\n", " ".repeat(further)),
    });
    lines.collect()
}
