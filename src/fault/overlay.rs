//! VXLAN devices: made otherwise than the others, down, or not let through by what carries their packets.
//!
//! ```text
//! node-1 flannel.1  id 1  port 8472          vni-mismatch          id 2: to the others it speaks of another network
//!                                            vxlan-port-mismatch   port 4789: where nobody else listens
//!                                            vxlan-down            is there, and down
//! node-1 eth0  UDP to port 8472              underlay-filtered     a rule throws away what comes in
//! node-1-eth0 in the fabric                  overlay-mtu           takes what pods send, and not the headers around it
//! ```
//!
//! What a device is made with cannot be changed. It is deleted and made anew, with all that was on it: only the one thing
//! differs then.

use ipnetwork::IpNetwork;

use super::firewall;
use super::pattern::Pattern;
use super::site::{Site, Station, Tunnel, alone};
use super::tunnel::peers;
use super::way::Role;
use super::{Aspect, Deed, Families, Kind, Strike, Wish};
use crate::feature;
use crate::names::{LinkName, MachineName};
use crate::network::ruleset::Part;
use crate::network::setting::{ETHERNET_MTU, IPV6_MIN_MTU, Owner};
use crate::plan;
use crate::step::{Action, SetUp, Step};
use crate::topology::model::{Machine, Vxlan};
use crate::trace::cause::Cause;

pub(super) static KINDS: &[Kind] = &[
    Kind::cutting(
        Families::All,
        "vni-mismatch",
        "A machine's VXLAN device is made with another identifier (VNI) than those of the others.",
        &[Cause::VniMismatch],
        other_vni,
    ),
    Kind::cutting(
        Families::All,
        "vxlan-port-mismatch",
        "A machine's VXLAN device is made with another UDP port than those of the others.",
        &[Cause::PortMismatch],
        other_port,
    ),
    Kind::cutting(
        Families::All,
        "vxlan-down",
        "A machine's VXLAN device is set down.",
        &[Cause::LinkDown, Cause::NoRoute, Cause::NoReturnRoute],
        down,
    ),
    Kind::cutting(
        Families::Either,
        "underlay-filtered",
        "A rule in a machine throws away the UDP packets that come in for its VXLAN device.",
        &[Cause::Firewall],
        filtered,
    ),
    Kind {
        slug: "overlay-mtu",
        does: "A switch's end of a machine's cable takes packets of pods, but not with the headers around them.",
        causes: &[Cause::Mtu],
        spoils: Aspect::Size,
        families: Families::All,
        strikes: no_room,
    },
];

/// The VXLAN devices that somebody else has the other end of, each with its machine.
pub(super) fn devices<'s, 'a>(
    site: &'s Site<'a>,
    wish: &'s Wish,
) -> impl Iterator<Item = (&'s Station<'a>, &'s Tunnel<'a>)> {
    let stations = site.stations.iter().filter(|station| wish.machine(station.name()));
    let all = stations.flat_map(|station| station.tunnels.iter().map(move |tunnel| (station, tunnel)));
    all.filter(|end| peers(site, *end).next().is_some())
}

/// Whatever a machine sends by a device, or gets by it.
fn by((at, tunnel): (&Station<'_>, &Tunnel<'_>)) -> Pattern {
    Pattern::by(at.name(), &tunnel.device.name)
}

/// Has a device made anew as another one, with all that the file has on it.
fn remake(machine: &Machine, former: &Vxlan, new: &Vxlan) -> Vec<Deed> {
    let at = &machine.name;
    let made = |device: &Vxlan| feature::vxlan::device(at, device);
    let alone = Machine { vxlan: vec![new.clone()], ..machine.clone() };
    let over_it = machine.routes.iter().filter(|route| route.dev.as_ref() == Some(&new.name));
    let routes = over_it.map(|route| Action::AddRoute(feature::routes::route(route)));
    let again = made(new).into_iter().chain(feature::vxlan::peers(&alone)).map(|step: Step| step.action).chain(routes);
    let gone = made(former).into_iter().take(1).map(|step| Deed::undo(at, step.action));
    gone.chain(again.map(|action| Deed::step(at, action))).collect()
}

/// Each device as another one that it could be, if that is nobody's.
fn remade(kind: &'static Kind, site: &Site<'_>, wish: &Wish, other: impl Fn(&Vxlan) -> Vec<Vxlan>) -> Vec<Strike> {
    let key = |device: &Vxlan| (device.id, device.port, device.local.is_ipv6());
    let strike = |(at, tunnel): (&Station<'_>, &Tunnel<'_>)| {
        let all = || site.stations.iter().flat_map(|station| &station.tunnels);
        let is_free = |device: &Vxlan| !all().any(|there| key(there.device) == key(device));
        let new = other(tunnel.device).into_iter().find(is_free)?;
        let deeds = remake(at.machine, tunnel.device, &new);
        Some(Strike::at(kind, at.name()).does(deeds).hits([by((at, tunnel))]))
    };
    devices(site, wish).filter(|_| wish.other.is_none()).filter_map(strike).collect()
}

fn other_vni(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    /// Identifiers have 24 bits.
    const LAST: u32 = 0x00ff_ffff;
    remade(kind, site, wish, |device| {
        // One too many, as far as somebody has that already.
        let next = (1..=16).map(|more| (device.id + more - 1) % LAST + 1);
        next.map(|id| Vxlan { id, ..device.clone() }).collect()
    })
}

