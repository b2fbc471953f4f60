//! What each change does to a network, as the kernel does it: how a plan is predicted.
//!
//! ```text
//! node-1: veth-red ═ peer-red      move_link(peer-red → red, eth0)      node-1: veth-red ─┐
//!                                  ──────────────────────────────▶      red:    eth0 ─────┘  down, without addresses
//! ```
//!
//! Only what a plan can lead to is said here, with what the kernel adds by itself: the loopback and its addresses, and
//! a connected route for every address of a link that is up. What cannot be known beforehand is left out: hardware
//! addresses, indexes, and the link-local addresses that are made from them.
//!
//! A change of what is not there has no effect: whoever predicts asks first.

mod addresses;
mod ipam;
mod links;
mod routes;
mod ruleset;

use std::net::IpAddr;

use ipnetwork::IpNetwork;

use super::policy_rule::PolicyRule;
use super::ruleset::{Chain, Family, Hook, Rule, Table};
use super::setting::{self, Owner, Setting};
use super::{Address, FdbEntry, Link, Mac, Namespace, Namespaces, Neighbour, Peer, PortState, Route, sysctl};
use crate::names::MachineName;

pub use addresses::*;
pub use ipam::*;
pub use links::*;
pub use routes::*;
pub use ruleset::*;

use addresses::{address_loopback, switch_ipv6};
use links::find_link;
use routes::add;

/// The addresses that the loopback gets.
const LOOPBACK_IPV4: &str = "127.0.0.1/8";
const LOOPBACK_IPV6: &str = "::1/128";

/// The loopback's name, in every namespace.
const LOOPBACK: &str = "lo";

/// Its MTU (`loopback_setup`, `drivers/net/loopback.c`).
const LOOPBACK_MTU: u32 = 65536;

/// The length of link-local prefixes.
const LINK_LOCAL_LENGTH: u8 = 64;

/// The sysctls that keep it without IPv6. It is older than its machine's defaults.
const LOOPBACK_WITHOUT_IPV6: [&str; 2] = ["net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.lo.disable_ipv6"];

/// The sysctl that keeps IPv6 addresses on a link that is set down, as it stands for links to come.
const KEEP_ADDRESSES: &str = "net.ipv6.conf.default.keep_addr_on_down";

/// A namespace, with the loopback that it is born with.
pub fn add_namespace(net: &mut Namespaces, at: &MachineName) {
    let lo = Link { mtu: LOOPBACK_MTU, ..Link::new(LOOPBACK, "") };
    let policy_rules = PolicyRule::defaults();
    net.insert(at.clone(), Namespace { links: vec![lo], policy_rules, ..Namespace::default() });
}

/// No namespace, none of its links, and no other ends of its veths.
pub fn delete_namespace(net: &mut Namespaces, at: &MachineName) {
    let links: Vec<String> = net.get(at).into_iter().flat_map(|ns| &ns.links).map(|link| link.name.clone()).collect();
    for link in links {
        delete_link(net, at, &link);
    }
    net.remove(at);
}

/// A sysctl has this value.
pub fn set_sysctl(net: &mut Namespaces, at: &MachineName, key: &str, value: Option<&str>) {
    let Some(ns) = net.get_mut(at) else { return };
    match value {
        Some(value) => {
            for (other, there) in &mut ns.sysctls {
                if let Some(written) = sysctl::written_through(key, value, other) {
                    *there = written;
                }
            }
            ns.sysctls.insert(key.into(), value.into());
            switch_ipv6(net, at, key, value);
            let Some(ns) = net.get_mut(at) else { return };
            // IPv6 comes back with the loopback's address, and no others.
            let speaks_again =
                value == "0" && matches!(key, "net.ipv6.conf.all.disable_ipv6" | "net.ipv6.conf.lo.disable_ipv6");
            if speaks_again && ns.link(LOOPBACK).is_some_and(|lo| lo.up) {
                address_loopback(ns, &[LOOPBACK_IPV6]);
            }
        }
        None => _ = ns.sysctls.remove(key),
    }
}

/// Works out what follows from all the rest: which links have a carrier, and which ports forward.
pub fn settle(net: &mut Namespaces) {
    let is_up = |net: &Namespaces, peer: &Peer| {
        net.get(&peer.machine).and_then(|ns| ns.link(&peer.link)).is_some_and(|link| link.up)
    };
    let machines: Vec<MachineName> = net.keys().cloned().collect();
    // Pipes first: a bridge has a carrier when one of its ports has, and as long as it never had a port.
    for bridges in [false, true] {
        for at in &machines {
            let carriers: Vec<bool> = net[at]
                .links
                .iter()
                .map(|link| match (link.kind.as_str(), &link.peer) {
                    ("bridge", _) => {
                        let ports = || net[at].links.iter().filter(|port| port.master.as_ref() == Some(&link.name));
                        link.up && (ports().next().is_none() || ports().any(|port| port.carrier))
                    }
                    (_, Some(peer)) => link.up && is_up(net, peer),
                    (_, None) => link.up,
                })
                .collect();
            let Some(ns) = net.get_mut(at) else { continue };
            for (link, carrier) in
                ns.links.iter_mut().zip(carriers).filter(|(link, _)| bridges == (link.kind == "bridge"))
            {
                (link.carrier, link.operational) = (carrier, carrier);
            }
        }
    }
    for ns in net.values_mut() {
        let bridges_up: Vec<String> =
            ns.links.iter().filter(|l| l.up && l.kind == "bridge").map(|l| l.name.clone()).collect();
        for link in &mut ns.links {
            if let Some(master) = &link.master {
                let forwards = link.carrier && bridges_up.contains(master);
                link.port = Some(if forwards { PortState::Forwarding } else { PortState::Disabled });
            }
        }
    }
}
