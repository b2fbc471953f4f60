//! How long `netlab trace` takes, as whole processes, against one `ping` by `netlab exec`.
//!
//! ```text
//! round 1:  ping · delivered · lost      three nodes, then a thousand pods
//! round 2:  delivered · lost · ping      … each begins with another one
//! ```
//!
//! `cargo bench --bench trace -- --rounds 15`, as anybody who may make labs. `lost` is a trace in a second lab of the same
//! topology, in which the way back has no route. At the end: the round trip that a trace tells, and that of ping.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use clap::Parser;
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The binary that is measured: cargo builds it before the bench, with the release profile's settings.
const NETLAB: &str = env!("CARGO_BIN_EXE_netlab");

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
    let state = std::env::temp_dir().join(format!("netlab-bench-{}", std::process::id()));
    let done = PLACES.iter().try_for_each(|place| measure(place, &arguments, &state));
    // Also after a failure nothing is to be left.
    let _ = netlab(&state, &["down", "--all"]);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
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

fn netlab(state: &Path, words: &[&str]) -> Result<String> {
    let output = Command::new(NETLAB).args(words).env("NETLAB_STATE_DIR", state).output()?;
    match output.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err(format!("netlab {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn timed(state: &Path, words: &[&str]) -> Result<f64> {
    let mut command = Command::new(NETLAB);
    command.args(words).env("NETLAB_STATE_DIR", state).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status()?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
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
