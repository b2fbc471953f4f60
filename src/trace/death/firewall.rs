//! Did a rule drop it?
//!
//! ```text
//! observed     nftrace: chain forward, rule `tcp dport 80 drop`, handle 7
//! explained    a chain that nftrace does not see before (netdev ingress, arp): its rules are read
//! ```

use super::{Finding, Spot, Victim};
use crate::names::MachineName;
use crate::network::ruleset::{Chain, Family, Table};
use crate::step::Inside;
use crate::trace::cause::Cause;
use crate::trace::fix::{About, by_plan};
use crate::trace::hooks::{Act, Passage, What};
use crate::trace::outcome::{Fact, Leg, Point};
use crate::trace::scene::Scene;

/// A rule or a policy that was seen to drop it, in the machine where it was seen last or, where an error says that it was
/// rejected, in any.
pub fn seen(scene: &Scene, victim: &Victim) -> Option<Finding> {
    let last = victim.hops.last().map_or(scene.source, |hop| &hop.sighting.machine);
    let there = scene.there.iter().map(|hop| &hop.sighting.machine).chain([scene.source]);
    let machines: Vec<&MachineName> = there.chain(scene.back.iter().map(|hop| &hop.sighting.machine)).collect();
    let dropped = || scene.acts.iter().filter(|act| act.dropped() && machines.contains(&&act.machine));
    let act = dropped().find(|act| act.leg == victim.leg && act.machine == *last);
    // A RST or an ICMP error by a rule's `reject` is an answer that nobody gave.
    let act = act.or_else(|| dropped().find(|act| act.leg == Leg::There));
    let act = act.or_else(|| dropped().next())?;
    let (text, place) = words(act);
    let fact = Fact::observed("rule", format!("nftrace: {text} in {place}")).at(&act.machine);
    let hops = scene.hops(act.leg);
    let after = hops.iter().rfind(|hop| hop.sighting.machine == act.machine).map(|hop| hop.sighting.interface.clone());
    let before = act.interfaces.1.and_then(|index| {
        let links = &scene.ns(&act.machine)?.links;
        links.iter().find(|link| link.index == index).map(|link| (act.machine.clone(), link.name.clone()))
    });
    let point = if hops.is_empty() && act.leg == Leg::There { Point::NeverSent } else { Point::Underway };
    let spot = Spot { point, machine: act.machine.clone(), after, before };
    let own = fix(act);
    let by_plan = by_plan(scene, &act.machine, &[About::Rules]);
    // Where the rule is the plan's own, the plan cannot mend it.
    let fixes = [by_plan.into_iter().filter(|command| own.contains(command)).collect(), own];
    Some(
        Finding::new(Cause::Firewall, format!("{text}, in {place} of {}, {} it", act.machine, deed(&text)))
            .fact(fact)
            .at(spot)
            .on(act.leg)
            .fix(fixes),
    )
}

/// The rule or policy, and where it stands.
fn words(act: &Act) -> (String, String) {
    let family = act.family;
    match &act.what {
        What::Rule { table, chain, handle, text, .. } => {
            let text = text.clone().unwrap_or_else(|| format!("handle {handle}"));
            (format!("the rule `{text}`"), format!("chain {chain} of table {family} {table}"))
        }
        What::Policy { table, chain, .. } => {
            ("the policy drop".into(), format!("chain {chain} of table {family} {table}"))
        }
        What::Passed { hook, .. } => (format!("the hook {}", hook.word()), "no chain".into()),
    }
}

/// What a rule does to a packet.
fn deed(text: &str) -> &'static str {
    if text.contains("reject") { "rejected" } else { "dropped" }
}

/// What takes it away.
fn fix(act: &Act) -> Vec<String> {
    let (inside, family) = (Inside(&act.machine), act.family);
    match &act.what {
        What::Rule { table, chain, handle, .. } => {
            vec![format!("{inside}nft delete rule {family} {table} {chain} handle {handle}")]
        }
        What::Policy { table, chain, .. } => {
            vec![format!("{inside}nft chain {family} {table} {chain} '{{ policy accept; }}'")]
        }
        What::Passed { .. } => Vec::new(),
    }
}

