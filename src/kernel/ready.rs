//! To wait until a lab carries packets, since the first packet after `up` is not to be lost; or, where half of it is
//! still to be built, until what the kernel does by itself is over.
//!
//! ```text
//! veth up on both ends ─▶ carrier ─▶ bridge port: disabled → forwarding; routes: no longer linkdown (milliseconds)
//! IPv6 address         ─▶ duplicate address detection: tentative → usable     (a second, where it is on)
//! IPv6 link with carrier ─▶ a link-local address, from which a router asks for its neighbours' hardware addresses
//! ```

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::observe::{View, observe};
use super::refusal::Result;
use super::sandbox::Kernel;
use super::signal;
use crate::names::MachineName;
use crate::network::{Link, Namespace, PortState};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// What still is not ready when time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unready {
    /// The machine.
    pub machine: MachineName,
    /// What it waits for: `port veth-pod-a is disabled`.
    pub what: String,
}

/// Waits until in all of these machines every port that is up forwards, every carrier is announced, no address is
/// tentative, and every link that speaks IPv6 has its link-local address.
/// Returns what is not ready after `patience`, or when somebody asks to stop.
///
/// # Errors
/// When the machines cannot be looked at.
pub fn wait(kernel: &Kernel, machines: &[MachineName], patience: Duration) -> Result<Vec<Unready>> {
    until(kernel, machines, patience, |ns| unready(ns).collect())
}

/// Waits until nothing more happens by itself in these machines: a port whose other end is down stays disabled, and an
/// address of a link that is down stays tentative, for as long as nobody does the next step.
/// Returns what has not settled after `patience`, or when somebody asks to stop.
///
/// # Errors
/// When the machines cannot be looked at.
pub fn settle(kernel: &Kernel, machines: &[MachineName], patience: Duration) -> Result<Vec<Unready>> {
    until(kernel, machines, patience, |ns| unsettled(ns).collect())
}

/// Whether nothing happens by itself any more in a namespace that was looked at.
pub fn is_settled(ns: &Namespace) -> bool {
    unsettled(ns).next().is_none()
}

fn until(
    kernel: &Kernel,
    machines: &[MachineName],
    patience: Duration,
    lacks: impl Fn(&Namespace) -> Vec<String>,
) -> Result<Vec<Unready>> {
    let end = Instant::now() + patience;
    let mut waiting: Vec<MachineName> = machines.to_vec();
    loop {
        let seen = observe(kernel, &waiting, &View::LINKS)?;
        let unready: Vec<Unready> = seen
            .iter()
            .flat_map(|(machine, ns)| lacks(ns).into_iter().map(|what| Unready { machine: machine.clone(), what }))
            .collect();
        if unready.is_empty() || Instant::now() > end || signal::asked_to_stop() {
            return Ok(unready);
        }
        waiting = unready.into_iter().map(|unready| unready.machine).collect();
        waiting.dedup();
        std::thread::sleep(PAUSE);
    }
}

/// What in a namespace is not ready. A port that is down was not asked to carry anything.
fn unready(ns: &Namespace) -> impl Iterator<Item = String> {
    let ports = ns.links.iter().filter(|link| link.up && link.port.is_some_and(|state| state != PortState::Forwarding));
    let ports = ports.map(|link| format!("port {} is {}", link.name, link.port.unwrap_or(PortState::Disabled)));
    let unheard = ns.links.iter().filter(|link| link.up && link.carrier && !link.operational);
    let ports = ports.chain(unheard.map(|link| format!("the carrier of {} is not announced yet", link.name)));
    let addresses = ns.addresses.iter().filter(|a| a.tentative);
    let addresses = addresses.map(|a| format!("address {} of {} is tentative", a.address, a.link));
    let mute = ns.links.iter().filter(|link| lacks_link_local(ns, link));
    ports.chain(addresses).chain(mute.map(|link| format!("{} has no link-local address yet", link.name)))
}

