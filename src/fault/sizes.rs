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
        does: "A switch's end of a node's or host's cable takes smaller packets than the other end.",
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
        // What goes out by a VXLAN device is cut up, and its answer is not.
        let by_it = at.tunnels.iter().map(|tunnel| tunnel.device).filter(|device| device.dev == port.link);
        let around = by_it.map(|device| Pattern {
            enters: Some(port.link.clone()),
            outer: Some(device.port),
            ..Pattern::at(at.name())
        });
        let hits = std::iter::once(entering(at.name(), &port.link)).chain(around);
        Some(Strike::at(kind, at.name()).does([deed]).hits(hits))
    };
    cables(site, wish).filter_map(strike).collect()
}

fn port(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port): (&Station<'_>, &Port)| {
        // A node's bridge takes no more than the smallest of its ports, and the node tells everybody: that is no black hole.
        let (machine, link) = port.far.as_ref().filter(|(machine, _)| machine.is_fabric())?;
        let deed = Deed::setting(machine, Owner::Link, "mtu", link, SMALL)?;
        // A switch passes on what fits, and of the rest tells nobody.
        let onward = Pattern { leaves: Some(link.clone()), answer: Some(false), ..Pattern::at(machine) };
        Some(Strike::at(kind, at.name()).does([deed]).hits([entering(machine, link), onward]))
    };
    cables(site, wish).filter_map(strike).collect()
}
