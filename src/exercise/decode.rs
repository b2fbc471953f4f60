//! An exercise's file → [`Exercise`].
//!
//! ```text
//! error: an exercise has no key `hint`
//!   --> mine.yaml:7:1
//!    |
//!  7 | hint: [look at the bridge]
//!    | ^^^^ did you mean `hints`?
//! ```
//!
//! Its topology is read as if it stood in a file of its own, with places in this one.

use super::keys;
use super::model::{Exercise, Level, State, Transfer, Way};
use super::state;
use super::values::{choice, count, machines, prose};
use crate::names::MachineName;
use crate::topology::decode::list;
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::fields::Fields;
use crate::topology::keys::FAMILIES;
use crate::topology::model::{Family, Topology};
use crate::topology::span::Span;
use crate::topology::tree::{self, Tree, Value};
use crate::topology::values::boolean;
use crate::topology::{Failure, of_tree};

/// How many bytes a stream has unless it is written: more than a window of packets, so that full-sized ones are sent.
const BYTES: u32 = 200_000;

/// The largest stream: a check is to be over soon.
const MOST_BYTES: u32 = 10_000_000;

/// The most streams of one demand: each takes a neighbour entry, of which all machines together have a thousand.
const MOST_STREAMS: usize = 400;

/// Reads a text; `name` is what messages call its file.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(name: &str, text: &str) -> Result<Exercise, Failure> {
    let mut diagnostics = Diagnostics::default();
    let tree = tree::read(text, &mut diagnostics);
    let read = tree.as_ref().filter(|tree| !tree.is_null()).and_then(|tree| exercise(tree, &mut diagnostics));
    if read.is_none() && diagnostics.count() == 0 {
        let help = "tutorials/exercises/README.md says what stands in an exercise's file";
        diagnostics.push(Diagnostic::nowhere("the file is empty").help(help));
    }
    match read {
        Some(exercise) if diagnostics.count() == 0 => Ok(exercise),
        _ => Err(Failure::new(name, text, diagnostics)),
    }
}

