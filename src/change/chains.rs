//! Rules of a chain that stays. A chain is a list in order: rules can be added at its end, and for all else it is replaced,
//! in one transaction, so that no packet meets a chain that is half empty.
//!
//! ```text
//! there    1 2          there    1 2          there    1 2 x
//! wanted   1 2 3        wanted   1 3 2        wanted   1 3
//!          3 is added            replaced              x is somebody's, and in the way
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::walk::Walk;
use super::{Leg, Obstacle};
use crate::names::MachineName;
use crate::network::ruleset::{Family, Rule};
use crate::step::{Action, AddRule, ReplaceRules, Step, same_rules};

/// What is done about chains.
#[derive(Debug, Default)]
pub struct Chains {
    /// Replacements that only take rules away.
    pub shortened: Vec<Leg>,
    /// Those that have something new, by the first new step that they make.
    pub replaced: BTreeMap<u32, Leg>,
    /// The leftovers that need not be taken back by themselves.
    pub handled: BTreeSet<u32>,
}

/// Where a chain is.
type Place<'a> = (&'a MachineName, Family, &'a str, &'a str);

/// The rules that are to be in one chain then, and those that are left over in it, by the numbers of their steps.
#[derive(Debug, Default)]
struct Rules<'a> {
    wanted: Vec<(u32, &'a Rule)>,
    left: Vec<(u32, &'a Rule)>,
}

/// Finds the chains that have to be replaced.
///
/// # Errors
/// When one of them has a rule that no step has made: it would go.
pub fn find(walk: &Walk<'_>, to: u32) -> Result<Chains, Obstacle> {
    let mut chains: BTreeMap<Place<'_>, Rules<'_>> = BTreeMap::new();
    for (number, step) in walk.united.plan.numbered() {
        let Action::AddRule(AddRule { family, table, chain, rule, .. }) = &step.action else { continue };
        let rules = chains.entry((&step.machine, *family, table, chain)).or_default();
        let is_there = walk.in_force.contains(&number);
        match walk.united.is_leftover(number) {
            // What is there already stays, also beyond the last step that is asked for.
            false if is_there || walk.is_wanted(number, to) => rules.wanted.push((number, rule)),
            true if is_there => rules.left.push((number, rule)),
            _ => {}
        }
    }
    let mut found = Chains::default();
    for ((at, family, table, chain), Rules { wanted, left }) in chains {
        let there = walk.net.get(at).and_then(|ns| ns.chain(family, table, chain)).map(|chain| &chain.rules);
        let (Some(there), Some((first, _))) = (there, wanted.first()) else { continue };
        let comes: Vec<u32> =
            wanted.iter().map(|(number, _)| *number).filter(|number| !walk.in_force.contains(number)).collect();
        if comes.is_empty() && left.is_empty() {
            continue;
        }
        let rules: Vec<Rule> = wanted.iter().map(|(_, rule)| (*rule).clone()).collect();
        found.handled.extend(left.iter().map(|(number, _)| *number));
        if rules.get(..there.len()).is_some_and(|beginning| same_rules(beginning, there)) {
            continue;
        }
        let ours = |rule: &Rule| wanted.iter().chain(&left).any(|(_, ours)| ours.parts == rule.parts);
        if let Some(stranger) = there.iter().find(|rule| !ours(rule)) {
            // Where all that is wanted is there, and nothing else of netlab's, a stranger is in nobody's way.
            if comes.is_empty() && left.iter().all(|(_, rule)| rules.iter().any(|wanted| wanted.parts == rule.parts)) {
                continue;
            }
            return Err(Obstacle { number: *first, found: format!("{chain} has the rule `{stranger}`") });
        }
        let action = ReplaceRules { family, table: table.into(), chain: chain.into(), rules, former: there.clone() };
        let why = "in one transaction, so that no packet meets a chain that lacks some";
        let make = |comes: Vec<u32>| Leg {
            step: Step::new(at, Action::ReplaceRules(action), why),
            number: None,
            falls: left.iter().map(|(number, _)| *number).collect(),
            comes,
        };
        match comes.first().copied() {
            Some(number) => _ = found.replaced.insert(number, make(comes)),
            None => found.shortened.push(make(comes)),
        }
    }
    Ok(found)
}
