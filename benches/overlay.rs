//! What an overlay costs: bytes, microseconds, and throughput between two pods on different nodes.
//!
//! ```text
//! round 1:  direct · vxlan · vxlan, jumbo underlay      the same cluster; each round begins with another one
//! round 2:  vxlan · vxlan, jumbo underlay · direct      … all three labs are up all the time
//! ```
//!
//! `cargo bench --bench overlay -- --rounds 9`, as anybody who may make labs. This program is its own client and server,
//! which `netlab exec` starts in the pods: a byte there and back over TCP, many times, and as many bytes as fit into half
//! a second. The bytes of a ping are read from the node's own counters.

mod common;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use common::{Result, command, median, netlab, run, timed};
use serde_json::Value;

/// Measure an overlay against routes of the nodes.
#[derive(Debug, Parser)]
#[command(name = "overlay")]
struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Be the server at this port
    #[arg(long, hide = true)]
    serve: Option<u16>,
    /// Be the client of the server at this address, and print what was measured
    #[arg(long, hide = true)]
    measure: Option<SocketAddr>,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// The port of the server.
const PORT: u16 = 7000;

/// The server's pod in all labs.
const SERVER: (&str, IpAddr) = ("pod-c", IpAddr::V4(Ipv4Addr::new(10, 244, 2, 2)));

/// How often a byte goes there and back.
const TURNS: usize = 4000;

/// How long bytes are sent.
const SENDING: Duration = Duration::from_millis(500);

/// How many pings are counted.
const PINGS: u32 = 200;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (arguments.serve, arguments.measure) {
        (Some(port), _) => serve(port),
        (None, Some(server)) => measure(server),
        (None, None) => return run(|state| compare(arguments.rounds, state)),
    };
    done.map_or_else(|error| panic!("{error}"), |()| ExitCode::SUCCESS)
}

/// Answers each byte with a byte if the first one is an `a`, and swallows all if not.
fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
    println!("ready");
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        let mut first = [0];
        stream.read_exact(&mut first)?;
        let mut buffer = vec![0; 1 << 18];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            if first == *b"a" {
                stream.write_all(&buffer[..length])?;
            }
        }
    }
    Ok(())
}

/// Prints the median of a byte's way there and back in microseconds, and Gbit/s.
fn measure(server: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.write_all(b"a")?;
    let mut times = Vec::with_capacity(TURNS);
    let mut byte = [7];
    for _ in 0..TURNS {
        let start = Instant::now();
        stream.write_all(&byte)?;
        stream.read_exact(&mut byte)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    // The server has one guest at a time.
    drop(stream);
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(b"s")?;
    let buffer = vec![0; 1 << 18];
    let (start, mut sent) = (Instant::now(), 0_usize);
    while start.elapsed() < SENDING {
        sent += stream.write(&buffer)?;
    }
    println!("{} {}", median(&mut times), sent as f64 * 8.0 / start.elapsed().as_secs_f64() / 1e9);
    Ok(())
}

/// One way to connect the nodes.
struct Road {
    name: &'static str,
    lab: &'static str,
    /// How long `netlab up` took, in milliseconds.
    up: f64,
    microseconds: Vec<f64>,
    gigabits: Vec<f64>,
}

impl Road {
    fn new(name: &'static str, lab: &'static str) -> Self {
        Road { name, lab, up: 0.0, microseconds: Vec::new(), gigabits: Vec::new() }
    }

    fn netlab(&self, state: &Path, words: &[&str]) -> Result<String> {
        netlab(state, &[&["--lab", self.lab], words].concat())
    }
}

fn compare(rounds: usize, state: &Path) -> Result<()> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("topologies/overlay.yaml");
    let vxlan = std::fs::read_to_string(file)?;
    let jumbo = vxlan.replace("subnets: [192.168.1.0/24]", "subnets: [192.168.1.0/24], mtu: 9000");
    let texts = [vxlan.replace("routing: vxlan", "routing: nodeRoutes"), vxlan, jumbo];
    let mut roads = [Road::new("direct", "direct"), Road::new("vxlan", "vxlan"), Road::new("vxlan, jumbo", "jumbo")];
    let mut servers = Vec::new();
    let directory = state.with_extension("files");
    std::fs::create_dir_all(&directory)?;
    let measured = (|| {
        for (road, text) in roads.iter_mut().zip(&texts) {
            let file = directory.join(road.lab);
            std::fs::write(&file, text)?;
            road.up = timed(state, &["--lab", road.lab, "up", &file.to_string_lossy()])?;
            servers.push(server(road, state)?);
        }
        for round in 0..rounds {
            for turn in 0..roads.len() {
                let index = (turn + round) % roads.len();
                measure_on(&mut roads[index], state)?;
            }
        }
        report(&mut roads, rounds, state)
    })();
    for mut server in servers {
        let _ = server.kill();
        let _ = server.wait();
    }
    let _ = std::fs::remove_dir_all(directory);
    measured
}

