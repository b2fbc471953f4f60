//! The roads: each is a command that brings the same network up, and one that takes it down.
//!
//! ```text
//! netlab plan --json ──▶ netlab    netlab up FILE                      · netlab down
//!                    ├─▶ batch     ip -batch, one file per namespace   · ip -all netns delete
//!                    └─▶ typed     each command as it would be typed   · ip netns delete, one by one
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use serde_json::Value;

use super::{NETLAB, Result, Size};

/// What kind of road it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The yardstick program.
    Floor,
    /// netlab.
    #[value(skip)]
    Netlab,
    /// `ip -batch`.
    Batch,
    /// What a workshop types.
    Typed,
}

/// A road.
#[derive(Debug)]
pub struct Road {
    pub kind: Kind,
    pub name: &'static str,
    /// The command that brings the network up.
    pub up: Vec<String>,
    /// The command that takes it down.
    pub down: Vec<String>,
    /// netlab's state directory.
    pub state: Option<PathBuf>,
}

/// The name of the road that ratios refer to.
pub const YARDSTICK: &str = "floor, 2 threads";

/// Builds the floor program, which is not part of netlab. Where none is named, that is said.
pub fn build_floor(crate_path: Option<&Path>, work: &Path) -> Result<Option<PathBuf>> {
    let Some(crate_path) = crate_path else {
        println!("No floor program is named (`--floor PATH`): its rows and the ratios are left out.\n");
        return Ok(None);
    };
    let manifest = crate_path.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(format!("there is no floor program at {}: no {}", crate_path.display(), manifest.display()).into());
    }
    let target = work.join("floor");
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    if !built.success() {
        return Err(format!("cannot build {}", manifest.display()).into());
    }
    Ok(Some(target.join("release/floor")))
}

/// All roads for a size.
pub fn all(size: Size, floor: Option<&Path>, skip: &[Kind], work: &Path) -> Result<Vec<Road>> {
    let work = work.join(size.to_string());
    std::fs::create_dir(&work)?;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (nodes, pods) = (size.nodes.to_string(), size.pods.to_string());

    let file = work.join("topology.yaml");
    std::fs::write(&file, output(&["generate", &nodes, &pods])?)?;
    let file = file.to_string_lossy().into_owned();
    let plan: Value = serde_json::from_str(&output(&["plan", "--json", &file])?)?;
    let commands = commands(&plan)?;

    let mut roads = Vec::new();
    for (threads, name) in [("threads=1", "floor, 1 thread"), ("threads=2", YARDSTICK)] {
        if let Some(floor) = floor.and_then(Path::to_str) {
            let (up, down) = (words(&[floor, "up", &nodes, &pods, threads]), words(&[floor, "down"]));
            roads.push(Road { kind: Kind::Floor, name, up, down, state: None });
        }
    }
    let state = Some(work.join("state"));
    let (up, down) = (words(&[NETLAB, "up", &file]), words(&[NETLAB, "down"]));
    roads.push(Road { kind: Kind::Netlab, name: "netlab", up, down, state });
    type Scripts = fn(&[Typed], &Path) -> Result<(String, String)>;
    for (kind, name, scripts) in
        [(Kind::Batch, "ip -batch", batch as Scripts), (Kind::Typed, "typed: ip netns exec", typed as Scripts)]
    {
        let directory = work.join(format!("{kind:?}"));
        std::fs::create_dir(&directory)?;
        let (up, down) = scripts(&commands, &directory)?;
        let script = |name: &str, text: String| -> Result<Vec<String>> {
            let path = directory.join(name);
            std::fs::write(&path, format!("set -eu\n{text}"))?;
            Ok(vec!["sh".into(), path.to_string_lossy().into_owned()])
        };
        roads.push(Road { kind, name, up: script("up.sh", up)?, down: script("down.sh", down)?, state: None });
    }
    roads.retain(|road| !skip.contains(&road.kind) && size.rounds(road.kind, Some(1)) > 0);
    Ok(roads)
}

