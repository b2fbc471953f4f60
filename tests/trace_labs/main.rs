//! `netlab trace` where no plan says what is right: labs that are planned oddly, labs that are made by hand, services made
//! of rules, and states that nobody wants.
//!
//! ```text
//! lab ──▶ fault ──▶ trace --json: cause, leg, machine, interface, and words ──▶ its fix, typed ──▶ trace: delivered
//!                                                                  └ none ──▶ what undoes the fault ──▶ delivered
//! ```
//!
//! Each kind of lab is a table of cases, which one lab goes through from top to bottom.

#[path = "../common/mod.rs"]
mod common;

mod at_once;
mod bench;
mod by_hand;
mod circles;
mod overlays;
mod planned;
mod services;

use bench::{by_hand as made, planned as up, walk};
use common::topology;

#[test]
fn routers_in_a_row_and_nodes_that_know_only_them() {
    walk(&up(planned::ROUTERS), planned::ROUTERS_CASES);
    walk(&up(planned::ROUTERS), circles::CASES);
}

#[test]
fn interfaces_and_routes_that_nobody_would_plan() {
    walk(&up(planned::ODD), planned::ODD_CASES);
}

#[test]
fn machines_that_no_plan_knows() {
    walk(&made(by_hand::ROW), by_hand::ROW_CASES);
}

#[test]
fn links_that_stand_on_others() {
    walk(&made(by_hand::MACVLAN), by_hand::MACVLAN_CASES);
}

#[test]
fn a_machine_without_a_name() {
    walk(&made(by_hand::NAMELESS), by_hand::NAMELESS_CASES);
}

#[test]
fn an_overlay_as_flannel_makes_it() {
    walk(&made(overlays::ROUTED), overlays::ROUTED_CASES);
}

#[test]
fn an_overlay_that_is_a_port_of_bridges() {
    walk(&made(overlays::BRIDGED), overlays::BRIDGED_CASES);
}

#[test]
fn services_made_of_rules() {
    let lab = common::Lab::up(&topology("three-nodes.yaml"));
    walk(&lab, services::CASES);
}
