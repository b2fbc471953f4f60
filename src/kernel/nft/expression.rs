//! Expressions, read back into nft's words.
//!
//! ```text
//! [ payload load 3b @ network header + 12 => reg 1 ]    register 1 holds `ip saddr`, its first 3 bytes
//! [ cmp eq reg 1 0x0a 0xf4 0x01 ]                       → ip saddr 10.244.1.0/24
//! [ immediate reg 1 0x0a 0x00 0x00 0x01 ]               register 1 holds a constant
//! [ nat dnat ip addr_min reg 1 ]                        → dnat to 10.0.0.1
//! ```
//!
//! The kernel runs a rule on registers, so reading it is running it with names in place of packets. Each reader returns
//! `None` where it does not know what it sees; then the rule shows the expression's name in brackets.

use crate::kernel::netfilter::attribute::Attributes;
use crate::network::ruleset::{Family, Part};

mod compare;
mod field;
mod load;
mod lookup;
mod nat;
mod reading;
mod set;
mod statement;
mod word;

use reading::Reading;

/// The parts of a rule in a table of this family.
pub fn read(family: Family, expressions: Attributes<'_>) -> Vec<Part> {
    let mut reading = Reading::new(family);
    for (_, element) in expressions.iter() {
        let element = Attributes(element);
        let name = element.text(super::uapi::expression::NAME).unwrap_or_default();
        let data = element.nested(super::uapi::expression::DATA).unwrap_or(Attributes(&[]));
        if one(&mut reading, &name, data).is_none() {
            reading.unknown(&name);
        }
    }
    reading.finish()
}

fn one(r: &mut Reading, name: &str, data: Attributes<'_>) -> Option<()> {
    match name {
        "payload" => load::payload(r, data),
        "meta" => load::meta(r, data).or_else(|| set::meta(r, data)),
        "ct" => load::ct(r, data).or_else(|| set::ct(r, data)),
        "fib" => load::fib(r, data),
        "immediate" => statement::immediate(r, data),
        "bitwise" => compare::bitwise(r, data),
        "byteorder" => compare::byteorder(r, data),
        "cmp" => compare::cmp(r, data),
        "range" => compare::range(r, data),
        "lookup" => lookup::lookup(r, data),
        "counter" => statement::counter(r, data),
        "objref" => statement::object(r, data),
        "limit" => statement::limit(r, data),
        "log" => statement::log(r, data),
        "reject" => statement::reject(r, data),
        "notrack" => statement::notrack(r),
        "nat" => nat::nat(r, data),
        "masq" => nat::masquerade(r, data),
        "redir" => nat::redirect(r, data),
        _ => None,
    }
}
