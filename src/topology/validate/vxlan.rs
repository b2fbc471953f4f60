//! A VXLAN device can be made, and what is written down about others leads to them.
//!
//! ```text
//! node-1 eth0 192.168.1.11/24, mtu 1500
//!   flannel.1: { dev: eth0, local: 192.168.1.11, mtu: 1450 }     good
//!   flannel.1: { dev: eth7, … }                                  no such interface
//!   flannel.1: { dev: eth0, local: 192.168.1.12, … }             not an address of node-1's
//!   flannel.1: { dev: eth0, local: 192.168.1.11, mtu: 1500 }     50 bytes too many: the kernel would make it 1450
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use crate::network::setting::{ETHERNET_MTU, IPV6_MIN_MTU};
use crate::topology::diagnostic::{Diagnostic, Diagnostics};
use crate::topology::fields::nearest;
use crate::topology::span::{Span, Spanned};
use crate::topology::spec::{BridgeSpec, MachineSpec, Spec, VxlanSpec};
use crate::topology::subnet::Family;

/// Checks the devices of every node and host. Before the short form is spelled out, a machine may get more interfaces.
pub fn check(spec: &Spec, expanded: bool, diagnostics: &mut Diagnostics) {
    for node in &spec.nodes {
        devices(&node.machine, node.bridge.as_ref(), expanded, diagnostics);
    }
    for host in &spec.hosts {
        devices(host, None, expanded, diagnostics);
    }
}

/// How many bytes of each packet go to what is around it: the inner Ethernet header, those of VXLAN and UDP, and the
/// outer IP header (`vxlan_headroom`, `include/net/vxlan.h`).
pub fn headroom(underlay: Family) -> u32 {
    let ip = match underlay {
        Family::V4 => 20,
        Family::V6 => 40,
    };
    14 + 8 + 8 + ip
}

fn devices(machine: &MachineSpec, bridge: Option<&BridgeSpec>, known: bool, diagnostics: &mut Diagnostics) {
    let mut numbers: HashMap<(u32, u16, Family), &VxlanSpec> = HashMap::new();
    for device in &machine.vxlan {
        let family = Family::of(device.local.value);
        if let Some(first) = numbers.insert((device.id.value, device.port, family), device) {
            let (name, id, port) = (&machine.name.value, device.id.value, device.port);
            let title = format!("two devices of {name} have the identifier {id} on port {port}");
            diagnostics.push(
                Diagnostic::new(device.id.span, title)
                    .label(format!("{} here", device.name.value))
                    .also(first.id.span, format!("{} here", first.name.value))
                    .help("the kernel could not tell for which of them a packet is: give one another `id` or `port`"),
            );
        }
        if known && machine.intact {
            diagnostics.extend(lower(machine, device));
            diagnostics.extend(local(machine, device));
            diagnostics.extend(master(machine, bridge, device));
        }
        others(device, family, diagnostics);
    }
}

/// The interface that it sends by is there, and has room for what it sends.
fn lower(machine: &MachineSpec, device: &VxlanSpec) -> Option<Diagnostic> {
    let (name, dev) = (&machine.name.value, &device.dev);
    let Some(interface) = machine.interfaces.iter().find(|interface| interface.name.value == dev.value) else {
        let title = format!("{name} has no interface {}", dev.value);
        let diagnostic = Diagnostic::new(dev.span, title);
        let names: Vec<&str> = machine.interfaces.iter().map(|interface| interface.name.as_str()).collect();
        return Some(match (nearest(dev.as_str(), names.iter().copied()), &names[..]) {
            (Some(meant), _) => diagnostic.label(format!("did you mean {meant}?")),
            (None, []) => {
                diagnostic.label("it has no interface at all").help("a VXLAN device sends by one on a network")
            }
            (None, names) => diagnostic.label(format!("expected one of {}", names.join(", "))),
        });
    };
    let family = Family::of(device.local.value);
    let room = interface.mtu.unwrap_or(ETHERNET_MTU).saturating_sub(headroom(family));
    if device.mtu <= room {
        return None;
    }
    let title =
        format!("{} takes packets of {} bytes, and {} has room for {room}", device.name.value, device.mtu, dev.value);
    let around = format!("what is put around each packet has {} bytes over {family}", headroom(family));
    let help = match room {
        0..IPV6_MIN_MTU => format!("{around}: give {} a larger `mtu`", dev.value),
        _ => format!("{around}: write `mtu: {room}`, or give {} a larger one", dev.value),
    };
    Some(Diagnostic::new(device.name.span, title).label(format!("expected an `mtu` of at most {room}")).help(help))
}

