//! Cables: links that are down, and plugs that are in nothing or in the wrong bridge.
//!
//! ```text
//! pod-a eth0 ══════ veth-pod-a ─ cni0 ─ node-1 eth0 ══════ node-1-eth0 ─ underlay (fabric)
//! link-down         port-down   bridge-down  link-down      port-down    bridge-down
//!                   unplugged                               unplugged
//! ```

use super::pattern::Pattern;
use super::site::{Port, Site, Station};
use super::{Deed, Families, Kind, Strike, Wish};
use crate::names::{LinkName, MachineName};
use crate::step::{Action, AddBridge, AttachPort, SetUp};
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind::cutting(
        Families::All,
        "link-down",
        "A machine's own end of its cable is set down.",
        &[Cause::LinkDown, Cause::NoAddress, Cause::NoRoute, Cause::NeighbourUnanswered],
        link_down,
    ),
    Kind::cutting(
        Families::All,
        "port-down",
        "The bridge's end of a machine's cable is set down.",
        &[Cause::LinkDown, Cause::NeighbourUnanswered],
        port_down,
    ),
    Kind::cutting(
        Families::All,
        "bridge-down",
        "A bridge is set down, with all that is plugged into it.",
        &[Cause::LinkDown, Cause::TtlExceeded],
        bridge_down,
    ),
    Kind::cutting(
        Families::All,
        "unplugged",
        "The bridge's end of a machine's cable is a port of no bridge.",
        &[Cause::NotInBridge, Cause::NeighbourUnanswered],
        unplugged,
    ),
    Kind::cutting(
        Families::All,
        "wrong-bridge",
        "A machine's cable is plugged into another bridge.",
        &[Cause::NotInBridge, Cause::NeighbourUnanswered],
        wrong_bridge,
    ),
    Kind::cutting(
        Families::All,
        "loopback-down",
        "A pod's loopback is set down: it no longer reaches itself.",
        &[Cause::LinkDown],
        loopback,
    ),
];

/// The ends of all cables: whose it is, its port, and the far end.
fn cables<'s, 'a>(
    site: &'s Site<'a>,
    wish: &'s Wish,
) -> impl Iterator<Item = (&'s Station<'a>, &'s Port, &'s MachineName, &'s LinkName)> {
    let stations = site.stations.iter().filter(|station| wish.other.is_none() && wish.machine(station.name()));
    let ports = stations.flat_map(|station| station.cables().map(move |port| (station, port)));
    ports.filter_map(|(station, port)| port.far.as_ref().map(|(machine, link)| (station, port, machine, link)))
}

fn down(at: &MachineName, link: &LinkName) -> Deed {
    Deed::undo(at, Action::SetUp(SetUp { name: link.clone() }))
}

fn link_down(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port, ..): (&Station<'_>, &Port, &MachineName, &LinkName)| {
        let hit = Pattern::by(at.name(), &port.link);
        // The addresses of IPv6 are tentative again, and cannot even be spoken to from here.
        let itself = Pattern { roles: vec![super::Role::Itself], ipv6: Some(true), ..Pattern::at(at.name()) };
        Strike::at(kind, at.name()).does([down(at.name(), &port.link)]).hits([hit, itself])
    };
    cables(site, wish).map(strike).collect()
}

fn port_down(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, _, far, link): (&Station<'_>, &Port, &MachineName, &LinkName)| {
        Strike::at(kind, at.name()).does([down(far, link)]).hits([Pattern::by(far, link)])
    };
    cables(site, wish).map(strike).collect()
}

fn bridge_down(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut segments = Vec::new();
    for port in site.stations.iter().flat_map(|station| &station.ports) {
        if !segments.contains(&&port.segment) {
            segments.push(&port.segment);
        }
    }
    let wanted = segments.into_iter().filter(|segment| wish.other.is_none() && wish.machine(&segment.machine));
    let strike = |segment: &super::site::Segment| {
        let (machine, bridge) = (&segment.machine, &segment.bridge);
        Strike::at(kind, machine).does([down(machine, bridge)]).hits([Pattern::by(machine, bridge)])
    };
    wanted.map(strike).collect()
}

/// What everybody remembers of a bridge's hardware address, if it is that of the port that is to go: a bridge has the lowest
/// one of its ports.
fn forget_bridge(site: &Site<'_>, port: &Port) -> Vec<Deed> {
    let bridge = site.plugged_into(&port.segment).find(|(_, other)| other.far.is_none());
    let Some((node, bridge)) = bridge else { return Vec::new() };
    let own = port.far.as_ref().and_then(|(machine, link)| site.mac(machine, link));
    if own.is_none() || own != site.mac(node.name(), &bridge.link) {
        return Vec::new();
    }
    let mends = bridge.addresses.iter().flat_map(|address| site.forget(&port.segment, address.ip()));
    mends.map(|mend| Deed { machine: mend.machine, act: super::Act::Mend(mend.deed) }).collect()
}

fn unplugged(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port, far, link): (&Station<'_>, &Port, &MachineName, &LinkName)| {
        let attached = AttachPort { name: link.clone(), bridge: port.segment.bridge.clone() };
        let undo = Deed::undo(far, Action::AttachPort(attached));
        let deeds = std::iter::once(undo).chain(forget_bridge(site, port));
        Strike::at(kind, at.name()).does(deeds).hits([Pattern::by(far, link)])
    };
    cables(site, wish).map(strike).collect()
}

fn wrong_bridge(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, port, far, link): (&Station<'_>, &Port, &MachineName, &LinkName)| {
        let is_free = |name: &LinkName| site.seen.get(far).is_none_or(|ns| ns.link(name.as_str()).is_none());
        let bridge = (0..).map(|number| LinkName::derived("br", &number.to_string())).find(is_free)?;
        let deeds = [
            Deed::step(far, Action::AddBridge(AddBridge { name: bridge.clone() })),
            Deed::step(far, Action::SetUp(SetUp { name: bridge.clone() })),
            Deed::step(far, Action::AttachPort(AttachPort { name: link.clone(), bridge })),
        ];
        let deeds = deeds.into_iter().chain(forget_bridge(site, port));
        Some(Strike::at(kind, at.name()).does(deeds).hits([Pattern::by(far, link)]))
    };
    cables(site, wish).filter_map(strike).collect()
}

fn loopback(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let pods = site.pods().filter(|pod| wish.other.is_none() && wish.machine(pod.name()));
    let strike = |pod: &Station<'_>| {
        let hit = Pattern { roles: vec![super::Role::Itself], ..Pattern::at(pod.name()) };
        Strike::at(kind, pod.name()).does([down(pod.name(), &LinkName::loopback())]).hits([hit])
    };
    pods.map(strike).collect()
}
