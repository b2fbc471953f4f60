//! `sysctls`: settings of a machine's own network namespace.
//!
//! ```yaml
//! sysctls: { net.ipv4.conf.all.rp_filter: 1 }
//! ```
//!
//! Only what is under `net.` belongs to a network namespace; anything else would be the whole machine's.

use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::tree::{Key, Tree};
use super::values;

/// The pattern of a key that is let through, for the schema.
pub const PATTERN: &str = r"^net(?:[./][A-Za-z0-9_\-]+)+$";

/// Reads one entry.
pub fn decode(key: &Key<'_>, tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<(String, String)> {
    let value = values::setting(tree, diagnostics);
    if let Some(diagnostic) = complaint(key) {
        diagnostics.push(diagnostic);
        return None;
    }
    Some((key.value.clone().into_owned(), value?.value))
}

fn complaint(key: &Key<'_>) -> Option<Diagnostic> {
    let text: &str = &key.value;
    let refused = |title: &str| Some(Diagnostic::new(key.span, format!("{} {title}", quoted(text))));
    let Some(rest) = text.strip_prefix("net.") else {
        return refused("is not a sysctl of a network namespace").map(|diagnostic| {
            diagnostic
                .label("expected a key that begins with `net.`")
                .help("all other sysctls are the whole machine's, and a lab leaves those alone")
        });
    };
    // Dots and slashes stand for each other: two of them in a row, of either kind, could spell `..` and lead out of `net`.
    if rest.split(['.', '/']).any(str::is_empty) {
        return refused("is not the key of a sysctl")
            .map(|diagnostic| diagnostic.label("expected one such as net.ipv4.conf.all.rp_filter"));
    }
    if let Some(odd) = rest.chars().find(|c| !(c.is_ascii_alphanumeric() || "_.-/".contains(*c))) {
        return refused("is not the key of a sysctl")
            .map(|diagnostic| diagnostic.label(format!("{odd:?} cannot stand in it")));
    }
    match text.replace('/', ".").as_str() {
        "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" | "net.ipv6.conf.all.forwarding" => {
            refused("has a key of its own").map(|diagnostic| {
                diagnostic.label("`forwarding` sets it").help("write `forwarding: true` or `forwarding: false`")
            })
        }
        _ => None,
    }
}
