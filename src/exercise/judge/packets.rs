//! Which packets arrive, and as whose: what `netlab check` finds, sorted by what the exercise demands.
//!
//! ```text
//! check ─▶ findings ─▶ of each entry of `expect`     "pods → outside, as node": pod-a → outside is lost
//!                  └─▶ of the network model, if it has to hold
//! ```
//!
//! An entry of `expect` is about small packets: what becomes of large ones is demanded by `transfers`, which leave it to
//! TCP how they get through, or by `model`.

use std::collections::BTreeSet;

use super::Verdict;
use crate::check::{self, Census, Demand, Failure, Finding, Options, Pick, Report, Rule, Subject};
use crate::error::Result;
use crate::exercise::model::Exercise;
use crate::kernel::Kernel;
use crate::plan::Plan;
use crate::topology::model::{Expectation, Identity, Party, Port};

/// Judges the expectations, and the model if it has to hold.
pub fn judge(kernel: &Kernel, exercise: &Exercise, plan: &Plan, in_force: &BTreeSet<u32>) -> Result<Vec<Verdict>> {
    let topology = &exercise.topology;
    if topology.expect.is_empty() && !exercise.model {
        return Ok(Vec::new());
    }
    let options = Options { family: None, all: true, seed: 0, why: false };
    let report = check::check(Subject { kernel, topology, plan, in_force }, &options, &mut |_| {})?;
    let mut verdicts: Vec<Verdict> = topology.expect.iter().map(|one| expected(&report, one)).collect();
    if exercise.model {
        verdicts.push(model(&report));
    }
    Ok(verdicts)
}

/// The verdict on one entry of `expect`.
fn expected(report: &Report, one: &Expectation) -> Verdict {
    let demands = check::demand::demands(&report.census, std::slice::from_ref(one), None, Pick::All);
    let wanted: Vec<Demand> = demands.into_iter().filter(|demand| demand.rule == Rule::Expected).collect();
    let of = |finding: &&Finding| wanted.contains(&finding.trial.demand);
    let found = report.findings.iter().filter(of).filter_map(|finding| match &finding.failure {
        None | Some(Failure::BlackHole(_)) => None,
        Some(failure) => Some(say(&report.census, &finding.trial.demand, failure)),
    });
    Verdict::new(says(one), found.collect())
}

/// The verdict on the network model.
fn model(report: &Report) -> Verdict {
    let findings = report.findings.iter().filter(|finding| finding.trial.demand.rule != Rule::Expected);
    let failed = findings.filter_map(|one| Some(say(&report.census, &one.trial.demand, one.failure.as_ref()?)));
    let twice = report.duplicates.iter().map(|one| format!("there are two of {}", one.address));
    Verdict::new("the Kubernetes network model holds".into(), failed.chain(twice).collect())
}

/// What became of a packet that should have fared otherwise.
fn say(census: &Census, demand: &Demand, failure: &Failure) -> String {
    let to = demand.to.map_or_else(|| demand.address.to_string(), |to| census.name(to).to_owned());
    let family = match demand.to.and_then(|to| census.person(to)) {
        // Only where there is a choice.
        Some(person) if person.addresses.iter().any(|ip| ip.is_ipv4() != demand.address.is_ipv4()) => {
            format!(" ({})", demand.family())
        }
        _ => String::new(),
    };
    let what = match failure {
        Failure::NoMachine(number) => format!("cannot be tried: {} is gone", census.name(*number)),
        Failure::Unsent(_) => "is not even sent".to_owned(),
        Failure::Lost | Failure::AnswerLost => "is lost, or its answer".to_owned(),
        Failure::Refused => "is refused".to_owned(),
        Failure::WrongMachine(machine) => format!("is answered by {machine}"),
        Failure::WrongSource(address) => format!("arrives with the address {address}"),
        Failure::BlackHole(size) => format!("is lost when it is large ({size} bytes)"),
        Failure::Reachable => "gets through".to_owned(),
    };
    format!("{} → {to}{family} {what}", census.name(demand.from))
}

/// An entry in a line: `pods → outside, TCP port 443, under its node's address`.
fn says(one: &Expectation) -> String {
    let all = |parties: &[Party]| parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let arrow = if one.reachable { "→" } else { "must not reach" };
    let port = match one.port {
        Some(Port::Tcp(port)) => format!(", TCP port {port}"),
        Some(Port::Udp(port)) => format!(", UDP port {port}"),
        None => String::new(),
    };
    let family = one.family.map_or_else(String::new, |family| format!(", {family}"));
    let seen = |identity: &Identity| match identity {
        Identity::Own => "its own address".to_owned(),
        Identity::Node => "its node's address".to_owned(),
        Identity::Machine(name) => format!("{name}'s address"),
        Identity::Address(address) => address.to_string(),
    };
    let seen: Vec<String> = one.seen_as.iter().map(seen).collect();
    let seen = if seen.is_empty() { String::new() } else { format!(", under {}", seen.join(" or ")) };
    format!("{} {arrow} {}{port}{family}{seen}", all(&one.from), all(&one.to))
}
