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

mod addresses;
mod bench;
mod document;
mod fault;
mod firewall;
mod forwarding;
mod journey;
mod leftovers;
mod links;
mod listeners;
mod load;
mod neighbours;
mod odd;
mod overlay;
mod plain;
mod ports;
mod routes;
mod sizes;
mod usage;
mod witness;

use bench::{walk, walk_with};

const THREE: &str = "three-nodes.yaml";
const DUAL: &str = "dual-stack.yaml";
const SIX: &str = "ipv6-only.yaml";

#[test]
fn routes_on_three_nodes() {
    walk(THREE, &[routes::THREE]);
}

#[test]
fn routes_of_ipv6() {
    walk(SIX, &[routes::SIX]);
}

#[test]
fn routes_on_two_stacks() {
    walk(DUAL, &[routes::DUAL]);
}

#[test]
fn forwarding_on_three_nodes() {
    walk(THREE, &[forwarding::THREE]);
}

#[test]
fn forwarding_of_ipv6() {
    walk(SIX, &[forwarding::SIX]);
}

#[test]
fn links_on_three_nodes() {
    walk(THREE, &[links::THREE]);
}

#[test]
fn links_on_two_stacks() {
    walk(DUAL, &[links::DUAL]);
}

#[test]
fn ports_on_three_nodes() {
    walk(THREE, &[ports::THREE]);
}

#[test]
fn addresses_on_three_nodes() {
    walk(THREE, &[addresses::THREE]);
}

#[test]
fn addresses_on_two_stacks() {
    walk(DUAL, &[addresses::DUAL]);
}

#[test]
fn addresses_of_ipv6() {
    walk(SIX, &[addresses::SIX]);
}

#[test]
fn neighbours_on_three_nodes() {
    walk(THREE, &[neighbours::THREE]);
}

#[test]
fn neighbours_of_ipv6() {
    walk(SIX, &[neighbours::SIX]);
}

#[test]
fn firewalls_on_three_nodes() {
    walk(THREE, &[firewall::THREE]);
}

#[test]
fn firewalls_on_two_stacks() {
    walk(DUAL, &[firewall::DUAL]);
}

#[test]
fn sizes_on_three_nodes() {
    walk(THREE, &[sizes::THREE]);
}

#[test]
fn sizes_of_ipv6() {
    walk(SIX, &[sizes::SIX]);
}

#[test]
fn listeners_on_three_nodes() {
    walk(THREE, &[listeners::THREE]);
}

#[test]
fn listeners_on_two_stacks() {
    walk(DUAL, &[listeners::DUAL]);
}

#[test]
fn an_overlay_by_hand() {
    walk_with(THREE, overlay::MAKE, "overlay", &[overlay::FAULTS]);
}

#[test]
fn an_overlay_of_the_plan() {
    walk_with("overlay.yaml", overlay::AGAIN, "true", &[overlay::PLANNED]);
}

#[test]
fn an_overlay_of_ipv6() {
    walk("overlay-dual-stack.yaml", &[overlay::SIX]);
}

#[test]
fn oddities_on_three_nodes() {
    walk(THREE, &[odd::THREE]);
}
