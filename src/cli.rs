//! The command line: one file per command below, each of which parses its arguments, calls one function and prints.
//!
//! ```text
//! netlab [--lab NAME] [--json] COMMAND …      both flags may stand behind the command too
//! ```

pub mod pause;

mod breaking;
mod check;
mod completions;
mod dhcp;
mod diff;
mod doctor;
mod down;
mod exec;
mod exercise;
mod expand;
mod explain;
mod generate;
mod graph;
mod learn;
mod list;
mod listen;
mod man;
mod moves;
mod plan;
mod pod;
mod routes;
mod schema;
mod shell;
mod show;
mod status;
mod step;
mod trace;
mod up;
mod validate;

use std::io::{IsTerminal, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use nix::sys::signal::{SigHandler, Signal, signal};

use crate::error::{Error, Result};
use crate::kernel::{Kernel, netns};
use crate::lab::{Lab, Store};
use crate::names::{FABRIC, LabName, MachineName};
use crate::plan::Plan;
use crate::prose::wrap;
use crate::topology::{self, Loaded, nearest};

/// A Kubernetes-style pod network, built by hand from Linux parts, on one machine
///
/// A topology file describes nodes, pods and networks. netlab builds them from network namespaces, bridges, veth
/// pipes, routes and nftables, without root where the machine allows it, and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "netlab", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:
  netlab up topologies/three-nodes.yaml      build a lab of three nodes
  netlab up --step topologies/one-node.yaml  build one and watch each step
  netlab status                              see its machines and addresses
  netlab routes                              see who knows the way to whom
  netlab exec pod-a -- ping -c 1 10.244.2.2  run a command in a pod
  netlab trace pod-a pod-c                   see a packet's way, and why it died
  netlab graph                               see it as a picture
  netlab pod add pod-g --node node-1         add a pod
  netlab check                               does everybody reach everybody?
  netlab down                                take everything away

Exit status: 0 done, 1 the finding is negative, 2 bad usage or file,
3 the machine refused.")]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Which lab is meant, when several run (for `up`: what to call it, in place of the file's name)
    #[arg(long, global = true, value_name = "NAME", display_order = 900)]
    lab: Option<LabName>,
    /// Print one JSON document in place of text
    #[arg(long, global = true, display_order = 901)]
    json: bool,
}

/// The variable that says which lab is meant: `netlab shell` and `netlab exec` set it for what runs inside.
const LAB_VARIABLE: &str = "NETLAB_LAB";

impl Common {
    /// The running lab that is meant: the one that was named, or the one that this process is inside of.
    fn meant(&self) -> Result<Option<LabName>> {
        let inside = std::env::var(LAB_VARIABLE).ok().filter(|name| !name.is_empty());
        match (&self.lab, inside) {
            (Some(name), _) => Ok(Some(name.clone())),
            (None, None) => Ok(None),
            (None, Some(name)) => name.parse().map(Some).map_err(|why| {
                Error::usage(format!("{LAB_VARIABLE} is not the name of a lab: {name:?}: {why}"))
                    .help(format!("unset {LAB_VARIABLE}, or choose the lab with --lab NAME"))
            }),
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Up),
    Down(down::Down),
    Next(moves::Next),
    Back(moves::Back),
    Goto(moves::Goto),
    Diff(diff::Diff),
    Repair(diff::Repair),
    Break(breaking::Break),
    Pod(pod::Pod),
    Learn(learn::Learn),
    Hint(learn::HintCommand),
    Explain(explain::Explain),
    Plan(plan::PlanCommand),
    Expand(expand::Expand),
    Validate(validate::Validate),
    Schema(schema::Schema),
    List(list::List),
    Status(status::Status),
    Routes(routes::Routes),
    Show(show::Show),
    Graph(graph::GraphCommand),
    Exec(exec::Exec),
    Shell(shell::Shell),
    Dhcp(dhcp::Dhcp),
    Trace(trace::Trace),
    Check(check::Check),
    Exercise(exercise::Exercise),
    Doctor(doctor::Doctor),
    Generate(generate::Generate),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(hide = true)]
    Pause(pause::Pause),
    #[command(hide = true)]
    Listen(listen::Listen),
}

