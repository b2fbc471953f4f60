//! What `doctor` found.
//!
//! ```text
//! ok       user namespaces   not needed: root
//! missing  nftables NAT      …
//!          help: …
//! ```

use serde_json::{Value, json};

use crate::doctor::{Check, Verdict};

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fine => "ok",
        Verdict::Optional => "absent",
        Verdict::Missing => "missing",
    }
}

/// The findings for programs.
pub fn document(checks: &[Check]) -> Value {
    let healthy = checks.iter().all(|check| check.verdict != Verdict::Missing);
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| json!({"what": check.what, "verdict": word(check.verdict), "found": check.found, "help": check.help}))
        .collect();
    json!({"canRunLabs": healthy, "checks": checks})
}

/// The findings for people.
pub fn text(checks: &[Check]) -> String {
    let width = checks.iter().map(|check| check.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        text.push_str(&format!("{:<8} {:<width$}  {}\n", word(check.verdict), check.what, check.found));
        if let Some(help) = &check.help {
            text.push_str(&format!("{:<8} help: {help}\n", ""));
        }
    }
    let healthy = checks.iter().all(|check| check.verdict != Verdict::Missing);
    text + if healthy { "this machine can run labs\n" } else { "this machine cannot run labs yet\n" }
}
