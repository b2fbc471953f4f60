//! How long `netlab trace` takes, as whole processes, against one `ping` by `netlab exec`.
//!
//! ```text
//! round 1:  ping · delivered · lost      three nodes, then a thousand pods
//! round 2:  delivered · lost · ping      … each begins with another one
//! ```
//!
//! `cargo bench --bench trace -- --rounds 15`, as anybody who may make labs. `lost` is a trace in a second lab of the same
//! topology, in which the way back has no route. At the end: the round trip that a trace tells, and that of ping.

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use common::{Result, median, netlab, run, timed};
use serde_json::Value;

/// Compare `netlab trace` with a ping.
#[derive(Debug, Parser)]
#[command(name = "trace")]
struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// A topology, who asks whom there, and the command that takes the way back away.
struct Place {
    file: &'static str,
    pair: [&'static str; 2],
    address: &'static str,
    without_way_back: [&'static str; 5],
}

const PLACES: [Place; 2] = [
    Place {
        file: "three-nodes.yaml",
        pair: ["pod-a", "pod-c"],
        address: "10.244.2.2",
        without_way_back: ["node-2", "ip", "route", "delete", "10.244.1.0/24"],
    },
    Place {
        file: "large.yaml",
        pair: ["n1-p1", "n20-p50"],
        address: "10.244.19.51",
        without_way_back: ["n20", "ip", "route", "delete", "10.244.0.0/24"],
    },
];

/// What is timed, in order of rotation.
const ROADS: [&str; 3] = ["ping", "delivered", "lost"];

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(|state| PLACES.iter().try_for_each(|place| measure(place, &arguments, state)))
}

fn measure(place: &Place, arguments: &Arguments, state: &Path) -> Result<()> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("topologies").join(place.file);
    let file = file.to_string_lossy();
    netlab(state, &["--lab", "well", "up", &file])?;
    netlab(state, &["--lab", "ill", "up", &file])?;
    let [machine, fault @ ..] = place.without_way_back;
    netlab(state, &[&["--lab", "ill", "exec", machine, "--"], &fault[..]].concat())?;
    let [from, to] = place.pair;
    let roads: [Vec<&str>; 3] = [
        vec!["--lab", "well", "exec", from, "--", "ping", "-q", "-c", "1", place.address],
        vec!["--lab", "well", "trace", from, to],
        vec!["--lab", "ill", "trace", from, to],
    ];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..arguments.rounds {
        for turn in 0..roads.len() {
            let road = (turn + round) % roads.len();
            times[road].push(timed(state, &roads[road])?);
        }
    }
    println!(
        "{}, {} rounds: milliseconds, median (min–max), and the ratio to ping's median",
        place.file, arguments.rounds
    );
    let ping = median(&mut times[0]);
    for (name, times) in ROADS.iter().zip(&mut times) {
        let middle = median(times);
        let ratio = middle / ping;
        println!("  {name:<10} {middle:7.1} ({:.1}–{:.1})  {ratio:5.1}", times[0], times[times.len() - 1]);
    }
    println!("  round trip told by trace {:.3} ms, by ping {}", told(state, from, to)?, pinged(state, place)?);
    netlab(state, &["down", "--all"])?;
    Ok(())
}

/// The round trip that a trace tells, in milliseconds.
fn told(state: &Path, from: &str, to: &str) -> Result<f64> {
    let document: Value = serde_json::from_str(&netlab(state, &["--lab", "well", "--json", "trace", from, to])?)?;
    let nanoseconds = document["timing"]["roundTripNs"].as_f64().ok_or("the trace tells no time")?;
    Ok(nanoseconds / 1_000_000.0)
}

/// What ping says of its last nine.
fn pinged(state: &Path, place: &Place) -> Result<String> {
    let words = ["--lab", "well", "exec", place.pair[0], "--", "ping", "-q", "-i", "0.01", "-c", "9", place.address];
    let said = netlab(state, &words)?;
    let line = said.lines().find(|line| line.contains("min/avg/max")).ok_or("ping tells no time")?;
    Ok(line.replace("rtt ", ""))
}
