//! Expressions that compare what was loaded.
//!
//! ```text
//! [ bitwise reg 1 = ( reg 1 & 0x06 ) ^ 0 ] [ cmp neq reg 1 0 ]    → ct state established,related
//! [ cmp gte reg 1 80 ] [ cmp lte reg 1 90 ]                       → tcp dport 80-90
//! ```

use super::super::address::network;
use super::super::uapi;
use super::field;
use super::reading::{Low, Mask, Reading, Selector, Value, What};
use super::word::{Kind, Order, number, word};
use crate::kernel::netfilter::attribute::Attributes;
use crate::network::ruleset::{Part, Side};

/// Masks a register.
pub fn bitwise(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::bitwise::{FROM, MASK, OP, TO, XOR};
    // Shifts have operators of their own.
    if a.number(OP).unwrap_or(0) != 0 {
        return None;
    }
    let (from, to) = (a.number(FROM)?, a.number(TO)?);
    let and = a.nested(MASK)?.get(uapi::data::VALUE)?.to_vec();
    let xor = a.nested(XOR)?.get(uapi::data::VALUE)?.to_vec();
    let Value::Loaded { what, mask: None, .. } = r.get(from)? else { return None };
    let masked = Value::Loaded { what: what.clone(), mask: Some(Mask { and, xor }), used: false };
    r.set(to, masked)
}

/// Turns a number round, so that it can be compared byte by byte.
pub fn byteorder(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::byteorder::{FROM, TO};
    let (from, to) = (a.number(FROM)?, a.number(TO)?);
    let Value::Loaded { what: What::Named(selector), mask: None, .. } = r.get(from)? else { return None };
    let Kind::Number(Order::Host) = selector.kind else { return None };
    let turned = Selector { kind: Kind::Number(Order::Network), ..selector.clone() };
    r.load(to, What::Named(turned))
}

/// Compares a register with a constant.
pub fn cmp(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::cmp::{DATA, FROM, OP};
    let op = a.number(OP)?.cast_signed();
    let value = a.nested(DATA)?.get(uapi::data::VALUE)?;
    let (what, mask) = r.take(a.number(FROM)?)?;
    match (what, mask) {
        (What::Named(selector), mask) => named(r, &selector, mask.as_ref(), op, value),
        (What::Bytes { base, offset, .. }, None) if op == libc::NFT_CMP_EQ => pieces(r, base, offset, value),
        (What::Bytes { base, offset, length }, mask) => {
            let part = compare(&raw(base, offset, length)?, mask.as_ref(), op, value)?;
            r.condition(part);
            Some(())
        }
    }
}

/// A comparison of something with a name.
fn named(r: &mut Reading, selector: &Selector, mask: Option<&Mask>, op: i32, value: &[u8]) -> Option<()> {
    if op == libc::NFT_CMP_LTE
        && mask.is_none()
        && let Some(low) = r.low.take()
        && low.text == selector.text
    {
        let text = format!("{} {}-{}", selector.text, low.value, word(selector.kind, value));
        return r.rewrite(low.place, Part::Other(text));
    }
    let part = compare(selector, mask, op, value)?;
    let place = r.condition(part);
    match (op, mask, selector.tells) {
        (libc::NFT_CMP_GTE, None, _) => {
            r.low = Some(Low { text: selector.text.clone(), place, value: word(selector.kind, value) });
        }
        (libc::NFT_CMP_EQ, None, Some(layer)) => {
            if let Some(protocol) = protocol(selector, value) {
                r.tell(layer, protocol, place);
            }
        }
        _ => {}
    }
    Some(())
}

/// The protocol that a value tells, by the number that its layer goes by.
fn protocol(selector: &Selector, value: &[u8]) -> Option<u16> {
    let (Kind::Words(order, _) | Kind::HexWords(order, _)) = selector.kind else { return None };
    let value = u16::try_from(number(value, order)?).ok()?;
    match (selector.text.as_str(), i32::from(value)) {
        ("meta nfproto", libc::NFPROTO_IPV4) => Some(libc::ETH_P_IP as u16),
        ("meta nfproto", libc::NFPROTO_IPV6) => Some(libc::ETH_P_IPV6 as u16),
        ("meta nfproto", _) => None,
        _ => Some(value),
    }
}

/// Several fields that were loaded and compared at once, or bytes without a name.
fn pieces(r: &mut Reading, base: u32, offset: u32, value: &[u8]) -> Option<()> {
    let length = u32::try_from(value.len()).ok()?;
    let Some(field) = field::at(r, base, offset, length) else {
        let part = compare(&raw(base, offset, length)?, None, libc::NFT_CMP_EQ, value)?;
        r.condition(part);
        return Some(());
    };
    let selector = field.mention(r, length);
    let (now, later) = value.split_at_checked(selector.length)?;
    named(r, &selector, None, libc::NFT_CMP_EQ, now)?;
    if later.is_empty() { Some(()) } else { pieces(r, base, offset.checked_add(field.length)?, later) }
}

