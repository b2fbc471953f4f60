//! A fault: what is typed, how many commands mend it, and what is found.
//!
//! ```text
//! fault("ip -n pod-a route delete default", 1, &["missing pod-a | route default via | route add default"])
//!        typed in the lab's shell           │     sort, machine   what is told        the step's command
//!                                           └ that many
//! ```

use serde_json::Value;

/// One thing that a person does to a lab.
#[derive(Debug)]
pub struct Fault {
    /// What is typed in the lab's shell.
    pub typed: &'static str,
    /// How many commands mend it; 0 where that depends on the host.
    pub mends: usize,
    /// What is found, but for what only follows: each `sort machine | part of the text | part of the step's command`.
    /// Without the last part there is no step.
    pub found: &'static [&'static str],
}

/// A fault.
pub const fn fault(typed: &'static str, mends: usize, found: &'static [&'static str]) -> Fault {
    Fault { typed, mends, found }
}

/// What is not as it should be in what `netlab diff --json` tells; nothing when all is well.
pub fn complaints(expected: &[&str], diff: &Value, plan: &Value) -> Vec<String> {
    let all = diff["differences"].as_array().expect("differences");
    let mut left: Vec<&Value> = all.iter().filter(|difference| difference["follows"] == false).collect();
    let mut complaints = Vec::new();
    for expectation in expected {
        match left.iter().position(|difference| fits(expectation, difference, plan)) {
            Some(place) => _ = left.remove(place),
            None => complaints.push(format!("not found: {expectation}")),
        }
    }
    complaints.extend(left.iter().map(|difference| format!("not expected: {difference}")));
    complaints
}

fn fits(expectation: &str, difference: &Value, plan: &Value) -> bool {
    let mut parts = expectation.split(" | ");
    let head = parts.next().unwrap_or_default();
    let (sort, machine) = head.split_once(' ').expect("a sort and a machine");
    let what = parts.next().expect("a text");
    let step = match (parts.next(), difference["step"].as_u64()) {
        (None, None) => true,
        (Some(command), Some(number)) => {
            let steps = plan["steps"].as_array().expect("steps");
            let step = steps.iter().find(|step| step["number"] == number).expect("the step");
            step["command"].as_str().is_some_and(|typed| typed.contains(command))
        }
        _ => false,
    };
    let text = difference["what"].as_str().expect("a text");
    difference["sort"] == sort && difference["machine"] == machine && text.contains(what) && step
}
