//! Lookups in sets and maps.
//!
//! ```text
//! [ payload load 4b … => reg 1 ] [ payload load 2b … => reg 9 ] [ lookup reg 1 set pairs ]    → ip saddr . tcp dport @pairs
//! ```

use super::super::uapi;
use super::reading::{Reading, Selector, Value, What, register, slot};
use super::word::Kind;
use crate::kernel::netfilter::attribute::Attributes;
use crate::network::ruleset::Part;

/// Looks a register up in a set, or in a map of verdicts or values.
pub fn lookup(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::lookup::{FLAGS, FROM, SET, TO};
    let set = a.text(SET)?;
    let not = a.number(FLAGS).unwrap_or(0).cast_signed() & libc::NFT_LOOKUP_F_INV != 0;
    let key = key(r, slot(a.number(FROM)?)?)?;
    match a.number(TO) {
        None => {
            let text = format!("{key} {}@{set}", if not { "!= " } else { "" });
            r.condition(Part::Other(text));
            Some(())
        }
        Some(to) if to.cast_signed() == libc::NFT_REG_VERDICT => r.say(format!("{key} vmap @{set}")),
        Some(to) => {
            let found = Selector { text: format!("{key} map @{set}"), kind: Kind::Raw, length: 0, tells: None };
            r.load(to, What::Named(found))
        }
    }
}

/// The key: what was loaded side by side for it, from this place on.
fn key(r: &mut Reading, first: usize) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut slot = first;
    while let Some(Value::Loaded { used, .. }) = r.get(register(slot)) {
        // A key of several parts was loaded just for it; what was compared before belongs to another condition.
        if *used && !texts.is_empty() {
            break;
        }
        let (What::Named(selector), None) = r.take(register(slot))? else { return None };
        slot += size(&selector).div_ceil(4);
        texts.push(selector.text);
    }
    if texts.is_empty() { None } else { Some(texts.join(" . ")) }
}

/// How many bytes a key's part takes.
fn size(selector: &Selector) -> usize {
    match (selector.length, selector.kind) {
        (0, Kind::Name) => libc::IFNAMSIZ,
        (0, _) => 4,
        (length, _) => length,
    }
}