fn output(arguments: &[&str]) -> Result<String> {
    let output = Command::new(NETLAB).args(arguments).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

/// A command of the plan: where it is meant for, and what it is without that.
#[derive(Debug)]
struct Typed {
    /// The machine; none is the fabric.
    at: Option<String>,
    /// Without `-n NAME` or `ip netns exec NAME`.
    command: String,
}

fn commands(plan: &Value) -> Result<Vec<Typed>> {
    let steps = plan["steps"].as_array().ok_or("the plan has no steps")?;
    let one = |step: &Value| {
        let (text, machine) = (step["command"].as_str()?, step["machine"].as_str()?);
        let inside = [(format!("ip -n {machine} "), "ip "), (format!("ip netns exec {machine} "), "")];
        let stripped = inside.iter().find_map(|(before, after)| Some(format!("{after}{}", text.strip_prefix(before)?)));
        let at = stripped.is_some().then(|| machine.to_owned());
        Some(Typed { at, command: stripped.unwrap_or_else(|| text.to_owned()) })
    };
    steps.iter().map(|step| one(step).ok_or_else(|| format!("no command in {step}").into())).collect()
}

/// What a workshop types: `ip netns exec` before each command that is meant for a machine.
fn typed(commands: &[Typed], _directory: &Path) -> Result<(String, String)> {
    let (mut up, mut down) = (String::new(), String::new());
    for Typed { at, command } in commands {
        match at {
            Some(machine) => writeln!(up, "ip netns exec {machine} {command}")?,
            None => writeln!(up, "{command}")?,
        }
        if let Some(name) = command.strip_prefix("ip netns add ") {
            writeln!(down, "ip netns delete {name}")?;
        }
    }
    Ok((up, down))
}

/// What one namespace gets.
#[derive(Debug, Default)]
struct Files {
    ip: String,
    /// What `ip` cannot do, for a shell inside: sysctls.
    shell: String,
    nft: String,
}

/// The same, in as few processes as `ip` and `nft` allow, and without moving a link.
fn batch(commands: &[Typed], directory: &Path) -> Result<(String, String)> {
    // Links that are moved, and to where: (home, name) → (machine, name there). Ports: (home, name) → bridge.
    let mut moved: BTreeMap<(&Option<String>, &str), (&str, &str)> = BTreeMap::new();
    let mut ports: BTreeMap<(&Option<String>, &str), &str> = BTreeMap::new();
    for Typed { at, command } in commands {
        match command.split(' ').collect::<Vec<_>>()[..] {
            ["ip", "link", "set", name, "netns", machine, "name", there] => {
                moved.insert((at, name), (machine, there));
            }
            ["ip", "link", "set", name, "master", bridge] => {
                ports.insert((at, name), bridge);
            }
            _ => {}
        }
    }
    let mut namespaces = String::new();
    let mut order: Vec<&Option<String>> = vec![&None];
    let mut files: BTreeMap<&Option<String>, Files> = BTreeMap::new();
    for Typed { at, command } in commands {
        if !order.contains(&at) {
            order.push(at);
        }
        let file = files.entry(at).or_default();
        match command.split(' ').collect::<Vec<_>>()[..] {
            ["ip", "netns", "add", name] => writeln!(namespaces, "netns add {name}")?,
            ["ip", "link", "add", name, "type", "veth", "peer", "name", peer] => {
                let (machine, there) = moved.get(&(at, peer)).ok_or("a veth whose peer stays")?;
                let master = ports.get(&(at, name)).map(|bridge| format!("master {bridge} ")).unwrap_or_default();
                writeln!(file.ip, "link add {name} {master}type veth peer name {there} netns {machine}")?;
            }
            ["ip", "link", "set", _, "netns", _, "name", _] | ["ip", "link", "set", _, "master", _] => {}
            ["ip", ref rest @ ..] => writeln!(file.ip, "{}", rest.join(" "))?,
            ["sysctl", "-qw", assignment] => {
                let (key, value) = assignment.split_once('=').ok_or("a sysctl without a value")?;
                writeln!(file.shell, "echo {value} > /proc/sys/{}", key.replace('.', "/"))?;
            }
            ["nft", ref rest @ ..] => writeln!(file.nft, "{}", rest.join(" ").replace('\'', ""))?,
            _ => return Err(format!("cannot put `{command}` into a batch").into()),
        }
    }
    let save = |name: String, text: &str| -> Result<String> {
        let path = directory.join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let mut up = format!("ip -batch {}\n", save("netns".into(), &namespaces)?);
    for at in order {
        let Some(Files { ip, shell, nft }) = files.get(at) else { continue };
        let name = at.as_deref().unwrap_or("fabric");
        let n = at.as_ref().map(|machine| format!("-n {machine} ")).unwrap_or_default();
        writeln!(up, "ip {n}-batch {}", save(format!("{name}.ip"), ip)?)?;
        let mut inside = shell.clone();
        if !nft.is_empty() {
            write!(inside, "exec nft -f {}", save(format!("{name}.nft"), nft)?)?;
        }
        if !inside.is_empty() {
            writeln!(up, "nsenter --net=/run/netns/{name} sh {}", save(format!("{name}.sh"), &inside)?)?;
        }
    }
    Ok((up, "ip -all netns delete\n".into()))
}
