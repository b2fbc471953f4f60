//! Which address a pod gets that comes to a running lab: the next one, as the CNI plugin `host-local` counts.
//!
//! ```text
//! given last: .3     in use: .1 (the gateway) .2 .4      next: .5 … .254, and then from .2 again
//! ```
//!
//! An address that has become free is not given out again before all others were: whoever still believes that the old
//! pod has it, does not reach the new one by mistake.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;

use crate::lab::change::Last;
use crate::network::ipam::{Holder, Leases};
use crate::topology::model::Node;
use crate::topology::subnet::Subnet;

/// The number of the only range set that is asked for an address.
const SET: u8 = 0;

/// The subnets that a node's pods are in, each with its gateway.
pub fn subnets(node: &Node) -> Vec<IpNetwork> {
    let mut found: Vec<IpNetwork> = Vec::new();
    for gateway in node.bridge.iter().flat_map(|bridge| &bridge.addresses) {
        if !found.iter().any(|other| other.subnet() == gateway.subnet()) {
            found.push(*gateway);
        }
    }
    found
}

/// The addresses of a node's bridge and pods, with their owners.
pub fn taken(node: &Node) -> impl Iterator<Item = (IpAddr, String)> {
    let bridge = node.bridge.iter().flat_map(|bridge| {
        bridge.addresses.iter().map(|address| (address.ip(), format!("the bridge {}", bridge.name)))
    });
    let pods =
        node.pods.iter().flat_map(|pod| pod.addresses.iter().map(|a| (a.ip(), format!("pod {}", pod.machine.name))));
    bridge.chain(pods)
}

/// The next address in the subnet of this gateway; none if all are in use. `kept` is what the node's own IPAM has written
/// down, where it does.
pub fn next(nodes: &[Node], node: &Node, gateway: &IpNetwork, last: &Last, kept: Option<&Leases>) -> Option<IpNetwork> {
    let kept_last = || kept?.last.values().copied().find(|ip| gateway.contains(*ip));
    let holder = |who: String| Holder { container: who, interface: String::new() };
    // Of several nodes, where they share one range.
    let taken = nodes
        .iter()
        .filter(|other| other.cluster == node.cluster)
        .flat_map(taken)
        .filter(|(ip, _)| gateway.contains(*ip));
    let mut held: BTreeMap<IpAddr, Holder> = taken.map(|(ip, who)| (ip, holder(who))).collect();
    held.extend(kept.into_iter().flat_map(|kept| kept.held.clone()));
    let last = kept_last().or_else(|| given_last(node, gateway, last)).map(|last| (SET, last)).into_iter().collect();
    IpNetwork::new(Leases { held, last }.next(*gateway, SET)?, gateway.prefix()).ok()
}

/// The address that was given out last: what is remembered, or else the last pod's, in file order.
pub fn given_last(node: &Node, gateway: &IpNetwork, last: &Last) -> Option<IpAddr> {
    let mut pods = node.pods.iter().rev().flat_map(|pod| &pod.addresses).map(IpNetwork::ip);
    last.get(&key(node, gateway)).copied().or_else(|| pods.find(|ip| gateway.contains(*ip)))
}

/// Remembers, of each of a node's subnets, which address was given out last; these are given out now.
pub fn remember(node: &Node, now: &[IpNetwork], last: &mut Last) {
    for gateway in subnets(node) {
        let given = now.iter().map(IpNetwork::ip).find(|ip| gateway.contains(*ip));
        if let Some(given) = given.or_else(|| given_last(node, &gateway, last)) {
            last.insert(key(node, &gateway), given);
        }
    }
}

fn key(node: &Node, gateway: &IpNetwork) -> String {
    format!("{} {}", node.machine.name, gateway.subnet())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    fn node(text: &str) -> Node {
        let text = format!("lab: x\nnodes:\n  n: {text}\n");
        parse("test.yaml", &text).unwrap().nodes.remove(0)
    }

    fn next_in(node: &Node, last: &Last) -> Vec<String> {
        subnets(node)
            .iter()
            .filter_map(|gateway| next(std::slice::from_ref(node), node, gateway, last, None))
            .map(|ip| ip.to_string())
            .collect()
    }

    fn last(pairs: &[(&str, &str)]) -> Last {
        pairs.iter().map(|(key, ip)| ((*key).to_owned(), ip.parse().unwrap())).collect()
    }

    #[test]
    fn it_is_the_one_behind_the_last_pods() {
        let node = node("{ podCIDR: [10.1.0.0/24, 'fd00::/64'], pods: { a: {}, b: {} } }");
        assert_eq!(next_in(&node, &Last::new()), ["10.1.0.4/24", "fd00::4/64"]);
    }

    #[test]
    fn what_was_given_out_last_counts_also_when_it_is_free_again() {
        let node = node("{ podCIDR: 10.1.0.0/24, pods: { a: {} } }");
        assert_eq!(next_in(&node, &last(&[("n 10.1.0.0/24", "10.1.0.9")])), ["10.1.0.10/24"]);
    }

    #[test]
    fn behind_the_end_it_begins_again_and_passes_over_what_is_in_use() {
        let node = node("{ podCIDR: 10.1.0.0/29, pods: { a: {}, b: { addresses: 10.1.0.4/29 } } }");
        assert_eq!(next_in(&node, &last(&[("n 10.1.0.0/29", "10.1.0.6")])), ["10.1.0.3/29"]);
        assert_eq!(next_in(&node, &last(&[("n 10.1.0.0/29", "10.1.0.3")])), ["10.1.0.5/29"]);
    }

    #[test]
    fn the_last_one_itself_is_the_last_to_be_tried_and_a_full_subnet_has_none() {
        let pods = "a: {}, b: {}, c: {}, d: {}";
        let four = node(&format!("{{ podCIDR: 10.1.0.0/29, pods: {{ {pods} }} }}"));
        assert_eq!(next_in(&four, &last(&[("n 10.1.0.0/29", "10.1.0.6")])), ["10.1.0.6/29"]);
        let five = node(&format!("{{ podCIDR: 10.1.0.0/29, pods: {{ {pods}, e: {{}} }} }}"));
        assert!(next_in(&five, &last(&[("n 10.1.0.0/29", "10.1.0.6")])).is_empty());
    }

    #[test]
    fn it_is_remembered_of_each_subnet() {
        let node = node("{ podCIDR: [10.1.0.0/24, 'fd00::/64'], pods: { a: {} } }");
        let mut last = Last::new();
        remember(&node, &["10.1.0.7/24".parse().unwrap()], &mut last);
        let told: Vec<String> = last.iter().map(|(key, ip)| format!("{key}: {ip}")).collect();
        assert_eq!(told, ["n 10.1.0.0/24: 10.1.0.7", "n fd00::/64: fd00::2"]);
    }
}
