//! Words: one of a few, or one with what belongs to it.

use super::{Expected, text};
use crate::topology::diagnostic::{Diagnostic, Diagnostics, quoted};
use crate::topology::fields::nearest;
use crate::topology::tree::Tree;

/// A word: a noun with its article, and an example.
pub fn word<'a>(
    tree: &'a Tree<'_>,
    noun: &'static str,
    example: &'static str,
    diagnostics: &mut Diagnostics,
) -> Option<&'a str> {
    text(tree, Expected { noun, example }, diagnostics)
}

/// One of a few words.
pub fn choice(
    tree: &Tree<'_>,
    noun: &'static str,
    words: &'static [&'static str],
    diagnostics: &mut Diagnostics,
) -> Option<&'static str> {
    let example = words.first().copied().unwrap_or_default();
    let found = word(tree, noun, example, diagnostics)?;
    if let Some(known) = words.iter().find(|known| **known == found) {
        return Some(known);
    }
    let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let label = match nearest(found, words.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("expected {}", either(&all)),
    };
    diagnostics.push(
        Diagnostic::new(tree.span, format!("{} is not {noun}", quoted(found)))
            .label(label)
            .help(format!("it is one of {}", all.join(", "))),
    );
    None
}

fn either(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.join(""),
    }
}

/// A word and what it is to be done with: `can-reach=192.168.1.1`.
pub fn method<'a>(tree: &'a Tree<'_>, diagnostics: &mut Diagnostics) -> Option<(&'a str, Option<&'a str>)> {
    let text = word(tree, "a method of finding an address", "first-found", diagnostics)?;
    Some(match text.split_once('=') {
        Some((method, rest)) => (method, Some(rest)),
        None => (text, None),
    })
}
