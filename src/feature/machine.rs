//! What every machine begins with: its namespace, its switches (`forwarding:`, `sysctls:`) and its loopback.

use crate::feature::up;
use crate::names::LinkName;
use crate::network::sysctl;
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
    for (key, value) in machine.sysctls.iter().filter(|(key, _)| sysctl::link_of(key).is_none()) {
        set(key, value, None, "the topology asks for it");
    }
    steps.push(up(at, &LinkName::loopback(), "a machine talks to itself over it"));
    steps
}

/// The steps for those of a machine's sysctls that belong to one link, which has to be there first.
pub fn link_sysctls(machine: &Machine) -> Vec<Step> {
    let of_links = machine.sysctls.iter().filter(|(key, _)| sysctl::link_of(key).is_some());
    let step = |(key, value): &(String, String)| {
        let action = SetSysctl { key: key.clone(), value: value.clone(), former: None };
        Step::new(&machine.name, Action::SetSysctl(action), "the topology asks for it")
    };
    of_links.map(step).collect()
}
