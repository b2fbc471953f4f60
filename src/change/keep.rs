//! Bridges that keep their hardware address while their ports change: whoever has noted it goes on reaching them.
//!
//! ```text
//! cni0 7e:0c:…   ports veth-red 7e:0c:…, veth-blue 9a:41:…       red goes, or green comes
//! └─ ip -n node-1 link set cni0 address 7e:0c:…                  before: what blue has noted of its gateway stays true
//! ```

use super::Leg;
use crate::names::MachineName;
use crate::network::{Link, Mac, Namespace, Namespaces};
use crate::step::{Action, KeepMac, Step};

/// What keeps the addresses of those bridges that stay, are spoken to, and get other ports.
pub fn bridges(before: &Namespaces, after: &Namespaces) -> Vec<Leg> {
    let both = before.iter().filter_map(|(at, before)| Some((at, before, after.get(at)?)));
    both.flat_map(|(at, before, after)| {
        let bridges = before.links.iter().filter(|link| link.kind == "bridge");
        bridges.filter_map(|bridge| keep(at, bridge, before, after)).collect::<Vec<_>>()
    })
    .collect()
}

fn keep(at: &MachineName, bridge: &Link, before: &Namespace, after: &Namespace) -> Option<Leg> {
    let mac = bridge.mac?;
    after.link(&bridge.name)?;
    // Nobody notes the address of a switch that has no address of another kind.
    before.addresses_of(&bridge.name).find(|address| after.addresses.contains(address))?;
    let old: Vec<&Link> = ports(bridge, before).collect();
    let names = |ns| ports(bridge, ns).map(|port| port.name.as_str()).collect::<Vec<_>>();
    let now = names(after);
    let comes = now.iter().any(|name| !old.iter().any(|port| port.name == *name));
    let lends = |port: &&Link| port.mac == Some(mac) && !now.contains(&port.name.as_str());
    // Without a port it is nobody's neighbour yet.
    if old.is_empty() || !(comes || old.iter().any(lends)) {
        return None;
    }
    Some(Leg { step: step(at, bridge, mac)?, number: None, falls: Vec::new(), comes: Vec::new() })
}

fn ports<'a>(bridge: &'a Link, ns: &'a Namespace) -> impl Iterator<Item = &'a Link> {
    ns.links.iter().filter(|port| port.master.as_ref() == Some(&bridge.name))
}

fn step(at: &MachineName, bridge: &Link, mac: Mac) -> Option<Step> {
    let why =
        "it would take another one as its ports change, and those who have noted this one would lose their gateway";
    let action = KeepMac { name: bridge.name.parse().ok()?, mac };
    Some(Step::new(at, Action::KeepMac(action), why))
}
