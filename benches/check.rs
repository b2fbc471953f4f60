//! How long `netlab check` takes for all pairs of a hundred pods, against `ping`.
//!
//! ```text
//! round 1:  flood · check · typed      one lab of ten nodes with ten pods each
//! round 2:  check · typed · flood      … each begins with another one
//! ```
//!
//! `cargo bench --bench check -- --rounds 15`, as anybody who may make labs. `check` sends two echo requests for each of
//! 11,000 pairs, a small one and one of full size. `flood` is one `ping -f` of as many from one pod to another on the next
//! node: what the kernel takes for such packets. `typed` is `ip netns exec POD ping -c 1`, one after the other, for the first
//! 200 pairs, and scaled to all.

mod common;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use common::{Result, median, netlab, run, timed};

/// Compare `netlab check` with ping.
#[derive(Debug, Parser)]
#[command(name = "check")]
struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// Nodes, and pods on each.
const SIZE: [usize; 2] = [10, 10];

/// Each pod to each, and each node to each pod.
const PAIRS: usize = 100 * 100 + 10 * 100;

/// How many pings are typed.
const TYPED: usize = 200;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(|state| measure(&arguments, state))
}

fn measure(arguments: &Arguments, state: &Path) -> Result<()> {
    let topology = netlab(state, &["generate", &SIZE[0].to_string(), &SIZE[1].to_string()])?;
    let file = std::env::temp_dir().join(format!("netlab-bench-{}.yaml", std::process::id()));
    std::fs::write(&file, topology)?;
    let up = netlab(state, &["up", &file.to_string_lossy()]);
    std::fs::remove_file(&file)?;
    up?;
    let count = (2 * PAIRS).to_string();
    // Half of the packets are of full size.
    let flood = ["exec", "n1-p1", "--", "ping", "-q", "-f", "-s", "764", "-c", &count, "10.244.1.2"];
    let pings =
        (0..TYPED).map(|at| format!("ip netns exec n1-p1 ping -q -c 1 10.244.{}.{}", at % 10, 2 + at / 10 % 10));
    let typed = pings.collect::<Vec<_>>().join(" >/dev/null || exit 1\n");
    let roads: [(&str, Vec<&str>, f64); 3] = [
        ("flood", flood.to_vec(), 1.0),
        ("check", vec!["check"], 1.0),
        ("typed", vec!["exec", "fabric", "--", "sh", "-c", &typed], PAIRS as f64 / TYPED as f64),
    ];
    let mut times = [const { Vec::new() }; 3];
    for round in 0..arguments.rounds {
        for turn in 0..roads.len() {
            let road = (turn + round) % roads.len();
            let (_, words, scale) = &roads[road];
            times[road].push(timed(state, words)? * scale);
        }
    }
    println!("{PAIRS} pairs, {} rounds: milliseconds, median (min–max), and the ratio to flood's", arguments.rounds);
    let flood = median(&mut times[0]);
    for ((name, ..), times) in roads.iter().zip(&mut times) {
        let middle = median(times);
        let (least, most) = (times[0], times[times.len() - 1]);
        println!("  {name:<6} {middle:8.0} ({least:.0}–{most:.0})  {:6.2}", middle / flood);
    }
    Ok(())
}
