//! One case for each mistake: where it is found, and what is said about it.
//!
//! In each file `«` marks the place where the caret must begin; it is taken out before reading.

#[path = "../common/mod.rs"]
mod common;

mod addresses;
mod derivation;
mod expectations;
mod files;
mod keys_and_types;
mod leaving;
mod overlay;
mod routes_and_names;
mod vxlan;
mod yaml;

use netlab::topology::{parse, source};

/// Checks that `marked` has exactly one mistake, at its mark, whose drawing has all of `parts`.
#[track_caller]
fn case(marked: &str, parts: &[&str]) {
    let (failure, expected) = fail(marked);
    let json = failure.to_json();
    let found: Vec<(u64, u64)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap_or(0), one["column"].as_u64().unwrap_or(0)))
        .collect();
    assert_eq!(found, [expected], "\n{failure}");
    for part in parts {
        assert!(failure.to_string().contains(part), "{part:?} is not in\n{failure}");
    }
}

#[track_caller]
fn fail(marked: &str) -> (netlab::topology::Failure, (u64, u64)) {
    let before = marked.split('«').next().unwrap();
    let expected = if before.len() == marked.len() {
        (0, 0)
    } else {
        let line = before.rsplit('\n').next().unwrap();
        (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
    };
    let failure = parse("topology.yaml", &marked.replace('«', "")).expect_err("this file has a mistake");
    (failure, expected)
}

/// A file whose only node is `node-1`, with these keys.
fn node(keys: &str) -> String {
    format!(
        "lab: x
networks:
  lan: {{ subnets: [192.168.1.0/24, \"fd00:1::/64\"] }}
nodes:
  node-1:
    interfaces: {{ eth0: {{ network: lan, addresses: [192.168.1.11/24] }} }}
    bridge: {{ addresses: [10.244.1.1/24] }}
    {keys}
"
    )
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let file = "lab: three nodes
networks: { lan: { subnets: [10.0.0.0/24] } }
nodes:
  a: { interfaces: { eth0: { network: lan, addresses: [10.0.0.1/24] } }, podz: {} }
  b: { interfaces: { eth0: { network: lam, addresses: [10.0.0.1/24] } } }
  c: { interfaces: { eth0: { network: lan, addresses: [10.0.1.1/24] } }, routes: [{ to: default, via: 10.9.9.9 }] }
";
    let (failure, _) = fail(file);
    let titles: Vec<&str> = failure.diagnostics().iter().map(|one| one.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "`three nodes` cannot be the name of a lab",
            "a node has no key `podz`",
            "there is no network lam",
            "10.0.0.1 is given twice",
            "10.0.1.1 is outside the subnets of network lan",
            "the gateway 10.9.9.9 is on no subnet that c is connected to",
        ]
    );
}

#[test]
fn a_mistake_is_drawn_with_its_line_and_with_what_it_clashes_with() {
    let file = "lab: x\nnodes:\n  n:\n    bridge: { addresses: 10.0.0.1/24 }\n    pods:\n      a: { addresses: 10.0.0.2/24 }\n      b: { addresses: 10.0.0.2/24 }\n";
    let drawn = "\
error: 10.0.0.2 is given twice
 --> topology.yaml:7:23
  |
6 |       a: { addresses: 10.0.0.2/24 }
  |                       ----------- to a
7 |       b: { addresses: 10.0.0.2/24 }
  |                       ^^^^^^^^^^^ to b
  |
  = help: leave the pod's `addresses` out: it gets the next free one";
    let (failure, _) = fail(file);
    assert_eq!(failure.to_string(), drawn);
    assert!(failure.render(true).contains("\u{1b}["));
    assert_eq!(failure.to_json()[0]["line"], 7);
    assert_eq!(failure.to_json()[0]["help"], "leave the pod's `addresses` out: it gets the next free one");
}

#[test]
fn a_hundred_mistakes_are_shown_and_the_rest_are_counted() {
    let nodes: String = (0..150).map(|node| format!("  n{node}: {{ x: }}\n")).collect();
    let (failure, _) = fail(&format!("lab: x\nnodes:\n{nodes}"));
    assert_eq!(failure.diagnostics().len(), 100);
    assert!(failure.to_string().ends_with("50 more mistakes are not shown"), "{failure}");
}

#[test]
fn a_very_long_line_is_cut_and_its_column_is_right() {
    let pods: String = (0..3_000).map(|pod| format!("p{pod}: {{ addresses: 1.2.3.4/40 }}, ")).collect();
    let text = format!("lab: x\nnodes: {{ n: {{ pods: {{ {pods} }} }} }}\n");
    let failure = parse("t", &text).unwrap_err();
    let column = text.lines().nth(1).unwrap().match_indices("1.2.3.4/40").nth(50).unwrap().0 + 1;
    assert_eq!(failure.to_json()[50]["column"], column);
    let drawn = failure.to_string();
    assert!(drawn.contains(&format!("t:2:{column}")), "{drawn}");
    assert!(drawn.lines().all(|line| line.len() < 400));
}
