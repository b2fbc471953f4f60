//! Which packets arrive, and as whose.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Verdict;
use crate::error::Result;
use crate::exercise::model::Exercise;
use crate::kernel::Kernel;
use crate::kernel::probe::Protocol;
use crate::names::MachineName;
use crate::plan::{Kind, Plan};
use crate::topology::model::{Expectation, Family, Identity, Party, Port};
use crate::trace::ask::planned;
use crate::trace::{self, Cause, Request, Target};

/// Judges the expectations.
pub fn judge(kernel: &Kernel, exercise: &Exercise, plan: &Plan, in_force: &BTreeSet<u32>) -> Result<Vec<Verdict>> {
    exercise
        .topology
        .expect
        .iter()
        .map(|one| {
            let mut found = Vec::new();
            for from in one.from.iter().flat_map(|party| members(party, plan)) {
                for to in &one.to {
                    for target in targets(to, plan, &from) {
                        found.extend(pair(kernel, plan, in_force, one, &from, &target));
                    }
                }
            }
            Ok(Verdict::new(says(one), found))
        })
        .collect()
}

fn members(party: &Party, plan: &Plan) -> Vec<MachineName> {
    let of = |pick: fn(&Kind) -> bool| plan.machines.iter().filter(|m| pick(&m.kind)).map(|m| m.name.clone()).collect();
    match party {
        Party::Pods => of(|kind| matches!(kind, Kind::Pod { .. })),
        Party::Nodes => of(|kind| matches!(kind, Kind::Node)),
        Party::Hosts => of(|kind| matches!(kind, Kind::Host)),
        Party::Machine(name) => vec![name.clone()],
        Party::Address(_) => Vec::new(),
    }
}

fn targets(party: &Party, plan: &Plan, from: &MachineName) -> Vec<Target> {
    match party {
        Party::Address(ip) => vec![Target::Address(*ip, None)],
        other => members(other, plan).into_iter().filter(|to| to != from).map(Target::Machine).collect(),
    }
}

fn pair(
    kernel: &Kernel,
    plan: &Plan,
    in_force: &BTreeSet<u32>,
    one: &Expectation,
    from: &MachineName,
    to: &Target,
) -> Option<String> {
    let families: Vec<trace::Family> = match (one.family, to) {
        (Some(Family::V4), _) => vec![trace::Family::V4],
        (Some(Family::V6), _) => vec![trace::Family::V6],
        (None, Target::Address(ip, _)) => vec![if ip.is_ipv4() { trace::Family::V4 } else { trace::Family::V6 }],
        (None, Target::Machine(name)) => {
            let both = [trace::Family::V4, trace::Family::V6];
            let has = |m: &MachineName, v4: bool| planned(m, plan).any(|ip| ip.is_ipv4() == v4);
            both.into_iter()
                .filter(|f| {
                    let v4 = *f == trace::Family::V4;
                    has(name, v4) && has(from, v4)
                })
                .collect()
        }
    };
    let target = match to {
        Target::Machine(name) => name.to_string(),
        Target::Address(ip, _) => ip.to_string(),
    };
    for family in families {
        let request = Request {
            source: from.clone(),
            target: to.clone(),
            protocol: match one.port {
                Some(Port::Tcp(p)) => Protocol::Tcp(p),
                Some(Port::Udp(p)) => Protocol::Udp(p),
                None => Protocol::Icmp,
            },
            size: 56,
            ttl: None,
            dont_fragment: false,
            count: 1,
            patience: None,
            family: Some(family),
        };
        let outcome = trace::trace(kernel, plan, in_force, &request);
        let reached = outcome
            .as_ref()
            .is_ok_and(|outcome| outcome.lost.as_ref().is_none_or(|death| death.cause == Cause::NoListener));
        if reached != one.reachable {
            return Some(format!("{from} → {target} {}", if reached { "arrives" } else { "is lost" }));
        }
        if !reached {
            continue;
        }
        let source =
            outcome.ok().and_then(|o| o.there.last().and_then(|hop| hop.sighting.frame.packet()).map(|p| p.source));
        let node = plan.member(from.as_str()).and_then(|m| match &m.kind {
            Kind::Pod { node } => Some(node.clone()),
            _ => None,
        });
        let is = |identity: &Identity, ip: IpAddr| match identity {
            Identity::Own => planned(from, plan).any(|own| own == ip),
            Identity::Node => node.as_ref().is_some_and(|node| planned(node, plan).any(|own| own == ip)),
            Identity::Machine(name) => planned(name, plan).any(|own| own == ip),
            Identity::Address(wanted) => *wanted == ip,
        };
        if let Some(source) = source
            && !one.seen_as.is_empty()
            && !one.seen_as.iter().any(|identity| is(identity, source))
        {
            return Some(format!("{from} → {target} arrives with the address {source}"));
        }
    }
    None
}

fn says(one: &Expectation) -> String {
    let all = |parties: &[Party]| parties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let arrow = if one.reachable { "→" } else { "↛" };
    let port = match one.port {
        Some(Port::Tcp(p)) => format!(", TCP port {p}"),
        Some(Port::Udp(p)) => format!(", UDP port {p}"),
        None => String::new(),
    };
    format!("{} {arrow} {}{port}", all(&one.from), all(&one.to))
}
