//! `underlay`: which of a node's addresses carries traffic between nodes.
//!
//! ```yaml
//! underlay: { autodetect: first-found }              # the first of each family, in file order
//! underlay: { autodetect: can-reach=192.168.1.1 }    # the one that the node would send from to reach this address
//! underlay: { autodetect: "interface=eth1,ens.*" }   # that of the first interface whose name one of these matches
//! underlay: { autodetect: cidr=192.168.2.0/24 }      # the first that is in one of these subnets
//! ```
//!
//! The methods are those of Calico (<https://docs.tigera.io/calico/latest/reference/configure-calico-node>).

use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::fields::{Fields, nearest};
use super::span::{Span, Spanned};
use super::spec::Autodetect;
use super::tree::Tree;
use super::{keys, values};

/// The methods that have something behind an equals sign.
const METHODS: [&str; 3] = ["can-reach", "interface", "cidr"];

/// Reads the key `underlay`.
pub fn decode(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Autodetect> {
    let fields = Fields::open(tree, &keys::UNDERLAY, tree.span, diagnostics)?;
    method(fields.present("autodetect")?, diagnostics)
}

fn method(tree: &Tree<'_>, diagnostics: &mut Diagnostics) -> Option<Autodetect> {
    let (word, rest) = values::method(tree, diagnostics)?;
    let mut bad = |title: String, label: &str| {
        diagnostics.push(
            Diagnostic::new(tree.span, title)
                .label(label)
                .help("the methods are `first-found`, `can-reach=ADDRESS`, `interface=REGEX,…` and `cidr=SUBNET,…`"),
        );
    };
    match (word, rest) {
        ("first-found", None) => Some(Autodetect::FirstFound),
        ("first-found", Some(_)) => {
            bad("`first-found` has nothing behind it".into(), "expected `first-found` alone");
            None
        }
        (word, None | Some("")) if METHODS.contains(&word) => {
            bad(format!("`{word}` says nothing about what to look for"), "expected an equals sign and more");
            None
        }
        ("can-reach", Some(address)) => match address.parse() {
            Ok(address) => Some(Autodetect::CanReach(Spanned::new(address, tree.span))),
            Err(_) => {
                bad(format!("{} is not an address", quoted(address)), "expected one such as can-reach=192.168.1.1");
                None
            }
        },
        ("interface", Some(names)) => all(names, tree.span, |name| match regex_lite::Regex::new(name) {
            Ok(_) => Some(name.to_owned()),
            Err(error) => {
                bad(format!("{} is not a regular expression: {error}", quoted(name)), "expected names or patterns");
                None
            }
        })
        .map(Autodetect::Interface),
        ("cidr", Some(subnets)) => all(subnets, tree.span, |subnet| match subnet.parse() {
            Ok(subnet) => Some(subnet),
            Err(_) => {
                bad(format!("{} is not a subnet", quoted(subnet)), "expected one such as cidr=192.168.2.0/24");
                None
            }
        })
        .map(Autodetect::Cidr),
        (word, _) => {
            let label = nearest(word, METHODS.into_iter().chain(["first-found"]));
            let label = label.map_or("unknown method".into(), |meant| format!("did you mean `{meant}`?"));
            bad(format!("{} is not a method of finding an address", quoted(word)), &label);
            None
        }
    }
}

/// All that stand between commas; none if one of them cannot be read.
fn all<T>(text: &str, span: Span, mut read: impl FnMut(&str) -> Option<T>) -> Option<Vec<Spanned<T>>> {
    text.split(',').map(|one| read(one.trim()).map(|one| Spanned::new(one, span))).collect()
}