/// Parses the command line and does what it says.
///
/// # Errors
/// What is to be told to the user.
pub fn run() -> Result<ExitCode> {
    // Commands that are run inside a lab expect it, and `netlab plan | head` ends quietly.
    // SAFETY: the default disposition runs no code of ours.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    let Cli { common, command } = Cli::parse();
    let done = match command {
        Command::Up(command) => command.run(&common),
        Command::Down(command) => command.run(&common),
        Command::Next(command) => command.run(&common),
        Command::Back(command) => command.run(&common),
        Command::Goto(command) => command.run(&common),
        Command::Diff(command) => return command.run(&common),
        Command::Repair(command) => command.run(&common),
        Command::Break(command) => command.run(&common),
        Command::Pod(command) => command.run(&common),
        Command::Learn(command) => return command.run(&common),
        Command::Hint(command) => command.run(&common),
        Command::Explain(command) => command.run(&common),
        Command::Plan(command) => command.run(&common),
        Command::Expand(command) => command.run(&common),
        Command::Validate(command) => command.run(&common),
        Command::Schema(command) => command.run(),
        Command::List(command) => command.run(&common),
        Command::Status(command) => command.run(&common),
        Command::Routes(command) => command.run(&common),
        Command::Show(command) => command.run(&common),
        Command::Graph(command) => command.run(&common),
        Command::Exec(command) => command.run(&common),
        Command::Shell(command) => return command.run(&common),
        Command::Dhcp(command) => command.run(),
        Command::Trace(command) => return command.run(&common),
        Command::Check(command) => return command.run(&common),
        Command::Exercise(command) => return command.run(&common),
        Command::Doctor(command) => return command.run(&common),
        Command::Generate(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Pause(command) => command.run(),
        Command::Listen(command) => command.run(&common),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Whether to use colour on this stream: a terminal, and nobody who asked for none (<https://no-color.org>).
pub fn colors(stream: &impl IsTerminal) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !no_color && !dumb
}

/// The theme of reports about the unforeseen.
pub fn theme() -> color_eyre::config::Theme {
    if colors(&std::io::stderr()) { color_eyre::config::Theme::dark() } else { color_eyre::config::Theme::new() }
}

/// How many columns there are for what is written to a stream: `COLUMNS`, the terminal's, or 80 where there is none. No
/// more than any terminal has: pictures are drawn on a sheet of that width.
pub fn columns(stream: &(impl IsTerminal + AsRawFd)) -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let terminal = || stream.is_terminal().then(|| terminal_columns(stream.as_raw_fd())).flatten();
    asked.or_else(terminal).unwrap_or(80).clamp(40, 2000)
}

/// What a terminal says of its size.
fn terminal_columns(fd: RawFd) -> Option<usize> {
    // SAFETY: TIOCGWINSZ fills the struct that it is given.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// How many columns there are on standard output.
fn width() -> usize {
    columns(&std::io::stdout())
}

/// Prints to standard output.
///
/// # Errors
/// When it cannot be written to: a full disk.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush())
        .map_err(|e| Error::refused(format!("cannot write to standard output: {e}")))
}

/// Prints what has been done. A terminal would break a longer line within a word; what is read by programs stays whole.
fn say(text: &str) -> Result<()> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return print(text);
    }
    let lines = text.lines().flat_map(|line| wrap(line, columns(&stdout)));
    print(&lines.collect::<Vec<_>>().join("\n"))
}

/// Prints a JSON document.
fn print_json(document: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(document);
    print(&text.map_err(|e| Error::refused(format!("cannot write JSON: {e}")))?)
}

/// A number of seconds, as an argument.
fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is expected, such as 2 or 0.5".to_owned())?;
    match seconds {
        s if s > 0.0 && s <= 3600.0 => Ok(Duration::from_secs_f64(s)),
        _ => Err("more than 0 and at most 3600 seconds are expected".into()),
    }
}

/// The lab's name, where commands have to say it: several run.
fn lab_to_name(common: &Common, inside: &Inside) -> Option<LabName> {
    let running = inside.store.labs().iter().filter(|lab| lab.sandbox().is_some()).count();
    (common.lab.is_some() || running > 1).then(|| inside.lab.name.clone())
}