/// It sends from an address of its machine's.
fn local(machine: &MachineSpec, device: &VxlanSpec) -> Option<Diagnostic> {
    let own = || machine.interfaces.iter().flat_map(|interface| &interface.addresses).map(|address| address.ip());
    let local = device.local.value;
    if own().any(|ip| ip == local) {
        return None;
    }
    let diagnostic = Diagnostic::new(device.local.span, format!("{local} is no address of {}'s", machine.name.value));
    let (same, other): (Vec<IpAddr>, Vec<IpAddr>) = own().partition(|ip| Family::of(*ip) == Family::of(local));
    let written: Vec<String> = same.iter().chain(&other).map(ToString::to_string).collect();
    Some(match written.is_empty() {
        true => diagnostic.label("its interfaces have no addresses"),
        false => diagnostic.label(format!("expected one of {}", written.join(", "))),
    })
}

/// What it is a port of is its node's bridge.
fn master(machine: &MachineSpec, bridge: Option<&BridgeSpec>, device: &VxlanSpec) -> Option<Diagnostic> {
    let wanted = device.master.as_ref()?;
    let name = &machine.name.value;
    match bridge {
        Some(bridge) if bridge.name.value == wanted.value => None,
        Some(bridge) => {
            let title = format!("{} is not {name}'s bridge", wanted.value);
            Some(Diagnostic::new(wanted.span, title).label(format!("expected {}", bridge.name.value)))
        }
        None => {
            let title = format!("{name} has no bridge that {} could be a port of", device.name.value);
            Some(Diagnostic::new(wanted.span, title).label("expected a node with a `bridge`"))
        }
    }
}

/// Whom it sends to is on the underlay of its own address, somebody else, and written down once.
fn others(device: &VxlanSpec, family: Family, diagnostics: &mut Diagnostics) {
    let mut macs = HashMap::new();
    let mut neighbours: HashMap<IpAddr, Span> = HashMap::new();
    for peer in &device.peers {
        vtep(device, &peer.vtep, family, diagnostics);
        if peer.mac == device.mac {
            let title = format!("{} is {}'s own hardware address", peer.mac, device.name.value);
            diagnostics.push(
                Diagnostic::new(peer.vtep.span, title)
                    .label("of this peer")
                    .help("each device of an overlay has a hardware address of its own"),
            );
        } else if let Some(first) = macs.insert(peer.mac, peer.vtep.span) {
            diagnostics.push(
                Diagnostic::new(peer.vtep.span, format!("two peers have the hardware address {}", peer.mac))
                    .label("the second one is here")
                    .also(first, "the first one is here"),
            );
        }
        for address in &peer.addresses {
            twice(address, &mut neighbours, "two peers have the address", diagnostics);
        }
    }
    let mut flooded = HashMap::new();
    for address in &device.flood {
        vtep(device, address, family, diagnostics);
        twice(address, &mut flooded, "what is for everybody is sent twice to", diagnostics);
    }
}

fn twice(address: &Spanned<IpAddr>, seen: &mut HashMap<IpAddr, Span>, complaint: &str, diagnostics: &mut Diagnostics) {
    if let Some(first) = seen.insert(address.value, address.span) {
        diagnostics.push(
            Diagnostic::new(address.span, format!("{complaint} {}", address.value))
                .label("the second time")
                .also(first, "the first time")
                .help("keep one of them"),
        );
    }
}

fn vtep(device: &VxlanSpec, vtep: &Spanned<IpAddr>, family: Family, diagnostics: &mut Diagnostics) {
    let local = &device.local;
    if Family::of(vtep.value) != family {
        let title =
            format!("{} is {}, but {} sends over {family}", vtep.value, Family::of(vtep.value), device.name.value);
        diagnostics.push(
            Diagnostic::new(vtep.span, title)
                .label(format!("expected an {family} address"))
                .also(local.span, "the address that it sends from")
                .help("another device, with a `local` of that family, can send there"),
        );
    } else if vtep.value == local.value {
        diagnostics.push(
            Diagnostic::new(vtep.span, format!("{} would send to itself", device.name.value))
                .label("expected another machine's address")
                .also(local.span, "its own"),
        );
    }
}
