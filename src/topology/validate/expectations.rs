//! Expectations are of machines that there are, and of addresses that go together.
//!
//! ```text
//! expect: [{ from: pod-x, to: outside }]                        no machine pod-x
//! expect: [{ from: outside, to: pods, as: node }]               outside stands on no node
//! expect: [{ from: pods, to: 10.244.1.2, family: IPv6 }]        10.244.1.2 is IPv4
//! expect: [{ from: pods of est, to: outside }]                  no cluster est
//! ```

use std::collections::{HashMap, HashSet};

use crate::names::MachineName;
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::fields::nearest;
use crate::topology::model::{Identity, Party};
use crate::topology::span::Span;
use crate::topology::spec::{ExpectationSpec, Spec};
use crate::topology::subnet::Family;

/// How many machines are compared with a name that is none of them.
const COMPARED: usize = 200;

/// Checks all expectations.
pub fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    if spec.expect.is_empty() {
        return;
    }
    let machines: HashSet<&MachineName> = spec.machines().map(|machine| &machine.name.value).collect();
    let pods: HashSet<&MachineName> =
        spec.nodes.iter().flat_map(|node| &node.pods).map(|pod| &pod.machine.name.value).collect();
    // A machine that could not be read may be the one that is meant.
    let intact = spec.machines().all(|machine| machine.intact);
    let mut named: HashMap<&MachineName, Span> = HashMap::new();
    for expectation in &spec.expect {
        let parties = expectation.from.iter().chain(&expectation.to).filter_map(|party| match &party.value {
            Party::Machine(name) => Some((name, party.span)),
            _ => None,
        });
        let seen_as = expectation.seen_as.iter().filter_map(|identity| match &identity.value {
            Identity::Machine(name) => Some((name, identity.span)),
            _ => None,
        });
        for (name, span) in parties.chain(seen_as).filter(|(name, _)| intact && !machines.contains(name)) {
            named.entry(name).or_insert(span);
        }
        if let Some(identity) = expectation.seen_as.iter().find(|identity| identity.value == Identity::Node)
            && let Some(stranger) = without_node(expectation, &pods)
        {
            diagnostics.push(
                Diagnostic::new(identity.span, format!("only a pod has a node, and {stranger} may send too"))
                    .label("the address of which node?")
                    .help("name the machine or the address that is to be seen"),
            );
        }
        families(expectation, diagnostics);
        clusters(expectation, spec, diagnostics);
    }
    let mut unknown: Vec<(&MachineName, Span)> = named.into_iter().collect();
    unknown.sort_by_key(|(_, span)| span.start);
    for (name, span) in unknown {
        let diagnostic = Diagnostic::new(span, format!("there is no machine {name}"));
        let words = spec.machines().map(|machine| machine.name.as_str()).take(COMPARED);
        diagnostics.push(match nearest(name.as_str(), words.chain(["pods", "nodes", "hosts"])) {
            Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")),
            None => diagnostic.label("expected a machine of this file, `pods`, `nodes` or `hosts`"),
        });
    }
}

/// Those among the senders that stand on no node.
fn without_node(expectation: &ExpectationSpec, pods: &HashSet<&MachineName>) -> Option<String> {
    expectation.from.iter().find_map(|party| match &party.value {
        Party::Nodes | Party::Hosts | Party::NodesOf(_) => Some(party.value.to_string()),
        Party::Machine(name) if !pods.contains(name) => Some(name.to_string()),
        _ => None,
    })
}

/// A cluster that is named is there.
fn clusters(expectation: &ExpectationSpec, spec: &Spec, diagnostics: &mut Diagnostics) {
    let names: Vec<&str> = spec.clusters.iter().filter_map(|one| Some(one.name.as_ref()?.as_str())).collect();
    for party in expectation.from.iter().chain(&expectation.to) {
        let (Party::PodsOf(cluster) | Party::NodesOf(cluster)) = &party.value else { continue };
        if names.contains(&cluster.as_str()) {
            continue;
        }
        let diagnostic = Diagnostic::new(party.span, format!("there is no cluster {cluster}"));
        diagnostics.push(match (nearest(cluster.as_str(), names.iter().copied()), names.is_empty()) {
            (Some(meant), _) => diagnostic.label(format!("did you mean {meant}?")),
            (None, false) => diagnostic.label(format!("the clusters are {}", names.join(", "))),
            (None, true) => diagnostic
                .label("no cluster has a name")
                .help("write `pods` or `nodes`, which are all of them, or name the clusters under `clusters`"),
        });
    }
}

/// An address is of the family that is asked for, and those that a packet arrives with are of its destination's.
fn families(expectation: &ExpectationSpec, diagnostics: &mut Diagnostics) {
    let targets = expectation.to.iter().filter_map(|party| match party.value {
        Party::Address(ip) => Some((Family::of(ip), ip, party.span)),
        _ => None,
    });
    let sources = expectation.seen_as.iter().filter_map(|identity| match identity.value {
        Identity::Address(ip) => Some((Family::of(ip), ip, identity.span)),
        _ => None,
    });
    let Some(wanted) = &expectation.family else { return };
    for (family, ip, span) in targets.chain(sources).filter(|(family, ..)| *family != wanted.value) {
        diagnostics.push(
            Diagnostic::new(span, format!("{ip} is {family}, but {} is expected", wanted.value))
                .label(format!("expected an {} address", wanted.value))
                .also(wanted.span, "the family"),
        );
    }
}