/// Bytes as nft writes them: `@nh,96,24`.
fn raw(base: u32, offset: u32, length: u32) -> Option<Selector> {
    let header = match base.cast_signed() {
        libc::NFT_PAYLOAD_LL_HEADER => "ll",
        libc::NFT_PAYLOAD_NETWORK_HEADER => "nh",
        libc::NFT_PAYLOAD_TRANSPORT_HEADER => "th",
        _ => return None,
    };
    let text = format!("@{header},{},{}", offset.checked_mul(8)?, length.checked_mul(8)?);
    Some(Selector { text, kind: Kind::Raw, length: length as usize, tells: None })
}

/// Whether a register is within, or outside, a range.
pub fn range(r: &mut Reading, a: Attributes<'_>) -> Option<()> {
    use uapi::range::{FROM, HIGH, LOW, OP};
    let (what, mask) = r.take(a.number(FROM)?)?;
    let (What::Named(selector), None) = (what, mask) else { return None };
    let value = |kind| Some(word(selector.kind, a.nested(kind)?.get(uapi::data::VALUE)?));
    let not = match a.number(OP)?.cast_signed() {
        libc::NFT_RANGE_EQ => "",
        libc::NFT_RANGE_NEQ => "!= ",
        _ => return None,
    };
    let text = format!("{} {not}{}-{}", selector.text, value(LOW)?, value(HIGH)?);
    r.condition(Part::Other(text));
    Some(())
}

/// A comparison in words.
fn compare(selector: &Selector, mask: Option<&Mask>, op: i32, value: &[u8]) -> Option<Part> {
    let Selector { text, kind, .. } = selector;
    if let Some(part) = address(selector, mask, op, value) {
        return Some(part);
    }
    if selector.length != 0 && selector.length != value.len() {
        return None;
    }
    let sign = match op {
        libc::NFT_CMP_EQ => "==",
        libc::NFT_CMP_NEQ => "!=",
        libc::NFT_CMP_LT => "<",
        libc::NFT_CMP_LTE => "<=",
        libc::NFT_CMP_GT => ">",
        libc::NFT_CMP_GTE => ">=",
        _ => return None,
    };
    let value_word = word(*kind, value);
    let zero = value.iter().all(|byte| *byte == 0);
    let text = match mask {
        Some(mask) if mask.xor.iter().any(|byte| *byte != 0) => {
            let (and, xor) = (word(*kind, &mask.and), word(*kind, &mask.xor));
            format!("{text} & {and} ^ {xor} {sign} {value_word}")
        }
        Some(mask) => match (kind, sign) {
            (Kind::Bits(_), "!=") if zero => format!("{text} {}", word(*kind, &mask.and)),
            (Kind::Bits(_), "==") if zero => format!("{text} ! {}", word(*kind, &mask.and)),
            (Kind::Bits(_), "==") => format!("{text} {value_word} / {}", word(*kind, &mask.and)),
            (Kind::Bits(_), "!=") => format!("{text} != {value_word} / {}", word(*kind, &mask.and)),
            _ => format!("{text} & {} {sign} {value_word}", word(*kind, &mask.and)),
        },
        // Without a sign, bits would mean "any of these".
        None if sign == "==" && !matches!(kind, Kind::Bits(_)) => format!("{text} {value_word}"),
        None => format!("{text} {sign} {value_word}"),
    };
    Some(Part::Other(text))
}

/// A comparison with a network.
fn address(selector: &Selector, mask: Option<&Mask>, op: i32, value: &[u8]) -> Option<Part> {
    let (side, whole) = match selector.text.as_str() {
        "ip saddr" => (Side::Source, 4),
        "ip daddr" => (Side::Destination, 4),
        "ip6 saddr" => (Side::Source, 16),
        "ip6 daddr" => (Side::Destination, 16),
        _ => return None,
    };
    let not = match op {
        libc::NFT_CMP_EQ => false,
        libc::NFT_CMP_NEQ => true,
        _ => return None,
    };
    if value.len() != selector.length {
        return None;
    }
    // A shorter load leaves out the bytes behind the prefix.
    let fill = |bytes: &[u8]| bytes.iter().copied().chain(std::iter::repeat(0)).take(whole).collect::<Vec<_>>();
    let mask = match mask {
        None => fill(&vec![0xff; value.len()]),
        Some(mask) if mask.xor.iter().all(|byte| *byte == 0) && mask.and.len() == value.len() => fill(&mask.and),
        Some(_) => return None,
    };
    Some(Part::Address { side, not, network: network(&fill(value), &mask)? })
}
