//! Single values: names, addresses, subnets, numbers and switches, each with the message that says why it is none.
//!
//! ```text
//! error: 10.244.1.7/16 has host bits set: it is an address in a subnet, not a subnet
//!  --> topology.yaml:3:16
//!   |
//! 3 |   clusterCIDR: 10.244.1.7/16
//!   |                ^^^^^^^^^^^^^ expected the subnet 10.244.0.0/16
//! ```

mod number;
mod word;

use std::net::IpAddr;
use std::str::FromStr;

use ipnetwork::IpNetwork;

use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::scalar::{Meaning, Scalar};
use super::span::Spanned;
use super::special;
use super::subnet::{Family, Subnet};
use super::tree::{Tree, Value};
use crate::names::NameError;
use crate::network::Mac;

pub use number::{lease_time, mtu, port, prefix_length, vni};
pub use word::{choice, method, word};

/// What a value is expected to be: a noun with its article, and an example.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    noun: &'static str,
    example: &'static str,
}

impl Expected {
    /// What to write beside the carets.
    fn label(self) -> String {
        match self.example {
            "" => format!("expected {}", self.noun),
            example => format!("expected {}, such as {example}", self.noun),
        }
    }
}

/// An address with its prefix length.
pub const INTERFACE: Expected = Expected { noun: "an address with its prefix length", example: "10.244.1.2/24" };
/// An address.
pub const ADDRESS: Expected = Expected { noun: "an address", example: "192.168.1.11" };
/// A subnet.
pub const SUBNET: Expected = Expected { noun: "a subnet", example: "10.244.0.0/16" };
const DESTINATION: Expected = Expected { noun: "a subnet or `default`", example: "10.244.2.0/24" };
const MAC: Expected = Expected { noun: "a hardware address", example: "66:2a:00:00:00:01" };
const BOOL: Expected = Expected { noun: "true or false", example: "" };
const SETTING: Expected = Expected { noun: "a sysctl's value", example: "1" };

/// A result whose mistake has been reported already.
pub type Decoded<T> = Option<Spanned<T>>;

fn wrong_type(tree: &Tree<'_>, expected: Expected) -> Diagnostic {
    let title = format!("expected {}, found {}", expected.noun, tree.describe());
    // The title has said what is expected: only the example is new.
    Diagnostic::new(tree.span, title).label(match expected.example {
        "" => expected.label(),
        example => format!("expected one such as {example}"),
    })
}

fn malformed(tree: &Tree<'_>, text: &str, expected: Expected) -> Diagnostic {
    Diagnostic::new(tree.span, format!("{} is not {}", quoted(text), expected.noun)).label(expected.label())
}

/// The text of a scalar that is text.
fn text<'a>(tree: &'a Tree<'_>, expected: Expected, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    match &tree.value {
        Value::Scalar(scalar) if scalar.meaning() == Meaning::Text => Some(&scalar.text),
        Value::Scalar(scalar) if matches!(scalar.meaning(), Meaning::Integer(_) | Meaning::Float) => {
            let diagnostic = wrong_type(tree, expected);
            let help = format!("if it is meant as text, quote it: \"{}\"", scalar.text);
            diagnostics.push(if expected.example.contains('.') { diagnostic } else { diagnostic.help(help) });
            None
        }
        _ => {
            diagnostics.push(wrong_type(tree, expected));
            None
        }
    }
}

/// The name of something, `noun` being what it is the name of.
pub fn name<T: FromStr<Err = NameError>>(
    tree: &Tree<'_>,
    noun: &'static str,
    diagnostics: &mut Diagnostics,
) -> Decoded<T> {
    let expected = Expected { noun, example: "node-1" };
    let text = text(tree, expected, diagnostics)?;
    parse_name(&Spanned::new(text, tree.span), noun, diagnostics)
}

