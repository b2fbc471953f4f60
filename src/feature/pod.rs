//! `pods:` – what the CNI bridge plugin does for one pod: a veth pipe from the node's bridge into the pod, an address,
//! and the way out.
//!
//! ```text
//! node-1:  cni0 ═ veth-pod-a ──────── eth0 10.244.1.2/24  :pod-a
//! ```

use crate::feature::{finish_link, quiet, routes, up};
use crate::names::{LinkName, MachineName};
use crate::step::{Action, AddVeth, AttachPort, MoveLink, Step};
use crate::topology::model::{Bridge, Pod};

/// A pod's interface on its node's bridge, as every container runtime calls it.
pub const INTERFACE: &str = "eth0";

/// What the node's end of a pod's pipe is called.
pub fn port_name(pod: &MachineName) -> LinkName {
    LinkName::derived("veth-", pod.as_str())
}

/// What the pod's end is called before it is moved into the pod.
pub fn peer_name(pod: &MachineName) -> LinkName {
    LinkName::derived("peer-", pod.as_str())
}

/// The steps that connect a pod to its node's bridge.
pub fn steps(node: &MachineName, bridge: &Bridge, pod: &Pod) -> Vec<Step> {
    let at = &pod.machine.name;
    let (port, peer) = (port_name(at), peer_name(at));
    let eth0 = LinkName::derived("", INTERFACE);
    let mut steps = vec![
        Step::new(
            node,
            Action::AddVeth(AddVeth { name: port.clone(), peer: peer.clone() }),
            "the pipe between the node and the pod; at first both ends are in the node",
        ),
        Step::new(
            node,
            Action::MoveLink(MoveLink { name: peer, to: at.clone(), rename: eth0.clone() }),
            "this end is the pod's network card",
        ),
        Step::new(
            node,
            Action::AttachPort(AttachPort { name: port.clone(), bridge: bridge.name.clone() }),
            "the other end is plugged into the switch",
        ),
        quiet(node, &port, "a port of a switch has no address of its own"),
        up(node, &port, "the node's side of the pipe"),
    ];
    steps.extend(finish_link(at, &eth0, &pod.addresses, "the pod's own, unique in the cluster", "the pod's side"));
    steps.extend(routes::steps(&pod.machine));
    steps
}
