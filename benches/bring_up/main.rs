//! Whole processes against each other: `netlab`, the floor, `ip -batch`, and what a workshop types.
//!
//! ```text
//! round 1:  floor, 1 thread · floor, 2 threads · netlab · ip -batch · typed
//! round 2:  netlab · ip -batch · typed · floor, 1 thread · floor, 2 threads        … each begins with another one
//!           └─ one run: a throw-away mount and network namespace ─▶ up, timed ─▶ down, timed ─▶ wait until all is gone
//! ```
//!
//! `cargo bench --bench bring_up -- --sizes 3x2,20x50 --rounds 5`, as root. `benches/README.md` says what each road does
//! and what was measured.

mod meter;
mod report;
mod roads;
mod settle;

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::str::FromStr;
use std::time::Instant;

use clap::Parser;

use meter::Measured;
use roads::{Kind, Road};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Compare netlab with the floor, with `ip -batch`, and with typed commands.
#[derive(Debug, Parser)]
#[command(name = "bring_up")]
struct Arguments {
    /// How many nodes, and pods on each of them
    #[arg(long, value_delimiter = ',', default_value = "3x2,20x50,50x100")]
    sizes: Vec<Size>,
    /// How many rounds (otherwise 21, 7 and 3, fewer the more pods there are)
    #[arg(long)]
    rounds: Option<usize>,
    /// The crate of the floor program, which is not part of netlab
    #[arg(long, env = "NETLAB_FLOOR", value_name = "PATH")]
    floor: Option<PathBuf>,
    /// Roads to leave out: floor, batch, typed
    #[arg(long, value_delimiter = ',', value_enum)]
    skip: Vec<Kind>,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// Nodes and pods on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    nodes: usize,
    pods: usize,
}

impl Size {
    fn total(self) -> usize {
        self.nodes * self.pods
    }

    /// How often a road is taken without `--rounds`; the slow ones once, or not at all.
    fn rounds(self, kind: Kind, asked: Option<usize>) -> usize {
        let usual = match self.total() {
            0..=100 => 21,
            101..=2000 => 7,
            _ => 3,
        };
        match (kind, self.total()) {
            (Kind::Typed, 2001..) => 0,
            (Kind::Typed, 201..) | (Kind::Batch, 2001..) => 1,
            _ => asked.unwrap_or(usual),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('x').and_then(|(n, p)| Some((n.parse().ok()?, p.parse().ok()?)));
        match parts {
            Some((nodes @ 1..=250, pods @ 0..=250)) => Ok(Size { nodes, pods }),
            _ => Err("expected NODESxPODS, such as 20x50, each at most 250".into()),
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.nodes, self.pods)
    }
}

/// The binary that is measured: cargo builds it before the bench, with the release profile's settings.
pub const NETLAB: &str = env!("CARGO_BIN_EXE_netlab");

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let outcome = match (words.next().as_deref(), words.next()) {
        (Some(meter::WORD), Some(run)) => meter::main(&run),
        _ => compare(&Arguments::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: &Arguments) -> Result<()> {
    if !nix::unistd::Uid::effective().is_root() {
        return Err("this comparison needs root: the other roads have no sandbox of their own".into());
    }
    settle::leave_the_hosts_network()?;
    let work = tempdir()?;
    let outcome = run_all(arguments, &work);
    std::fs::remove_dir_all(&work)?;
    outcome
}

fn run_all(arguments: &Arguments, work: &std::path::Path) -> Result<()> {
    report::machine();
    let floor = match arguments.skip.contains(&Kind::Floor) {
        true => None,
        false => roads::build_floor(arguments.floor.as_deref(), work)?,
    };
    for size in &arguments.sizes {
        let roads = roads::all(*size, floor.as_deref(), &arguments.skip, work)?;
        let runs = interleaved(*size, &roads, arguments.rounds)?;
        report::table(*size, &roads, &runs);
    }
    report::help(&times_of_help(400)?);
    Ok(())
}

/// Takes each road in each round; every round begins with another one, so that none is always first.
fn interleaved(size: Size, roads: &[Road], asked: Option<usize>) -> Result<Vec<Vec<Measured>>> {
    let mut runs: Vec<Vec<Measured>> = vec![Vec::new(); roads.len()];
    let rounds = roads.iter().map(|road| size.rounds(road.kind, asked)).max().unwrap_or(0);
    for round in 0..rounds {
        for turn in 0..roads.len() {
            let place = (turn + round) % roads.len();
            let road = &roads[place];
            if round >= size.rounds(road.kind, asked) {
                continue;
            }
            eprint!("\r{size}: round {} of {rounds}: {:<20}", round + 1, road.name);
            let mut measured = meter::run(road)?;
            measured.gone = settle::wait()?;
            runs[place].push(measured);
        }
    }
    eprintln!("\r{size}: {rounds} rounds done{:<30}", "");
    Ok(runs)
}

/// How long `netlab --help` takes, and `true` for comparison: both start a process and write nowhere.
fn times_of_help(times: usize) -> Result<[Vec<f64>; 2]> {
    let once = |program: &str, argument: &str| -> Result<f64> {
        let start = Instant::now();
        Command::new(program).arg(argument).stdout(Stdio::null()).status()?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    };
    let mut found = [Vec::new(), Vec::new()];
    for _ in 0..times {
        found[0].push(once(NETLAB, "--help")?);
        found[1].push(once("true", "--help")?);
    }
    Ok(found)
}

/// A directory of our own for files that the roads need.
fn tempdir() -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("netlab-bench-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    Ok(path)
}
