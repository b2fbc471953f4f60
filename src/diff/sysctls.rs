//! Are the sysctls that decide about packets as the plan and the kernel set them?
//!
//! ```text
//! node-2: net.ipv4.conf.all.rp_filter is 1, and 0 in a new namespace
//!         ip netns exec node-2 sysctl -qw net.ipv4.conf.all.rp_filter=0
//! ```
//!
//! What a step sets by its own name is that step's matter. The others should be as they are in a new namespace, or as a
//! step's writing set them, too: `net.ipv4.ip_forward` is the forwarding of all links, `default` that of links to come.

use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::{Address, Namespace, Namespaces, sysctl, watched};

impl Expected<'_> {
    /// Watched sysctls that somebody set.
    pub(super) fn sysctls(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            for (key, value) in ns.sysctls.iter().filter(|(key, _)| !planned.sysctls.contains_key(*key)) {
                // Those of a foreign link go with it.
                if sysctl::link_of(key).is_some_and(|link| planned.link(&link).is_none()) {
                    continue;
                }
                let Some(should) = self.sysctl(planned, key) else { continue };
                if same(value, &should) {
                    continue;
                }
                // Written with another that differs: told, and mended, with that one.
                let follows = ns.sysctls.iter().any(|(other, written)| {
                    // Two that are one are told by the name that people know.
                    let through = sysctl::written_through(other, written, key).filter(|_| key != "net.ipv4.ip_forward");
                    through.is_some_and(|through| same(&through, value))
                        && self.sysctl(planned, other).is_some_and(|should| !same(written, &should))
                });
                let mut difference = Difference { follows, ..changed(machine, key, value, &should) };
                // To write it makes a link-local address: where there is one, another command leaves it alone.
                let link = sysctl::link_of(key).filter(|_| key.ends_with(".addr_gen_mode") && should == "0");
                let link = link.filter(|link| ns.addresses_of(link).any(Address::is_made_by_itself));
                if let Some(link) = link {
                    difference.mends = vec![Mend::new(machine, Deed::Generate { link })];
                }
                found.push(difference);
            }
        }
        found
    }

    /// What a sysctl should be.
    fn sysctl(&self, there: &Namespace, key: &str) -> Option<String> {
        // Whether a link is quiet is a step's matter.
        let link = sysctl::link_of(key).filter(|_| key.ends_with(".addr_gen_mode"));
        if link.and_then(|link| there.link(&link)).is_some_and(|link| !link.generates_link_local) {
            return None;
        }
        let planned = &there.sysctls;
        let through = || planned.iter().find_map(|(other, value)| sysctl::written_through(other, value, key));
        // IPv4's `default` is written to links, too, that nobody has addressed yet: to the loopback.
        let of_new_links = watched::of_a_new_link(key);
        let loopback = key.strip_prefix("net.ipv4.conf.lo.").map(|name| format!("net.ipv4.conf.default.{name}"));
        let of_loopback = loopback.and_then(|key| planned.get(&key).cloned());
        let given = planned.get(key).cloned().or_else(through);
        given.or(of_loopback).or_else(|| planned.get(&of_new_links).or_else(|| self.fresh.get(&of_new_links)).cloned())
    }
}

fn changed(machine: &MachineName, key: &str, value: &str, should: &str) -> Difference {
    let decides = watched::decides(key).map(|what| format!(": it decides {what}")).unwrap_or_default();
    Difference {
        machine: machine.clone(),
        sort: Sort::Changed,
        what: format!("{key} is {value}, not {should}{decides}"),
        step: None,
        follows: false,
        mends: vec![Mend::new(machine, Deed::SetSysctl { key: key.into(), value: should.into() })],
    }
}

fn same(a: &str, b: &str) -> bool {
    a.split_ascii_whitespace().eq(b.split_ascii_whitespace())
}