fn exercise(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Exercise> {
    // First, because what a topology derives is only looked at where nothing is wrong yet.
    let topology = topology(tree, diagnostics);
    let fields = Fields::open(tree, &keys::EXERCISE, Span::START, diagnostics)?;
    let mut prose = |key| fields.get(key).and_then(|tree| prose(tree, diagnostics));
    let (title, teaches) = (prose("title"), prose("teaches"));
    let (story, question) = (prose("story"), prose("question"));
    let fault = fields.get("break").filter(|tree| !tree.is_null()).map(|tree| super::values::prose(tree, diagnostics));
    let level = fields.get("level").and_then(|tree| level(tree, diagnostics));
    let minutes = fields.get("minutes").and_then(|tree| count(tree, 1_000, "a number of minutes", diagnostics));
    let look = list(fields.get("look"), "commands", diagnostics, super::values::prose);
    let hints = list(fields.get("hints"), "hints", diagnostics, super::values::prose);
    let no_hint = |tree: &&Tree<'_>| tree.is_null() || matches!(&tree.value, Value::List(items) if items.is_empty());
    if let Some(empty) = fields.get("hints").filter(no_hint) {
        let diagnostic = Diagnostic::new(fields.key_span("hints").unwrap_or(empty.span), "there is no hint")
            .label("expected a list of at least one");
        diagnostics.push(diagnostic.help("whoever is stuck asks `netlab exercise hint`"));
    }
    let machines = topology.as_ref().map(names);
    let check = match fields.get("check") {
        Some(tree) if !tree.is_null() => check(tree, &fields, machines.as_deref(), diagnostics)?,
        _ => Check::default(),
    };
    let nothing = !check.model && check.transfers.is_empty() && check.state.is_empty();
    if topology.as_ref().is_some_and(|topology| topology.expect.is_empty()) && nothing {
        let diagnostic = Diagnostic::new(fields.key_span("check").unwrap_or(Span::START), "nothing is demanded");
        let diagnostic = diagnostic.label("any lab would do, also the broken one");
        diagnostics
            .push(diagnostic.help("write `expect` in the topology, or `model`, `transfers` or `state` in `check`"));
    }
    let solution = fields.get("solution").and_then(|tree| way(tree, diagnostics));
    let others = list(fields.get("otherWays"), "ways", diagnostics, way);
    let wrong = list(fields.get("wrongWays"), "ways", diagnostics, way);
    let topology = topology?;
    Some(Exercise {
        name: topology.lab.clone(),
        title: title?,
        level: level?,
        minutes: minutes?,
        teaches: teaches?,
        story: story?,
        question: question?,
        look,
        topology,
        fault: fault.flatten(),
        hints,
        model: check.model,
        transfers: check.transfers,
        state: check.state,
        solution: solution?,
        others,
        wrong,
    })
}

/// The value of the key `topology`. That it is missing is said by whoever looks at all keys.
fn topology(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Topology> {
    let Value::Map(entries) = &tree.value else { return None };
    let (key, tree) = entries.iter().find(|(key, _)| key.value == "topology")?;
    of_tree(tree, key.span, diagnostics)
}

/// The names of all machines.
fn names(topology: &Topology) -> Vec<&MachineName> {
    let nodes = topology.nodes.iter();
    let inside = nodes.flat_map(|node| std::iter::once(&node.machine).chain(node.pods.iter().map(|pod| &pod.machine)));
    inside.chain(&topology.hosts).map(|machine| &machine.name).collect()
}

#[derive(Default)]
struct Check {
    model: bool,
    transfers: Vec<Transfer>,
    state: Vec<State>,
}

fn check(
    tree: &Tree<'_>,
    around: &Fields<'_, '_>,
    machines: Option<&[&MachineName]>,
    diagnostics: &mut Diagnostics,
) -> Option<Check> {
    let owner = around.key_span("check").unwrap_or(tree.span);
    let fields = Fields::open(tree, &keys::CHECK, owner, diagnostics)?;
    let model = fields.get("model").and_then(|tree| boolean(tree, diagnostics)).is_some_and(|model| model.value);
    let transfers = list(fields.get("transfers"), "streams", diagnostics, |tree, diagnostics| {
        transfer(tree, machines, diagnostics)
    });
    let state =
        list(fields.get("state"), "facts", diagnostics, |tree, diagnostics| state::decode(tree, machines, diagnostics));
    Some(Check { model, transfers, state })
}

fn transfer(tree: &Tree<'_>, known: Option<&[&MachineName]>, diagnostics: &mut Diagnostics) -> Option<Transfer> {
    let fields = Fields::open(tree, &keys::TRANSFER, tree.span, diagnostics)?;
    let from = machines(fields.get("from"), known, diagnostics);
    let to = machines(fields.get("to"), known, diagnostics);
    let bytes = fields.get("bytes").map(|tree| count(tree, MOST_BYTES, "a number of bytes", diagnostics));
    let family = fields.get("family").map(|tree| family(tree, diagnostics));
    let transfer = Transfer {
        from,
        to,
        bytes: bytes.unwrap_or(Some(BYTES))? as usize,
        family: family.unwrap_or(Some(Family::V4))?,
    };
    let streams = transfer.pairs().count();
    if streams == 0 && !transfer.from.is_empty() && !transfer.to.is_empty() {
        let diagnostic = Diagnostic::new(tree.span, "there is no stream in it");
        diagnostics.push(diagnostic.label("expected two machines: nobody sends to itself"));
    }
    if streams > MOST_STREAMS {
        let diagnostic = Diagnostic::new(tree.span, format!("these are {streams} streams"));
        let diagnostic = diagnostic.label(format!("expected {MOST_STREAMS} at most"));
        diagnostics.push(diagnostic.help("some of these machines show it as well as all of them"));
    }
    Some(transfer)
}

fn family(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Family> {
    match choice(tree, "a family of addresses", FAMILIES, diagnostics)? {
        0 => Some(Family::V4),
        _ => Some(Family::V6),
    }
}

fn way(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Way> {
    let fields = Fields::open(tree, &keys::WAY, tree.span, diagnostics)?;
    let mut read = |key| fields.get(key).and_then(|tree| prose(tree, diagnostics));
    let (commands, why) = (read("commands"), read("why"));
    Some(Way { commands: commands?, why: why? })
}

fn level(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Level> {
    let chosen = choice(tree, "a level", &Level::WORDS, diagnostics)?;
    Level::WORDS.get(chosen).and_then(|word| Level::of(word))
}
