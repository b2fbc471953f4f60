//! The keys of one mapping, checked against the table that defines them.
//!
//! ```text
//! error: a node has no key `podz`
//!  --> topology.yaml:4:5
//!   |
//! 4 |     podz: {}
//!   |     ^^^^ did you mean `pods`?
//!   |
//!   = help: a node has the keys address, podCIDR, bridge, pods, cluster, natOutgoingAddress, interfaces, routes, forwarding, sysctls, masquerade, vxlan
//! ```

use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::keys::Object;
use super::span::Span;
use super::tree::{Key, Tree, Value};

/// A mapping whose keys are those of an [`Object`].
pub struct Fields<'a, 't> {
    entries: &'a [(Key<'t>, Tree<'t>)],
    object: &'static Object,
}

impl<'a, 't> Fields<'a, 't> {
    /// Looks at the keys of `tree`. `owner` is where to point if a required one is absent.
    pub fn open(
        tree: &'a Tree<'t>,
        object: &'static Object,
        owner: Span,
        diagnostics: &mut Diagnostics,
    ) -> Option<Fields<'a, 't>> {
        let entries: &[_] = match &tree.value {
            Value::Map(entries) => entries,
            _ if tree.is_null() => &[],
            _ => {
                let title = format!("expected {} as a mapping, found {}", object.name, tree.describe());
                diagnostics
                    .push(Diagnostic::new(tree.span, title).label("expected `{ key: value }`").help(known(object)));
                return None;
            }
        };
        for (key, _) in entries {
            if !object.keys().any(|known| known.name == &*key.value) {
                diagnostics.push(unknown(key, object));
            }
        }
        for required in object.keys().filter(|key| key.required) {
            if !entries.iter().any(|(key, _)| &*key.value == required.name) {
                let title = format!("{} needs the key `{}`", object.name, required.name);
                diagnostics.push(
                    Diagnostic::new(owner, title).label(format!("`{}` is missing", required.name)).help(format!(
                        "`{}`: {}",
                        required.name,
                        required.about.trim_end_matches('.')
                    )),
                );
            }
        }
        Some(Fields { entries, object })
    }

    /// The value of a key, if it is there.
    pub fn get(&self, name: &'static str) -> Option<&'a Tree<'t>> {
        debug_assert!(self.object.keys().any(|key| key.name == name), "{name} is missing from the table");
        self.entries.iter().find(|(key, _)| &*key.value == name).map(|(_, tree)| tree)
    }

    /// The value of a key that is there and not empty.
    pub fn present(&self, name: &'static str) -> Option<&'a Tree<'t>> {
        self.get(name).filter(|tree| !tree.is_null())
    }

    /// The value of a key that not every such object has.
    pub fn get_if_known(&self, name: &'static str) -> Option<&'a Tree<'t>> {
        if self.object.keys().any(|key| key.name == name) { self.get(name) } else { None }
    }

    /// Where a key stands, if it is there.
    pub fn key_span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|(key, _)| &*key.value == name).map(|(key, _)| key.span)
    }
}

fn known(object: &Object) -> String {
    let names: Vec<&str> = object.keys().map(|key| key.name).collect();
    match names.as_slice() {
        [one] => format!("{} has only the key {one}", object.name),
        _ => format!("{} has the keys {}", object.name, names.join(", ")),
    }
}

fn unknown(key: &Key<'_>, object: &Object) -> Diagnostic {
    let diagnostic = Diagnostic::new(key.span, format!("{} has no key {}", object.name, quoted(&key.value)));
    let diagnostic = match nearest(&key.value, object.keys().map(|key| key.name)) {
        Some(name) => diagnostic.label(format!("did you mean `{name}`?")),
        None => diagnostic.label("unknown key"),
    };
    diagnostic.help(known(object))
}

/// The word that was probably meant: it differs from `text` in at most a third of its letters, capitals aside.
pub fn nearest<'n>(text: &str, words: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if text.len() > 40 {
        return None;
    }
    let text = text.to_ascii_lowercase();
    words
        .map(|word| (distance(&text, &word.to_ascii_lowercase()), word))
        .filter(|(distance, word)| *distance <= word.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many letters must be put in, taken out or replaced to make `one` into `other` (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (cell, other_letter) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(letter != other_letter);
            diagonal = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("pods", "pods"), 0);
        assert_eq!(distance("podz", "pods"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn the_nearest_word_is_near() {
        let words = ["clusterCIDR", "routing", "masquerade"];
        assert_eq!(nearest("clustercidr", words.into_iter()), Some("clusterCIDR"));
        assert_eq!(nearest("masquarade", words.into_iter()), Some("masquerade"));
        assert_eq!(nearest("zzz", words.into_iter()), None);
    }
}
