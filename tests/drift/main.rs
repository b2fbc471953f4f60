//! What a person does to a lab with `ip`, `bridge`, `nft` and `sysctl` is found by `netlab diff`, and put right by
//! `netlab repair`.
//!
//! ```text
//!             typed                    diff                        the commands of `repair --dry-run`, typed
//! as new ──▶ ip link set eth0 mtu … ──▶ changed: eth0 has mtu … ─┬▶ ip link set dev eth0 mtu 1500 ──▶ as new
//!                                                                └▶ netlab repair ──────────────────▶ as new
//! ```
//!
//! The faults are tables, one file for each subject. A fault that is mended leaves the lab as it was, so that one lab
//! serves many; each topology has labs of its own, which work at the same time.

#[path = "../common/mod.rs"]
mod common;

mod addresses;
mod bench;
mod fault;
mod leases;
mod limits;
mod links;
mod many;
mod namespaces;
mod neighbours;
mod overlay;
mod ports;
mod routes;
mod rules;
mod several;
mod sysctls;

use bench::walk;

#[test]
fn on_one_node() {
    walk("one-node.yaml", &[links::ONE, ports::ONE, addresses::ONE, sysctls::ONE]);
}

#[test]
fn on_one_node_beyond_its_links() {
    walk("one-node.yaml", &[routes::ONE, neighbours::ONE, rules::ONE, namespaces::ONE]);
}

#[test]
fn on_three_nodes() {
    walk("three-nodes.yaml", &[links::THREE, ports::THREE, routes::THREE, rules::THREE, namespaces::THREE]);
}

#[test]
fn on_two_stacks() {
    walk("dual-stack.yaml", &[links::DUAL, addresses::DUAL, routes::DUAL, rules::DUAL, sysctls::DUAL]);
}

#[test]
fn where_leases_are_files() {
    walk("host-local.yaml", &[leases::HOST_LOCAL]);
}

#[test]
fn where_addresses_are_leased() {
    walk("dhcp.yaml", &[leases::DHCP]);
}

#[test]
fn without_ipv4() {
    walk("ipv6-only.yaml", &[links::SIX, addresses::SIX, routes::SIX, neighbours::SIX, sysctls::SIX]);
}

#[test]
fn over_an_overlay() {
    walk("overlay-by-hand.yaml", &[overlay::FAULTS]);
}

#[test]
fn where_an_overlay_learns() {
    walk(overlay::JOINED, &[overlay::LEARNING]);
}

#[test]
fn where_there_is_a_lot_of_everything() {
    walk(many::FILE, &[many::FAULTS]);
}

/// The tables together are what the tests claim to be.
#[test]
fn there_are_many_faults() {
    let tables: [&[fault::Fault]; 26] = [
        links::ONE,
        links::THREE,
        links::DUAL,
        links::SIX,
        ports::ONE,
        ports::THREE,
        addresses::ONE,
        addresses::DUAL,
        addresses::SIX,
        routes::ONE,
        routes::THREE,
        routes::DUAL,
        routes::SIX,
        neighbours::ONE,
        neighbours::SIX,
        overlay::FAULTS,
        overlay::LEARNING,
        rules::ONE,
        rules::THREE,
        rules::DUAL,
        sysctls::ONE,
        namespaces::ONE,
        namespaces::THREE,
        leases::HOST_LOCAL,
        leases::DHCP,
        many::FAULTS,
    ];
    assert!(tables.iter().map(|table| table.len()).sum::<usize>() > 150);
}
