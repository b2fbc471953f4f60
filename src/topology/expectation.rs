//! `expect`: who is to reach whom.
//!
//! ```yaml
//! expect:
//!   - { from: pods, to: outside, as: node }              # a ping, which arrives with the node's address
//!   - { from: outside, to: pods, reachable: false }      # nobody outside knows a way to the pods
//!   - { from: pod-a, to: pod-c, tcp: 80, family: IPv4 }  # a connection
//!   - { from: pods of east, to: nodes of west }          # of one of several clusters
//! ```

use std::net::IpAddr;

use super::decode::one_or_many;
use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::fields::{Fields, nearest};
use super::keys;
use super::model::{Identity, Party, Port};
use super::span::Spanned;
use super::spec::ExpectationSpec;
use super::subnet::Family;
use super::tree::{Tree, Value};
use super::values::{self, Decoded};
use crate::names::ClusterName;

/// Reads one expectation.
pub fn decode(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<ExpectationSpec> {
    let before = diagnostics.count();
    let fields = Fields::open(tree, &keys::EXPECTATION, tree.span, diagnostics)?;
    let from = one_or_many(fields.get("from"), diagnostics, sender);
    let to = one_or_many(fields.get("to"), diagnostics, target);
    for (key, is_empty) in [("from", from.is_empty()), ("to", to.is_empty())] {
        if let Some(tree) = fields.get(key)
            && is_empty
            && diagnostics.count() == before
        {
            let diagnostic = Diagnostic::new(fields.key_span(key).unwrap_or(tree.span), format!("`{key}` is empty"));
            diagnostics.push(diagnostic.label("expected a machine, `pods`, `nodes` or `hosts`"));
        }
    }
    let reachable = fields.present("reachable");
    let reachable = reachable.and_then(|tree| values::boolean(tree, diagnostics)).is_none_or(|yes| yes.value);
    let seen_as = one_or_many(fields.get("as"), diagnostics, identity);
    let mut port = |key| fields.present(key).and_then(|tree| values::port(tree, diagnostics));
    let (tcp, udp) = (port("tcp"), port("udp"));
    if let (Some(tcp), Some(udp)) = (&tcp, &udp) {
        diagnostics.push(
            Diagnostic::new(udp.span, "an expectation is of one packet: TCP or UDP")
                .label("and UDP")
                .also(tcp.span, "TCP")
                .help("write two expectations"),
        );
    }
    if let (false, Some(first)) = (reachable, seen_as.first()) {
        diagnostics.push(
            Diagnostic::new(first.span, "what is not to be reached sees nobody")
                .label("`as` says with whose address it arrives")
                .help("leave out `as`, or `reachable: false`"),
        );
    }
    let family = fields.present("family").and_then(|tree| family(tree, diagnostics));
    let port = tcp.map(|port| Port::Tcp(port.value)).or(udp.map(|port| Port::Udp(port.value)));
    (diagnostics.count() == before).then_some(ExpectationSpec { from, to, reachable, seen_as, port, family })
}

fn sender(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Party> {
    party(tree, diagnostics).filter(|party| match party.value {
        Party::Address(ip) => {
            let diagnostic = Diagnostic::new(tree.span, format!("{ip} is an address, and who sends is a machine"));
            diagnostics.push(diagnostic.label("expected a machine, `pods`, `nodes` or `hosts`"));
            false
        }
        _ => true,
    })
}

fn target(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Party> {
    party(tree, diagnostics)
}

/// A word for a group, of one cluster or all, an address, or else a machine.
fn party(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Party> {
    let group = match bare(tree) {
        Some("pods") => Some(Party::Pods),
        Some("nodes") => Some(Party::Nodes),
        Some("hosts") => Some(Party::Hosts),
        _ => None,
    };
    if let Some(group) = group {
        return Some(Spanned::new(group, tree.span));
    }
    if let Some((group, name)) = bare(tree).and_then(|text| text.split_once(" of ")) {
        let name = name.trim();
        let party = |make: fn(ClusterName) -> Party| match name.parse() {
            Ok(name) => Ok(Spanned::new(make(name), tree.span)),
            Err(error) => Err(format!("{} is not the name of a cluster: {error}", quoted(name))),
        };
        let party = match group.trim() {
            "pods" => party(Party::PodsOf),
            "nodes" => party(Party::NodesOf),
            group => Err(format!("a cluster has `pods` and `nodes`, and no {}", quoted(group))),
        };
        return match party {
            Ok(party) => Some(party),
            Err(title) => {
                let diagnostic = Diagnostic::new(tree.span, title);
                diagnostics.push(diagnostic.label("expected `pods of CLUSTER` or `nodes of CLUSTER`"));
                None
            }
        };
    }
    if looks_like_address(tree) {
        return values::address(tree, diagnostics).map(|ip| Spanned::new(Party::Address(ip.value), ip.span));
    }
    let name = values::name(tree, "the name of a machine", diagnostics)?;
    Some(Spanned::new(Party::Machine(name.value), name.span))
}

fn identity(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Identity> {
    let word = match bare(tree) {
        Some("own") => Some(Identity::Own),
        Some("node") => Some(Identity::Node),
        _ => None,
    };
    if let Some(word) = word {
        return Some(Spanned::new(word, tree.span));
    }
    if looks_like_address(tree) {
        return values::address(tree, diagnostics).map(|ip| Spanned::new(Identity::Address(ip.value), ip.span));
    }
    let name = values::name(tree, "the name of a machine", diagnostics)?;
    Some(Spanned::new(Identity::Machine(name.value), name.span))
}

/// The text of a scalar.
fn bare<'t>(tree: &'t Tree<'_>) -> Option<&'t str> {
    match &tree.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        Value::Map(_) | Value::List(_) => None,
    }
}

/// Whether an address is meant, right or wrong, and not a name: no name has a colon or a slash. (A machine may be called
/// `1.2`, and one that is called `10.0.0.1` cannot be spoken of here.)
fn looks_like_address(tree: &Tree<'_>) -> bool {
    bare(tree).is_some_and(|text| text.parse::<IpAddr>().is_ok() || text.contains([':', '/']))
}

fn family(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Family> {
    match values::word(tree, "a family of addresses", "IPv4", diagnostics)? {
        "IPv4" => Some(Spanned::new(Family::V4, tree.span)),
        "IPv6" => Some(Spanned::new(Family::V6, tree.span)),
        word => {
            let diagnostic = Diagnostic::new(tree.span, format!("{} is not a family of addresses", quoted(word)));
            diagnostics.push(match nearest(word, keys::FAMILIES.iter().copied()) {
                Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")),
                None => diagnostic.label("expected `IPv4` or `IPv6`"),
            });
            None
        }
    }
}
