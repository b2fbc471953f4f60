//! A fault: what is traced, what is typed, and what the trace must find.
//!
//! ```text
//! lost("pod-a pod-c", "ip -n node-1 route delete 10.244.2.0/24", "no-route there underway node-1 cni0")
//!       arguments      typed in the lab's shell                   cause    leg   point    machine, after
//! ```
//!
//! Where more than one word is true, `|` stands between them, and `*` where nothing is claimed. Where the packet may come
//! further (neighbours that are remembered need not be asked), ` or ` stands between the two deaths.

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
    /// How many faults there are, one behind the other: so many fixes it takes.
    pub turns: usize,
    /// Whether somebody answers a `ping` all the same.
    pub answered: bool,
}

/// A fault that loses the packet.
pub const fn lost(trace: &'static str, typed: &'static str, expected: &'static str) -> Fault {
    Fault { expected: Some(expected), fix: true, ..sound(trace, typed) }
}

/// What looks like a fault, and is none to this packet.
pub const fn sound(trace: &'static str, typed: &'static str) -> Fault {
    let (expected, says, listener, before, undo) = (None, &[], "", "", "");
    Fault { trace, typed, expected, says, listener, before, undo, fix: false, turns: 1, answered: false }
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

    /// With another fault behind it, which is told when this one is mended.
    pub const fn then_another(self) -> Self {
        Fault { turns: self.turns + 1, ..self }
    }

    /// Somebody else answers in place of who was asked.
    pub const fn answered_by_another(self) -> Self {
        Fault { answered: true, ..self }
    }

    /// Nobody can know what mends it: there may be no fix. If there is one, it must do.
    pub const fn without_fix(self) -> Self {
        Fault { fix: false, ..self }
    }
}

/// What is not as expected in a trace's document; nothing when all is.
pub fn complaints(fault: &Fault, document: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let notes = document["notes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let Some(expected) = fault.expected else {
        let told: Vec<&str> = notes.collect();
        complaints.extend(unsaid(fault, &told).map(|part| format!("no note says: {part}")));
        return complaints;
    };
    let lost = &document["lost"];
    let wrong = |expected: &str| -> Vec<String> {
        let found = |key| lost[key].as_str().unwrap_or("nothing");
        let pairs = ["cause", "leg", "point", "machine", "after"].into_iter().zip(expected.split(' '));
        let fits = |found: &str, expected: &str| expected == "*" || expected.split('|').any(|word| word == found);
        let wrong = pairs.filter(|&(key, expected)| !fits(found(key), expected));
        wrong.map(|(key, expected)| format!("{key} is {}, not {expected}", found(key))).collect()
    };
    // With neighbours known it may come further than without.
    complaints.extend(expected.split(" or ").map(wrong).min_by_key(Vec::len).unwrap_or_default());
    let facts = lost["evidence"].as_array().into_iter().flatten().filter_map(|fact| fact["text"].as_str());
    let told: Vec<&str> = facts.chain(lost["why"].as_str()).collect();
    complaints.extend(unsaid(fault, &told).map(|part| format!("neither why nor evidence says: {part}")));
    if fault.fix && lost["fix"].as_str().is_none_or(str::is_empty) {
        complaints.push("there is no fix".to_owned());
    }
    complaints
}

/// What should be said and is not.
fn unsaid(fault: &Fault, told: &[&str]) -> impl Iterator<Item = &'static str> {
    let said = |part: &str| part.split('|').any(|part| told.iter().any(|text| text.contains(part)));
    fault.says.iter().copied().filter(move |part| !said(part))
}
