//! Are the sysctls that decide about packets as the plan and the kernel set them?
//!
//! ```text
//! node-2: net.ipv4.conf.all.rp_filter is 1, and 0 in a new namespace
//!         ip netns exec node-2 sysctl -qw net.ipv4.conf.all.rp_filter=0
//! ```
//!
//! What a step sets by its own name is that step's matter. The others should be as they are in a new namespace, or as a
//! step's writing set them, too: `net.ipv4.ip_forward` is the forwarding of all links, `default` that of links to come.

use std::collections::BTreeMap;

use super::{Deed, Difference, Expected, Mend, Sort};
use crate::names::MachineName;
use crate::network::{Namespaces, sysctl, watched};

impl Expected<'_> {
    /// Watched sysctls that somebody set.
    pub(super) fn sysctls(&self, seen: &Namespaces) -> Vec<Difference> {
        let mut found = Vec::new();
        for (machine, planned) in &self.net {
            let Some(ns) = seen.get(machine) else { continue };
            for (key, value) in ns.sysctls.iter().filter(|(key, _)| !planned.sysctls.contains_key(*key)) {
                let Some(should) = self.sysctl(&planned.sysctls, key) else { continue };
                if same(value, &should) {
                    continue;
                }
                // Written with another that differs: told, and mended, with that one.
                let follows = ns.sysctls.iter().any(|(other, written)| {
                    let through = sysctl::written_through(other, written, key);
                    through.is_some_and(|through| same(&through, value))
                        && self.sysctl(&planned.sysctls, other).is_some_and(|should| !same(written, &should))
                });
                found.push(Difference { follows, ..changed(machine, key, value, &should) });
            }
        }
        found
    }

    /// What a sysctl should be.
    fn sysctl(&self, planned: &BTreeMap<String, String>, key: &str) -> Option<String> {
        let through = || planned.iter().find_map(|(other, value)| sysctl::written_through(other, value, key));
        let of_new_links = watched::of_a_new_link(key);
        let given = planned.get(key).cloned().or_else(through);
        given.or_else(|| planned.get(&of_new_links).or_else(|| self.fresh.get(&of_new_links)).cloned())
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
