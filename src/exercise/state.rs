//! What has to be so beside the packets that arrive: reading it from the file.
//!
//! ```yaml
//! state:
//!   - { on: node-1, says: node-1 still minds the reverse path, sysctl: net.ipv4.conf.eth0.rp_filter, is: 1 }
//!   - { on: pod-b, says: pod-b uses its node as gateway, route: 198.51.100.1, via: 10.244.1.1 }
//!   - { on: outside, says: outside is as it was, unchanged: true }
//! ```

use super::keys;
use super::model::{State, StateFact};
use super::values::{count, machines, prose};
use crate::names::{LinkName, MachineName};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::fields::Fields;
use crate::topology::tree::{Tree, Value};
use crate::topology::values;

/// The keys that say which fact it is, and the keys that belong to each.
const FACTS: [(&str, &[&str]); 5] =
    [("sysctl", &["is"]), ("route", &["via", "dev"]), ("address", &[]), ("link", &["mtu"]), ("unchanged", &[])];

/// The largest MTU that a link can have.
const MOST_MTU: u32 = 65_536;

/// Reads one fact.
pub fn decode(tree: &Tree<'_>, known: Option<&[&MachineName]>, diagnostics: &mut Diagnostics) -> Option<State> {
    let fields = Fields::open(tree, &keys::STATE, tree.span, diagnostics)?;
    let on = machines(fields.get("on"), known, diagnostics);
    let says = fields.get("says").and_then(|tree| prose(tree, diagnostics));
    let written: Vec<(&'static str, &[&'static str])> =
        FACTS.into_iter().filter(|(key, _)| fields.get(key).is_some()).collect();
    let fact = match written.as_slice() {
        [(key, belong)] => {
            misplaced(&fields, key, belong, diagnostics);
            fact(key, &fields, diagnostics)
        }
        [] => {
            let diagnostic = Diagnostic::new(tree.span, "this demands nothing").label("expected one of the five facts");
            diagnostics.push(diagnostic.help("write `sysctl`, `route`, `address`, `link` or `unchanged`"));
            None
        }
        [(first, _), (second, _), ..] => {
            let span = fields.key_span(second).unwrap_or(tree.span);
            let diagnostic = Diagnostic::new(span, format!("`{first}` and `{second}` are two facts"));
            diagnostics.push(diagnostic.label("expected one").help("write an entry for each"));
            None
        }
    };
    Some(State { on, says: says?, fact: fact? })
}

/// Complains about keys that belong to another fact.
fn misplaced(fields: &Fields<'_, '_>, fact: &str, belong: &[&str], diagnostics: &mut Diagnostics) {
    for (owner, key) in FACTS.iter().flat_map(|(owner, keys)| keys.iter().map(move |key| (*owner, *key))) {
        if let (Some(span), false) = (fields.key_span(key), belong.contains(&key)) {
            let diagnostic = Diagnostic::new(span, format!("`{key}` has nothing to do with `{fact}`"));
            diagnostics.push(diagnostic.label(format!("`{key}` belongs to `{owner}`")));
        }
    }
}

fn fact(key: &'static str, fields: &Fields<'_, '_>, diagnostics: &mut Diagnostics) -> Option<StateFact> {
    let tree = fields.get(key)?;
    match key {
        "sysctl" => {
            let key = sysctl(tree, diagnostics)?;
            let wanted = needed(fields, "is", tree, diagnostics)?;
            let items = match &wanted.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(wanted),
            };
            let values = items.iter().filter_map(|tree| values::setting(tree, diagnostics)).map(|v| v.value).collect();
            Some(StateFact::Sysctl { key, values })
        }
        "route" => {
            let to = values::address(tree, diagnostics)?.value;
            let via = match fields.get("via") {
                Some(tree) => Some(values::address(tree, diagnostics)?.value),
                None => None,
            };
            let dev = match fields.get("dev") {
                Some(tree) => Some(values::name::<LinkName>(tree, "the name of a link", diagnostics)?.value),
                None => None,
            };
            if via.is_none() && dev.is_none() {
                let diagnostic = Diagnostic::new(tree.span, "a route goes somewhere").label("by way of whom?");
                diagnostics.push(diagnostic.help("write `via` or `dev` beside it"));
                return None;
            }
            Some(StateFact::Route { to, via, dev })
        }
        "address" => values::address(tree, diagnostics).map(|address| StateFact::Address(address.value)),
        "link" => {
            let link = values::name::<LinkName>(tree, "the name of a link", diagnostics)?.value;
            let mtu = count(needed(fields, "mtu", tree, diagnostics)?, MOST_MTU, "an MTU", diagnostics)?;
            Some(StateFact::Mtu { link, mtu })
        }
        _ => match values::boolean(tree, diagnostics)?.value {
            true => Some(StateFact::Unchanged),
            false => {
                let diagnostic = Diagnostic::new(tree.span, "that something may change need not be demanded");
                diagnostics.push(diagnostic.label("expected true").help("leave the entry out"));
                None
            }
        },
    }
}

/// The value of a key without which another one means nothing.
fn needed<'a, 't>(
    fields: &Fields<'a, 't>,
    key: &'static str,
    owner: &Tree<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<&'a Tree<'t>> {
    let found = fields.get(key);
    if found.is_none() {
        let diagnostic = Diagnostic::new(owner.span, format!("it does not say what it has to be: `{key}` is missing"));
        diagnostics.push(diagnostic.label(format!("expected `{key}` beside it")));
    }
    found
}

/// A sysctl's key.
fn sysctl(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = prose(tree, diagnostics)?;
    let plain = text.starts_with("net.") && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    // Dots and slashes stand for each other: two in a row could spell `..` and lead out of `net`.
    if !plain || text.split(['.', '/']).any(str::is_empty) {
        let diagnostic = Diagnostic::new(tree.span, "this is not the key of a network's sysctl");
        diagnostics.push(diagnostic.label("expected one such as net.ipv4.ip_forward"));
        return None;
    }
    Some(text)
}
