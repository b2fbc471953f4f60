//! What packets cannot tell: sysctls, routes, addresses, MTUs, and whether somebody's machine was left alone.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Verdict;
use crate::error::Result;
use crate::exercise::model::{State, StateFact};
use crate::kernel::Kernel;
use crate::kernel::lookup::{Traveller, way};
use crate::kernel::netlink::Socket;
use crate::kernel::netns::within;
use crate::kernel::observe::{View, observe};
use crate::kernel::refusal::Refusal;
use crate::lab::Lab;
use crate::names::MachineName;
use crate::network::{Namespace, Namespaces};
use crate::plan::Plan;
use crate::repair;

/// Judges all of them.
pub fn judge(kernel: &Kernel, lab: &Lab, plan: &Plan, demands: &[State]) -> Result<Vec<Verdict>> {
    if demands.is_empty() {
        return Ok(Vec::new());
    }
    let machines: BTreeSet<&MachineName> = demands.iter().flat_map(|demand| &demand.on).collect();
    let mut view = View::LINKS;
    for demand in demands {
        if let StateFact::Sysctl { key, .. } = &demand.fact {
            demand.on.iter().for_each(|on| view.sysctls.entry(on.clone()).or_default().push(key.clone()));
        }
    }
    let seen = observe(kernel, machines, &view)?;
    let changed: BTreeSet<MachineName> = match demands.iter().any(|demand| demand.fact == StateFact::Unchanged) {
        true => repair::diff(kernel, lab, plan)?.differences.into_iter().map(|one| one.machine).collect(),
        false => BTreeSet::new(),
    };
    demands.iter().map(|demand| judge_one(demand, &seen, &changed)).collect()
}

fn judge_one(demand: &State, seen: &Namespaces, changed: &BTreeSet<MachineName>) -> Result<Verdict> {
    let mut found = Vec::new();
    for machine in &demand.on {
        let Some(ns) = seen.get(machine) else {
            found.push(format!("{machine} is gone"));
            continue;
        };
        let (holds, what) = match &demand.fact {
            StateFact::Sysctl { key, values } => match ns.sysctls.get(key) {
                Some(value) => (values.contains(value), format!("{key} is {value} on {machine}")),
                None => (false, format!("{machine} has no {key}")),
            },
            StateFact::Route { to, via, dev } => {
                let went = route(machine, ns, *to)?;
                let (gateway, link) = went.clone().unwrap_or_default();
                let by = via.is_none_or(|via| gateway == Some(via)) && went.is_some();
                let out_of = dev.as_ref().is_none_or(|dev| link.as_deref() == Some(dev.as_str()));
                (by && out_of, format!("{machine} → {to} goes another way"))
            }
            StateFact::Address(ip) => {
                (ns.addresses.iter().any(|a| a.address.ip() == *ip), format!("{machine} has no address {ip}"))
            }
            StateFact::Mtu { link, mtu } => match ns.link(link.as_str()) {
                Some(found) => (found.mtu == *mtu, format!("{link} of {machine} has an MTU of {}", found.mtu)),
                None => (false, format!("{machine} has no {link}")),
            },
            StateFact::Unchanged => (!changed.contains(machine), format!("{machine} was changed")),
        };
        if !holds {
            found.push(what);
        }
    }
    Ok(Verdict::new(demand.says.clone(), found))
}

/// By which gateway and out of which link a packet goes that is made there; nothing where it goes nowhere.
type Went = Option<(Option<IpAddr>, Option<String>)>;

fn route(machine: &MachineName, ns: &Namespace, to: IpAddr) -> Result<Went> {
    let opened = within(machine, || Socket::open().map_err(|errno| Refusal::new("open a netlink socket", errno)))?;
    let protocol = if to.is_ipv4() { libc::IPPROTO_ICMP } else { libc::IPPROTO_ICMPV6 };
    let traveller = Traveller {
        to,
        from: None,
        came_in: None,
        must_leave: None,
        protocol: u8::try_from(protocol).unwrap_or_default(),
        ports: None,
        mark: 0,
    };
    // That there is no way is an answer too.
    Ok(way(&opened, &ns.links, &traveller).ok().filter(|way| way.kind.is_empty()).map(|way| (way.via, way.dev)))
}
