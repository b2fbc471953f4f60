//! What machines are plugged into: the networks' bridges in the fabric, pipes from machine to machine, overlays.

use std::collections::BTreeMap;

use super::{Medium, Segment};
use crate::names::MachineName;
use crate::network::{Link, Namespaces, Peer};

/// All segments: the networks in the order of the fabric's links, then cables, then overlays.
pub(super) fn segments(net: &Namespaces, homes: &BTreeMap<MachineName, MachineName>) -> Vec<Segment> {
    let mut found = networks(net);
    found.extend(cables(net, homes));
    found.extend(overlays(net));
    for segment in &mut found {
        segment.subnets = subnets(net, &segment.ends);
    }
    found
}

fn segment(medium: Medium, name: String, ends: Vec<Peer>) -> Segment {
    Segment { medium, name, subnets: Vec::new(), ends, trouble: None, mark: None }
}

fn networks(net: &Namespaces) -> Vec<Segment> {
    let Some(fabric) = net.get(&MachineName::fabric()) else { return Vec::new() };
    let bridges = fabric.links.iter().filter(|link| link.kind == "bridge");
    let network = |bridge: &Link| {
        let ports = fabric.links.iter().filter(|port| port.master.as_ref() == Some(&bridge.name));
        let ends = ports.filter_map(|port| port.peer.clone()).collect();
        let trouble = (!bridge.up).then(|| "down".to_owned());
        Segment { trouble, ..segment(Medium::Network, bridge.name.clone(), ends) }
    };
    bridges.map(network).collect()
}

/// Pipes between machines of which neither is drawn within another one.
fn cables(net: &Namespaces, homes: &BTreeMap<MachineName, MachineName>) -> Vec<Segment> {
    let outer =
        |machine: &MachineName| !machine.is_fabric() && !homes.contains_key(machine) && net.contains_key(machine);
    let mut found = Vec::new();
    for (machine, ns) in net.iter().filter(|(machine, _)| outer(machine)) {
        for link in &ns.links {
            // Each pipe once, from the machine that comes first.
            if let Some(peer) = link.peer.as_ref().filter(|peer| peer.machine > *machine && outer(&peer.machine)) {
                let here = Peer { machine: machine.clone(), link: link.name.clone() };
                found.push(segment(Medium::Cable, "veth pipe".into(), vec![here, peer.clone()]));
            }
        }
    }
    found
}

fn overlays(net: &Namespaces) -> Vec<Segment> {
    let mut by_vni: BTreeMap<u32, Vec<Peer>> = BTreeMap::new();
    for (machine, ns) in net.iter().filter(|(machine, _)| !machine.is_fabric()) {
        for link in &ns.links {
            if let Some(vxlan) = &link.vxlan {
                let end = Peer { machine: machine.clone(), link: link.name.clone() };
                by_vni.entry(vxlan.vni).or_default().push(end);
            }
        }
    }
    by_vni.into_iter().map(|(vni, ends)| segment(Medium::Overlay, format!("VXLAN {vni}"), ends)).collect()
}

/// The subnets of the addresses at these ends, each once.
fn subnets(net: &Namespaces, ends: &[Peer]) -> Vec<String> {
    let mut found: Vec<(bool, String)> = Vec::new();
    for end in ends {
        let Some(ns) = net.get(&end.machine) else { continue };
        for address in ns.addresses_of(&end.link).filter(|address| !address.is_link_local()) {
            let whole = address.address.prefix() == if address.address.is_ipv4() { 32 } else { 128 };
            let subnet = format!("{}/{}", address.address.network(), address.address.prefix());
            let entry = (address.address.is_ipv6(), subnet);
            if !whole && !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
    found.sort_by_key(|(ipv6, _)| *ipv6);
    found.into_iter().map(|(_, subnet)| subnet).collect()
}
