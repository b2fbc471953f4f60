//! What was measured, as Markdown.

use super::meter::Measured;
use super::roads::{Kind, Road, YARDSTICK};
use super::{NETLAB, Size};

/// The machine, and how busy it is: times without it mean nothing.
pub fn machine() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let megabytes = std::fs::metadata(NETLAB).map_or(0.0, |m| m.len() as f64 / 1e6);
    println!("{cpus} CPUs: {}", model.trim_start_matches(['\t', ' ', ':']));
    println!("Linux {}, load average {}", read("/proc/sys/kernel/osrelease").trim(), read("/proc/loadavg").trim());
    println!("netlab {}, {megabytes:.1} MB\n", env!("CARGO_PKG_VERSION"));
}

/// The table of one size, and what netlab aims at.
pub fn table(size: Size, roads: &[Road], runs: &[Vec<Measured>]) {
    let yardstick = roads.iter().position(|road| road.name == YARDSTICK).map(|place| &runs[place]);
    println!("### {size}: {} pods\n", size.total());
    println!(
        "| road | rounds | up, ms | down, ms | gone after, ms | up / floor | peak memory, MB | processes and threads |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (road, runs) in roads.iter().zip(runs).filter(|(_, runs)| !runs.is_empty()) {
        let of = |pick: fn(&Measured) -> f64| runs.iter().map(pick).collect::<Vec<_>>();
        let ratios =
            yardstick.map(|yardstick| runs.iter().zip(yardstick).map(|(a, b)| a.up / b.up).collect::<Vec<_>>());
        let ratio = ratios.filter(|r| !r.is_empty()).map_or_else(|| "–".into(), |ratios| spread(&ratios, 2));
        println!(
            "| {} | {} | {} | {} | {:.0} | {ratio} | {:.1} | {:.0} |",
            road.name,
            runs.len(),
            spread(&of(|m| m.up), 1),
            spread(&of(|m| m.down), 1),
            median(&of(|m| m.gone)),
            median(&of(|m| m.memory)) / 1024.0,
            // Others can only add to what the machine counts.
            of(|m| m.started).into_iter().fold(f64::INFINITY, f64::min),
        );
    }
    println!();
    let Some(place) = roads.iter().position(|road| road.kind == Kind::Netlab) else { return };
    let netlab = &runs[place];
    let of = |pick: fn(&Measured) -> Option<f64>| netlab.iter().filter_map(pick).collect::<Vec<_>>();
    let (steps_done, pause) = (of(|m| m.steps_done), of(|m| m.pause));
    if !steps_done.is_empty() {
        println!(
            "- netlab: all steps done after {:.1} ms; the rest is waiting until ports forward",
            median(&steps_done)
        );
    }
    if !pause.is_empty() {
        println!("- netlab: the pause process holds {:.0} kB (PSS)", median(&pause));
    }
    for (kind, name) in [(Kind::Batch, "`ip -batch`"), (Kind::Typed, "typed commands")] {
        let Some(other) = roads.iter().position(|road| road.kind == kind) else { continue };
        // Within a round, as all ratios: the machine is not equally busy in all of them.
        let ratios: Vec<f64> = runs[other].iter().zip(netlab).map(|(other, netlab)| other.up / netlab.up).collect();
        if !ratios.is_empty() {
            println!("- {name}: {} × netlab", spread(&ratios, 1));
        }
    }
    println!("- aims: {}\n", aims(size));
}

/// What the project set itself.
fn aims(size: Size) -> &'static str {
    match size.total() {
        0..=10 => "up under 20 ms",
        1000 => {
            "at most 1.25 × floor (stretch 1.10), 5 × faster than `ip -batch`, 90 × faster than typed, down under \
             50 ms, memory under 16 MB, no process per pod or node"
        }
        5000 => "at most 1.25 × floor (stretch 1.10), 5 × faster than `ip -batch`, no process per pod or node",
        _ => "none for this size",
    }
}

/// `netlab --help`.
pub fn help([netlab, nothing]: &[Vec<f64>; 2]) {
    println!("### `netlab --help`\n");
    println!("{} ms; `true` takes {} ms (median and the middle eighty of a hundred)", middle(netlab), middle(nothing));
    println!("- aim: about 1 ms");
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

fn at(values: &[f64], part: f64) -> f64 {
    let place = (values.len().saturating_sub(1) as f64 * part).round() as usize;
    values.get(place).copied().unwrap_or(f64::NAN)
}

fn median(values: &[f64]) -> f64 {
    let values = sorted(values);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 if half > 0 => (values[half - 1] + values[half]) / 2.0,
        _ => at(&values, 0.5),
    }
}

/// The median, with the least and the greatest.
fn spread(values: &[f64], digits: usize) -> String {
    let values = sorted(values);
    match values.len() {
        0 | 1 => format!("{:.digits$}", at(&values, 0.5)),
        _ => format!("{:.digits$} ({:.digits$}–{:.digits$})", median(&values), at(&values, 0.0), at(&values, 1.0)),
    }
}

fn middle(values: &[f64]) -> String {
    let values = sorted(values);
    format!("{:.2} ({:.2}–{:.2})", at(&values, 0.5), at(&values, 0.1), at(&values, 0.9))
}
