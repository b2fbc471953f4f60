//! One lab and a table of cases.

use serde_json::Value;

use crate::common::{Lab, Ran, run_with_input};

/// What is asked, after which fault, and what is true.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    trace: &'static str,
    fault: &'static str,
    expected: Expected,
    says: &'static [&'static str],
    undo: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Expected {
    /// By which interfaces there, `machine/interface`; empty for any.
    Delivered(&'static str),
    /// Cause, leg, machine and the interface after which it was lost (`-` for none).
    Lost(&'static str, Fix),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fix {
    /// Typed, and that of what is found then, until it is delivered: three times at most.
    Mends,
    /// What is wrong behind it comes to light.
    Begins,
    None,
}

/// It arrives and is answered.
pub const fn delivered(trace: &'static str, fault: &'static str, way: &'static str) -> Case {
    Case { trace, fault, expected: Expected::Delivered(way), says: &[], undo: "" }
}

/// It is lost, and the command that is named mends it.
pub const fn lost(trace: &'static str, fault: &'static str, death: &'static str) -> Case {
    Case { trace, fault, expected: Expected::Lost(death, Fix::Mends), says: &[], undo: "" }
}

/// It is lost, and behind the command that is named something else is wrong.
pub const fn partly(trace: &'static str, fault: &'static str, death: &'static str) -> Case {
    Case { expected: Expected::Lost(death, Fix::Begins), ..lost(trace, fault, death) }
}

/// It is lost, and nobody can know the command that would mend it.
pub const fn hopeless(trace: &'static str, fault: &'static str, death: &'static str) -> Case {
    Case { expected: Expected::Lost(death, Fix::None), ..lost(trace, fault, death) }
}

impl Case {
    /// Words that are in the reason or in the evidence.
    pub const fn says(self, says: &'static [&'static str]) -> Self {
        Case { says, ..self }
    }

    /// What is typed at the end; where it undoes a fault that has no fix, the probe is delivered afterwards.
    pub const fn undo(self, undo: &'static str) -> Self {
        Case { undo, ..self }
    }
}

/// A lab that is planned so.
#[track_caller]
pub fn planned(file: &str) -> Lab {
    let lab = Lab::place();
    run_with_input(&mut lab.netlab(&["up", "-"]), file.as_bytes()).success();
    lab
}

/// A lab that is planned as next to nothing, of which nothing is there, and in which this is typed.
#[track_caller]
pub fn by_hand(script: &str) -> Lab {
    let lab = Lab::place();
    run_with_input(&mut lab.netlab(&["up", "--empty", "-"]), b"lab: x\nnodes: { node-1: }\n").success();
    types(&lab, script).success();
    lab
}

/// Types a script in the fabric; it ends at the first command that fails.
#[track_caller]
pub fn types(lab: &Lab, script: &str) -> Ran {
    lab.script("fabric", &format!("set -e\n{script}\n"))
}

/// What `netlab trace` says.
#[track_caller]
pub fn trace(lab: &Lab, words: &str) -> Value {
    let ran = lab.run(&[&["trace", "--json"], &words.split(' ').collect::<Vec<_>>()[..]].concat());
    assert!(matches!(ran.status, Some(0 | 1)), "{words}: {ran}");
    let status = ran.status;
    let document: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{words}: {e}\n{ran}"));
    assert_eq!(document["result"] == "delivered", status == Some(0), "{document:#}");
    document
}

/// Goes through a table of cases from top to bottom.
#[track_caller]
pub fn walk(lab: &Lab, cases: &[Case]) {
    for case in cases {
        try_one(lab, case);
    }
}

fn try_one(lab: &Lab, case: &Case) {
    types(lab, case.fault).success();
    let document = trace(lab, case.trace);
    let context = || {
        let (way, lost) = (there(&document), &document["lost"]);
        format!("netlab trace {} after\n{}\n{way}\n{lost:#} {}", case.trace, case.fault, document["notes"])
    };
    match case.expected {
        Expected::Delivered(way) => {
            assert_eq!(document["result"], "delivered", "{}", context());
            assert!(way.is_empty() || there(&document) == way, "not by {way}: {}", context());
        }
        Expected::Lost(death, fix) => {
            assert_eq!(document["result"], "lost", "{}", context());
            assert_eq!(words(&document["lost"]), death, "{}", context());
            match fix {
                Fix::None => assert_eq!(document["lost"]["fixPlain"], Value::Null, "{}", context()),
                Fix::Begins => {
                    let after = mended(lab, case, &document).unwrap_or_else(|| panic!("no fix: {}", context()));
                    assert_ne!(words(&after["lost"]), death, "{}", context());
                }
                Fix::Mends => {
                    let mut after = document.clone();
                    for _ in 0..3 {
                        after = mended(lab, case, &after)
                            .unwrap_or_else(|| panic!("no fix for {:#}: {}", after["lost"], context()));
                        if after["result"] == "delivered" {
                            break;
                        }
                    }
                    assert_eq!(after["result"], "delivered", "{:#}\n{}", after["lost"], context());
                }
            }
        }
    }
    let text = format!("{} {}", document["lost"], document["notes"]);
    for words in case.says {
        assert!(text.contains(words), "nothing of {words:?}: {}", context());
    }
    types(lab, case.undo).success();
    if matches!(case.expected, Expected::Lost(_, Fix::None)) && !case.undo.is_empty() {
        let after = trace(lab, case.trace);
        assert_eq!(after["result"], "delivered", "after {}: {:#}", case.undo, after["lost"]);
    }
}

/// What is found after the command that is named was typed. What a bridge has learned it may have learned anew meanwhile:
/// then there is nothing left to mend.
fn mended(lab: &Lab, case: &Case, document: &Value) -> Option<Value> {
    let command = document["lost"]["fixPlain"].as_str()?;
    let ran = types(lab, command);
    let after = trace(lab, case.trace);
    let learned = document["lost"]["cause"] == "fdb-missing" && after["result"] == "delivered";
    assert!(ran.status == Some(0) || learned, "{ran}\n{:#}", document["lost"]);
    Some(after)
}

/// `no-route there node-1 cni0`
fn words(lost: &Value) -> String {
    let word = |key: &str| lost[key].as_str().unwrap_or("-");
    format!("{} {} {} {}", word("cause"), word("leg"), word("machine"), word("after"))
}

/// `pod-a/eth0 node-1/veth-pod-a node-1/cni0 …`
fn there(document: &Value) -> String {
    let hops = document["hops"].as_array().expect("hops").iter().filter(|hop| hop["leg"] == "there");
    let place = |hop: &Value| {
        format!("{}/{}", hop["machine"].as_str().unwrap_or("?"), hop["interface"].as_str().unwrap_or("?"))
    };
    hops.map(place).collect::<Vec<_>>().join(" ")
}