fn other_port(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    /// Linux's own, and the one that VXLAN was given (RFC 7348).
    const PORTS: [u16; 3] = [4789, 8472, 4790];
    remade(kind, site, wish, |device| {
        let others = PORTS.into_iter().filter(|port| *port != device.port);
        others.map(|port| Vxlan { port, ..device.clone() }).collect()
    })
}

fn down(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let strike = |(at, tunnel): (&Station<'_>, &Tunnel<'_>)| {
        // Its routes go, too.
        let mut over_it = at.machine.routes.iter().filter(|route| route.dev.as_ref() == Some(&tunnel.device.name));
        if over_it.any(|route| super::routes::is_spare(site, at, route)) {
            return None;
        }
        let deed = Deed::undo(at.name(), Action::SetUp(SetUp { name: tunnel.device.name.clone() }));
        Some(Strike::at(kind, at.name()).does([deed]).hits([by((at, tunnel))]))
    };
    devices(site, wish).filter(|_| wish.other.is_none()).filter_map(strike).collect()
}

fn filtered(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let mut found = Vec::new();
    for (at, tunnel) in devices(site, wish).filter(|_| wish.other.is_none()) {
        let (port, ipv6) = (tunnel.device.port, tunnel.device.local.is_ipv6());
        if !wish.families().any(|family| family == ipv6) {
            continue;
        }
        let parts = vec![Part::Other(format!("udp dport {port}")), Part::Other("drop".into())];
        let hook = firewall::hook("input", 0, "accept");
        let deeds = firewall::rule_at(site, at.name(), firewall::family(ipv6), hook, Some(parts));
        let hit = Pattern { roles: vec![Role::Delivered], outer: Some(port), ..Pattern::at(at.name()) };
        let strike = Strike::at(kind, at.name()).of(ipv6).does(deeds).hits([hit]);
        // Devices with several identifiers may share a port.
        let is_new = |strike: &Strike| {
            !found.iter().any(|other: &Strike| other.machine == strike.machine && other.hits == strike.hits)
        };
        if is_new(&strike) {
            found.push(strike);
        }
    }
    found
}

fn no_room(kind: &'static Kind, site: &Site<'_>, wish: &Wish) -> Vec<Strike> {
    let of_pods = site.pods().filter_map(|pod| pod.ports.first()).map(|eth0| eth0.mtu.unwrap_or(ETHERNET_MTU)).max();
    let Some(mtu) = of_pods.filter(|mtu| *mtu >= IPV6_MIN_MTU) else { return Vec::new() };
    // What a node sends to a host looks like what it masquerades, and is larger.
    let hosts = || site.stations.iter().filter(|station| station.kind == plan::Kind::Host);
    let speaks = |node: &Station<'_>| hosts().any(|host| [false, true].iter().any(|v6| site.is_tried(node, host, *v6)));
    if site.nodes().any(speaks) {
        return Vec::new();
    }
    let mut found: Vec<Strike> = Vec::new();
    for (at, tunnel) in devices(site, wish).filter(|_| wish.other.is_none()) {
        let Some(cable) = at.cables().find(|port| port.link == tunnel.device.dev) else { continue };
        let Some((fabric, far)) = cable.far.as_ref().filter(|_| cable.mtu.unwrap_or(ETHERNET_MTU) > mtu) else {
            continue;
        };
        let deed = Deed::setting(fabric, Owner::Link, "mtu", far, u64::from(mtu));
        let Some(deed) = deed.filter(|deed| !found.iter().any(|other| other.deeds.contains(deed))) else { continue };
        found.push(Strike::at(kind, at.name()).does([deed]).hits(too_large(site, at, (fabric, far), mtu)));
    }
    found
}

/// What passes this end of a cable and may be larger than it takes: packets around others, and what is no pod's. The answer to
/// what fits, fits.
fn too_large(site: &Site<'_>, at: &Station<'_>, (fabric, far): (&MachineName, &LinkName), mtu: u32) -> Vec<Pattern> {
    let asked = Pattern { answer: Some(false), ..Pattern::at(fabric) };
    let mut large: Vec<Pattern> =
        at.tunnels.iter().map(|tunnel| Pattern { outer: Some(tunnel.device.port), ..asked.clone() }).collect();
    let pods: Vec<IpNetwork> =
        site.pods().flat_map(|pod| &pod.ports).flat_map(|port| &port.addresses).copied().collect();
    for station in
        site.stations.iter().filter(|station| station.machine.masquerade.is_empty() || station.kind == plan::Kind::Node)
    {
        for port in station.cables().filter(|port| port.mtu.unwrap_or(ETHERNET_MTU) > mtu) {
            for own in &port.addresses {
                let from = Pattern { from: Some(alone(own.ip())), ..asked.clone() };
                match station.kind {
                    plan::Kind::Pod { .. } => {}
                    plan::Kind::Host => large.push(from),
                    // What it masquerades does not go to pods.
                    plan::Kind::Node => {
                        large.extend(pods.iter().map(|pod| Pattern { to: Some(alone(pod.ip())), ..from.clone() }))
                    }
                }
            }
        }
    }
    let both = |pattern: Pattern| {
        [Pattern { enters: Some(far.clone()), ..pattern.clone() }, Pattern { leaves: Some(far.clone()), ..pattern }]
    };
    large.into_iter().flat_map(both).collect()
}
