//! What a check found: a matrix, what was demanded, and what fails.
//!
//! ```text
//! IPv4      pod-a  pod-b  pod-c  outside
//! node-1    ✓      ✓      ✗                 rows send, columns receive
//! pod-a     ✓      ✓      ✗      ✓
//! …
//! ✗ pod-a, pod-b, node-1 → pod-c
//!     lost in node-1 after cni0
//! ```

mod document;
mod failures;
mod junit;
mod label;
mod matrix;
mod rules;

pub use document::document;
pub use junit::junit;

use super::Paint;
use crate::check::Report;
use crate::names::LabName;
use crate::topology::model::Family;

/// A check for people. `lab` is its name, where commands have to say it.
pub fn text(report: &Report, lab: Option<&LabName>, columns: usize, color: bool) -> String {
    let paint = Paint(color);
    let failed = report.failed().count();
    let total = report.findings.len();
    let mut parts = vec![headline(report, failed, total, paint)];
    for family in [Family::V4, Family::V6] {
        parts.extend(matrix::text(report, family, columns, paint));
    }
    parts.push(rules::text(report, columns, paint));
    parts.extend(failures::text(report, lab, columns, paint));
    parts.join("\n")
}

fn headline(report: &Report, failed: usize, total: usize, paint: Paint) -> String {
    let seconds = report.took.as_secs_f64();
    let verdict = match (failed, report.passed()) {
        (0, true) if total == 0 => "it has no pods, and nothing else is expected: there is nothing to try".into(),
        (0, true) if total == 1 => paint.with("32", "the one trial is as it should be"),
        (0, true) => paint.with("32", &format!("all of {total} trials are as they should be")),
        (0, false) => paint.with("31", "an address is there twice"),
        (failed, _) => paint.with("31", &format!("{failed} of {total} trials fail")),
    };
    let sample = report.sample.map_or(String::new(), |(pairs, seed)| {
        format!("a sample of {pairs} pairs, by the seed {seed}; --all tries all\n")
    });
    format!("lab {}: {verdict} ({seconds:.2} s)\n{sample}", report.lab)
}

/// How a family is called.
fn family(family: Family) -> String {
    family.to_string()
}
