//! Several faults at once, and faults of a lab whose cursor is in the middle.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::Bench;
use crate::fault::{Fault, complaints};
use crate::{addresses, links, ports, routes, rules, sysctls};

/// How long the drawing of lots goes on, and how often at most.
const ENOUGH: Duration = Duration::from_secs(15);
const ROUNDS: usize = 12;

/// Draws from these tables by lot, always the same.
fn draw(source: &str, tables: &[&[Fault]], seed: u64) {
    let all: Vec<&Fault> = tables.iter().copied().flatten().collect();
    let mut state = seed;
    let mut below = |limit: usize| {
        // Knuth's MMIX generator: the upper bits are good enough.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % limit
    };
    let mut bench = Bench::new(source);
    let end = Instant::now() + ENOUGH;
    for _ in (0..ROUNDS).take_while(|_| Instant::now() < end) {
        let several: Vec<&Fault> = (0..2 + below(4)).map(|_| all[below(all.len())]).collect();
        let typed: Vec<&str> = several.iter().map(|fault| fault.typed).collect();
        let what = format!("all of these:\n{}\n", typed.join("\n"));
        println!("{what}");
        bench.type_all(&several);
        let commands = bench.dry_run();
        if !commands.iter().any(|line| line.contains("is as its plan says")) {
            bench.type_script(&commands);
        }
        bench.assert_links_as_new(&what);
        bench.type_all(&several);
        bench.lab.run(&["repair"]).success();
        bench.assert_links_as_new(&what);
    }
}

#[test]
fn several_at_once_on_one_node() {
    draw("one-node.yaml", &[links::ONE, ports::ONE, addresses::ONE, routes::ONE, sysctls::ONE], 1);
}

#[test]
fn several_at_once_on_two_stacks() {
    draw("dual-stack.yaml", &[links::DUAL, addresses::DUAL, routes::DUAL, rules::DUAL, sysctls::DUAL], 2);
}

#[test]
fn where_the_cursor_is_in_the_middle() {
    let mut bench = Bench::new("one-node.yaml");
    let steps = bench.plan["steps"].as_array().expect("steps").clone();
    let number = |command: &str| {
        let step = steps.iter().find(|step| step["command"].as_str().is_some_and(|typed| typed.contains(command)));
        step.and_then(|step| step["number"].as_u64()).expect("a step")
    };
    // The pipe of red is laid, and nothing in red is done.
    let laid = number("link set veth-red up");
    bench.lab.run(&["goto", &laid.to_string()]).success();
    bench.assert_clean("half a lab");
    bench.shell.done("ip -n node-1 link set veth-red nomaster; ip -n node-1 link set cni0 mtu 1400");
    let found = ["missing node-1 | veth-red as a port of cni0 | master cni0", "changed node-1 | mtu 1400 | add cni0"];
    assert_eq!(complaints(&found, &bench.diff(), &bench.plan), [""; 0]);
    bench.lab.run(&["repair"]).success();
    bench.assert_clean("half a lab again");

    // What somebody has done ahead of the cursor is foreign, and says whose it will be.
    bench.shell.done("ip -n red addr add 10.244.1.2/24 dev eth0; ip netns add blue");
    let found =
        ["foreign red | the cursor has not come to it | addr add", "foreign blue | namespace blue | netns add blue"];
    assert_eq!(complaints(&found, &bench.diff(), &bench.plan), [""; 0]);
    let address = bench.diff()["differences"].as_array().into_iter().flatten().find(|d| d["machine"] == "red").cloned();
    assert_eq!(address.map(|d| d["step"].clone()), Some(Value::from(number("addr add 10.244.1.2/24"))));
    bench.lab.run(&["repair"]).success();
    bench.assert_clean("half a lab once more");
    bench.lab.run(&["goto", &steps.len().to_string()]).success();
    bench.assert_as_new("a whole lab");
}
