//! How large a packet may be: one end of a pipe takes less than the other, and large packets vanish in between.
//!
//! ```text
//! node-1 eth0 1500 ══════ node-1-eth0 1400      port-mtu: what node-1 sends and is too large is lost, and nobody is told
//! node-1 eth0 1400 ══════ node-1-eth0 1500      link-mtu: what comes is lost, and node-1 tells others to send less
//! ```

use super::pattern::Pattern;
use super::site::{Port, Site, Station};
use super::{Aspect, Deed, Families, Kind, Strike, Wish};
use crate::names::{LinkName, MachineName};
use crate::network::setting::Owner;
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind {
        slug: "link-mtu",
        does: "A machine's own end of its cable takes smaller packets than the other end.",
        causes: &[Cause::Mtu],
        spoils: Aspect::Size,
        families: Families::All,
        strikes: link,
    },
    Kind {
        slug: "port-mtu",
        does: "The bridge's end of a machine's cable takes smaller packets than the machine's.",
        causes: &[Cause::Mtu],
        spoils: Aspect::Size,
        families: Families::All,
        strikes: port,
    },
];

/// Enough for IPv6, which does not work at all with less than 1280, and less than links usually take.
const SMALL: u64 = 1300;

/// The ends of all cables: whose it is, and its port.
fn cables<'s, 'a>(site: &'s Site<'a>, wish: &'s Wish) -> impl Iterator<Item = (&'s Station<'a>, &'s Port)> {
    let stations = site.stations.iter().filter(|station| wish.other.is_none() && wish.machine(station.name()));
    stations.flat_map(|station| station.cables().map(move |port| (station, port)))
}

/// What enters by a link, and is too large for it, is lost without a word. Whoever asks hears nothing; what is answered
/// has found out how large it may be.
fn entering(machine: &MachineName, link: &LinkName) -> Pattern {
    Pattern { enters: Some(link.clone()), answer: Some(false), ..Pattern::at(machine) }
}

fn link(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port): (&Station<'_>, &Port)| {
        let deed = Deed::setting(at.name(), Owner::Link, "mtu", &port.link, SMALL)?;
        Some(Strike::at(kind, at.name()).does([deed]).hits([entering(at.name(), &port.link)]))
    };
    cables(site, wish).filter_map(strike).collect()
}

/// Whether a node tells who sends too large packets of IPv6 across its bridge: where br_netfilter is on, it takes them for
/// packets that it forwards (`br_ip6_fragment`, `net/ipv6/netfilter.c`). The fabric has no address to tell it from.
fn tells(site: &Site<'_>, machine: &MachineName) -> bool {
    let switch = site.seen.get(machine).and_then(|ns| ns.sysctls.get("net.bridge.bridge-nf-call-ip6tables"));
    !machine.is_fabric() && switch.is_some_and(|value| value.trim() == "1")
}

fn port(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port): (&Station<'_>, &Port)| {
        let (machine, link) = port.far.as_ref()?;
        let deed = Deed::setting(machine, Owner::Link, "mtu", link, SMALL)?;
        // A bridge passes on from port to port what fits, and of the rest tells nobody; what a node routes into its bridge
        // it tells about, as the bridge takes no more than the smallest of its ports.
        let onward = Pattern {
            roles: vec![super::Role::Bridged],
            leaves: Some(link.clone()),
            answer: Some(false),
            ipv6: tells(site, machine).then_some(false),
            ..Pattern::at(machine)
        };
        Some(Strike::at(kind, at.name()).does([deed]).hits([entering(machine, link), onward]))
    };
    cables(site, wish).filter_map(strike).collect()
}
