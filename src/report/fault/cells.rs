//! Cells of the matrix as a few lines: who does not reach whom.
//!
//! ```text
//! pod-a → pod-c, pod-c → pod-a, pod-a → pod-d, …      pod-a, pod-b ⇎ pod-c, pod-d
//! node-1 → pod-c, node-1 → pod-d                      node-1 ⇏ pod-c, pod-d
//! pod-a → pod-a                                       pod-a ⇏ itself
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::{Cell, Passage};
use crate::names::MachineName;

/// More names than that are counted.
const MANY: usize = 8;

/// Lines that tell of these cells. Those of one family say so where the lab has another one.
pub fn groups<'a>(broken: impl Iterator<Item = &'a Cell>, all: &[(Cell, Vec<Passage>)]) -> Vec<String> {
    let order: Vec<&MachineName> = {
        let mut seen = BTreeSet::new();
        let names = all.iter().flat_map(|(cell, _)| [&cell.source, &cell.destination]);
        names.filter(|name| seen.insert(*name)).collect()
    };
    let mut of: BTreeMap<bool, BTreeSet<(&MachineName, &MachineName)>> = BTreeMap::new();
    for cell in broken {
        of.entry(cell.ipv6).or_default().insert((&cell.source, &cell.destination));
    }
    let both = [false, true].iter().all(|ipv6| all.iter().any(|(cell, _)| cell.ipv6 == *ipv6));
    match (of.get(&false), of.get(&true)) {
        (Some(one), Some(other)) if one == other => lines(one, &order, ""),
        _ => of
            .iter()
            .flat_map(|(ipv6, pairs)| {
                let family = if *ipv6 { " (IPv6)" } else { " (IPv4)" };
                lines(pairs, &order, if both { family } else { "" })
            })
            .collect(),
    }
}

fn lines(pairs: &BTreeSet<(&MachineName, &MachineName)>, order: &[&MachineName], family: &str) -> Vec<String> {
    let reached = |from: &MachineName, mutual: bool| -> Vec<&MachineName> {
        let is_hit = |to: &&&MachineName| {
            let is_mutual = from != **to && pairs.contains(&(**to, from));
            pairs.contains(&(from, **to)) && is_mutual == mutual
        };
        order.iter().filter(is_hit).copied().collect()
    };
    let mut lines = Vec::new();
    for (mutual, sign) in [(true, "⇎"), (false, "⇏")] {
        let mut groups: Vec<(Vec<&MachineName>, Vec<&MachineName>)> = Vec::new();
        for from in order {
            let to = reached(from, mutual);
            if to.is_empty() {
                continue;
            }
            match groups.iter_mut().find(|(_, others)| *others == to) {
                Some((group, _)) => group.push(from),
                None => groups.push((vec![from], to)),
            }
        }
        let mut told: Vec<(Vec<&MachineName>, Vec<&MachineName>)> = Vec::new();
        for (from, to) in groups {
            // The other way about it was told already.
            let is_told = |(a, b): &(Vec<&MachineName>, Vec<&MachineName>)| {
                from.iter().all(|one| b.contains(one)) && to.iter().all(|one| a.contains(one))
            };
            if mutual && told.iter().any(is_told) {
                continue;
            }
            let target = if from == to && from.len() == 1 { "itself".to_owned() } else { names(&to) };
            lines.push(format!("{} {sign} {target}{family}", names(&from)));
            told.push((from, to));
        }
    }
    lines
}

fn names(all: &[&MachineName]) -> String {
    let mut names: Vec<&str> = all.iter().map(|name| name.as_str()).take(MANY).collect();
    let more = format!("and {} more", all.len().saturating_sub(MANY));
    if all.len() > MANY {
        names.push(&more);
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Vec<String> {
        let cell = |(source, destination): &(&str, &str)| Cell {
            ipv6: false,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
        };
        let cells: Vec<Cell> = pairs.iter().map(cell).collect();
        let all: Vec<(Cell, Vec<Passage>)> = cells.iter().map(|cell| (cell.clone(), Vec::new())).collect();
        groups(cells.iter(), &all)
    }

    #[test]
    fn both_ways_are_one_line() {
        let pairs = [("a", "c"), ("c", "a"), ("b", "c"), ("c", "b"), ("n", "c")];
        assert_eq!(told(&pairs), ["a, b ⇎ c", "n ⇏ c"]);
    }

    #[test]
    fn one_among_many() {
        let pairs = [("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("a", "a"), ("a", "out")];
        assert_eq!(told(&pairs), ["a ⇎ b, c", "a ⇏ a, out"]);
        assert_eq!(told(&[("a", "a")]), ["a ⇏ itself"]);
    }
}
