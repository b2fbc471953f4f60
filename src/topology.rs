//! The file: `topology.yaml` → [`model::Topology`].
//!
//! ```
//! let topology = netlab::topology::parse(
//!     "topology.yaml",
//!     "
//! lab: one-node
//! nodes:
//!   node-1: { podCIDR: 10.244.1.0/24, pods: { red: {}, blue: {} } }
//! ",
//! )
//! .unwrap();
//! assert_eq!(topology.nodes[0].pods[1].addresses[0].to_string(), "10.244.1.3/24");
//! ```
//!
//! Reading goes down this list, one file per step, and each step only knows those above it:
//!
//! ```text
//! source     bytes → text                      too large? binary? not UTF-8?
//! tree       text → values with their places   is it YAML? duplicate keys?
//! decode     values → spec                     unknown keys? wrong types? bad names and addresses?
//! expand     short form → spelled-out form     do all pods find an address?
//! validate   can it be built?                  overlaps, duplicates, gateways, ports
//! lower      spec → model::Topology            the places are left behind
//! ```
//!
//! Every step adds its complaints to one list, so that one run shows them all.

pub mod capacity;
pub mod diagnostic;
pub mod failure;
pub mod model;
pub mod realm;
pub mod source;
pub mod span;

mod autodetect;
mod blocks;
mod cluster;
pub(crate) mod decode;
mod egress;
mod expand;
mod expectation;
pub(crate) mod fields;
mod flat;
mod generate;
mod ipam;
pub(crate) mod keys;
mod lower;
mod membership;
mod neighbours;
mod node_routes;
mod overlay;
mod places;
mod print;
mod router;
pub(crate) mod scalar;
mod schema;
mod spec;
mod special;
pub(crate) mod subnet;
mod subnet_map;
mod sysctl;
pub(crate) mod tree;
mod underlay;
mod validate;
pub(crate) mod values;
mod vxlan;
pub mod weave;

use std::path::Path;

pub use failure::Failure;
pub(crate) use fields::nearest;
pub use generate::generate;
pub use schema::schema;
pub(crate) use schema::schema_of;

use diagnostic::{Diagnostic, Diagnostics};
use model::Topology;
use span::Span;
use tree::Tree;

/// A file that has been read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The file's text, as it was read.
    pub text: String,
    /// What it means, spelled out.
    pub topology: Topology,
}

/// Reads a file, or standard input if `path` is `-`.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let (name, text) = source::read(path)?;
    let topology = parse(&name, &text)?;
    Ok(Loaded { text, topology })
}

/// Reads a text; `name` is what messages call its file.
pub fn parse(name: &str, text: &str) -> Result<Topology, Failure> {
    let mut diagnostics = Diagnostics::default();
    let topology = read(text, &mut diagnostics);
    match topology {
        Some(topology) if diagnostics.count() == 0 => Ok(topology),
        _ => Err(Failure::new(name, text, diagnostics)),
    }
}

fn read(text: &str, diagnostics: &mut Diagnostics) -> Option<Topology> {
    let tree = tree::read(text, diagnostics);
    let Some(tree) = tree.filter(|tree| !tree.is_null()) else {
        if diagnostics.count() == 0 {
            diagnostics.push(
                Diagnostic::nowhere("the file is empty").help(
                    "the smallest topology is `lab: first` and `nodes: { node-1: {} }`, each in a line of its own",
                ),
            );
        }
        return None;
    };
    of_tree(&tree, Span::START, diagnostics)
}

/// Reads a topology that is a whole file, or a part of one. `owner` is where to point if something required is absent.
pub(crate) fn of_tree(tree: &Tree<'_>, owner: Span, diagnostics: &mut Diagnostics) -> Option<Topology> {
    let mut spec = decode::file(tree, owner, diagnostics)?;
    if diagnostics.count() == 0 {
        expand::expand(&mut spec, diagnostics);
    }
    let expanded = diagnostics.count() == 0;
    validate::check(&spec, expanded, diagnostics);
    if diagnostics.count() > 0 {
        return None;
    }
    lower::lower(spec)
}
