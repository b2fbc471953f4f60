//! Whole numbers, each with its bounds: `mtu: 1450`, `port: 8472`.

use std::ops::RangeInclusive;

use super::{Decoded, Expected, wrong_type};
use crate::network::setting::IPV6_MIN_MTU;
use crate::topology::diagnostic::Diagnostics;
use crate::topology::scalar::Meaning;
use crate::topology::span::Spanned;
use crate::topology::tree::{Tree, Value};

/// A number within bounds, which `help` names.
fn number(
    tree: &Tree<'_>,
    bounds: RangeInclusive<u32>,
    expected: Expected,
    help: &str,
    diagnostics: &mut Diagnostics,
) -> Decoded<u32> {
    if let Value::Scalar(scalar) = &tree.value
        && let Meaning::Integer(Some(value)) = scalar.meaning()
        && bounds.contains(&value)
    {
        return Some(Spanned::new(value, tree.span));
    }
    diagnostics.push(wrong_type(tree, expected).help(help));
    None
}

/// The same in fewer bits, which the bounds see to.
fn narrow<T: TryFrom<u32>>(number: Spanned<u32>) -> Decoded<T> {
    Some(Spanned::new(T::try_from(number.value).ok()?, number.span))
}

/// A prefix length, whatever its family.
pub fn prefix_length(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<u8> {
    let expected = Expected { noun: "a prefix length", example: "24" };
    let help = "a prefix length is a number from 1 to 32 (IPv4) or 128 (IPv6)";
    number(tree, 1..=128, expected, help, diagnostics).and_then(narrow)
}

/// A port of TCP or UDP.
pub fn port(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<u16> {
    let expected = Expected { noun: "a port", example: "80" };
    let help = "a port is a number from 1 to 65535";
    number(tree, 1..=u32::from(u16::MAX), expected, help, diagnostics).and_then(narrow)
}

/// The largest packet of a link. IPv6 needs 1280 bytes (RFC 8200): with less Linux does without it there, and forgets
/// what was said about it. A length is a number of 16 bits.
pub fn mtu(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<u32> {
    let expected = Expected { noun: "the size of a packet in bytes", example: "1500" };
    number(
        tree,
        IPV6_MIN_MTU..=65535,
        expected,
        "an MTU is a number from 1280, which IPv6 needs, to 65535",
        diagnostics,
    )
}

/// The network identifier of a VXLAN: 24 bits (RFC 7348), of which flannel and Calico never use 0.
pub fn vni(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<u32> {
    let expected = Expected { noun: "a network identifier", example: "1" };
    number(tree, 1..=0x00ff_ffff, expected, "a VNI is a number from 1 to 16777215", diagnostics)
}

/// For how long an address is leased, in seconds: up to a year, and not for so short a time that half of it is none.
pub fn lease_time(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<u32> {
    let expected = Expected { noun: "a time in seconds", example: "3600" };
    number(tree, 2..=31_536_000, expected, "a lease lasts from 2 to 31536000 seconds (a year)", diagnostics)
}
