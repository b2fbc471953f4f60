//! Wherever the cursor comes from, at step N a lab is as one that was brought up to step N and never went further.
//!
//! ```text
//! up --to 31 ─ goto 12 ─ next 5 ─ back 9 ─ goto 40 ─ up        the walker
//!                 ║         ║        ║         ║      ║
//!           up --to 12     17        8        40     up        a fresh lab each, fused and step by step
//! ```
//!
//! The walks and most of the topologies are drawn by lot, from seeds: a walk that fails is walked again.

mod common;

use common::lot::Lot;
use common::state::{LOOK, State};
use common::{Directory, Lab, topology};
use netlab::plan::Plan;
use netlab::topology::parse;

/// A small topology drawn by lot.
fn draw(lot: &mut Lot) -> String {
    let families = lot.pick(&["4", "6", "46"]);
    let both = |v4: String, v6: String| {
        let four = families.contains('4').then_some(v4);
        let six = families.contains('6').then_some(v6);
        four.into_iter().chain(six).map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ")
    };
    let sysctls = [
        "net.ipv4.conf.all.rp_filter: 1",
        "net.ipv4.conf.all.accept_redirects: 1",
        "net.ipv4.conf.eth0.forwarding: 0",
        "net.ipv4.conf.default.rp_filter: 2",
        "net.ipv6.conf.default.accept_ra: 0",
        "net.ipv6.conf.eth0.forwarding: 0",
        "net.ipv4.ip_local_reserved_ports: 8080",
        "net.ipv6.conf.lo.disable_ipv6: 1",
    ];
    let lan = both("198.51.100.0/24".into(), "2001:db8:1::/64".into());
    let cluster = both("10.244.0.0/16".into(), "fd00:10:244::/56".into());
    let routing = lot.pick(&["nodeRoutes", "none"]);
    let masquerade = lot.yes();
    let mut text = format!(
        "lab: x\nnetworks: {{ lan: {{ subnets: [{lan}] }} }}\n\
         cluster: {{ clusterCIDR: [{cluster}], routing: {routing}, masquerade: {masquerade} }}\nnodes:\n"
    );
    for node in 1..=1 + lot.below(2) {
        let address = both(format!("198.51.100.{node}"), format!("2001:db8:1::{node}"));
        let pods: Vec<String> = (0..lot.below(3)).map(|pod| format!("p{node}{pod}: {{}}")).collect();
        let set = format!("{}, {}", sysctls[lot.below(4) as usize], sysctls[4 + lot.below(4) as usize]);
        text +=
            &format!("  n{node}: {{ address: [{address}], pods: {{ {} }}, sysctls: {{ {set} }} }}\n", pods.join(", "));
    }
    if lot.yes() {
        let address = both("198.51.100.99/24".into(), "2001:db8:1::99/64".into());
        text +=
            &format!("hosts: {{ out: {{ interfaces: {{ eth0: {{ network: lan, addresses: [{address}] }} }} }} }}\n");
    }
    text
}

#[track_caller]
fn look(lab: &Lab) -> State {
    State::parse(&lab.script("fabric", &format!("export unsettled=1\n{LOOK}")).success()).without_what_follows()
}

/// The two labs are the same, once their links have settled.
#[track_caller]
fn assert_same(walker: &Lab, fresh: &Lab, what: &str) {
    State::assert_become_same(|| look(fresh), || look(walker), &format!("a fresh lab (-), {what} (+)"));
}

/// A walk of so many moves over a topology.
fn walk(file: &str, seed: u64, moves: u32) {
    let text = std::fs::read_to_string(file).expect("the file");
    let total = Plan::of(&parse(file, &text).unwrap_or_else(|failure| panic!("\n{failure}\n{text}"))).len();
    let mut lot = Lot(seed);
    let walker = Lab::place();
    let mut at = lot.below(total + 1);
    let mut walked = format!("{file}, seed {seed}: up --to {at}");
    walker.run(&["up", file, "--to", &at.to_string()]).success();
    let up_to = |n: u32, words: &[&str]| {
        // The rules' comments name the lab.
        let fresh = Lab::named(&walker.name);
        fresh.run(&[&["up", file, "--to", &n.to_string()], words].concat()).success();
        fresh
    };
    for number in 0..moves {
        let target = lot.below(total + 1);
        let (way, count) = match (lot.below(3), at) {
            (0, at) if at > 0 => ("back", 1 + lot.below(at)),
            (1, at) if at < total => ("next", 1 + lot.below(total - at)),
            _ => ("goto", target),
        };
        at = match way {
            "back" => at - count,
            "next" => at + count,
            _ => target,
        };
        walked += &format!(", {way} {count}");
        let told = walker.run(&[way, &count.to_string(), "--json"]).json();
        assert_eq!(told["cursor"]["done"], at, "{walked}: {told}");
        let one_by_one: &[&str] = if number % 2 == 0 { &["--no-fuse"] } else { &[] };
        let fresh = up_to(at, one_by_one);
        assert_same(&walker, &fresh, &walked);
        fresh.down_among_others();
    }
    let (fused, unfused) = (up_to(at, &[]), up_to(at, &["--no-fuse"]));
    assert_same(&fused, &unfused, &format!("{file} fused --to {at}"));
    unfused.run(&["up", file]).success();
    for (lab, words) in [(&walker, &["up", file][..]), (&fused, &["up", file, "--no-fuse"])] {
        lab.run(words).success();
        assert_same(lab, &unfused, &format!("{walked}, up"));
    }
    [fused, unfused, walker].iter().for_each(Lab::down_among_others);
}

/// Walks over topologies that are drawn by lot.
fn by_lot(seeds: std::ops::Range<u64>) {
    let directory = Directory::new();
    for seed in seeds {
        let file = directory.file(&format!("seed-{seed}.yaml"), draw(&mut Lot(seed)));
        walk(&file, seed, 3);
    }
}

#[test]
fn the_cursor_leads_to_the_same_lab_wherever_it_comes_from_seeds_1_and_2() {
    by_lot(1..3);
}

#[test]
fn the_cursor_leads_to_the_same_lab_wherever_it_comes_from_seeds_3_and_4() {
    by_lot(3..5);
}

#[test]
fn the_cursor_leads_to_the_same_lab_wherever_it_comes_from_seeds_5_and_6() {
    by_lot(5..7);
}

#[test]
fn the_cursor_leads_to_the_same_lab_over_topologies_that_are_shipped() {
    for (seed, file) in (7..).zip(["one-node.yaml", "ipv6-only.yaml"]) {
        walk(&topology(file), seed, 2);
    }
}
