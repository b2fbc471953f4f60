//! What kinds of trials are meant, in a few words.
//!
//! ```text
//! pings of both families                      IPv4, IPv6
//! one port, and pings                         IPv4, IPv4 tcp 80
//! many ports                                  IPv4 tcp 8000–8011, IPv6 tcp 8000–8011
//! more of them than have room                 IPv4 tcp (12 ports)
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Demand;
use crate::kernel::probe::Protocol;
use crate::topology::model::Family;

/// How many runs of ports are named.
const MOST: usize = 3;

/// Kinds of trials: families, and the ports of each protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label(BTreeMap<(Family, &'static str), BTreeSet<u16>>);

impl Label {
    /// Adds that of a demand.
    pub fn add(&mut self, demand: &Demand) {
        let (protocol, port) = match demand.protocol {
            Protocol::Icmp => ("", None),
            Protocol::Tcp(port) => ("tcp", Some(port)),
            Protocol::Udp(port) => ("udp", Some(port)),
        };
        self.0.entry((demand.family(), protocol)).or_default().extend(port);
    }

    /// Adds those of another one.
    pub fn merge(&mut self, other: &Label) {
        for (kind, ports) in &other.0 {
            self.0.entry(*kind).or_default().extend(ports);
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |((family, protocol), ports): (&(Family, &str), &BTreeSet<u16>)| match protocol.is_empty() {
            true => family.to_string(),
            false => format!("{family} {protocol} {}", runs(ports)),
        };
        f.pad(&self.0.iter().map(text).collect::<Vec<_>>().join(", "))
    }
}

/// `80, 8000–8011`, or how many they are.
fn runs(ports: &BTreeSet<u16>) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for port in ports {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*port) => *last = *port,
            _ => runs.push((*port, *port)),
        }
    }
    if runs.len() > MOST {
        return format!("({} ports)", ports.len());
    }
    let text = |(first, last): &(u16, u16)| if first == last { first.to_string() } else { format!("{first}–{last}") };
    runs.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_in_a_row_are_a_run_and_many_are_counted() {
        let runs = |ports: &[u16]| runs(&ports.iter().copied().collect());
        assert_eq!(runs(&[80]), "80");
        assert_eq!(runs(&[8001, 80, 8000, 8002, u16::MAX]), "80 8000–8002 65535");
        assert_eq!(runs(&[1, 3, 5, 7]), "(4 ports)");
    }
}
