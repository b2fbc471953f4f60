//! In which machine a machine is drawn: the one that it is plugged into.
//!
//! ```text
//! pod-a eth0 ══ veth-pod-a node-1       pod-a is at home in node-1, also when the plan says node-2
//! red   eth0 ══ veth-red   n            made by hand: at home in n, if veth-red is a port of a bridge there
//! red   eth0 ══ eth0       blue         neither: two machines and a cable
//! ```

use std::collections::{BTreeMap, HashMap};

use crate::names::MachineName;
use crate::network::Namespaces;
use crate::plan::{Kind, Plan};

/// Who is at home in whom.
pub(super) fn homes(plan: &Plan, net: &Namespaces) -> BTreeMap<MachineName, MachineName> {
    let mut homes = BTreeMap::new();
    let kinds: HashMap<&MachineName, &Kind> = plan.machines.iter().map(|member| (&member.name, &member.kind)).collect();
    for member in plan.machines.iter().filter(|member| net.contains_key(&member.name)) {
        if let Kind::Pod { node } = &member.kind {
            let is_pod = |name: &MachineName| matches!(kinds.get(name), Some(Kind::Pod { .. }));
            let plugged = plugged_into(net, &member.name).map(|(home, _)| home).find(|home| !is_pod(home));
            if let Some(home) = plugged.or_else(|| net.contains_key(node).then(|| node.clone())) {
                homes.insert(member.name.clone(), home);
            }
        }
    }
    for name in net.keys().filter(|name| !kinds.contains_key(name) && !name.is_fabric()) {
        // Whoever has guests of its own stands for itself.
        if homes.values().any(|home| home == name) {
            continue;
        }
        let is_node = |home: &MachineName| matches!(kinds.get(home), Some(Kind::Node));
        let home =
            plugged_into(net, name).find(|(home, is_port)| (*is_port || is_node(home)) && !homes.contains_key(home));
        if let Some((home, _)) = home {
            homes.insert(name.clone(), home);
        }
    }
    homes
}

/// The machines that its pipes lead to, and whether they end in a port of a bridge there.
fn plugged_into<'a>(net: &'a Namespaces, name: &'a MachineName) -> impl Iterator<Item = (MachineName, bool)> + 'a {
    let links = net.get(name).map_or(&[][..], |ns| ns.links.as_slice());
    let peers = links.iter().filter_map(|link| link.peer.as_ref());
    let others = peers.filter(move |peer| peer.machine != *name && !peer.machine.is_fabric());
    others.map(|peer| {
        let end = net.get(&peer.machine).and_then(|ns| ns.link(&peer.link));
        (peer.machine.clone(), end.is_some_and(|end| end.master.is_some()))
    })
}