/// What in a namespace is still on its way: news of a carrier, or what follows from them.
fn unsettled(ns: &Namespace) -> impl Iterator<Item = String> {
    let is_up = |bridge: &String| ns.link(bridge).is_some_and(|link| link.up);
    let lags = move |link: &&Link| match (&link.master, link.port) {
        (Some(bridge), Some(state)) => (state == PortState::Forwarding) != (link.up && link.carrier && is_up(bridge)),
        _ => false,
    };
    let ports = ns.links.iter().filter(lags);
    let ports = ports.map(|link| format!("port {} is {}", link.name, link.port.unwrap_or(PortState::Disabled)));
    let unheard = ns.links.iter().filter(|link| link.up && link.carrier != link.operational);
    let ports = ports.chain(unheard.map(|link| format!("the carrier of {} is not announced yet", link.name)));
    let carries = |name: &str| ns.link(name).is_some_and(|link| link.up && link.carrier);
    let addresses = ns.addresses.iter().filter(move |a| a.tentative && carries(&a.link));
    let addresses = addresses.map(|a| format!("address {} of {} is tentative", a.address, a.link));
    let mute = ns.links.iter().filter(|link| lacks_link_local(ns, link));
    ports.chain(addresses).chain(mute.map(|link| format!("{} has no link-local address yet", link.name)))
}

/// Whether a link speaks IPv6, could have a link-local address, and has none: the kernel gives it one when it hears of
/// the carrier. Until then a router cannot ask for neighbours there, and what it forwards waits (`ndisc_solicit`,
/// `net/ipv6/ndisc.c`).
fn lacks_link_local(ns: &Namespace, link: &Link) -> bool {
    let mut bears = ns.addresses_of(&link.name).filter_map(|address| match address.address.ip() {
        IpAddr::V6(ip) => Some(ip.is_unicast_link_local()),
        IpAddr::V4(_) => None,
    });
    let able = link.up && link.carrier && link.generates_link_local && !link.kind.is_empty();
    // `bears.any` goes on behind the first: at least one address, and none of them link-local.
    able && bears.next().is_some_and(|first| !first && !bears.any(|local| local))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Address;

    fn link() -> Link {
        Link { up: true, carrier: true, operational: true, ..Link::new("eth0", "veth") }
    }

    fn waits_for(link: Link, addresses: &[&str]) -> Vec<String> {
        let address = |text: &&str| Address {
            secondary: false,
            unusual: Vec::new(),
            link: link.name.clone(),
            address: text.parse().unwrap(),
            tentative: false,
            global: true,
        };
        let ns =
            Namespace { addresses: addresses.iter().map(address).collect(), links: vec![link], ..Namespace::default() };
        unready(&ns).collect()
    }

    #[test]
    fn a_link_that_speaks_ipv6_waits_for_its_link_local_address() {
        assert_eq!(waits_for(link(), &["fd00::1/64"]), ["eth0 has no link-local address yet"]);
        assert!(waits_for(link(), &["fd00::1/64", "fe80::1/64"]).is_empty());
        assert!(waits_for(link(), &["10.0.0.1/24"]).is_empty());
        assert!(waits_for(Link { carrier: false, ..link() }, &["fd00::1/64"]).is_empty());
        assert!(waits_for(Link { generates_link_local: false, ..link() }, &["fd00::1/64"]).is_empty());
    }

    #[test]
    fn a_port_that_is_up_waits_until_it_forwards() {
        let port = Link { port: Some(PortState::Disabled), ..link() };
        assert_eq!(waits_for(port.clone(), &[]), ["port eth0 is disabled"]);
        assert!(waits_for(Link { up: false, ..port.clone() }, &[]).is_empty());
        assert!(waits_for(Link { port: Some(PortState::Forwarding), ..port }, &[]).is_empty());
    }

    #[test]
    fn a_port_without_carrier_has_settled_once_it_is_disabled() {
        let bridge = Link { name: "cni0".into(), kind: "bridge".into(), ..link() };
        let port = |carrier, state| Link {
            carrier,
            operational: carrier,
            master: Some("cni0".into()),
            port: Some(state),
            ..link()
        };
        let lacks = |bridge: &Link, port| {
            unsettled(&Namespace { links: vec![bridge.clone(), port], ..Namespace::default() }).collect::<Vec<_>>()
        };
        assert!(lacks(&bridge, port(false, PortState::Disabled)).is_empty());
        assert!(lacks(&bridge, port(true, PortState::Forwarding)).is_empty());
        assert_eq!(lacks(&bridge, port(true, PortState::Disabled)), ["port eth0 is disabled"]);
        assert_eq!(lacks(&bridge, port(false, PortState::Forwarding)), ["port eth0 is forwarding"]);
        let down = Link { up: false, carrier: false, operational: false, ..bridge };
        assert!(lacks(&down, port(true, PortState::Disabled)).is_empty());
    }
}
