//! Colours by kind of thing: the same word has the same colour wherever it stands.
//!
//! ```text
//! ip -n node-1 addr add 10.244.1.1/24 dev cni0
//!       machine         address           link
//! ```

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use ipnetwork::IpNetwork;

use crate::network::changes::{Change, Kind};
use crate::step::{Action, Step};

/// What kind of thing a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// A machine.
    Machine,
    /// A link.
    Link,
    /// An address or a subnet.
    Address,
    /// A route.
    Route,
    /// A table, chain or rule.
    Rule,
    /// A sysctl.
    Setting,
}

impl Tint {
    /// That of an observed change.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Namespace | Kind::Program => Tint::Machine,
            Kind::Link => Tint::Link,
            Kind::Address | Kind::Neighbour | Kind::Fdb | Kind::Lease => Tint::Address,
            Kind::Route => Tint::Route,
            Kind::Sysctl => Tint::Setting,
            Kind::Table | Kind::Chain | Kind::Rule => Tint::Rule,
        }
    }

    /// Its colour, as a terminal takes it (ECMA-48, SGR): bright ones, which are readable on black.
    pub fn code(self) -> &'static str {
        match self {
            Tint::Machine => "94",
            Tint::Link => "95",
            Tint::Address => "92",
            Tint::Route => "93",
            Tint::Rule => "91",
            Tint::Setting => "96",
        }
    }
}

/// The names that a text about a step may hold.
#[derive(Debug, Default)]
pub struct Words(HashMap<String, Tint>);

impl Words {
    /// Those of a step.
    pub fn of(step: &Step) -> Self {
        let mut words = HashMap::from([("lo".to_owned(), Tint::Link), (step.machine.to_string(), Tint::Machine)]);
        let mut link = |name: &str| words.insert(name.to_owned(), Tint::Link);
        step.action.link().map(|name| link(name.as_str()));
        match &step.action {
            Action::AddVeth(add) => _ = link(add.peer.as_str()),
            Action::AttachPort(attach) => _ = link(attach.bridge.as_str()),
            Action::MoveLink(moved) => {
                link(moved.rename.as_str());
                words.insert(moved.to.to_string(), Tint::Machine);
            }
            Action::SetSysctl(set) => _ = words.insert(set.key.clone(), Tint::Setting),
            _ => {}
        }
        Words(words)
    }

    /// These.
    pub fn named(names: impl IntoIterator<Item = (String, Tint)>) -> Self {
        Words(names.into_iter().collect())
    }

    /// Those of a change too: its text begins with the name of what changed.
    pub fn with(mut self, change: &Change) -> Self {
        let name = change.text.split([' ', ':']).next().unwrap_or_default();
        match change.kind {
            Kind::Link | Kind::Sysctl | Kind::Namespace => _ = self.0.insert(name.to_owned(), Tint::of(change.kind)),
            _ => {}
        }
        self
    }

    /// A text, cut into pieces that are of one kind, or of none.
    pub fn pieces<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (Option<Tint>, &'a str)> {
        let is_part = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
        let mut rest = text;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
            let run = rest.get(..end)?;
            // What ends a sentence is no part of a word.
            let word = run.trim_end_matches(['.', ':', '/']);
            let piece = if word.is_empty() { run } else { word };
            rest = rest.get(piece.len()..)?;
            Some((self.tint(piece), piece))
        })
    }

    fn tint(&self, word: &str) -> Option<Tint> {
        let address = || {
            let network = || word.contains('/') && word.parse::<IpNetwork>().is_ok();
            word.parse::<IpAddr>().is_ok() || word.parse::<SocketAddr>().is_ok() || network()
        };
        self.0.get(word).copied().or_else(|| address().then_some(Tint::Address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Action, AddAddress};

    #[test]
    fn words_have_the_colour_of_their_kind_and_nothing_is_lost() {
        let add = AddAddress { link: "cni0".parse().unwrap(), address: "fd00::1/64".parse().unwrap() };
        let step = Step::new(&"node-1".parse().unwrap(), Action::AddAddress(add), "why");
        let words = Words::of(&step);
        for text in ["ip -n node-1 addr add fd00::1/64 dev cni0", "Give cni0 the address 10.0.0.1: the way.", "…a:b"]
        {
            let pieces: Vec<_> = words.pieces(text).collect();
            assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), text);
        }
        let tinted = |text| words.pieces(text).filter_map(|(t, p)| Some((t?, p.to_owned()))).collect::<Vec<_>>();
        let expected = [(Tint::Link, "cni0".to_owned()), (Tint::Address, "10.0.0.1".to_owned())];
        assert_eq!(tinted("Give cni0 the address 10.0.0.1: the way."), expected);
        assert_eq!(tinted("ip -n node-1 addr add fd00::1/64 dev cni0").len(), 3);
        assert_eq!(tinted("to 10.0.0.1:80"), [(Tint::Address, "10.0.0.1:80".to_owned())]);
    }
}