/// A rule at a hook of IP that could not be watched: where a packet entered the hook and did not leave it.
pub fn stuck(scene: &Scene, victim: &Victim, machine: &MachineName) -> Option<Finding> {
    let hook = Passage::new(scene.acts, machine, victim.leg, false).stuck_in()?;
    let read = at_hook(scene, machine, hook.word());
    let fact = Fact::observed("hook", format!("it entered the hook {} and did not leave it", hook.word()));
    let unseen = Finding::new(
        Cause::Firewall,
        format!(
            "something at the hook {} of {machine} dropped it that is no rule of nftables (iptables?)",
            hook.word()
        ),
    );
    Some(read.unwrap_or(unseen).fact(fact))
}

/// A chain at a hook that drops, by reading: the only one that does.
pub fn at_hook(scene: &Scene, machine: &MachineName, hook: &str) -> Option<Finding> {
    let families = [Family::Ip, Family::Ip6, Family::Inet];
    by_reading(scene, machine, |table, at| families.contains(&table.family) && at == hook)
}

/// A chain that hangs on a link and drops what comes in (`ingress`) or goes out (`egress`).
pub fn on_link(scene: &Scene, machine: &MachineName, link: &str, hook: &str) -> Option<Finding> {
    by_reading(scene, machine, |_, at| at.starts_with(hook) && at.contains(&format!("\"{link}\"")))
}

/// A chain for ARP that drops.
pub fn of_arp(scene: &Scene, machine: &MachineName, hook: &str) -> Option<Finding> {
    by_reading(scene, machine, |table, at| table.family == Family::Arp && at == hook)
}

/// A chain of a bridge that drops, for frames that nftrace does not mark (ARP).
pub fn of_bridge(scene: &Scene, machine: &MachineName) -> Option<Finding> {
    by_reading(scene, machine, |table, _| table.family == Family::Bridge)
}

/// The first rule or policy that drops in a base chain that fits.
fn by_reading(scene: &Scene, machine: &MachineName, fits: impl Fn(&Table, &str) -> bool) -> Option<Finding> {
    let tables = &scene.ns(machine)?.tables;
    let base =
        tables.iter().filter(|table| !table.dormant).flat_map(|table| table.chains.iter().map(move |c| (table, c)));
    let chains: Vec<(&Table, &Chain)> =
        base.filter(|(table, chain)| chain.hook.as_ref().is_some_and(|hook| fits(table, &hook.hook))).collect();
    let drops = |text: &str| text.split(' ').any(|word| matches!(word, "drop" | "reject"));
    for (table, chain) in chains {
        let (family, name) = (table.family, &table.name);
        let place = format!("chain {} of table {family} {name}", chain.name);
        // Jumps within the table are followed as far as names lead.
        let reached = reachable(table, chain);
        let rules = reached.iter().flat_map(|chain| chain.rules.iter().map(move |rule| (chain, rule)));
        let rule = rules.into_iter().find(|(_, rule)| drops(&rule.to_string()));
        let inside = Inside(machine);
        let (text, fix) = match (rule, &chain.hook) {
            (Some((chain, rule)), _) => {
                let handle = rule.handle.0.map_or_else(String::new, |handle| format!(" handle {handle}"));
                (
                    format!("the rule `{rule}`"),
                    format!("{inside}nft delete rule {family} {name} {}{handle}", chain.name),
                )
            }
            (None, Some(hook)) if hook.policy == "drop" => (
                "the policy drop".into(),
                format!("{inside}nft chain {family} {name} {} '{{ policy accept; }}'", chain.name),
            ),
            _ => continue,
        };
        let finding = Finding::new(Cause::Firewall, format!("{text}, in {place} of {machine}, {} it", deed(&text)));
        return Some(finding.fact(Fact::explained("rule", format!("{text} in {place}")).at(machine)).fix([vec![fix]]));
    }
    None
}

/// A chain, and those of its table that its rules lead to.
fn reachable<'a>(table: &'a Table, chain: &'a Chain) -> Vec<&'a Chain> {
    let mut found = vec![chain];
    let mut next = 0;
    while let Some(chain) = found.get(next).copied() {
        next += 1;
        for rule in &chain.rules {
            let text = rule.to_string();
            let words: Vec<&str> = text.split(' ').collect();
            let jumps = words.windows(2).filter(|pair| matches!(pair[0], "jump" | "goto")).map(|pair| pair[1]);
            for name in jumps {
                let target = table.chains.iter().find(|chain| chain.name == name);
                if let Some(target) = target.filter(|target| !found.iter().any(|known| known.name == target.name)) {
                    found.push(target);
                }
            }
        }
    }
    found
}
