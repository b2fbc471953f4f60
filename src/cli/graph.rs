//! `netlab graph [FILE]`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exercise::not_in_an_exercise;
use super::{Common, Inside, colors, print, print_json, width, write_file};
use crate::error::Result;
use crate::graph::{Graph, Source};
use crate::kernel::host;
use crate::kernel::observe::{View, observe};
use crate::names::MachineName;
use crate::plan::Plan;
use crate::repair;
use crate::report::graph::{self as report, Theme};
use crate::topology;

/// Draw the lab: in the terminal, or as SVG, HTML, Mermaid or Graphviz's DOT
///
/// With FILE the network is drawn as the file plans it, without it the running lab as the kernel has it: what is broken
/// looks broken, and what somebody made by hand is there. With --diff, what drifted from the plan is marked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlab graph topologies/three-nodes.yaml      a file, in the terminal
  netlab graph                                  the running lab
  netlab graph --format svg --output lab.svg    a picture for a slide
  netlab graph --format html --output lab.html  a page to walk around in
  netlab graph --format dot | dot -Tpdf         by Graphviz
  netlab graph --diff                           what drifted from the plan
  netlab trace pod-a pod-c --format svg         a packet's way on it")]
pub struct GraphCommand {
    /// The topology file; `-` reads standard input [default: the running lab]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Mark what in the running lab differs from its plan: missing, changed, foreign (see `netlab diff`)
    #[arg(long, conflicts_with = "file")]
    diff: bool,
    #[command(flatten)]
    drawing: Drawing,
}

/// How a lab is drawn.
#[derive(Debug, Args)]
struct Drawing {
    /// As what to draw it
    #[arg(long, value_enum, default_value_t = Format::Terminal, conflicts_with = "json")]
    format: Format,
    #[command(flatten)]
    to: Destination,
}

/// Where a picture goes, and in which colours.
#[derive(Debug, Args)]
pub(super) struct Destination {
    /// The colours of SVG and HTML
    #[arg(long, value_enum, default_value_t = ThemeName::Auto)]
    theme: ThemeName,
    /// Write it to a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "json")]
    output: Option<PathBuf>,
}

/// As what a lab is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Boxes and lines for a terminal
    Terminal,
    /// A flowchart for Mermaid, which GitHub, GitLab and many editors draw
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture in one file
    Svg,
    /// A page in one file: zoom, drag, look into machines
    Html,
}

/// The colours by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ThemeName {
    /// Light, or dark where the reader's system is set to dark
    Auto,
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

impl Destination {
    /// The colours.
    pub(super) fn theme(&self) -> Theme {
        match self.theme {
            ThemeName::Auto => Theme::Auto,
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        }
    }

    /// Whether it goes to a file.
    pub(super) fn is_a_file(&self) -> bool {
        self.output.is_some()
    }

    /// Writes or prints it.
    pub(super) fn put(&self, text: &str) -> Result<()> {
        let Some(file) = &self.output else { return print(text) };
        write_file(file, text.as_bytes())
    }
}

impl GraphCommand {
    pub(super) fn run(self, common: &Common) -> Result<()> {
        let graph = self.graph(common)?;
        if common.json {
            return print_json(&report::document(&graph));
        }
        let Drawing { format, to } = &self.drawing;
        let picture = || report::layout::picture(&graph, &[], &report::drift(&graph));
        let text = match format {
            Format::Terminal => report::terminal(&graph, width(), colors(&std::io::stdout()) && !to.is_a_file()),
            Format::Mermaid => report::mermaid(&graph),
            Format::Dot => report::dot(&graph),
            Format::Svg => report::svg(&picture(), to.theme()),
            Format::Html => report::html(&graph, &picture(), to.theme()),
        };
        to.put(&text)
    }

    fn graph(&self, common: &Common) -> Result<Graph> {
        if let Some(file) = &self.file {
            let mut topology = topology::load(file)?.topology;
            if let Some(name) = &common.lab {
                topology.lab = name.clone();
            }
            let plan = Plan::of(&topology);
            return Ok(Graph::of(&plan, &plan.predict(|_| true), Source::Plan));
        }
        host::allow_many_files();
        let inside = Inside::enter(common)?;
        if self.diff {
            not_in_an_exercise(&inside.lab, "graph --diff")?;
            let seen = repair::look(&inside.kernel, &inside.plan)?;
            let drift = repair::compare(&inside.kernel, &inside.lab, &inside.plan, &seen)?;
            let planned = inside.plan.predict(|number| drift.record.done.contains(&number));
            return Ok(Graph::of_drift(&inside.plan, &seen, &planned, &drift.differences));
        }
        look(&inside)
    }
}

/// The running lab as the kernel has it.
pub(super) fn look(inside: &Inside) -> Result<Graph> {
    let mut machines = vec![MachineName::fabric()];
    machines.extend(inside.machines());
    let view = View { routes: true, tables: true, peers: true, ..View::default() };
    let seen = observe(&inside.kernel, &machines, &view)?;
    Ok(Graph::of(&inside.plan, &seen, Source::Kernel))
}
