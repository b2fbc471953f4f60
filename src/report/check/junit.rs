//! A check as a JUnit report, which every CI reads: a suite for each rule, a case for each trial.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::failures;
use crate::check::{Finding, Report, Rule};
use crate::kernel::probe::Protocol;

/// The report as XML.
///
/// # Errors
/// When it cannot be put into words, which no report is known for.
pub fn junit(report: &Report) -> Result<String, String> {
    let mut document = Document::new(format!("netlab check {}", report.lab));
    for rule in Rule::ALL {
        let findings: Vec<&Finding> = report.findings.iter().filter(|f| f.trial.demand.rule == rule).collect();
        if findings.is_empty() {
            continue;
        }
        let mut suite = TestSuite::new(rule.slug());
        suite.add_test_cases(findings.into_iter().map(|finding| case(finding, report)));
        document.add_test_suite(suite);
    }
    let mut suite = TestSuite::new("unique-addresses");
    let twice = report.duplicates.iter().map(|duplicate| {
        let owners: Vec<String> = duplicate.owners.iter().map(failures::owner).collect();
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("it is the address of {}", owners.join(" and of ")));
        TestCase::new(duplicate.address.to_string(), status)
    });
    suite.add_test_cases(twice);
    if report.duplicates.is_empty() {
        suite.add_test_case(TestCase::new("no address is there twice", TestCaseStatus::success()));
    }
    document.add_test_suite(suite);
    document.to_string().map_err(|error| error.to_string())
}

fn case(finding: &Finding, report: &Report) -> TestCase {
    let demand = &finding.trial.demand;
    let to = demand.to.map_or(String::new(), |to| format!("{} ", report.census.name(to)));
    let name = format!("{} → {to}{}{}", report.census.name(demand.from), demand.address, port(demand.protocol));
    let status = match &finding.failure {
        None => TestCaseStatus::success(),
        Some(failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(failure.slug());
            let why = finding.why.and_then(|at| report.whys.get(at)).map(|why| format!(": {}", why.line));
            let wrong = failures::wrong(failure, finding, report);
            status.set_message(format!("{wrong}{}", why.unwrap_or_default()));
            status
        }
    };
    TestCase::new(name, status)
}

/// A pair's protocol, where it is not a ping: ` tcp 80`.
fn port(protocol: Protocol) -> String {
    match protocol {
        Protocol::Icmp => String::new(),
        Protocol::Tcp(port) => format!(" tcp {port}"),
        Protocol::Udp(port) => format!(" udp {port}"),
    }
}
