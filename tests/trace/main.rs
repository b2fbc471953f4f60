//! `netlab trace` is asked why packets die in labs that were broken by hand, and what it says is checked against `ping`,
//! `nc` and `tcpdump`.
//!
//! ```text
//!                    typed                                  trace                     its fix, pasted
//! delivered ──▶ ip -n node-1 route delete 10.244.2.0/24 ──▶ lost: node-1, no-route ──▶ netlab exec … ──▶ delivered
//! ```
//!
//! The faults are tables, one file for each subject, and were all seen to break what they break (`bench.rs`).

#[path = "../common/mod.rs"]
mod common;

mod bench;
mod document;
mod fault;
mod forwarding;
mod links;
mod plain;
mod ports;
mod routes;
mod witness;

use bench::walk;

const THREE: &str = "three-nodes.yaml";
const DUAL: &str = "dual-stack.yaml";
const SIX: &str = "ipv6-only.yaml";

#[test]
fn routes_on_three_nodes() {
    walk(THREE, "", &[routes::THREE]);
}

#[test]
fn routes_of_ipv6() {
    walk(SIX, "", &[routes::SIX]);
}

#[test]
fn routes_on_two_stacks() {
    walk(DUAL, "", &[routes::DUAL]);
}

#[test]
fn forwarding_on_three_nodes() {
    walk(THREE, "", &[forwarding::THREE]);
}

#[test]
fn forwarding_of_ipv6() {
    walk(SIX, "", &[forwarding::SIX]);
}

#[test]
fn links_on_three_nodes() {
    walk(THREE, "", &[links::THREE]);
}

#[test]
fn links_on_two_stacks() {
    walk(DUAL, "", &[links::DUAL]);
}

#[test]
fn ports_on_three_nodes() {
    walk(THREE, "", &[ports::THREE]);
}
