//! `interfaces:` – a cable from a machine to a network's switch: a veth pipe with one end in each.
//!
//! ```text
//! fabric:  underlay ═ node-1-eth0 ──────── eth0  :node-1
//! ```

use crate::feature::{finish_link, pipe_mtu, quiet, up};
use crate::names::{LinkName, MachineName};
use crate::step::{Action, AddVeth, AttachPort, MoveLink, Step};
use crate::topology::model::Interface;

/// The steps that plug a machine into a network.
pub fn steps(machine: &MachineName, interface: &Interface) -> Vec<Step> {
    let fabric = MachineName::fabric();
    let port = LinkName::cable_port(machine, &interface.name);
    let peer = LinkName::cable_peer(machine, &interface.name);
    let why_pipe = format!("the cable between {machine} and the network {}", interface.network);
    let why_moved = format!("this end is {machine}'s network card");
    let why_attached = format!("the other end is plugged into the switch {}", interface.network);
    let mut steps = vec![
        Step::new(&fabric, Action::AddVeth(AddVeth { name: port.clone(), peer: peer.clone() }), why_pipe),
        Step::new(
            &fabric,
            Action::MoveLink(MoveLink {
                name: peer,
                to: machine.clone(),
                rename: interface.name.clone(),
                near: port.clone(),
            }),
            why_moved,
        ),
    ];
    if let Some(mtu) = interface.mtu {
        let why = format!("no larger packet passes between {machine} and {}", interface.network);
        steps.extend(pipe_mtu((&fabric, &port), (machine, &interface.name), mtu, &why));
    }
    steps.extend([
        Step::new(
            &fabric,
            Action::AttachPort(AttachPort { name: port.clone(), bridge: interface.network.clone() }),
            why_attached,
        ),
        quiet(&fabric, &port, "a port of a switch has no address of its own"),
        up(&fabric, &port, "the switch's side of the cable"),
    ]);
    let why_address = format!("how {} knows {machine}, and which subnet is at hand", interface.network);
    steps.extend(finish_link(machine, &interface.name, &interface.addresses, &why_address, "the machine's side"));
    steps
}
