//! A fault: what is traced, what is typed, and what the trace must find.
//!
//! ```text
//! lost("pod-a pod-c", "ip -n node-1 route delete 10.244.2.0/24", "no-route there underway node-1 cni0")
//!       arguments      typed in the lab's shell                   cause    leg   point    machine, after
//! ```
//!
//! Where more than one word is true, `|` stands between them, and `*` where nothing is claimed.

use serde_json::Value;

/// One thing that is done to a lab, and what becomes of a packet then.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The arguments of `netlab trace`.
    pub trace: &'static str,
    /// What is typed in the lab's shell.
    pub typed: &'static str,
    /// Cause, leg, point, machine, after; none when the packet arrives all the same.
    pub expected: Option<&'static str>,
    /// Texts of which each is part of why or of the evidence; of such a one with `|` any part.
    pub says: &'static [&'static str],
    /// Who listens, for TCP and UDP: `tcp pod-c 80`.
    pub listener: &'static str,
    /// What is typed before the first trace.
    pub before: &'static str,
    /// What is typed in the end, where `netlab repair` does not mend it.
    pub undo: &'static str,
    /// Whether a command is known that mends it.
    pub fix: bool,
}

/// A fault that loses the packet.
pub const fn lost(trace: &'static str, typed: &'static str, expected: &'static str) -> Fault {
    let fix = true;
    Fault { trace, typed, expected: Some(expected), says: &[], listener: "", before: "", undo: "", fix }
}

/// What looks like a fault, and is none to this packet.
pub const fn sound(trace: &'static str, typed: &'static str) -> Fault {
    Fault { trace, typed, expected: None, says: &[], listener: "", before: "", undo: "", fix: false }
}

impl Fault {
    /// With texts that why or the evidence must hold.
    pub const fn says(self, says: &'static [&'static str]) -> Self {
        Fault { says, ..self }
    }

    /// With somebody who listens.
    pub const fn listens(self, listener: &'static str) -> Self {
        Fault { listener, ..self }
    }

    /// With what is typed before the first trace, in which all is still well.
    pub const fn before(self, before: &'static str) -> Self {
        Fault { before, ..self }
    }

    /// With what is typed in the end.
    pub const fn undo(self, undo: &'static str) -> Self {
        Fault { undo, ..self }
    }

    /// Nobody can know what mends it: there may be no fix. If there is one, it must do.
    pub const fn without_fix(self) -> Self {
        Fault { fix: false, ..self }
    }
}

/// What is not as expected in a trace's document; nothing when all is.
pub fn complaints(fault: &Fault, document: &Value) -> Vec<String> {
    let Some(expected) = fault.expected else { return Vec::new() };
    let lost = &document["lost"];
    let mut complaints = Vec::new();
    for (key, expected) in ["cause", "leg", "point", "machine", "after"].iter().zip(expected.split(' ')) {
        let found = lost[key].as_str().unwrap_or("nothing");
        if expected != "*" && !expected.split('|').any(|word| word == found) {
            complaints.push(format!("{key} is {found}, not {expected}"));
        }
    }
    let facts = lost["evidence"].as_array().into_iter().flatten().filter_map(|fact| fact["text"].as_str());
    let told: Vec<&str> = facts.chain(lost["why"].as_str()).collect();
    for part in fault.says {
        if !part.split('|').any(|part| told.iter().any(|text| text.contains(part))) {
            complaints.push(format!("neither why nor evidence says: {part}"));
        }
    }
    if fault.fix && lost["fix"].as_str().is_none_or(str::is_empty) {
        complaints.push("there is no fix".to_owned());
    }
    complaints
}
