//! Values that stand in an exercise's file and in no topology: prose, numbers, words, names of machines that there are.
//!
//! ```text
//! error: there is no machine blau
//!   --> mine.yaml:15:13
//!    |
//! 15 |     - { on: blau, says: x, address: 10.244.1.2 }
//!    |             ^^^^ did you mean `blue`?
//! ```

use crate::names::MachineName;
use crate::topology::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::topology::fields::nearest;
use crate::topology::scalar::Meaning;
use crate::topology::tree::{Tree, Value};
use crate::topology::values;

/// Which of some words it is.
pub fn choice(
    tree: &Tree<'_>,
    noun: &'static str,
    words: &[&'static str],
    diagnostics: &mut Diagnostics,
) -> Option<usize> {
    let word = values::word(tree, noun, words.first().copied().unwrap_or_default(), diagnostics)?;
    let found = words.iter().position(|known| *known == word);
    if found.is_none() {
        let diagnostic = Diagnostic::new(tree.span, format!("{} is not {noun}", quoted(word)));
        diagnostics.push(match nearest(word, words.iter().copied()) {
            Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")),
            None => diagnostic.label(format!("expected one of {}", words.join(", "))),
        });
    }
    found
}

/// Names of machines of the topology, of which there must be one.
pub fn machines(
    tree: Option<&Tree<'_>>,
    known: Option<&[&MachineName]>,
    diagnostics: &mut Diagnostics,
) -> Vec<MachineName> {
    let Some(tree) = tree else { return Vec::new() };
    let items = match &tree.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(tree),
    };
    if items.is_empty() {
        diagnostics.push(Diagnostic::new(tree.span, "the list is empty").label("expected a machine"));
    }
    let mut found = Vec::new();
    for item in items {
        let Some(name) = values::name::<MachineName>(item, "the name of a machine", diagnostics) else { continue };
        match known {
            Some(known) if !known.contains(&&name.value) => {
                let diagnostic = Diagnostic::new(item.span, format!("there is no machine {}", name.value));
                diagnostics.push(match nearest(name.value.as_str(), known.iter().map(|name| name.as_str())) {
                    Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")),
                    None => diagnostic.label("expected a machine of the topology"),
                });
            }
            _ => found.push(name.value),
        }
    }
    found
}

/// Text that is not empty.
pub fn prose(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let title = match &tree.value {
        Value::Scalar(scalar) if scalar.meaning() == Meaning::Text => match scalar.text.trim() {
            "" => "the text is empty".to_owned(),
            text => match text.chars().find(|c| c.is_control() && *c != '\n') {
                None => return Some(text.to_owned()),
                Some(odd) => format!("a text cannot hold {odd:?}"),
            },
        },
        _ => format!("expected a text, found {}", tree.describe()),
    };
    diagnostics.push(Diagnostic::new(tree.span, title).label("expected a text: `one line`, or `|` and lines below it"));
    None
}

/// A whole number from 1 to a largest one.
pub fn count(tree: &Tree<'_>, most: u32, noun: &str, diagnostics: &mut Diagnostics) -> Option<u32> {
    if let Value::Scalar(scalar) = &tree.value
        && let Meaning::Integer(Some(value)) = scalar.meaning()
        && (1..=most).contains(&value)
    {
        return Some(value);
    }
    let title = format!("expected {noun}, found {}", tree.describe());
    diagnostics.push(Diagnostic::new(tree.span, title).label(format!("expected a number from 1 to {most}")));
    None
}
