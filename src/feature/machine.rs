//! What every machine begins with: its namespace, its switches (`forwarding:`, `sysctls:`) and its loopback.

use crate::feature::up;
use crate::names::LinkName;
use crate::step::{Action, AddNamespace, SetSysctl, Step};
use crate::topology::model::Machine;

/// The steps that make a machine; `ipv6` tells whether it gets an IPv6 address.
pub fn steps(machine: &Machine, ipv6: bool, what_it_is: &str) -> Vec<Step> {
    let at = &machine.name;
    let mut steps = vec![Step::new(at, Action::AddNamespace(AddNamespace), format!("it is {what_it_is}"))];
    let mut set = |key: &str, value: &str, former: Option<&str>, why: &str| {
        let action = SetSysctl { key: key.into(), value: value.into(), former: former.map(str::to_owned) };
        steps.push(Step::new(at, Action::SetSysctl(action), why));
    };
    if ipv6 {
        // Before the links: each one copies the defaults at birth.
        let why = "addresses are usable at once, without a second of looking for duplicates";
        set("net.ipv6.conf.default.accept_dad", "0", Some("1"), why);
        // So that to set a link down undoes setting it up, and nothing else.
        let why = "a link that is set down keeps its addresses, as it keeps those of IPv4";
        set("net.ipv6.conf.default.keep_addr_on_down", "1", Some("0"), why);
    }
    if let Some(forwarding) = machine.forwarding {
        // Said in both directions: a new namespace copies the host's IPv4 setting, whatever that is.
        let (value, why) = match forwarding {
            true => ("1", "it passes packets on that are not for itself, as a router does"),
            false => ("0", "it keeps packets that are not for itself, as an ordinary host does"),
        };
        set("net.ipv4.ip_forward", value, Some("0"), why);
        if ipv6 && forwarding {
            set("net.ipv6.conf.all.forwarding", value, Some("0"), "and the same for IPv6");
        }
    }
    for (key, value) in machine.sysctls.iter().filter(|(key, _)| !is_of_a_link(key)) {
        set(key, value, None, "the topology asks for it");
    }
    steps.push(up(at, &LinkName::loopback(), "a machine talks to itself over it"));
    steps
}

/// The steps for those of a machine's sysctls that belong to one link, which has to be there first.
pub fn link_sysctls(machine: &Machine) -> Vec<Step> {
    let of_links = machine.sysctls.iter().filter(|(key, _)| is_of_a_link(key));
    let step = |(key, value): &(String, String)| {
        let action = SetSysctl { key: key.clone(), value: value.clone(), former: None };
        Step::new(&machine.name, Action::SetSysctl(action), "the topology asks for it")
    };
    of_links.map(step).collect()
}

/// `net.ipv4.conf.eth0.rp_filter` is; `net.ipv4.conf.all.rp_filter` and `net.ipv4.ip_forward` are not.
fn is_of_a_link(key: &str) -> bool {
    match key.split(['.', '/']).collect::<Vec<_>>()[..] {
        ["net", "ipv4" | "ipv6", "conf" | "neigh", link, _, ..] => !matches!(link, "all" | "default"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctls_of_links_are_known_by_their_keys() {
        for key in ["net.ipv4.conf.eth0.rp_filter", "net/ipv6/conf/cni0/accept_ra", "net.ipv4.neigh.eth0.gc_stale_time"]
        {
            assert!(is_of_a_link(key), "{key}");
        }
        for key in [
            "net.ipv4.conf.all.rp_filter",
            "net.ipv6.conf.default.accept_ra",
            "net.ipv4.ip_forward",
            "net.core.somaxconn",
        ] {
            assert!(!is_of_a_link(key), "{key}");
        }
    }
}