/// Writes a file that the user has named.
fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|e| {
        Error::refused(format!("cannot write {}: {e}", file.display()))
            .help("name a file in a directory that you may write to")
    })
}

/// The file argument of commands that read a topology.
#[derive(Debug, Args)]
struct FileArgument {
    /// The topology file; `-` reads standard input
    #[arg(default_value = "topology.yaml", value_name = "FILE")]
    file: PathBuf,
}

impl FileArgument {
    /// Reads it; `--lab` gives the lab another name.
    fn load(&self, common: &Common) -> Result<Loaded> {
        let mut loaded = topology::load(&self.file)?;
        if let Some(name) = &common.lab {
            loaded.topology.lab = name.clone();
        }
        Ok(loaded)
    }

    /// How the file is called on a command line; standard input has no name, so it gets the usual one.
    fn named(&self) -> String {
        if self.file.as_os_str() == "-" { "topology.yaml".into() } else { self.file.display().to_string() }
    }
}

/// A running lab, from inside: what commands that look at one begin with.
struct Inside {
    store: Store,
    lab: Lab,
    plan: Plan,
    pause: i32,
    kernel: Kernel,
}

impl Inside {
    /// Finds the lab and enters it.
    fn enter(common: &Common) -> Result<Self> {
        let store = Store::of_this_user()?;
        let lab = store.choose(common.meant()?.as_ref())?;
        let plan = lab.plan()?;
        let sandbox = lab.sandbox().ok_or_else(|| lab.gone())?;
        let kernel = sandbox.enter()?;
        Ok(Inside { store, lab, plan, pause: sandbox.pid(), kernel })
    }

    /// How many of how many steps are done, where some of the plan are still to be done and no change is under way.
    fn half_built(&self) -> Result<Option<(usize, u32)>> {
        let done = self.lab.record(&self.plan)?.done.len();
        let is_half = done < self.plan.steps.len() && self.lab.underway()?.is_none();
        Ok(is_half.then(|| (done, self.plan.len())))
    }

    /// All machines that there may be: the plan's, then those that somebody made by hand.
    fn machines(&self) -> Vec<MachineName> {
        let planned = self.plan.machines.iter().map(|member| member.name.clone());
        let made =
            netns::list().unwrap_or_default().into_iter().filter(|name| self.plan.member(name.as_str()).is_none());
        planned.chain(made).collect()
    }

    /// The machine of this name: one of the plan's, one that somebody made by hand (`ip netns add`), or the fabric.
    fn machine(&self, name: &str) -> Result<MachineName> {
        if name == FABRIC {
            return Ok(MachineName::fabric());
        }
        let planned = self.plan.member(name).map(|member| member.name.clone());
        let made = || netns::list().unwrap_or_default().into_iter().find(|made| made.as_str() == name);
        planned.or_else(made).ok_or_else(|| {
            let names: Vec<&str> = self.plan.machines.iter().map(|member| member.name.as_str()).take(12).collect();
            let more = if self.plan.machines.len() > names.len() { ", …" } else { "" };
            let all = || self.plan.machines.iter().map(|member| member.name.as_str());
            let list = format!("machines are {}{more}, and {FABRIC}", names.join(", "));
            Error::usage(format!("lab {} has no machine {name}", self.lab.name)).help(match nearest(name, all()) {
                Some(meant) => format!("did you mean {meant}? The {list}"),
                None => format!("its {list}"),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// What stands behind the options is laid out by hand: a line that a terminal breaks is hard to read.
    #[test]
    fn no_line_of_an_example_is_longer_than_a_terminal_is_wide() {
        let mut commands = vec![Cli::command()];
        let mut seen = 0;
        while let Some(command) = commands.pop() {
            let texts = [command.get_after_help(), command.get_after_long_help()];
            for line in texts
                .into_iter()
                .flatten()
                .flat_map(|text| text.to_string().lines().map(str::to_owned).collect::<Vec<_>>())
            {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
                seen += 1;
            }
            commands.extend(command.get_subcommands().cloned());
        }
        assert!(seen > 100, "{seen} lines");
    }
}
