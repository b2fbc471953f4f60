//! A check for programs.

use serde::Serialize;
use serde_json::{Value, json};

use super::rules;
use crate::check::{Finding, PathMtu, Report};
use crate::kernel::probe::Protocol;
use crate::names::LabName;
use crate::report::trace::in_netlab;

/// Above so many trials, those that hold are counted and not listed.
const LISTED: usize = 25_000;

/// A trial.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair<'a> {
    rule: &'static str,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    address: std::net::IpAddr,
    family: String,
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    reachable: bool,
    passed: bool,
    answered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrived_as: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_mtu: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
    /// Its place in `whys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<usize>,
}

/// The document. `lab` is the lab's name, where commands have to say it.
pub fn document(report: &Report, lab: Option<&LabName>) -> Value {
    let many = report.findings.len() > LISTED;
    let listed = report.findings.iter().filter(|finding| !many || finding.failure.is_some());
    let rules = rules::all(report);
    let rules = rules.iter().map(|line| json!({"rule": line.slug, "tried": line.tried, "held": line.held}));
    let duplicates = report.duplicates.iter().map(|duplicate| {
        let owners = duplicate.owners.iter().map(|(machine, link)| json!({"machine": machine, "interface": link}));
        json!({"address": duplicate.address, "owners": owners.collect::<Vec<_>>()})
    });
    let mut document = json!({
        "lab": report.lab,
        "passed": report.passed(),
        "tried": report.findings.len(),
        "failed": report.failed().count(),
        "milliseconds": report.took.as_micros() as f64 / 1000.0,
        "rules": rules.collect::<Vec<_>>(),
        "pairs": listed.map(|finding| pair(finding, report)).collect::<Vec<_>>(),
        "whys": report.whys.iter().map(|why| reason(why, report, lab)).collect::<Vec<_>>(),
        "duplicates": duplicates.collect::<Vec<_>>(),
    });
    if let (Some((pairs, seed)), Value::Object(document)) = (report.sample, &mut document) {
        document.insert("sample".into(), json!({"of": pairs, "seed": seed}));
    }
    document
}

fn pair<'a>(finding: &'a Finding, report: &'a Report) -> Pair<'a> {
    let (trial, demand) = (&finding.trial, &finding.trial.demand);
    Pair {
        rule: demand.rule.slug(),
        from: report.census.name(demand.from),
        to: demand.to.map(|to| report.census.name(to)),
        address: demand.address,
        family: demand.family().to_string(),
        protocol: match demand.protocol {
            Protocol::Icmp => "icmp",
            Protocol::Tcp(_) => "tcp",
            Protocol::Udp(_) => "udp",
        },
        port: demand.protocol.port(),
        reachable: demand.reachable,
        passed: finding.failure.is_none(),
        answered: trial.echo.as_ref().is_some_and(|echo| echo.answered),
        arrived_at: trial.arrived.as_ref().map(|(machine, _)| machine.to_string()),
        arrived_as: trial.arrived.as_ref().map(|(_, from)| *from),
        path_mtu: match trial.path_mtu {
            Some(PathMtu::Fits(mtu)) => Some(mtu),
            Some(PathMtu::BlackHole(_)) | None => None,
        },
        failure: finding.failure.as_ref().map(crate::check::Failure::slug),
        wrong: finding.failure.as_ref().map(|failure| super::failures::wrong(failure, finding, report)),
        why: finding.why,
    }
}

fn reason(why: &crate::check::Why, report: &Report, lab: Option<&LabName>) -> Value {
    let demand = report.findings.get(why.traced).map(|finding| &finding.trial.demand);
    let death = why.death.as_ref();
    json!({
        "from": demand.map(|demand| report.census.name(demand.from)),
        "address": demand.map(|demand| demand.address),
        "line": why.line,
        "cause": death.map(|death| death.cause.slug()),
        "machine": death.map(|death| &death.machine),
        "fix": death.map_or(Vec::new(), |death| death.fix.iter().map(|command| in_netlab(command, lab)).collect()),
        "commands": death.map_or(&[][..], |death| &death.fix),
    })
}
