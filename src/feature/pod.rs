//! `pods:` – what the CNI bridge plugin does for one pod: a veth pipe from the node's bridge into the pod, an address,
//! and the way out.
//!
//! ```text
//! node-1:  cni0 ═ veth-pod-a ──────── eth0 10.244.1.2/24  :pod-a
//! ```

use ipnetwork::IpNetwork;

use crate::feature::{finish_link, ipam, pipe_mtu, quiet, routes, up};
use crate::names::{LinkName, MachineName};
use crate::step::{Action, AddVeth, AttachPort, MoveLink, Step};
use crate::topology::model::{Bridge, Cluster, Pod, Route};

/// The steps that connect a pod to its node's bridge.
pub fn steps(node: &MachineName, bridge: &Bridge, pod: &Pod, cluster: Option<&Cluster>) -> Vec<Step> {
    let at = &pod.machine.name;
    let (port, peer) = (LinkName::pod_port(at), LinkName::pod_peer(at));
    let eth0 = LinkName::of_pod();
    let mut steps = vec![
        Step::new(
            node,
            Action::AddVeth(AddVeth { name: port.clone(), peer: peer.clone() }),
            "the pipe between the node and the pod; at first both ends are in the node",
        ),
        Step::new(
            node,
            Action::MoveLink(MoveLink { name: peer, to: at.clone(), rename: eth0.clone(), near: port.clone() }),
            "this end is the pod's network card",
        ),
    ];
    if let Some(mtu) = bridge.mtu {
        let why = "what the pod sends must fit, with all that is put around it on its way";
        steps.extend(pipe_mtu((node, &port), (at, &eth0), mtu, why));
    }
    steps.extend([
        Step::new(
            node,
            Action::AttachPort(AttachPort { name: port.clone(), bridge: bridge.name.clone() }),
            "the other end is plugged into the switch",
        ),
        quiet(node, &port, "a port of a switch has no address of its own"),
        up(node, &port, "the node's side of the pipe"),
    ]);
    steps.extend(ipam::reserve(node, bridge, pod, cluster));
    let leased = ipam::leased(bridge, pod, cluster);
    let by_hand = |address: &&IpNetwork| leased.is_none_or(|leased| **address != leased.address.into());
    let addresses: Vec<IpNetwork> = pod.addresses.iter().filter(by_hand).copied().collect();
    steps.extend(finish_link(at, &eth0, &addresses, "the pod's own, unique in the cluster", "the pod's side"));
    let mut machine = pod.machine.clone();
    if let Some(leased) = leased {
        let comes_with_it = |route: &Route| route.to.prefix() == 0 && route.via == leased.gateway;
        let routed = machine.routes.iter().any(comes_with_it);
        machine.routes.retain(|route| !comes_with_it(route));
        steps.extend(ipam::lease(node, at, leased, routed));
    }
    steps.extend(routes::steps(&machine));
    steps
}
