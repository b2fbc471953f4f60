//! How long a change of a running lab takes: 1,000 pods on 20 nodes, and one pod more.
//!
//! ```text
//! round:  same · preview · there · back · add · delete      one lab; there and back, add and delete lead to where it was
//! ```
//!
//! `cargo bench --bench change -- --rounds 5`, as anybody who may make labs. The yardstick is `same`: `netlab up` with the file
//! that the lab has, which looks whether all steps are in force, and does nothing.

mod common;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use common::{Result, median, netlab, run, timed};

/// Measure changes of a running lab.
#[derive(Debug, Parser)]
#[command(name = "change")]
struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many nodes
    #[arg(long, default_value_t = 20)]
    nodes: usize,
    /// How many pods on each
    #[arg(long, default_value_t = 50)]
    pods: usize,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    run(|state| {
        let directory = std::env::temp_dir().join(format!("netlab-bench-{}-files", std::process::id()));
        std::fs::create_dir(&directory)?;
        let done = measure(&arguments, state, &directory);
        std::fs::remove_dir_all(&directory)?;
        done
    })
}

fn measure(arguments: &Arguments, state: &Path, directory: &Path) -> Result<()> {
    let Arguments { rounds, nodes, pods, .. } = arguments;
    let topology = netlab(state, &["generate", &nodes.to_string(), &pods.to_string()])?;
    // Behind the last pod of the first node: no other pod gets another address.
    let last = format!("n1-p{pods}: {{}}");
    let edited = topology.replacen(&last, &format!("{last}, one-more: {{}}"), 1);
    if edited == topology {
        return Err(format!("there is no `{last}` in what `netlab generate` prints").into());
    }
    let file = |name: &str, text: &str| -> Result<String> {
        let path = directory.join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let (one, other) = (file("one.yaml", &topology)?, file("other.yaml", &edited)?);
    netlab(state, &["up", &one])?;
    let roads: [(&str, &[&str]); 6] = [
        ("same", &["up", &one]),
        ("preview", &["up", "--dry-run", &other]),
        ("there", &["up", &other]),
        ("back", &["up", &one]),
        ("add", &["pod", "add", "one-more", "--node", "n1"]),
        ("delete", &["pod", "delete", "one-more"]),
    ];
    let mut times = [const { Vec::new() }; 6];
    for _ in 0..*rounds {
        for ((_, words), times) in roads.iter().zip(&mut times) {
            times.push(timed(state, words)?);
        }
    }
    println!(
        "{nodes} nodes with {pods} pods, {rounds} rounds: milliseconds, median (min–max), and the ratio to same's"
    );
    let same = median(&mut times[0]);
    for ((name, _), times) in roads.iter().zip(&mut times) {
        let middle = median(times);
        let (least, most) = (times[0], times[times.len() - 1]);
        println!("  {name:<8} {middle:8.0} ({least:.0}–{most:.0})  {:6.2}", middle / same);
    }
    Ok(())
}
