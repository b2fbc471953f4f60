//! Expressions that write to the packet's marks.
//!
//! ```text
//! [ immediate reg 1 0x4000 ] [ meta set mark with reg 1 ]    → meta mark set 0x00004000
//! ```

use super::super::uapi;
use super::load::{ct_key, meta_key};
use super::reading::{Mask, Reading, Selector, Value, What};
use super::word::word;
use crate::kernel::netfilter::attribute::Attributes;

/// `meta mark set …`
pub fn meta(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let target = meta_key(a.number(uapi::meta::KEY)?)?;
    set(r, &target, a.number(uapi::meta::FROM)?)
}

/// `ct mark set …`
pub fn ct(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    let target = ct_key(a.number(uapi::ct::KEY)?.cast_signed())?;
    set(r, &target, a.number(uapi::ct::FROM)?)
}

fn set(r: &mut Reading, target: &Selector, from: u32) -> Option<()> {
    let value = match r.get(from)? {
        Value::Constant(bytes) => word(target.kind, bytes),
        Value::Loaded { .. } => {
            let (What::Named(source), mask) = r.take(from)? else { return None };
            computed(&source, mask.as_ref())
        }
    };
    r.say(format!("{} set {value}", target.text))
}

/// `(source & and) ^ xor` in the shortest words.
fn computed(source: &Selector, mask: Option<&Mask>) -> String {
    let Some(Mask { and, xor }) = mask else { return source.text.clone() };
    let (and_word, xor_word) = (word(source.kind, and), word(source.kind, xor));
    if xor.iter().all(|byte| *byte == 0) {
        format!("{} & {and_word}", source.text)
    } else if and.iter().all(|byte| *byte == 0xff) {
        format!("{} ^ {xor_word}", source.text)
    } else if and.iter().zip(xor).all(|(and, xor)| *and == !xor) {
        format!("{} | {xor_word}", source.text)
    } else {
        format!("{} & {and_word} ^ {xor_word}", source.text)
    }
}