/// Starts the server in its pod, and waits until it listens.
fn server(road: &Road, state: &Path) -> Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = command(state, &["--lab", road.lab, "exec", SERVER.0, "--"]);
    let mut child = command.arg(program).args(["--serve", &PORT.to_string()]).stdout(Stdio::piped()).spawn()?;
    let mut ready = [0; 5];
    child.stdout.as_mut().ok_or("no output")?.read_exact(&mut ready)?;
    Ok(child)
}

fn measure_on(road: &mut Road, state: &Path) -> Result<()> {
    let program = std::env::current_exe()?;
    let to = SocketAddr::new(SERVER.1, PORT).to_string();
    let said = road.netlab(state, &["exec", "pod-a", "--", &program.to_string_lossy(), "--measure", &to])?;
    let (time, rate) = said.trim().split_once(' ').ok_or_else(|| format!("the client said {said}"))?;
    road.microseconds.push(time.parse()?);
    road.gigabits.push(rate.parse()?);
    Ok(())
}

fn report(roads: &mut [Road], rounds: usize, state: &Path) -> Result<()> {
    println!("{rounds} rounds, median (min–max), and the ratio to direct within a round");
    let mut first: Option<(Vec<f64>, Vec<f64>)> = None;
    for road in roads {
        let bytes = bytes_of_a_ping(road, state)?;
        let (direct_time, direct_rate) =
            first.get_or_insert_with(|| (road.microseconds.clone(), road.gigabits.clone())).clone();
        let ratio = |values: &[f64], base: &[f64]| {
            median(&mut values.iter().zip(base).map(|(value, base)| value / base).collect::<Vec<_>>())
        };
        let slower = ratio(&road.microseconds, &direct_time);
        let faster = ratio(&road.gigabits, &direct_rate);
        let spread = |values: &mut Vec<f64>| {
            let middle = median(values);
            format!("{middle:6.1} ({:.1}–{:.1})", values[0], values[values.len() - 1])
        };
        println!(
            "  {:<14} up in {:.0} ms   a ping of 56 bytes is {bytes} on the wire   {} µs there and back, {slower:.2} ×   {} Gbit/s, {faster:.2} ×",
            road.name,
            road.up,
            spread(&mut road.microseconds),
            spread(&mut road.gigabits),
        );
    }
    Ok(())
}

/// How many bytes node-1 sends for one ping, Ethernet's header included.
fn bytes_of_a_ping(road: &Road, state: &Path) -> Result<u64> {
    let sent = || -> Result<u64> {
        let text = road.netlab(state, &["exec", "node-1", "--", "ip", "-j", "-s", "link", "show", "eth0"])?;
        let document: Value = serde_json::from_str(&text)?;
        document[0]["stats64"]["tx"]["bytes"].as_u64().ok_or_else(|| "ip tells no bytes".into())
    };
    let count = PINGS.to_string();
    let words = ["exec", "pod-a", "--", "ping", "-q", "-c", &count, "-i", "0.002", &SERVER.1.to_string()];
    // The first time neighbours ask for each other.
    road.netlab(state, &words)?;
    let before = sent()?;
    road.netlab(state, &words)?;
    Ok((sent()? - before) / u64::from(PINGS))
}