/// A name that is text already, such as a key.
pub fn parse_name<T: FromStr<Err = NameError>>(
    text: &Spanned<&str>,
    noun: &str,
    diagnostics: &mut Diagnostics,
) -> Decoded<T> {
    match text.parse() {
        Ok(name) => Some(Spanned::new(name, text.span)),
        Err(error) => {
            let label = match &error {
                NameError::Empty => "expected at least one letter".to_owned(),
                NameError::TooLong { len, max } => format!("expected at most {max} bytes, found {len}"),
                other => other.to_string(),
            };
            let diagnostic =
                Diagnostic::new(text.span, format!("{} cannot be {noun}", quoted(text.value))).label(label);
            diagnostics.push(match error {
                NameError::TooLong { .. } if noun.contains("link") => {
                    diagnostic.help("the kernel keeps a link's name in 16 bytes, the last of which is zero (IFNAMSIZ)")
                }
                _ => diagnostic,
            });
            None
        }
    }
}

/// A switch.
pub fn boolean(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<bool> {
    match &tree.value {
        Value::Scalar(Scalar { .. }) if tree.is_null() => {}
        Value::Scalar(scalar) => match scalar.meaning() {
            Meaning::Bool(value) => return Some(Spanned::new(value, tree.span)),
            Meaning::Text => {
                let diagnostic = wrong_type(tree, BOOL);
                let word = scalar.text.to_ascii_lowercase();
                diagnostics.push(match word.as_str() {
                    "yes" | "no" | "on" | "off" => {
                        let meant = word == "yes" || word == "on";
                        diagnostic.help(format!("in YAML 1.2 `{word}` is text: write {meant}"))
                    }
                    "true" | "false" => diagnostic.help("quotes make it text: leave them out"),
                    _ => diagnostic,
                });
                return None;
            }
            _ => {}
        },
        _ => {}
    }
    diagnostics.push(wrong_type(tree, BOOL));
    None
}

/// An address without a prefix length.
pub fn address(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<IpAddr> {
    let text = text(tree, ADDRESS, diagnostics)?;
    let Ok(ip) = text.parse::<IpAddr>() else {
        let diagnostic = malformed(tree, text, ADDRESS);
        diagnostics.push(match text.parse::<IpNetwork>() {
            Ok(network) => diagnostic.help(format!("leave the prefix length out: {}", network.ip())),
            Err(_) => diagnostic,
        });
        return None;
    };
    match special::address(ip) {
        Some(why) => {
            diagnostics.push(unusable(tree, text, why));
            None
        }
        None => Some(Spanned::new(ip, tree.span)),
    }
}

/// An address with its prefix length, as an interface bears it.
pub fn interface(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let text = text(tree, INTERFACE, diagnostics)?;
    let network = cidr(tree, text, INTERFACE, diagnostics)?;
    if let Some(why) = special::address(network.ip()) {
        diagnostics.push(unusable(tree, text, why));
        return None;
    }
    if let Some(diagnostic) = special::ends_of_subnet(network, tree.span) {
        diagnostics.push(diagnostic);
        return None;
    }
    Some(Spanned::new(network, tree.span))
}

/// An address of a device that has no neighbours of its own, as flannel gives one: `10.244.1.0/32`, the first of the
/// node's block, is nobody else's.
pub fn device_address(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let text = text(tree, INTERFACE, diagnostics)?;
    let network = cidr(tree, text, INTERFACE, diagnostics)?;
    if let Some(why) = special::address(network.ip()) {
        diagnostics.push(unusable(tree, text, why));
        return None;
    }
    if network.prefix() == Family::of(network.ip()).bits() {
        return Some(Spanned::new(network, tree.span));
    }
    interface(tree, diagnostics)
}

/// A subnet that hosts have addresses in.
pub fn subnet(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let range = range(tree, diagnostics)?;
    match special::subnet(range.value) {
        Some(why) => {
            diagnostics.push(unusable(tree, &range.to_string(), why));
            None
        }
        None => Some(range),
    }
}

/// A range of addresses, used or not.
pub fn range(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let text = text(tree, SUBNET, diagnostics)?;
    checked_range(tree, text, SUBNET, diagnostics)
}

/// A route's destination. `default` is of the gateway's family.
pub fn destination(tree: &Tree<'_>, family: Option<Family>, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let text = text(tree, DESTINATION, diagnostics)?;
    if text == "default" {
        return family.map(|family| Spanned::new(family.everything(), tree.span));
    }
    checked_range(tree, text, DESTINATION, diagnostics)
}

fn checked_range(tree: &Tree<'_>, text: &str, expected: Expected, diagnostics: &mut Diagnostics) -> Decoded<IpNetwork> {
    let range = cidr(tree, text, expected, diagnostics)?;
    if range.has_host_bits() {
        let title = format!("{text} has host bits set: it is an address in a subnet, not a subnet");
        let subnet = special::fitting_subnet(range);
        let diagnostic = Diagnostic::new(tree.span, title).label(format!("expected the subnet {subnet}"));
        let help = match subnet == range.subnet() {
            true => format!("write {subnet}, or a longer prefix length"),
            // The one that is written would be everybody's.
            false => format!("write {subnet}: {} has addresses of the internet in it", range.subnet()),
        };
        diagnostics.push(diagnostic.help(help));
        return None;
    }
    Some(Spanned::new(range, tree.span))
}

fn cidr(tree: &Tree<'_>, text: &str, expected: Expected, diagnostics: &mut Diagnostics) -> Option<IpNetwork> {
    let diagnostic = malformed(tree, text, expected);
    let diagnostic = match text.split_once('/') {
        None => match text.parse::<IpAddr>() {
            Ok(ip) => {
                let length = if ip.is_ipv4() { 24 } else { 64 };
                let whole = IpNetwork::new(ip, length).map_or(text.to_owned(), |network| {
                    if expected.noun == INTERFACE.noun { network.to_string() } else { network.subnet().to_string() }
                });
                diagnostic.help(format!("the prefix length is missing: write for instance {whole}"))
            }
            Err(_) => diagnostic,
        },
        Some((ip, digits)) => match (ip.parse::<IpAddr>(), digits.parse::<u8>()) {
            // Rust also reads `+24` and `024`; people would wonder.
            (Ok(ip), Ok(length)) if digits == length.to_string() => match IpNetwork::new(ip, length) {
                Ok(network) => return Some(network),
                Err(_) => {
                    let family = Family::of(ip);
                    diagnostic.help(format!("{family} prefix lengths go up to {}", family.bits()))
                }
            },
            (Ok(ip), _) => {
                let bits = Family::of(ip).bits();
                diagnostic.help(format!("what follows the slash is a number from 0 to {bits}"))
            }
            (Err(_), _) => diagnostic,
        },
    };
    diagnostics.push(diagnostic);
    None
}

fn unusable(tree: &Tree<'_>, text: &str, why: &'static str) -> Diagnostic {
    Diagnostic::new(tree.span, format!("{text} cannot be used here")).label(why)
}

/// What a sysctl is set to, as text.
pub fn setting(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<String> {
    let Value::Scalar(scalar) = &tree.value else {
        diagnostics.push(wrong_type(tree, SETTING));
        return None;
    };
    match scalar.meaning() {
        Meaning::Null => diagnostics.push(wrong_type(tree, SETTING)),
        Meaning::Bool(value) => {
            let diagnostic = wrong_type(tree, SETTING);
            diagnostics.push(diagnostic.help(format!("the kernel wants numbers: write {}", u8::from(value))));
        }
        _ if scalar.text.trim().is_empty() => diagnostics.push(wrong_type(tree, SETTING)),
        _ => match scalar.text.chars().find(|c| !(c.is_ascii_graphic() || *c == ' ')) {
            Some(odd) => diagnostics.push(
                Diagnostic::new(tree.span, format!("a sysctl's value cannot hold {odd:?}"))
                    .label("expected one line of plain ASCII"),
            ),
            None => return Some(Spanned::new(scalar.text.clone().into_owned(), tree.span)),
        },
    }
    None
}

/// A hardware address of one machine.
pub fn mac(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Decoded<Mac> {
    let text = text(tree, MAC, diagnostics)?;
    match text.parse::<Mac>() {
        Ok(mac) if mac.0[0] & 1 == 0 && mac.0 != [0; 6] => Some(Spanned::new(mac, tree.span)),
        Ok(_) => {
            diagnostics.push(unusable(tree, text, "a machine's address is neither all zeros nor one of a group"));
            None
        }
        Err(_) => {
            diagnostics.push(malformed(tree, text, MAC));
            None
        }
    }
}
